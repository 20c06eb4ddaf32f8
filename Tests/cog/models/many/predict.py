"""A small asynchronous model for very many predictions."""

import asyncio
import os

from cog import BaseRunner, current_scope


class Runner(BaseRunner):
    async def run(self, name: str, pauses: int = 1) -> str:
        if name == "pid":
            return str(os.getpid())
        for step in range(pauses):
            print(f"{name} step {step}")
            await asyncio.sleep(0)
        current_scope().record_metric("name", name)
        return name
