from __future__ import annotations

from typing import Any, Optional

from cog import AsyncConcatenateIterator, BaseRunner, Input, Path, Secret, concurrent, streaming

MODELS = {"small": 1, "large": 2}
MAXIMUM = 2**12


class Runner(BaseRunner):
    async def setup(self) -> None:
        self.ready = True

    @streaming
    @concurrent(max=4)
    async def run(
        self,
        prompt: str = Input(description="What to begin with", min_length=1, max_length=10_000),
        max_tokens: int = Input(default=128, ge=1, le=MAXIMUM),
        temperature: float = Input(default=0.7, ge=0.0, le=5.0),
        model: str = Input(default="small", choices=list(MODELS.keys())),
        stop: list[str] = Input(default=["\n"], description="Where to end"),
        image: Optional[Path] = Input(default=None, accept="image/*"),
        token: Secret = Input(default=None),
        seed: int | None = None,
        verbose: bool = False,
        extra: Any = Input(default={}),
        bias: str | list[str] = Input(default="none", deprecated=True),
    ) -> AsyncConcatenateIterator[str]:
        yield prompt
