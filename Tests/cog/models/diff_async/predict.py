"""Adds up, asynchronously."""

import asyncio
from typing import List, Optional

from cog import BaseRunner, Input


class Runner(BaseRunner):
    async def run(
        self,
        numbers: List[int] = Input(default=[1, 2]),
        scale: float = Input(default=1.0, ge=-10.0, le=10.0),
        name: Optional[str] = Input(default=None, max_length=8),
        fail: bool = False,
    ) -> float:
        await asyncio.sleep(0)
        print("adding", len(numbers))
        if fail:
            raise KeyError("asked to")
        return sum(numbers) * scale
