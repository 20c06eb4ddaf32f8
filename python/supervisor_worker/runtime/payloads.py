"""Payloads of the runtime's own making that must fit into a frame whatever a model puts into them."""

from __future__ import annotations

from dataclasses import replace

from ..wire.messages import Done, HealthResult, Loading, SetupFailure

TEXT = 3 << 10
"""Characters that are left of a text where texts do not fit: at most 6 bytes each in JSON, and three texts at most
(message, kind, traceback), so all fit below the smallest limit (64 KiB) that can be agreed on."""
OMITTED = "\n[… shortened …]\n"


def fitting(message: Done | HealthResult | Loading | SetupFailure, limit: int) -> bytes:
    """The message's payload, with its texts cut in the middle if it has more than `limit` bytes."""
    payload = message.encode()
    if len(payload) <= limit:
        return payload
    texts = {name: _shortened(value) for name, value in vars(message).items() if isinstance(value, str)}
    return replace(message, **texts).encode()  # type: ignore[arg-type]


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT else text[:TEXT // 2] + OMITTED + text[-TEXT // 2:]
