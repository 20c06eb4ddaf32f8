"""Where Cog's server falls short in streams, files and webhooks, ours shows the better behaviour."""

from __future__ import annotations

import base64
import threading
import unittest
from typing import Any

from case import OursOnly, named, names
from client import ASYNC, JSON, SSE, Stream, eventually
from receiver import Received, Reply


def text_url(text: bytes) -> str:
    return "data:text/plain;base64," + base64.b64encode(text).decode()


class Streams(OursOnly):
    model = "stream"

    def test_A07_rewritten_file(self) -> None:
        """A file that is yielded and written again: each version arrives."""
        events = self.client.events(case="rewrite", n=5)
        chunks = [data["chunk"] for data in named(events, "output")]
        self.assertEqual(chunks, [text_url(f"version {n}".encode()) for n in range(5)])

    def test_A20_order_of_webhooks(self) -> None:
        """Webhooks come in order, the last one last."""
        server = self.start("stream", env={"COG_THROTTLE_RESPONSE_INTERVAL": "0"})
        for _ in range(5):
            hooks = self.receiver()
            server.client.post("/predictions", {"webhook": hooks.url, "input": {"case": "count", "n": 50}})
            hooks.completed()
            states = [(len(r.json.get("output", [])), r.json["status"]) for r in hooks.received]
            self.assertEqual(states, sorted(states, key=lambda state: (state[1] != "processing", state[0])))
            self.assertEqual(states[-1], (50, "succeeded"))

    def test_B01_reconnect(self) -> None:
        """A stream by PUT that lost its reader goes on, and the same PUT resumes it without loss."""
        stream = self.client.stream("/predictions/b1", "PUT", input={"case": "late", "n": 3, "text": "b1"})
        seen = stream.until(lambda event: event.name == "output" and event.data["index"] == 1)
        stream.close()
        self.server.wait_for_file("b1.reached")
        self.server.file("b1.go")
        headers = {**SSE, "last-event-id": seen[-1].fields["id"]}
        answer = self.client.put("/predictions/b1", {}, headers)
        self.assertEqual(answer.headers["x-prediction-replay"], "resumed")
        self.assertNotIn('"index":1', answer.text)
        self.assertIn('data: {"chunk":2,"index":2}', answer.text)
        self.assertIn('data: {"chunk":"last","index":3}', answer.text)
        self.assertIn('"status":"succeeded"', answer.text)

    def test_B02_gap_and_go_on(self) -> None:
        """When events are gone, GET tells which and goes on with what there is and what comes."""
        server = self.start("stream", env={"COG_STREAM_HISTORY_CAPACITY": "4"})
        first = server.client.stream(id="b2", input={"case": "late", "n": 9, "text": "b2"})
        first.until(lambda event: event.name == "output" and event.data["index"] == 8)
        server.wait_for_file("b2.reached")
        events: list[Any] = []

        def read() -> None:
            connection, response = server.client.begin("GET", "/predictions/b2/events", None, {})
            events.extend(Stream(connection, response))

        reader = threading.Thread(target=read)
        reader.start()
        server.file("b2.go")
        reader.join(20)
        self.assertEqual(names(events)[:2], ["start", "gap"])
        self.assertEqual(names(events)[-1], "completed")
        self.assertIn("last", [data["chunk"] for data in named(events, "output")])
        first.rest()

    def test_B03_ids(self) -> None:
        """Events have ids and a time to wait; Last-Event-ID gives what follows."""
        events = self.client.stream("/predictions/b3", "PUT", input={"case": "count", "n": 3}).rest()
        self.assertTrue(all(event.fields.get("id") for event in events))
        path = "/predictions/b3/events"
        self.assertIn("\nretry: ", self.client.get(path).text)
        answer = self.client.request("GET", path, None, {"last-event-id": events[2].fields["id"]})
        self.assertEqual(answer.text.count("event: output"), 1)

    def test_B04_slow_reader(self) -> None:
        """A reader that falls 30,000 events behind, well within the bytes it may, loses none."""
        stream = self.client.stream(input={"case": "count", "n": 30_000})
        eventually(lambda: self.client.health()["status"] == "READY", "the model has ended, nobody has read")
        self.assertEqual(len(named(stream.rest(), "output")), 30_000)

    def test_B06_memory_by_bytes(self) -> None:
        """What is kept of a stream is bounded by bytes: 60 MB of pieces do not stay."""
        server = self.start("stream", ours=["--history-bytes", "1MiB"])
        connection, response = server.client.begin(
            "PUT", "/predictions/b6", {"id": "b6", "input": {"case": "big", "n": 20, "size": 3_000_000}}, SSE
        )
        first = 0
        while piece := response.read(1 << 20):
            first += len(piece)
        connection.close()
        self.assertGreater(first, 60_000_000)
        answer = server.client.get("/predictions/b6/events")
        # The end tells the whole output once; of the pieces at most a mebibyte is told again.
        self.assertIn("event: gap", answer.text)
        self.assertLess(answer.text.count("event: output"), 2)

    def test_B07_typed_stream(self) -> None:
        """Who does not want the logs again at the end reads the typed stream: its end has output and no logs."""
        document = self.client.get("/").json
        self.assertTrue(document)
        name = self.deployment()
        answer = self.client.post(f"/{name}/stream", {"input": {"case": "order", "n": 1}})
        self.assertEqual(answer.status, 200)
        last = [line for line in answer.text.splitlines() if line.startswith("data:")][-1]
        self.assertIn('"type":"result"', last)
        self.assertNotIn("logs", last)

    def deployment(self) -> str:
        return next(iter(self.client.get("/readyz").json["deployments"]))

    def test_B08_many_readers(self) -> None:
        """Many readers of one stream all get the same bytes."""
        first = self.client.stream("/predictions/b8", "PUT", input={"case": "late", "n": 500, "text": "b8"})
        self.server.wait_for_file("b8.reached")
        others = [self.client.begin("PUT", "/predictions/b8", {}, SSE) for _ in range(20)]
        self.server.file("b8.go")
        texts = {response.read().replace(b": \n", b"") for _, response in others}
        for connection, _ in others:
            connection.close()
        self.assertEqual(len(texts), 1)
        self.assertEqual(texts.pop().count(b"event: output"), 501)
        first.rest()

    def test_B09_late_readers_hold_nobody(self) -> None:
        """While late readers that do not read hold a large history, the run and others go on."""
        first = self.client.stream("/predictions/b9", "PUT", input={"case": "late", "n": 900, "text": "b9"})
        self.server.wait_for_file("b9.reached")
        idle = [self.client.begin("PUT", "/predictions/b9", {}, SSE) for _ in range(50)]
        self.server.file("b9.go")
        self.assertEqual(first.rest()[-1].data["status"], "succeeded")
        for connection, response in idle:
            response.close()
            connection.close()

    def test_B10_readers_can_be_set(self) -> None:
        """How many readers a prediction may have is a setting."""
        server = self.start("stream", ours=["--max-subscribers-per-prediction", "2"])
        first = server.client.stream("/predictions/b10", "PUT", input={"case": "late", "n": 1, "text": "b10"})
        server.wait_for_file("b10.reached")
        second = server.client.begin("PUT", "/predictions/b10", {}, SSE)
        self.assertEqual(server.client.put("/predictions/b10", {}, SSE).status, 429)
        server.file("b10.go")
        first.rest()
        second[0].close()

    def test_B11_no_schema_file(self) -> None:
        """A bare directory streams; before the model is ready the answer is 503, after a failed set-up as well."""
        self.assertFalse((self.server.directory / ".cog").exists())
        self.assertEqual(names(self.client.events(n=1)), ["start", "output", "completed"])
        server = self.start("setup", env={"SETUP_CASE": "raise"})
        self.assertEqual(server.client.post("/predictions", {"input": {}}, SSE).status, 503)

    def test_B12_any_iterator(self) -> None:
        """Iterators that are no generators stream."""
        events = self.client.events(case="iterator")
        self.assertEqual([data["chunk"] for data in named(events, "output")], [1, 2])
        self.assertEqual(events[-1].data["output"], [1, 2])

    def test_A13_canceled_keeps_output(self) -> None:
        """The JSON answer of a canceled prediction has its pieces and logs."""
        connection = self.client.send("PUT", "/predictions/a13", {"input": {"case": "forever", "text": "a13"}}, JSON)
        self.server.wait_for_file("a13.started")
        eventually(lambda: "output" in self.client.get("/predictions/a13").json, "the first piece")
        self.client.post("/predictions/a13/cancel")
        text = connection.getresponse().read().decode()
        connection.close()
        self.assertIn('"status":"canceled"', text)
        self.assertIn('"output":["first"]', text)


