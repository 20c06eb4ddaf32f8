"""JSON Schema of a function's parameters and result, and the way back: from JSON to what its annotations say."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import json
import types
import typing
from dataclasses import dataclass
from typing import Any, Callable, Literal, Union

from .runtime.run import RunFailed

ITERATORS = (collections.abc.Iterator, collections.abc.Iterable, collections.abc.Generator,
             collections.abc.AsyncIterator, collections.abc.AsyncIterable, collections.abc.AsyncGenerator)
_PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


@dataclass(frozen=True)
class Field:
    """Rules of a parameter: `temperature: Annotated[float, Field(minimum=0, maximum=2)] = 1.0`."""

    description: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    def keywords(self) -> dict[str, Any]:
        """As JSON Schema."""
        named = {"description": self.description, "minimum": self.minimum, "maximum": self.maximum,
                 "minLength": self.min_length, "maxLength": self.max_length, "pattern": self.pattern}
        return {keyword: value for keyword, value in named.items() if value is not None}


class DeclarationError(Exception):
    """A function cannot be a handler as it is written. The text names it and says what to do."""


class Signature:
    """What one function takes and returns."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        """Raises DeclarationError."""
        self._name = name
        self._function = function
        try:
            self.hints = typing.get_type_hints(function, include_extras=True)
        except Exception as error:
            raise DeclarationError(f"the annotations of `{name}` cannot be evaluated ({error}); import or define what "
                                   "they name") from error
        self._takes_all = False
        self._parameters: dict[str, inspect.Parameter] = {}
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                raise DeclarationError(f"`{name}` takes `{parameter}` by position; inputs have names, so write it as an "
                                       "ordinary parameter")
            if parameter.kind is parameter.VAR_KEYWORD:
                self._takes_all = True
            else:
                self._parameters[parameter.name] = parameter

    def input(self) -> dict[str, Any]:
        """JSON Schema of an object with the parameters. Raises DeclarationError."""
        properties = {}
        for name, parameter in self._parameters.items():
            schema = self._schema(self.hints.get(name, Any), f"the parameter `{name}`")
            if parameter.default is not parameter.empty:
                default = parameter.default
                default = default.value if isinstance(default, enum.Enum) else default
                try:
                    json.dumps(default, allow_nan=False)
                    schema["default"] = default
                except (TypeError, ValueError):
                    pass  # a default that only Python can hold is applied all the same
            properties[name] = schema
        schema = {"type": "object", "properties": properties}
        required = [name for name, parameter in self._parameters.items() if parameter.default is parameter.empty]
        return {**schema, "required": required} if required else schema

    def output(self, is_iterated: bool) -> dict[str, Any] | None:
        """JSON Schema of the result, of one piece of it if it is iterated; None when the annotation does not say."""
        hint = self.hints.get("return", inspect.Parameter.empty)
        if is_iterated and typing.get_origin(hint) in ITERATORS:
            hint = typing.get_args(hint)[0]
        elif is_iterated or hint is inspect.Parameter.empty:
            return None
        try:
            return self._schema(hint, "the result")
        except DeclarationError:
            return None  # files, dataclasses and the like

    def arguments(self, values: Any) -> dict[str, Any]:
        """The keyword arguments for an input. Members that are no parameters are left out. Raises RunFailed."""
        if not isinstance(values, dict):
            raise RunFailed("The input must be an object.", "TypeError")
        missing = [name for name, parameter in self._parameters.items()
                   if parameter.default is parameter.empty and name not in values]
        if missing:
            raise RunFailed(f"The input lacks `{missing[0]}`.", "TypeError")
        return {name: self._value(value, self.hints.get(name, Any), name) for name, value in values.items()
                if self._takes_all or name in self._parameters}

    def _schema(self, hint: Any, where: str) -> dict[str, Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            schema = self._schema(arguments[0], where)
            for note in arguments[1:]:
                schema.update(Field(note).keywords() if isinstance(note, str)
                              else note.keywords() if isinstance(note, Field) else {})
            return schema
        if hint is Any:
            return {}
        if hint in _PLAIN or hint is None:
            return {"type": _PLAIN[type(None) if hint is None else hint]}
        if hint in (list, dict):
            return {"type": "array" if hint is list else "object"}
        if origin is list:
            return {"type": "array", "items": self._schema(arguments[0], where)}
        if origin is dict and arguments[0] is str:
            return {"type": "object", "additionalProperties": self._schema(arguments[1], where)}
        if origin is Literal:
            return {"enum": list(arguments)}
        if _is_enum(hint):
            return {"enum": [member.value for member in hint]}
        if origin in (Union, types.UnionType):
            schemas = [self._schema(argument, where) for argument in arguments]
            if all(set(schema) == {"type"} for schema in schemas):
                return {"type": [schema["type"] for schema in schemas]}
            return {"anyOf": schemas}
        raise DeclarationError(
            f"{where} of `{self._name}` is annotated {hint!r}, for which there is no JSON; use str, int, float, bool, "
            "list, dict, Optional, Literal, an Enum, or Any")

    def _value(self, value: Any, hint: Any, name: str) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self._value(value, arguments[0], name)
        if hint is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if hint is float and type(value) is int:
            return float(value)
        if origin is list and isinstance(value, list):
            return [self._value(element, arguments[0], name) for element in value]
        if origin is dict and isinstance(value, dict):
            return {key: self._value(element, arguments[1], name) for key, element in value.items()}
        if _is_enum(hint):
            try:
                return hint(value)
            except ValueError:
                raise RunFailed(f"`{name}` must be one of {', '.join(str(member.value) for member in hint)}.",
                                "ValueError") from None
        if origin in (Union, types.UnionType):
            others = [argument for argument in arguments if argument is not type(None)]
            return self._value(value, others[0], name) if value is not None and len(others) == 1 else value
        return value


def _is_enum(hint: Any) -> bool:
    # Python 3.10 takes `tuple[int]` for a type.
    return typing.get_origin(hint) is None and isinstance(hint, type) and issubclass(hint, enum.Enum)
