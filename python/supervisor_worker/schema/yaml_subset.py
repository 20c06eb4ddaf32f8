"""Top-level keys of a YAML mapping, for Pythons without the package yaml. What it is not sure about, it refuses.

Read: scalars on one line (plain, or quoted), lists and mappings of such scalars, as a block or in brackets on one line.
Keys that nobody asked for are passed over, with everything that belongs to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


class YamlError(Exception):
    """Line `line`, counted from 1, is not of the part of YAML that is read here."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True)
class _Line:
    number: int
    indent: int
    text: str


_KEY = re.compile(
    r"""(?P<key>[A-Za-z_][A-Za-z0-9_.-]*|"[A-Za-z_][A-Za-z0-9_.-]*"|'[A-Za-z_][A-Za-z0-9_.-]*')\s*:(?:\s+|$)"""
)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'(?!'))""")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    word: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for small in words
    for word in (small, small.capitalize(), small.upper())
}
# Plain text that YAML 1.1 reads as a number, a date or the like, in one of its many ways.
_NO_TEXT = re.compile(r"[-+.]?[0-9][0-9_.,:eExXoO+a-fA-F-]*\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_NO_START = "&*!|>%@`{}[],#?"


def read_top_level(text: str, keys: Collection[str]) -> dict[str, Any]:
    """The values of `keys` that the mapping `text` has. Raises YamlError."""
    lines = _lines(text)
    result: dict[str, Any] = {}
    seen: set[str] = set()
    position = 0
    while position < len(lines):
        line = lines[position]
        match = _KEY.match(line.text)
        if line.indent != 0 or match is None:
            raise YamlError(line.number, f"`{line.text}` is not understood")
        key = match["key"].strip("\"'")
        if key in seen:
            raise YamlError(line.number, f"the key `{key}` is there twice")
        seen.add(key)
        end = position + 1
        while end < len(lines) and (
            lines[end].indent > 0 or lines[end].text.startswith("- ") or lines[end].text == "-"
        ):
            end += 1
        rest, block = line.text[match.end() :], lines[position + 1 : end]
        if key in keys:
            result[key] = _value(rest, line.number, block)
        else:
            _pass_over(rest, line, block)
        position = end
    return result


def _lines(text: str) -> list[_Line]:
    """The lines that mean something, without comments of their own."""
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]", text):
        raise YamlError(1, "there is a control character in it")
    lines: list[_Line] = []
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        stripped = raw.strip(" \t")
        if not stripped or stripped.startswith("#"):
            continue
        if stripped == "---" and raw.startswith("---") and not lines:
            continue
        if raw.startswith(("---", "...", "%")):
            raise YamlError(number, "more than one document, or a directive, is not understood")
        indent = len(raw) - len(raw.lstrip(" "))
        if raw[indent] == "\t":
            raise YamlError(number, "a tab at the start of a line is not understood")
        lines.append(_Line(number, indent, stripped))
    return lines


def _value(rest: str, number: int, block: list[_Line]) -> Any:
    rest = _without_comment(rest, number)
    if rest:
        if block:
            raise YamlError(block[0].number, "a value on more than one line is not understood")
        return _inline(rest, number)
    if not block:
        return None
    indent = block[0].indent
    result: Any = [] if block[0].text.startswith("-") else {}
    for line in block:
        if line.indent != indent:
            raise YamlError(line.number, f"the indentation of `{line.text}` is not understood")
        if isinstance(result, list):
            if not line.text.startswith("- "):
                raise YamlError(line.number, f"`{line.text}` is not understood")
            result.append(_scalar(_without_comment(line.text[2:].strip(), line.number), line.number))
        else:
            match = _KEY.match(line.text)
            if match is None or match["key"].strip("\"'") in result:
                raise YamlError(line.number, f"`{line.text}` is not understood")
            rest = _without_comment(line.text[match.end() :], line.number)
            result[match["key"].strip("\"'")] = _scalar(rest, line.number)
    return result


def _inline(text: str, number: int) -> Any:
    """A scalar, or a list or mapping of scalars in brackets."""
    if text[0] not in "[{":
        return _scalar(text, number)
    closing = "]" if text[0] == "[" else "}"
    if text[-1] != closing or len(text) < 2:
        raise YamlError(number, "brackets over more than one line are not understood")
    parts = _split(text[1:-1], number)
    if text[0] == "[":
        return [_scalar(part, number, in_brackets=True) for part in parts]
    result: dict[str, Any] = {}
    for part in parts:
        match = _KEY.match(part)
        if match is None or match["key"].strip("\"'") in result:
            raise YamlError(number, f"`{part}` is not understood")
        result[match["key"].strip("\"'")] = _scalar(part[match.end() :].strip(), number, in_brackets=True)
    return result


def _split(text: str, number: int) -> list[str]:
    """The parts between commas that are in no quotes."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = re.compile(
            r"""\s*(?P<part>(?:(?:[A-Za-z_]+|"[A-Za-z_]+"|'[A-Za-z_]+')\s*:\s+)?(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,"'\[\]{}#]*))\s*(?:,|$)"""
        ).match(text, position)
        if match is None or match.end() == position:
            raise YamlError(number, f"`{text}` is not understood")
        part = match["part"].strip()
        if not part:
            if match.end() == len(text) and parts:
                break
            raise YamlError(number, "an empty element is not understood")
        parts.append(part)
        position = match.end()
    return parts


