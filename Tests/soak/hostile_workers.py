"""One worker of a pool of two breaks every rule; the other one and its prediction do not notice."""

from __future__ import annotations

import asyncio
from typing import Any

from clients import EVENTS
from http_client import Event, Exchange
from scenario import Scenario
from server import DEADLINE, Failed, Server, eventually, scripted

#: Name, what the run does after its first output, and what its error must hold.
OFFENCES: list[tuple[str, list[list[Any]], str]] = [
    ("half a frame, then death", [["half", 1]], "exit status 1"),
    ("a length of 4 GiB", [["huge"]], "payloadTooLong"),
    ("garbage", [["garbage"]], "at byte"),
    ("a frame number that jumps", [["jump"]], "at byte"),
    ("a closed pipe", [["close"]], "closed its pipe"),
    ("a descendant that holds its pipes, then death", [["offspring", "lost"], ["signal", 9]], "SIGKILL"),
]
#: Bytes of each input for a worker that does not read: a few of them fill every buffer between.
LARGE = 1 << 20


async def _until(exchange: Exchange, name: str) -> list[Event]:
    """The events up to the first of this name."""
    seen: list[Event] = []
    while True:
        event = await asyncio.wait_for(exchange.event(), DEADLINE)
        if event is None:
            raise Failed(f"the stream ended before {name}: {[each.name for each in seen]}")
        seen.append(event)
        if event.name == name:
            return seen


async def hostile_workers(scenario: Scenario) -> str:
    async with Server(
        scenario.binary,
        lambda scratch: [
            scripted(
                "pool", scratch, workers=2, restart={"backoff": "20ms", "max_failures": 1000}, cancel_grace="200ms"
            )
        ],
        {"shutdown": {"stop_grace": "400ms"}},
    ) as server:

        async def stream(id: str, steps: list[list[Any]], **more: Any) -> Exchange:
            exchange = await server.client.begin("PUT", f"/predictions/{id}", {"input": {"do": steps, **more}}, EVENTS)
            await asyncio.wait_for(exchange.head(), DEADLINE)
            if exchange.status != 200:
                raise Failed(f"{id} was answered {exchange.status}")
            return exchange

        for number, (name, offence, words) in enumerate(OFFENCES):
            await server.until_ready()
            workers = set(server.workers())
            gate = server.scratch / f"gate-{number}"
            neighbour = await stream(f"n{number}", [["emit", "before"], ["wait-file", str(gate)], ["emit", "after"]])
            await _until(neighbour, "output")
            offender = await stream(f"o{number}", [["emit", "x"], *offence])
            document = (await _until(offender, "completed"))[-1].json
            if document["status"] != "failed" or words not in document.get("error", ""):
                raise Failed(f"{name}: {document}")
            if document["output"] != ["x"]:
                raise Failed(f"{name}: what came before it is lost: {document}")
            # The pool is whole again while the neighbour's run still holds its worker.
            await eventually(lambda: len(set(server.workers()) - workers) == 1, f"{name}: there is another worker")
            if len(workers & set(server.workers())) != 1:
                raise Failed(f"{name}: of {workers} there are {server.workers()} left")
            gate.touch()
            document = (await _until(neighbour, "completed"))[-1].json
            if document["status"] != "succeeded" or document["output"] != ["before", "after"]:
                raise Failed(f"{name}: the neighbour ended with {document}")
            for exchange in (neighbour, offender):
                exchange.close()

        # A worker that does not read: what is sent to it piles up here, and is no reason for anybody to wait.
        await server.until_ready()
        deaf = await stream("deaf", [["stop-reading"], ["emit", "x"], ["pause", 600]])
        await _until(deaf, "output")
        before = server.holdings()
        for number in range(5):
            answer = await server.client.request(
                "POST", "/predictions", {"input": {"do": [["emit", 1]], "blob": "x" * LARGE}}
            )
            if answer.status != 200 or answer.json["status"] != "succeeded":
                raise Failed(f"beside a worker that does not read: {answer.status} {answer.body[:300]!r}")
        answer = await server.client.request("POST", "/predictions/deaf/cancel")
        if answer.status != 200:
            raise Failed(f"the cancel of its run was answered {answer.status}")
        document = (await _until(deaf, "completed"))[-1].json
        if document["status"] != "canceled":
            raise Failed(f"its run, which could not hear the cancel, ended with {document}")
        deaf.close()
        await server.until_ready()
        await server.settled(before, "after it all")
        return f"{len(OFFENCES) + 1} offences, the neighbour untouched by each"
