"""Files that models return: paths and file objects, as something that can be copied, sent or put into a data URL."""

from __future__ import annotations

import base64
import io
import os
import stat
from dataclasses import dataclass
from typing import Any, BinaryIO

from .media_types import UNKNOWN, extension, media_type
from .scratch import RunScratch

COPY_BYTES = 1 << 20
"""How much of a file object is held at once: large enough for speed, small beside a model."""

INLINE_BYTES = 256 << 20
"""Largest file that is put into a data URL by the worker. It is held three times over while that is done; larger
files belong at the top level of the output, or uploaded."""


class OutputFileError(Exception):
    """A returned file cannot be used. The text names it."""


@dataclass(frozen=True)
class OutputFile:
    """A file that is (part of) an output."""

    path: str
    mime: str
    name: str
    temporary: bool
    """Made by us: nobody needs it afterwards."""


def is_file(value: Any) -> bool:
    """Whether a value stands for a file: a path object, or something opened for reading or writing."""
    if isinstance(value, (os.PathLike, io.IOBase)):
        return True
    # The wrapper that NamedTemporaryFile gives is no IOBase but behaves as one.
    return type(value).__module__ == "tempfile" and isinstance(getattr(value, "file", None), io.IOBase)


def output_file(value: Any, scratch: RunScratch, number: int) -> OutputFile:
    """The file behind a value for which `is_file` holds.

    number: of this file object among those of the run; it gives nameless ones their names. Raises OutputFileError.
    """
    if isinstance(value, os.PathLike):
        return _from_path(os.fsdecode(value))
    return _from_object(value, scratch, number)


def _from_path(path: str) -> OutputFile:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise OutputFileError(
            f"the output file '{path}' does not exist (relative paths start at the model's directory); "
            "it must be there when it is returned or yielded"
        ) from None
    except OSError as error:
        raise OutputFileError(f"the output file '{path}' cannot be read: {error.strerror or error}") from None
    if stat.S_ISDIR(mode):
        raise OutputFileError(f"the output '{path}' is a directory; return a file, or an archive of it")
    if not stat.S_ISREG(mode):
        raise OutputFileError(f"the output '{path}' is not a regular file")
    name = os.path.basename(path) or "file"
    return OutputFile(path, media_type(name), name, temporary=False)


def _from_object(value: Any, scratch: RunScratch, number: int) -> OutputFile:
    own_name = getattr(value, "name", None)
    own_name = own_name if isinstance(own_name, str) else None
    mime = media_type(own_name) if own_name else UNKNOWN
    suffix = os.path.splitext(own_name)[1] if own_name else extension(mime)
    name = f"{number}{suffix or '.bin'}"
    try:
        if own_name and (value.closed or not value.readable()):
            # What was written to it is in the file of that name.
            if not value.closed:
                value.flush()
            return OutputFile(_from_path(own_name).path, mime, name, temporary=False)
        with scratch.new_file(suffix or ".bin") as copy:
            _copy(value, copy)
    except OutputFileError:
        raise
    except Exception as error:
        raise OutputFileError(
            f"the output {type(value).__name__} cannot be read: {type(error).__name__}: {error}"
        ) from error
    return OutputFile(copy.name, mime, name, temporary=True)


def _copy(source: Any, destination: BinaryIO) -> None:
    """Copies all of a file object, from its beginning where it can go back, text as UTF-8."""
    if source.seekable():
        source.seek(0)
    while True:
        piece = source.read(COPY_BYTES)
        if not piece:
            return
        destination.write(piece.encode() if isinstance(piece, str) else piece)


def data_url(file: OutputFile) -> str:
    """A file's contents as a data URL. Raises OutputFileError."""
    try:
        size = os.path.getsize(file.path)
        if size > INLINE_BYTES:
            raise OutputFileError(
                f"the output file '{file.path}' has {size} bytes; inside of a value at most {INLINE_BYTES} are taken: "
                "return it at the top level, or serve with an upload URL"
            )
        with open(file.path, "rb") as source:
            encoded = base64.b64encode(source.read()).decode("ascii")
    except OSError as error:
        raise OutputFileError(f"the output file '{file.path}' cannot be read: {error.strerror or error}") from None
    return f"data:{file.mime};base64,{encoded}"
