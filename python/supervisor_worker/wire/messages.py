"""What the frames carry (PROTOCOL § 4): one class for each kind of payload, decoded from frames, encoded to payloads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable

from . import limits
from .errors import ProtocolError
from .frames import Frame, FrameType
from .manifest import Manifest
from .payload import Members, bad, present, read, utf8, write

METRIC_MODES = ("replace", "increment", "append")
SUCCEEDED, FAILED, CANCELED = "succeeded", "failed", "canceled"


@dataclass(frozen=True)
class Version:
    """A protocol version, and which one two parties speak (§ 10)."""

    major: int = limits.HIGHEST_MAJOR
    minor: int = limits.HIGHEST_MINOR

    @staticmethod
    def read(members: Members) -> Version:
        """From the member `protocol` of a hello."""
        version = members.members("protocol")
        return Version(version.integer("major", most=limits.UINT16), version.integer("minor", most=limits.UINT16))

    def spoken_with(self, other: Version) -> Version:
        """The lower of the two. Raises ProtocolError `incompatibleVersion` when the major numbers differ."""
        if self.major != other.major:
            raise ProtocolError("incompatibleVersion", f"One party speaks version {self.major}.{self.minor}, the other "
                                f"{other.major}.{other.minor}; the major numbers must be the same.")
        return Version(self.major, min(self.minor, other.minor))

    def members(self) -> dict[str, int]:
        """As it is sent."""
        return {"major": self.major, "minor": self.minor}


@dataclass(frozen=True)
class Empty:
    """Nothing; an object is accepted."""

    @staticmethod
    def decode(payload: bytes) -> Empty:
        """Checks a payload that carries nothing."""
        if payload:
            Members(read(payload))
        return Empty()


@dataclass(frozen=True)
class SupervisorHello:
    """§ 4.1. frame and inline: limits in bytes; spool: absolute path of the directory for files."""

    version: Version
    supervisor: str
    capabilities: list[str]
    frame: int
    inline: int
    spool: str

    @staticmethod
    def decode(payload: bytes) -> SupervisorHello:
        """Raises ProtocolError."""
        members = Members(read(payload))
        sizes = members.members("limits")
        spool = members.text("spool")
        if not spool.startswith("/") or "\0" in spool:
            raise bad(f"`spool` must be an absolute path; it is {spool!r}.")
        return SupervisorHello(
            Version.read(members), members.text("supervisor"), members.texts("capabilities"),
            sizes.integer("frame", limits.FRAME_FLOOR, limits.UINT32), sizes.integer("inline", most=limits.UINT32),
            spool)


@dataclass(frozen=True)
class WorkerHello:
    """§ 4.2. worker: name and version of the program."""

    worker: str
    capabilities: list[str] = field(default_factory=list)
    version: Version = Version()

    @staticmethod
    def decode(payload: bytes) -> WorkerHello:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return WorkerHello(members.text("worker"), members.texts("capabilities"), Version.read(members))

    def encode(self) -> bytes:
        """The payload."""
        return write({"protocol": self.version.members(), "worker": self.worker, "capabilities": self.capabilities})


@dataclass(frozen=True)
class Initialization:
    """§ 4.3. heartbeat_ms: milliseconds from one heartbeat to the next; 0: none are wanted."""

    deployment: str
    handler: str | None = None
    setup: dict[str, Any] = field(default_factory=dict)
    heartbeat_ms: int = 0

    @staticmethod
    def decode(payload: bytes) -> Initialization:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return Initialization(members.text("deployment"), members.text("handler", optional=True),
                              members.object("setup", optional=True) or {},
                              members.integer("heartbeat_ms", most=limits.UINT32, optional=True) or 0)


@dataclass(frozen=True)
class Loading:
    """§ 4.4."""

    progress: float | None = None
    message: str | None = None

    @staticmethod
    def decode(payload: bytes) -> Loading:
        """Raises ProtocolError."""
        value = read(payload)
        members = Members(value)
        progress = value.get("progress")
        if isinstance(progress, bool) or progress is not None and not (
                isinstance(progress, (int, float)) and 0 <= progress <= 1):
            raise bad("`progress` must be a number from 0 to 1.")
        return Loading(progress, members.text("message", optional=True))

    def encode(self) -> bytes:
        """The payload."""
        return write(present({"progress": self.progress, "message": self.message}))


@dataclass(frozen=True)
class SetupFailure:
    """§ 4.6."""

    message: str
    kind: str | None = None
    traceback: str | None = None

    @staticmethod
    def decode(payload: bytes) -> SetupFailure:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return SetupFailure(members.text("message"), members.text("kind", optional=True),
                            members.text("traceback", optional=True))

    def encode(self) -> bytes:
        """The payload."""
        return write(present({"message": self.message, "kind": self.kind, "traceback": self.traceback}))


@dataclass(frozen=True)
class SpillFile:
    """A payload in a file (§ 6)."""

    path: str
    size: int

    @staticmethod
    def decode(payload: bytes) -> SpillFile:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return SpillFile(members.text("path"), members.integer("size"))

    def encode(self) -> bytes:
        """The payload."""
        return write({"path": self.path, "size": self.size})


@dataclass(frozen=True)
class PredictRequest:
    """§ 4.7. unreadable: why the input could not be parsed though it may be JSON; then `input` is worth nothing."""

    id: str
    handler: str
    input: Any
    context: dict[str, Any] = field(default_factory=dict)
    unreadable: str | None = None

    @staticmethod
    def decode(payload: bytes) -> PredictRequest:
        """Raises ProtocolError for what the supervisor may not send; what only this library cannot read is noted."""
        unreadable = None
        try:
            value = read(payload)
        except ProtocolError:
            # An integer of thousands of digits is JSON, but Python refuses to convert it.
            try:
                value = json.loads(payload.decode(), parse_int=lambda digits: 0)
            except (ValueError, RecursionError) as error:
                raise bad(f"The payload is no JSON: {error}.") from None
            unreadable = "the input has an integer with more digits than Python converts"
        members = Members(value)
        identifier = members.text("id")
        if not 1 <= len(utf8(identifier)) <= limits.PREDICTION_ID:
            raise bad(f"`id` must have 1 to {limits.PREDICTION_ID} bytes; it has {len(utf8(identifier))}.")
        return PredictRequest(identifier, members.text("handler"), members.any("input"),
                              members.object("context", optional=True) or {}, unreadable)


@dataclass(frozen=True)
class OutputValue:
    """§ 4.8: one JSON value, as bytes."""

    value: bytes

    @staticmethod
    def decode(payload: bytes) -> OutputValue:
        """Raises ProtocolError."""
        read(payload)
        return OutputValue(payload)

    def encode(self) -> bytes:
        """The payload."""
        return self.value


@dataclass(frozen=True)
class FileOutput:
    """§ 4.9."""

    path: str
    mime: str
    name: str

    @staticmethod
    def decode(payload: bytes) -> FileOutput:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return FileOutput(members.text("path"), members.text("mime"), members.text("name"))

    def encode(self) -> bytes:
        """The payload."""
        return write({"path": self.path, "mime": self.mime, "name": self.name})


@dataclass(frozen=True)
class Upload:
    """§ 4.17. number: counts the uploads of the run from 0."""

    number: int
    file: FileOutput

    @staticmethod
    def decode(payload: bytes) -> Upload:
        """Raises ProtocolError."""
        return Upload(Members(read(payload)).integer("number"), FileOutput.decode(payload))

    def encode(self) -> bytes:
        """The payload."""
        return write({"number": self.number, "path": self.file.path, "mime": self.file.mime, "name": self.file.name})


@dataclass(frozen=True)
class Uploaded:
    """§ 4.18: either an address or an error."""

    number: int
    url: str | None
    error: str | None

    @staticmethod
    def decode(payload: bytes) -> Uploaded:
        """Raises ProtocolError."""
        members = Members(read(payload))
        error = members.text("error", optional=True)
        return Uploaded(members.integer("number"), members.text("url") if error is None else None, error)


@dataclass(frozen=True)
class LogText:
    """§ 4.10: bytes, UTF-8 as a rule."""

    text: bytes

    @staticmethod
    def decode(payload: bytes) -> LogText:
        """Takes anything."""
        return LogText(payload)

    def encode(self) -> bytes:
        """The payload."""
        return self.text


@dataclass(frozen=True)
class Metric:
    """§ 4.11."""

    mode: str
    name: str
    value: Any

    def __post_init__(self) -> None:
        if self.mode not in METRIC_MODES:
            raise bad(f"`mode` must be one of {', '.join(METRIC_MODES)}; it is {self.mode!r}.")
        if not 1 <= len(utf8(self.name)) <= limits.METRIC_NAME:
            raise bad(f"`name` of a metric must have 1 to {limits.METRIC_NAME} bytes; it is {self.name!r}.")

    @staticmethod
    def decode(payload: bytes) -> Metric:
        """Raises ProtocolError."""
        members = Members(read(payload))
        return Metric(members.text("mode"), members.text("name"), members.any("value"))

    def encode(self) -> bytes:
        """The payload. Raises ValueError or TypeError for a value that JSON cannot hold."""
        return write({"mode": self.mode, "name": self.name, "value": self.value})


@dataclass(frozen=True)
class Done:
    """§ 4.12. error, kind, retryable: with `failed` only."""

    status: str
    error: str | None = None
    kind: str | None = None
    retryable: bool | None = None

    @staticmethod
    def decode(payload: bytes) -> Done:
        """Raises ProtocolError."""
        members = Members(read(payload))
        status = members.text("status")
        if status not in (SUCCEEDED, FAILED, CANCELED):
            raise bad(f"`status` must be {SUCCEEDED}, {FAILED} or {CANCELED}; it is {status!r}.")
        if status != FAILED:
            return Done(status)
        return Done(status, members.text("error"), members.text("kind", optional=True),
                    members.boolean("retryable", optional=True))

    def encode(self) -> bytes:
        """The payload."""
        return write(present({"status": self.status, "error": self.error, "kind": self.kind,
                              "retryable": self.retryable}))


@dataclass(frozen=True)
class Nonce:
    """§ 4.13: of a ping and its pong."""

    nonce: int

    @staticmethod
    def decode(payload: bytes) -> Nonce:
        """Raises ProtocolError."""
        return Nonce(Members(read(payload)).integer("nonce"))

    def encode(self) -> bytes:
        """The payload."""
        return write({"nonce": self.nonce})


@dataclass(frozen=True)
class HealthResult:
    """§ 4.14. error: None when healthy."""

    healthy: bool
    error: str | None = None

    @staticmethod
    def decode(payload: bytes) -> HealthResult:
        """Raises ProtocolError."""
        members = Members(read(payload))
        if members.boolean("healthy"):
            return HealthResult(True)
        return HealthResult(False, members.text("error", optional=True))

    def encode(self) -> bytes:
        """The payload."""
        return write(present({"healthy": self.healthy, "error": self.error}))


@dataclass(frozen=True)
class Shutdown:
    """§ 4.15. grace_ms: milliseconds until the worker should have exited."""

    grace_ms: int

    @staticmethod
    def decode(payload: bytes) -> Shutdown:
        """Raises ProtocolError."""
        return Shutdown(Members(read(payload)).integer("grace_ms"))


@dataclass(frozen=True)
class Ready:
    """§ 4.5."""

    manifest: Manifest

    @staticmethod
    def decode(payload: bytes) -> Ready:
        """Raises ProtocolError."""
        return Ready(Manifest.read(read(payload)))

    def encode(self) -> bytes:
        """The payload."""
        return self.manifest.encode()


_DECODERS: dict[FrameType, Callable[[bytes], Any]] = {
    FrameType.SUPERVISOR_HELLO: SupervisorHello.decode, FrameType.INITIALIZE: Initialization.decode,
    FrameType.PREDICT: PredictRequest.decode, FrameType.CANCEL: Empty.decode, FrameType.UPLOADED: Uploaded.decode,
    FrameType.PING: Nonce.decode, FrameType.HEALTH_CHECK: Empty.decode, FrameType.SHUTDOWN: Shutdown.decode,
    FrameType.WORKER_HELLO: WorkerHello.decode, FrameType.LOADING: Loading.decode, FrameType.READY: Ready.decode,
    FrameType.SETUP_FAILED: SetupFailure.decode, FrameType.STARTED: Empty.decode, FrameType.OUTPUT: OutputValue.decode,
    FrameType.FILE_OUTPUT: FileOutput.decode, FrameType.LOG: LogText.decode, FrameType.METRIC: Metric.decode,
    FrameType.DONE: Done.decode, FrameType.UPLOAD: Upload.decode, FrameType.HEARTBEAT: Empty.decode,
    FrameType.PONG: Nonce.decode, FrameType.HEALTH_RESULT: HealthResult.decode,
}


def decode(frame: Frame) -> Any:
    """The message that a frame carries: one of the classes above. Raises ProtocolError with the frame's offset."""
    try:
        if frame.header.is_spilled:
            return SpillFile.decode(frame.payload)
        message = _DECODERS[frame.header.type](frame.payload)
        if isinstance(message, Done) and message.status == SUCCEEDED and frame.header.sequence == 0:
            raise ProtocolError("notStarted", "`done` with `succeeded` is the first frame of its run; it must be "
                                "`started`.")
        return message
    except ProtocolError as error:
        raise error.at(frame.offset) from None
