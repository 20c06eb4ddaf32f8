"""SIGKILL of the supervisor: four workers with three descendants each, which did all they could to stay, are gone."""

from __future__ import annotations

import asyncio
import itertools
import json
import pathlib
import random
from typing import Any

import census
from clients import EVENTS
from http_client import Cut
from scenario import Scenario
from server import MARK, Failed, Server, eventually, library, scripted

WORKERS = 4
DESCENDANTS = 3
#: Seconds within which all must be gone.
WITHIN = 5.0
#: Rounds at a time; each has a server and a state directory of its own.
LANES = 2
#: What the server is at when it is killed.
MOMENTS = ("idle", "loading", "under load")
#: One descendant in a session of its own, one whose parent has gone, one that ignores SIGTERM and, of the scripted
#: worker, holds the log pipes open.
SCRIPTED = ("session", "double", "deaf")
LIBRARY = ("child:setsid", "child:double", "child:ignore-term")


def _tree(scenario: Scenario, scratch: pathlib.Path, moment: str, is_library: bool) -> dict[str, Any]:
    """The deployment, whose set-up starts the descendants and then waits for ever or is done."""
    is_loading = moment == "loading"
    if is_library:
        steps = ";".join((*LIBRARY, *(["block"] if is_loading else [])))
        return library("tree", scenario.fixture, 4, {"FIXTURE_SETUP": steps}, workers=WORKERS)
    script: list[list[Any]] = [["offspring", kind] for kind in SCRIPTED]
    (scratch / "setup-tree").write_text(json.dumps(script + ([["hang"]] if is_loading else [])))
    return scripted("tree", scratch, 4, workers=WORKERS)


async def _round(scenario: Scenario, moment: str, is_library: bool, cgroup: str) -> tuple[float, int]:
    """Seconds until all were gone, and how many there were."""
    server = Server(
        scenario.binary,
        lambda scratch: [_tree(scenario, scratch, moment, is_library)],
        {"max_concurrent_loads": WORKERS, "cgroup": cgroup},
    )

    def below() -> int:
        """Workers and their descendants: all that inherit the variable of the deployment."""
        return len(census.marked("SOAK_DEPLOYMENT", "tree", census.marked(MARK, server.mark)))

    async with server:
        await eventually(lambda: below() == WORKERS * (1 + DESCENDANTS), "every worker has its descendants")
        load = []
        if moment != "loading":
            await server.until_ready()
        if moment == "under load":
            input: dict[str, Any] = {"do": [["offspring", "lost"], ["flood", 600, 50 << 20]]}
            if is_library:
                input = {"mode": "fault", "count": 1, "text": "child:double+setsid;child:ignore-term+pipes;flood:0"}
            more = 2 if is_library else 1
            for _ in range(WORKERS):
                load.append(await server.client.begin("POST", "/predictions", {"input": input}, EVENTS))
            await eventually(lambda: below() == WORKERS * (1 + DESCENDANTS + more), "every run has its descendants")
        there = len(census.marked(MARK, server.mark))
        # Not after waiting for its end, which asyncio sees only when the last of them has let go of the log.
        server.kill()
        taken = await server.all_gone(f"after SIGKILL of the supervisor, {moment}", WITHIN)
        for exchange in load:
            exchange.close()
        return taken, there


async def kill_supervisor(scenario: Scenario) -> str:
    rounds = scenario.pick(short=4, nightly=100)
    numbers = iter(range(rounds))
    # Where no control group may be made, both are the same.
    kinds = list(itertools.product(MOMENTS, (False, True), ("off", "auto")))
    random.Random(scenario.seed).shuffle(kinds)
    times: list[float] = []
    most = 0

    async def lane() -> None:
        nonlocal most
        for number in numbers:
            moment, is_library, cgroup = kinds[number % len(kinds)]
            try:
                taken, there = await _round(scenario, moment, is_library, cgroup)
            except (Failed, Cut, OSError) as failure:
                kind = "library" if is_library else "scripted"
                raise Failed(f"round {number + 1} of {rounds} ({moment}, {kind} workers, cgroup {cgroup}): {failure}") from None
            times.append(taken)
            most = max(most, there)

    await asyncio.gather(*(lane() for _ in range(min(LANES, rounds))))
    times.sort()
    return (
        f"{len(times)} rounds of {rounds}, up to {most} processes each, all gone within "
        f"{times[-1]:.2f} s (median {times[len(times) // 2]:.2f} s)"
    )
