"""Trains nothing."""

import os
import time

from cog import BaseModel, Input


class TrainingOutput(BaseModel):
    weights: str


def train(n: int = Input(description="How often", ge=1, le=9), wait: str = "") -> TrainingOutput:
    if wait:
        open(wait + ".started", "w").close()
        while not os.path.exists(wait + ".go"):
            time.sleep(0.005)
    print("trained")
    if n == 9:
        raise ValueError("nine is too many")
    return TrainingOutput(weights=f"train {n}")
