"""Iterating a model's generator, so that it learns of a cancel wherever that strikes.

While a piece is sent, the generator is suspended: an exception that strikes then would pass it by, and what it has to
clean up would be done at some later time, in some other run.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any, AsyncIterator, Awaitable, Callable, Iterable

TURN = 0.005
"""Seconds that a generator that never waits may keep the loop; other runs and cancels wait for so long."""


def is_suspended(pieces: Any) -> bool:
    """Whether it is a generator, of either kind, that waits at a `yield`."""
    if inspect.isgenerator(pieces):
        return inspect.getgeneratorstate(pieces) == inspect.GEN_SUSPENDED
    # Begun, not ended, and not at work.
    if not inspect.isasyncgen(pieces) or pieces.ag_frame is None or pieces.ag_running:
        return False
    return pieces.ag_frame.f_lasti >= 0


def drive(pieces: Iterable[Any], emit: Callable[[Any], None], cancellation: type[BaseException]) -> None:
    """Emits all pieces. A cancellation that strikes outside of a generator is raised in it, at its `yield`; a generator
    that goes on after it is listened to. With any other error it is closed."""
    iterator = iter(pieces)
    try:
        while True:
            try:
                for piece in iterator:
                    emit(piece)
                return
            except cancellation as error:
                if not is_suspended(iterator):
                    raise
                try:
                    emit(iterator.throw(error))
                except StopIteration:
                    return
    finally:
        if inspect.isgenerator(iterator):
            iterator.close()


async def drive_async(pieces: AsyncIterator[Any], emit: Callable[[Any], Awaitable[None]]) -> None:
    """As `drive`, for an async generator; the cancellation is asyncio's. One that never waits lets others have a turn."""
    turn = time.monotonic()
    try:
        while True:
            try:
                async for piece in pieces:
                    await emit(piece)
                    if time.monotonic() - turn > TURN:
                        await asyncio.sleep(0)
                        turn = time.monotonic()
                return
            except asyncio.CancelledError as error:
                if not is_suspended(pieces):
                    raise
                try:
                    await emit(await pieces.athrow(error))
                except StopAsyncIteration:
                    return
    finally:
        if inspect.isasyncgen(pieces):
            await pieces.aclose()
