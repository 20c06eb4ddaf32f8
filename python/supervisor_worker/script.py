"""A file of handlers that is a program of its own: `python3 worker.py`, with `run()` at its end."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from types import TracebackType

from .handlers import HandlersApplication
from .runtime.application import Misconfigured
from .runtime.pipes import VARIABLE
from .runtime.start import connect
from .runtime.worker import Worker

USAGE = 64
"""EX_USAGE of sysexits.h."""


class _Script:
    """The connection of the program that is running, if a supervisor has started it."""

    worker: Worker | None = None


def connect_script() -> None:
    """Takes the supervisor's pipes at the first import, before a script imports anything that takes long.

    Does nothing where `bootstrap` is in charge, in child processes, and without a supervisor.
    """
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path is None or VARIABLE not in os.environ or multiprocessing.parent_process() is not None:
        return
    _Script.worker = connect()
    sys.excepthook = _report
    atexit.register(_report_missing_run, path)


def run() -> None:
    """Serves the handlers of the script that calls this; to stand at its end. Does not return under a supervisor.

    In a child process that multiprocessing starts from the script, and where `supervisor serve FILE` imports it, this
    does nothing. Started by hand, the script says how it is meant to be started and exits with status 64.
    """
    if multiprocessing.parent_process() is not None:
        return
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if _Script.worker is not None and path is not None:
        atexit.unregister(_report_missing_run)
        _Script.worker.serve(HandlersApplication(lambda: main, path))
    if path is None or sys._getframe(1).f_globals.get("__name__") != "__main__":
        return
    name = os.path.basename(path)
    print(f"{name} is a worker: it does predictions for a supervisor, which starts it.\n\n  supervisor serve {name}",
          file=sys.stderr)
    raise SystemExit(USAGE)


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, trace)
    if _Script.worker is not None:
        _Script.worker.fail_setup(error)


def _report_missing_run(path: str) -> None:
    if _Script.worker is not None:
        _Script.worker.fail_setup(Misconfigured(
            f"{path} has ended without serving: call `run()` of supervisor_worker at its end.", "RuntimeError"))
