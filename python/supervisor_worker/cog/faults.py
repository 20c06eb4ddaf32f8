"""Texts about exceptions, as clients of Cog know them."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def describe(error: BaseException) -> str:
    """`Type: text`, also where the text is empty or cannot be had."""
    try:
        text = str(error)
    except Exception:
        text = "<exception str() failed>"
    return f"{type(error).__qualname__}: {text}"


def text_of(error: BaseException) -> str:
    """An exception's text, or its class where it has none."""
    try:
        return str(error) or type(error).__qualname__
    except Exception:
        return describe(error)


def traceback_text(error: BaseException) -> str:
    """The traceback as Python prints it, from the model's first line on: frames of the worker's are of no use to its
    author."""
    try:
        return "".join(traceback.format_exception(type(error), error, _models_frames(error.__traceback__)))
    except Exception:
        # A model's exception may fail at anything, even at being printed.
        return describe(error) + "\n"


def _models_frames(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        frames = frames.tb_next
    return frames
