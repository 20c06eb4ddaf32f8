"""How a run that is under way is told to end: an exception in the thread that does it.

An exception that comes from outside may strike anywhere, so each interrupt has a region, the user code of one run, out
of which it lets none escape.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, Iterator, Protocol

if TYPE_CHECKING:
    from .channel import RunChannel

SIGNAL = signal.SIGRTMAX - 2
"""Interrupts the main thread. A real-time signal, because all others mean something to somebody; not one of the lowest,
which the C library keeps, nor the very highest, which profilers like."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
"""Seconds between signals that have had no effect: at first, and after doubling. They cost next to nothing, but code
that is not Python's may have to begin its system calls anew."""


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


class RunCanceled(BaseException):
    """Raised in the code of a synchronous run that was canceled, unless its application has a class of its own.

    A BaseException, so that `except Exception` in models does not swallow it.
    """


class Interrupt(Protocol):
    """Ends the user code of one thread."""

    def call(self, run: RunChannel, function: Callable[[], None]) -> BaseException | None:
        """Calls `function`, interruptible for this run alone, and returns what it raised. On the interrupt's thread."""

    def strike(self, run: RunChannel) -> None:
        """Raises the exception, once, if that run is being called. Any thread; `run.is_cancelled` is set before."""

    def insist(self, run: RunChannel) -> None:
        """Raises the exception again and again until that run is not being called any more: in whatever swallowed it
        before, and in whatever cleans up after it. Occupies the calling thread for so long."""


class MainThreadInterrupt:
    """A signal, whose handler raises: it ends system calls as well (`time.sleep`, reading from sockets)."""

    def __init__(self, exception: type[BaseException]) -> None:
        """On the main thread."""
        self._exception = exception
        self._run: RunChannel | None = None
        self._is_armed = False
        signal.signal(SIGNAL, self._handle)
        self._report_unraisable = sys.unraisablehook
        sys.unraisablehook = self._unraisable

    def call(self, run: RunChannel, function: Callable[[], None]) -> BaseException | None:
        try:
            try:
                self._run = run
                self._is_armed = True
                if run.is_cancelled:  # since before the lines above, so that no signal was sent
                    return self._exception()
                function()
            finally:
                # From here no handler raises; one that did so a moment ago is caught below, and has disarmed itself.
                self._run = None
                self._is_armed = False
        except BaseException as error:
            self._run = None
            return error
        return None

    def strike(self, run: RunChannel) -> None:
        if self._run is run:
            signal.pthread_kill(_main_thread(), SIGNAL)
            self._repeat(run, arms=False)

    def insist(self, run: RunChannel) -> None:
        for pause in _pauses():
            if self._run is not run:
                return
            self._is_armed = True
            signal.pthread_kill(_main_thread(), SIGNAL)
            time.sleep(pause)

    def _repeat(self, run: RunChannel, arms: bool) -> None:
        """Signals again until the exception is raised: a signal that comes just before the main thread begins to wait
        in the kernel is noted, but does not end the wait. arms: it has been raised already, but in vain."""
        def repeat() -> None:
            time.sleep(FIRST_PAUSE)
            if arms and self._run is run:
                self._is_armed = True
            for pause in _pauses():
                if self._run is not run or not self._is_armed:
                    return
                signal.pthread_kill(_main_thread(), SIGNAL)
                time.sleep(pause)

        threading.Thread(target=repeat, name="supervisor-cancel", daemon=True).start()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # A signal that comes late meets another run, which is not canceled, or none.
        if self._is_armed and self._run is not None and self._run.is_cancelled:
            self._is_armed = False
            raise self._exception()

    def _unraisable(self, unraisable: Any) -> None:
        """Strikes again where a finalizer was struck, out of which no exception gets."""
        run = self._run
        if isinstance(unraisable.exc_value, self._exception) and run is not None:
            self._repeat(run, arms=True)  # and not from here: what is raised in this function is lost, too
        else:
            self._report_unraisable(unraisable)


class ThreadInterrupt:
    """An exception set for another thread: it strikes at the thread's next instruction in Python, and no earlier."""

    def __init__(self, exception: type[BaseException]) -> None:
        import ctypes  # here, because few workers have runs on other threads

        self._set = ctypes.pythonapi.PyThreadState_SetAsyncExc
        self._set.argtypes = [ctypes.c_ulong, ctypes.py_object]
        self._nothing = ctypes.py_object()  # NULL
        self._exception = exception
        self._lock = threading.Lock()
        self._run: RunChannel | None = None
        self._has_struck = False
        self._thread = 0

    def call(self, run: RunChannel, function: Callable[[], None]) -> BaseException | None:
        try:
            try:
                with self._lock:
                    self._thread = threading.get_ident()
                    self._has_struck = False
                    self._run = run
                if run.is_cancelled:
                    return self._exception()
                function()
            finally:
                self._settle()
        except BaseException as error:
            return error
        return None

    def strike(self, run: RunChannel) -> None:
        with self._lock:
            if self._run is run and not self._has_struck:
                self._has_struck = True
                self._set(self._thread, self._exception)

    def insist(self, run: RunChannel) -> None:
        for pause in _pauses():
            with self._lock:
                if self._run is not run or run.has_ended:
                    return
                self._set(self._thread, self._exception)
            time.sleep(pause)

    def _settle(self) -> None:
        """Lets nothing be set any more, and takes back what has not struck yet."""
        while True:
            try:
                with self._lock:
                    self._run = None
                self._set(threading.get_ident(), self._nothing)
                return
            except self._exception:
                continue  # it has struck now; where somebody insists, the next is milliseconds away


class LoopInterrupt:
    """For runs that are tasks of the main thread's loop: `task.cancel`, and where the loop does not come round to that,
    since the run's own code keeps it busy or waits without `await`, `CancelledError` in that code."""

    def __init__(self, call: Callable[[Callable[[], object]], None],
                 current: Callable[[], RunChannel | None]) -> None:
        """On the main thread. call: has something called on the loop; current: whose code the calling code is."""
        self._call = call
        self._current = current
        self._tasks: dict[RunChannel, asyncio.Task[Any]] = {}
        self._wanted: RunChannel | None = None
        signal.signal(SIGNAL, self._handle)

    def enter(self, run: RunChannel, task: asyncio.Task[Any]) -> None:
        """Says that the user code of a run begins. On the loop, as `leave`."""
        self._tasks[run] = task

    def leave(self, run: RunChannel) -> None:
        """Says that it has ended."""
        self._tasks.pop(run, None)

    def strike(self, run: RunChannel) -> None:
        """Cancels the task. Any thread; a run that has not begun looks at `is_cancelled` itself."""
        task = self._tasks.get(run)
        if task is not None:
            self._call(task.cancel)

    def insist(self, run: RunChannel) -> None:
        """As `Interrupt.insist`."""
        for pause in _pauses():
            task = self._tasks.get(run)
            if task is None:
                return
            comes_round = threading.Event()
            self._call(task.cancel)
            self._call(comes_round.set)
            if not comes_round.wait(pause):
                self._wanted = run
                signal.pthread_kill(_main_thread(), SIGNAL)
            time.sleep(pause)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # Handlers see the context of the code that they interrupt, so other runs on the loop are left alone.
        run = self._wanted
        if run is not None and run in self._tasks and self._current() is run:
            self._wanted = None
            raise asyncio.CancelledError()


def _main_thread() -> int:
    identifier = threading.main_thread().ident
    assert identifier is not None, "the main thread has been started"
    return identifier
