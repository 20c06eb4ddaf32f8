"""An asynchronous model with an asynchronous healthcheck()."""

import asyncio
import os
import pathlib

from cog import BaseRunner


class Runner(BaseRunner):
    async def healthcheck(self) -> bool:
        text = pathlib.Path("health").read_text() if os.path.exists("health") else "true"
        while text == "wait" and not os.path.exists("health.go"):
            await asyncio.sleep(0.005)
        if text == "raise":
            raise RuntimeError("the device is gone")
        return text != "false"

    async def run(self, text: str = "") -> str:
        return text
