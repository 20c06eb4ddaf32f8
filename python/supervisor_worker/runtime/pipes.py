"""The descriptors that the supervisor gives a worker (PROTOCOL § 1)."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import threading
from dataclasses import dataclass
from typing import MutableMapping

VARIABLE = "SUPERVISOR_WORKER_PIPES"
"""Names the two frame pipes: `3,4`."""
LOWEST_NUMBER = 100
"""Own descriptors lie above this: programs that turn themselves into daemons close the low ones blindly."""
LEAVE = os._exit
"""Ends the process at once. The runtime's own way out: the worker puts something else in the place of `os._exit`."""
LOST = 1
"""Exit status when the supervisor is gone; nobody is left to look at it."""


class NotStartedBySupervisor(Exception):
    """The environment names no pipes."""


@dataclass(frozen=True)
class Pipes:
    """Numbers of the worker's own descriptors, all close-on-exec and blocking."""

    reader: int
    writer: int
    death: int

    @staticmethod
    def take(environ: MutableMapping[str, str] = os.environ) -> Pipes:
        """Moves the descriptors out of the way of user code, which must not have run before.

        Standard input becomes /dev/null; the variable is removed, so that child processes do not take themselves for
        workers. Main thread only. Raises NotStartedBySupervisor when there is no variable.
        """
        value = environ.pop(VARIABLE, None)
        if value is None:
            raise NotStartedBySupervisor(
                f"{VARIABLE} is not set: this program is to be started by `supervisor serve`.")
        reader, writer = (_move(int(number)) for number in value.split(","))
        death = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, LOWEST_NUMBER)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        # Nobody interrupts a worker from a keyboard; a KeyboardInterrupt would strike the runtime between runs.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        return Pipes(reader, writer, death)

    def watch(self) -> None:
        """Ends the process when the supervisor is gone, whatever its threads do."""
        # The kernel's signal comes through even while an extension keeps the interpreter's lock; the thread does where
        # the kernel sends none.
        try:
            fcntl.fcntl(self.death, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(self.death, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(self.death, fcntl.F_SETFL, fcntl.fcntl(self.death, fcntl.F_GETFL) | os.O_ASYNC)
        except (OSError, AttributeError):
            pass
        threading.Thread(target=self._wait, name="supervisor-death-pipe", daemon=True).start()

    def unwatch(self) -> None:
        """Leaves the end to the process itself, which is ending: a signal would change its status."""
        try:
            fcntl.fcntl(self.death, fcntl.F_SETFL, fcntl.fcntl(self.death, fcntl.F_GETFL) & ~os.O_ASYNC)
        except OSError:
            pass

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self.death, 0)  # the end of file is reported without being asked for
        poll.poll()
        LEAVE(LOST)

    def close_in_child(self) -> None:
        """Takes the pipes away from a forked child; their numbers stay taken, so that nothing else gets them."""
        null = os.open(os.devnull, os.O_RDWR)
        for number in (self.reader, self.writer, self.death):
            os.dup2(null, number, inheritable=False)
        os.close(null)


def _move(number: int) -> int:
    moved = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, LOWEST_NUMBER)
    os.close(number)
    return moved
