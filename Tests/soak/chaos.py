"""Faults drawn at random while clients of all manners are at work, and what must hold all the same."""

from __future__ import annotations

import asyncio
import json
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
#: Long enough that a worker which only waits for a processor is not taken for one that hangs.
WATCHDOG = 5.0
ABORT_GRACE = 0.3
#: Bytes by which resident memory may have grown between the first loads and the end. What the server keeps on
#: purpose is bounded by the settings below (64 MiB of finished predictions, a few MiB of histories under way); the allocator may
#: hold as much again, and each of the workers' last 64 KiB of log is kept with the last exits.
MEMORY_BOUND = 128 << 20

SETTINGS: dict[str, Any] = {
    "history": {"events": 1024, "bytes": "4MiB", "total_bytes": "64MiB", "retention": "20s"},
    "streaming": {
        "put_disconnect_grace": f"{PUT_GRACE}s",
        "window_bytes": "512KiB",
        "window_events": 64,
        "patience": "200ms",
        "write_timeout": "5s",
    },
    "shutdown": {"drain_delay": "0s", "drain_timeout": "20s", "stop_grace": f"{STOP_GRACE}s"},
    # A worker that is made to stand still while it loads is ended by this.
    "load_timeout": f"{WATCHDOG}s",
    "cancel_grace": f"{CANCEL_GRACE}s",
    "cancel_signal_grace": f"{CANCEL_GRACE}s",
    "watchdog": {"interval": f"{WATCHDOG}s", "abort_grace": f"{ABORT_GRACE}s"},
    # Nothing gives up for good: that is what `crash_loop` is about.
    "restart": {
        "backoff": "20ms",
        "max_backoff": "300ms",
        "max_failures": 1000,
        "window": "1s",
        "probe_interval": "1s",
    },
    "retry": {"backoff": "20ms", "max_backoff": "100ms", "burst": 1000, "patience": "5s"},
    "max_concurrent_loads": 4,
}


def deployments(fixture: str, scratch: pathlib.Path) -> list[dict[str, Any]]:
    return [
        scripted("single", scratch, workers=2),
        scripted("again", scratch, concurrency=4, workers=3, retry={"when": "before_first_output"}),
        scripted("never", scratch, concurrency=8, workers=2, retry={"when": "never"}),
        scripted("left", scratch, workers=1, group="pair"),
        scripted("right", scratch, concurrency=2, workers=2, group="pair"),
        library("library", fixture, concurrency=3, workers=4),
    ]


#: The others run again only what had not begun, so no ledger shows it.
RULES = {"again": Rules(attempts=2, reruns_begun=True)}


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
                [
                    self._kill,
                    self._stand_still,
                    self._hang,
                    self._bad_set_up,
                    self._restart,
                    self._scale,
                    self._reload,
                    self._stop_and_start,
                ],
                [12, 3, 1, 2, 2, 2, 2, 1],
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
        self._count(number.name) if self.server.strike(pid, number) else None

    def _struck(self, deployment: str, pid: int, how: str, after: float = AFTERMATH) -> None:
        # Noted first, so that nobody sees the loss before its reason.
        self.crowd.deaths.by_pid[pid] = how
        self.crowd.note_loss(deployment, how, after)

    async def _stand_still(self) -> None:
        """A worker that stands still for less than anybody's patience: nothing may come of it."""
        victim = self._victim()
        if victim is None:
            return
        _, pid = victim
        self._count("still for a while")
        if self.server.strike(pid, signal.SIGSTOP):
            await asyncio.sleep(self.random.uniform(0.01, 0.5))
            self.server.strike(pid, signal.SIGCONT)

    async def _hang(self) -> None:
        """A worker that stands still for good: the watchdog has to end it."""
        victim = self._victim()
        if victim is None:
            return
        deployment, pid = victim
        self._struck(deployment, pid, "SIGSTOP", WATCHDOG + ABORT_GRACE + AFTERMATH)
        self._count("SIGSTOP") if self.server.strike(pid, signal.SIGSTOP) else None

    # What operators do. Runs finish before their worker goes, except where the deployment is stopped.

    async def _command(self, name: str, command: str, body: Any = None, wait: bool = False) -> None:
        answer = await self.server.administer(f"deployments/{name}/{command}", body, wait)
        # 409: it cannot be done now, such as a restart while another is under way.
        if answer.status not in (200, 202, 409):
            raise Failed(f"{command} of {name} was answered {answer.status}: {answer.body[:300]!r}")
        self._count(f"{command}{'' if answer.status < 300 else ' (refused)'}")

    async def _restart(self) -> None:
        deployment = self.random.choice(self.server.deployments)
        body = {"worker": 0} if self.random.random() < 0.3 else None
        await self._command(deployment["name"], "restart", body, wait=self.random.random() < 0.2)

    async def _scale(self) -> None:
        deployment = self.random.choice([each for each in self.server.deployments if "group" not in each])
        workers = deployment["workers"]
        await self._command(deployment["name"], "scale", {"workers": self.random.randint(1, workers + 1)})
        await asyncio.sleep(self.random.uniform(0, 0.5))
        await self._command(deployment["name"], "scale", {"workers": workers})

    async def _reload(self) -> None:
        """One deployment, or none, has changed."""
        if self.random.random() < 0.8:
            deployment = self.random.choice(self.server.deployments)
            deployment["env"]["SOAK_GENERATION"] = str(self.random.randrange(1 << 30))
        self.server.write_configuration()
        answer = await self.server.administer("reload")
        if answer.status not in (200, 202, 409):
            raise Failed(f"reload was answered {answer.status}: {answer.body[:300]!r}")
        self._count(f"reload{'' if answer.status < 300 else ' (refused)'}")

    async def _stop_and_start(self) -> None:
        name = self.random.choice(self.server.deployments)["name"]
        # The members of a group stop together.
        spans = [Span(each, time.time(), float("inf"), "operator") for each in self.crowd.mates.get(name, [name])]
        self.crowd.deaths.spans += spans
        await self._command(name, "stop", wait=self.random.random() < 0.5)
        await asyncio.sleep(self.random.uniform(0, 0.3))
        await self._command(name, "start")
        for span in spans:
            span.end = time.time() + STOP_GRACE + AFTERMATH

    async def _bad_set_up(self) -> None:
        """For a while, set-ups of one deployment go wrong."""
        name = self.random.choice(["single", "again", "never", "left"])
        steps = self.random.choice(
            [
                [["exit", 3]],
                [["signal", 11]],
                [["half", 1]],
                [["garbage"]],
                [["huge"]],
                [["fail", "no weights"]],
                [["offspring", "lost"], ["exit", 1]],
            ]
        )
        path = self.server.scratch / f"setup-{name}"
        path.write_text(json.dumps(steps))
        self._count("bad set-up")
        await asyncio.sleep(self.random.uniform(0.1, 1))
        path.unlink()


