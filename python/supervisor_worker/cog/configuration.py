"""What to serve and how: cog.yaml and the environment, put together."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, MutableMapping

from ..runtime.application import Misconfigured
from ..schema import ConfigurationError, cog_yaml

CONCURRENCY_VARIABLE = "COG_MAX_CONCURRENCY"
MODE_VARIABLE = "SUPERVISOR_MODE"
MODES = ("predict", "train")

CONCURRENCY = 1024
"""Most runs at once: the slots that a worker can have (PROTOCOL § 7)."""


@dataclass(frozen=True)
class CogConfiguration:
    """What cog.yaml and the environment say."""

    directory: Path
    mode: str
    """`predict` or `train`: which function serves."""
    predict_ref: str | None
    train_ref: str | None
    environment: Mapping[str, str]
    """Variables that cog.yaml wants set."""
    concurrency: int | None
    """Runs at once; None: what the model's decorator says, or 1."""

    @property
    def reference(self) -> str:
        """`file.py:Name` of what serves. Raises SetupFailed if there is none."""
        found = self.train_ref if self.mode == "train" else self.predict_ref
        if found is not None:
            return found
        is_training = self.mode == "train"
        key = "train" if is_training else "run"
        variable = cog_yaml.TRAIN_VARIABLE if is_training else cog_yaml.PREDICT_VARIABLE
        has_file = (self.directory / cog_yaml.FILE_NAME).is_file()
        problem = f"cog.yaml names no `{key}`" if has_file else f"there is no cog.yaml in {self.directory}"
        raise Misconfigured(
            f'{problem}; add `{key}: "file.py:Name"` to cog.yaml, or set {variable}=file.py:Name',
            kind="ConfigurationError",
        )


def read_configuration(directory: Path, environment: Mapping[str, str]) -> CogConfiguration:
    """Reads cog.yaml and the variables that override it. Raises SetupFailed that names what is wrong."""
    mode = environment.get(MODE_VARIABLE) or "predict"
    if mode not in MODES:
        raise Misconfigured(f"{MODE_VARIABLE} is '{mode}'; it must be predict or train", kind="ConfigurationError")
    try:
        found = cog_yaml.read(directory)
    except ConfigurationError as error:
        raise Misconfigured(str(error), kind="ConfigurationError") from None
    return CogConfiguration(
        directory=directory,
        mode=mode,
        predict_ref=environment.get(cog_yaml.PREDICT_VARIABLE) or found.predict_ref,
        train_ref=environment.get(cog_yaml.TRAIN_VARIABLE) or found.train_ref,
        environment=found.environment,
        concurrency=_concurrency(environment.get(CONCURRENCY_VARIABLE), found.concurrency_max),
    )


def apply_environment(wanted: Mapping[str, str], environment: MutableMapping[str, str]) -> None:
    """Sets what cog.yaml wants set. Who started the server knows better: what is set already stays."""
    for name, value in wanted.items():
        present = environment.setdefault(name, value)
        if present != value:
            print(
                f"cog.yaml wants another {name}; the one from outside counts. Unset it to use cog.yaml's.",
                file=sys.stderr,
            )


def _concurrency(variable: str | None, from_file: int | None) -> int | None:
    number = from_file
    if variable is not None:
        number = _whole_number(variable)
        if number is None:
            print(f"{CONCURRENCY_VARIABLE} is '{variable}', which is no whole number from 1; using 1", file=sys.stderr)
            number = 1
    if number is not None and number > CONCURRENCY:
        raise Misconfigured(
            f"{number} runs at once are too many; at most {CONCURRENCY} can be", kind="ConfigurationError"
        )
    return number


def _whole_number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= 9 and int(text) > 0 else None
