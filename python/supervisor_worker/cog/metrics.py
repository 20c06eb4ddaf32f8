"""Metrics as a model records them. Names, modes and types are checked, with the texts that models know from Cog."""

from __future__ import annotations

import threading
from typing import Any, Callable

NAME_BYTES = 128
"""Longest name of a metric: Cog's limit, which is the worker protocol's as well (PROTOCOL § 7)."""

NAME_SEGMENTS = 4
"""Most segments between dots: Cog's limit; each makes one level of nesting in answers."""

RESERVED_NAME = "predict_time"
"""Set by the server itself."""

RESERVED_PREFIX = "cog."
"""Kept by Cog for metrics of its own."""

MODES = {"replace": "replace", "incr": "increment", "increment": "increment", "append": "append"}
"""Mode as models name it → mode as the protocol names it."""

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_LETTERS_AND_DIGITS = _LETTERS | frozenset("0123456789")

Send = Callable[[str, str, Any], None]
"""Takes mode (of the protocol), name and value."""


def check_mode(mode: str) -> str:
    """The protocol's word for a mode. Raises TypeError for an unknown one."""
    known = MODES.get(mode) if isinstance(mode, str) else None
    if known is None:
        raise TypeError(f"Invalid metric mode: '{mode}'. Expected 'replace', 'incr', or 'append'.")
    return known


def check_name(name: str) -> None:
    """Raises ValueError unless models may record a metric of this name."""
    if not name:
        raise ValueError("metric name must not be empty")
    length = len(name.encode("utf-8", "surrogatepass"))
    if length > NAME_BYTES:
        raise ValueError(f"metric name must be {NAME_BYTES} characters or fewer (got {length} characters)")
    if name == RESERVED_NAME:
        raise ValueError(f"'{RESERVED_NAME}' is reserved by the runtime")
    if name.startswith(RESERVED_PREFIX):
        raise ValueError(f"the '{RESERVED_PREFIX}' prefix is reserved for system metrics")
    if name.startswith("."):
        raise ValueError("metric name must not start with a dot")
    if name.endswith("."):
        raise ValueError("metric name must not end with a dot")
    if ".." in name:
        raise ValueError("metric name must not contain empty segments (consecutive dots)")
    segments = name.split(".")
    if len(segments) > NAME_SEGMENTS:
        raise ValueError(f"metric name must have at most {NAME_SEGMENTS} dot-separated segments (got {len(segments)})")
    for segment in segments:
        _check_segment(segment)


def _check_segment(segment: str) -> None:
    if segment[0] not in _LETTERS:
        raise ValueError(f"metric name segment '{segment}' must start with a letter")
    for character in segment:
        if character != "_" and character not in _LETTERS_AND_DIGITS:
            raise ValueError(f"metric name segment '{segment}' contains invalid character '{character}'")
    if "__" in segment:
        raise ValueError(f"metric name segment '{segment}' must not contain consecutive underscores")
    if segment.endswith("_"):
        raise ValueError(f"metric name segment '{segment}' must end with a letter or digit")


def type_name(value: Any) -> str:
    """The type that a metric with this value has. Raises TypeError for values that metrics cannot have."""
    for kind in (bool, int, float, str, list, dict):
        if isinstance(value, kind):
            return kind.__name__
    raise TypeError(
        f"Unsupported metric value type: {type(value).__name__}. Expected bool, int, float, str, list, or dict."
    )


class MetricRecorder:
    """`scope.metrics`: records metrics of one prediction. Any thread.

    send: where recorded metrics go; None for a recorder outside of a prediction, which ignores everything but an
    unknown mode.
    """

    __slots__ = ("_send", "_types", "_lock")

    def __init__(self, send: Send | None) -> None:
        self._send = send
        self._types: dict[str, str] = {}
        self._lock = threading.RLock()  # finalizers of models may record in the middle of recording

    def record(self, key: str, value: Any, mode: str = "replace") -> None:
        """Records a metric; `None` with mode `replace` deletes it. TypeError and ValueError say what does not fit."""
        send = self._send
        wire_mode = check_mode(mode)
        if send is None:
            return
        if value is None and wire_mode == "replace":
            self.delete(key)
            return
        check_name(key)
        kind = type_name(value)
        if wire_mode == "increment" and kind not in ("int", "float"):
            raise TypeError(f"Increment mode requires int or float, got {kind}")
        with self._lock:
            known = self._types.get(key)
            if known is not None and known != kind:
                raise TypeError(f"Metric '{key}' has type {known}, cannot set to {kind} without deleting first")
            send(wire_mode, key, value)
            self._types[key] = kind

    def delete(self, key: str) -> None:
        """Removes a metric; it may then be recorded with another type. Nothing happens if there is none."""
        send = self._send
        if send is None:
            return
        with self._lock:
            # An unknown name is sent, too: a metric may have been recorded in another process of the model.
            send("replace", key, None)
            self._types.pop(key, None)

    def close(self) -> None:
        """The prediction is over: what leftover threads and tasks record from now on is dropped."""
        self._send = None

    def __setitem__(self, key: str, value: Any) -> None:
        self.record(key, value)

    def __delitem__(self, key: str) -> None:
        self.delete(key)

    def __repr__(self) -> str:
        return "MetricRecorder(inactive)" if self._send is None else f"MetricRecorder(keys={len(self._types)})"


MetricRecorder.__module__ = "coglet._sdk"
