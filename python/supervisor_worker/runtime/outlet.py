"""The way out: everything that the worker says goes through one queue, and one thread writes it.

One thread, because no other may ever be interrupted within a frame: exceptions are thrown into the threads of runs at
any point (cancellation, signal handlers of models), finalizers print in the middle of anything, and the thread that
reads must not wait for a pipe. To put something into the queue is a single operation that none of this can cut in two.
"""

from __future__ import annotations

import math
import os
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, Callable, Iterable, Optional

from ..wire import limits
from ..wire.errors import ProtocolError
from ..wire.frames import HEADER, FrameType, Header
from ..wire.session import Session
from .pipes import LEAVE, LOST

if TYPE_CHECKING:
    from .channel import RunChannel

PAUSE = 0.002
"""Seconds in which frames gather while many come, so that few writes and few turns of the interpreter's lock carry
them; none waits longer than this."""
BURST = 8
"""Writes without pause after a quiet time; each PAUSE without anything to write allows one more. So tokens of a language
model, some hundred a second, never wait."""
HIGH_WATER = 1 << 20
"""Bytes that may wait; then runs wait for the supervisor to read."""
TURN = 0.001
"""Seconds that a run gives up so that its first frame after a quiet time leaves; a write takes a small part of it."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that computes in Python hands the interpreter's lock to one that waits for it. Python's own
5 ms would be the delay of most pieces of a model that computes in between."""
FRAME_OVERHEAD = 64
"""Bytes that a frame counts for besides its payload, so that empty ones count."""

Item = tuple[Optional["RunChannel"], int, int, bytes]
"""Whose it is (None: the worker's), type, flags, payload."""

_STARTED, _OUTPUT, _LOG, _LOADING, _UPLOAD, _DONE, _HEARTBEAT = (int(kind) for kind in (
    FrameType.STARTED, FrameType.OUTPUT, FrameType.LOG, FrameType.LOADING, FrameType.UPLOAD, FrameType.DONE,
    FrameType.HEARTBEAT))
_PATIENT = frozenset(int(kind) for kind in (FrameType.OUTPUT, FrameType.LOG, FrameType.METRIC, FrameType.FILE_OUTPUT,
                                            FrameType.LOADING, FrameType.HEARTBEAT))
"""What comes in numbers, and does not end a pause."""


class _Notice:
    """Stands in the queue for somebody who waits until all before it is written."""

    __slots__ = ("_gate",)

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()

    def give(self) -> None:
        """Once."""
        self._gate.release()

    def wait(self, timeout: float = -1) -> None:
        """timeout: seconds; below 0: without limit. Once."""
        self._gate.acquire(timeout=timeout)


