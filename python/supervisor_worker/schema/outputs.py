"""The component `Output`, from the return annotation of the model's function."""

from __future__ import annotations

import ast
from typing import Any

from .annotations import ITERATORS, TypeExpression, parse
from .errors import SchemaError
from .functions import ModelFunction
from .inputs import SCALARS, title_of
from .literals import Evaluator
from .models import Field, fields_of, fields_of_call, kind_of, typed_dict_call
from .project import Project

_SUPPORTED = (
    "str, int, float, bool, dict, list[…], Any, cog.Path, cog.File, a BaseModel or TypedDict, Iterator[…], "
    "AsyncIterator[…], ConcatenateIterator[str] or AsyncConcatenateIterator[str]"
)
_MORE_SCALARS: dict[str, dict[str, Any]] = {
    "pathlib.Path": {"type": "string", "format": "uri"},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "datetime.date": {"type": "string", "format": "date"},
}


class OutputReader:
    """Reads return annotations of functions of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def read(self, function: ModelFunction, title: str) -> dict[str, Any]:
        """The schema with the title `title`. Raises SchemaError."""
        node = function.node
        if node.returns is None:
            raise function.scope.file.error(
                node, f"{node.name}() must have a return type annotation", "write what it returns: `-> str`"
            )
        expression = parse(self._project, node.returns, function.scope.at(None))
        if expression.head == "None":
            raise expression.error(f"{node.name}() returns None, which is no output", "write what it returns: `-> str`")
        if expression.alias is not None:
            raise expression.error(
                f"the output of {node.name}() is the type alias `{expression.alias}`",
                "write the type itself as the return annotation",
            )
        return {"title": title, **self._output(expression)}

    def _output(self, expression: TypeExpression) -> dict[str, Any]:
        if expression.is_opaque or expression.head not in ITERATORS:
            return self._type(expression, ())
        if expression.head in ("ConcatenateIterator", "AsyncConcatenateIterator"):
            # Its elements are text, also where nobody says so.
            for element in expression.arguments:
                if element.head != "str" or element.is_opaque:
                    raise element.error(
                        f"the elements of {expression.head} must be str, not `{element.written}`",
                        f"write `{expression.head}[str]`, or Iterator for other types",
                    )
            return {
                "type": "array",
                "items": {"type": "string"},
                "x-cog-array-type": "iterator",
                "x-cog-array-display": "concatenate",
            }
        if len(expression.arguments) != 1:
            raise expression.error(
                f"the output `{expression.written}` does not say what it yields", f"write `{expression.head}[str]`"
            )
        items = self._type(expression.arguments[0], ())
        return {"type": "array", "items": items, "x-cog-array-type": "iterator"}

    def _type(self, expression: TypeExpression, around: tuple[ast.AST, ...]) -> dict[str, Any]:
        """The schema of a type; `around` are the classes that it is a member of."""
        inner, is_nullable = expression.without_none()
        if is_nullable:
            raise self._refused(expression, "an output must not be Optional", "return an empty value instead of None")
        if expression.is_opaque:
            if inner.head == "list":
                return {"type": "array", "items": {"type": "object"}}
            return {"type": "object"}
        head = expression.head
        if head in SCALARS:
            return dict(SCALARS[head])
        if head in _MORE_SCALARS:
            return dict(_MORE_SCALARS[head])
        if head == "Any":
            return {"type": "object"}
        if head in ("dict", "Mapping"):
            if len(expression.arguments) == 2:
                return {"type": "object", "additionalProperties": self._type(expression.arguments[1], around)}
            return {"type": "object"}
        if head == "list":
            items = self._type(expression.arguments[0], around) if expression.arguments else {}
            return {"type": "array", "items": items}
        schema = self._literal(expression) if head == "Literal" else self._object(expression, around)
        if schema is not None:
            return schema
        raise self._unsupported(expression)

    def _literal(self, expression: TypeExpression) -> dict[str, Any] | None:
        """`Literal["a", "b"]`."""
        node = expression.node
        if not isinstance(node, ast.Subscript):
            return None
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        values = [part.value for part in parts if isinstance(part, ast.Constant)]
        is_plain = len(values) == len(parts) and all(isinstance(value, (str, int)) for value in values)
        return _enumeration(values) if is_plain else None

    def _object(self, expression: TypeExpression, around: tuple[ast.AST, ...]) -> dict[str, Any] | None:
        call = typed_dict_call(self._project, expression)
        if call is not None:
            assert expression.value is not None, "a functional type has a value"
            if call in around:
                return {"type": "object"}
            fields = fields_of_call(self._project, call, expression.value.scope)
            return {"type": "object"} if fields is None else self._fields(fields, around + (call,))
        if expression.definition is None:
            return None
        definition = expression.definition
        kind = kind_of(self._project, definition)
        if kind is None:
            values = Evaluator(self._project).enum_values(definition)
            return None if not values else _enumeration(values)
        if definition.node in around:
            return {"type": "object"}
        return self._fields(fields_of(self._project, definition, kind), around + (definition.node,))

    def _fields(self, fields: list[Field], around: tuple[ast.AST, ...]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for field in fields:
            properties[field.name] = {"title": title_of(field.name), **self._member(field.type, around)}
            if field.is_nullable:
                properties[field.name]["nullable"] = True
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        required = [field.name for field in fields if field.is_required]
        if required:
            schema["required"] = required
        return schema

    def _member(self, expression: TypeExpression, around: tuple[ast.AST, ...]) -> dict[str, Any]:
        """A field's type. Fields may be unions."""
        if expression.head == "Union" and not expression.is_opaque:
            return {"anyOf": [self._type(member, around) for member in expression.arguments]}
        return self._type(expression, around)

    def _unsupported(self, expression: TypeExpression) -> SchemaError:
        written = expression.written
        if expression.head == "Union":
            return self._refused(expression, f"an output must not be a union: `{written}`", "return one type")
        if expression.head in ITERATORS:
            if expression.is_bare:
                return self._refused(expression, f"`{written}` does not say what it yields", f"write `{written}[str]`")
            return self._refused(expression, f"`{written}` cannot stand inside another type", "use list instead")
        if expression.head in ("Generator", "AsyncGenerator", "Iterable", "AsyncIterable"):
            name = "AsyncIterator" if expression.head.startswith("Async") else "Iterator"
            return self._refused(expression, f"an output cannot be `{written}`", f"write `{name}[…]`")
        return self._refused(expression, f"an output cannot be of the type `{written}`", f"use {_SUPPORTED}")

    def _refused(self, expression: TypeExpression, text: str, remedy: str) -> SchemaError:
        return expression.error(text, remedy)


def _enumeration(values: list[Any]) -> dict[str, Any]:
    if all(isinstance(value, str) for value in values):
        return {"type": "string", "enum": values}
    if all(type(value) is int for value in values):
        return {"type": "integer", "enum": values}
    return {"enum": values}
