"""One run as the runtime keeps it: numbers, state, and the ways out of it."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from ..wire.errors import ProtocolError
from ..wire.frames import COLLECTED, SPILLED, FrameType
from ..wire.messages import Done, FileOutput, Metric, PredictRequest, SpillFile, Upload, Uploaded
from .capture import REPLACE, STREAMS, LogText
from .outlet import Outlet
from .payloads import fitting
from .run import Run, RunFailed, UploadFailed
from .spool import Spool, SpoolError

_LOG = int(FrameType.LOG)


@dataclass(frozen=True)
class Agreement:
    """What the hellos add up to. frame, inline: bytes; spills, uploads: whether both named the capability."""

    frame: int
    inline: int
    spills: bool
    uploads: bool
    spool: Spool


class Striker(Protocol):
    """What ends the user code of runs; see `cancellation.Interrupt`."""

    def strike(self, run: RunChannel) -> None:
        """Once. Any thread."""

    def insist(self, run: RunChannel) -> None:
        """Until it has an effect. Any thread, which it occupies for so long."""


class RunChannel(Run):
    """`Run`, and what the runtime needs besides. Made by the thread that reads; `request` may lie in a file until
    `open`."""

    def __init__(self, request: PredictRequest | SpillFile, slot: int, number: int, agreement: Agreement,
                 outlet: Outlet) -> None:
        self.id = self.handler = ""
        self.input = None
        self.context: dict[str, Any] = {}
        self.collected = False
        self.at_end = None
        self.can_upload = agreement.uploads
        self.slot = slot
        self.number = number
        self.frames = 0
        """Frames written; the outlet's."""
        self.is_over = False
        """Whether `done` is written; the outlet's."""
        self.has_ended = False
        """Whether `done` is on its way: nothing about this run may follow."""
        self.has_begun = False
        self.logs = {name: LogText(lambda data, flags=flags: self._put(_LOG, flags, data))  # type: ignore[misc]
                     for name, flags in STREAMS.items()}
        self._request: PredictRequest | SpillFile | None = request
        self._agreement = agreement
        self._most_inline = min(agreement.inline, agreement.frame)
        self._outlet = outlet
        self._is_cancelled = False
        self._striker: Striker | None = None
        self._is_insisted = False
        self._uploads = 0
        self._answers: dict[int, Callable[[Uploaded], None]] = {}
        self._uploads_lock = threading.Lock()

    # For the runtime

    def open(self) -> None:
        """Reads the request, the first time. Raises RunFailed."""
        request = self._request
        if request is None:
            return
        try:
            if isinstance(request, SpillFile):
                request = PredictRequest.decode(self._agreement.spool.take(request))
        except (OSError, SpoolError, ProtocolError) as error:
            raise RunFailed(f"The input cannot be read: {error}", type(error).__name__) from error
        if request.unreadable:
            raise RunFailed(f"The input cannot be read: {request.unreadable}.", "ValueError")
        self.id, self.handler, self.input, self.context = request.id, request.handler, request.input, request.context
        self._request = None  # an input may be large, and the application may want to be its only owner

    def begin(self) -> None:
        """Sends `started`."""
        self._put(int(FrameType.STARTED))
        self.has_begun = True

    def end(self, outcome: Done) -> None:
        """Sends the last texts and `done`. Any thread, and again if it was interrupted: the outlet writes the first
        `done` and nothing after it."""
        if self.has_begun:
            for log in self.logs.values():
                log.flush()
        self._put(int(FrameType.DONE), COLLECTED if self.collected else 0, fitting(outcome, self._agreement.frame))
        self.has_ended = True
        # A run is part of reference cycles, so it may be long until the memory of what it holds is given back.
        self.input = self._striker = None

    def cancel(self) -> None:
        """Notes that a cancel was asked for, and strikes if the run is under way. Any thread."""
        if self._is_cancelled:
            return
        self._is_cancelled = True
        striker = self._striker
        if striker is not None:
            striker.strike(self)
        # An exception set for a thread does not wake it up.
        with self._uploads_lock:
            waiting, self._answers = self._answers, {}
        for number, take in waiting.items():
            take(Uploaded(number, None, "the run was canceled"))

    def insist(self) -> None:
        """Strikes again and again if a cancel was asked for, until the run has ended. One thread for all calls."""
        striker = self._striker
        if self._is_cancelled and striker is not None and not self._is_insisted:
            self._is_insisted = True
            threading.Thread(target=striker.insist, args=(self,), name="supervisor-insist", daemon=True).start()

    def on_cancel(self, striker: Striker) -> None:
        """Sets what ends this run; its caller looks at `is_cancelled` afterwards."""
        self._striker = striker

    def answer(self, uploaded: Uploaded) -> None:
        """Passes the answer to an upload on to whoever waits for it; nobody does after a cancel."""
        with self._uploads_lock:
            waiting = self._answers.pop(uploaded.number, None)
        if waiting is not None:
            waiting(uploaded)

    # For the application

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    def emit(self, value: bytes) -> None:
        if len(value) > self._most_inline:
            self._emit_large(value)
        else:
            self._outlet.put_output(self, value)

    def _emit_large(self, value: bytes) -> None:
        if self.has_ended:
            return
        if self._agreement.spills:
            self._outlet.put_output(self, self._agreement.spool.put(value).encode(), SPILLED)
        elif len(value) <= self._agreement.frame:
            self._outlet.put_output(self, value)
        else:
            raise RunFailed(f"An output has {len(value)} bytes; the supervisor takes {self._agreement.frame} at most.",
                            "ValueError")

    def emit_file(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> None:
        if not self.has_ended:
            file = FileOutput(self._agreement.spool.copy(path, move), mime, name)
            self._put(int(FrameType.FILE_OUTPUT), 0, file.encode())
            self._outlet.wait_for_room()

    def upload(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> str:
        answered = threading.Event()
        answers: list[Uploaded] = []

        def take(uploaded: Uploaded) -> None:
            answers.append(uploaded)
            answered.set()

        self._ask_for_upload(path, mime, name, move, take)
        answered.wait()
        return _url(answers[0])

    async def upload_async(self, path: str | os.PathLike[str], mime: str, name: str, move: bool = False) -> str:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Uploaded] = loop.create_future()

        def give(uploaded: Uploaded) -> None:
            if not answer.done():
                answer.set_result(uploaded)

        def take(uploaded: Uploaded) -> None:
            loop.call_soon_threadsafe(give, uploaded)

        self._ask_for_upload(path, mime, name, move, take)
        return _url(await answer)

    def _ask_for_upload(self, path: str | os.PathLike[str], mime: str, name: str, move: bool,
                        take: Callable[[Uploaded], None]) -> None:
        if not self.can_upload or self.has_ended:
            raise UploadFailed("uploads are not possible here" if not self.has_ended else "the run has ended")
        file = FileOutput(self._agreement.spool.copy(path, move), mime, name)
        with self._uploads_lock:  # numbers in the order of the frames
            number, self._uploads = self._uploads, self._uploads + 1
            self._answers[number] = take
            self._put(int(FrameType.UPLOAD), 0, Upload(number, file).encode())

    def metric(self, mode: str, name: str, value: Any) -> None:
        try:
            payload = Metric(mode, name, value).encode()
        except ProtocolError as error:
            raise ValueError(error.reason) from None
        if len(payload) > self._agreement.frame:
            raise ValueError(f"The metric `{name}` has {len(payload)} bytes; the supervisor takes "
                             f"{self._agreement.frame} at most.")
        self._put(int(FrameType.METRIC), 0, payload)
        self._outlet.wait_for_room()

    def log(self, text: str, stream: str = "stdout") -> None:
        self.logs[stream].write(text.encode("utf-8", REPLACE))
        self._outlet.wait_for_room()

    def _put(self, kind: int, flags: int = 0, payload: bytes = b"") -> None:
        self._outlet.put(self, kind, flags, payload)


def _url(uploaded: Uploaded) -> str:
    if uploaded.url is None:
        raise UploadFailed(uploaded.error)
    return uploaded.url
