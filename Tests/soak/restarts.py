"""Restarts by the thousand: descriptors, threads, zombies and memory of the supervisor stay as they were."""

from __future__ import annotations

from typing import Any

from census import Holdings
from scenario import Scenario
from server import Failed, Server, eventually

WORKERS = 4
#: Of all restarts, so many are of workers that had been ready; the others exit at once.
READY_SHARE = 10
#: Restarts before the first look, and bytes that may be added after it. What the server keeps of each restart is bounded:
#: the last 100 ends with their logs, 1 MiB of its log and 1 MiB of state changes for operators, in memory that is at most
#: four times that. Some 5,000 restarts fill all of it. So the short form can only bound what is kept on purpose; in the
#: nightly one a leak of 320 bytes a restart would show.
WARM_UP = {"short": 120, "nightly": 6_000}
MEMORY_BOUND = {"short": 8 << 20, "nightly": 3 << 20}
#: As fast as they go, and nothing gives up on them.
RESTART = {"backoff": "10ms", "max_backoff": "10ms", "max_failures": 1024, "window": "1s"}


async def restarts(scenario: Scenario) -> str:
    form = scenario.pick(short="short", nightly="nightly")
    wanted = {"short": 300, "nightly": 10_000}[form]

    def deployments(scratch: Any) -> list[dict[str, Any]]:
        # While the file is there, every worker exits at once; else it is a sound one.
        return [
            {
                "name": "crashing",
                "command": [
                    "sh",
                    "-c",
                    'if [ -e "$SOAK_SWITCH" ]; then echo bye; exit 3; fi; exec "$0"',
                    scenario.fixture,
                ],
                "handler": "fixture",
                "workers": WORKERS,
                "restart": RESTART,
                "env": {"SOAK_DEPLOYMENT": "crashing", "SOAK_SWITCH": str(scratch / "switch")},
            }
        ]

    async with Server(scenario.binary, deployments, {"max_concurrent_loads": WORKERS}) as server:
        switch = server.scratch / "switch"
        started = 0

        def count(line: dict[str, Any]) -> None:
            nonlocal started
            started += line["msg"] == "worker started"

        server.on_each_line(count)

        async def crash(times: int) -> None:
            """So many restarts of workers that exit at once."""
            target = started + times
            switch.touch()
            for pid in server.workers():
                server.strike(pid)
            await eventually(lambda: started >= target, f"{times} restarts", within=600)
            switch.unlink()
            await server.until_ready()

        async def kill(times: int) -> None:
            """So many restarts of workers that were ready."""
            target = started + times
            while started < target:
                here = started
                workers = server.workers()
                for pid in workers:
                    server.strike(pid)
                await eventually(lambda: started >= here + len(workers), "the workers were started again")
                await server.until_ready()

        await server.until_ready()
        await crash(WARM_UP[form])
        await kill(WARM_UP[form] // READY_SHARE)
        before = server.holdings()
        first = started
        levels = [before.resident]
        for _ in range(10):
            await crash((wanted - wanted // READY_SHARE) // 10)
            await kill(wanted // READY_SHARE // 10)
            levels.append(server.holdings().resident)
        after: Holdings = await server.settled(before, f"after {started - first} restarts")
        grown = after.resident - before.resident
        if grown > MEMORY_BOUND[form]:
            raise Failed(
                f"resident memory grew by {grown >> 10} KiB over {started - first} restarts ({before} → {after})"
            )
        return (
            f"{started - first} restarts after {first} to warm up; before {before}; after {after} "
            f"({grown / 1024:+.0f} KiB; by tenths {', '.join(f'{each / (1 << 20):.1f}' for each in levels)} MiB)"
        )
