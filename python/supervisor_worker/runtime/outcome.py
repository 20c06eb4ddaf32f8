"""What the end of a run or of the set-up is called. Pure."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

from ..wire.messages import CANCELED, FAILED, SUCCEEDED, Done, SetupFailure
from .application import SetupFailed
from .run import RunFailed

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""Where this package lies: its frames are left out of tracebacks, down to the first of the model."""


def of_run(error: BaseException | None, is_cancelled: bool, cancellation: type[BaseException]) -> Done:
    """How a run ended that was left with `error`, or without."""
    if is_cancelled or isinstance(error, cancellation):
        return Done(CANCELED)
    if error is None:
        return Done(SUCCEEDED)
    if isinstance(error, RunFailed):
        return Done(FAILED, error.message, error.kind, error.retryable or None)
    return Done(FAILED, in_words(error), type(error).__name__)


def of_setup(error: BaseException) -> SetupFailure:
    """Why the set-up failed that was left with `error`."""
    if isinstance(error, SetupFailed):
        where = error.traceback
        if where is None and error.__cause__ is not None:
            where = in_full(error.__cause__)
        cause = error.__cause__
        return SetupFailure(error.message, error.kind or (type(cause).__name__ if cause else None), where)
    return SetupFailure(in_words(error), type(error).__name__, in_full(error))


def in_words(error: BaseException) -> str:
    """`ValueError: too long`, as the last line of a traceback; never raises."""
    try:
        text = str(error)
    except BaseException:  # a model's class may do anything
        text = "<no text>"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def in_full(error: BaseException) -> str:
    """The traceback, without the runtime's own frames before the model's."""
    try:
        return "".join(traceback.format_exception(type(error), error, _of_model(error.__traceback__)))
    except BaseException:
        return in_words(error) + "\n"


def _of_model(trace: TracebackType | None) -> TracebackType | None:
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename.startswith(PACKAGE):
        first = first.tb_next
    return first or trace
