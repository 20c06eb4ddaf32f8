"""A run's outputs: from what the model returns or yields to what the supervisor gets, piece by piece and in order."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Iterator
from json.encoder import encode_basestring
from typing import Any

from ..runtime.iteration import TURN, is_suspended
from ..runtime.run import Run, RunFailed, UploadFailed
from .encoding import Encoder, NotSerializable, encode_text, name_of, plain, surrogate_error
from .faults import describe, traceback_text
from .files import OutputFileError, is_file

_ATOMS = frozenset((type(None), str, bool, int, float, dict))
"""Types of values that are one output and need no second look."""

_NO_FILES = _ATOMS | {list, tuple}
"""Types of values that are certainly no files; to ask the others takes time."""


class Outputs:
    """Writes the outputs of one run. Not for several threads at once.

    cancellation: what is raised in the model's code to cancel the run: asyncio.CancelledError, or cog's exception.
    """

    def __init__(self, run: Run, encoder: Encoder, cancellation: type[BaseException]) -> None:
        self._run = run
        self._encoder = encoder
        self._cancellation = cancellation

    # What the model returned.

    def write_result(self, value: Any) -> None:
        """Writes what a function returned: one output, or one for each element or item of it; none for None.

        Raises RunFailed; exceptions of an iterator, worded as failures of it; and whatever cancels the run.
        """
        if value is None:
            return
        value = self._simplified(value)
        if isinstance(value, (list, tuple)):
            self._run.collected = True
            for index, element in enumerate(value):
                self._write(element, index)
        elif is_stream(value):
            self._run.collected = True
            self._write_stream(value)
        else:
            self._write(value, None)

    async def write_result_async(self, value: Any) -> None:
        """As `write_result`, on the loop; asynchronous iterators are streams as well."""
        if isinstance(value, AsyncIterator) or hasattr(type(value), "__anext__"):
            self._run.collected = True
            await self._write_async_stream(value)
            return
        if value is None:
            return
        value = self._simplified(value)
        if isinstance(value, (list, tuple)):
            self._run.collected = True
            for index, element in enumerate(value):
                await self._write_async(element, index)
        elif is_stream(value):
            self._run.collected = True
            await self._write_stream_on_loop(value)
        else:
            await self._write_async(value, None)

    def _simplified(self, value: Any) -> Any:
        """A value that is, or becomes, a list counts as one, so that its elements are outputs of their own."""
        if type(value) in _ATOMS:
            return value
        if isinstance(value, (str, int, float, dict, list, tuple)) or is_file(value) or is_stream(value):
            return value
        if self._encoder.is_secret(value):
            return value
        try:
            simpler = plain(value)
        except Exception as error:
            raise self.model_failed("Failed to process output", error) from error
        return simpler if isinstance(simpler, (list, tuple)) else value

    # Streams.

    def _write_stream(self, items: Any) -> None:
        emit = self._run.emit
        iterator = _iterator(items)
        index = -1
        try:
            while True:
                try:
                    for index, item in enumerate(iterator, index + 1):
                        if type(item) is str:
                            try:
                                encoded = encode_basestring(item).encode()
                            except UnicodeEncodeError as error:
                                raise self._not_text(error, index) from None
                            emit(encoded)
                        else:
                            self._write(item, index)
                    return
                except self._cancellation as error:
                    # It may have come between two items. The model sees it all the same, and may go on.
                    if not is_suspended(iterator):
                        raise
                    try:
                        item = iterator.throw(error)  # type: ignore[attr-defined]
                    except StopIteration:
                        return
                    index += 1
                    self._write(item, index)
        except RunFailed:
            raise
        except BaseException as error:
            if self.is_cancellation(error):
                raise
            raise self.model_failed("Generator iteration error", error) from error
        finally:
            _close(iterator)

    async def _write_stream_on_loop(self, items: Any) -> None:
        turn = time.monotonic()
        iterator = _iterator(items)
        try:
            for index, item in enumerate(iterator):
                await self._write_async(item, index)
                if time.monotonic() - turn > TURN:
                    await asyncio.sleep(0)
                    turn = time.monotonic()
        except RunFailed:
            raise
        except BaseException as error:
            if self.is_cancellation(error):
                raise
            raise self.model_failed("Generator iteration error", error) from error
        finally:
            _close(iterator)

    async def _write_async_stream(self, items: Any) -> None:
        emit = self._run.emit
        monotonic = time.monotonic
        turn = monotonic()
        iterator = items if hasattr(type(items), "__aiter__") else _async_items(items)
        index = -1
        try:
            while True:
                try:
                    async for item in iterator:
                        index += 1
                        if type(item) is str:
                            try:
                                encoded = encode_basestring(item).encode()
                            except UnicodeEncodeError as error:
                                raise self._not_text(error, index) from None
                            emit(encoded)
                        else:
                            await self._write_async(item, index)
                        if monotonic() - turn > TURN:
                            await asyncio.sleep(0)
                            turn = monotonic()
                    return
                except asyncio.CancelledError as error:
                    # As above.
                    if not self.is_cancellation(error) or not is_suspended(iterator):
                        raise
                    try:
                        item = await iterator.athrow(error)
                    except StopAsyncIteration:
                        return
                    index += 1
                    await self._write_async(item, index)
        except RunFailed:
            raise
        except BaseException as error:
            if self.is_cancellation(error):
                raise
            raise self.model_failed("Async prediction failed", error) from error
        finally:
            await _close_async(iterator)

    # Single outputs.

    def _write(self, value: Any, index: int | None) -> None:
        """One output. index: among those of a list or stream; None for the only one."""
        run = self._run
        if type(value) is str:
            run.emit(self._text(value, index))
            return
        try:
            if type(value) not in _NO_FILES and is_file(value):
                file = self._encoder.file(value)
                if run.can_upload:
                    run.emit(encode_text(run.upload(file.path, file.mime, file.name, move=file.temporary)))
                else:
                    run.emit_file(file.path, file.mime, file.name, move=file.temporary)
                return
            encoded = self._encoder.encode(value, index)
            if self._encoder.files:
                files = self._encoder.files
                urls = [run.upload(file.path, file.mime, file.name, move=file.temporary) for file in files]
                encoded = self._encoder.with_urls(encoded, urls)
            run.emit(encoded)
        except RunFailed:
            raise
        except Exception as error:
            raise self._output_failed(error, index) from error

    async def _write_async(self, value: Any, index: int | None) -> None:
        """As `_write`; only what is uploaded is waited for."""
        run = self._run
        if type(value) is str or not run.can_upload:
            self._write(value, index)
            return
        try:
            if type(value) not in _NO_FILES and is_file(value):
                file = self._encoder.file(value)
                run.emit(encode_text(await run.upload_async(file.path, file.mime, file.name, move=file.temporary)))
                return
            encoded = self._encoder.encode(value, index)
            if self._encoder.files:
                files = self._encoder.files
                urls = await asyncio.gather(
                    *(run.upload_async(file.path, file.mime, file.name, move=file.temporary) for file in files)
                )
                encoded = self._encoder.with_urls(encoded, urls)
            run.emit(encoded)
        except RunFailed:
            raise
        except Exception as error:
            raise self._output_failed(error, index) from error

    def _text(self, text: str, index: int | None) -> bytes:
        try:
            return encode_text(text)
        except UnicodeEncodeError as error:
            raise self._not_text(error, index) from None

    # Failures.

    def is_cancellation(self, error: BaseException) -> bool:
        """Whether an exception is the run's cancel. A CancelledError that only comes from something that the model
        waited for is a failure; Cog's own exception cancels, whoever raises it."""
        if not isinstance(error, self._cancellation):
            return False
        return self._run.is_cancelled or self._cancellation is not asyncio.CancelledError

    def _not_text(self, error: UnicodeEncodeError, index: int | None) -> RunFailed:
        problem = surrogate_error(error, name_of(index))
        return RunFailed(f"Prediction failed: {_failed_to_serialize(index)}: {problem}", "ValueError")

    def _output_failed(self, error: Exception, index: int | None) -> RunFailed:
        if isinstance(error, UploadFailed):
            return RunFailed(f"Failed to upload output: {error}", "UploadFailed")
        if isinstance(error, NotSerializable):
            text = str(error)
            return RunFailed(f"Prediction failed: {_failed_to_serialize(index)}: {text}", text.split(":")[0])
        if isinstance(error, OutputFileError):
            return RunFailed(f"Prediction failed: Failed to process output: {error}", "OutputFileError")
        return self.model_failed("Failed to process output", error)

    def model_failed(self, what: str, error: BaseException) -> RunFailed:
        """The failure for an exception of the model's code, whose traceback goes to the run's log."""
        self._run.log(traceback_text(error), "stderr")
        return RunFailed(f"Prediction failed: {what}: {describe(error)}", type(error).__qualname__)


def _failed_to_serialize(index: int | None) -> str:
    return "Failed to serialize output" if index is None else "Failed to serialize output item"


def is_stream(value: Any) -> bool:
    """Whether a returned value is gone through item by item: anything with `__next__`, but no file and no class."""
    return hasattr(type(value), "__next__") and not is_file(value)


def _iterator(items: Any) -> Iterator[Any]:
    if hasattr(type(items), "__iter__"):
        return iter(items)
    return _items(items)


def _items(items: Any) -> Iterator[Any]:
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        yield item


async def _async_items(items: Any) -> AsyncIterator[Any]:
    while True:
        try:
            item = await anext(items)
        except StopAsyncIteration:
            return
        yield item


def _close(items: Any) -> None:
    """Ends a generator that is not at its end, so that it cleans up now and not in some later run."""
    if not inspect.isgenerator(items):
        return
    try:
        items.close()
    except Exception:
        # It yields or fails while it is closed; it is dropped all the same.
        pass


async def _close_async(items: Any) -> None:
    if not inspect.isasyncgen(items):
        return
    try:
        await items.aclose()
    except Exception:
        pass
