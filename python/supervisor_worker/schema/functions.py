"""From a reference such as `predict.py:Predictor` to the function that runs, and its parameters."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from .bindings import DefinitionBinding
from .classes import bases, mro
from .errors import ConfigurationError, SchemaError
from .project import Definition, External, Project, Scope, Symbol, Unclear, Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

# The classes of the SDK. Methods of mixins that come after them do not count.
_FRAMEWORK = frozenset({"cog.BaseRunner", "cog.BasePredictor"})


@dataclass(frozen=True)
class ModelFunction:
    """The function or method that serves predictions or trainings; `scope` is where its definition stands."""

    node: FunctionNode
    scope: Scope
    is_bound: bool

    def parameters(self) -> list[tuple[ast.arg, ast.expr | None]]:
        """The inputs with their default expressions, in order, without `self`.

        Raises SchemaError for parameters that no input can be.
        """
        file, arguments = self.scope.file, self.node.args
        positional = arguments.posonlyargs + arguments.args
        if self.is_bound:
            if not positional:
                raise file.error(
                    self.node, f"{self.node.name}() has no `self`", f"write `def {self.node.name}(self, …)`"
                )
            positional = positional[1:]
        for star, argument in (("*", arguments.vararg), ("**", arguments.kwarg)):
            if argument is not None:
                raise file.error(
                    argument,
                    f"{self.node.name}() must not have {star}{argument.arg}",
                    "name every input as a parameter of its own, with a type",
                )
        for argument in arguments.posonlyargs:
            if argument in positional:
                raise file.error(
                    argument,
                    f"input {argument.arg!r} is positional only, but inputs are passed by name",
                    "take the `/` out of the parameters",
                )
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults += arguments.defaults[-len(positional) :] if positional else []
        return list(zip(positional, defaults)) + list(zip(arguments.kwonlyargs, arguments.kw_defaults))


def predict_function(project: Project, reference: str) -> ModelFunction:
    """The run() or predict() that `reference` stands for, or the function itself.

    Raises ConfigurationError for a reference that leads nowhere, SchemaError for a class that cannot serve.
    """
    module, name = _module(project, reference)
    if name is not None:
        target = _target(project, module, name, reference)
        if not isinstance(target.node, ast.ClassDef):
            return ModelFunction(target.node, target.scope, is_bound=False)
        return _method_of_runner(project, target)
    runner = _optional_target(project, module, "Runner")
    predictor = _optional_target(project, module, "Predictor")
    refusal: SchemaError | None = None
    for target in (found for found in (runner, predictor) if found is not None):
        if not isinstance(target.node, ast.ClassDef):
            return ModelFunction(target.node, target.scope, is_bound=False)
        try:
            return _method_of_runner(project, target)
        except SchemaError as error:
            refusal = refusal or error
    if refusal is not None:
        raise refusal
    raise ConfigurationError(
        reference,
        f"{module.file.display} has no class Runner or Predictor",
        remedy=f'name the class or function: `run: "{reference}:Name"` in cog.yaml',
    )


def train_function(project: Project, reference: str) -> ModelFunction:
    """The function that `reference` stands for, or the train() of the class. Raises as predict_function()."""
    module, name = _module(project, reference)
    if name is None:
        targets = [_optional_target(project, module, usual) for usual in ("train", "Runner", "Predictor")]
        found = [candidate for candidate in targets if candidate is not None]
        if not found:
            raise ConfigurationError(
                reference,
                f"{module.file.display} has no function train",
                remedy=f'name the function: `train: "{reference}:name"` in cog.yaml',
            )
        target = found[0]
    else:
        target = _target(project, module, name, reference)
    if not isinstance(target.node, ast.ClassDef):
        return ModelFunction(target.node, target.scope, is_bound=False)
    # Without train(), Cog serves what predicts, in this mode too.
    method = next(filter(None, (find_method(project, target, name) for name in ("train", "run", "predict"))), None)
    if method is None:
        raise target.scope.file.error(
            target.node, f"train method not found: {target.node.name}", "define `def train(self, …)`"
        )
    return method


def find_method(project: Project, definition: Definition, name: str) -> ModelFunction | None:
    """The method that calling `name` runs, if a class of the project defines it before Cog's own classes do."""
    for entry in mro(project, definition):
        if isinstance(entry, External):
            if entry.name in _FRAMEWORK:
                return None
            continue
        assert isinstance(entry.node, ast.ClassDef), "only classes are in the order"
        found = _own_method(project, entry, name)
        if found is not None:
            return found
    return None


