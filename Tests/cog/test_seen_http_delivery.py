"""Statements of the HTTP contract, sections 6 and 7: webhooks, files."""

from __future__ import annotations

import base64
import socket
import unittest
from typing import Any

from case import CogTestCase, named, without_times
from client import ASYNC, JSON, SSE
from receiver import Received, Receiver, Reply

#: No throttle, so that what is seen does not hang on how fast the machine is.
UNTHROTTLED = {"COG_THROTTLE_RESPONSE_INTERVAL": "0"}


def data_url(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


class Webhooks(CogTestCase):
    model = "stream"
    env = {**UNTHROTTLED, "WEBHOOK_AUTH_TOKEN": "a-token"}

    def run_with(self, hooks: Receiver, headers: dict[str, str] = JSON, **body: Any) -> list[Received]:
        answer = self.client.post("/predictions", {"webhook": hooks.url + "/hook", **body}, headers)
        self.assertIn(answer.status, (200, 202), answer.text)
        hooks.completed()
        return list(hooks.received)

    def test_bodies(self) -> None:
        """§ 6: the documents that are sent, start first; terminal ones have the time taken. No input."""
        hooks = self.receiver()
        received = self.run_with(hooks, id="w1", input={"case": "order", "n": 2})
        self.assertEqual({r.method for r in received}, {"POST"})
        self.assertEqual({r.path for r in received}, {"/hook"})
        start = next(r for r in received if "output" not in r.json and r.json["status"] == "processing")
        self.assertEqual(without_times(start.json) | {"logs": ""}, {"logs": "", "metrics": {}, "status": "processing"})
        end = hooks.completed("w1").json
        self.assertEqual(end["output"], [{"n": 0}, {"n": 1}])
        self.assertEqual(end["logs"], "log 0\nlog 1\nto stderr\n")
        self.assertIn("predict_time", end["metrics"])
        for request in received:
            self.assertNotIn("input", request.json)
            self.assertEqual(request.json["id"], "w1")

    def test_headers(self) -> None:
        """§ 6: content type, user agent, accept, bearer token, and the trace of the request that created it."""
        hooks = self.receiver()
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        headers = {**JSON, "traceparent": trace, "tracestate": "a=b"}
        for request in self.run_with(hooks, headers, input={"n": 1}):
            self.assertEqual(request.headers["content-type"], "application/json")
            self.assertEqual(request.headers["accept"], "*/*")
            self.assertEqual(request.headers["authorization"], "Bearer a-token")
            self.assertEqual(request.headers["traceparent"], trace)
            self.assertEqual(request.headers["tracestate"], "a=b")
            self.assertRegex(request.headers["user-agent"], r"^[a-z]+/\d+\.\d+")

    def test_every_mode(self) -> None:
        """§ 6: they are sent in every mode."""
        for headers in (JSON, ASYNC, SSE):
            with self.subTest(str(headers)):
                hooks = self.receiver()
                self.run_with(hooks, headers, input={"n": 1})

    def test_filter(self) -> None:
        """§ 6: only the events that were asked for; none for an empty list."""
        for events, statuses in (
            (["completed"], ["succeeded"]),
            (["start"], ["processing"]),
            (["start", "completed"], ["processing", "succeeded"]),
        ):
            with self.subTest(str(events)):
                hooks = self.receiver()
                body = {"webhook": hooks.url, "webhook_events_filter": events, "input": {"n": 3}}
                self.client.post("/predictions", body)
                hooks.wait(len(statuses))
                self.assertEqual(sorted(r.json["status"] for r in hooks.received), statuses)
        silent, marker = self.receiver(), self.receiver()
        self.client.post("/predictions", {"webhook": silent.url, "webhook_events_filter": [], "input": {"n": 3}})
        self.run_with(marker, input={"n": 1})
        self.assertEqual(silent.received, [])

    def test_output(self) -> None:
        """§ 6: output webhooks carry the pieces so far."""
        hooks = self.receiver()
        body = {"webhook": hooks.url, "webhook_events_filter": ["output"], "id": "wo"}
        self.client.post("/predictions", {**body, "input": {"case": "gated", "n": 2, "text": "wo"}}, ASYNC)
        self.server.wait_for_file("wo.started")
        self.server.file("wo.0")
        self.assertEqual(hooks.wait(1)[0].json["output"], ["wo0"])
        self.server.file("wo.1")
        self.assertEqual(hooks.wait(2)[1].json["output"], ["wo0", "wo1"])

    def test_failed_and_canceled(self) -> None:
        """§ 6: the terminal webhook of a failure has the error, that of a cancel its pieces."""
        hooks = self.receiver()
        end = self.run_with(hooks, input={"case": "fail", "n": 1}) and hooks.completed().json
        self.assertEqual((end["status"], end["output"]), ("failed", [0]))
        self.assertIn("ValueError: boom", end["error"])
        hooks = self.receiver()
        body = {"id": "wc", "webhook": hooks.url, "input": {"case": "forever", "text": "wc"}}
        self.client.post("/predictions", body, ASYNC)
        hooks.wait_for(lambda r: "output" in r.json)
        self.client.post("/predictions/wc/cancel")
        end = hooks.completed("wc").json
        self.assertEqual((end["status"], end["output"]), ("canceled", ["first"]))

    def test_retries(self) -> None:
        """§ 6: the terminal one is tried again on 500, 429 and their like."""
        statuses = [500, 429, 503, 200]
        hooks = self.receiver(lambda _: (statuses[min(len(hooks.received), 4) - 1], {}, b""))
        body = {"webhook": hooks.url, "webhook_events_filter": ["completed"], "input": {"n": 1}}
        self.client.post("/predictions", body)
        received = hooks.wait(4)
        self.assertEqual({r.json["status"] for r in received}, {"succeeded"})
        delays = [b.at - a.at for a, b in zip(received, received[1:])]
        for delay, least in zip(delays, (0.19, 0.38, 0.75)):
            self.assertGreater(delay, least * 0.9)

    def test_no_retry(self) -> None:
        """§ 6: other statuses end it."""
        hooks = self.receiver(lambda _: (404, {}, b""))
        body = {"webhook": hooks.url, "webhook_events_filter": ["completed"], "input": {"n": 1}}
        self.client.post("/predictions", body)
        hooks.wait(1)
        marker = self.receiver(lambda _: (500, {}, b"") if len(marker.received) < 3 else (200, {}, b""))
        self.client.post("/predictions", {**body, "webhook": marker.url})
        marker.wait(3)  # By now a second try of the first one would have come.
        self.assertEqual(len(hooks.received), 1)

    def test_retry_of_a_connection(self) -> None:
        """§ 6: the terminal one is tried again when nobody listens yet."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        body = {"webhook": url, "webhook_events_filter": ["completed"], "input": {"n": 1}}
        self.assertEqual(self.client.post("/predictions", body).status, 200)
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.settimeout(30)
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                self.assertIn(b"POST / HTTP/1.1", connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    def test_bad_url(self) -> None:
        """§ 6: a URL that cannot be used does not disturb the prediction."""
        answer = self.client.post("/predictions", {"webhook": "no url", "input": {"n": 1}})
        self.assertEqual(answer.status, self.differs("webhook URLs", cog=200, ours=answer.status))
        self.assertIn(answer.status, (200, 422))

    def test_throttle_of_logs(self) -> None:
        """§ 6: within the interval the peer drops logs webhooks; ours sends the latest state later."""
        server = self.start("stream", env={"COG_THROTTLE_RESPONSE_INTERVAL": "0.3"})
        hooks = self.receiver()
        body = {"webhook": hooks.url, "webhook_events_filter": ["start", "logs", "completed"]}
        server.client.post("/predictions", {**body, "input": {"case": "order", "n": 20}})
        hooks.completed()
        self.assertLess(len(hooks.received), 10)


class Files(CogTestCase):
    model = "values"

    def value(self, name: str) -> Any:
        document = self.client.predict(case="value", text=name)
        self.assertEqual(document["status"], "succeeded", document)
        return document["output"]

    def test_data_urls(self) -> None:
        """§ 7: paths and IO objects at the top become data URLs; the type comes from the name."""
        for name, expected in (
            ("path", data_url("text/plain", b"contents")),
            ("png", data_url("image/png", b"\x89PNG")),
            ("no_extension", data_url("application/octet-stream", b"raw")),
            ("os_pathlike", data_url("application/json", b"pathlib")),
            ("bytes_io", data_url("application/octet-stream", b"io")),
            ("path_in_dict", {"file": data_url("text/plain", b"inside")}),
        ):
            with self.subTest(name):
                self.assertEqual(self.value(name), expected)

    def test_open_file(self) -> None:
        """§ 7: an open file is read."""
        value = self.value("open_file")
        self.assertTrue(value.startswith("data:"))
        self.assertEqual(base64.b64decode(value.partition(",")[2]), b"opened")

    def test_lists(self) -> None:
        """§ 7: elements of a list."""
        expected = [data_url("text/plain", b"first"), data_url("application/json", b"{}")]
        self.assertEqual(self.client.predict(case="two_files")["output"], expected)

    def test_files_in_a_stream(self) -> None:
        """§ 7: pieces of a stream."""
        server = self.start("stream")
        chunks = [data["chunk"] for data in named(server.client.events(case="files"), "output")]
        self.assertEqual(
            chunks, [data_url("application/octet-stream", b"io"), data_url("text/plain", b"text")]
        )


class Uploads(CogTestCase):
    model = "values"
    storage: Receiver

    @classmethod
    def setUpClass(cls) -> None:
        cls.storage = Receiver(cls.store)
        cls.addClassCleanup(cls.storage.close)
        cls.arguments = ["--upload-url", cls.storage.url + "/up"]
        super().setUpClass()

    mode = "location"

    @classmethod
    def store(cls, request: Received) -> Reply:
        if cls.mode == "location":
            return 201, {"location": f"https://files.example{request.path}?signature=x"}, b""
        if cls.mode == "redirect" and not request.path.startswith("/moved"):
            return 307, {"location": cls.storage.url + "/moved" + request.path}, b""
        return (500 if cls.mode == "fail" else 200), {}, b""

    def setUp(self) -> None:
        super().setUp()
        type(self).mode = "location"
        self.storage.received.clear()

    def test_request(self) -> None:
        """§ 7: PUT below the URL with the file's name, its type, its bytes and the prediction's id."""
        answer = self.client.post("/predictions", {"id": "up1", "input": {"case": "value", "text": "path"}})
        self.assertEqual(answer.json["output"], "https://files.example/up/out.txt")
        (request,) = self.storage.received
        self.assertEqual((request.method, request.path, request.body), ("PUT", "/up/out.txt", b"contents"))
        self.assertEqual(request.headers["content-type"], "text/plain")
        self.assertEqual(request.headers["x-prediction-id"], "up1")

    def test_without_location(self) -> None:
        """§ 7: without a Location the URL itself is the output."""
        type(self).mode = "plain"
        document = self.client.predict(case="value", text="path")
        self.assertEqual(document["output"], self.storage.url + "/up/out.txt")

    def test_redirect(self) -> None:
        """§ 7: redirects are followed, the last URL is the output."""
        type(self).mode = "redirect"
        document = self.client.predict(case="value", text="path")
        self.assertEqual(document["output"], self.storage.url + "/moved/up/out.txt")
        self.assertEqual(self.storage.received[-1].body, b"contents")

    def test_io_object(self) -> None:
        """§ 7: an IO object is named by a number and the ending of its type."""
        document = self.client.predict(case="value", text="bytes_io")
        self.assertEqual(document["output"], "https://files.example/up/0.bin")

    def test_failure(self) -> None:
        """§ 7: an upload that fails is a failed prediction."""
        type(self).mode = "fail"
        document = self.client.predict(case="value", text="path")
        self.assertEqual(document["status"], "failed")
        self.assertTrue(document["error"].startswith("Failed to upload output: "), document["error"])

    def test_inside_of_a_dict(self) -> None:
        """§ 7: files inside of others are data URLs there, always; here they are uploaded."""
        document = self.client.predict(case="value", text="path_in_dict")
        expected = self.differs(
            "files inside dicts and models",
            cog=data_url("text/plain", b"inside"),
            ours="https://files.example/up/i.txt",
        )
        self.assertEqual(document["output"], {"file": expected})


if __name__ == "__main__":
    unittest.main()
