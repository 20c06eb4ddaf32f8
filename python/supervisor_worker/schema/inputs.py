"""The component `Input`: one property for each parameter of the model's function."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .annotations import TypeExpression, parse
from .errors import Notice
from .functions import ModelFunction
from .literals import Evaluator
from .models import is_typed_dict
from .project import Project, Scope
from .values import InputCall, NotStatic, Unresolved, to_json

SCALARS: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "cog.Path": {"type": "string", "format": "uri"},
    "cog.File": {"type": "string", "format": "uri"},
    "cog.Secret": {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True},
}
# Everywhere where a type is missing or is none.
KNOWN_TYPES = (
    "str, int, float, bool, dict, Any, cog.Path, cog.File, cog.Secret, a list of these, or Annotated[…, Opaque]"
)
_UNION_MEMBERS = frozenset({"str", "int", "float", "bool"})
# The arguments of Input() that limit the value, with the keywords of the schema, in the order of the document.
_LIMITS = (
    ("ge", "minimum", (int, float)),
    ("le", "maximum", (int, float)),
    ("min_length", "minLength", (int,)),
    ("max_length", "maxLength", (int,)),
    ("regex", "pattern", (str,)),
)
_NOTHING = object()


@dataclass
class InputSchema:
    """The schema of the inputs, and the components of their choices."""

    schema: dict[str, Any]
    enumerations: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Fragment:
    """What the annotation alone says. `nullable_optional`: without a default, an absent input is None."""

    schema: dict[str, Any]
    kind: str
    is_nullable: bool
    is_union: bool = False


class InputReader:
    """Reads the parameters of functions of one project."""

    def __init__(self, project: Project, report: Callable[[Notice], None]) -> None:
        self._project = project
        self._evaluator = Evaluator(project)
        self._report = report

    def read(self, function: ModelFunction, title: str, taken: dict[str, Any]) -> InputSchema:
        """The schema with the title `title`.

        Components of enumerations get names that `taken` does not have for others, and are added to it. Raises
        SchemaError.
        """
        result = InputSchema({"title": title, "type": "object", "properties": {}})
        required: list[str] = []
        for order, (argument, default) in enumerate(function.parameters()):
            parameter = _Parameter(argument, default, function.scope, order)
            schema, is_required = self._property(parameter, result.enumerations, taken)
            result.schema["properties"][argument.arg] = schema
            if is_required:
                required.append(argument.arg)
        if required:
            result.schema["required"] = required
        return result

    def _property(
        self, parameter: _Parameter, enumerations: dict[str, dict[str, Any]], taken: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        if parameter.argument.annotation is None:
            raise parameter.error(
                "has no type annotation", f"write `{parameter.name}: str`, or another of {KNOWN_TYPES}"
            )
        expression = parse(self._project, parameter.argument.annotation, parameter.scope.at(None))
        fragment = self._fragment(expression, parameter)
        call, plain = self._default(parameter)
        choices = None if call is None else self._choices(parameter, fragment, call)
        schema: dict[str, Any] = {}
        if choices is None:
            schema["title"] = title_of(parameter.name)
            schema["x-order"] = parameter.order
            schema.update(fragment.schema)
        else:
            enumeration = {
                "title": parameter.name,
                "description": "An enumeration.",
                "enum": choices,
                "type": "integer" if fragment.kind.endswith("int") else "string",
            }
            name = _component_name(parameter.name, enumeration, taken)
            taken[name] = enumerations[name] = enumeration
            schema["x-order"] = parameter.order
            reference = {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
            schema.update({"type": "array", "items": reference} if fragment.kind.startswith("list") else reference)
        default = self._given_default(parameter, fragment, call, plain)
        is_nullable = fragment.is_nullable
        if default is not _NOTHING:
            schema["default"] = default
            # None where the type does not say so: a plain `= None`, or a secret that need not be given.
            is_nullable = is_nullable or default is None
        if is_nullable:
            schema["nullable"] = True
        if call is not None:
            self._describe(parameter, fragment, call, schema)
        is_required = default is _NOTHING and (fragment.is_union or not fragment.is_nullable)
        return schema, is_required

    # MARK: types

    def _fragment(self, expression: TypeExpression, parameter: _Parameter) -> _Fragment:
        if expression.is_opaque:
            return self._opaque(expression)
        inner, is_nullable = expression.without_none()
        if inner.is_opaque:
            opaque = self._opaque(inner)
            return _Fragment(opaque.schema, opaque.kind, is_nullable or opaque.is_nullable)
        if inner.head == "Union":
            return self._union(inner, is_nullable, parameter)
        if inner.head == "list":
            return self._list(inner, is_nullable, parameter)
        schema = self._simple(inner)
        if schema is None:
            raise self._unsupported(inner, parameter)
        return _Fragment(schema, inner.head, is_nullable)

    def _simple(self, expression: TypeExpression) -> dict[str, Any] | None:
        if expression.head in SCALARS:
            return dict(SCALARS[expression.head])
        if expression.head == "Any":
            # Any JSON. Cog says `object` here and so refuses what the annotation promises.
            return {}
        if expression.head in ("dict", "Mapping") or is_typed_dict(self._project, expression):
            return {"type": "object"}
        return None

    def _list(self, expression: TypeExpression, is_nullable: bool, parameter: _Parameter) -> _Fragment:
        if expression.is_bare:
            raise parameter.error(
                "is a list of unknown elements", "write `list[str]` or the like, or Annotated[list, Opaque]", expression
            )
        item = expression.arguments[0]
        if item.is_opaque and self._opaque(item).kind == "object" and not self._opaque(item).is_nullable:
            return _Fragment({"type": "array", "items": {"type": "object"}}, "list of object", is_nullable)
        bare, optional = item.without_none()
        if optional:
            raise parameter.error("is a list with optional elements", "take the None out of the list", item)
        schema = None if item.is_opaque else self._simple(bare)
        if schema is None:
            if item.head == "list":
                raise parameter.error("is a list of lists", "write `Annotated[list[…], Opaque]`, or use dict", item)
            raise self._unsupported(item, parameter)
        return _Fragment({"type": "array", "items": schema}, f"list of {item.head}", is_nullable)

    def _union(self, expression: TypeExpression, is_nullable: bool, parameter: _Parameter) -> _Fragment:
        members: list[dict[str, Any]] = []
        for member in expression.arguments:
            item = member.arguments[0] if member.head == "list" and member.arguments else member
            is_simple = item.head in _UNION_MEMBERS or item.head in ("Any", "dict", "Mapping")
            if member.is_opaque:
                schema = self._opaque(member).schema
            elif is_simple and not (member.head == "list" and member.is_bare):
                schema = self._simple(item) or {}
                if member.head == "list":
                    schema = {"type": "array", "items": schema}
            else:
                raise parameter.error(
                    f"is a union with `{member.written}`",
                    "members of a union are str, int, float, bool, dict, Any and lists of these",
                    member,
                )
            members.append({**schema, "nullable": True} if is_nullable else schema)
        return _Fragment({"anyOf": members}, "union", is_nullable, is_union=True)

    def _opaque(self, expression: TypeExpression) -> _Fragment:
        inner, is_nullable = expression.without_none()
        if inner.head == "list":
            return _Fragment({"type": "array", "items": {"type": "object"}}, "list of object", is_nullable)
        return _Fragment({"type": "object"}, "object", is_nullable)

    def _unsupported(self, expression: TypeExpression, parameter: _Parameter) -> Exception:
        remedy = f"use {KNOWN_TYPES}"
        if expression.head == "pathlib.Path":
            remedy = "import Path from cog"
        elif expression.head == "Literal":
            remedy = "use str or int with Input(choices=[…])"
        elif expression.head in ("class", "functional"):
            remedy = "use dict, a TypedDict, or Annotated[…, Opaque]"
        return parameter.error(f"has the type `{expression.written}`, which no input can have", remedy, expression)

    # MARK: defaults

    def _default(self, parameter: _Parameter) -> tuple[InputCall | None, Any]:
        """The call of Input() behind the default, or the plain default; `_NOTHING` for none."""
        if parameter.default is None:
            return None, _NOTHING
        scope = parameter.scope.at(parameter.default.lineno)
        try:
            value = self._evaluator.value(parameter.default, scope)
            if isinstance(value, InputCall):
                return value, _NOTHING
            if value is Ellipsis:
                return None, _NOTHING
            return None, to_json(value, parameter.default, scope)
        except NotStatic as cause:
            raise parameter.error(
                f"has a default that the source does not determine: {cause.reason}",
                "write it as a literal, or as Input(default=…)",
                parameter.default,
            ) from None

    def _given_default(self, parameter: _Parameter, fragment: _Fragment, call: InputCall | None, plain: Any) -> Any:
        """The default of the document, `_NOTHING` for none."""
        if call is None:
            return plain
        if "default" not in call.arguments:
            return _NOTHING
        value = self._argument(parameter, call, "default", "it counts as None")
        if value is Ellipsis:
            return _NOTHING
        if value is None or value is _NOTHING:
            may_be_none = fragment.is_nullable or fragment.kind == "cog.Secret"
            return None if may_be_none else _NOTHING
        return value

    def _argument(self, parameter: _Parameter, call: InputCall, name: str, otherwise: str) -> Any:
        """An argument of Input() as JSON; `_NOTHING`, with a notice, where the source does not determine it."""
        value = call.arguments.get(name)
        if value is Ellipsis:
            return value
        try:
            if isinstance(value, Unresolved):
                raise value.cause
            return to_json(value, call.node, call.scope)
        except NotStatic as cause:
            place = cause.scope.file
            self._report(
                Notice(
                    place.display,
                    getattr(cause.node, "lineno", None),
                    f"input {parameter.name!r}: {name}= is not determined by the source ({cause.reason}); {otherwise}",
                )
            )
            return _NOTHING

    # MARK: arguments of Input()

    def _choices(self, parameter: _Parameter, fragment: _Fragment, call: InputCall) -> list[Any] | None:
        choices = call.arguments.get("choices")
        if choices is None:
            return None
        kind = fragment.kind.removeprefix("list of ")
        if fragment.is_union or kind not in ("str", "int"):
            raise parameter.error(
                "has choices, but they are for str and int only", "annotate it with str or int, or take them out"
            )
        try:
            if isinstance(choices, Unresolved):
                raise choices.cause
            values = to_json(list(choices) if isinstance(choices, dict) else choices, call.node, call.scope)
        except NotStatic as cause:
            raise parameter.error(
                f"has choices that the source does not determine: {cause.reason}",
                "write them as a list of literals, a name of such a list, or list(D.keys())",
            ) from None
        if not isinstance(values, list) or not values:
            raise parameter.error("has no choices in its choices=", "list at least one value")
        wanted: type = str if kind == "str" else int
        if any(type(value) is not wanted for value in values):
            raise parameter.error(
                f"has choices that are not all of type {kind}", f"list values of type {kind}, or change the annotation"
            )
        return values

    def _describe(self, parameter: _Parameter, fragment: _Fragment, call: InputCall, schema: dict[str, Any]) -> None:
        description = self._argument(parameter, call, "description", "it is left out")
        if isinstance(description, str):
            schema["description"] = description
        for name, keyword, types in _LIMITS:
            if call.arguments.get(name) is None:
                continue
            if fragment.is_union:
                raise parameter.error(
                    f"is a union, so it cannot have {name}=", "take it out and check the value in the function"
                )
            value = self._argument(parameter, call, name, "the input is not limited by it")
            if value is _NOTHING:
                continue
            if isinstance(value, bool) or not isinstance(value, types):
                raise parameter.error(f"has {name}={value!r}", f"{name}= must be of type {types[-1].__name__}")
            schema[keyword] = value
        deprecated = self._argument(parameter, call, "deprecated", "it is left out")
        if deprecated is True:
            schema["deprecated"] = True
        accept = self._argument(parameter, call, "accept", "it is left out")
        if isinstance(accept, str):
            schema["x-cog-accept"] = accept


@dataclass(frozen=True)
class _Parameter:
    argument: ast.arg
    default: ast.expr | None
    scope: Scope
    order: int

    @property
    def name(self) -> str:
        return self.argument.arg

    def error(self, text: str, remedy: str, at: TypeExpression | ast.AST | None = None) -> Exception:
        """An error that names the input, at the type or expression `at`."""
        node = at.node if isinstance(at, TypeExpression) else at or self.argument
        scope = at.scope if isinstance(at, TypeExpression) else self.scope
        return scope.file.error(node, f"input {self.name!r} {text}", remedy)


def title_of(name: str) -> str:
    """`num_steps` is titled "Num Steps"."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split("_") if word)


def _component_name(name: str, component: dict[str, Any], taken: dict[str, Any]) -> str:
    """A name that is free, or that the same component has already: inputs of predictions and trainings often agree."""
    candidate, number = name, 2
    while candidate in taken and taken[candidate] != component:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
