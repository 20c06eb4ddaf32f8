"""What the supervisor's signals do (PROTOCOL § 1). To be set before anything of the model is imported: both may come at any
time, and would end the process."""

from __future__ import annotations

import faulthandler
import queue
import signal
import threading
from types import FrameType
from typing import Callable

STANDARD_ERROR = 2


def dump_stacks_on_quit() -> None:
    """Has SIGQUIT write the Python stacks of all threads to standard error, past everything that is captured.

    Done in C by the handler itself, so it works while an extension keeps the interpreter's lock. The process lives on.
    """
    faulthandler.register(signal.SIGQUIT, file=STANDARD_ERROR, all_threads=True, chain=False)


def on_interrupt(interrupt: Callable[[], None]) -> None:
    """Has SIGUSR1 call `interrupt` on a thread of its own. On the main thread.

    Like all handlers of Python, it comes when the main thread executes Python, or waits in a call that a signal ends.
    """
    # Its `put` may be called in the middle of anything, itself included; no lock may be taken in a handler.
    wishes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def handle(number: int, frame: FrameType | None) -> None:
        wishes.put(None)

    def work() -> None:
        while True:
            wishes.get()
            interrupt()

    threading.Thread(target=work, name="supervisor-interrupt", daemon=True).start()
    signal.signal(signal.SIGUSR1, handle)
