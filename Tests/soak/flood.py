"""One worker prints as fast as a disk writes; another deployment does not notice, and what is dropped is counted."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from http_client import Client
from scenario import Scenario
from server import DEADLINE, Failed, Server, eventually, scripted

#: Bytes per second that the loud worker prints.
RATE = 100 << 20
#: Requests by which the latency is measured, each on a connection of its own.
SAMPLES = 100


async def _latencies(client: Client, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        answer = await client.request("POST", "/quiet/predictions", {"input": {"do": [["emit", 1]]}})
        taken.append(time.perf_counter() - began)
        if answer.status != 200 or answer.json["status"] != "succeeded":
            raise Failed(f"the quiet deployment answered {answer.status}: {answer.body[:200]!r}")
    return sorted(taken)


def _middle(sorted_values: list[float]) -> float:
    return sorted_values[len(sorted_values) // 2]


async def flood(scenario: Scenario) -> str:
    seconds = scenario.pick(short=3, nightly=20)
    async with Server(
        scenario.binary,
        lambda scratch: [scripted("loud", scratch), scripted("quiet", scratch)],
    ) as server:
        await server.until_ready()
        quiet = await _latencies(server.client, SAMPLES)
        before = server.holdings()
        flooding = asyncio.create_task(
            server.client.request(
                "POST", "/loud/predictions", {"input": {"do": [["flood", RATE * seconds, RATE]]}}, deadline=10 * DEADLINE
            )
        )
        # Nobody reads the server's own log meanwhile, so it cannot get rid of what it is told.
        server.stop_reading()
        loud: list[float] = []
        while not flooding.done():
            loud += await _latencies(server.client, 10)
        answer = flooding.result()
        loud.sort()
        if answer.status != 200 or answer.json["status"] != "succeeded":
            raise Failed(f"the flood ended with {answer.status}: {answer.body[:300]!r}")
        written, taken = answer.json["output"][0]
        if len(loud) < 10:
            raise Failed("no answer of the quiet deployment came while the flood ran")
        dropped = 0

        def count(line: dict[str, Any]) -> None:
            nonlocal dropped
            found = re.match(r"(\d+) log lines were dropped", line["msg"])
            dropped += int(found[1]) if found else 0

        server.on_each_line(count)
        server.read_on()

        async def is_said() -> bool:
            # The count comes with the next line that is logged.
            await server.client.request("POST", "/quiet/predictions", {"input": {"do": [["print", "a line"]]}})
            return dropped > 0

        await eventually(is_said, "the drops are counted in the log")
        after = await server.settled(before, "after the flood")
        return (
            f"{written / taken / (1 << 20):.0f} MiB/s for {taken:.1f} s, {len(loud)} answers of the neighbour meanwhile; "
            f"median {_middle(quiet) * 1e3:.2f} → {_middle(loud) * 1e3:.2f} ms (× {_middle(loud) / _middle(quiet):.1f}), "
            f"worst {quiet[-1] * 1e3:.1f} → {loud[-1] * 1e3:.1f} ms; {dropped} lines dropped, as the log says; "
            f"memory {before.resident >> 20} → {after.resident >> 20} MiB"
        )
