"""Values that models return → JSON.

`str`, the usual piece of a stream, has a path of its own. All else goes through one pass of Python's JSON encoder in C,
whose hook turns what JSON does not know (models, dataclasses, arrays, files …) into what it knows. Where a value fails
is looked for only after it has failed.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import json.encoder
import math
import re
import secrets
import sys
from collections.abc import Iterator, Set
from json.encoder import encode_basestring
from typing import Any, Callable

from ..wire.limits import NESTING
from ..wire.payload import nests_too_deep
from .files import OutputFile, data_url, is_file, output_file
from .scratch import RunScratch

SECRET = "**********"
"""What stands for a secret's value, as in its `str()`."""


class NotSerializable(Exception):
    """A value that cannot be JSON. The text says what it is and where it stands."""


def encode_text(text: str) -> bytes:
    """A string as JSON. Raises UnicodeEncodeError for lone surrogates."""
    return encode_basestring(text).encode()


def name_of(index: int | None) -> str:
    """What errors call an output: the only one (None), or one of several."""
    return "output" if index is None else f"output[{index}]"


def surrogate_error(error: UnicodeEncodeError, where: str) -> str:
    """What to say of text that is no Unicode. where: as what it was returned."""
    code = ord(error.object[error.start])
    return (
        f"ValueError: {where} has half of a surrogate pair, U+{code:04X}, which is no character; "
        "decode bytes with errors='replace'"
    )


