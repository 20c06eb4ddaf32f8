"""An asynchronous model that does what `case` says."""

import asyncio
import os
import pathlib
import sys
import tempfile
from typing import Any

import cog
from cog import BaseRunner


def say(name: str, text: str = "") -> None:
    pathlib.Path(name + ".part").write_text(text)
    os.rename(name + ".part", name)


async def wait_for(name: str) -> None:
    while not os.path.exists(name):
        await asyncio.sleep(0.005)


class Runner(BaseRunner):
    async def setup(self):
        self.loop = asyncio.get_running_loop()
        print("set up on the loop")

    async def run(self, case: str, text: str = "", number: float = 0) -> Any:
        return await getattr(self, "case_" + case)(text, number)

    async def case_echo(self, text, number):
        print(text)
        cog.current_scope().record_metric("name", text)
        return text

    async def case_same_loop(self, text, number):
        return asyncio.get_running_loop() is self.loop

    async def case_pid(self, text, number):
        return os.getpid()

    async def case_wait(self, text, number):
        print("start of", text)
        say(text + ".started")
        await wait_for(text + ".go")
        print("end of", text)
        cog.current_scope().record_metric("name", text)
        return text

    async def case_context(self, text, number):
        await wait_for(text + ".go")
        return cog.current_scope().context

    async def case_large(self, text, number):
        path = pathlib.Path(tempfile.mkdtemp()) / "large.bin"
        with open(path, "wb") as file:
            file.truncate(int(number))
        return cog.Path(path)

    async def case_fail(self, text, number):
        print("before the error")
        raise ValueError(text or "boom")

    async def case_exit(self, text, number):
        sys.exit(5)

    async def case_os_exit(self, text, number):
        os._exit(5)

    async def case_clean_up(self, text, number):
        say(text + ".started")
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError as error:
            await asyncio.sleep(0.01)
            say(text + ".caught", type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0.01)
            say(text + ".left")

    async def case_swallow(self, text, number):
        say(text + ".started")
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            pass
        return "swallowed"

    async def case_task_logs(self, text, number):
        async def inner():
            print("from a task of", text)

        await asyncio.create_task(inner())

    async def case_late_task(self, text, number):
        async def later():
            await wait_for(text + ".go")
            print("late words of", text)
            say(text + ".said")

        self.kept = asyncio.create_task(later())
        return "returned"

    async def case_thread(self, text, number):
        def work():
            print("in a thread of", text)
            cog.current_scope().record_metric("thread", text)

        await asyncio.to_thread(work)
