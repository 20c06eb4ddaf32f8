"""Fifty readers on eight predictions at a time, while workers are killed at random: nobody may hang."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from clients import AFTERMATH, EVENTS, Crowd
from journal import Ending, Finish, Plan, Reading, Record
from scenario import Scenario
from server import DEADLINE, Failed, Server, scripted

PREDICTIONS = 8
READERS = 50
WORKERS = 4
#: Seconds between two kills, at most: each worker dies about every two seconds, and is back a tenth of a second later.
KILL_EVERY = 0.8
#: Workers come back as fast as they can, and nothing gives up on them: the point is that they die all the time.
RESTART = {"backoff": "20ms", "max_backoff": "100ms", "max_failures": 1000, "window": "1s"}


def _plan(random: random.Random) -> Plan:
    """About a second of tokens."""
    steps: list[list[Any]] = []
    outputs = []
    for index in range(random.randint(10, 40)):
        steps += [["emit", f"token {index}"], ["pause", round(random.uniform(0.005, 0.05), 4)]]
        outputs.append(f"token {index}")
    return Plan({"do": steps}, Ending.SUCCESS, outputs)


async def restart_under_load(scenario: Scenario) -> str:
    seconds = scenario.pick(short=8, nightly=60)
    async with Server(
        scenario.binary,
        lambda scratch: [scripted("pool", scratch, concurrency=2, workers=WORKERS, restart=RESTART)],
        {"streaming": {"put_disconnect_grace": "20s"}},
    ) as server:
        await server.until_ready()
        before = server.holdings()
        crowd = Crowd(server, scenario.seed, {}, put_grace=20)
        draw = random.Random(scenario.seed)
        kills = 0
        longest = 0.0
        until = time.monotonic() + seconds

        async def read(record: Record) -> None:
            reading = Reading()
            exchange = await server.client.begin("GET", f"/predictions/{record.id}/events", None, EVENTS)
            try:
                await asyncio.wait_for(exchange.head(), DEADLINE)
                if exchange.status != 200:
                    raise Failed(f"a reader was answered {exchange.status}")
                record.readings.append(reading)
                await crowd.read(record, reading, exchange)
            finally:
                exchange.close()

        async def lane(readers: int) -> None:
            nonlocal longest

            async def watched(record: Record) -> None:
                if await crowd.send_off(record):
                    await asyncio.gather(*(read(record) for _ in range(readers)))

            while time.monotonic() < until:
                began = time.monotonic()
                record = await crowd.follow("pool", _plan(draw), watched)
                longest = max(longest, time.monotonic() - began)
                if crowd.found:
                    raise Failed(crowd.found[0])
                if record.is_accepted is False:
                    # All slots are lost for the moment; somebody who asks again and again is no reader.
                    await asyncio.sleep(0.01)

        async def kill() -> None:
            nonlocal kills
            while time.monotonic() < until:
                await asyncio.sleep(draw.uniform(0, KILL_EVERY))
                workers = server.workers("pool")
                if not workers:
                    continue
                pid = draw.choice(workers)
                crowd.deaths.by_pid[pid] = "SIGKILL"
                crowd.note_loss("pool", "SIGKILL", AFTERMATH)
                kills += server.strike(pid)

        shares = [READERS // PREDICTIONS + (index < READERS % PREDICTIONS) for index in range(PREDICTIONS)]
        work = [asyncio.create_task(lane(share)) for share in shares] + [asyncio.create_task(kill())]
        try:
            await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
        await server.until_ready()
        await server.settled(before, "after the load")
        if not crowd.statuses["failed"]:
            raise Failed(f"no prediction met the death of its worker in {kills} kills: the scenario shows nothing")
        return (
            f"{seconds} s, {kills} workers killed, {crowd.counts['accepted']} predictions {dict(crowd.statuses)}, "
            f"{crowd.counts['streams']} streams, each with its one terminal event; no reader hung; "
            f"longest prediction {longest:.2f} s"
        )
