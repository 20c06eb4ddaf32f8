"""JSON payloads (PROTOCOL § 2): strict reading, compact writing."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

from . import limits
from .errors import ProtocolError

_SURROGATES = re.compile("[\ud800-\udfff]")
_NESTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]')
"""Brackets, and strings, because those may contain some."""


def utf8(text: str) -> bytes:
    """UTF-8 of any text; halves of surrogate pairs become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text).encode()


def write(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """Compact JSON. default: gives something nearer to JSON for what JSON cannot hold.

    Raises ValueError for NaN, infinity and too deep nesting, TypeError for what JSON cannot hold, RecursionError.
    """
    encoded = utf8(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default))
    if nests_too_deep(encoded):
        raise ValueError(f"it nests deeper than {limits.NESTING} levels")
    return encoded


def nests_too_deep(encoded: bytes) -> bool:
    """Whether arrays and objects of valid JSON are more inside one another than the protocol allows."""
    if encoded.count(b"[") + encoded.count(b"{") <= limits.NESTING:
        return False
    depth = 0
    for token in _NESTS.finditer(encoded):
        first = encoded[token.start()]
        if first in b"[{":
            depth += 1
            if depth > limits.NESTING:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def present(members: dict[str, Any]) -> dict[str, Any]:
    """Without the members that are None: those may be absent."""
    return {name: value for name, value in members.items() if value is not None}


def read(payload: bytes) -> Any:
    """Parses any JSON value. Raises ProtocolError `badPayload`."""
    try:
        value = json.loads(payload.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise bad(f"The payload is no JSON: {error}.") from None
    if nests_too_deep(payload):
        raise bad(f"The payload nests deeper than {limits.NESTING}.")
    return value


def bad(reason: str) -> ProtocolError:
    """The error for a payload that is not what § 4 says."""
    return ProtocolError("badPayload", reason)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class Members:
    """The members of an object, read one by one. A member that is null is as good as absent.

    Each method raises ProtocolError `badPayload` that names the member, when it is not what is asked for; or is absent,
    unless it is `optional`.
    """

    def __init__(self, value: Any, where: str = "The payload") -> None:
        if not isinstance(value, dict):
            raise bad(f"{where} must be an object.")
        self._members = value
        self._where = where

    def any(self, name: str) -> Any:
        """A value of any kind, null too."""
        if name not in self._members:
            raise bad(f"{self._where} has no `{name}`.")
        return self._members[name]

    def text(self, name: str, optional: bool = False) -> Any:
        """A string."""
        return self._typed(name, str, "a string", optional)

    def boolean(self, name: str, optional: bool = False) -> Any:
        """true or false."""
        return self._typed(name, bool, "a boolean", optional)

    def object(self, name: str, optional: bool = False) -> Any:
        """A dictionary."""
        return self._typed(name, dict, "an object", optional)

    def array(self, name: str) -> list[Any]:
        """A list."""
        found: list[Any] = self._typed(name, list, "an array", False)
        return found

    def members(self, name: str) -> Members:
        """An object, to be read on."""
        return Members(self.any(name), f"`{name}`")

    def integer(self, name: str, least: int = 0, most: int = limits.INTEGER, optional: bool = False) -> Any:
        """An integer of a range, written without sign, fraction and exponent."""
        value = self._typed(name, int, f"an integer from {least} to {most}", optional)
        if isinstance(value, bool) or value is not None and not least <= value <= most:
            raise bad(f"`{name}` must be an integer from {least} to {most}.")
        return value

    def texts(self, name: str) -> list[str]:
        """An array of strings."""
        values = self.array(name)
        if not all(isinstance(value, str) for value in values):
            raise bad(f"`{name}` must contain strings only.")
        return values

    def _typed(self, name: str, kind: type, words: str, optional: bool) -> Any:
        value = self._members.get(name)
        if value is None and optional or isinstance(value, kind):
            return value
        raise bad(f"`{name}` must be {words}.")
