"""Where runs happen: on the main thread, on threads of their slots, or on the loop."""

from __future__ import annotations

import asyncio
import collections
import queue
import threading
from typing import Any, Awaitable, Callable, Coroutine, Protocol, TypeVar

from . import capture, outcome
from .application import Application
from .cancellation import Interrupt, LoopInterrupt, MainThreadInterrupt, ThreadInterrupt
from .capture import Router
from .channel import RunChannel
from .pipes import LEAVE
from .run import RunFailed

Result = TypeVar("Result")


class Executor(Protocol):
    """Does runs one after another or at once; `submit` never waits. Each run ends with `RunChannel.end`."""

    def submit(self, run: RunChannel) -> None:
        """Takes a run over. Thread that reads."""


class Runner:
    """What all executors do around a run."""

    def __init__(self, application: Application, router: Router, handlers: list[str],
                 is_forked: Callable[[], bool]) -> None:
        self.application = application
        self._router = router
        self._handlers = handlers
        self._is_forked = is_forked

    def open(self, run: RunChannel) -> bool:
        """Reads what the run is for; False if it has ended instead."""
        try:
            run.open()
            if run.handler not in self._handlers:
                raise RunFailed(f"The worker has no handler `{run.handler}`; it has {', '.join(self._handlers)}.",
                                "LookupError")
        except RunFailed as error:
            run.end(outcome.of_run(error, run.is_cancelled, self.application.cancellation))
            return False
        return True

    def begin(self, run: RunChannel) -> bool:
        """Says `started`; False if the run has ended instead."""
        if run.is_cancelled:
            run.end(outcome.of_run(None, True, self.application.cancellation))
            return False
        run.begin()
        self._router.enter(run)
        return True

    def end(self, run: RunChannel, error: BaseException | None) -> None:
        """Says how the run ended; its traceback, where it needs one, is the last of its log."""
        if self._is_forked():
            self._router.flush_worker()
            capture.complain("A child process left the run of its parent; it ends here.")
            LEAVE(1)
        if run.at_end is not None:
            run.at_end()
        done = outcome.of_run(error, run.is_cancelled, self.application.cancellation)
        if error is not None and done.error is not None and not isinstance(error, RunFailed):
            run.log(outcome.in_full(error), "stderr")
        capture.flush_descriptors()  # all that the run printed must be written before its `done` (PROTOCOL § 4.12)
        self._router.leave(run)
        run.end(done)


class ThreadExecutor:
    """Runs one after another, on the thread that calls `serve`."""

    def __init__(self, runner: Runner, interrupt: Interrupt) -> None:
        self._runner = runner
        self._interrupt = interrupt
        self._runs: collections.deque[RunChannel] = collections.deque()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def submit(self, run: RunChannel) -> None:
        run.on_cancel(self._interrupt)
        self._runs.append(run)
        self._wake.put(None)

    def serve(self) -> None:
        """Does runs until the process ends.

        A signal handler that a model has left behind may raise anything anywhere in here. So a run stays the first of
        the queue until its `done` is sent, and each step may be done again.
        """
        while True:
            try:
                self._serve()
            except BaseException:  # has struck while another one was told of
                continue

    def _serve(self) -> None:
        stray: BaseException | None = None
        while True:
            try:
                if not self._runs:
                    self._wake.get()
                elif self._runs[0].has_ended:
                    self._runs.popleft()
                    stray = None
                elif self._runs[0].has_begun:
                    self._runner.end(self._runs[0], stray)
                else:
                    self._perform(self._runs[0])
            except BaseException as error:
                stray = error
                capture.complain(f"Outside of any run: {outcome.in_full(error)}")

    def _perform(self, run: RunChannel) -> None:
        if not self._runner.open(run) or not self._runner.begin(run):
            return
        token = capture.current.set(run)
        error = self._interrupt.call(run, lambda: self._runner.application.run(run))
        self._runner.end(run, error)
        capture.current.reset(token)


class SlotThreads:
    """A thread for each slot that was ever used."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._executors: dict[int, ThreadExecutor] = {}

    def submit(self, run: RunChannel) -> None:
        executor = self._executors.get(run.slot)
        if executor is None:
            executor = ThreadExecutor(self._runner, ThreadInterrupt(self._runner.application.cancellation))
            self._executors[run.slot] = executor
            threading.Thread(target=executor.serve, name=f"slot-{run.slot}", daemon=True).start()
        executor.submit(run)


class MainExecutor:
    """A model without loop: slot 0 on the main thread, the others on threads."""

    def __init__(self, runner: Runner) -> None:
        """On the main thread."""
        self._main = ThreadExecutor(runner, MainThreadInterrupt(runner.application.cancellation))
        self._others = SlotThreads(runner)

    def submit(self, run: RunChannel) -> None:
        (self._main if run.slot == 0 else self._others).submit(run)

    def serve(self) -> None:
        """Occupies the main thread until the process ends."""
        self._main.serve()


class Loop:
    """The loop of the main thread. It outlives `sys.exit` in tasks and callbacks."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> asyncio.AbstractEventLoop:
        """Makes the loop, if there is none yet. On the main thread, before any of the other methods is called."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    @property
    def _opened(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None, "whoever is called from other threads has been made by the main one, after `open`"
        return self._loop

    def run_until_complete(self, awaitable: Awaitable[Result]) -> Result:
        """For the set-up."""
        async def wait() -> Result:
            return await awaitable

        return self.open().run_until_complete(wait())

    def serve(self) -> None:
        """Runs the loop until the process ends."""
        while True:
            try:
                self._opened.run_forever()
            except BaseException as stray:  # asyncio lets SystemExit and KeyboardInterrupt of tasks through
                capture.complain(f"In a task: {outcome.in_full(stray)}")

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Has a function called on the loop. Any thread."""
        self._opened.call_soon_threadsafe(function, *arguments)

    def start(self, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Has a task started on the loop. Any thread."""
        self.call(lambda: self._keep(self._opened.create_task(make())))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)  # the loop itself refers to its tasks only weakly
        task.add_done_callback(self._tasks.discard)


class LoopExecutor:
    """A model with a loop: its async handlers are tasks on it, its others on threads."""

    def __init__(self, runner: Runner, loop: Loop) -> None:
        """On the main thread."""
        loop.open()
        self._runner = runner
        self._loop = loop
        self._interrupt = LoopInterrupt(loop.call, lambda: capture.current.get(None))
        self._others = SlotThreads(runner)

    def submit(self, run: RunChannel) -> None:
        self._loop.start(lambda: self._perform_safely(run))

    def serve(self) -> None:
        """Occupies the main thread until the process ends."""
        self._loop.serve()

    async def _perform_safely(self, run: RunChannel) -> None:
        try:
            await self._perform(run)
        except BaseException as stray:  # as above: a signal handler has struck between two steps
            self._interrupt.leave(run)
            self._runner.end(run, stray)

    async def _perform(self, run: RunChannel) -> None:
        """The whole run, within the task, because SystemExit must not get out of it."""
        application = self._runner.application
        task = asyncio.current_task()
        assert task is not None, "this is a task"
        if not self._runner.open(run):
            return
        if not application.runs_on_loop(run.handler):
            self._others.submit(run)
            return
        self._interrupt.enter(run, task)
        run.on_cancel(self._interrupt)
        if not self._runner.begin(run):
            self._interrupt.leave(run)
            return
        capture.current.set(run)
        error: BaseException | None = None
        try:
            await application.run_async(run)
        except BaseException as raised:
            error = raised
        self._interrupt.leave(run)
        self._runner.end(run, error)
