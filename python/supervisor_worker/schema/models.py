"""Classes that describe objects: models of cog and pydantic, TypedDicts and dataclasses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .annotations import TypeExpression, parse
from .bindings import DeclaredBinding, ValueBinding
from .classes import mro
from .project import Definition, External, Project, Scope

_TYPED_DICTS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})


@dataclass(frozen=True)
class Field:
    """A member of an object: its type without None, and whether it must be there."""

    name: str
    type: TypeExpression
    is_nullable: bool
    is_required: bool


def kind_of(project: Project, definition: Definition) -> str | None:
    """`model`, `TypedDict` or `dataclass`; None for every other class."""
    for entry in mro(project, definition):
        if isinstance(entry, External):
            if entry.name in _TYPED_DICTS:
                return "TypedDict"
            if entry.last == "BaseModel" and entry.name.partition(".")[0] in ("cog", "pydantic"):
                return "model"
    for entry in mro(project, definition):
        if isinstance(entry, Definition) and _is_dataclass(project, entry):
            return "dataclass"
    return None


def is_typed_dict(project: Project, expression: TypeExpression) -> bool:
    """A TypedDict, defined as a class or by a call."""
    if expression.head == "class":
        assert expression.definition is not None, "a class has a definition"
        return kind_of(project, expression.definition) == "TypedDict"
    return typed_dict_call(project, expression) is not None


def typed_dict_call(project: Project, expression: TypeExpression) -> ast.Call | None:
    """The call of `X = TypedDict("X", {…})`."""
    if expression.head != "functional" or expression.value is None:
        return None
    call = expression.value.expression
    assert isinstance(call, ast.Call), "functional types are calls"
    symbol = project.definition_behind(project.resolve(call.func, expression.value.scope))
    return call if isinstance(symbol, External) and symbol.name in _TYPED_DICTS else None


def fields_of(project: Project, definition: Definition, kind: str) -> list[Field]:
    """The fields of a class with those that it inherits, in the order in which they are passed. Raises SchemaError."""
    fields: dict[str, Field] = {}
    for entry in reversed(mro(project, definition)):
        if not isinstance(entry, Definition):
            continue
        node = entry.node
        assert isinstance(node, ast.ClassDef), "only classes are in the order"
        scope = entry.scope.inside(node).at(None)
        is_total = not any(
            keyword.arg == "total" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            for keyword in node.keywords
        )
        for name, annotation, default in _annotated_names(project, node):
            if kind == "model" and name.startswith("_"):
                continue
            field = _field(project, name, annotation, scope, _has_default(project, default, scope), kind, is_total)
            if field is not None:
                fields[name] = field
    return list(fields.values())


def fields_of_call(project: Project, call: ast.Call, scope: Scope) -> list[Field] | None:
    """The fields of `TypedDict("X", {…})`; None when the source does not show them."""
    if len(call.args) != 2 or not isinstance(call.args[1], ast.Dict):
        return None
    is_total = not any(
        keyword.arg == "total" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )
    fields: list[Field] = []
    for key, annotation in zip(call.args[1].keys, call.args[1].values):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            return None
        field = _field(project, key.value, annotation, scope.at(None), False, "TypedDict", is_total)
        if field is not None:
            fields.append(field)
    return fields


def _annotated_names(project: Project, node: ast.ClassDef) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    bindings = project.class_bindings(node)
    for name in bindings.names():
        for binding in reversed(bindings.of(name)):
            if isinstance(binding, DeclaredBinding):
                yield name, binding.annotation, None
                break
            if isinstance(binding, ValueBinding) and binding.annotation is not None:
                yield name, binding.annotation, binding.value
                break


def _field(
    project: Project,
    name: str,
    annotation: ast.expr,
    scope: Scope,
    has_default: bool,
    kind: str,
    is_total: bool,
) -> Field | None:
    expression = parse(project, annotation, scope)
    if expression.head in ("ClassVar", "InitVar"):
        return None
    is_required = is_total if kind == "TypedDict" else not has_default
    while expression.head in ("Required", "NotRequired", "ReadOnly", "Final") and expression.arguments:
        if expression.head in ("Required", "NotRequired"):
            is_required = expression.head == "Required"
        expression = expression.arguments[0]
    inner, is_nullable = expression.without_none()
    if is_nullable and kind != "TypedDict":
        is_required = False
    return Field(name, inner, is_nullable, is_required)


def _has_default(project: Project, default: ast.expr | None, scope: Scope) -> bool:
    """Whether a field has a default: `Field(…)` and `field()` say so by their arguments."""
    if default is None or _is_ellipsis(default):
        return False
    if not isinstance(default, ast.Call):
        return True
    symbol = project.definition_behind(project.resolve(default.func, scope))
    if not (isinstance(symbol, External) and symbol.last in ("Field", "field")):
        return True
    if any(
        keyword.arg in ("default", "default_factory") and not _is_ellipsis(keyword.value)
        for keyword in default.keywords
    ):
        return True
    return bool(default.args) and not _is_ellipsis(default.args[0])


def _is_dataclass(project: Project, definition: Definition) -> bool:
    for decorator in definition.node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = project.resolve(target, definition.scope.at(definition.node.lineno))
        if isinstance(symbol, External) and symbol.name in ("dataclasses.dataclass", "pydantic.dataclasses.dataclass"):
            return True
    return False


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
