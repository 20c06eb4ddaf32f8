"""Directories for the temporary files of runs: downloaded inputs, and outputs that have no file yet."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

PREFIX = "supervisor-cog-"
"""How the directory of a worker is called inside the system's temporary directory."""

LOCK_NAME = "lock"
"""A file that its worker keeps locked; once the lock is free, the worker is gone."""

SWEEP_AGE_SECONDS = 60.0
"""Younger directories of others are left alone: their worker may not have got to the lock yet."""


class WorkerScratch:
    """One directory per worker process, one inside it per run that needs files. Any thread.

    Nothing is made before the first run asks. Directories of workers that were killed are removed then; a lock, and no
    process id, tells who is gone, because containers may share the temporary directory but not their process ids.
    """

    def __init__(self, parent: str | None = None) -> None:
        self._parent = parent
        self._lock = threading.Lock()
        self._directory: Path | None = None
        self._lock_file: int | None = None
        self._count = 0

    def new_run(self) -> "RunScratch":
        """The directory of a run that begins; made when it is used."""
        return RunScratch(self)

    def make_directory(self) -> Path:
        """A new empty directory. Raises OSError."""
        with self._lock:
            if self._directory is None or not self._directory.is_dir():
                self._begin()
            assert self._directory is not None
            self._count += 1
            path = self._directory / str(self._count)
            path.mkdir(mode=0o700)
            return path

    def remove(self) -> None:
        """Removes everything."""
        with self._lock:
            if self._directory is not None:
                shutil.rmtree(self._directory, ignore_errors=True)
                self._directory = None
            if self._lock_file is not None:
                os.close(self._lock_file)
                self._lock_file = None

    def _begin(self) -> None:
        parent = Path(self._parent or tempfile.gettempdir())
        _sweep(parent)
        self._directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        if self._lock_file is not None:
            os.close(self._lock_file)
        self._lock_file = os.open(self._directory / LOCK_NAME, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        owner = os.getpid()

        def leave() -> None:
            # A forked child that ends the ordinary way must not take the parent's files with it.
            if os.getpid() == owner:
                self.remove()

        atexit.register(leave)


class RunScratch:
    """The temporary directory of one run."""

    def __init__(self, worker: WorkerScratch) -> None:
        self._worker = worker
        self._lock = threading.Lock()
        self._directory: Path | None = None
        self._ended = False

    def directory(self) -> Path:
        """The directory, made at the first call. Raises OSError, also after the run's end."""
        with self._lock:
            if self._ended:
                raise FileNotFoundError("the run has ended, and its temporary files are gone")
            if self._directory is None:
                self._directory = self._worker.make_directory()
            return self._directory

    def new_file(self, suffix: str) -> tuple[int, Path]:
        """A new empty file whose name ends with the suffix: its descriptor, and where it is."""
        descriptor, path = tempfile.mkstemp(suffix=suffix, dir=self.directory())
        return descriptor, Path(path)

    def remove(self) -> None:
        """Removes the directory and all that is in it, whatever the model has done there."""
        with self._lock:
            self._ended = True
            directory, self._directory = self._directory, None
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)


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
