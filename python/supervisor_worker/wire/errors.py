"""Broken rules of the protocol."""

from __future__ import annotations


class ProtocolError(Exception):
    """A rule of PROTOCOL.md was broken.

    code: one of § 9; reason: a sentence that names the field; offset: bytes from the start of the stream to the first
    byte of the broken frame, None when it is not about bytes that came.
    """

    def __init__(self, code: str, reason: str, offset: int | None = None) -> None:
        super().__init__(code, reason, offset)
        self.code = code
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        place = "" if self.offset is None else f" (frame at byte {self.offset})"
        return f"{self.code}: {self.reason}{place}"

    def at(self, offset: int) -> ProtocolError:
        """The same error, with the place where it was found."""
        return ProtocolError(self.code, self.reason, offset)
