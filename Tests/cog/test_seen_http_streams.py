"""Statements of the HTTP contract, section 4: events, subscribers, replay, disconnects."""

from __future__ import annotations

import threading
import unittest
from typing import Any

from case import CogTestCase, named, names, without_times
from client import ASYNC, JSON, SSE, Stream, eventually
from servers import Server


def attach(server: Server, id: str) -> Stream:
    """Subscribes to a running prediction."""
    return server.client.stream(f"/predictions/{id}", "PUT")


class Events(CogTestCase):
    model = "stream"

    def idle(self) -> None:
        eventually(lambda: self.client.health()["status"] == "READY", "the slot is free")

    def test_head(self) -> None:
        """§ 4: 200, an event stream that nobody may cache, chunked."""
        stream = self.client.stream(input={"n": 1})
        self.assertEqual(stream.headers["content-type"], "text/event-stream")
        self.assertIn("no-cache", stream.headers["cache-control"])
        self.assertEqual(stream.headers["transfer-encoding"], "chunked")
        stream.rest()

    def test_events(self) -> None:
        """§ 4: start, output with an index from 0, completed last; then the body ends."""
        stream = self.client.stream(id="e1", input={"n": 2})
        events = stream.rest()
        self.assertEqual(names(events), ["start", "output", "output", "completed"])
        self.assertEqual(events[0].data, {"id": "e1", "status": "processing"})
        self.assertEqual([event.data for event in events[1:3]], [{"chunk": 0, "index": 0}, {"chunk": 1, "index": 1}])
        document = events[3].data
        self.assertEqual(without_times(document), {"logs": "", "metrics": {}, "output": [0, 1], "status": "succeeded"})
        self.assertEqual(document["id"], "e1")
        self.assertIsInstance(document["metrics"]["predict_time"], float)

    def test_order(self) -> None:
        """§ 4: output, log and metric come as the model produced them; a metric as it was recorded."""
        events = self.client.events(case="order", n=2)
        self.assertEqual(
            [(event.name, event.data) for event in events[1:-1]],
            [
                ("log", {"data": "log 0\n", "source": "stdout"}),
                ("metric", {"mode": "increment", "name": "n", "value": 1}),
                ("output", {"chunk": {"n": 0}, "index": 0}),
                ("log", {"data": "log 1\n", "source": "stdout"}),
                ("metric", {"mode": "increment", "name": "n", "value": 1}),
                ("output", {"chunk": {"n": 1}, "index": 1}),
                ("log", {"data": "to stderr\n", "source": "stderr"}),
                ("metric", {"mode": "replace", "name": "gone", "value": 1}),
                ("metric", {"mode": "replace", "name": "gone", "value": None}),
                ("metric", {"mode": "append", "name": "list", "value": "a"}),
            ],
        )
        document = without_times(events[-1].data)
        self.assertEqual(document["metrics"], {"n": 2, "list": ["a"]})
        self.assertEqual(document["logs"], "log 0\nlog 1\nto stderr\n")

    def test_failed(self) -> None:
        """§ 4, 10: a failure has an error, all logs, and the pieces so far."""
        document = self.client.events(case="fail", n=2)[-1].data
        self.assertEqual(document["status"], "failed")
        self.assertEqual(document["error"], "Prediction failed: Generator iteration error: ValueError: boom")
        self.assertEqual(document["output"], [0, 1])
        self.assertTrue(document["logs"].startswith("before the error\n"))

    def test_failed_without_output(self) -> None:
        """§ 4: without a piece there is no output."""
        self.assertNotIn("output", self.client.events(case="fail", n=0)[-1].data)

    def test_canceled(self) -> None:
        """§ 4, 9: a canceled stream ends with canceled and the pieces so far; cancelling is repeatable."""
        stream = self.client.stream(id="c1", input={"case": "forever", "text": "c1"})
        stream.until(lambda event: event.name == "output")
        for _ in range(3):
            self.assertIn(self.client.post("/predictions/c1/cancel").status, (200, 404))
        document = stream.rest()[-1].data
        self.assertEqual((document["status"], document["output"]), ("canceled", ["first"]))
        self.server.wait_for_file("c1.left")

    def test_swallowed_cancel(self) -> None:
        """§ 9: a model that swallows the cancel is canceled all the same, its outputs kept."""
        stream = self.client.stream(id="c2", input={"case": "swallow", "text": "c2"})
        self.server.wait_for_file("c2.started")
        self.assertEqual(self.client.post("/predictions/c2/cancel").status, 200)
        document = stream.rest()[-1].data
        self.assertEqual(document["status"], "canceled")
        self.assertEqual(document["output"][0], "kept")

    def test_nothing_yielded(self) -> None:
        """§ 4: a generator without pieces is []."""
        events = self.client.events(case="nothing")
        self.assertEqual((names(events), events[-1].data["output"]), (["start", "completed"], []))

    def test_no_generator(self) -> None:
        """§ 4: a value that is no generator is one event; a list one for each element."""
        events = self.client.events(case="plain")
        self.assertEqual(named(events, "output"), [{"chunk": "whole", "index": 0}])
        events = self.client.events(case="list")
        self.assertEqual([data["chunk"] for data in named(events, "output")], [1, "two", None])
        self.assertEqual(events[-1].data["output"], [1, "two", None])

    def test_errors_before_the_stream(self) -> None:
        """§ 4: refusals are ordinary JSON answers."""
        answer = self.client.post("/predictions", {"input": {"n": -1}}, SSE)
        self.assertEqual((answer.status, answer.headers["content-type"]), (422, "application/json"))
        self.client.put("/predictions/busy", {"input": {"case": "gated", "n": 1, "text": "busy"}}, ASYNC)
        self.server.wait_for_file("busy.started")
        self.assertEqual(self.client.post("/predictions", {"input": {}}, SSE).status, 409)
        self.server.file("busy.0")
        self.idle()

    def test_accept(self) -> None:
        """§ 2: an element of Accept that is text/event-stream asks for events, and wins over Prefer."""
        for accept in ("text/event-stream", "application/json, text/event-stream;q=0.9 , */*"):
            with self.subTest(accept):
                answer = self.client.post("/predictions", {"input": {}}, {**ASYNC, "accept": accept})
                wanted = "text/event-stream"
                if "json" in accept:
                    # The higher quality of JSON counts here.
                    wanted = self.differs("`Accept` and `Prefer`", cog=wanted, ours="application/json")
                self.assertEqual(answer.headers["content-type"], wanted)
                self.idle()
        answer = self.client.post("/predictions", {"input": {}}, {**JSON, "accept": "*/*"})
        self.assertEqual(answer.headers["content-type"], "application/json")

    def test_no_heartbeat_between(self) -> None:
        """§ 4: only events while there are events; no name is unknown."""
        events = self.client.events(case="count", n=200)
        self.assertEqual(set(names(events)), {"start", "output", "completed"})
        self.assertEqual([data["index"] for data in named(events, "output")], list(range(200)))

    def test_ids(self) -> None:
        """§ 4: the peer sends neither id nor retry; ours does."""
        event = self.client.events(n=1)[0]
        self.assertEqual("id" in event.fields, self.differs("events", cog=False, ours=True))

    def test_late_subscriber(self) -> None:
        """§ 4: who comes late gets everything from start, without gap or duplicate, then live."""
        first = self.client.stream(id="late", input={"case": "late", "n": 50, "text": "late"})
        self.server.wait_for_file("late.reached")
        second = attach(self.server, "late")
        self.server.file("late.go")
        expected = [("start", None)] + [("output", n) for n in range(50)] + [("output", "last"), ("completed", None)]
        for stream in (first, second):
            events = stream.rest()
            seen = [(event.name, event.data.get("chunk") if event.name == "output" else None) for event in events]
            self.assertEqual(seen, expected)

    def test_nothing_after_the_end(self) -> None:
        """§ 4: after the end the peer has nothing to replay and runs again; ours replays the same run."""
        first = self.client.stream("/predictions/over", "PUT", input={"case": "count", "n": 2}).rest()
        second = self.client.stream("/predictions/over", "PUT", input={"case": "count", "n": 2}).rest()
        self.assertEqual(names(first), names(second))
        again = first[0].fields.get("id") == second[0].fields.get("id")
        self.assertTrue(again)
        times = [events[-1].data["metrics"]["predict_time"] for events in (first, second)]
        row = "a `PUT` whose id has finished"
        self.assertEqual(times[0] == times[1], self.differs(row, cog=False, ours=True))

    def test_snapshot_has_pieces(self) -> None:
        """§ 2.3: a repeated PUT of a running stream tells the pieces so far."""
        stream = self.client.stream("/predictions/snap", "PUT", input={"case": "late", "n": 2, "text": "snap"})
        self.server.wait_for_file("snap.reached")
        answer = eventually(
            lambda: (a := self.client.put("/predictions/snap", {})) and len(a.json.get("output", [])) == 2 and a, "two"
        )
        self.assertEqual((answer.status, answer.json["status"]), (202, "processing"))
        self.assertEqual(answer.json["output"], [0, 1])
        self.server.file("snap.go")
        stream.rest()

    def test_post_stream_left(self) -> None:
        """§ 4: the last reader of a POST leaves: cancelled."""
        stream = self.client.stream(input={"case": "forever", "text": "left"})
        stream.until(lambda event: event.name == "output")
        stream.close()
        self.server.wait_for_file("left.left")
        self.idle()

    def test_put_stream_left(self) -> None:
        """§ 4: the last reader of a PUT leaves: cancelled at once there; here it goes on for a while."""
        stream = self.client.stream("/predictions/pl", "PUT", input={"case": "late", "n": 1, "text": "pl"})
        self.server.wait_for_file("pl.reached")
        stream.close()
        if self.differs("a lost connection, stream by `PUT`", cog=True, ours=False):
            self.idle()
            return
        again = attach(self.server, "pl")
        self.server.file("pl.go")
        self.assertEqual(again.rest()[-1].data["output"], [0, "last"])

    def test_one_of_several_leaves(self) -> None:
        """§ 4: one of several readers leaves: nothing happens."""
        first = self.client.stream(id="two", input={"case": "late", "n": 1, "text": "two"})
        self.server.wait_for_file("two.reached")
        second = attach(self.server, "two")
        second.until(lambda event: event.name == "output")
        first.close()
        self.server.file("two.go")
        self.assertEqual(second.rest()[-1].data["status"], "succeeded")

    def test_readers_of_async(self) -> None:
        """§ 4: a prediction that runs in the background does not mind who reads it."""
        hooks = self.receiver()
        body = {"input": {"case": "late", "n": 1, "text": "bg"}, "webhook": hooks.url}
        self.client.put("/predictions/bg", body, ASYNC)
        self.server.wait_for_file("bg.reached")
        stream = attach(self.server, "bg")
        stream.until(lambda event: event.name == "output")
        stream.close()
        self.server.file("bg.go")
        self.assertEqual(hooks.completed("bg").json["status"], "succeeded")

    def test_sync_client_leaves_readers(self) -> None:
        """§ 2.1, 4: the client that waits leaves: cancelled, readers are told."""
        waiting = self.client.send("POST", "/predictions", {"id": "sl", "input": {"case": "forever", "text": "sl"}}, JSON)
        self.server.wait_for_file("sl.started")
        stream = attach(self.server, "sl")
        stream.until(lambda event: event.name == "output")
        waiting.close()
        self.assertEqual(stream.rest()[-1].data["status"], "canceled")

    def test_too_many_subscribers(self) -> None:
        """§ 4: more than 1024 readers of one prediction are refused with 429."""
        first = self.client.stream(id="crowd", input={"case": "late", "n": 1, "text": "crowd"})
        self.server.wait_for_file("crowd.reached")
        readers: list[Any] = []
        try:
            for _ in range(1023):
                readers.append(self.client.begin("PUT", "/predictions/crowd", {}, SSE))
            answer = self.client.put("/predictions/crowd", {}, SSE)
            self.assertEqual(answer.status, 429)
            if self.peer:
                self.assertEqual(answer.json, {"error": "Too many stream subscribers"})
        finally:
            self.server.file("crowd.go")
            for connection, response in readers:
                response.close()
                connection.close()
        self.assertEqual(first.rest()[-1].data["status"], "succeeded")


