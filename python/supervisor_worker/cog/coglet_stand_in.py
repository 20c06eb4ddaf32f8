"""A module named `coglet` for the `cog` package to import, in place of the native one.

`import cog` wants `coglet.CancelationException` at once and `coglet._sdk.current_scope()` when a model records metrics.
The native module is a server of its own; a worker needs none of it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from types import ModuleType

from .metrics import MetricRecorder
from .scope import Scope, Scopes

VERSION = "0.0.0+supervisor"
"""What the stand-in says of itself; cog 0.17 to 0.23 do not look at it."""

FOR_CHILDREN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "for_children")
"""A directory with a module `coglet` that installs the stand-in."""


class CancelationException(BaseException):
    """Raised in a synchronous model whose prediction or training is canceled.

    Not an `Exception`, so that `except Exception` in a model does not swallow it.
    """


CancelationException.__module__ = "coglet"


@dataclass(frozen=True)
class StandIn:
    """What the adapter needs of the installed stand-in."""

    cancellation: type[BaseException]
    """What models import as `cog.CancelationException`."""
    scopes: Scopes
    """Behind `cog.current_scope()`."""


def install() -> StandIn:
    """Puts the stand-in into `sys.modules`; must come before the first `import cog`. Doing it again changes nothing."""
    present = sys.modules.get("coglet")
    known = getattr(present, "_supervisor_stand_in", None)
    if isinstance(known, StandIn):
        return known
    if present is None and importlib.util.find_spec("coglet") is None:
        # For processes that the model starts: they import cog on their own.
        sys.path.append(FOR_CHILDREN)
    stand_in = StandIn(CancelationException, Scopes())
    sdk = ModuleType("coglet._sdk", "Scope and metrics of the running prediction.")
    sdk.Scope = Scope  # type: ignore[attr-defined]
    sdk.MetricRecorder = MetricRecorder  # type: ignore[attr-defined]
    sdk.current_scope = stand_in.scopes.current  # type: ignore[attr-defined]
    server = ModuleType("coglet.server", "Says that this process serves predictions.")
    server.active = True  # type: ignore[attr-defined]
    coglet = ModuleType("coglet", "Stand-in for the native module of the same name.")
    coglet.__version__ = VERSION  # type: ignore[attr-defined]
    coglet.__path__ = []  # type: ignore[attr-defined]  # makes it a package, so that `import coglet._sdk` finds ours
    coglet.CancelationException = CancelationException  # type: ignore[attr-defined]
    coglet._sdk = sdk  # type: ignore[attr-defined]
    coglet.server = server  # type: ignore[attr-defined]
    coglet._supervisor_stand_in = stand_in  # type: ignore[attr-defined]
    sys.modules["coglet"] = coglet
    sys.modules["coglet._sdk"] = sdk
    sys.modules["coglet.server"] = server
    return stand_in
