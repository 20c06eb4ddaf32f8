"""How a run that is under way is told to end."""

from __future__ import annotations


class RunCanceled(BaseException):
    """Raised in the code of a synchronous run that was canceled, unless its application has a class of its own.

    A BaseException, so that `except Exception` in models does not swallow it.
    """
