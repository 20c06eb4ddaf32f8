"""What was asked, what came back, what the worker says it did: the record of one prediction, and what is wrong in it.

The checks are pure, so that a test can show that each of them can fail (`test_journal.py`).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TERMINAL = ("succeeded", "failed", "canceled")

#: So many streams of one prediction are shown in a report.
READINGS_SHOWN = 8

#: How a failure is worded that was the end of a worker, and not what a handler said.
LOSS = re.compile(r"[Ww]orker|stopped by an operator")


class Ending(enum.Enum):
    """How a plan ends where nothing is done to its worker and nobody cancels it."""

    SUCCESS = "success"
    FAILURE = "failure"
    #: It ends, or makes the supervisor end, its worker.
    LOSS = "loss"
    #: It goes on until it is cancelled.
    NEVER = "never"


@dataclass
class Plan:
    """What a client asks a worker to do."""

    input: dict[str, Any]
    ending: Ending
    #: The outputs, if it gets to its end; of a plan that ends otherwise, those before that.
    outputs: list[Any] = field(default_factory=list)
    #: With FAILURE: the text.
    message: str = ""
    #: It does not react to a cancel, so the worker has to be ended for it.
    is_deaf: bool = False
    #: Whether the worker keeps a ledger.
    has_ledger: bool = True

    @property
    def is_lethal(self) -> bool:
        """Whether it can cost its worker the life, and with it the neighbours in other slots."""
        return self.ending is Ending.LOSS or self.is_deaf


class Finish(enum.Enum):
    """How the reading of a stream ended."""

    OPEN = "open"
    WHOLE = "whole"
    CUT = "cut"
    LEFT = "left"
    HUNG = "hung"
    REFUSED = "refused"


@dataclass
class Reading:
    """One stream that was read."""

    #: Number of the last event that the reader says it has; 0: it asks for all.
    after: int = 0
    #: It asks for what comes from now on.
    is_live: bool = False
    status: int = 0
    replay: str = ""
    #: (name, id, data) as parsed.
    events: list[tuple[str, str | None, Any]] = field(default_factory=list)
    finish: Finish = Finish.OPEN
    #: It read so slowly that it may have been cut off or told that it missed something.
    is_slow: bool = False
    fault: str = ""


@dataclass
class LedgerLine:
    at: float
    deployment: str
    pid: int
    word: str
    status: str = ""


class Ledger:
    """What the workers say they did, by prediction id."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._position = 0
        self._rest = b""
        self.lines: dict[str, list[LedgerLine]] = {}
        self.lives: dict[int, str] = {}

    def read(self) -> None:
        """Takes in what was added."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return
        self._position += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            at, deployment, pid, word, *rest = line.decode().split(" ")
            self.lives[int(pid)] = deployment
            if rest:
                entry = LedgerLine(float(at), deployment, int(pid), word, rest[1] if len(rest) > 1 else "")
                self.lines.setdefault(rest[0], []).append(entry)

    def of(self, prediction: str) -> list[LedgerLine]:
        return self.lines.get(prediction, [])

    def forget(self, prediction: str) -> None:
        self.lines.pop(prediction, None)


@dataclass
class Record:
    """One prediction, as its clients saw it."""

    id: str
    deployment: str
    plan: Plan
    form: str
    #: None: the client left before it knew.
    is_accepted: bool | None = None
    began: float = 0.0
    ended: float = 0.0
    #: A cancel was answered 200, so it must not succeed.
    was_cancelled: bool = False
    #: Why it may end as canceled: "cancel", "left", "operator", "early".
    reasons: set[str] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)
    #: Terminal documents, from wherever they came.
    documents: list[dict[str, Any]] = field(default_factory=list)
    #: What was done, in words, for the report of a failure.
    story: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)

    def tell(self, at: float, text: str) -> None:
        self.story.append(f"{at:.3f} {text}")


@dataclass
class Span:
    """A time (seconds) in which workers of a deployment were lost for a known reason; it may still last."""

    deployment: str
    start: float
    end: float
    why: str


@dataclass
class Deaths:
    """Which workers ended otherwise than by themselves, and when."""

    #: pid → what was done to it.
    by_pid: dict[int, str] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)

    def spans_of(self, record: Record, why: str | None = None) -> list[Span]:
        """Those that overlap with the life of the prediction."""
        return [
            span
            for span in self.spans
            if span.deployment == record.deployment
            and span.start <= record.ended
            and span.end >= record.began
            and why in (None, span.why)
        ]

    def explain(self, record: Record, pids: Iterable[int]) -> bool:
        """Whether the loss of a worker that held this prediction is known of."""
        pids = list(pids)
        if pids:
            if any(pid in self.by_pid for pid in pids):
                return True
            return bool(self.spans_of(record, "operator") or self.spans_of(record, "group"))
        # Its worker is not known, since that was lost before it could note that it had begun, or keeps no ledger.
        return bool(self.spans_of(record))


@dataclass(frozen=True)
class Rules:
    """What a deployment promises."""

    attempts: int = 1
    #: Runs again after the worker has begun it, as long as there was no output.
    reruns_begun: bool = False


def faults(record: Record, ledger: list[LedgerLine], deaths: Deaths, rules: Rules = Rules()) -> list[str]:
    """Everything that is wrong with it; nothing if it is as it must be. The record is closed: nobody reads any more."""
    found = list(record.hung)
    for reading in record.readings:
        found += _faults_of_reading(reading)
    found += _faults_of_ids(record)
    if record.is_accepted is False:
        if record.documents:
            found.append("it was refused, and has a document")
        if any(line.word == "begin" for line in ledger):
            found.append("it was refused, and has been run")
        return found
    if not record.documents:
        if record.is_accepted:
            found.append("it was accepted and has no end")
        elif any(line.word == "begin" for line in ledger):
            found.append("it has been run and has no end")
        return found
    document = record.documents[0]
    for other in record.documents[1:]:
        if _comparable(other) != _comparable(document):
            found.append(f"two different ends: {document} and {other}")
    found += _faults_of_output(record, document)
    found += _faults_of_truth(record, document, ledger, deaths)
    if record.plan.has_ledger:
        found += _faults_of_runs(ledger, rules)
    return found


def _comparable(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "input"}


def _number(id: str | None) -> int:
    try:
        return int((id or "").rpartition("-")[2])
    except ValueError:
        return -1


def _faults_of_reading(reading: Reading) -> list[str]:
    if reading.finish is Finish.REFUSED:
        return []
    found = [reading.fault] if reading.fault else []
    if reading.finish is Finish.OPEN:
        found.append("a stream that nobody finished reading")
    if reading.finish is Finish.HUNG:
        found.append("a reader hung")
    names = [name for name, _, _ in reading.events]
    ends = [index for index, name in enumerate(names) if name in ("completed", "error")]
    if len(ends) > 1:
        found.append(f"{len(ends)} terminal events")
    if ends and ends[0] != len(names) - 1:
        found.append("events after the terminal one")
    if "error" in names and not reading.is_slow:
        found.append(f"an error event for a reader that was not slow: {reading.events[ends[0]][2]}")
    if "gap" in names and not reading.is_slow:
        found.append("a gap for a reader that was not slow")
    if reading.finish is Finish.WHOLE and not ends:
        found.append("a stream ended without a terminal event")
    if reading.finish is Finish.CUT and not reading.is_slow:
        found.append("a stream was cut")
    return found


def _faults_of_ids(record: Record) -> list[str]:
    """Ids count up by one within a stream and go on where the reader said, across streams of one run."""
    found = []
    epochs = set()
    told: dict[int, tuple[str, str]] = {}
    for reading in record.readings:
        due: int | None = None if reading.is_live else reading.after + 1
        for name, id, data in reading.events:
            if id is None:
                if name not in ("gap", "error"):
                    found.append(f"an event without id: {name}")
                due = None
                continue
            epochs.add(id.rpartition("-")[0])
            number = _number(id)
            if due is not None and number != due:
                found.append(f"event {id} comes where {due} was due")
            due = number + 1
            before = told.setdefault(number, (name, repr(data)))
            if before != (name, repr(data)):
                found.append(f"event {id} is {name} {_short(data)} here and {before[0]} {_short(before[1])} there")
    if len(epochs) > 1:
        found.append(f"several epochs in one run: {sorted(epochs)}")
    return found


def _faults_of_output(record: Record, document: dict[str, Any]) -> list[str]:
    found = []
    output = document.get("output")
    pieces = output if isinstance(output, list) else [] if output is None else [output]
    planned = record.plan.outputs
    if document["status"] == "succeeded":
        if pieces != planned:
            found.append(f"succeeded with {_short(pieces)}, planned was {_short(planned)}")
    elif pieces != planned[: len(pieces)]:
        found.append(f"the output {_short(pieces)} is no beginning of {_short(planned)}")
    for reading in record.readings:
        chunks = [(data["index"], data["chunk"]) for name, _, data in reading.events if name == "output"]
        for position, (index, chunk) in enumerate(chunks):
            if index >= len(pieces) or pieces[index] != chunk:
                found.append(f"output {index} was {_short(chunk)}, which the document does not have")
                break
            if position and index != chunks[position - 1][0] + 1 and not reading.is_slow:
                found.append(f"output {index} came after {chunks[position - 1][0]}")
                break
        is_from_start = (
            reading.after == 0 and not reading.is_live and reading.finish is Finish.WHOLE and not reading.is_slow
        )
        if is_from_start and len(chunks) != len(pieces):
            found.append(f"a reader from the start saw {len(chunks)} outputs of {len(pieces)}")
    return found


def _faults_of_truth(record: Record, document: dict[str, Any], ledger: list[LedgerLine], deaths: Deaths) -> list[str]:
    """Whether the status is what has happened."""
    status = document["status"]
    plan = record.plan
    begun = [line.pid for line in ledger if line.word == "begin"]
    ends = [line.status for line in ledger if line.word == "end"]
    error = document.get("error") or ""
    if status not in TERMINAL:
        return [f"a terminal document with the status {status}"]
    if status == "succeeded":
        if record.was_cancelled:
            return ["it succeeded after its cancel was taken"]
        if plan.ending is not Ending.SUCCESS:
            return [f"it succeeded, but the plan ends with {plan.ending.value}"]
        if plan.has_ledger and ends[-1:] != ["succeeded"]:
            return [f"it succeeded, but its worker noted {ends}"]
        return []
    if status == "canceled":
        if not record.reasons and not deaths.spans_of(record, "operator"):
            return ["it was canceled, and nobody asked for that"]
        return []
    if plan.ending is Ending.FAILURE and error == plan.message:
        if plan.has_ledger and ends[-1:] != ["failed"]:
            return [f"it failed as planned, but its worker noted {ends}"]
        return []
    if plan.has_ledger and not LOSS.search(error):
        return [f"it failed with {error!r}, which nobody planned"]
    if plan.ending is Ending.LOSS:
        return []
    if not deaths.explain(record, begun):
        return [f"it failed with {error!r}, but nothing was done to its worker (runs on {begun})"]
    return []


def _faults_of_runs(ledger: list[LedgerLine], rules: Rules) -> list[str]:
    found = []
    begins = [index for index, line in enumerate(ledger) if line.word == "begin"]
    if len(begins) > rules.attempts:
        found.append(f"it was run {len(begins)} times, {rules.attempts} are allowed")
    if len(begins) > 1 and not rules.reruns_begun:
        found.append("it was run again although it had begun")
    if len(begins) > 1 and any(line.word == "output" for line in ledger[: begins[-1]]):
        found.append("it was run again although there had been output")
    if sum(line.word == "end" for line in ledger) > 1:
        found.append("it has ended more than once in its workers")
    return found


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}… ({len(text)} characters)"


def report(record: Record, ledger: list[LedgerLine], found: list[str], deaths: Deaths) -> str:
    """The whole history of one prediction, for people."""
    lines = [f"prediction {record.id} of {record.deployment} ({record.form}), plan {_short(record.plan.input)}:"]
    lines += [f"  FAULT: {each}" for each in found]
    lines += [f"  client {each}" for each in record.story]
    for reading in record.readings[:READINGS_SHOWN]:
        ids = [f"{name}:{_number(id)}" for name, id, _ in reading.events]
        lines.append(
            f"  stream after {reading.after}, {reading.status}, {reading.replay}, {reading.finish.value}: {_short(ids)}"
        )
    lines += [f"  document {_short(each)}" for each in record.documents]
    for entry in ledger:
        end = f" ({deaths.by_pid[entry.pid]})" if entry.pid in deaths.by_pid else ""
        lines.append(f"  ledger {entry.at:.3f} {entry.word} {entry.status} in {entry.pid}{end}")
    return "\n".join(lines)
