"""Files that change hands with the supervisor (PROTOCOL § 6)."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from typing import BinaryIO

from ..wire import limits
from ..wire.messages import SpillFile

COPY_PIECE = 1 << 20
"""Bytes copied at once, where the kernel does not copy by itself."""


class SpoolError(Exception):
    """A file of the supervisor is not what its frame says."""


class Spool:
    """The directory for files. All threads."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)

    def take(self, file: SpillFile) -> bytes:
        """Reads and deletes a file that the supervisor has named. Raises SpoolError or OSError."""
        directory, _, name = file.path.rpartition("/")
        if directory != self._directory or name in ("", ".", "..") or len(os.fsencode(name)) > limits.FILE_NAME:
            raise SpoolError("The input lies in a file outside of the spool directory.")
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
                raise SpoolError(f"The input lies in a file of {status.st_size} bytes, not of {file.size}.")
            content = opened.read()
        os.unlink(file.path)
        return content

    def put(self, payload: bytes) -> SpillFile:
        """Writes a payload to a new file. Raises OSError."""
        path, descriptor = self._create()
        try:
            with open(descriptor, "wb") as file:
                file.write(payload)
        except BaseException:
            os.unlink(path)
            raise
        return SpillFile(path, len(payload))

    def copy(self, source: str | os.PathLike[str], move: bool = False) -> str:
        """Brings a file into the directory and returns its path there. move: the source is not needed any more.

        The source is followed if it is a symbolic link; it must be a regular file. Raises OSError.
        """
        if not stat.S_ISREG(os.stat(source).st_mode):
            raise OSError(f"{os.fspath(source)} is no regular file")
        path, descriptor = self._create()
        try:
            with open(descriptor, "wb") as copy:
                if not (move and self._move(source, path)):
                    self._fill(copy, source)
        except BaseException:
            os.unlink(path)
            raise
        return path

    @staticmethod
    def _fill(copy: BinaryIO, source: str | os.PathLike[str]) -> None:
        with open(source, "rb") as original:
            try:
                while os.copy_file_range(original.fileno(), copy.fileno(), COPY_PIECE):
                    pass
            except OSError:  # not between these file systems; what was copied is done again
                original.seek(0), copy.seek(0), copy.truncate()
                shutil.copyfileobj(original, copy, COPY_PIECE)

    @staticmethod
    def _move(source: str | os.PathLike[str], path: str) -> bool:
        status = os.lstat(source)
        if status.st_nlink != 1 or not stat.S_ISREG(status.st_mode):
            return False  # other names of the file must not reach what is the supervisor's
        try:
            os.rename(source, path)
        except OSError:
            return False
        return True

    def _create(self) -> tuple[str, int]:
        while True:
            path = f"{self._directory}/{os.getpid()}-{next(self._numbers)}"
            try:
                return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue  # left behind by an earlier process of this number
