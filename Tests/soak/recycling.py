"""Eight workers that are replaced after equally many runs: never two are away at the same time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from clients import BUSY
from scenario import Scenario
from server import DEADLINE, Failed, Server, scripted

WORKERS = 8
#: Runs after which a worker is replaced.
RUNS = 5
#: Clients that keep the workers busy, so that all come to their number at about the same time.
CLIENTS = 8


class Watch:
    """Counts from the feed of state changes how many workers are ready, and how few there ever were."""

    def __init__(self) -> None:
        self.ready: set[int] = set()
        #: None: they have not all been ready at once yet.
        self.fewest: int | None = None
        self.recycled = 0
        self.history: list[str] = []

    def changed(self, change: dict[str, Any]) -> None:
        pid, to = change.get("pid"), change["to"]
        if pid is None:
            return
        self.history = [*self.history[-40:], json.dumps(change)]
        if to == "ready":
            self.ready.add(pid)
        else:
            self.ready.discard(pid)
        if to == "exited" and change.get("reason") == "recycle":
            self.recycled += 1
        # The feed begins with what has happened already.
        if self.fewest is not None:
            self.fewest = min(self.fewest, len(self.ready))
        elif len(self.ready) == WORKERS:
            self.fewest = WORKERS


async def recycling(scenario: Scenario) -> str:
    lines = []
    for surge in (0, 1):
        lines.append(await _with(scenario, surge, scenario.pick(short=WORKERS, nightly=20 * WORKERS)))
    return "; ".join(lines)


async def _with(scenario: Scenario, surge: int, wanted: int) -> str:
    """surge: whether a replacement loads before the old one goes. wanted: replacements to see."""
    recycle = {"max_requests": RUNS, "max_requests_jitter": 0, "max_unavailable": 1, "surge": surge}
    async with Server(
        scenario.binary,
        lambda scratch: [scripted("pool", scratch, workers=WORKERS, recycle=recycle)],
        {"max_concurrent_loads": WORKERS},
    ) as server:
        await server.until_ready()
        feed = await server.control.begin("GET", "/events", None, {"accept": "text/event-stream"})
        await asyncio.wait_for(feed.head(), DEADLINE)
        if feed.status != 200:
            raise Failed(f"/events was answered {feed.status}")
        watch = Watch()

        async def read() -> None:
            while (event := await feed.event()) is not None:
                watch.changed(event.json)

        served = 0

        async def client() -> None:
            nonlocal served
            while watch.recycled < wanted:
                answer = await server.client.request(
                    "POST", "/predictions", {"input": {"do": [["emit", 1], ["pause", 0.002]]}}
                )
                if answer.status == 200 and answer.json["status"] == "succeeded":
                    served += 1
                elif answer.status not in BUSY:
                    raise Failed(f"a prediction was answered {answer.status}: {answer.body[:300]!r}")

        reading = asyncio.create_task(read())
        try:
            await asyncio.wait_for(asyncio.gather(*(client() for _ in range(CLIENTS))), 2 * DEADLINE)
        except asyncio.TimeoutError:
            raise Failed(f"only {watch.recycled} of {wanted} replacements came\n" + "\n".join(watch.history)) from None
        finally:
            reading.cancel()
            feed.close()
        # With surge, the new one is ready before the old one leaves.
        least = WORKERS if surge else WORKERS - 1
        if watch.fewest is None or watch.fewest < least:
            raise Failed(
                f"with surge {surge}, only {watch.fewest} of {WORKERS} were ready\n" + "\n".join(watch.history)
            )
        await server.until_ready()
        return (
            f"surge {surge}: {watch.recycled} replacements over {served} runs, "
            f"never fewer than {watch.fewest} of {WORKERS} ready"
        )
