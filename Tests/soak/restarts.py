"""Restarts by the thousand: descriptors, threads, zombies and memory of the supervisor stay as they were."""

from __future__ import annotations

from typing import Any

from census import Holdings
from scenario import Scenario
from server import Failed, Server, eventually

WORKERS = 4
#: Of all restarts, so many are of workers that had been ready; the others exit at once.
READY_SHARE = 10
#: Restarts after which what is used again has been taken: records of the last 100 ends, with 64 KiB of log each, are full.
WARM_UP = 120
#: Bytes that may be added after that. A leak of one page (4 KiB) a restart would be 40 MiB after 10,000; what comes and
#: goes by itself is a few arenas of the allocator.
MEMORY_BOUND = 8 << 20
#: As fast as they go, and nothing gives up on them.
RESTART = {"backoff": "10ms", "max_backoff": "10ms", "max_failures": 1024, "window": "1s"}


async def restarts(scenario: Scenario) -> str:
    wanted = scenario.pick(short=300, nightly=10_000)

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
        await crash(WARM_UP)
        await kill(WARM_UP // READY_SHARE)
        before = server.holdings()
        first = started
        highest = before.resident
        for _ in range(10):
            await crash((wanted - wanted // READY_SHARE) // 10)
            await kill(wanted // READY_SHARE // 10)
            highest = max(highest, server.holdings().resident)
        after: Holdings = await server.settled(before, f"after {started - first} restarts")
        grown = after.resident - before.resident
        if grown > MEMORY_BOUND:
            raise Failed(
                f"resident memory grew by {grown >> 10} KiB over {started - first} restarts ({before} → {after})"
            )
        return (
            f"{started - first} restarts after {first} to warm up; before {before}; after {after} "
            f"({grown / 1024:+.0f} KiB, highest {highest / (1 << 20):.1f} MiB)"
        )
