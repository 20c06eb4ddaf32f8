"""Very many predictions leave nothing behind: no file, descriptor, thread, process, and no log line in the wrong place."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import threading
import time
import unittest

from case import CogTestCase
from client import JSON, eventually

#: One after another.
SERIAL = 10_000
#: At once, and how often each of these clients asks.
PARALLEL = 64
EACH = 20


class Endurance(CogTestCase):
    model = "many"
    env = {"COG_MAX_CONCURRENCY": str(PARALLEL)}
    # Kept results are kept on purpose; here what is left after them is looked at.
    ours = ["--retention", "0s"]

    def setUp(self) -> None:
        self.only_ours()
        self.worker = int(self.client.predict(name="pid")["output"])

    def remains(self) -> dict[str, int]:
        """How much there is of everything."""
        counts = {
            "files": sum(len(names) for _, _, names in os.walk(self.server.scratch)),
            "children": len(self.server.descendants()),
        }
        for name, pid in (("server", self.server.process.pid), ("worker", self.worker)):
            counts[name + " descriptors"] = len(os.listdir(f"/proc/{pid}/fd"))
            counts[name + " threads"] = len(os.listdir(f"/proc/{pid}/task"))
        counts["zombies"] = sum(state(pid) == "Z" for pid in self.server.descendants())
        return counts

    def ask(self, connection: http.client.HTTPConnection, name: str, pauses: int) -> None:
        """One prediction; its answer is its own, whole and alone."""
        body = json.dumps({"input": {"name": name, "pauses": pauses}})
        connection.request("POST", "/predictions", body, JSON)
        document = json.loads(connection.getresponse().read())
        expected = "".join(f"{name} step {step}\n" for step in range(pauses))
        if (document.get("output"), document["logs"]) != (name, expected) or document["metrics"]["name"] != name:
            raise AssertionError(f"{name}: {document}")

    def one_after_another(self, count: int, prefix: str, pauses: int = 1) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        for number in range(count):
            self.ask(connection, f"{prefix}-{number}", pauses)
        connection.close()

    def at_once(self) -> None:
        wrong: list[BaseException] = []
        barrier = threading.Barrier(PARALLEL)

        def client(number: int) -> None:
            try:
                barrier.wait(30)
                self.one_after_another(EACH, f"client {number}", pauses=5)
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(PARALLEL)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(wrong, [])
        self.assertFalse(any(thread.is_alive() for thread in threads))

    def test_nothing_is_left(self) -> None:
        """10,000 one after another, then 64 at once."""
        self.one_after_another(200, "warm-up")
        self.at_once()
        before = self.settled()
        began = time.monotonic()
        self.one_after_another(SERIAL, "serial")
        self.at_once()
        # Nothing may be left, so it comes back to what it was; it may take a moment.
        eventually(lambda: self.no_more_than(before), f"no more than {before}; now {self.remains()}", 15)
        self.assertEqual(self.worker, int(self.client.predict(name="pid")["output"]), "the worker was replaced")
        self.assertNotIn("serial-", self.server.log, "a prediction's words in the server's log")
        print(f"{SERIAL} predictions and {PARALLEL} × {EACH} at once in {time.monotonic() - began:.1f} s")

    def settled(self) -> dict[str, int]:
        """What there is when connections of before are closed."""
        last: dict[str, int] = {}

        def same() -> bool:
            nonlocal last
            now = self.remains()
            stable = now == last
            last = now
            time.sleep(0.05)
            return stable

        eventually(same, "two equal looks")
        return last

    def no_more_than(self, before: dict[str, int]) -> bool:
        return all(count <= before[name] for name, count in self.remains().items())


def state(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


if __name__ == "__main__":
    unittest.main()
