"""Turns files into files."""

import pathlib
import tempfile
from typing import List, Optional

from cog import BaseRunner, File, Input, Path


class Runner(BaseRunner):
    def run(
        self,
        source: Path,
        more: List[Path] = Input(default=[]),
        raw: Optional[File] = None,
        upper: bool = True,
        suffix: str = Input(default=".txt", choices=[".txt", ".json", ".bin"]),
    ) -> List[Path]:
        folder = pathlib.Path(tempfile.mkdtemp())
        texts = [pathlib.Path(path).read_text() for path in [source, *more]]
        if raw is not None:
            texts.append(raw.read().decode())
        outputs = []
        for number, text in enumerate(texts):
            path = folder / f"{number}{suffix}"
            path.write_text(text.upper() if upper else text)
            outputs.append(Path(path))
        return outputs
