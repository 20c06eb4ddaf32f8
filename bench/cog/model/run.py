"""Models that do nothing, so that what is measured is the server: each kind of Cog model once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from cog import BaseRunner, Input, streaming


class Tokens(BaseRunner):
    @streaming
    def run(self, count: int = Input(default=1, ge=0), work: float = Input(default=0.0)) -> Iterator[str]:
        for _ in range(count):
            yield " word"
            end = time.perf_counter() + work
            while time.perf_counter() < end:
                pass


class AsyncTokens(BaseRunner):
    @streaming
    async def run(self, count: int = Input(default=1, ge=0), pause: float = Input(default=0.0)) -> AsyncIterator[str]:
        for index in range(count):
            yield " word"
            if pause:
                await asyncio.sleep(pause)
            elif index % 100 == 99:
                await asyncio.sleep(0)


class Answer(BaseRunner):
    def run(self, text: str) -> str:
        return text
