"""A worker at work: speaks with the supervisor, sets the model up, hands out its runs.

Threads: the main one sets the model up and then does its runs, or runs its loop; one reads frames and never waits; one
writes them (`Outlet`); one watches the death pipe; one waits for SIGUSR1. Others come as they are needed: for heartbeats,
slots, health checks, the end.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
from dataclasses import dataclass, field
from typing import Any, Awaitable, NoReturn, TypeVar

from ..wire import limits
from ..wire.errors import ProtocolError
from ..wire.frames import Frame, FrameDecoder, FrameType, Header
from ..wire.messages import (CANCELED, Done, HealthResult, Initialization, Loading, Nonce, PredictRequest, Ready,
                             SetupFailure, Shutdown, SpillFile, SupervisorHello, Uploaded, WorkerHello, decode)
from ..wire.payload import read
from ..wire.session import Phase, Session
from . import capture, outcome
from .application import CONFIGURATION, Application, Manifest, Misconfigured, means_misconfigured
from .capture import Router
from .channel import Agreement, RunChannel
from .executors import Executor, Loop, LoopExecutor, MainExecutor, Runner
from .health import HEALTHY, HealthChecks
from .heartbeat import start_beating
from .outlet import Outlet
from .payloads import fitting
from .pipes import LEAVE, LOST, Pipes
from .signals import dump_stacks_on_quit, on_interrupt
from .spool import Spool

Result = TypeVar("Result")

READ = 256 << 10
"""Bytes read at once: more than a pipe holds."""
ENDED, SETUP_FAILED, PROTOCOL_VIOLATION = 0, 1, 76
"""Exit statuses, besides CONFIGURATION; the last is EX_PROTOCOL of sysexits.h."""
LAST_WRITE = 1.0
"""Seconds that the last frames have at the end, before the pipe is closed whatever there is."""
LAST_CALLS = 1.0
"""Seconds that the model's `atexit` functions have, within the 2 s of PROTOCOL § 8."""
CAPABILITIES = [limits.SPILL, limits.UPLOAD, limits.HEARTBEAT, limits.INTERRUPT]


@dataclass
class _Setup:
    """`Setup` for one worker."""

    deployment: str
    handler: str | None
    settings: dict[str, Any]
    _worker: Worker = field(repr=False)

    def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        share = None if fraction is None else min(max(float(fraction), 0.0), 1.0)
        self._worker.tell(FrameType.LOADING, Loading(share, message))

    def run_until_complete(self, awaitable: Awaitable[Result]) -> Result:
        return self._worker.loop.run_until_complete(awaitable)


