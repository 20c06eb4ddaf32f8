"""Calls whose result the source alone determines: `Input(...)`, builtin functions, and functions of the project that
only return an expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .project import Builtin, Definition, External, Project, Scope, Unclear
from .values import MAXIMUM_SIZE, InputCall, NotStatic, Unresolved, check_size, guarded, shortened, unique


@dataclass(frozen=True)
class Expression:
    """An argument that is computed when, and where, it is used."""

    node: ast.expr
    scope: Scope


# Functions without effects whose result has at most the size of their arguments.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "dict": dict,
    "float": float,
    "frozenset": lambda *values: unique(*values),
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "round": round,
    "set": lambda *values: unique(*values),
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": lambda *values: list(*values),
}
_METHODS: Mapping[type, frozenset[str]] = {
    dict: frozenset({"keys", "values", "items", "get", "copy"}),
    list: frozenset({"copy", "index", "count"}),
    str: frozenset("capitalize join lower lstrip replace rstrip split strip title upper".split()),
}
_INPUT_ARGUMENTS = (
    "default",
    "default_factory",
    "description",
    "ge",
    "le",
    "min_length",
    "max_length",
    "regex",
    "choices",
    "deprecated",
    "accept",
)


class Computing(Protocol):
    """What computes the expressions around a call; see Evaluator. `depth` is how much deeper it may go."""

    def compute(self, node: ast.expr, scope: Scope, depth: int) -> Any: ...

    def sequence(self, node: ast.expr, scope: Scope, depth: int) -> list[Any]: ...


class Calls:
    """Computes calls for an evaluator."""

    def __init__(self, project: Project, evaluator: Computing) -> None:
        self._project = project
        self._evaluator = evaluator

    def value(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        """The result of a call. Raises NotStatic, and SchemaError for what Input() refuses."""
        symbol = self._project.definition_behind(self._project.resolve(node.func, scope))
        if isinstance(symbol, External) and symbol.is_cogs and symbol.last == "Input":
            return self._input(node, scope, depth)
        if isinstance(symbol, Builtin):
            return self._builtin(symbol.name, node, scope, depth)
        if isinstance(symbol, Definition) and isinstance(symbol.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._function(symbol, node, scope, depth)
        if isinstance(node.func, ast.Attribute) and (symbol is None or isinstance(symbol, Unclear)):
            return self._method(node.func, node, scope, depth)
        raise NotStatic(node, scope, f"`{shortened(node)}` is not called without running the model")

    def _input(self, node: ast.Call, scope: Scope, depth: int) -> InputCall:
        arguments: dict[str, Any] = {}
        if len(node.args) > 1 or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise scope.file.error(
                node, "Input() takes one positional argument, the default", "name the others: Input(1, ge=0, le=10)"
            )
        if node.args:
            arguments["default"] = self._argument(node.args[0], scope, depth)
        for keyword in node.keywords:
            if keyword.arg is None:
                shared = self._evaluator.compute(keyword.value, scope, depth)
                if not isinstance(shared, dict):
                    raise NotStatic(keyword.value, scope, f"`**{shortened(keyword.value)}` is no dict")
                arguments.update(shared)
            else:
                arguments[keyword.arg] = self._argument(keyword.value, scope, depth)
        for name in arguments:
            if name not in _INPUT_ARGUMENTS:
                raise scope.file.error(
                    node, f"Input() has no argument {name!r}", f"it takes {', '.join(_INPUT_ARGUMENTS)}"
                )
        if arguments.get("default_factory") is not None:
            raise scope.file.error(
                node,
                "default_factory is not supported in Input()",
                "give a literal: Input(default=…), or make the value in the function",
            )
        return InputCall(node, scope, arguments)

    def _argument(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        try:
            return self._evaluator.compute(node, scope, depth)
        except NotStatic as cause:
            return Unresolved(cause)

    def _builtin(self, name: str, node: ast.Call, scope: Scope, depth: int) -> Any:
        if name == "range":
            bounds = [self._evaluator.compute(argument, scope, depth) for argument in node.args]
            numbers = guarded(node, scope, lambda: range(*bounds))
            if len(numbers) > MAXIMUM_SIZE:
                raise NotStatic(node, scope, f"it has more than {MAXIMUM_SIZE} elements")
            return list(numbers)
        function = _FUNCTIONS.get(name)
        if function is None:
            raise NotStatic(node, scope, f"`{shortened(node)}` is not called without running the model")
        if name in ("list", "tuple", "set", "frozenset", "sorted", "len", "max", "min", "sum") and len(node.args) == 1:
            arguments: list[Any] = [self._evaluator.sequence(node.args[0], scope, depth)]
        else:
            arguments = [self._evaluator.compute(argument, scope, depth) for argument in node.args]
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg == "key":
                raise NotStatic(node, scope, f"`{shortened(node)}` is not called without running the model")
            keywords[keyword.arg] = self._evaluator.compute(keyword.value, scope, depth)
        if name == "str" and any(isinstance(value, (list, dict)) for value in arguments):
            # A list here may be a tuple or a set there.
            raise NotStatic(node, scope, f"the text of `{shortened(node.args[0])}` is not computed")
        return guarded(node, scope, lambda: function(*arguments, **keywords))

    def _method(self, function: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> Any:
        owner = self._evaluator.compute(function.value, scope, depth)
        if function.attr not in _METHODS.get(type(owner), ()) or node.keywords:
            raise NotStatic(node, scope, f"`{shortened(node)}` is not called without running the model")
        arguments = [self._evaluator.compute(argument, scope, depth) for argument in node.args]
        check_size(node, scope, owner, *arguments)
        result = guarded(node, scope, lambda: getattr(owner, function.attr)(*arguments))
        if function.attr in ("keys", "values"):
            return list(result)
        return [list(pair) for pair in result] if function.attr == "items" else result

    def _function(self, definition: Definition, node: ast.Call, scope: Scope, depth: int) -> Any:
        """Follows a function of the project that only assigns names and returns an expression."""
        function = definition.node
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)), "the caller has looked"
        local = self._bound_arguments(definition, node, scope, depth)
        inside = Scope(definition.scope.file, None, (), local)
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self._evaluator.compute(statement.value, inside, depth)
            if (
                isinstance(statement, ast.Assign)
                and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)
            ):
                local = {**local, statement.targets[0].id: Expression(statement.value, inside)}
                inside = Scope(definition.scope.file, None, (), local)
                continue
            break
        raise NotStatic(node, scope, f"{function.name}() does more than return an expression")

    def _bound_arguments(self, definition: Definition, node: ast.Call, scope: Scope, depth: int) -> dict[str, object]:
        function = definition.node
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)), "the caller has looked"
        decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}
        unclear = NotStatic(node, scope, f"the call of {function.name}() is not followed")
        if isinstance(function, ast.AsyncFunctionDef) or decorators - {"staticmethod", "classmethod", "cache"}:
            raise unclear
        parameters = [argument.arg for argument in function.args.posonlyargs + function.args.args]
        defaults = dict(zip(reversed(parameters), reversed(function.args.defaults)))
        if "classmethod" in decorators:
            parameters = parameters[1:]
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults):
            if default is not None:
                defaults[argument.arg] = default
        named = parameters + [argument.arg for argument in function.args.kwonlyargs]
        if function.args.vararg is not None or len(node.args) > len(parameters):
            raise unclear
        local: dict[str, object] = {}
        for name, value in zip(parameters, node.args):
            if isinstance(value, ast.Starred):
                raise unclear
            local[name] = Expression(value, scope)
        extra: dict[str, object] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                shared = self._evaluator.compute(keyword.value, scope, depth)
                if not isinstance(shared, dict):
                    raise unclear
                extra.update(shared)
            elif keyword.arg in named:
                local[keyword.arg] = Expression(keyword.value, scope)
            else:
                extra[keyword.arg] = self._argument(keyword.value, scope, depth)
        for name in list(extra):
            if name in named:
                local[name] = extra.pop(name)
        if function.args.kwarg is not None:
            local[function.args.kwarg.arg] = extra
        elif extra:
            raise unclear
        for name in named:
            if name not in local:
                if name not in defaults:
                    raise unclear
                local[name] = Expression(defaults[name], definition.scope.at(function.lineno))
        return local
