"""Answers to `healthCheck`: by the model's own check, in a time of our own."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any, Callable

from ..wire.messages import HealthResult
from . import capture, outcome
from .executors import Loop

TIME = 5.0
"""Seconds that the model's check has, as for Cog models."""
HEALTHY = HealthResult(True)


def result(value: Any) -> HealthResult:
    """What a check's return value means: only False is unhealthy."""
    return _failed("user-defined healthcheck returned False") if value is False else HEALTHY


def _failed(text: str) -> HealthResult:
    return HealthResult(False, f"Healthcheck failed: {text}")


class HealthChecks:
    """Asks the model, once at a time: who asks while a check is under way gets its result, too. All threads."""

    def __init__(self, check: Callable[[], Any], loop: Loop | None, answer: Callable[[HealthResult], None],
                 time: float = TIME) -> None:
        """loop: where async checks are done; None: on a loop of their own. answer: called once for each `ask`."""
        self._check = check
        self._loop = loop
        self._answer = answer
        self._time = time
        self._lock = threading.Lock()
        self._open: list[threading.Timer] = []
        self._is_running = False

    def ask(self) -> None:
        """Has `answer` called, after `time` seconds at the latest."""
        timer = threading.Timer(self._time, lambda: self._give(timer, _failed(
            f"user-defined healthcheck timed out after {self._time} seconds")))
        timer.daemon = True
        with self._lock:
            self._open.append(timer)
            starts, self._is_running = not self._is_running, True
        timer.start()
        if not starts:
            return
        if self._loop is not None and inspect.iscoroutinefunction(self._check):
            self._loop.start(self._on_loop)
        else:
            threading.Thread(target=self._on_thread, name="supervisor-healthcheck", daemon=True).start()

    def _on_thread(self) -> None:
        capture.current.set(None)
        try:
            value = self._check()
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            found = result(value)
        except BaseException as error:
            found = _failed(outcome.in_words(error))
        self._finish(found)

    async def _on_loop(self) -> None:
        capture.current.set(None)
        try:
            found = result(await asyncio.wait_for(self._check(), self._time))
        except asyncio.TimeoutError:
            found = _failed(f"user-defined healthcheck timed out after {self._time} seconds")
        except BaseException as error:
            found = _failed(outcome.in_words(error))
        self._finish(found)

    def _finish(self, found: HealthResult) -> None:
        with self._lock:
            waiting = list(self._open)
            self._is_running = False
        for timer in waiting:
            self._give(timer, found)

    def _give(self, timer: threading.Timer, found: HealthResult) -> None:
        with self._lock:
            if timer not in self._open:
                return
            self._open.remove(timer)
        timer.cancel()
        self._answer(found)