class Worker:
    """One process's conversation with its supervisor. Made before anything of the model is imported."""

    def __init__(self, pipes: Pipes, identification: str) -> None:
        """On the main thread. identification: name and version for the supervisor's log."""
        self._pipes = pipes
        self._identification = identification
        self._session = Session()
        self._session_lock = threading.Lock()
        self.outlet = Outlet(pipes.writer, self._session, self._session_lock, self._run_is_over)
        self._router = Router(lambda flags, text: self.outlet.put(None, int(FrameType.LOG), flags, text),
                              self.outlet.wait_for_room, self.outlet.give_turn)
        self.loop = Loop()
        self._agreement: Agreement | None = None
        self._greeted = threading.Event()
        self._initialization: queue.SimpleQueue[Initialization] = queue.SimpleQueue()
        self._executor: Executor | None = None
        self._health: HealthChecks | None = None
        self._runs: dict[int, RunChannel] = {}
        self._runs_lock = threading.Lock()
        self._grace: threading.Timer | None = None
        self._ends_once = threading.Lock()
        self._is_forked = False

    # Main thread

    def greet(self) -> None:
        """Says hello and takes standard output and error over. Returns when both have said hello."""
        os.register_at_fork(after_in_child=self._forked)
        self._pipes.watch()
        dump_stacks_on_quit()
        on_interrupt(self._interrupt)
        self.outlet.start()
        reader = threading.Thread(target=self._read, name="supervisor-reader", daemon=True)
        self.outlet.never_wait_on(reader)
        reader.start()
        self._greeted.wait()
        capture.install(self._router)
        os._exit = self._exit  # type: ignore[assignment]

    def serve(self, application: Application) -> NoReturn:
        """Sets the model up and does its runs until the process ends."""
        initialization = self._initialization.get()
        try:
            manifest = self._load(application, initialization)
        except BaseException as error:
            self.fail_setup(error)
        runner = Runner(application, self._router, [handler.name for handler in manifest.handlers],
                        lambda: self._is_forked)
        executor = LoopExecutor(runner, self.loop) if application.is_async else MainExecutor(runner)
        if application.healthcheck is not None:
            self._health = HealthChecks(application.healthcheck, self.loop if application.is_async else None,
                                        self._answer_health)
        self._executor = executor
        capture.flush_descriptors()
        self._router.flush_worker()
        with self._session_lock:
            self._session.slots = manifest.slots
        self.outlet.put(None, int(FrameType.READY), 0, Ready(manifest).encode())
        executor.serve()
        raise AssertionError("executors serve until the process ends")

    def fail_setup(self, error: BaseException) -> NoReturn:
        """Reports that the model cannot be used, and ends the process."""
        status = CONFIGURATION if means_misconfigured(error) else SETUP_FAILED
        if self._is_forked:
            LEAVE(status)
        with self._session_lock:
            is_initialized = self._session.phase >= Phase.LOADING
        if not is_initialized:
            self._initialization.get()
        self._router.flush_worker()
        self.tell(FrameType.SETUP_FAILED, outcome.of_setup(error))
        if self._ends_once.acquire(blocking=False):
            self._finish(status, is_orderly=False)
        while True:
            threading.Event().wait()  # another thread has begun to end the process

    def _exit(self, status: int) -> NoReturn:
        """What models get as `os._exit`: the same, but what they said before is said. Any thread, forked children too."""
        if self._is_forked:
            self._router.flush_worker()
        else:
            self._router.flush_runs()
            self.outlet.settle(LAST_WRITE)
        LEAVE(status)

    def tell(self, kind: FrameType, message: Loading | HealthResult | SetupFailure) -> None:
        """Says something about the worker, its texts shortened if they do not fit. Any thread."""
        assert self._agreement is not None, "both have said hello"
        self.outlet.put(None, int(kind), 0, fitting(message, self._agreement.frame))

    def _load(self, application: Application, initialization: Initialization) -> Manifest:
        setup = _Setup(initialization.deployment, initialization.handler, initialization.setup, self)
        manifest = application.load(setup)
        try:
            Manifest.read(read(manifest.encode()))
        except (ProtocolError, TypeError, ValueError) as error:
            reason = error.reason if isinstance(error, ProtocolError) else str(error)
            raise Misconfigured(f"What the model declares cannot be sent: {reason}", "ValueError") from None
        names = [handler.name for handler in manifest.handlers]
        if setup.handler is not None and setup.handler not in names:
            raise Misconfigured(f"The deployment `{setup.deployment}` is for the handler `{setup.handler}`, which the "
                                f"model does not have; it has {', '.join(names)}.", "LookupError")
        return manifest

    # Thread that reads

    def _read(self) -> None:
        decoder = FrameDecoder()
        try:
            while piece := os.read(self._pipes.reader, READ):
                for frame in decoder.feed(piece):
                    self._receive(frame)
                    if self._agreement is not None:
                        decoder.limit = self._agreement.frame
            decoder.finish()
        except ProtocolError as error:
            capture.complain(f"The supervisor broke the protocol: {error}")
            LEAVE(PROTOCOL_VIOLATION)
        except BaseException as error:
            capture.complain(outcome.in_full(error))
            LEAVE(LOST)
        # Once it has said `shutdown` it may close its end and wait: for the runs, or for the end that has begun.
        if not self._session.is_shutting_down:
            LEAVE(LOST)

    def _receive(self, frame: Frame) -> None:
        header = frame.header
        if header.type.is_from_worker:
            raise ProtocolError("wrongDirection", f"`{header.type.wire_name}` is a frame that only the worker may "
                                "send.", frame.offset)
        try:
            with self._session_lock:
                self._session.pass_(header)
        except ProtocolError as error:
            raise error.at(frame.offset) from None
        message = decode(frame)
        if isinstance(message, (PredictRequest, SpillFile)):
            self._start(message, header)
        elif isinstance(message, Nonce):
            self.outlet.put(None, int(FrameType.PONG), 0, message.encode())
        elif isinstance(message, Uploaded):
            run = self._addressed(header)
            if run is not None:
                run.answer(message)
        elif isinstance(message, SupervisorHello):
            self._agree(message)
        elif isinstance(message, Initialization):
            if message.heartbeat_ms:
                start_beating(message.heartbeat_ms / 1000, self.outlet.beat)
            self._initialization.put(message)
        elif isinstance(message, Shutdown):
            self._shut_down(message.grace_ms / 1000)
        elif header.type is FrameType.CANCEL:
            run = self._addressed(header)
            if run is not None:
                run.cancel()
        elif self._health is not None:
            self._health.ask()
        else:
            self._answer_health(HEALTHY)

    def _agree(self, hello: SupervisorHello) -> None:
        answer = WorkerHello(self._identification, CAPABILITIES)
        # Before the versions are compared, so that the supervisor can name both.
        self.outlet.put(None, int(FrameType.WORKER_HELLO), 0, answer.encode())
        try:
            answer.version.spoken_with(hello.version)
        except ProtocolError:
            self.outlet.close(LAST_WRITE)
            raise
        agreed = set(hello.capabilities).intersection(CAPABILITIES)
        with self._session_lock:
            self._session.capabilities = agreed
        self._agreement = Agreement(hello.frame, hello.inline, limits.SPILL in agreed, limits.UPLOAD in agreed,
                                    Spool(hello.spool))
        self._greeted.set()

    def _start(self, request: PredictRequest | SpillFile, header: Header) -> None:
        assert self._agreement is not None and self._executor is not None and header.slot is not None, (
            "the session lets `predict` pass after `ready` only, with a slot")
        run = RunChannel(request, header.slot, header.sequence, self._agreement, self.outlet)
        with self._runs_lock:
            self._runs[header.slot] = run
        self._executor.submit(run)

    def _addressed(self, header: Header) -> RunChannel | None:
        """The run that a frame names, unless it has just ended."""
        assert header.slot is not None, "the session has seen to it"
        with self._runs_lock:
            run = self._runs.get(header.slot)
        return run if run is not None and run.number == header.sequence else None

    def _interrupt(self) -> None:
        """SIGUSR1: the runs that were cancelled, and are still there, shall end."""
        with self._runs_lock:
            runs = list(self._runs.values())
        for run in runs:
            run.insist()

    # The end

    def _shut_down(self, grace: float) -> None:
        if self._grace is not None:
            self._grace.cancel()
        with self._runs_lock:
            is_idle = not self._runs
        if is_idle:
            self._end(ENDED)
            return
        self._grace = threading.Timer(min(grace, threading.TIMEOUT_MAX), self._grace_is_over)
        self._grace.daemon = True
        self._grace.start()

    def _grace_is_over(self) -> None:
        """Ends the runs that are left as if canceled, without waiting for them."""
        with self._runs_lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancel()
            run.end(Done(CANCELED))
        self._end(ENDED, is_orderly=False)

    def _run_is_over(self, run: RunChannel) -> None:
        """Called by the outlet when `done` is about to be written."""
        with self._runs_lock:
            if self._runs.get(run.slot) is run:
                del self._runs[run.slot]
            is_last = self._session.is_shutting_down and not self._runs
        if is_last:
            self._end(ENDED)

    def _answer_health(self, found: HealthResult) -> None:
        self.tell(FrameType.HEALTH_RESULT, found)

    def _end(self, status: int, is_orderly: bool = True) -> None:
        """Ends the process, from a thread of its own: the main one may be busy with the model. The first call counts.

        is_orderly: no user code is under way, so that the model's `atexit` functions may be called.
        """
        if self._ends_once.acquire(blocking=False):
            threading.Thread(target=self._finish, args=(status, is_orderly), name="supervisor-end").start()

    def _finish(self, status: int, is_orderly: bool) -> None:
        self._pipes.unwatch()
        self._router.flush_worker()
        self.outlet.close(LAST_WRITE)
        self._router.use_descriptors()  # there are no frames any more
        if is_orderly and self._executor is not None:  # else user code is under way
            threading.Timer(LAST_CALLS, lambda: LEAVE(status)).start()
            atexit._run_exitfuncs()
            self._router.flush_worker()
        capture.flush_descriptors()
        LEAVE(status)

    def _forked(self) -> None:
        """In a child process made by `fork`: it has no part in the conversation."""
        self._is_forked = self.outlet.is_forked = True
        self._router.use_descriptors()
        self._pipes.close_in_child()
