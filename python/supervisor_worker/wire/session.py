"""Which frame may come next (PROTOCOL §§ 3, 5): the order of both directions as one machine, for both ends."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from . import limits
from .errors import ProtocolError
from .frames import FrameType, Header


class Phase(enum.IntEnum):
    """How far the conversation is; each begins with the frame that § 3 names."""

    START = 0
    GREETING = 1
    GREETED = 2
    LOADING = 3
    READY = 4
    FAILED = 5


@dataclass
class _Slot:
    """run: its number, 0 when free; next: sequence of the run's next frame; uploads: asked for and not answered."""

    run: int = 0
    next: int = 0
    uploads: int = 0


_OF_RUN = {FrameType.STARTED, FrameType.OUTPUT, FrameType.FILE_OUTPUT, FrameType.UPLOAD, FrameType.METRIC,
           FrameType.DONE}
_TO_RUN = {FrameType.PREDICT, FrameType.CANCEL, FrameType.UPLOADED}


class Session:
    """Sees headers only; what it needs from payloads it is told. A frame that is refused changes nothing.

    Not for several threads at once: its owner has a lock, which is never held while anything waits.
    """

    def __init__(self, is_worker: bool = True, slots: int = limits.SLOTS) -> None:
        self.is_worker = is_worker
        """Which end this is: a `cancel` that crossed the `done` of its run is legal only where it arrives."""
        self.phase = Phase.START
        self.is_shutting_down = False
        self.slots = slots
        """Slots of the worker; to be set when `ready` has said how many."""
        self.capabilities: set[str] = set()
        """What both hellos named."""
        self.last_run = 0
        """Number of the latest run given out."""
        self._slots: dict[int, _Slot] = {}
        self._pings = 0
        self._health_checks = 0

    def run_in(self, slot: int) -> int | None:
        """The number of the run in a slot; None when it is free."""
        return self._slots[slot].run or None if slot in self._slots else None

    def continued(self, slot: int, frames: int) -> None:
        """Says that a run has sent that many frames that were not shown to this machine one by one."""
        self._slots[slot].next += frames

    def upload_asked(self, slot: int) -> None:
        """Says that one of those frames is an `upload`."""
        self._slots[slot].uploads += 1

    def pass_(self, header: Header) -> None:
        """Says that a frame is sent or has come. Raises ProtocolError, without offset, when it must not be."""
        kind = header.type
        if kind in _TO_RUN:
            self._supervisor_about_run(header)
        elif kind in _OF_RUN or kind is FrameType.LOG and header.slot is not None:
            self._worker_about_run(header)
        else:
            self._about_worker(header)

    def _about_worker(self, header: Header) -> None:
        kind, phase = header.type, self.phase
        if header.slot is not None:
            raise ProtocolError("wrongSlot", f"`{kind.wire_name}` concerns no run: its slot must be {limits.NO_SLOT}, "
                                f"not {header.slot}.")
        if header.sequence != 0:
            raise ProtocolError("wrongSequence", f"`{kind.wire_name}` concerns no run: its sequence must be 0, not "
                                f"{header.sequence}.")
        greeted = phase >= Phase.GREETED
        if kind is FrameType.SUPERVISOR_HELLO:
            self._require(phase is Phase.START, header)
            self.phase = Phase.GREETING
        elif kind is FrameType.WORKER_HELLO:
            self._require(phase is Phase.GREETING, header)
            self.phase = Phase.GREETED
        elif kind is FrameType.INITIALIZE:
            self._require(phase is Phase.GREETED and not self.is_shutting_down, header)
            self.phase = Phase.LOADING
        elif kind is FrameType.LOADING:
            self._require(phase is Phase.LOADING, header)
        elif kind in (FrameType.READY, FrameType.SETUP_FAILED):
            self._require(phase is Phase.LOADING, header)
            self.phase = Phase.READY if kind is FrameType.READY else Phase.FAILED
        elif kind is FrameType.PING:
            self._require(greeted, header)
            self._pings += 1
        elif kind is FrameType.HEALTH_CHECK:
            self._require(greeted and not self.is_shutting_down, header)
            self._health_checks += 1
        elif kind is FrameType.SHUTDOWN:
            self._require(greeted, header)
            self.is_shutting_down = True
        elif kind is FrameType.LOG:
            self._require(greeted, header)
        else:
            self._require(greeted and phase is not Phase.FAILED, header)
            if kind is FrameType.PONG:
                self._pings = self._answered(self._pings, header, "ping")
            elif kind is FrameType.HEALTH_RESULT:
                self._health_checks = self._answered(self._health_checks, header, "healthCheck")

    def _supervisor_about_run(self, header: Header) -> None:
        kind = header.type
        self._require(self.phase is Phase.READY and not (self.is_shutting_down and kind is FrameType.PREDICT), header)
        number = self._require_slot(header)
        slot = self._slots.setdefault(number, _Slot())
        if kind is FrameType.PREDICT:
            if header.sequence != self.last_run + 1:
                raise ProtocolError("wrongSequence", f"The run number of `predict` is {header.sequence}; the next one "
                                    f"is {self.last_run + 1}.")
            if slot.run:
                raise ProtocolError("slotBusy", f"`predict` gives out slot {number}, which has run {slot.run} until "
                                    "its `done`.")
            self._require_agreed(header)
            self._slots[number] = _Slot(run=header.sequence)
            self.last_run = header.sequence
            return
        if self.is_worker:
            if not 1 <= header.sequence <= self.last_run:
                raise ProtocolError("wrongSequence", f"The run number of `{kind.wire_name}` is {header.sequence}; "
                                    f"{self.last_run} runs were given out so far.")
        elif not slot.run:
            raise ProtocolError("slotIdle", f"`{kind.wire_name}` names slot {number}, which has no run.")
        elif slot.run != header.sequence:
            raise ProtocolError("wrongSequence", f"The run number of `{kind.wire_name}` is {header.sequence}; slot "
                                f"{number} has run {slot.run}.")
        if kind is FrameType.UPLOADED and slot.run == header.sequence:
            slot.uploads = self._answered(slot.uploads, header, "upload")

    def _worker_about_run(self, header: Header) -> None:
        kind = header.type
        self._require(self.phase is Phase.READY, header)
        number = self._require_slot(header)
        slot = self._slots.get(number)
        if slot is None or not slot.run:
            raise ProtocolError("slotIdle", f"`{kind.wire_name}` names slot {number}, which has no run.")
        if header.sequence != slot.next:
            raise ProtocolError("wrongSequence", f"The sequence of `{kind.wire_name}` in slot {number} is "
                                f"{header.sequence}; the next one is {slot.next}.")
        if kind is FrameType.STARTED:
            if slot.next:
                raise ProtocolError("wrongPhase", f"The run in slot {number} has `started` already.")
        elif kind is not FrameType.DONE and not slot.next:
            raise ProtocolError("notStarted", f"The first frame of the run in slot {number} is `{kind.wire_name}`; it "
                                "must be `started`.")
        self._require_agreed(header)
        if kind is FrameType.DONE:
            self._slots[number] = _Slot()
            return
        if kind is FrameType.UPLOAD:
            slot.uploads += 1
        slot.next += 1

    def _require(self, is_legal: bool, header: Header) -> None:
        if not is_legal:
            ending = ", after `shutdown`" if self.is_shutting_down else ""
            raise ProtocolError("wrongPhase", f"`{header.type.wire_name}` is not legal in the phase "
                                f"`{self.phase.name.lower()}`{ending}.")

    def _require_slot(self, header: Header) -> int:
        if header.slot is None or header.slot >= self.slots:
            slot = limits.NO_SLOT if header.slot is None else header.slot
            raise ProtocolError("wrongSlot", f"`{header.type.wire_name}` names slot {slot}; the worker has "
                                f"{self.slots}, counted from 0.")
        return header.slot

    def _require_agreed(self, header: Header) -> None:
        if header.is_spilled and limits.SPILL not in self.capabilities:
            raise ProtocolError("notAgreed", f"`{header.type.wire_name}` goes by file; both hellos must name the "
                                f"capability `{limits.SPILL}`.")
        if header.type is FrameType.UPLOAD and limits.UPLOAD not in self.capabilities:
            raise ProtocolError("notAgreed", "`upload` was not agreed; both hellos must name the capability "
                                f"`{limits.UPLOAD}`.")

    @staticmethod
    def _answered(open_questions: int, header: Header, question: str) -> int:
        if not open_questions:
            raise ProtocolError("notAsked", f"`{header.type.wire_name}` answers no `{question}`; each may be answered "
                                "once.")
        return open_questions - 1
