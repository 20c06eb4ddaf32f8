"""A Python file of a model: its text, its tree, and errors that point into it."""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cached_property
from pathlib import Path

from .bindings import Bindings
from .errors import SchemaError


class SourceFile:
    """One parsed file. Raises SchemaError where it is no Python."""

    def __init__(self, path: Path, display: str) -> None:
        """`display` is how errors name the file."""
        self.path = path
        self.display = display
        try:
            data = path.read_bytes()
        except OSError as error:
            raise SchemaError(display, None, f"the file cannot be read: {error.strerror}") from None
        self.lines = _lines(data)
        try:
            self.tree = ast.parse(data, filename=display)
        except SyntaxError as error:
            raise SchemaError(
                display,
                error.lineno,
                f"this is no Python that this interpreter can read: {error.msg}",
                column=error.offset,
                source_line=self.line(error.lineno),
            ) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise SchemaError(display, None, f"this is no Python: {error}") from None

    @cached_property
    def bindings(self) -> Bindings:
        """The names of the module."""
        return Bindings(self.tree.body)

    def line(self, number: int | None) -> str | None:
        """The text of a line, counted from 1."""
        if number is None or not 1 <= number <= len(self.lines):
            return None
        return self.lines[number - 1]

    def error(self, node: ast.AST, text: str, remedy: str | None = None) -> SchemaError:
        """An error at `node`."""
        line = getattr(node, "lineno", None)
        offset = getattr(node, "col_offset", None)
        text_of_line = self.line(line)
        column = None
        if offset is not None and text_of_line is not None:
            # The tree counts bytes of UTF-8; people count letters.
            column = len(text_of_line.encode()[:offset].decode(errors="ignore")) + 1
        return SchemaError(self.display, line, text, column=column, remedy=remedy, source_line=text_of_line)


def _lines(data: bytes) -> list[str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding, errors="replace")
    except (SyntaxError, LookupError):
        text = data.decode(errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
