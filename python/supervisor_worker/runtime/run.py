"""What one run is to the application that does it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Any, Callable


class RunFailed(Exception):
    """A failure whose text is meant for the client as it stands.

    message: the run's `error`; kind: class of the error in the model's code; retryable: whether the same run may do
    better at another try. Nothing is added to the run's log: whoever raises this has printed a traceback, or there is
    none worth printing.
    """

    def __init__(self, message: str, kind: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.retryable = retryable


class UploadFailed(Exception):
    """The supervisor could not upload a file. The text says why, without any prefix."""


class Run(ABC):
    """One execution of a handler.

    All methods may be called from any thread unless they say otherwise. After the run's end, what they send is dropped
    (texts of `log` go to the worker's log instead).
    """

    id: str
    """The prediction's id: any text, never to be used as a path or a part of one."""
    handler: str
    """Name of a handler of the manifest."""
    input: Any
    """The parsed input. Integers are exact whatever their size; `3.0` is a float."""
    context: dict[str, Any]
    """What else the client sent along."""
    collected: bool
    """To be set by the application, until it returns: the outputs form a list even if there is one or none."""
    at_end: Callable[[], None] | None
    """To be set by the application: puts away what the run has left, on its thread, before `done`, and where no cancel
    strikes. Must be right to call when all of it was put away before."""
    can_upload: bool
    """Whether files can be uploaded. If so, they should be: `upload` and the URL as (part of) an output. If not:
    `emit_file` for files that are an output, a data URL for those inside a value."""

    @property
    @abstractmethod
    def is_cancelled(self) -> bool:
        """Whether a cancel was asked for."""

    @abstractmethod
    def emit(self, value: bytes) -> None:
        """Sends one piece of output: valid JSON in UTF-8, not looked at again.

        Waits when the supervisor does not read. A value above the supervisor's limits goes by file; raises RunFailed
        when that is not possible.
        """

    @abstractmethod
    def emit_file(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> None:
        """Sends a file as one piece of output.

        It is copied before this returns, so the model may change it at once. mime: its media type; name: what it
        should be called, any text. move: the file is not needed any more and may be renamed instead.
        Raises OSError when it cannot be read.
        """

    @abstractmethod
    def upload(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> str:
        """Has a file uploaded and returns its URL. Waits for it; not to be called on the loop.

        Several may be under way at once from several threads. Raises UploadFailed, OSError as in `emit_file`, and the
        cancellation.
        """

    @abstractmethod
    async def upload_async(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> str:
        """As `upload`, on the loop: only this task waits."""

    @abstractmethod
    def metric(self, mode: str, name: str, value: Any) -> None:
        """Sends a metric. mode: `replace`, `increment` or `append`; name: 1–128 bytes; value: what JSON can hold, None
        with `replace` to delete it. Raises ValueError or TypeError for what the protocol cannot carry."""

    @abstractmethod
    def log(self, text: str, stream: str = "stdout") -> None:
        """Adds text to the run's log, line ends included. stream: `stdout` or `stderr`."""
