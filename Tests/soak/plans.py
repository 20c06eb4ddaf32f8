"""What clients ask workers to do, drawn at random: for each the outputs and the end that must come of it."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import Any

from journal import Ending, Plan

#: Signals by which a crash shows itself in practice.
CRASHES = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM)
OFFSPRING = ("plain", "session", "double", "deaf", "lost")

Steps = list[list[Any]]


def _words(random: random.Random, most: int, pause: float) -> tuple[Steps, list[Any]]:
    """Some outputs with pauses between them."""
    steps: Steps = []
    outputs: list[Any] = []
    for index in range(random.randint(0, most)):
        value = random.choice([f"token {index}", {"index": index}, index, None, "\u2028 über", [index, "x" * 50]])
        steps.append(["emit", value])
        outputs.append(value)
        if random.random() < 0.5:
            steps.append(["pause", round(random.uniform(0, pause), 4)])
        if random.random() < 0.1:
            steps.append(random.choice([["log", f"line {index}"], ["print", f"printed {index}"]]))
    return steps, outputs


def _ends(random: random.Random) -> Plan:
    steps, outputs = _words(random, 12, 0.08)
    return Plan({"do": steps}, Ending.SUCCESS, outputs)


def _short(random: random.Random) -> Plan:
    return Plan({"do": [["emit", 1]]}, Ending.SUCCESS, [1])


def _burst(random: random.Random) -> Plan:
    count, size = random.randint(1, 300), random.choice([8, 200, 800])
    outputs = [f"{index}:" + "x" * size for index in range(count)]
    return Plan({"do": [["many", count, size]]}, Ending.SUCCESS, outputs)


def _spill(random: random.Random) -> Plan:
    size = random.choice([10, 70_000, 300_000])
    return Plan({"do": [["emit", 1], ["spill", size]]}, Ending.SUCCESS, [1, "y" * size])


def _flood(random: random.Random) -> Plan:
    # What a flood says of itself is a time; nobody can plan that, so it ends otherwise.
    steps = [["print", "x" * 5000] for _ in range(random.randint(1, 200))]
    return Plan({"do": [*steps, ["emit", "printed"]]}, Ending.SUCCESS, ["printed"])


def _offspring(random: random.Random) -> Plan:
    steps, outputs = _words(random, 3, 0.05)
    return Plan({"do": [["offspring", random.choice(OFFSPRING)], *steps]}, Ending.SUCCESS, outputs)


def _fails(random: random.Random) -> Plan:
    steps, outputs = _words(random, 5, 0.05)
    return Plan({"do": [*steps, ["fail", "as planned"]]}, Ending.FAILURE, outputs, "as planned")


def _dies(random: random.Random) -> Plan:
    steps, outputs = _words(random, 5, 0.05)
    if random.random() < 0.2:
        steps.append(["offspring", random.choice(OFFSPRING)])
    last = random.choice(
        [
            ["exit", random.choice([0, 1, 3, 255])],
            ["signal", random.choice(CRASHES)],
            ["half", 0],
            ["garbage"],
            ["huge"],
            ["jump"],
            ["close"],
        ]
    )
    return Plan({"do": [*steps, last]}, Ending.LOSS, outputs)


def _waits(random: random.Random) -> Plan:
    steps, outputs = _words(random, 4, 0.05)
    return Plan({"do": [*steps, ["pause", 600]]}, Ending.NEVER, outputs)


def _is_deaf(random: random.Random) -> Plan:
    return Plan({"do": [["emit", 1], ["deaf"], ["pause", 600]]}, Ending.NEVER, [1], is_deaf=True)


def _chunk(index: int, size: int) -> str:
    number = f"{index} "
    return number + "x" * max(0, size - len(number))


def _library(
    mode: str, ending: Ending, message: str = "", is_deaf: bool = False, **members: Any
) -> Callable[[random.Random], Plan]:
    def draw(random: random.Random) -> Plan:
        count, size = random.randint(0, 8), random.choice([8, 500])
        input = {"mode": mode, "count": count, "size": size, **members}
        if mode == "crash":
            input["code"] = int(random.choice(CRASHES))
        elif mode in ("exit", "half-frame"):
            input["code"] = random.choice([0, 1, 3, 255])
        outputs = ["waiting"] if mode in ("wait", "deaf") else [_chunk(index, size) for index in range(count)]
        return Plan(input, ending, outputs, message, is_deaf, has_ledger=False)

    return draw


Draw = Callable[[random.Random], Plan]

#: What ends by itself, and how often it is drawn.
SCRIPTED: list[tuple[int, Draw]] = [
    (10, _ends),
    (10, _short),
    (3, _burst),
    (1, _spill),
    (2, _flood),
    (2, _offspring),
    (3, _fails),
]
SCRIPTED_LETHAL: list[tuple[int, Draw]] = [(1, _dies)]
#: What must be cancelled.
SCRIPTED_ENDLESS: list[tuple[int, Draw]] = [(4, _waits)]
SCRIPTED_DEAF: list[tuple[int, Draw]] = [(1, _is_deaf)]
LIBRARY: list[tuple[int, Draw]] = [
    (10, _library("stream", Ending.SUCCESS)),
    (3, _library("fail", Ending.FAILURE, "as planned", text="as planned")),
]
LIBRARY_LETHAL: list[tuple[int, Draw]] = [
    (1, _library(mode, Ending.LOSS))
    for mode in ("crash", "exit", "half-frame", "garbage", "huge-length", "wrong-sequence")
]
LIBRARY_ENDLESS: list[tuple[int, Draw]] = [(1, _library("wait", Ending.NEVER))]
LIBRARY_DEAF: list[tuple[int, Draw]] = [(1, _library("deaf", Ending.NEVER, is_deaf=True))]


def overflow(random: random.Random) -> Plan:
    """More than any history keeps, for a reader that is slow."""
    outputs = [f"{index}:" + "x" * 1500 for index in range(900)]
    return Plan({"do": [["many", 900, 1500]]}, Ending.SUCCESS, outputs)


def draw(random: random.Random, weighted: list[tuple[int, Draw]]) -> Plan:
    return random.choices([each for _, each in weighted], [weight for weight, _ in weighted])[0](random)
