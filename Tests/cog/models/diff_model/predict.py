"""Gives a structured answer."""

from typing import List, Optional

from cog import BaseModel, BaseRunner, Input, Secret


class Part(BaseModel):
    name: str
    score: float


class Answer(BaseModel):
    title: str
    parts: List[Part]
    note: Optional[str] = None


class Runner(BaseRunner):
    def run(
        self,
        title: str = Input(min_length=1),
        scores: List[float] = Input(default=[0.25, 1.0]),
        key: Secret = Input(default=None),
        quiet: bool = True,
    ) -> Answer:
        if not quiet:
            print("title is", title)
        parts = [Part(name=f"part {n}", score=score) for n, score in enumerate(scores)]
        return Answer(title=title, parts=parts, note=None if key is None else str(len(key.get_secret_value())))
