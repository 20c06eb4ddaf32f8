from cog import BaseModel, Input, Path


class TrainingOutput(BaseModel):
    weights: Path


def train(data: Path, size: int = Input(default=1, choices=[1, 2])) -> TrainingOutput:
    return TrainingOutput(weights=data)
