"""Clients of all manners, each of which writes down what it saw of the predictions that it made."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import plans
from http_client import Cut, Event, Exchange, Malformed
from journal import TERMINAL, Deaths, Finish, Ledger, Plan, Reading, Record, Rules, Span, faults, report
from server import DEADLINE, Failed, Server, eventually

#: Answers that mean "not now": no worker is ready, all slots are taken, too many readers.
BUSY = (409, 429, 503)
#: Seconds after the end of what kills a worker in which the loss may still be seen.
AFTERMATH = 3.0
#: What a slow reader lets the system keep for it, in bytes.
SLOW_BUFFER = 4096
#: So often a reader comes back at most.
MOST_RETURNS = 10
#: The header that asks for events.
EVENTS = {"accept": "text/event-stream"}


class Crowd:
    """Many clients on one server, and the checks of all they made."""

    def __init__(self, server: Server, seed: int, rules: dict[str, Rules], put_grace: float) -> None:
        """put_grace: seconds for which the server keeps a PUT stream whose reader has left."""
        self.server = server
        self.random = random.Random(seed)
        self.rules = rules
        self.put_grace = put_grace
        self.ledger = Ledger(str(server.scratch / "ledger"))
        self.deaths = Deaths()
        self.counts: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.found: list[str] = []
        self.lethal: set[str] = set()
        server.may_leave = self.was_cut_short
        groups = {each["name"]: each.get("group") for each in server.deployments}
        #: deployment → all of its group, itself included.
        self.mates = {
            name: [other for other, its in groups.items() if its == group] for name, group in groups.items() if group
        }
        self._next = 0

    def was_cut_short(self, path: str) -> bool:
        """Whether the worker of this file died before it could say that it is there: the next start sweeps those."""
        name = path.rpartition("/")[2]
        return name.startswith("soak-") and int(name.split("-")[1]) in self.deaths.by_pid

    # One prediction.

    async def one(self, deployment: str, library: bool) -> None:
        """Makes one prediction in a manner drawn at random, follows it to its end, and checks it."""
        table: list[tuple[int, Callable[[Record], Any], list[tuple[int, plans.Draw]]]] = [
            (6, self._waits, plans.LIBRARY if library else plans.SCRIPTED),
            (6, self._streams, plans.LIBRARY if library else plans.SCRIPTED),
            (3, self._background, plans.LIBRARY if library else plans.SCRIPTED),
            (3, self._comes_back, plans.LIBRARY if library else plans.SCRIPTED),
            (2, self._many_readers, plans.LIBRARY if library else plans.SCRIPTED),
            (1, self._early_cancel, plans.LIBRARY if library else plans.SCRIPTED),
            (2, self._cancels, plans.LIBRARY if library else plans.SCRIPTED),
            (2, self._cancels, plans.LIBRARY_ENDLESS if library else plans.SCRIPTED_ENDLESS),
            (2, self._leaves, plans.LIBRARY_ENDLESS if library else plans.SCRIPTED_ENDLESS),
            (2, self._leaves, plans.LIBRARY if library else plans.SCRIPTED),
            (1, self._waits, plans.LIBRARY_LETHAL if library else plans.SCRIPTED_LETHAL),
            (1, self._streams, plans.LIBRARY_LETHAL if library else plans.SCRIPTED_LETHAL),
            (1, self._many_readers, plans.LIBRARY_LETHAL if library else plans.SCRIPTED_LETHAL),
            (1, self._cancels, plans.LIBRARY_DEAF if library else plans.SCRIPTED_DEAF),
        ]
        if not library:
            table.append((1, self._reads_slowly, [(1, plans.overflow)]))
        _, manner, drawn = self.random.choices(table, [weight for weight, _, _ in table])[0]
        await self.follow(deployment, plans.draw(self.random, drawn), manner)

    async def follow(self, deployment: str, plan: Plan, manner: Callable[[Record], Any]) -> Record:
        """Makes one prediction of this plan in this manner, follows it to its end, and checks it."""
        self._next += 1
        record = Record(f"p{self._next}", deployment, plan, manner.__name__.strip("_"), began=time.time())
        spans: list[Span] = []
        if plan.is_lethal:
            self.lethal.add(record.id)
            spans = self.note_loss(deployment, "plan", float("inf"))
        try:
            await manner(record)
            await self._settle(record)
        except (asyncio.TimeoutError, Failed) as failure:
            record.hung.append(f"hung: {failure or 'an answer did not come'}")
        except (Cut, OSError) as failure:
            record.hung.append(f"the connection was cut: {failure!r}")
        except (Malformed, ValueError, KeyError) as failure:
            record.hung.append(f"malformed: {failure!r}")
        record.ended = time.time()
        for span in spans:
            span.end = record.ended + AFTERMATH
        self.check(record)
        return record

    def note_loss(self, deployment: str, why: str, after: float) -> list[Span]:
        """Notes that workers of the deployment may be lost from now on, for so many seconds, and its group with them."""
        now = time.time()
        spans = [Span(deployment, now, now + after, why)]
        spans += [Span(mate, now, now + after, "group") for mate in self.mates.get(deployment, ())]
        self.deaths.spans += spans
        return spans

    def check(self, record: Record) -> None:
        self.ledger.read()
        for id in self.lethal:
            for line in self.ledger.of(id):
                self.deaths.by_pid.setdefault(line.pid, f"the plan of {id}")
        lines = self.ledger.of(record.id)
        found = faults(record, lines, self.deaths, self.rules.get(record.deployment, Rules()))
        if found:
            self.found.append(report(record, lines, found, self.deaths))
        self.counts["refused" if record.is_accepted is False else "accepted"] += 1
        self.counts[f"streams {'' if not found else 'faulty'}".strip()] += len(record.readings)
        for document in record.documents[:1]:
            self.statuses[document["status"]] += 1
        self.lethal.discard(record.id)
        self.ledger.forget(record.id)
        now = time.time()
        self.deaths.spans = [span for span in self.deaths.spans if span.end > now - 2 * DEADLINE]

    # Manners.

    def _path(self, record: Record, rest: str = "") -> str:
        return f"/{record.deployment}/predictions{rest}"

    async def _start(
        self, record: Record, method: str, headers: dict[str, str] | None = None, slow: bool = False
    ) -> Exchange:
        path = self._path(record, f"/{record.id}" if method == "PUT" else "")
        body = {"input": record.plan.input} if method == "PUT" else {"id": record.id, "input": record.plan.input}
        record.tell(time.time(), f"{method} {headers or ''}")
        return await self.server.client.begin(method, path, body, headers, SLOW_BUFFER if slow else None)

    async def _head(self, record: Record, exchange: Exchange, accepted: int) -> bool:
        """Reads the head; whether the prediction was accepted."""
        await asyncio.wait_for(exchange.head(), DEADLINE)
        record.tell(time.time(), f"answered {exchange.status}")
        if exchange.status == accepted:
            record.is_accepted = True
            return True
        if exchange.status not in BUSY:
            raise Malformed(f"{exchange.status}: {(await exchange.rest())[:300]!r}")
        record.is_accepted = False
        return False

    async def _waits(self, record: Record) -> None:
        exchange = await self._start(record, self.random.choice(["POST", "PUT"]))
        try:
            if await self._head(record, exchange, 200):
                record.documents.append(json.loads(await asyncio.wait_for(exchange.rest(), DEADLINE)))
        finally:
            exchange.close()

    async def _streams(self, record: Record) -> None:
        exchange = await self._start(record, self.random.choice(["POST", "PUT"]), EVENTS)
        reading = Reading()
        try:
            if await self._head(record, exchange, 200):
                record.readings.append(reading)
                await self.read(record, reading, exchange)
        finally:
            exchange.close()

    async def _background(self, record: Record) -> None:
        await self.send_off(record)

    async def send_off(self, record: Record) -> bool:
        exchange = await self._start(record, self.random.choice(["POST", "PUT"]), {"prefer": "respond-async"})
        try:
            return await self._head(record, exchange, 202)
        finally:
            exchange.close()

    async def _cancels(self, record: Record) -> None:
        """Cancels while it runs, or when it has just ended."""
        reader = None
        if self.random.random() < 0.5:
            if not await self.send_off(record):
                return
        else:
            exchange = await self._start(record, "PUT", EVENTS)
            if not await self._head(record, exchange, 200):
                exchange.close()
                return
            reading = Reading()
            record.readings.append(reading)
            reader = asyncio.create_task(self.read(record, reading, exchange))
        await asyncio.sleep(self.random.choice([0, 0.01, 0.1, 0.4]) * self.random.random())
        await self._cancel(record)
        if self.random.random() < 0.3:
            await self._cancel(record)
        if reader:
            await reader
            exchange.close()

    async def _cancel(self, record: Record) -> None:
        record.reasons.add("cancel")
        answer = await self.server.client.request("POST", f"/predictions/{record.id}/cancel")
        record.tell(time.time(), f"cancel answered {answer.status}")
        if answer.status == 200:
            record.was_cancelled = True
        elif answer.status != 404:
            raise Malformed(f"a cancel was answered {answer.status}")

    async def _early_cancel(self, record: Record) -> None:
        """The cancel overtakes its prediction: that ends as canceled whatever it was."""
        await self._cancel(record)
        await self._waits(record)
        for document in record.documents:
            if document["status"] != "canceled":
                record.hung.append("it was cancelled before its start, and ran")

    async def _leaves(self, record: Record) -> None:
        """Goes away in the middle and does not come back."""
        # A PUT that waits is cancelled like a POST; one with events is, when the grace is over.
        exchange = await self._start(record, self.random.choice(["POST", "PUT"]), self.random.choice([None, EVENTS]))
        record.reasons.add("left")
        try:
            if self.random.random() < 0.7:
                # Until the server knows of it.
                await eventually(lambda: self._is_known(record, exchange), "it is known, or refused")
            await asyncio.sleep(self.random.choice([0, 0.02, 0.2]) * self.random.random())
        finally:
            record.tell(time.time(), "left")
            exchange.close()

    async def _is_known(self, record: Record, exchange: Exchange) -> bool:
        answer = await self.server.client.get(f"/predictions/{record.id}")
        if answer.status == 200:
            record.is_accepted = True
            return True
        # An answer that is there already is a refusal, since a prediction that is not known cannot have ended.
        return bool(exchange._reader._buffer)

    async def _comes_back(self, record: Record) -> None:
        """Reads a stream in several pieces, each from where the last one was left."""
        exchange = await self._start(record, "PUT", EVENTS)
        reading = Reading()
        if not await self._head(record, exchange, 200):
            exchange.close()
            return
        times = self.random.randint(1, MOST_RETURNS)
        while True:
            record.readings.append(reading)
            times -= 1
            await self.read(record, reading, exchange, self.random.randint(1, 6) if times else None)
            exchange.close()
            if reading.finish is not Finish.LEFT:
                return
            left = time.monotonic()
            if self.random.random() < 0.5:
                await asyncio.sleep(self.random.random() * 0.1)
            last = reading.events[-1][1] or ""
            reading = Reading(after=int(last.rpartition("-")[2]))
            method = self.random.choice(["GET", "PUT"])
            headers = {**EVENTS, "last-event-id": last}
            body = {"input": record.plan.input} if method == "PUT" else None
            path = f"/predictions/{record.id}/events" if method == "GET" else self._path(record, f"/{record.id}")
            record.tell(time.time(), f"{method} after {last}")
            exchange = await self.server.client.begin(method, path, body, headers)
            await asyncio.wait_for(exchange.head(), DEADLINE)
            if time.monotonic() - left > self.put_grace * 0.9:
                record.reasons.add("left")
            if exchange.status == 204:
                # Nothing follows: the last event that was read must have been the terminal one.
                record.hung.append("204 for a reader that has not seen the end")
                exchange.close()
                return
            if exchange.status != 200:
                raise Malformed(f"a reader that came back was answered {exchange.status}")
            reading.replay = exchange.headers.get("x-prediction-replay", "")

    async def _many_readers(self, record: Record) -> None:
        if not await self.send_off(record):
            return

        async def read() -> None:
            await asyncio.sleep(self.random.random() * 0.2)
            reading = Reading(is_live=self.random.random() < 0.2)
            query = "?from=now" if reading.is_live else ""
            exchange = await self.server.client.begin("GET", f"/predictions/{record.id}/events{query}", None, EVENTS)
            try:
                await asyncio.wait_for(exchange.head(), DEADLINE)
                reading.status = exchange.status
                if exchange.status == 204 and reading.is_live:
                    return
                if exchange.status in (429, 503):
                    return
                if exchange.status != 200:
                    raise Malformed(f"a reader was answered {exchange.status}")
                record.readings.append(reading)
                leaves = self.random.random() < 0.2
                await self.read(record, reading, exchange, self.random.randint(1, 4) if leaves else None)
            finally:
                exchange.close()

        await asyncio.gather(*(read() for _ in range(self.random.randint(2, 5))))

    async def _reads_slowly(self, record: Record) -> None:
        exchange = await self._start(record, self.random.choice(["POST", "PUT"]), EVENTS, slow=True)
        reading = Reading(is_slow=True)
        try:
            if await self._head(record, exchange, 200):
                record.reasons.add("left")
                record.readings.append(reading)
                # Its end is looked up meanwhile: what is as large as this is not kept for long.
                await asyncio.gather(self.read(record, reading, exchange, pause=0.002), self._settle(record))
        finally:
            exchange.close()

    # Reading.

    async def read(
        self, record: Record, reading: Reading, exchange: Exchange, most: int | None = None, pause: float = 0
    ) -> None:
        """Reads to the end, or leaves after `most` events unless the end comes first."""
        reading.status = exchange.status
        try:
            while True:
                event: Event | None = await asyncio.wait_for(exchange.event(), DEADLINE)
                if event is None:
                    reading.finish = Finish.WHOLE
                    break
                data = event.json
                reading.events.append((event.name, event.id, data))
                if event.name == "completed":
                    record.documents.append(data)
                elif most is not None and len(reading.events) >= most and event.id is not None:
                    reading.finish = Finish.LEFT
                    break
                if pause and self.random.random() < 0.05:
                    await asyncio.sleep(pause)
        except asyncio.TimeoutError:
            reading.finish = Finish.HUNG
        except Malformed as malformed:
            reading.finish, reading.fault = Finish.CUT, str(malformed)
        except (Cut, ConnectionError):
            reading.finish = Finish.CUT
        record.tell(time.time(), f"read {len(reading.events)} events, {reading.finish.value}")

    async def _settle(self, record: Record) -> None:
        """Waits until it has ended, and takes down the document."""
        if record.is_accepted is False:
            return
        tries = 0

        async def has_ended() -> bool:
            nonlocal tries
            answer = await self.server.client.get(f"/predictions/{record.id}")
            if answer.status == 404:
                # Whoever left at once may have left before the server had read the request.
                tries += 1
                if record.documents:
                    return True  # Its end was seen, and it was forgotten since then.
                if record.is_accepted:
                    raise Failed("an accepted prediction is not known")
                return tries > 20
            if answer.status != 200:
                raise Malformed(f"a GET was answered {answer.status}")
            record.is_accepted = True
            document = answer.json
            if document["status"] not in TERMINAL:
                return False
            record.documents.append(document)
            return True

        await eventually(has_ended, "it has ended")
