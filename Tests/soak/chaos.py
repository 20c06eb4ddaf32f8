"""Faults drawn at random while clients of all manners are at work, and what must hold all the same."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import random
import signal
import time
from typing import Any

from clients import AFTERMATH, Crowd
from journal import Rules, Span
from scenario import Scenario
from server import Failed, Server, library, scripted

#: Seconds; small, so that every step of the ladders is taken within the short form.
PUT_GRACE = 2.0
CANCEL_GRACE = 0.3
STOP_GRACE = 0.6
#: Bytes by which resident memory may have grown between the first loads and the end. What the server keeps on purpose is
#: bounded by the settings below (32 MiB of finished predictions, a few MiB of histories under way); the allocator may
#: hold as much again, and each of the workers' last 64 KiB of log is kept with the last exits.
MEMORY_BOUND = 64 << 20

SETTINGS: dict[str, Any] = {
    "history": {"events": 1024, "bytes": "4MiB", "total_bytes": "32MiB", "retained_predictions": 300},
    "streaming": {"put_disconnect_grace": f"{PUT_GRACE}s", "window_bytes": "1MiB", "window_events": 64, "patience": "200ms", "write_timeout": "5s"},
    "shutdown": {"drain_timeout": "20s", "stop_grace": f"{STOP_GRACE}s"},
}


def deployments(fixture: str, scratch: pathlib.Path) -> list[dict[str, Any]]:
    return [
        scripted("single", scratch, workers=2),
        scripted("pool", scratch, concurrency=4, workers=3),
        scripted("wide", scratch, concurrency=8, workers=2),
        library("library", fixture, concurrency=3, workers=4),
    ]


RULES = {"single": Rules(attempts=2), "pool": Rules(attempts=2), "wide": Rules(attempts=2)}


class Chaos:
    """The one who does the harm."""

    def __init__(self, scenario: Scenario, server: Server, crowd: Crowd) -> None:
        self.random = random.Random(scenario.seed + 1)
        self.server = server
        self.crowd = crowd
        self.deeds: dict[str, int] = {}

    async def run(self, until: float) -> None:
        while time.monotonic() < until:
            await asyncio.sleep(self.random.uniform(0.02, 0.4))
            deed = self.random.choices(
                [self._kill, self._stop_for_a_while, self._bad_set_up], [6, 2, 1]
            )[0]
            await deed()

    def _count(self, what: str) -> None:
        self.deeds[what] = self.deeds.get(what, 0) + 1

    def _victim(self) -> tuple[str, int] | None:
        deployment = self.random.choice(self.server.deployments)["name"]
        workers = self.server.workers(deployment)
        return (deployment, self.random.choice(workers)) if workers else None

    async def _kill(self) -> None:
        victim = self._victim()
        if victim is None:
            return
        deployment, pid = victim
        number = self.random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
        self._struck(deployment, pid, number.name)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        self._count(number.name)

    def _struck(self, deployment: str, pid: int, how: str) -> None:
        # Noted first, so that nobody sees the loss before its reason.
        self.crowd.deaths.by_pid[pid] = how
        now = time.time()
        self.crowd.deaths.spans.append(Span(deployment, now, now + AFTERMATH, how))

    async def _stop_for_a_while(self) -> None:
        """A worker that stands still for less than anybody's patience: nothing may come of it."""
        victim = self._victim()
        if victim is None:
            return
        _, pid = victim
        self._count("SIGSTOP")
        try:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(self.random.uniform(0.01, 0.5))
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    async def _bad_set_up(self) -> None:
        """For a while, set-ups of one deployment go wrong."""
        name = self.random.choice(["single", "pool", "wide"])
        steps = self.random.choice(
            [[["exit", 3]], [["signal", 11]], [["half", 1]], [["garbage"]], [["huge"]], [["fail", "no weights"]],
             [["offspring", "lost"], ["exit", 1]]]
        )
        path = self.server.scratch / f"setup-{name}"
        path.write_text(json.dumps(steps))
        self._count("bad set-up")
        await asyncio.sleep(self.random.uniform(0.1, 1))
        path.unlink()


