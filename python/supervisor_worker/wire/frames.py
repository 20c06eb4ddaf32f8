"""Frames: a header of 16 bytes and a payload (PROTOCOL § 2)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Iterator

from . import limits
from .errors import ProtocolError

HEADER = struct.Struct("<IBBHQ")
"""length, type, flags, slot, sequence"""

SPILLED, COLLECTED, STANDARD_ERROR = 0x80, 0x01, 0x01
"""Flags: of predict and output; of done; of log."""


class FrameType(enum.IntEnum):
    """§ 4. The highest bit is set in what a worker sends."""

    SUPERVISOR_HELLO = 0x01
    INITIALIZE = 0x02
    PREDICT = 0x10
    CANCEL = 0x11
    UPLOADED = 0x12
    PING = 0x20
    HEALTH_CHECK = 0x21
    SHUTDOWN = 0x2F
    WORKER_HELLO = 0x81
    LOADING = 0x82
    READY = 0x83
    SETUP_FAILED = 0x84
    STARTED = 0x90
    OUTPUT = 0x91
    FILE_OUTPUT = 0x92
    LOG = 0x93
    METRIC = 0x94
    DONE = 0x95
    UPLOAD = 0x96
    HEARTBEAT = 0xA0
    PONG = 0xA1
    HEALTH_RESULT = 0xA2

    @property
    def is_from_worker(self) -> bool:
        """Who sends it."""
        return self >= 0x80

    @property
    def wire_name(self) -> str:
        """As PROTOCOL.md and the vectors write it: `healthCheck`."""
        first, *others = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in others)


FLAGS = {
    FrameType.PREDICT: SPILLED,
    FrameType.OUTPUT: SPILLED,
    FrameType.LOG: STANDARD_ERROR,
    FrameType.DONE: COLLECTED,
}
"""The flags that a type allows; the others allow none."""


@dataclass(frozen=True)
class Header:
    """All of a frame but its payload. slot: None when it concerns the worker."""

    type: FrameType
    flags: int = 0
    slot: int | None = None
    sequence: int = 0

    @property
    def is_spilled(self) -> bool:
        """Whether the payload lies in a file."""
        return bool(self.flags & FLAGS.get(self.type, 0) & SPILLED)


@dataclass(frozen=True)
class Frame:
    """A frame that has arrived whole. offset: bytes from the start of the stream to its first."""

    header: Header
    payload: bytes
    offset: int


def encode(header: Header, payload: bytes = b"") -> bytes:
    """The frame's bytes."""
    slot = limits.NO_SLOT if header.slot is None else header.slot
    return HEADER.pack(len(payload), header.type, header.flags, slot, header.sequence) + payload


class FrameDecoder:
    """Puts frames together from pieces of a stream. Not to be used again after an error."""

    def __init__(self, limit: int = limits.FRAME) -> None:
        self.limit = limit
        """Longest payload taken; may be changed between frames."""
        self._buffer = bytearray()
        self._offset = 0

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Yields the frames that `piece` completes, lazily: `limit` and the stream's state may be changed in between.

        Raises ProtocolError for a header that § 2 refuses, as soon as the header is there.
        """
        self._buffer += piece
        while len(self._buffer) >= HEADER.size:
            length, kind, flags, slot, sequence = HEADER.unpack_from(self._buffer)
            header = self._check(length, kind, flags, slot, sequence)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(memoryview(self._buffer)[HEADER.size:end])
            del self._buffer[:end]
            frame = Frame(header, payload, self._offset)
            self._offset += end
            yield frame

    def finish(self) -> None:
        """Says that the stream has ended. Raises ProtocolError when it did so inside a frame."""
        if self._buffer:
            raise ProtocolError("truncatedFrame", f"The stream ended after {len(self._buffer)} bytes of a frame.",
                                self._offset)

    def _check(self, length: int, kind: int, flags: int, slot: int, sequence: int) -> Header:
        try:
            frame_type = FrameType(kind)
        except ValueError:
            raise ProtocolError("unknownType", f"The type byte is {kind:#04x}, which is no type of frame; most often "
                                "something other than frames was written to the pipe.", self._offset) from None
        if flags & ~FLAGS.get(frame_type, 0):
            raise ProtocolError("forbiddenFlag", f"`{frame_type.wire_name}` has the flags {flags:#04x}; it allows "
                                f"{FLAGS.get(frame_type, 0):#04x}.", self._offset)
        if length > self.limit:
            raise ProtocolError("payloadTooLong", f"The length of `{frame_type.wire_name}` is {length}; at most "
                                f"{self.limit} is allowed.", self._offset)
        return Header(frame_type, flags, None if slot == limits.NO_SLOT else slot, sequence)
