"""The handler API: ordinary functions and classes as models.

    from supervisor_worker import streaming

    class Model:
        def setup(self):
            self.words = open("words.txt").read().split()

        @streaming
        def generate(self, prompt: str, count: int = 10):
            "Continues a text."
            for word in self.words[:count]:
                yield word
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import platform
import sys
import traceback
import typing
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, AsyncIterator, Callable, Iterable, TypeVar

from . import outputs
from .runtime.application import Application, Misconfigured, Setup, SetupFailed
from .runtime.capture import current as _current
from .runtime.iteration import drive, drive_async
from .runtime.run import Run, RunFailed
from .signatures import ITERATORS, DeclarationError, Signature
from .wire.manifest import NAME, Handler, Manifest

Function = TypeVar("Function", bound=Callable[..., Any])
_MARK = "__supervisor_handler__"


@dataclass(frozen=True)
class _Declaration:
    name: str
    concurrency: int
    streaming: bool


def handler(function: Any = None, *, name: str | None = None, concurrency: int = 1) -> Any:
    """Marks a function or method as a handler whose output is asked for as a whole.

    name: what clients call it, default: the function's name. concurrency: runs at once; those of async functions share
    the loop, those of others have a thread each.
    """
    return _mark(function, name, concurrency, is_streaming=False)


def streaming(function: Any = None, *, name: str | None = None, concurrency: int = 1) -> Any:
    """Marks a generator, sync or async, as a handler whose pieces clients get as they are yielded. As `handler`."""
    return _mark(function, name, concurrency, is_streaming=True)


def _mark(function: Any, name: str | None, concurrency: int, is_streaming: bool) -> Any:
    def mark(function: Function) -> Function:
        setattr(function, _MARK, _Declaration(name or function.__name__, concurrency, is_streaming))
        return function

    return mark if function is None else mark(function)


def current_run() -> Run:
    """The run that the calling code belongs to: its id, context, metrics, logs, `is_cancelled`.

    In handlers and in asyncio tasks that they create. Raises LookupError elsewhere.
    """
    run = _current.get(None)
    if run is None:
        raise LookupError("there is no run here: current_run() works in handlers and in the tasks that they create")
    return run


class _Bound:
    """One handler, ready to be called."""

    def __init__(self, function: Callable[..., Any], declaration: _Declaration) -> None:
        self.function = function
        self.declaration = declaration
        self.signature = Signature(function, declaration.name)
        self.is_async_generator = inspect.isasyncgenfunction(function)
        self.is_async = self.is_async_generator or inspect.iscoroutinefunction(function)
        self.is_generator = inspect.isgeneratorfunction(function)
        hint = self.signature.hints.get("return")
        iterates = typing.get_origin(hint) in ITERATORS or hint in ITERATORS
        self.is_iterated = self.is_generator or self.is_async_generator or iterates
        if declaration.streaming and not self.is_iterated:
            raise DeclarationError(f"`{declaration.name}` is marked @streaming but has nothing to iterate: `yield` its "
                                   "pieces, annotate its result as Iterator[…], or mark it @handler")
        if not NAME.match(declaration.name):
            raise DeclarationError(f"`{declaration.name}` cannot be a handler's name: use letters, digits, `_`, `-` and "
                                   "`.`, a letter or digit first")

    def manifest(self) -> Handler:
        """Its entry."""
        described = inspect.getdoc(self.function)
        return Handler(self.declaration.name, self.declaration.streaming, self.declaration.concurrency,
                       input=self.signature.input(), output=self.signature.output(self.is_iterated),
                       description=described)


class HandlersApplication(Application):
    """The marked functions of a module, and the marked methods of its classes."""

    def __init__(self, find_module: Callable[[], ModuleType], path: str) -> None:
        """find_module: imports it. path: of its file, for errors."""
        self._find_module = find_module
        self._path = path
        self._handlers: dict[str, _Bound] = {}

    @staticmethod
    def of_file(path: str) -> HandlersApplication:
        """The handlers of a file, which is imported under its own name, with its directory to import from."""
        path = os.path.abspath(path)

        def load() -> ModuleType:
            name = os.path.basename(path)[:-len(".py")]
            sys.path.insert(0, os.path.dirname(path))
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None and spec.loader is not None, "the path ends with .py"
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module

        return HandlersApplication(load, path)

    def load(self, setup: Setup) -> Manifest:
        try:
            module = self._find_module()
        except Misconfigured:
            raise
        except BaseException as error:
            raise SetupFailed(f"{self._path} cannot be imported: {_words(error)}", type(error).__name__,
                              traceback.format_exc()) from error
        try:
            self._collect(module, setup)
            entries = [bound.manifest() for bound in self._handlers.values()]
        except DeclarationError as error:
            raise Misconfigured(f"{self._path}: {error}.", type(error).__name__, "") from error
        if not entries:
            raise Misconfigured(f"{self._path} has no handlers: mark a function, or a method of a class, with @handler or "
                                "@streaming of supervisor_worker.", "LookupError")
        return Manifest(entries, versions={"python": platform.python_version()},
                        health_check=self.healthcheck is not None)

    def _collect(self, module: ModuleType, setup: Setup) -> None:
        owners = [value for value in vars(module).values() if inspect.isclass(value)
                  and value.__module__ == module.__name__ and _marked(value)]
        owners = [owner for owner in owners if not any(
            issubclass(other, owner) for other in owners if other is not owner)]
        functions = [(value, getattr(value, _MARK)) for value in vars(module).values()
                     if inspect.isfunction(value) and hasattr(value, _MARK)]
        found = [(value, mark) for value, mark in functions if not any(
            value is method for owner in owners for method in vars(owner).values())]
        models = []
        for owner in owners:
            model = owner()
            models.append(model)
            found += [(getattr(model, name), mark) for name, mark in _marked(owner)]
        for function, mark in found:
            if mark.name in self._handlers:
                raise DeclarationError(f"two handlers are called `{mark.name}`; give one of them another name: "
                                       "@handler(name=…)")
            self._handlers[mark.name] = _Bound(function, mark)
        self.is_async = any(bound.is_async for bound in self._handlers.values())
        self.healthcheck = next((check for part in [*models, module]
                                 if callable(check := getattr(part, "healthcheck", None))), None)
        for model in models:
            start = getattr(model, "setup", None)
            if start is not None:
                result = start(setup) if inspect.signature(start).parameters else start()
                if inspect.isawaitable(result):
                    setup.run_until_complete(result)

    def runs_on_loop(self, handler: str) -> bool:
        return self._handlers[handler].is_async

    def run(self, run: Run) -> None:
        bound = self._handlers[run.handler]
        result = bound.function(**bound.signature.arguments(run.input))
        if not bound.is_iterated:
            outputs.emit(run, result)
            return
        run.collected = True
        drive(result, partial(outputs.emit, run), self.cancellation)

    async def run_async(self, run: Run) -> None:
        bound = self._handlers[run.handler]
        result = bound.function(**bound.signature.arguments(run.input))
        if not bound.is_async_generator:
            result = await result
        if not bound.is_iterated:
            await outputs.emit_async(run, result)
            return
        run.collected = True
        if not hasattr(result, "__aiter__"):
            result = _async(result)
        await drive_async(result, partial(outputs.emit_async, run))


async def _async(pieces: Iterable[Any]) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


def _marked(owner: type) -> list[tuple[str, _Declaration]]:
    """The marked methods of a class, those of its bases included, in the order of their definition."""
    found = {name: getattr(value, _MARK) for base in reversed(owner.__mro__) for name, value in vars(base).items()
             if hasattr(value, _MARK)}
    return list(found.items())


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