async def watch_health(server: Server, until: float, seen: dict[str, int]) -> None:
    """/livez is always 200; /readyz says the same in its code and in its body."""
    while time.monotonic() < until:
        live = await server.client.get("/livez")
        if live.status != 200:
            raise Failed(f"/livez answered {live.status}")
        ready = await server.client.get("/readyz")
        bad = [name for name, each in ready.json["deployments"].items() if each["status"] not in ("READY", "BUSY")]
        if (ready.status == 200) != (not bad):
            raise Failed(f"/readyz answered {ready.status} with {ready.body!r}")
        seen[str(ready.status)] = seen.get(str(ready.status), 0) + 1
        await asyncio.sleep(0.05)


async def storm(scenario: Scenario, server: Server, crowd: Crowd, seconds: float, clients: int) -> dict[str, int]:
    """So much of everything for so long; afterwards all has healed."""
    until = time.monotonic() + seconds
    chaos = Chaos(scenario, server, crowd)
    codes: dict[str, int] = {}

    async def client() -> None:
        while time.monotonic() < until:
            deployment = crowd.random.choice(server.deployments)["name"]
            await crowd.one(deployment, deployment == "library")
            if crowd.found:
                raise Failed(crowd.found[0])

    work = [asyncio.create_task(client()) for _ in range(clients)]
    work += [asyncio.create_task(chaos.run(until)), asyncio.create_task(watch_health(server, until, codes))]
    try:
        await asyncio.gather(*work)
    finally:
        for task in work:
            task.cancel()
    for path in server.scratch.glob("setup-*"):
        path.unlink()
    await server.until_ready()
    return {**chaos.deeds, **{f"/readyz {code}": count for code, count in codes.items()}}


async def chaos(scenario: Scenario) -> str:
    async with Server(scenario.binary, lambda scratch: deployments(scenario.fixture, scratch), SETTINGS) as server:
        await server.until_ready()
        crowd = Crowd(server, scenario.seed, RULES, PUT_GRACE)
        # The first loads take what every later one uses again.
        await storm(scenario, server, crowd, 2, 8)
        before = server.holdings()
        deeds = await storm(scenario, server, crowd, scenario.pick(short=12, nightly=300), scenario.pick(short=16, nightly=32))
        after = await server.settled(before, "after the storm")
        grown = after.resident - before.resident
        if grown > MEMORY_BOUND:
            raise Failed(f"resident memory grew by {grown >> 20} MiB ({before} → {after})")
        if server.faults_logged:
            raise Failed(f"the log has lines of no record: {server.faults_logged[:3]}")
        return f"{dict(crowd.counts)} {dict(crowd.statuses)} {deeds}; before {before}; after {after}"


#: Parts into which a soak is divided; memory is compared between the first and the last.
PARTS = 6
#: Bytes by which the least resident memory of the last part may lie above that of the first. A leak of 1 KiB for each
#: prediction would be some hundred MiB in the nightly form.
SOAK_BOUND = {"short": 32 << 20, "nightly": 16 << 20}


async def soak(scenario: Scenario) -> str:
    """The same for a long time, and calmer: what counts here is that nothing grows."""
    seconds = scenario.pick(short=20.0, nightly=1800.0)
    async with Server(scenario.binary, lambda scratch: deployments(scenario.fixture, scratch), SETTINGS) as server:
        await server.until_ready()
        crowd = Crowd(server, scenario.seed, RULES, PUT_GRACE)
        await storm(scenario, server, crowd, scenario.pick(short=3, nightly=60), 8)
        before = server.holdings()
        levels = []
        for _ in range(PARTS):
            part = asyncio.create_task(storm(scenario, server, crowd, seconds / PARTS, 8))
            least = server.holdings().resident
            while not part.done():
                await asyncio.wait([part], timeout=0.2)
                least = min(least, server.holdings().resident)
            await part
            now = await server.settled(before, f"after {crowd.counts['accepted']} predictions")
            levels.append(min(least, now.resident))
        grown = levels[-1] - levels[0]
        if grown > SOAK_BOUND[scenario.pick(short="short", nightly="nightly")]:
            raise Failed(f"resident memory rose: {[f'{each / (1 << 20):.1f}' for each in levels]} MiB")
        if server.faults_logged:
            raise Failed(f"the log has lines of no record: {server.faults_logged[:3]}")
        return (
            f"{seconds:.0f} s, {dict(crowd.counts)} {dict(crowd.statuses)}; least memory of each part "
            f"{[f'{each / (1 << 20):.1f}' for each in levels]} MiB; {server.holdings()}"
        )