class Silence(CogTestCase):
    model = "stream"

    def test_heartbeat(self) -> None:
        """§ 4: a comment after 15 s without an event."""
        stream = self.client.stream(input={"case": "late", "n": 1, "text": "hb"})
        stream.until(lambda event: event.name == "output")
        before = len(stream.comments)
        timer = threading.Timer(16.5, self.server.file, ["hb.go"])
        timer.start()
        self.assertEqual(stream.rest()[-1].data["status"], "succeeded")
        timer.join()
        self.assertEqual(len(stream.comments) - before, 1)
        self.assertTrue(stream.comments[-1].startswith(":"))


class Slow(CogTestCase):
    model = "stream"
    ours = ["--live-window-bytes", "64KiB", "--patience", "0s"]

    def test_lagged(self) -> None:
        """§ 4: a reader that falls too far behind is told how much it has lost, and let go, without completed."""
        stream = self.client.stream(id="slow", input={"case": "big", "n": 30000, "size": 2000})
        self.idle()
        events = stream.rest()
        self.assertEqual(names(events)[-1], "error")
        self.assertEqual(events[-1].data["error"], "SSE stream lagged; events were dropped")
        self.assertGreater(events[-1].data["skipped"], 0)

    def idle(self) -> None:
        eventually(lambda: self.client.health()["status"] == "READY", "the model has ended")


