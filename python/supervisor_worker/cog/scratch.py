"""Directories for the temporary files of runs: downloaded inputs, and outputs that have no file yet."""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
import secrets
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import BinaryIO

PREFIX = "supervisor-cog-"
"""How the directory of a worker is called inside the system's temporary directory."""

LOCK_NAME = "lock"
"""A file that its worker keeps locked; once the lock is free, the worker is gone."""

SWEEP_AGE_SECONDS = 60.0
"""Younger directories of others are left alone: their worker may not have got to the lock yet."""


class WorkerScratch:
    """One directory per worker process, one inside it per run that needs files. Any thread.

    Directories of workers that were killed are removed by the next worker that opens its own; a lock, and no process
    id, tells who is gone, because containers may share the temporary directory but not their process ids.
    """

    def __init__(self, parent: str | None = None) -> None:
        self._parent = parent
        self._numbers = itertools.count(1)
        self._directory: Path | None = None
        self._lock_file: int | None = None

    def open(self) -> None:
        """Makes the worker's directory, which goes when the process ends. Before the first run. Raises OSError."""
        parent = Path(self._parent or tempfile.gettempdir())
        _sweep(parent)
        self._directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._lock_file = os.open(self._directory / LOCK_NAME, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        owner = os.getpid()

        def leave() -> None:
            # A forked child that ends the ordinary way must not take the parent's files with it.
            if os.getpid() == owner:
                self.remove()

        atexit.register(leave)

    def new_run(self) -> "RunScratch":
        """The directory of a run that begins; made when it is used. After `open`."""
        assert self._directory is not None, "runs come after the set-up, which opens this"
        return RunScratch(self._directory / str(next(self._numbers)))

    def remove(self) -> None:
        """Removes everything."""
        directory, self._directory = self._directory, None
        lock_file, self._lock_file = self._lock_file, None
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)
        if lock_file is not None:
            os.close(lock_file)


class RunScratch:
    """The temporary directory of one run. A cancel may strike anywhere in here: what is made has its name before."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._is_used = False
        self._has_ended = False

    def directory(self) -> Path:
        """The directory, made at the first call. Raises OSError, also after the run's end."""
        with self._lock:
            if self._has_ended:
                raise FileNotFoundError("the run has ended, and its temporary files are gone")
            if not self._is_used:
                self._is_used = True
                # With its parents, should somebody have tidied up the temporary directory.
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._directory

    def new_file(self, suffix: str) -> BinaryIO:
        """A new file, open for writing, whose name ends with the suffix. Raises OSError."""
        return open(self.directory() / f"tmp{secrets.token_hex(4)}{suffix}", "xb")

    def remove(self) -> None:
        """Removes the directory and all that is in it, whatever the model has done there. May be done again."""
        self._has_ended = True
        with self._lock:
            if self._is_used:
                shutil.rmtree(self._directory, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Removes what workers have left that did not get to it themselves."""
    now = time.time()
    for path in parent.glob(PREFIX + "*"):
        try:
            if path.is_symlink() or now - path.stat().st_mtime < SWEEP_AGE_SECONDS:
                continue
            descriptor = os.open(path / LOCK_NAME, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(descriptor)