def _scalar(text: str, number: int, in_brackets: bool = False) -> Any:
    if text in _NULLS:
        return None
    if text[0] == '"':
        try:
            value = json.loads(text, strict=True)
        except ValueError:
            raise YamlError(number, f"the quoted text {text} is not understood") from None
        return value
    if text[0] == "'":
        if not re.fullmatch(r"'(?:[^']|'')*'", text):
            raise YamlError(number, f"the quoted text {text} is not understood")
        return text[1:-1].replace("''", "'")
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.match(text):
        return int(text)
    starts_badly = text[0] in _NO_START or text[0] in "-:" and (len(text) == 1 or text[1] == " ")
    ends_badly = (
        text.endswith(":") or ": " in text or ":\t" in text or text[0] == "=" or text in ("<<", "y", "n", "Y", "N")
    )
    if starts_badly or ends_badly or _NO_TEXT.match(text) or (in_brackets and re.search(r"[\[\]{},]", text)):
        raise YamlError(number, f"`{text}` is not understood; write it in quotes")
    return text


def _without_comment(text: str, number: int) -> str:
    """`text` without a comment behind the value."""
    text = text.strip(" \t")
    if not text or text[0] == "#":
        return ""
    match = re.match(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:\s#.*)?$""", text)
    if match is not None:
        return match[1]
    if text[0] in "\"'":
        raise YamlError(number, "quoted text over more than one line is not understood")
    cut = re.search(r"[ \t]#", text)
    if cut is not None and re.search("[\"']", text[: cut.start()]) and text[0] in "[{":
        raise YamlError(number, "a `#` behind quotes in brackets is not understood")
    return text if cut is None else text[: cut.start()].rstrip()


# MARK: passing over


def _pass_over(rest: str, line: _Line, block: list[_Line]) -> None:
    """Makes sure that what is passed over ends where its indentation says: quotes and brackets may span lines."""
    scalar_indent: int | None = 0 if _starts_block_scalar(rest) else None
    depth = 0 if scalar_indent is not None else _open_brackets(rest, 0, line.number)
    for entry in block:
        if scalar_indent is not None:
            if entry.indent > scalar_indent:
                continue
            scalar_indent = None
        if depth > 0 and entry.indent == 0:
            raise YamlError(entry.number, "brackets that go on at the start of a line are not understood")
        text = entry.text
        if depth == 0:
            indent = entry.indent
            while text.startswith("- ") or text == "-":
                stripped = text[1:].lstrip()
                indent += len(text) - len(stripped)
                text = stripped
            match = _KEY.match(text)
            if match is not None:
                text = text[match.end() :]
            elif indent > entry.indent:
                # The text of `- |` goes on below what is deeper than the dash.
                indent = entry.indent
            if _starts_block_scalar(text):
                scalar_indent = indent
                continue
        depth = _open_brackets(text, depth, entry.number)
    if depth > 0:
        raise YamlError(line.number, "brackets that are not closed are not understood")


def _starts_block_scalar(text: str) -> bool:
    return re.match(r"(?:[&!][^ ]* +)*[|>][-+0-9]*(?:\s+#.*)?$", text.strip()) is not None


def _open_brackets(text: str, depth: int, number: int) -> int:
    """How many brackets are open behind `text`, of which `depth` were open before it.

    Brackets only count where a value can begin with them; in the middle of plain text they must at least be closed.
    """
    text = text.strip(" \t")
    is_flow = depth > 0 or text[:1] in ("[", "{")
    plain = text if text[:1] in ("'", '"') else re.split(r"[ \t]#", text)[0]
    if not is_flow and re.search("[\"']", plain) and re.search(r":(\s|$)", plain) and not _is_quoted(text):
        # Where a key has quotes in it, it takes more than this to see where its value begins.
        raise YamlError(number, f"the quotes in `{text}` are not understood")
    opened, position = depth, 0
    while position < len(text):
        letter = text[position]
        if letter in "\"'":
            match = _QUOTED.match(text, position)
            if _may_begin(text[:position], is_flow):
                if match is None:
                    raise YamlError(number, "quoted text over more than one line is not understood")
                position = match.end()
                continue
            if is_flow or text[position - 1] in "?-:":
                raise YamlError(number, f"the quotes in `{text}` are not understood")
        if letter == "#" and (position == 0 or text[position - 1] in " \t"):
            break
        if letter in "[{":
            opened += 1
        elif letter in "]}":
            opened -= 1
        if opened < 0 or (is_flow and opened == 0 and letter in "]}" and not _ends(text[position + 1 :])):
            raise YamlError(number, f"the brackets in `{text}` are not understood")
        position += 1
    if not is_flow and opened != 0:
        raise YamlError(number, f"the brackets in `{text}` are not understood")
    return opened


def _is_quoted(text: str) -> bool:
    match = _QUOTED.match(text)
    return match is not None and _ends(text[match.end() :])


def _may_begin(before: str, is_flow: bool) -> bool:
    """Whether quoted text may begin behind `before`, instead of a quote standing in plain text."""
    if is_flow:
        return before.rstrip(" \t")[-1:] in ("", ",", "[", "{", ":")
    return before[-1:] in ("", " ", "\t")


def _ends(rest: str) -> bool:
    """Whether nothing but a comment follows the closing bracket."""
    return not rest.strip() or re.match(r"[ \t]+#", rest) is not None