def _own_method(project: Project, definition: Definition, name: str) -> ModelFunction | None:
    node = definition.node
    assert isinstance(node, ast.ClassDef), "only classes have methods"
    scope = definition.scope.inside(node)
    bindings = project.class_bindings(node)
    if bindings.lookup(name) is None:
        return None
    symbol = project.member(Definition(node, definition.scope), name)
    if isinstance(symbol, Value):
        behind = project.definition_behind(symbol)
        if isinstance(behind, Definition) and not behind.is_class:
            symbol = behind
        else:
            # `predict = wrapped(predict)`: the function that is wrapped says what the inputs are.
            earlier = bindings.lookup(name, symbol.scope.line)
            while earlier is not None and not isinstance(earlier, DefinitionBinding):
                earlier = bindings.lookup(name, earlier.line)
            if earlier is None:
                raise symbol.scope.file.error(
                    symbol.expression,
                    f"{node.name}.{name} is not defined with `def`, so its inputs cannot be read",
                    f"write `def {name}(self, …)`",
                )
            symbol = Definition(earlier.node, scope)
    if not isinstance(symbol, Definition) or symbol.is_class:
        reason = f": {symbol.reason}" if isinstance(symbol, Unclear) else ""
        raise definition.scope.file.error(node, f"the inputs of {node.name}.{name} cannot be read{reason}")
    function = symbol.node
    assert not isinstance(function, ast.ClassDef), "looked at above"
    is_static = any(ast.unparse(decorator) == "staticmethod" for decorator in function.decorator_list)
    return ModelFunction(function, symbol.scope, is_bound=not is_static)


def _method_of_runner(project: Project, definition: Definition) -> ModelFunction:
    name = definition.node.name
    run, predict = (find_method(project, definition, method) for method in ("run", "predict"))
    if run is not None and predict is not None:
        raise definition.scope.file.error(
            definition.node, f"{name} must define either run() or predict(), not both", "keep run()"
        )
    found = run or predict
    if found is None:
        unread = [
            base.name
            for base in bases(project, definition)
            if isinstance(base, External) and base.name not in _FRAMEWORK and base.name != "object"
        ]
        hint = f"; the source of {', '.join(unread)} is not read" if unread else ""
        raise definition.scope.file.error(
            definition.node, f"run or predict method not found: {name}{hint}", f"define `def run(self, …)` in {name}"
        )
    return found


def _module(project: Project, reference: str) -> tuple[Scope, str | None]:
    path, colon, name = reference.partition(":")
    remedy = "write a file and a name, for example `predict.py:Predictor`"
    if not path or (colon and not name.isidentifier()):
        raise ConfigurationError(reference, "this is no reference to a model", remedy=remedy)
    if not path.endswith(".py"):
        raise ConfigurationError(reference, f"{path} is no Python file", remedy=remedy)
    whole = project.directory / path
    if not whole.is_file():
        raise ConfigurationError(
            reference, f"there is no file {path} in {project.directory}", remedy="correct the reference in cog.yaml"
        )
    return Scope(project.file(Path(path))), name if colon else None


def _optional_target(project: Project, module: Scope, name: str) -> Definition | None:
    symbol: Symbol | None = project.definition_behind(project.resolve(ast.Name(name, ast.Load()), module))
    return symbol if isinstance(symbol, Definition) else None


def _target(project: Project, module: Scope, name: str, reference: str) -> Definition:
    found = _optional_target(project, module, name)
    if found is not None:
        return found
    symbol = project.definition_behind(project.resolve(ast.Name(name, ast.Load()), module))
    if isinstance(symbol, External):
        text = f"{name} comes from {symbol.name}, an installed package whose source is not read"
        remedy = "define a class in the project that inherits from it and annotates the inputs of run()"
    elif isinstance(symbol, (Value, Unclear)):
        text, remedy = f"{name} is neither a class nor a function in the source", "define it with `class` or `def`"
    else:
        text, remedy = f"{module.file.display} does not define {name}", "correct the reference"
    raise ConfigurationError(reference, text, remedy=remedy)
