from collections.abc import Iterator
from typing import Annotated

from supervisor_worker import Field, streaming


@streaming
def pi(digits: Annotated[int, Field("How many.", minimum=1, maximum=10_000)] = 20) -> Iterator[int]:
    """The digits of π, each as soon as it is certain, in whole numbers only (Gibbons' spigot)."""
    q, r, t, term = 1, 0, 1, 1
    while digits:
        digit = (3 * q + r) // t
        if digit == (4 * q + r) // t:
            yield digit
            digits -= 1
            q, r = 10 * q, 10 * (r - digit * t)
        else:
            q, r, t, term = q * term, (2 * q + r) * (2 * term + 1), t * (2 * term + 1), term + 1