class Encoder:
    """Encodes the outputs of one run. One thread at a time.

    secret_types: `cog.Secret`, whose value never leaves; scratch: where file objects are written to;
    collect_files: leave files inside of values to be uploaded by the caller, instead of making data URLs of them.
    """

    def __init__(self, secret_types: tuple[type, ...], scratch: RunScratch, collect_files: bool) -> None:
        self.files: list[OutputFile] = []
        """Those inside of the value encoded last that are to be uploaded; `with_urls` puts their URLs in."""
        self._secret_types = secret_types
        self._scratch = scratch
        self._collect_files = collect_files
        self._file_objects = 0
        self._token = ""
        self._lists: dict[int, tuple[Any, list[Any]]] = {}
        self._pieces = _make_pieces(self._simplify)

    def encode(self, value: Any, index: int | None = None) -> bytes:
        """A value as JSON. index: of this output among several. Raises NotSerializable and OutputFileError."""
        if self.files:
            self.files = []
            self._token = ""
        try:
            text = "".join(self._pieces(value, 0))
            try:
                encoded = text.encode()
            except UnicodeEncodeError as error:
                found = self._find(value, index, has_surrogate) or name_of(index)
                raise NotSerializable(surrogate_error(error, found)) from None
        except (RecursionError, ValueError, TypeError) as error:
            raise self._explained(error, value, index) from error
        finally:
            if self._lists:
                self._lists = {}
        if nests_too_deep(encoded):
            raise NotSerializable(f"ValueError: {name_of(index)} nests deeper than {NESTING} levels")
        return encoded

    def with_urls(self, encoded: bytes, urls: list[str]) -> bytes:
        """What `encode` has returned, with the URLs of `files`, in their order."""
        pattern = re.compile(b'"' + self._token.encode() + rb':(\d+)"')
        return pattern.sub(lambda match: encode_text(urls[int(match[1])]), encoded)

    def _explained(self, error: Exception, value: Any, index: int | None) -> NotSerializable:
        """What the JSON encoder's error means. The value is gone through again to find the place."""
        name = name_of(index)
        if isinstance(error, RecursionError):
            return NotSerializable(f"ValueError: {name} nests deeper than {NESTING} levels, or contains itself")
        if isinstance(error, TypeError):
            found = self._find(value, index, self._is_unknown)
            return NotSerializable(f"TypeError: {error}" + ("" if found is None or found == name else f" (at {found})"))
        found = self._find(value, index, _is_not_finite)
        if found is None:
            return NotSerializable(f"{type(error).__name__}: {error}, in {name}")
        return NotSerializable(
            f"ValueError: {found} is NaN or infinite, which JSON does not have; return None or a string instead"
        )

    def is_secret(self, value: Any) -> bool:
        """Whether a value is a secret."""
        return isinstance(value, self._secret_types)

    def file(self, value: Any) -> OutputFile:
        """The file behind a value for which `is_file` holds. Raises OutputFileError."""
        number = self._file_objects
        found = output_file(value, self._scratch, number)
        if found.temporary:
            self._file_objects = number + 1
        return found

    def _simplify(self, value: Any) -> Any:
        """The JSON encoder's hook: a value that is nearer to JSON. Raises TypeError if there is none."""
        if isinstance(value, self._secret_types):
            return SECRET if value.get_secret_value() is not None else ""
        if is_file(value):
            return self._file_reference(value)
        simpler = plain(value)
        if simpler is not value:
            return simpler
        if isinstance(value, Iterator):
            # Kept, because an iterator cannot be gone through again when an error's place is looked for.
            items = list(value)
            self._lists[id(value)] = (value, items)
            return items
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    def _file_reference(self, value: Any) -> str:
        file = self.file(value)
        if not self._collect_files:
            return data_url(file)
        if not self._token:
            # Unguessable, so that no text of the model can be taken for it.
            self._token = secrets.token_hex(16)
        self.files.append(file)
        return f"{self._token}:{len(self.files) - 1}"

    def _is_unknown(self, value: Any) -> bool:
        if value is None or isinstance(value, (str, int, float, list, tuple, dict, Iterator)):
            return False
        return not isinstance(value, self._secret_types) and not is_file(value) and plain(value) is value

    def _find(self, value: Any, index: int | None, wanted: Callable[[Any], bool]) -> str | None:
        """Where the first value for which `wanted` holds stands, as a Python expression; None if it is not found."""
        stack: list[tuple[Any, str]] = [(value, name_of(index))]
        seen: set[int] = set()
        kept: list[Any] = []  # so that no id in `seen` is given out twice
        while stack:
            current, where = stack.pop()
            if wanted(current):
                return where
            if isinstance(current, str) or current is None or isinstance(current, (int, float)):
                continue
            if id(current) in seen:
                continue
            seen.add(id(current))
            kept.append(current)
            if isinstance(current, dict):
                bad_key = next((key for key in current if _is_bad_key(key) or wanted(key)), None)
                if bad_key is not None:
                    return f"a key of {where}"
                stack.extend((item, f"{where}[{_key_text(key)}]") for key, item in reversed(current.items()))
            elif isinstance(current, (list, tuple)):
                stack.extend((item, f"{where}[{index}]") for index, item in reversed(list(enumerate(current))))
            elif id(current) in self._lists:
                stack.append((self._lists[id(current)][1], where))
            elif not isinstance(current, self._secret_types) and not is_file(current):
                simpler = plain(current)
                if simpler is not current:
                    stack.append((simpler, where))
        return None


def _make_pieces(default: Callable[[Any], Any]) -> Callable[[Any, int], Any]:
    """A function that gives the JSON of its first argument in pieces."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is not None:
        # As json.JSONEncoder makes it anew for each value, which takes longer than most values do. Without the check
        # for circles: they are too deep, and that is noticed.
        return make(None, default, encode_basestring, None, ":", ",", False, False, False)  # type: ignore[no-any-return]
    encoder = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=default
    )
    return lambda value, _: encoder.encode(value)


def plain(value: Any) -> Any:
    """A value that JSON does not know, one step nearer to it; the value itself where no step is known."""
    if isinstance(value, type):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump()
    as_dict = getattr(value, "dict", None)
    if callable(as_dict):
        return as_dict()
    if dataclasses.is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Set):
        return list(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, (numpy.bool_, numpy.integer, numpy.floating)):
            return value.item()
        if isinstance(value, numpy.ndarray):
            return value.tolist()
    return value


def has_surrogate(value: Any) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _is_bad_key(key: Any) -> bool:
    return not (key is None or isinstance(key, (str, int, float))) or _is_not_finite(key)


def _key_text(key: Any) -> str:
    text = ascii(key)
    return text if len(text) <= 64 else text[:61] + "..."
