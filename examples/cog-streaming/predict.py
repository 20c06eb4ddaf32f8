"""Draws a part of the Mandelbrot set in letters and streams it row by row, as it is computed."""

from cog import BasePredictor, ConcatenateIterator, Input, streaming

# Points that leave take these letters in turn, by the step in which they leave, so that a view of any size shows bands.
BANDS = " .:-=+*%#"
STAYS = "@"

# A letter in a terminal is about twice as high as it is wide.
LETTER_HEIGHT = 2.0


class Predictor(BasePredictor):
    def setup(self) -> None:
        print(f"{len(BANDS)} bands")

    @streaming
    def predict(
        self,
        real: float = Input(description="Centre, real part.", default=-0.6, ge=-2, le=2),
        imaginary: float = Input(description="Centre, imaginary part.", default=0.0, ge=-2, le=2),
        width: float = Input(description="Width of the view.", default=3.0, ge=1e-12, le=4),
        columns: int = Input(description="Letters in a row.", default=72, ge=8, le=500),
        rows: int = Input(description="Rows.", default=24, ge=1, le=500),
        steps: int = Input(description="After so many steps a point counts as staying.", default=200, ge=10, le=100000),
    ) -> ConcatenateIterator[str]:
        print(f"{columns} x {rows} letters, up to {steps} steps each")
        step = width / columns
        staying = 0
        for row in range(rows):
            y = imaginary - (row - (rows - 1) / 2) * step * LETTER_HEIGHT
            times = [escape_time(real + (column - (columns - 1) / 2) * step, y, steps) for column in range(columns)]
            staying += times.count(steps)
            yield "".join(shade(time, steps) for time in times).rstrip() + "\n"
        self.record_metric("staying_points", staying)


def escape_time(x: float, y: float, steps: int) -> int:
    """The number of steps z → z² + c from 0 until |z| > 2, for c = x + iy; at most `steps`."""
    real = imaginary = 0.0
    for time in range(steps):
        real, imaginary = real * real - imaginary * imaginary + x, 2 * real * imaginary + y
        if real * real + imaginary * imaginary > 4:
            return time
    return steps


def shade(time: int, steps: int) -> str:
    return STAYS if time == steps else BANDS[time % len(BANDS)]
