"""Whose text is it: `sys.stdout` and `sys.stderr` as frames, told apart by run.

Text belongs to the run in whose context it is written (a context variable: asyncio tasks inherit it); on a thread that
has no context, helper threads of models, to the run that is active if there is exactly one; else to the worker. What
goes past these objects to the descriptors 1 and 2 (subprocesses, C libraries) is the supervisor's to sort.
"""

from __future__ import annotations

import codecs
import contextvars
import ctypes
import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable

from ..wire.frames import STANDARD_ERROR
from ..wire.payload import utf8

if TYPE_CHECKING:
    from .channel import RunChannel

TAIL = 64 << 10
"""Bytes without line end that are kept; a longer line is cut."""
PATIENCE = 2.0
"""Seconds that text waits for a supervisor that does not read. Whoever prints may hold locks that others need, those of
`logging` above all, and a finalizer that logs may run on the thread that writes: to wait for ever could be for ever."""
PIECE = 32 << 10
"""Bytes of text in one frame: below the smallest limit that can be agreed on."""
STREAMS = {"stdout": 0, "stderr": STANDARD_ERROR}
"""Flags of a `log` frame by name of the stream."""
REPLACE = "supervisor-replace"
"""Name of the codec error handler that writes U+FFFD where there is no UTF-8, such as halves of surrogate pairs."""


def _replace(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError), "nothing is decoded with this handler"
    return "\ufffd".encode() * (error.end - error.start), error.end


codecs.register_error(REPLACE, _replace)

current: contextvars.ContextVar[RunChannel | None] = contextvars.ContextVar("supervisor_run")
"""The run that the code at hand belongs to; None: to none, for certain; unset: unknown."""


class LogText:
    """The text of one run, or of the worker, on one stream: sent in whole lines. All threads."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        """send: takes at most PIECE bytes; must not wait."""
        self._send = send
        self._tail = b""
        self._lock = threading.RLock()  # finalizers print in the middle of printing

    def write(self, data: bytes) -> None:
        """Adds text; what ends with a line end goes out."""
        with self._lock:
            end = data.rfind(b"\n") + 1
            if end:
                whole, self._tail = self._tail + data[:end], data[end:]
                self._send_pieces(whole)
            else:
                self._tail += data
            if len(self._tail) > TAIL:
                self.flush()

    def flush(self) -> None:
        """Sends the beginning of a line, too."""
        with self._lock:
            tail, self._tail = self._tail, b""
            if tail:
                self._send_pieces(tail)

    def _send_pieces(self, data: bytes) -> None:
        while len(data) > PIECE:
            cut = PIECE
            while cut > PIECE - 4 and data[cut] & 0xC0 == 0x80:  # not within a character
                cut -= 1
            self._send(data[:cut])
            data = data[cut:]
        self._send(data)


class Router:
    """Finds the log that text belongs to."""

    def __init__(self, put_worker_log: Callable[[int, bytes], None], wait_for_room: Callable[[float], None],
                 give_turn: Callable[[], None]) -> None:
        self._worker = {name: LogText(lambda data, flags=flags: put_worker_log(flags, data))  # type: ignore[misc]
                        for name, flags in STREAMS.items()}
        self._wait_for_room = wait_for_room
        self._give_turn = give_turn
        self._active: set[RunChannel] = set()
        self._has_frames = True

    def use_descriptors(self) -> None:
        """From now on text goes to the descriptors 1 and 2, a line at a time, so that the lines of several processes
        stay whole. In a forked child, where other threads' locks may be held for ever; at the end of the worker."""
        self._worker = {name: LogText(lambda data, number=flags + 1: _write_all(number, data))  # type: ignore[misc]
                        for name, flags in STREAMS.items()}
        self._has_frames = False

    def enter(self, run: RunChannel) -> None:
        """Says that a run has begun."""
        self._active.add(run)

    def leave(self, run: RunChannel) -> None:
        """Says that a run has ended: what is written from now on is not its."""
        self._active.discard(run)

    def write(self, stream: str, data: bytes) -> None:
        """Takes text of the calling thread's code, and lets a line leave that is the first after a quiet time: what
        follows may crash, or keep the interpreter's lock for long."""
        self._log(stream).write(data)
        if self._has_frames:
            self._wait_for_room(PATIENCE)
            self._give_turn()

    def flush(self, stream: str) -> None:
        """Sends the beginning of a line of the calling thread's code, and lets what was written leave: who flushes may
        be about to crash."""
        self._log(stream).flush()
        if self._has_frames:
            self._give_turn()

    def flush_runs(self) -> None:
        """Sends the beginnings of lines of all runs."""
        for run in list(self._active):
            for log in run.logs.values():
                log.flush()

    def flush_worker(self) -> None:
        """Sends what the worker itself has not ended with a line end."""
        for log in self._worker.values():
            log.flush()

    def _log(self, stream: str) -> LogText:
        run = self.run() if self._has_frames else None
        return self._worker[stream] if run is None else run.logs[stream]

    def run(self) -> RunChannel | None:
        """The run that the calling code belongs to."""
        try:
            run = current.get()
        except LookupError:
            if threading.current_thread() is threading.main_thread():
                return None
            try:
                (run,) = self._active  # of several nobody can say which
            except (ValueError, RuntimeError):
                return None
        return None if run is None or run.has_ended else run


