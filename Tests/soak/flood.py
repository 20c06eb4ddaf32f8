"""One worker prints as fast as a disk writes; another deployment does not notice, and what is dropped is counted."""

from __future__ import annotations

import asyncio
import json
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
#: Lines of the flood that must be counted as dropped at least: what the log holds back is a few megabytes of them.
LINES_AT_LEAST = 1000


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
        # First within a run, whose logs take what they may.
        flooding = asyncio.create_task(
            server.client.request(
                "POST", "/loud/predictions", {"input": {"do": [["flood", seconds, RATE]]}}, deadline=10 * DEADLINE
            )
        )
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
        if "logs truncated" not in answer.json["logs"][-200:]:
            raise Failed(f"the prediction's logs do not say that they are not all: {answer.json['logs'][-200:]!r}")

        # Then outside of any run, which goes to the server's own log, and nobody reads that.
        dropped = 0

        def count(line: dict[str, Any]) -> None:
            nonlocal dropped
            found = re.match(r"(\d+) log lines were dropped", line["msg"])
            dropped = max(dropped, int(found[1]) if found else 0)

        server.on_each_line(count)
        goes_on = server.scratch / "flood"
        goes_on.touch()
        (server.scratch / "setup-loud").write_text(json.dumps([["flood-while", str(goes_on), RATE]]))
        server.stop_reading()
        old = server.workers("loud")
        for pid in old:
            server.strike(pid)
        await eventually(lambda: set(server.workers("loud")) - set(old), "there is another loud worker")
        await server.until_ready()
        unread: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            unread += await _latencies(server.client, 10)
        unread.sort()
        goes_on.unlink()
        server.read_on()

        async def is_said() -> bool:
            # The count comes with a line, and not more often than once in a second, so there must be lines.
            await server.client.request("POST", "/quiet/predictions", {"input": {"do": [["fail", "for a line"]]}})
            return dropped >= LINES_AT_LEAST

        await eventually(is_said, f"the log says that {LINES_AT_LEAST} lines and more were dropped")
        after = await server.settled(before, "after the flood")
        usual, flooded, blocked = (_middle(each) for each in (quiet, loud, unread))
        return (
            f"{written / taken / (1 << 20):.0f} MiB/s for {taken:.1f} s, {len(loud)} answers of the neighbour meanwhile; "
            f"median {usual * 1e3:.2f} → {flooded * 1e3:.2f} ms (× {flooded / usual:.1f}), "
            f"worst {quiet[-1] * 1e3:.1f} → {loud[-1] * 1e3:.1f} ms; with an unread log {blocked * 1e3:.2f} ms "
            f"(× {blocked / usual:.1f}) and {dropped} lines dropped, as it says; "
            f"memory {before.resident >> 20} → {after.resident >> 20} MiB"
        )