async def watch_health(server: Server, until: float, seen: dict[str, int]) -> None:
    """/livez and /startupz are 200 whatever happens; what /readyz says in its code it says in its body, too."""
    while time.monotonic() < until:
        for path in ("/livez", "/startupz"):
            code = await server.code(path)
            if code != 200:
                raise Failed(f"{path} answered {code}")
        ready = await server.client.get("/readyz")
        named = ready.json["deployments"]
        lacking = [
            name
            for name, each in named.items()
            if each["ready"] < each["min_ready"] or each["state"] not in ("ready", "reloading")
        ]
        if set(named) != {each["name"] for each in server.deployments} or (ready.status == 200) == bool(lacking):
            raise Failed(f"/readyz answered {ready.status} with {ready.body!r}")
        if any(each["busy"] > each["slots"] for each in named.values()):
            raise Failed(f"more runs than slots: {ready.body!r}")
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
    # What runs have left behind is looked for when their worker ends; so all workers do, once.
    for deployment in server.deployments:
        answer = await server.administer(f"deployments/{deployment['name']}/restart", wait=True)
        if answer.status not in (200, 409):
            raise Failed(f"a restart of {deployment['name']} was answered {answer.status}: {answer.body[:300]!r}")
    await server.until_ready()
    return {**chaos.deeds, **{f"/readyz {code}": count for code, count in codes.items()}}


def _server(scenario: Scenario) -> Server:
    """With control groups, where they may be made, and without: what is drawn for the seed."""
    settings = {**SETTINGS, "cgroup": random.Random(scenario.seed).choice(["auto", "off"])}
    return Server(scenario.binary, lambda scratch: deployments(scenario.fixture, scratch), settings)


async def chaos(scenario: Scenario) -> str:
    async with _server(scenario) as server:
        await server.until_ready()
        crowd = Crowd(server, scenario.seed, RULES, PUT_GRACE)
        # The first loads take what every later one uses again.
        await storm(scenario, server, crowd, 2, 8)
        before = server.holdings()
        deeds = await storm(
            scenario, server, crowd, scenario.pick(short=12, nightly=300), scenario.pick(short=16, nightly=32)
        )
        after = await server.settled(before, "after the storm")
        grown = after.resident - before.resident
        if grown > MEMORY_BOUND:
            raise Failed(f"resident memory grew by {grown >> 20} MiB ({before} → {after})")
        if server.faults_logged:
            raise Failed(f"the log has lines of no record: {server.faults_logged[:3]}")
        return f"{dict(crowd.counts)} {dict(crowd.statuses)} {deeds}; before {before}; after {after}"


#: Parts into which a soak is divided; memory is compared between the first and the last.
PARTS = {"short": 3, "nightly": 6}
#: Bytes by which the least resident memory of the last part may lie above that of the first. A leak of 1 KiB for each
#: prediction would be some hundred MiB in the nightly form. The short one ends before the first of the finished
#: predictions are forgotten, so what is kept of them on purpose counts as well.
SOAK_BOUND = {"short": 96 << 20, "nightly": 16 << 20}


async def soak(scenario: Scenario) -> str:
    """The same for a long time, and calmer: what counts here is that nothing grows."""
    form = scenario.pick(short="short", nightly="nightly")
    seconds = {"short": 15.0, "nightly": 1800.0}[form]
    async with _server(scenario) as server:
        await server.until_ready()
        crowd = Crowd(server, scenario.seed, RULES, PUT_GRACE)
        await storm(scenario, server, crowd, scenario.pick(short=3, nightly=60), 8)
        before = server.holdings()
        levels = []
        parts = PARTS[form]
        for _ in range(parts):
            part = asyncio.create_task(storm(scenario, server, crowd, seconds / parts, 8))
            least = server.holdings().resident
            while not part.done():
                await asyncio.wait([part], timeout=0.2)
                least = min(least, server.holdings().resident)
            await part
            now = await server.settled(before, f"after {crowd.counts['accepted']} predictions")
            levels.append(min(least, now.resident))
        grown = levels[-1] - levels[0]
        if grown > SOAK_BOUND[form]:
            raise Failed(f"resident memory rose: {[f'{each / (1 << 20):.1f}' for each in levels]} MiB")
        if server.faults_logged:
            raise Failed(f"the log has lines of no record: {server.faults_logged[:3]}")
        return (
            f"{seconds:.0f} s, {dict(crowd.counts)} {dict(crowd.statuses)}; least memory of each part "
            f"{[f'{each / (1 << 20):.1f}' for each in levels]} MiB; {server.holdings()}"
        )
