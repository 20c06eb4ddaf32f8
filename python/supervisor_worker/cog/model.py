"""The model's functions: which there are, of what kind, and with their `Input()` defaults made real."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import Any, Callable


@dataclass(frozen=True)
class Model:
    """A loaded model."""

    function: Callable[..., Any]
    """What is called for each run, bound to its object if there is one."""
    name: str
    """How the function is called: run, predict, train, or as the reference says."""
    is_async: bool
    """Whether calling it gives a coroutine or an asynchronous generator."""
    owner: Any
    """The object with `setup` and `healthcheck`; None where the reference is a function."""


def is_async_function(function: Callable[..., Any]) -> bool:
    """Whether calling it gives something to await, or to go through with `async for`."""
    while isinstance(function, functools.partial):
        function = function.func
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", function)
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def patch_defaults(function: Callable[..., Any], field_info: type) -> None:
    """Replaces defaults that are what `Input()` returns by the defaults that they describe.

    Also in functions behind decorators that keep them as `__wrapped__`: those are where the defaults are used.
    """
    current: Any = function
    while isinstance(current, functools.partial):
        current = current.func
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        plain = getattr(current, "__func__", current)
        if not inspect.isfunction(plain):
            plain = getattr(type(plain), "__call__", None)
        if inspect.isfunction(plain):
            if plain.__defaults__:
                plain.__defaults__ = tuple(_real_default(value, field_info) for value in plain.__defaults__)
            if plain.__kwdefaults__:
                plain.__kwdefaults__ = {
                    key: _real_default(value, field_info) for key, value in plain.__kwdefaults__.items()
                }
        current = getattr(current, "__wrapped__", None)


def concurrency_of(function: Callable[..., Any]) -> int | None:
    """What `@concurrent` says about a function; None where it is not used."""
    found = getattr(function, "__cog_concurrent_max__", None)
    return found if isinstance(found, int) else None


def _real_default(value: Any, field_info: type) -> Any:
    return value.default if isinstance(value, field_info) else value
