from cog import BasePredictor, Input, Path
from lib.types import Result, sizes


class Predictor(BasePredictor):
    def predict(self, image: Path = Input(description="A picture"), size: int = sizes(64)) -> list[Result]:
        return []