class SmallHistory(CogTestCase):
    model = "stream"
    env = {"COG_STREAM_HISTORY_CAPACITY": "5"}

    def test_truncated(self) -> None:
        """§ 4: who comes when events are gone gets one error with their number; the prediction goes on."""
        first = self.client.stream(id="t", input={"case": "late", "n": 9, "text": "t"})
        self.server.wait_for_file("t.reached")
        first.until(lambda event: event.name == "output" and event.data["index"] == 8)
        events = attach(self.server, "t").rest()
        self.assertEqual(names(events), ["error"])
        self.assertEqual(
            events[0].data, {"error": "SSE stream replay truncated; events were dropped", "skipped": 5}
        )
        self.server.file("t.go")
        self.assertEqual(len(first.rest()[-1].data["output"]), 10)


class NoHistory(CogTestCase):
    model = "stream"
    env = {"COG_STREAM_HISTORY_CAPACITY": "0"}

    def test_live_only(self) -> None:
        """§ 4: without history a late reader gets what comes, and completed; nothing counts as lost."""
        first = self.client.stream(id="l", input={"case": "late", "n": 9, "text": "l"})
        self.server.wait_for_file("l.reached")
        first.until(lambda event: event.name == "output" and event.data["index"] == 8)
        second = attach(self.server, "l")
        self.server.file("l.go")
        events = second.rest()
        self.assertEqual(names(events), ["output", "completed"])
        self.assertEqual(events[0].data, {"chunk": "last", "index": 9})


class BadHistory(CogTestCase):
    model = "stream"
    env = {"COG_STREAM_HISTORY_CAPACITY": "many"}

    def test_default(self) -> None:
        """§ 4: what is no number is warned of, and the default counts."""
        first = self.client.stream(id="d", input={"case": "late", "n": 900, "text": "d"})
        self.server.wait_for_file("d.reached")
        first.until(lambda event: event.name == "output" and event.data["index"] == 899)
        second = attach(self.server, "d")
        self.server.file("d.go")
        self.assertEqual(len(named(second.rest(), "output")), 901)
        first.close()
        self.assertIn("COG_STREAM_HISTORY_CAPACITY", self.server.log)


if __name__ == "__main__":
    unittest.main()
