"""A prediction's input as JSON → the arguments of the model's function."""

from __future__ import annotations

import io
import types
import typing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Sequence

from .downloads import decode_data_url, is_url


class InputInvalid(Exception):
    """The input cannot be handed to the model. The text is for the client, without any prefix."""


class Conversion(Enum):
    """What becomes of an input's JSON value."""

    INTEGER = "an integer, also when it is written 2.0"
    PATH = "a URL becomes the path of a downloaded file"
    FILE = "a URL becomes a file object"
    SECRET = "text becomes a Secret"


@dataclass(frozen=True)
class InputTypes:
    """The classes of the model's cog package that have a meaning as annotations."""

    path: type
    file: type
    secret: type


@dataclass(frozen=True)
class _Field:
    conversion: Conversion
    is_list: bool


@dataclass
class _Place:
    """Where a fetched file goes: into the arguments, or into one of the lists in them."""

    container: Any
    key: Any
    name: str


@dataclass
class Arguments:
    """The arguments for one run, some of which may still have to be fetched."""

    values: dict[str, Any]
    _urls: list[str] = field(default_factory=list)
    _places: list[_Place] = field(default_factory=list)

    @property
    def urls(self) -> Sequence[str]:
        """What has to be fetched."""
        return self._urls

    @property
    def names(self) -> Sequence[str]:
        """For each of `urls` the input that it belongs to."""
        return [place.name for place in self._places]

    def fill(self, paths: Sequence[Path]) -> None:
        """Puts the fetched files, in the order of `urls`, into their places, and forgets the URLs."""
        for place, path in zip(self._places, paths):
            place.container[place.key] = path
        self._urls, self._places = [], []

    def await_file(self, url: str, container: Any, key: Any, name: str) -> None:
        """Remembers that a value has to be fetched."""
        self._urls.append(url)
        self._places.append(_Place(container, key, name))


class InputPlan:
    """How the inputs of one function are converted, found once from its annotations.

    A function whose annotations cannot be resolved gets its input as it is, as in Cog.
    """

    def __init__(self, function: Callable[..., Any], input_types: InputTypes) -> None:
        self._types = input_types
        self._fields: dict[str, _Field] = {}
        for name, annotation in _type_hints(function).items():
            found = self._field(annotation)
            if found is not None and name != "return":
                self._fields[name] = found

    @property
    def conversions(self) -> dict[str, tuple[Conversion, bool]]:
        """Parameter → what becomes of it, and whether of each element of a list. Others are left alone."""
        return {name: (item.conversion, item.is_list) for name, item in self._fields.items()}

    def arguments(self, value: Any) -> Arguments:
        """The arguments for an input. Raises InputInvalid."""
        if not isinstance(value, dict):
            raise InputInvalid("Input must be a JSON object")
        arguments = Arguments(dict(value))
        for name, item in self._fields.items():
            if name not in value:
                continue
            given = value[name]
            # A list parameter may be given a single value where no schema says otherwise.
            if isinstance(given, list) and item.is_list:
                elements = list(given)
                arguments.values[name] = elements
                for index, element in enumerate(elements):
                    self._convert(item.conversion, element, arguments, elements, index, name)
            else:
                self._convert(item.conversion, given, arguments, arguments.values, name, name)
        return arguments

    def _convert(
        self, conversion: Conversion, value: Any, arguments: Arguments, container: Any, key: Any, name: str
    ) -> None:
        if conversion is Conversion.INTEGER:
            if type(value) is float and value.is_integer():
                container[key] = int(value)
        elif conversion is Conversion.SECRET:
            if isinstance(value, str):
                container[key] = self._types.secret(value)
        elif is_url(value):
            if conversion is Conversion.PATH:
                arguments.await_file(value, container, key, name)
            else:
                container[key] = self._open(value, name)

    def _open(self, url: str, name: str) -> Any:
        """A File input: contents at once for data, fetched when it is first read for http."""
        try:
            if url.startswith("data:"):
                return io.BytesIO(decode_data_url(url)[1])
            return self._types.file.validate(url)  # type: ignore[attr-defined]
        except Exception as error:
            raise InputInvalid(f"{error} (input '{name}')") from error

    def _field(self, annotation: Any) -> _Field | None:
        members = _members(annotation)
        if len(members) == 1:
            conversion, is_list = self._conversion(members[0])
            return None if conversion is None else _Field(conversion, is_list)
        # A union: only numbers are told apart, because 2.0 is a good integer unless floats are welcome, too.
        found = [self._conversion(member) for member in members]
        if float in members or Any in members or (Conversion.INTEGER, False) not in found:
            return None
        return _Field(Conversion.INTEGER, False)

    def _conversion(self, annotation: Any) -> tuple[Conversion | None, bool]:
        if annotation is list or typing.get_origin(annotation) is list:
            elements = typing.get_args(annotation)
            members = _members(elements[0]) if elements else []
            conversion = self._conversion(members[0])[0] if len(members) == 1 else None
            # Cog leaves lists of secrets alone.
            return (None if conversion is Conversion.SECRET else conversion), True
        if annotation is int:
            return Conversion.INTEGER, False
        if annotation is self._types.path:
            return Conversion.PATH, False
        if annotation is self._types.file:
            return Conversion.FILE, False
        if annotation is self._types.secret:
            return Conversion.SECRET, False
        return None, False


def _members(annotation: Any) -> list[Any]:
    """The members of a union without None; the annotation itself where it is none."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [member for member in typing.get_args(annotation) if member is not type(None)]
    return [annotation]


def _type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:
        return {}
