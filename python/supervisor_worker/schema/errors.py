"""What can be wrong with a model's source or configuration, and what is only worth a remark."""

from __future__ import annotations

from dataclasses import dataclass


class SchemaError(Exception):
    """The source of a model does not say what its schema is.

    Printed like a compiler's message: place, text, the line, and what to write instead.
    """

    def __init__(
        self,
        path: str,
        line: int | None,
        text: str,
        *,
        column: int | None = None,
        remedy: str | None = None,
        source_line: str | None = None,
    ) -> None:
        """`path` is relative to the model's directory where possible; `line` and `column` count from 1."""
        super().__init__(text)
        self.path = path
        self.line = line
        self.column = column
        self.text = text
        self.remedy = remedy
        self.source_line = source_line

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        rows = [f"{place}: error: {self.text}"]
        if self.source_line is not None and self.source_line.strip():
            rows.append(f"    {self.source_line.rstrip()}")
            if self.column is not None:
                # Tabs are kept, so that the mark stands below its column however wide they are shown.
                before = self.source_line[: self.column - 1]
                rows.append("    " + "".join("\t" if letter == "\t" else " " for letter in before) + "^")
        if self.remedy is not None:
            rows.append(f"  remedy: {self.remedy}")
        return "\n".join(rows)


class ConfigurationError(Exception):
    """The model cannot be found or its files cannot be read: cog.yaml, a reference, a document made in advance."""

    def __init__(self, path: str, text: str, *, line: int | None = None, remedy: str | None = None) -> None:
        super().__init__(text)
        self.path = path
        self.line = line
        self.text = text
        self.remedy = remedy

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        message = f"{place}: error: {self.text}"
        return message if self.remedy is None else f"{message}\n  remedy: {self.remedy}"


@dataclass(frozen=True)
class Notice:
    """Something that the source does not show and that the schema therefore leaves out. Nothing is refused."""

    path: str
    line: int | None
    text: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: warning: {self.text}"
