"""An asynchronous generator that streams what `case` says."""

import asyncio
import os
import pathlib
from typing import Any, AsyncIterator

import cog
from cog import BaseRunner, streaming


def say(name: str, text: str = "") -> None:
    pathlib.Path(name + ".part").write_text(text)
    os.rename(name + ".part", name)


async def wait_for(name: str) -> None:
    while not os.path.exists(name):
        await asyncio.sleep(0.005)


class Runner(BaseRunner):
    @streaming
    async def run(self, case: str = "count", n: int = 3, text: str = "") -> AsyncIterator[Any]:
        if case == "count":
            for number in range(n):
                print("log", number)
                yield number
        elif case == "gated":
            for number in range(n):
                print("log", number)
                yield number
                await wait_for(f"{text}.{number}")
        elif case == "fail":
            yield "kept"
            raise ValueError("boom")
        elif case == "forever":
            yield "kept"
            say(text + ".started")
            try:
                await asyncio.sleep(1000)
            finally:
                say(text + ".left")
        elif case == "metric":
            cog.current_scope().record_metric("n", n)
            yield "measured"