class Outlet:
    """Queue and thread. `put` never waits and may be called from anywhere, `wait_for_room` by threads of user code."""

    def __init__(self, writer: int, session: Session, session_lock: threading.Lock,
                 done: Callable[["RunChannel"], None]) -> None:
        self._writer = writer
        self._session = session
        self._session_lock = session_lock
        self._done = done
        self._items: queue.SimpleQueue[Item | _Notice | None] = queue.SimpleQueue()
        self._hurry: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._gates: list[threading.Lock] = []
        self._size = 0
        self._is_idle = False
        self._is_beat_waiting = False
        self._closed = threading.Event()
        self.is_forked = False
        """Set in a forked child, which has nothing to say."""
        self._thread = threading.Thread(target=self._write_all, name="supervisor-outlet", daemon=True)
        self._never_waits = {self._thread}

    def start(self) -> None:
        """Starts the thread, for whose sake the interpreter's lock changes hands more often."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._thread.start()

    def never_wait_on(self, thread: threading.Thread) -> None:
        """Says that a thread must not be made to wait. Finalizers of models run, and print, on any thread."""
        self._never_waits.add(thread)

    def put(self, target: "RunChannel | None", kind: int, flags: int = 0, payload: bytes = b"") -> None:
        """Appends one frame; its sequence is given when it is written."""
        if self.is_forked:
            return
        self._items.put((target, kind, flags, payload))
        # Another thread may set it meanwhile. It is too large or small then, until what is waiting is written.
        self._size += len(payload) + FRAME_OVERHEAD
        if kind not in _PATIENT:
            self._hurry.put(None)

    def beat(self) -> None:
        """Puts a heartbeat, unless the last one is still waiting: those that a full pipe held up are worth nothing."""
        if not self._is_beat_waiting:
            self._is_beat_waiting = True
            self.put(None, _HEARTBEAT)

    def put_output(self, target: "RunChannel", payload: bytes, flags: int = 0) -> None:
        """As `put`, for outputs, in one call because there are so many; gives up a turn or waits where it has to. By
        threads of user code. The one output of a run that yields no pieces goes with the `done` that is about to follow.
        """
        if self.is_forked:
            return
        self._items.put((target, _OUTPUT, flags, payload))
        self._size = size = self._size + len(payload) + FRAME_OVERHEAD
        if self._is_idle and target.collected:
            self._yield_turn()
        elif size > HIGH_WATER:
            self.wait_for_room()

    def wait_for_room(self, timeout: float = math.inf) -> None:
        """Waits while too much is waiting, at most `timeout` seconds; to be called after `put` by threads of user code.
        Interruptible."""
        end = time.monotonic() + timeout
        while self._size > HIGH_WATER and not self.is_forked and time.monotonic() < end:
            if threading.current_thread() in self._never_waits:
                return
            # In the queue, so that it is reached even if `_size` is wrong and nothing else is waiting.
            notice = _Notice()
            self._items.put(notice)
            self._hurry.put(None)
            notice.wait(-1 if timeout == math.inf else max(end - time.monotonic(), 0))

    def give_turn(self) -> None:
        """Waits a moment for what was put after a quiet time to leave; to be called by threads of user code."""
        if self._is_idle and not self._items.empty() and not self.is_forked:
            self._yield_turn()

    def settle(self, timeout: float) -> None:
        """Returns when all that was put before is written, or after `timeout` seconds. Any thread but the outlet's."""
        if self.is_forked or self._closed.is_set() or threading.current_thread() is self._thread:
            return
        notice = _Notice()
        self._items.put(notice)
        self._hurry.put(None)
        notice.wait(timeout)

    def _yield_turn(self) -> None:
        """Lets the thread write now that it has something to do: without this, a model that computes in Python keeps the
        interpreter's lock for a whole switch interval, and the first frame after a pause waits for that."""
        gate = threading.Lock()
        gate.acquire()
        self._gates.append(gate)
        gate.acquire(timeout=TURN)

    def close(self, timeout: float) -> None:
        """Writes what is waiting, closes the pipe, and returns when that is done or after `timeout` seconds."""
        self._items.put(None)
        self._hurry.put(None)
        self._closed.wait(timeout)

    def _write_all(self) -> None:
        get, hurry = self._items.get, self._hurry
        credit = float(BURST)
        while True:
            before = time.monotonic()
            self._is_idle = self._items.empty()
            batch = [get()]
            self._is_idle = False
            credit = min(credit + (time.monotonic() - before) / PAUSE, BURST)
            try:
                while True:
                    batch.append(self._items.get_nowait())
            except queue.Empty:
                pass
            self._size = 0
            frames = [item for item in batch if type(item) is tuple]
            is_last = False
            self._write(b"".join(self._packed(frames)))
            if len(frames) != len(batch):
                is_last = None in batch
                for item in batch:
                    if isinstance(item, _Notice):
                        item.give()
            gates, self._gates = self._gates, []
            for gate in gates:
                gate.release()
            if is_last:
                os.close(self._writer)
                self._closed.set()
                return
            try:
                if credit < 1:
                    hurry.get(timeout=PAUSE)
                else:
                    credit -= 1
                while True:
                    hurry.get_nowait()
            except queue.Empty:
                pass

    def _packed(self, items: Iterable[Item]) -> list[bytes]:
        parts: list[bytes] = []
        add, pack = parts.append, HEADER.pack
        for target, kind, flags, payload in items:
            if target is None or target.is_over:
                if target is not None and kind != _LOG:
                    continue  # the run has ended: its late outputs are nobody's, its late words the worker's
                if self._may_send(kind):
                    add(pack(len(payload), kind, flags, limits.NO_SLOT, 0))
                    add(payload)
                continue
            sequence = target.frames
            if kind == _STARTED and sequence:
                continue  # said again by a thread that was interrupted while it said so
            target.frames = sequence + 1
            if kind == _DONE:
                target.is_over = True
                with self._session_lock:
                    self._session.continued(target.slot, sequence)
                    self._session.pass_(Header(FrameType.DONE, flags, target.slot, sequence))
                self._done(target)
            elif kind == _UPLOAD:
                with self._session_lock:
                    self._session.upload_asked(target.slot)
            add(pack(len(payload), kind, flags, target.slot, sequence))
            add(payload)
        return parts

    def _may_send(self, kind: int) -> bool:
        """Whether a frame of the worker is legal now; one that is not (an answer after `setupFailed`) is left out."""
        if kind == _LOG or kind == _LOADING:
            return True
        if kind == _HEARTBEAT:
            self._is_beat_waiting = False
        try:
            with self._session_lock:
                self._session.pass_(Header(FrameType(kind)))
        except ProtocolError:
            return False
        return True

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._writer, view):]
        except OSError:
            LEAVE(LOST)  # the supervisor is gone
