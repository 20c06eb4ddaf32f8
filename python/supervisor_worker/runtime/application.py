"""What a model looks like to the runtime: `Application` is implemented once for each kind of model.

The runtime owns processes' business (pipes, threads, signals, order of frames); an application owns the model's: where
it lies, how it is called, what its values mean. Implementations: `handlers.HandlersApplication`, `cog.CogApplication`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Awaitable, Callable, Protocol, TypeVar

from ..wire.manifest import Handler, Manifest
from .cancellation import RunCanceled
from .run import Run, RunFailed

__all__ = ["Application", "Handler", "Manifest", "Misconfigured", "RunFailed", "Setup", "SetupFailed",
           "means_misconfigured"]

CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: the exit status of a worker that starting again cannot help (PROTOCOL § 8)."""

Result = TypeVar("Result")


class SetupFailed(Exception):
    """The model cannot be used. Becomes the `setupFailed` frame, after which the worker ends.

    message: what went wrong and how to mend it, in one or a few lines; kind: class of the error behind it;
    traceback: where it happened, as text. When `traceback` is None and there is a `__cause__`, the runtime formats that.
    Any other exception out of `Application.load` is reported as `Type: message` with its traceback.
    """

    def __init__(self, message: str, kind: str | None = None, traceback: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.traceback = traceback


class Misconfigured(SetupFailed):
    """A failure that starting the worker again cannot mend, as long as nobody changes what it is started with: a file that
    is not there, a variable without meaning. The worker ends with status 78, and is not started again by itself.

    What cannot be reached, or has no room, at the moment is not of that sort. Authors of models know it as
    `supervisor_worker.ConfigurationError`.
    """

    def __init__(self, message: str, kind: str | None = "ConfigurationError", traceback: str | None = None) -> None:
        super().__init__(message, kind, traceback)


def means_misconfigured(error: BaseException | None) -> bool:
    """Whether that, or what it was raised from, is `Misconfigured`, or `sys.exit(78)`, which needs no import."""
    while error is not None:
        if isinstance(error, Misconfigured) or isinstance(error, SystemExit) and error.code == CONFIGURATION:
            return True
        error = error.__cause__
    return False


class Setup(Protocol):
    """What `Application.load` may use. Main thread only, but for `progress`."""

    deployment: str
    """Name of the deployment that the worker serves."""
    handler: str | None
    """The only handler that runs will be for; None: any. One that the manifest lacks fails the set-up by itself."""
    settings: dict[str, Any]
    """`setup` of the `initialize` frame: settings that only the worker understands."""

    def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        """Tells the supervisor how far the set-up is: 0 … 1, and a short text for people. Any thread, never waits."""

    def run_until_complete(self, awaitable: Awaitable[Result]) -> Result:
        """Runs a coroutine on *the* loop, the one that runs will be on later, and returns its result.

        To be used by applications with `is_async`; others get a loop that nothing runs on afterwards.
        """


class Application(ABC):
    """A model as the runtime sees it. Made by `bootstrap`, before anything of the model is imported."""

    is_async: bool = False
    """Whether the main thread runs an asyncio loop on which runs are tasks. Looked at after `load`."""

    cancellation: type[BaseException] = RunCanceled
    """What is raised in the model's code when a synchronous run is canceled. Looked at after `load`."""

    healthcheck: Callable[[], Any] | None = None
    """The model's own check, sync or async, bound and without parameters. Looked at after `load`.

    The runtime calls it (sync: on a thread of its own; async: on the loop), limits it to 5 s and words the result:
    False and exceptions are unhealthy, all else is healthy.
    """

    @abstractmethod
    def load(self, setup: Setup) -> Manifest:
        """Imports the model and sets it up. On the main thread; what is printed is the set-up's log.

        Raises SetupFailed, or anything, when the model cannot be used. SystemExit is a failure like any other.
        """

    def runs_on_loop(self, handler: str) -> bool:
        """Whether runs of a handler are `run_async` on the loop (True) or `run` on a thread (False). After `load`."""
        return self.is_async

    def run(self, run: Run) -> None:
        """Does one synchronous run; returning means that it has succeeded.

        In slot 0 of a worker without loop this is on the main thread (so always, with one slot), else on a thread that
        belongs to the slot. Exceptions: RunFailed for a failure whose text the client shall see as it is; any other
        becomes a failure with `Type: message`, and its traceback goes to the run's log on standard error.
        The cancellation exception may be raised anywhere in here. A run that was canceled ends as canceled, however
        this method is left.
        """
        raise NotImplementedError

    async def run_async(self, run: Run) -> None:
        """Does one run in an asyncio task of its own, on the loop of the main thread. As `run`; a cancel is a
        `task.cancel()`."""
        raise NotImplementedError
