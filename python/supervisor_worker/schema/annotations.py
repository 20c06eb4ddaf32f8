"""Annotations as trees of types whose names are resolved; what may stand where is for inputs.py and outputs.py."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from .errors import SchemaError
from .project import Builtin, Definition, External, Project, Scope, Symbol, Unclear, Value

ITERATORS = frozenset({"Iterator", "AsyncIterator", "ConcatenateIterator", "AsyncConcatenateIterator"})

_BUILTIN_TYPES = frozenset(
    {"str", "int", "float", "bool", "dict", "list", "set", "frozenset", "tuple", "bytes", "object"}
)
_COG_TYPES = frozenset({"Path", "File", "Secret", "Opaque", "ConcatenateIterator", "AsyncConcatenateIterator"})
_TYPING_MODULES = frozenset({"typing", "typing_extensions", "collections", "collections.abc"})
# What typing calls these is what Python itself calls them today.
_TYPING_SPELLINGS = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Type": "type",
    "MutableMapping": "Mapping",
    "OrderedDict": "dict",
    "defaultdict": "dict",
    "DefaultDict": "dict",
}
# Types nested deeper than this are no schema that anybody reads.
_MAXIMUM_DEPTH = 50


@dataclass(frozen=True)
class TypeExpression:
    """One type of an annotation.

    `head` is its name in one spelling: `str`, `Any`, `None`, `list`, `Union` (also for `X | Y` and Optional),
    `cog.Path`, `Iterator`, `class` (one of the project, see `definition`), `functional` (`TypedDict("Name", …)`),
    `unknown` for everything else. `written` is the text of the source.
    """

    head: str
    arguments: tuple[TypeExpression, ...]
    node: ast.expr
    scope: Scope
    written: str
    definition: Definition | None = None
    value: Value | None = None
    is_opaque: bool = False
    alias: str | None = None

    def error(self, text: str, remedy: str | None = None) -> SchemaError:
        """An error at this type."""
        return self.scope.file.error(self.node, text, remedy)

    @property
    def is_bare(self) -> bool:
        """Written without `[…]`."""
        return not self.arguments

    def without_none(self) -> tuple[TypeExpression, bool]:
        """The type without None, and whether None was in it. A union of one is that one."""
        if self.head != "Union":
            return self, False
        others = tuple(argument for argument in self.arguments if argument.head != "None")
        if len(others) == len(self.arguments):
            return self, False
        if len(others) == 1:
            return replace(others[0], is_opaque=others[0].is_opaque or self.is_opaque, alias=self.alias), True
        return replace(self, arguments=others), True


def parse(project: Project, node: ast.expr, scope: Scope) -> TypeExpression:
    """The type that an annotation names. Raises SchemaError where it is no type."""
    return _parse(project, node, scope, _MAXIMUM_DEPTH)


def written_head(node: ast.expr) -> str | None:
    """The last name of an annotation, without looking anything up: `Iterator` of `t.Iterator[str]`, also in quotes."""
    node = unquoted(node)
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def unquoted(node: ast.expr) -> ast.expr:
    """The annotation in a string, standing where the string does; other annotations unchanged."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return node
    try:
        inner = ast.parse(node.value.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return node
    for part in ast.walk(inner):
        if hasattr(part, "lineno"):
            ast.copy_location(part, node)
    return inner


def _parse(project: Project, node: ast.expr, scope: Scope, depth: int) -> TypeExpression:
    written = ast.unparse(node)
    if depth == 0:
        raise scope.file.error(node, "the annotation is nested too deeply, or its names are defined in a circle")
    if isinstance(node, ast.Constant):
        if node.value is None:
            return TypeExpression("None", (), node, scope, written)
        if isinstance(node.value, str):
            inner = unquoted(node)
            if inner is node:
                raise scope.file.error(node, f"the annotation {node.value!r} is no Python expression")
            return _parse(project, inner, scope, depth - 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members = [_parse(project, side, scope, depth - 1) for side in (node.left, node.right)]
        return _union(members, node, scope, written)
    if isinstance(node, ast.Subscript):
        return _subscripted(project, node, scope, depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _named(project, node, scope, depth)
    raise scope.file.error(node, f"`{written}` is no type", "write a type, for example `str` or `list[int]`")


def _named(project: Project, node: ast.expr, scope: Scope, depth: int) -> TypeExpression:
    written = ast.unparse(node)
    symbol = project.resolve(node, scope)
    if isinstance(symbol, Value):
        if isinstance(symbol.expression, ast.Call):
            return TypeExpression("functional", (), node, scope, written, value=symbol)
        meant = _parse(project, symbol.expression, symbol.scope, depth - 1)
        return replace(meant, node=node, scope=scope, written=written, alias=written)
    if isinstance(symbol, Definition) and symbol.is_class:
        return TypeExpression("class", (), node, scope, written, definition=symbol)
    if symbol is None:
        raise scope.file.error(node, f"the name `{written}` is not defined in this file", "import it, or correct it")
    if isinstance(symbol, Unclear):
        raise scope.file.error(node, f"it is not certain what `{written}` is: {symbol.reason}")
    return TypeExpression(_head(symbol), (), node, scope, written)


def _head(symbol: Symbol) -> str:
    if isinstance(symbol, Builtin):
        return symbol.name if symbol.name in _BUILTIN_TYPES else "unknown"
    if not isinstance(symbol, External):
        return "unknown"
    module, _, name = symbol.name.rpartition(".")
    if symbol.is_cogs and name in _COG_TYPES:
        return name if name in ITERATORS or name == "Opaque" else f"cog.{name}"
    if module in _TYPING_MODULES:
        return _TYPING_SPELLINGS.get(name, name)
    if module == "builtins" and name in _BUILTIN_TYPES:
        return name
    if symbol.name in ("datetime.datetime", "datetime.date", "pathlib.Path"):
        return symbol.name
    # Cog counts the four iterators by their last name, whatever module they come from.
    return name if name in ITERATORS else "unknown"


def _subscripted(project: Project, node: ast.Subscript, scope: Scope, depth: int) -> TypeExpression:
    outer = _parse(project, node.value, scope, depth - 1)
    written = ast.unparse(node)
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if outer.head == "Annotated":
        return _annotated(project, parts, node, scope, depth)
    if outer.head in ("Literal", "Callable", "unknown", "class"):
        # Their arguments need not be types.
        return replace(outer, node=node, written=written)
    arguments = [_parse(project, part, scope, depth - 1) for part in parts if not _is_ellipsis(part)]
    if outer.head == "Optional":
        if len(arguments) != 1:
            raise scope.file.error(node, "Optional takes one type", "write `Optional[str]`")
        nothing = TypeExpression("None", (), node, scope, "None")
        return _union([arguments[0], nothing], node, scope, written)
    if outer.head == "Union":
        return _union(arguments, node, scope, written)
    return replace(outer, arguments=tuple(arguments), node=node, written=written)


def _annotated(project: Project, parts: list[ast.expr], node: ast.expr, scope: Scope, depth: int) -> TypeExpression:
    is_opaque = any(_is_opaque_marker(project, part, scope) for part in parts[1:])
    if is_opaque:
        # What is opaque is not looked at, beyond whether it is a list or optional.
        try:
            inner = _parse(project, parts[0], scope, depth - 1)
        except SchemaError:
            inner = TypeExpression("unknown", (), node, scope, ast.unparse(node))
        return replace(inner, is_opaque=True, node=node, written=ast.unparse(node))
    inner = _parse(project, parts[0], scope, depth - 1)
    return replace(inner, node=node, written=ast.unparse(node))


def _is_opaque_marker(project: Project, node: ast.expr, scope: Scope) -> bool:
    symbol = project.definition_behind(project.resolve(node, scope))
    return isinstance(symbol, External) and symbol.is_cogs and symbol.last == "Opaque"


def _union(members: list[TypeExpression], node: ast.expr, scope: Scope, written: str) -> TypeExpression:
    """A union without unions in it and without repetitions, as Python makes it."""
    flat: list[TypeExpression] = []
    for member in members:
        is_plain_union = member.head == "Union" and not member.is_opaque
        for part in member.arguments if is_plain_union else (member,):
            if not any(_same(part, other) for other in flat):
                flat.append(part)
    if len(flat) == 1:
        return replace(flat[0], node=node, written=written)
    return TypeExpression("Union", tuple(flat), node, scope, written)


def _same(one: TypeExpression, other: TypeExpression) -> bool:
    return (
        one.head == other.head
        and one.head not in ("unknown", "functional", "Literal")
        and one.is_opaque == other.is_opaque
        and len(one.arguments) == len(other.arguments)
        and (one.definition.node if one.definition else None) is (other.definition.node if other.definition else None)
        and all(_same(left, right) for left, right in zip(one.arguments, other.arguments))
    )


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
