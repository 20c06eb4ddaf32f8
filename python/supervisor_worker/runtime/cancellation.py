"""How a run that is under way is told to end: an exception in the thread that does it.

An exception that comes from outside may strike anywhere, so each interrupt has a region, the user code of one run, out
of which it lets none escape.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    from .channel import RunChannel

SIGNAL = signal.SIGRTMAX - 2
"""Interrupts the main thread. A real-time signal, because all others mean something to somebody; not one of the lowest,
which the C library keeps, nor the very highest, which profilers like."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
"""Seconds between signals that have had no effect: at first, and after doubling. They cost next to nothing, but code
that is not Python's may have to begin its system calls anew."""


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
                self._is_armed = False
                self._run = None
        except BaseException as error:
            self._run = None
            return error
        return None

    def strike(self, run: RunChannel) -> None:
        if self._run is run:
            signal.pthread_kill(_main_thread(), SIGNAL)
            self._insist(run, arms=False)

    def _insist(self, run: RunChannel, arms: bool) -> None:
        """Signals again until the exception is raised: a signal that comes just before the main thread begins to wait
        in the kernel is noted, but does not end the wait. arms: it has been raised already, but in vain."""
        def repeat() -> None:
            pause = FIRST_PAUSE
            time.sleep(pause)
            if arms and self._run is run:
                self._is_armed = True
            while self._run is run and self._is_armed:
                signal.pthread_kill(_main_thread(), SIGNAL)
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

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
            self._insist(run, arms=True)  # and not from here: what is raised in this function is lost, too
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
        self._thread = 0

    def call(self, run: RunChannel, function: Callable[[], None]) -> BaseException | None:
        try:
            try:
                with self._lock:
                    self._thread = threading.get_ident()
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
            if self._run is run:
                self._run = None
                self._set(self._thread, self._exception)

    def _settle(self) -> None:
        """Lets nothing be set any more, and takes back what has not struck yet."""
        while True:
            try:
                with self._lock:
                    self._run = None
                self._set(threading.get_ident(), self._nothing)
                return
            except self._exception:
                continue  # it has struck now, and there is only one


def _main_thread() -> int:
    identifier = threading.main_thread().ident
    assert identifier is not None, "the main thread has been started"
    return identifier
