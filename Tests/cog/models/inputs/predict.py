"""Says what its inputs are when they arrive."""

import os
import pathlib
from typing import Any, List, Optional, Union

from cog import BaseRunner, File, Input, Path, Secret


def describe(value: Any) -> Any:
    kind = type(value).__name__
    if isinstance(value, list):
        return [describe(item) for item in value]
    if isinstance(value, pathlib.Path):
        return {"type": kind, "suffix": value.suffix, "name": value.name, "text": value.read_bytes().decode("latin-1")}
    if isinstance(value, Secret):
        return {"type": kind, "secret": value.get_secret_value(), "str": str(value)}
    if hasattr(value, "read"):
        return {"type": kind, "text": value.read().decode("latin-1")}
    return {"type": kind, "value": repr(value)}


class Runner(BaseRunner):
    def run(
        self,
        want: str = "",
        s: str = Input(default="default text", description="A text", min_length=1, max_length=40),
        i: int = Input(default=3, ge=0, le=100000),
        f: float = Input(default=0.5, ge=0.0, le=2.0),
        b: bool = False,
        choice: str = Input(default="red", choices=["red", "green", "blue"]),
        number_choice: int = Input(default=1, choices=[1, 2, 4]),
        pattern: str = Input(default="abc", regex="^[a-z]+$"),
        ps: List[str] = Input(default=["p"]),
        numbers: List[int] = Input(default=[1, 2]),
        optional: Optional[str] = Input(default=None),
        bare: Optional[int] = None,
        nothing: Optional[str] = Input(description="optional, without default"),
        either: Union[str, int] = Input(default="either"),
        anything: Any = None,
        secret: Secret = Input(default=None),
        path: Optional[Path] = None,
        file: Optional[File] = None,
        paths: List[Path] = Input(default=[]),
        maybe: Optional[Path] = None,
        secrets: List[Secret] = Input(default=[]),
    ) -> Any:
        values = dict(locals())
        del values["self"], values["want"]
        wanted = want.split(",") if want else sorted(values)
        self.left = [str(v) for v in [path, maybe, *(paths or [])] if isinstance(v, pathlib.Path)]
        if self.left:
            pathlib.Path("temporary.txt").write_text("\n".join(self.left))
        if want == "exists":
            return [os.path.exists(name) for name in pathlib.Path("temporary.txt").read_text().splitlines()]
        return {name: describe(values[name]) for name in wanted}
