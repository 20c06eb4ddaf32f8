"""Names of a model's files, followed through imports to what they stand for. Nothing is imported or run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .bindings import (
    Binding,
    Bindings,
    DefinitionBinding,
    ImportBinding,
    OpaqueBinding,
    StarImport,
    ValueBinding,
)
from .errors import SchemaError
from .source import SourceFile

# A chain of re-exports longer than this is a circle.
MAXIMUM_STEPS = 40

COG_NAMES = frozenset(
    "AsyncConcatenateIterator BaseModel BasePredictor BaseRunner CancelationException ConcatenateIterator "
    "ExperimentalFeatureWarning FieldInfo File Input Opaque Path Secret URLFile URLPath concurrent current_scope "
    "emit_metric streaming".split()
)
TYPING_NAMES = frozenset(
    "Annotated Any AnyStr AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable ClassVar Deque Dict Final "
    "FrozenSet Generator Generic Iterable Iterator List Literal Mapping NamedTuple NotRequired Optional Protocol "
    "ReadOnly Required Sequence Set Tuple Type TypeVar TypedDict Union".split()
)
# What these modules export is known, and a file of the same name in the project does not stand in for them.
KNOWN_MODULES: Mapping[str, frozenset[str]] = {
    "cog": COG_NAMES,
    "typing": TYPING_NAMES,
    "typing_extensions": TYPING_NAMES,
    "collections": frozenset(),
    "collections.abc": TYPING_NAMES,
    "dataclasses": frozenset({"dataclass", "field"}),
    "enum": frozenset({"Enum", "IntEnum", "StrEnum", "IntFlag", "Flag", "auto"}),
    "pathlib": frozenset({"Path", "PurePath", "PosixPath"}),
    "pydantic": frozenset({"BaseModel", "Field"}),
}


@dataclass(frozen=True)
class External:
    """Something of an installed package or of the standard library: `typing.Optional`, `numpy`."""

    name: str

    @property
    def last(self) -> str:
        """The name without what it is qualified with."""
        return self.name.rpartition(".")[2]

    @property
    def is_cogs(self) -> bool:
        """Whether it comes from the package cog."""
        return self.name.partition(".")[0] == "cog"


@dataclass(frozen=True)
class Builtin:
    """A name that Python itself defines."""

    name: str


@dataclass(frozen=True)
class Module:
    """A module or package of the project; `file` is None for a folder without `__init__.py`."""

    name: str
    file: SourceFile | None


@dataclass(frozen=True)
class Scope:
    """Where an expression stands, and so what its names mean.

    `line` is where it is computed (None: after the whole file was), `classes` the class bodies around it, `local` the
    arguments of a function that is being followed.
    """

    file: SourceFile
    line: int | None = None
    classes: tuple[ast.ClassDef, ...] = ()
    local: Mapping[str, object] = field(default_factory=dict)

    def inside(self, node: ast.ClassDef) -> Scope:
        """The body of a class that is defined here."""
        return replace(self, classes=self.classes + (node,), local={})

    def at(self, line: int | None) -> Scope:
        """The same place, when `line` is reached."""
        return replace(self, line=line)


@dataclass(frozen=True)
class Definition:
    """A class or function of the project; `scope` is where it is defined."""

    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope

    @property
    def is_class(self) -> bool:
        """A class, not a function."""
        return isinstance(self.node, ast.ClassDef)


@dataclass(frozen=True)
class Value:
    """A name that is assigned an expression; `scope` is where that stands."""

    name: str
    expression: ast.expr
    scope: Scope


@dataclass(frozen=True)
class Local:
    """An argument of a function that is being followed."""

    value: object


@dataclass(frozen=True)
class Unclear:
    """A name whose value the text does not show."""

    reason: str


Symbol = External | Builtin | Module | Definition | Value | Local | Unclear


class Project:
    """The files below a model's directory, read when they are needed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._files: dict[Path, SourceFile] = {}
        self._class_bindings: dict[ast.ClassDef, Bindings] = {}

    # MARK: files

    def file(self, path: Path) -> SourceFile:
        """The file at `path`, relative to the directory. Raises SchemaError."""
        whole = (self.directory / path).resolve()
        if whole not in self._files:
            try:
                display = str(whole.relative_to(self.directory))
            except ValueError:
                display = str(path)
            self._files[whole] = SourceFile(whole, display)
        return self._files[whole]

    def module(self, name: str) -> Module | None:
        """The module that `import name` finds in the project: below its directory, as at run time."""
        if not name or name in KNOWN_MODULES or name.partition(".")[0] == "cog":
            return None
        place = self.directory.joinpath(*name.split("."))
        for candidate in (place / "__init__.py", place.with_name(place.name + ".py")):
            if candidate.is_file():
                return Module(name, self.file(candidate.relative_to(self.directory)))
        return Module(name, None) if place.is_dir() else None

    def class_bindings(self, node: ast.ClassDef) -> Bindings:
        """The names in the body of a class."""
        if node not in self._class_bindings:
            self._class_bindings[node] = Bindings(node.body)
        return self._class_bindings[node]

    # MARK: names

    def resolve(self, expression: ast.expr, scope: Scope) -> Symbol | None:
        """What a name or a dotted name stands for; None when nothing defines it or it is another expression."""
        if isinstance(expression, ast.Name):
            return self._name(expression.id, scope, MAXIMUM_STEPS)
        if isinstance(expression, ast.Attribute):
            owner = self.definition_behind(self.resolve(expression.value, scope))
            if isinstance(owner, Value) and isinstance(owner.expression, ast.Call):
                return self._instance_attribute(owner.expression, owner.scope, expression.attr)
            if owner is None and isinstance(expression.value, ast.Call):
                return self._instance_attribute(expression.value, scope, expression.attr)
            return None if owner is None else self.attribute(owner, expression.attr)
        return None

    def definition_behind(self, symbol: Symbol | None) -> Symbol | None:
        """Follows `Alias = Name` to what `Name` is."""
        for _ in range(MAXIMUM_STEPS):
            if not (isinstance(symbol, Value) and isinstance(symbol.expression, (ast.Name, ast.Attribute))):
                return symbol
            behind = self.resolve(symbol.expression, symbol.scope)
            if behind is None:
                return symbol
            symbol = behind
        return Unclear("it is defined in a circle")

    def attribute(self, owner: Symbol, name: str) -> Symbol | None:
        """`owner.name`."""
        if isinstance(owner, Unclear):
            return owner
        if isinstance(owner, External):
            return External(f"{owner.name}.{name}")
        if isinstance(owner, Module):
            return self._module_attribute(owner, name, MAXIMUM_STEPS)
        if isinstance(owner, Definition) and isinstance(owner.node, ast.ClassDef):
            return self.member(owner, name)
        return None

    def member(self, owner: Definition, name: str) -> Symbol | None:
        """What the body of a class, or of the classes it inherits from, binds `name` to."""
        from .classes import mro  # the order of classes needs this module for their bases

        for entry in mro(self, owner):
            if isinstance(entry, Definition) and isinstance(entry.node, ast.ClassDef):
                scope = entry.scope.inside(entry.node)
                binding = self.class_bindings(entry.node).lookup(name)
                if binding is not None:
                    return self._bound(binding, scope, MAXIMUM_STEPS)
        return None

    def decorator_import(self, expression: ast.expr, file: SourceFile) -> str | None:
        """The whole name of a decorator that an unconditional import of its own file gives a meaning to.

        Cog's rule for `@streaming`: imports under `try`, `if` or in functions and assignments do not count, nor does
        what other files of the project pass on.
        """
        parts: list[str] = []
        while isinstance(expression, ast.Attribute):
            parts.insert(0, expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return None
        binding = file.bindings.direct_import(expression.id, expression.lineno)
        if binding is None:
            if file.bindings.lookup(expression.id, expression.lineno) is None:
                for star in file.bindings.stars:
                    if star.level == 0 and expression.id in KNOWN_MODULES.get(star.module, ()):
                        return ".".join([star.module, expression.id, *parts])
            return None
        if binding.level != 0:
            return None
        prefix = [binding.module] if binding.attribute is None else [binding.module, binding.attribute]
        return ".".join(prefix + parts)

    def _instance_attribute(self, call: ast.Call, scope: Scope, name: str) -> Symbol | None:
        """`Class().name`, where making the object does no more than pass arguments by name."""
        owner = self.definition_behind(self.resolve(call.func, scope))
        if not isinstance(owner, Definition) or not isinstance(owner.node, ast.ClassDef):
            return None
        if any(self.member(owner, special) for special in ("__init__", "__new__", "__post_init__", "__getattr__")):
            return Unclear(f"{owner.node.name}() runs code of its own")
        if call.args or any(keyword.arg is None for keyword in call.keywords):
            return Unclear(f"the arguments of {owner.node.name}() are not followed")
        for keyword in call.keywords:
            if keyword.arg == name:
                return Value(name, keyword.value, scope)
        symbol = self.member(owner, name)
        if isinstance(symbol, Definition) and not symbol.is_class:
            return Unclear(f"{name}() is a method")
        return symbol

    def _name(self, name: str, scope: Scope, steps: int) -> Symbol | None:
        if steps == 0:
            return Unclear("it is imported in a circle")
        if name in scope.local:
            return Local(scope.local[name])
        if scope.classes:
            binding = self.class_bindings(scope.classes[-1]).lookup(name, scope.line)
            if binding is not None:
                return self._bound(binding, scope, steps)
        outside = replace(scope, classes=(), local={})
        binding = scope.file.bindings.lookup(name, scope.line)
        if binding is not None:
            return self._bound(binding, outside, steps)
        for star in reversed(scope.file.bindings.stars):
            symbol = self._starred(star, name, scope.file, steps)
            if symbol is not None:
                return symbol
        return Builtin(name) if hasattr(builtins, name) else None

    def _bound(self, binding: Binding, scope: Scope, steps: int) -> Symbol | None:
        if isinstance(binding, DefinitionBinding):
            return Definition(binding.node, scope)
        if isinstance(binding, ValueBinding):
            return Value(binding.name, binding.value, scope.at(binding.line))
        if isinstance(binding, OpaqueBinding):
            return Unclear(binding.reason)
        if isinstance(binding, ImportBinding):
            return self._imported(binding, scope.file, steps)
        return None

    def _imported(self, binding: ImportBinding, file: SourceFile, steps: int) -> Symbol | None:
        module_name = self._absolute(binding.module, binding.level, file)
        if module_name is None:
            return Unclear("its relative import leaves the project")
        module = self.module(module_name) if module_name else Module("", None)
        if binding.attribute is None:
            return External(module_name) if module is None else module
        if module is None:
            return External(f"{module_name}.{binding.attribute}")
        symbol = self._module_attribute(module, binding.attribute, steps - 1)
        if symbol is None and module.file is None:
            # A folder of this name only stands in for a package that is not installed.
            return External(f"{module_name}.{binding.attribute}")
        if symbol is None:
            return Unclear(f"the project's module {module.name or '.'} does not define {binding.attribute}")
        return symbol

    def _module_attribute(self, module: Module, name: str, steps: int) -> Symbol | None:
        if module.file is not None:
            symbol = self._name(name, Scope(module.file), steps)
            if symbol is not None and not isinstance(symbol, Builtin):
                return symbol
        return self.module(f"{module.name}.{name}" if module.name else name)

    def _starred(self, star: StarImport, name: str, file: SourceFile, steps: int) -> Symbol | None:
        if star.level == 0 and star.module in KNOWN_MODULES:
            return External(f"{star.module}.{name}") if name in KNOWN_MODULES[star.module] else None
        module_name = self._absolute(star.module, star.level, file)
        module = self.module(module_name) if module_name else None
        if module is None or module.file is None or name.startswith("_"):
            return None
        symbol = self._name(name, Scope(module.file), steps - 1)
        return None if isinstance(symbol, Builtin) else symbol

    def _absolute(self, module: str, level: int, file: SourceFile) -> str | None:
        """The whole name of a module that `file` imports, or None when it lies outside."""
        if level == 0:
            return module
        package = Path(file.display).parent.parts
        if Path(file.display).is_absolute() or level - 1 > len(package):
            return None
        return ".".join(package[: len(package) - (level - 1)] + tuple(module.split(".") if module else ()))


def scope_error(scope: Scope, node: ast.AST, text: str, remedy: str | None = None) -> SchemaError:
    """An error at a node that stands in `scope`."""
    return scope.file.error(node, text, remedy)
