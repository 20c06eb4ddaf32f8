"""Payloads of the runtime's own making that must fit into a frame whatever a model puts into them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from ..wire.messages import Done, SetupFailure

TEXT = 8 << 10
"""Characters that are left of a text that does not fit: at most 6 bytes each in JSON, so two fit below the smallest
limit (64 KiB) that can be agreed on."""
OMITTED = "\n[… shortened …]\n"

Message = TypeVar("Message", Done, SetupFailure)


def fitting(message: Message, limit: int) -> bytes:
    """The message's payload, with its texts cut in the middle if it has more than `limit` bytes."""
    payload = message.encode()
    if len(payload) <= limit:
        return payload
    texts = {name: _shortened(value) for name, value in vars(message).items() if isinstance(value, str)}
    return replace(message, **texts).encode()  # type: ignore[arg-type]


def _shortened(text: str) -> str:
    # Three texts at most (message, kind, traceback) share the room.
    return text if len(text) <= TEXT // 3 else text[:TEXT // 6] + OMITTED + text[-TEXT // 6:]
