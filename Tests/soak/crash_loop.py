"""A deployment that crashes again and again is given up, its neighbour does not notice; a later probe brings it back."""

from __future__ import annotations

import json
from typing import Any

from scenario import Scenario
from server import Failed, Server, eventually, scripted

#: Failures that are borne; one more is too many.
FAILURES = 5
#: Seconds between two tries of a deployment that was given up: the least that can be set.
PROBE = 1
RESTART = {
    "backoff": "20ms",
    "max_backoff": "50ms",
    "max_failures": FAILURES,
    "window": "60s",
    "probe_interval": f"{PROBE}s",
}


async def crash_loop(scenario: Scenario) -> str:
    async with Server(
        scenario.binary,
        lambda scratch: [scripted("bad", scratch, workers=2, restart=RESTART), scripted("good", scratch, workers=2)],
    ) as server:
        await server.until_ready()
        untouched = server.workers("good")
        started = 0

        def count(line: dict[str, Any]) -> None:
            nonlocal started
            started += line["msg"] == "worker started" and line.get("deployment") == "bad"

        server.on_each_line(count)

        async def state() -> dict[str, Any]:
            return next(each for each in (await server.status())["deployments"] if each["name"] == "bad")

        async def has_failed() -> dict[str, Any] | None:
            answer = await state()
            return answer if answer["state"] == "failed" else None

        async def answers() -> bool:
            answer = await server.client.request("POST", "/good/predictions", {"input": {"do": [["emit", 1]]}})
            if answer.status != 200 or answer.json["status"] != "succeeded":
                raise Failed(f"the neighbour answered {answer.status}: {answer.body[:300]!r}")
            return True

        # Each set-up and each life ends at once from here on.
        setup = server.scratch / "setup-bad"
        setup.write_text(json.dumps([["print", "no weights"], ["exit", 3]]))
        for pid in server.workers("bad"):
            server.strike(pid)
        neighbour_served = 0
        while (failed := await has_failed()) is None:
            neighbour_served += await answers()
            if started > 100:
                raise Failed(f"started {started} times, and nobody gave up: {await state()}")
        exits = (await server.control.get("/status/bad")).json["exits"]
        reasons = [each["reason"] for each in exits]
        if len(exits) != FAILURES + 1 or set(reasons[2:]) - {"error", "signal"}:
            raise Failed(f"given up after {len(exits)} ends: {reasons}")
        if not any("no weights" in each["log_tail"] for each in exits):
            raise Failed(f"what it printed is not in the record: {exits[-1]}")
        if await server.code("/readyz") != 503:
            raise Failed("/readyz is 200 although a required deployment has failed")
        if await server.code("/livez") != 200:
            raise Failed("/livez is not 200")
        answer = await server.client.request("POST", "/bad/predictions", {"input": {}})
        if answer.status != 503:
            raise Failed(f"a prediction for it was answered {answer.status}")

        # A probe that fails changes nothing; then what it needs is there again.
        here = started
        await eventually(lambda: started > here, "a probe was tried")
        await eventually(has_failed, "it has failed still")
        if started != here + 1:
            raise Failed(f"a probe is one worker, not {started - here}")
        setup.unlink()
        await server.until_ready()
        if server.workers("good") != untouched:
            raise Failed(f"the neighbour's workers were {untouched} and are {server.workers('good')}")
        neighbour_served += await answers()

        # And an operator can say so without waiting for a probe.
        setup.write_text(json.dumps([["exit", 3]]))
        for pid in server.workers("bad"):
            server.strike(pid)
        await eventually(has_failed, "it has failed again")
        setup.unlink()
        answer = await server.administer("deployments/bad/reset")
        if answer.status not in (200, 202):
            raise Failed(f"reset was answered {answer.status}: {answer.body[:300]!r}")
        await server.until_ready()
        if server.workers("good") != untouched:
            raise Failed("the neighbour was touched")
        return (
            f"given up after {len(exits)} ends ({', '.join(reasons)}); {neighbour_served} answers of the neighbour; "
            "probe and reset bring it back"
        )
