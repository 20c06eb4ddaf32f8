"""What every scenario is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scenario:
    """What a scenario has to know."""

    binary: str
    fixture: str
    nightly: bool
    seed: int

    def pick(self, short: T, nightly: T) -> T:
        return nightly if self.nightly else short