class _Bytes(io.BufferedIOBase):
    """What lies under a captured text stream; `sys.stdout.buffer` is this."""

    def __init__(self, router: Router, stream: str) -> None:
        self._router = router
        self._stream = stream

    @property
    def name(self) -> str:
        return f"<{self._stream}>"

    @property
    def mode(self) -> str:
        return "wb"

    @property
    def raw(self) -> Any:
        return self

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return STREAMS[self._stream] + 1

    def isatty(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        content = bytes(data)
        self._router.write(self._stream, content)
        return len(content)

    def flush(self) -> None:
        self._router.flush(self._stream)

    def close(self) -> None:
        self.flush()  # there is always somebody who prints later


class CapturedText(io.TextIOWrapper):
    """A text stream with all that models expect of `sys.stdout`; nothing stays in its own buffer."""

    def __init__(self, router: Router, stream: str) -> None:
        super().__init__(_Bytes(router, stream), encoding="utf-8", errors=REPLACE, newline="\n", write_through=True)

    @property
    def name(self) -> str:
        return str(self.buffer.name)

    def reconfigure(self, **options: Any) -> None:
        """Accepts everything, changes nothing that would mix the texts of runs."""
        super().reconfigure(errors=options.get("errors"), newline=options.get("newline"))

    def close(self) -> None:
        self.flush()

    def detach(self) -> Any:
        raise io.UnsupportedOperation("this stream cannot be detached: it is shared by all runs")


def install(router: Router) -> None:
    """Puts the captured streams in place; `sys.__stdout__` and `sys.__stderr__` stay what they are."""
    for stream in STREAMS:
        getattr(sys, stream).flush()
        setattr(sys, stream, CapturedText(router, stream))


def flush_descriptors() -> None:
    """Writes what went past the captured streams and still lies in a buffer: Python's original streams, and C's
    `stdout`. Never raises. Not `fflush(NULL)`, which would wait for streams that other threads are reading."""
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass
    if _c_library is not None:
        _c_library.fflush(_c_stdout)


def _load_c_library() -> tuple[ctypes.CDLL | None, ctypes.c_void_p | None]:
    try:
        library = ctypes.CDLL(None)
        return library, ctypes.c_void_p.in_dll(library, "stdout")
    except (OSError, ValueError):  # a C library that calls it otherwise
        return None, None


_c_library, _c_stdout = _load_c_library()


def complain(text: str) -> None:
    """Says something about the worker on the real standard error, as text of last resort. Never raises."""
    try:
        _write_all(2, utf8(text.rstrip("\n") + "\n"))
    except OSError:
        pass


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data):]
