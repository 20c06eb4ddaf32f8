"""The scope of a prediction: what `cog.current_scope()` gives a model."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import Any, Mapping

from .metrics import MetricRecorder, Send


class Scope:
    """Metrics and context of one prediction, or of none (then everything is ignored). Any thread."""

    __slots__ = ("_metrics", "_context")

    def __init__(self, send: Send | None = None, context: Mapping[str, Any] | None = None) -> None:
        self._metrics = MetricRecorder(send)
        self._context = dict(context or {})

    @property
    def metrics(self) -> MetricRecorder:
        """The recorder of this prediction's metrics."""
        return self._metrics

    @property
    def context(self) -> dict[str, Any]:
        """What the client sent as `context`; empty by default."""
        return self._context

    def record_metric(self, key: str, value: Any, mode: str = "replace") -> None:
        """Records a metric, as `metrics.record`."""
        self._metrics.record(key, value, mode)

    def __repr__(self) -> str:
        return f"Scope({self._metrics!r})"


Scope.__module__ = "coglet._sdk"


class Scopes:
    """Which scope is whose.

    A context variable keeps the scope of a task, or of the thread of a synchronous run. Threads that a model starts
    have no such context: for them the only prediction that is running counts, and with several running none does,
    because a metric in the wrong prediction is worse than a lost one.
    """

    def __init__(self) -> None:
        self._current: ContextVar[Scope | None] = ContextVar("supervisor_cog_scope", default=None)
        self._active: list[Scope] = []
        self._lock = threading.RLock()  # finalizers of models may ask in the middle of anything
        self._outside = Scope()

    def current(self) -> Scope:
        """The scope of the prediction that the caller belongs to, or one that ignores everything."""
        scope = self._current.get()
        if scope is not None:
            return scope
        with self._lock:
            return self._active[0] if len(self._active) == 1 else self._outside

    def enter(self, scope: Scope) -> None:
        """Makes it the scope of this context. To be left with `leave` in the same context."""
        with self._lock:
            self._active.append(scope)
        self._current.set(scope)

    def leave(self, scope: Scope) -> None:
        """Ends the scope: tasks and threads that still have it record nothing any more. May be done again."""
        scope.metrics.close()
        self._current.set(None)
        with self._lock:
            if scope in self._active:
                self._active.remove(scope)
