"""What handlers return, as JSON and files."""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
import mimetypes
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .runtime.run import Run, RunFailed
from .wire.payload import utf8, write

UNKNOWN = "application/octet-stream"
_quote = json.encoder.encode_basestring
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class File:
    """A file as an output. mime: its media type, default: by the path's ending; name: what it should be called by who
    downloads it, default: the path's last part. A `pathlib.Path` is as good where the defaults are."""

    path: str | os.PathLike[str]
    mime: str | None = None
    name: str | None = None

    def details(self) -> tuple[str, str, str]:
        """path, mime, name"""
        path = os.fspath(self.path)
        return (path, self.mime or mimetypes.guess_type(path)[0] or UNKNOWN, self.name or os.path.basename(path))


def emit(run: Run, value: Any) -> None:
    """Sends one piece of output. Raises RunFailed for what is no JSON."""
    if type(value) is str:  # by far the most frequent
        run.emit(utf8(_quote(value)))
        return
    file = _file(value)
    if file is not None and not run.can_upload:
        run.emit_file(*file.details())
        return
    urls = {id(file): run.upload(*_file(file).details()) for file in _files(value)} if run.can_upload else {}
    run.emit(_json(value, urls))


async def emit_async(run: Run, value: Any) -> None:
    """As `emit`, on the loop."""
    if run.can_upload:
        urls = {id(file): await run.upload_async(*_file(file).details()) for file in _files(value)}
        run.emit(_json(value, urls))
    else:
        emit(run, value)


def _file(value: Any) -> Any:
    return value if isinstance(value, File) else File(value) if isinstance(value, Path) else None


def _files(value: Any) -> list[Any]:
    if isinstance(value, _PLAIN):
        return []
    if _file(value) is not None:
        return [value]
    if isinstance(value, dict):
        return [file for element in value.values() for file in _files(element)]
    if isinstance(value, (list, tuple)):
        return [file for element in value for file in _files(element)]
    if dataclasses.is_dataclass(value):
        return [file for field in dataclasses.fields(value) for file in _files(getattr(value, field.name))]
    return []


def _json(value: Any, urls: dict[int, str]) -> bytes:
    def other(value: Any) -> Any:
        file = _file(value)
        if file is not None:
            return urls.get(id(value)) or _data_url(file)
        if isinstance(value, enum.Enum):
            return value.value
        if isinstance(value, (datetime, date)):
            return value.isoformat()
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        if isinstance(value, (set, frozenset)):
            return list(value)
        if callable(getattr(value, "tolist", None)):  # arrays and numbers of numpy and its like
            return value.tolist()
        raise TypeError(f"{type(value).__name__} is no JSON; return str, int, float, bool, list, dict, None, a "
                        "dataclass, or a File")

    try:
        return write(value, other)
    except (TypeError, ValueError, RecursionError) as error:
        raise RunFailed(f"The output cannot be sent: {error}", type(error).__name__) from error


def _data_url(file: File) -> str:
    path, mime, _ = file.details()
    return f"data:{mime};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"
