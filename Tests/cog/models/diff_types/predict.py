"""Inputs of many types, told again."""

from typing import Any, List, Optional, Union

from cog import BaseRunner, Input


class Runner(BaseRunner):
    def run(
        self,
        text: str,
        count: int = Input(default=2, ge=1, le=10, description="How often"),
        share: float = Input(default=0.5, ge=0, le=1),
        flag: bool = False,
        colour: str = Input(default="red", choices=["red", "green"]),
        size: int = Input(default=512, choices=[256, 512]),
        word: str = Input(default="abc", regex="^[a-z]*$", max_length=6),
        tags: List[str] = Input(default=[]),
        numbers: List[float] = Input(default=[1.5]),
        note: Optional[str] = None,
        seed: Optional[int] = Input(default=None, ge=0),
        either: Union[str, int] = Input(default=1),
        options: dict = {},
    ) -> Any:
        return {
            "text": text * count, "share": share, "flag": flag, "colour": colour, "size": size, "word": word,
            "tags": tags, "numbers": numbers, "note": note, "seed": seed, "either": either, "options": options,
            "types": [type(v).__name__ for v in (text, count, share, flag, size, note, seed, either)],
        }
