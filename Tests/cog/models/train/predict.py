"""A model with a training function beside it."""

import os
import time
from typing import Iterator

from cog import BaseRunner, streaming


class Runner(BaseRunner):
    @streaming
    def run(self, n: int = 1, wait: str = "") -> Iterator[str]:
        if wait:
            open(wait + ".started", "w").close()
            while not os.path.exists(wait + ".go"):
                time.sleep(0.005)
        yield f"run {n}"