class Uploads(OursOnly):
    def setUp(self) -> None:
        def reply(request: Received) -> Reply:
            # The first file's answer waits for the second's request, where that comes: they may be sent side by side.
            return 200, {"location": f"https://files.example{request.path}"}, b""

        self.storage = self.receiver(reply)
        self.server = self.start("values", arguments=["--upload-url", self.storage.url])
        self.client = self.server.client

    def test_A09_order(self) -> None:
        """Uploaded files stand where they were in the list, between other elements as well."""
        output = self.client.predict(case="two_files")["output"]
        self.assertEqual(output, ["https://files.example/a.txt", "https://files.example/b.json"])
        output = self.client.predict(case="mixed_files")["output"]
        self.assertEqual(output, ["https://files.example/a.txt", "str", 3, None])

    def test_A10_files_inside(self) -> None:
        """Files inside of models are uploaded, too."""
        output = self.client.predict(case="pair")["output"]
        self.assertEqual(output, {"label": "l", "file": "https://files.example/in.txt"})


class Health(OursOnly):
    model = "health"

    def test_C07_health_check_holds_nobody(self) -> None:
        """While healthcheck() waits, predictions begin and end, and a cancel gets through."""
        self.server.file("health", "wait")
        asked = self.client.send("GET", "/health-check", None, {})
        eventually(lambda: (self.server.directory / "calls").exists(), "healthcheck() has begun")
        self.assertEqual(self.client.predict(text="meanwhile")["output"], "meanwhile")
        hooks = self.receiver()
        self.client.put("/predictions/c7", {"input": {"case": "wait", "text": "c7"}, "webhook": hooks.url}, ASYNC)
        self.server.wait_for_file("c7.started")
        self.client.post("/predictions/c7/cancel")
        self.assertEqual(hooks.completed("c7").json["status"], "canceled")
        self.server.file("health.go")
        self.assertIn(b'"status"', asked.getresponse().read())
        asked.close()


class Documents(OursOnly):
    model = "stream"

    def test_D08_as_documented(self) -> None:
        """What Cog's documents say and its server does not: output webhooks are throttled, nothing is lost by that."""
        hooks = self.receiver()
        body = {"webhook": hooks.url, "input": {"case": "count", "n": 300}}
        self.client.post("/predictions", body)
        hooks.completed()
        outputs = [r for r in hooks.received if "output" in r.json]
        self.assertLess(len(outputs), 30)
        self.assertEqual(len(outputs[-1].json["output"]), 300)

    def test_D08_sync_can_be_cancelled(self) -> None:
        """A synchronous prediction can be cancelled; the health document names the SDK."""
        connection = self.client.send("PUT", "/predictions/d8", {"input": {"case": "forever", "text": "d8"}}, JSON)
        self.server.wait_for_file("d8.started")
        self.assertEqual(self.client.post("/predictions/d8/cancel").status, 200)
        self.assertIn(b'"status":"canceled"', connection.getresponse().read())
        connection.close()
        self.assertIn("python_sdk", self.client.health()["version"])


if __name__ == "__main__":
    unittest.main()
