from typing import List, Optional

from cog import BaseModel, Input

SIZES = [32, 64]


def sizes(default: int):
    return Input(default=default, choices=SIZES + [128])


class Box(BaseModel):
    left: int
    top: int


class Result(BaseModel):
    label: str
    box: Box
    parts: List["Result"]
    note: Optional[str]
    score: float = 0.0
