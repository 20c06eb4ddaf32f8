"""Statements of the HTTP contract, sections 1, 2 and 5: transport, creating a prediction, validation."""

from __future__ import annotations

import json
import socket
import unittest
from typing import Any

from case import TIME, CogTestCase, without_times
from client import ASYNC, JSON, SSE, Answer, Client, eventually

LIMIT = 100 * 1024 * 1024


class Transport(CogTestCase):
    model = "values"

    def test_http_1_0(self) -> None:
        """§ 1: HTTP/1.0 is spoken beside 1.1."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as connection:
            connection.sendall(b"GET /health-check HTTP/1.0\r\n\r\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.assertRegex(answer, rb"^HTTP/1\.[01] 200 ")
        self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2])["status"], "READY")

    def test_no_cors(self) -> None:
        """§ 1: no CORS headers, no authentication."""
        answer = self.client.request("GET", "/", None, {"origin": "http://elsewhere"})
        self.assertEqual(answer.status, 200)
        self.assertFalse([name for name in answer.headers if name.startswith("access-control")])

    def test_json_responses(self) -> None:
        """§ 1: compact JSON with sorted keys, a length and a date, and no name of the server."""
        answer = self.client.post("/predictions", {"input": {"case": "echo", "text": "t"}})
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(int(answer.headers["content-length"]), len(answer.body))
        self.assertIn("date", answer.headers)
        self.assertNotIn("server", answer.headers)
        self.assertEqual(answer.text, json.dumps(answer.json, sort_keys=True, separators=(",", ":")))

    def test_unknown_path(self) -> None:
        """§ 1: an unknown path is 404 with an empty body; so is one with a slash behind it."""
        for path in ("/nothing", "/predictions/", "/health-check/", "/predictions/a/b"):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertEqual(answer.status, 404)
                self.empty_or_json(answer)

    def test_wrong_method(self) -> None:
        """§ 1: a known path with another method, OPTIONS too, is 405, empty, with what is allowed."""
        for method, path, allowed in (
            ("GET", "/predictions", {"POST"}),
            ("OPTIONS", "/predictions", {"POST"}),
            ("POST", "/health-check", {"GET", "HEAD"}),
            ("GET", "/shutdown", {"POST"}),
            ("GET", "/predictions/x/cancel", {"POST"}),
            ("POST", "/predictions/x", self.differs("reading again", cog={"PUT"}, ours={"PUT", "GET", "HEAD"})),
        ):
            with self.subTest(f"{method} {path}"):
                answer = self.client.request(method, path)
                self.assertEqual(answer.status, 405)
                self.empty_or_json(answer)
                self.assertEqual({word.strip() for word in answer.headers["allow"].split(",")}, allowed)

    def empty_or_json(self, answer: Answer) -> None:
        """Such refusals have no body there, and one like all others here."""
        if self.differs("error bodies", cog=True, ours=False):
            self.assertEqual(answer.body, b"")
        else:
            self.assertEqual((set(answer.json), answer.json["status"]), ({"error", "status"}, "failed"))

    def test_head(self) -> None:
        """§ 1: HEAD works wherever GET does."""
        for path in ("/", "/health-check", "/openapi.json"):
            with self.subTest(path):
                answer = self.client.request("HEAD", path)
                self.assertEqual((answer.status, answer.body), (200, b""))

    def test_query_is_ignored(self) -> None:
        """§ 1: a query makes no difference."""
        answer = self.client.post("/predictions?a=b&c", {"input": {"case": "echo", "text": "t"}})
        self.assertEqual((answer.status, answer.json["output"]), (200, "t"))

    def test_body_limit(self) -> None:
        """§ 1: a body over 100 MiB is 413; one of just that size is taken."""
        connection = self.client.send("POST", "/predictions", None, {**JSON, "content-length": str(LIMIT + 1)})
        try:
            piece = b" " * (1 << 20)
            for _ in range(LIMIT // len(piece) + 1):
                connection.sock.sendall(piece)
        except OSError:
            pass  # It may refuse before it has read all.
        status = connection.getresponse().status
        connection.close()
        self.assertEqual(status, 413)
        body = json.dumps({"input": {"case": "echo", "text": "fits"}}).encode()
        answer = self.client.post("/predictions", body + b" " * (LIMIT - len(body)), JSON)
        self.assertEqual((answer.status, answer.json["output"]), (200, "fits"))

    def test_no_compression(self) -> None:
        """§ 1: answers are never compressed, and a coding of the request is not looked at."""
        answer = self.client.request(
            "POST", "/predictions", {"input": {"case": "echo", "text": "a" * 5000}},
            {**JSON, "accept-encoding": "gzip, br", "content-encoding": "gzip"},
        )
        self.assertNotIn("content-encoding", answer.headers)
        self.assertEqual(answer.json["output"], "a" * 5000)

    def test_ids_in_paths(self) -> None:
        """§ 1: ids in paths are percent-decoded; bytes that are not UTF-8 are 400."""
        for path, id in (("a%2Fb", "a/b"), ("%C3%BC", "ü"), ("a%20b", "a b")):
            with self.subTest(path):
                answer = self.client.put(f"/predictions/{path}", {"input": {"case": "echo"}})
                self.assertEqual((answer.status, answer.json["id"]), (200, id))
        self.assertEqual(self.client.put("/predictions/%FF", {"input": {"case": "echo"}}).status, 400)

    def test_no_docs(self) -> None:
        """§ 1: the page that the discovery document names is not there."""
        self.assertEqual(self.client.get("/docs").status, 404)

    def test_no_delete(self) -> None:
        """§ 1: predictions cannot be read or deleted, nor their stream be read again."""
        self.client.put("/predictions/known", {"input": {"case": "echo"}})
        self.assertEqual(self.client.request("DELETE", "/predictions/known").status, 405)
        self.assertEqual(self.client.get("/predictions/known/stream").status, 404)
        row = "reading again"
        self.assertEqual(self.client.get("/predictions/known").status, self.differs(row, cog=405, ours=200))

    def test_discovery(self) -> None:
        """§ 1: the discovery document without trainings."""
        document = self.client.get("/").json
        self.assertTrue(document.pop("cog_version"))
        # The page is not there; ours does not name it.
        self.assertEqual(document.pop("docs_url", None), self.differs("discovery document", cog="/docs", ours=None))
        self.assertEqual(
            document,
            {
                "openapi_url": "/openapi.json",
                "shutdown_url": "/shutdown",
                "healthcheck_url": "/health-check",
                "predictions_url": "/predictions",
                "predictions_idempotent_url": "/predictions/{prediction_id}",
                "predictions_cancel_url": "/predictions/{prediction_id}/cancel",
            },
        )

    def test_cog_version(self) -> None:
        """§ 1: the discovery document names the version of the Python SDK."""
        self.assertEqual(self.client.get("/").json["cog_version"], self.client.health()["version"]["python_sdk"])

    def test_openapi(self) -> None:
        """§ 1: the schema is served as a document."""
        answer = self.client.get("/openapi.json")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["openapi"], "3.0.2")
        self.assertIn("case", answer.json["components"]["schemas"]["Input"]["properties"])


class OpenAPIWithout(CogTestCase):
    model = "values"
    with_schema = False

    def test_no_schema(self) -> None:
        """§ 1: without a schema file /openapi.json is 503; ours makes a schema itself."""
        answer = self.client.get("/openapi.json")
        self.assertEqual(answer.status, self.differs("schema", cog=503, ours=200))
        if self.peer:
            self.assertEqual(answer.json, {"error": "OpenAPI schema not available"})


class Bodies(CogTestCase):
    model = "values"

    def predict_raw(self, body: bytes, headers: dict[str, str]) -> Any:
        return self.client.request("POST", "/predictions", body, headers)

    def test_generated_id(self) -> None:
        """§ 2: an id that the server makes."""
        first, second = self.client.predict(case="echo"), self.client.predict(case="echo")
        self.assertRegex(first["id"], r"^pred_[0-9a-f]+$")
        self.assertNotEqual(first["id"], second["id"])

    def test_given_id(self) -> None:
        """§ 2: the id may be any string; of the empty and of the longest ones see the compatibility table."""
        for id in ("mine", "with space", "ünïcode ✓", "../up", "a/b"):
            with self.subTest(id):
                answer = self.client.post("/predictions", {"id": id, "input": {"case": "echo"}})
                self.assertEqual((answer.status, answer.json["id"]), (200, id))
        answer = self.client.post("/predictions", {"id": "", "input": {"case": "echo"}})
        self.assertEqual(answer.status, self.differs("ids", cog=200, ours=422))

    def test_input_absent_or_null(self) -> None:
        """§ 2: no input and null mean {}."""
        for body in ({}, {"input": None}, {"input": {}}):
            with self.subTest(body):
                answer = self.client.post("/predictions", body)
                self.assertEqual(answer.status, 422)
                self.assertEqual(answer.json["detail"][0]["loc"], ["body", "input", "case"])

    def test_context(self) -> None:
        """§ 2: the context reaches the model and is not echoed; its values are strings."""
        answer = self.client.post("/predictions", {"input": {"case": "context"}, "context": {"a": "b"}})
        self.assertEqual(answer.json["output"], {"context": {"a": "b"}, "same": {"a": "b"}})
        self.assertNotIn("context", answer.json)
        self.assertEqual(self.client.post("/predictions", {"input": {"case": "echo"}, "context": {"a": 1}}).status, 422)

    def test_webhook_filter(self) -> None:
        """§ 2: the filter is a list of the four names."""
        for wrong in (None, ["start", "other"], "start"):
            with self.subTest(wrong):
                body = {"input": {"case": "echo"}, "webhook_events_filter": wrong}
                self.assertEqual(self.client.post("/predictions", body).status, 422)

    def test_other_members_are_ignored(self) -> None:
        """§ 2: members of the body that nobody knows."""
        body = {"input": {"case": "echo", "text": "t"}, "version": "v", "stream": True, "other": [1]}
        self.assertEqual(self.client.post("/predictions", body).json["output"], "t")

    def test_without_content_type(self) -> None:
        """§ 2: a body without content type counts as {} there and is refused here."""
        answer = self.predict_raw(b'{"input":{"case":"echo"}}', {})
        self.assertEqual(answer.status, self.differs("a body without content type", cog=422, ours=415))

    def test_nothing_at_all(self) -> None:
        """§ 2: neither body nor content type means {}."""
        self.assertEqual(self.client.request("POST", "/predictions", None, {}).status, 422)

    def test_json_content_types(self) -> None:
        """§ 2: JSON's type with parameters, and types that end in +json."""
        for kind in ("application/json; charset=utf-8", "application/vnd.x+json", "APPLICATION/JSON"):
            with self.subTest(kind):
                answer = self.predict_raw(b'{"input":{"case":"echo","text":"t"}}', {"content-type": kind})
                self.assertEqual((answer.status, answer.json["output"]), (200, "t"))

    def test_other_content_types(self) -> None:
        """§ 2: other types are 415."""
        for kind in ("application/x-www-form-urlencoded", "text/plain", "text/json"):
            with self.subTest(kind):
                answer = self.predict_raw(b'{"input":{"case":"echo"}}', {"content-type": kind})
                self.assertEqual(answer.status, 415)
                self.assertIn("Expected request with `Content-Type: application/json`", answer.text)

    def test_not_json(self) -> None:
        """§ 2: what is not JSON is 400."""
        for body in (b"", b"{", b'{"input":{"case":NaN}}', b'\xef\xbb\xbf{"input":{}}', b'{"input":{}} x', b"{'a':1}"):
            with self.subTest(body):
                answer = self.predict_raw(body, JSON)
                self.assertEqual(answer.status, 400)
                self.assertIn("Failed to parse the request body as JSON: ", answer.text)

    def test_wrong_shape(self) -> None:
        """§ 2: JSON of another shape is 422, without `detail`."""
        for body in (b'{"id":5}', b'"text"', b"5", b'{"webhook_events_filter":["x"]}'):
            with self.subTest(body):
                answer = self.predict_raw(body, JSON)
                self.assertEqual(answer.status, 422)
                self.assertIn("Failed to deserialize the JSON body into the target type", answer.text)

    def test_array_body(self) -> None:
        """§ 2: an array as body is no request (the peer takes one that has all members in its own order)."""
        self.assertEqual(self.predict_raw(b'["an id",{"case":"echo"}]', JSON).status, 422)

    def test_duplicate_keys(self) -> None:
        """§ 2: of equal keys the last counts."""
        answer = self.predict_raw(b'{"input":{"case":"fail","case":"echo","text":"a","text":"b"}}', JSON)
        self.assertEqual(answer.json["output"], "b")

    def test_put_body_id(self) -> None:
        """§ 2: with PUT the id in the body must be that of the path."""
        answer = self.client.put("/predictions/one", {"id": "two", "input": {"case": "echo"}})
        self.assertEqual(answer.status, 422)
        self.assertEqual(
            answer.json["detail"],
            [{
                "loc": ["body", "id"],
                "msg": "prediction ID must match the ID supplied in the URL",
                "type": "value_error",
            }],
        )
        answer = self.client.put("/predictions/one", {"id": "one", "input": {"case": "echo"}})
        self.assertEqual((answer.status, answer.json["id"]), (200, "one"))

    def test_not_streaming(self) -> None:
        """§ 2: events of a model without @streaming are 406; this comes before the input is looked at."""
        answer = self.client.post("/predictions", {"input": {"case": 5}}, SSE)
        self.assertEqual(answer.status, 406)
        self.assertIn("This model does not support streaming responses.", answer.json["error"])

    def test_prefer_is_async(self) -> None:
        """§ 2: Prefer: respond-async answers 202 at once, with id and status."""
        hooks = self.receiver()
        body = {"id": "a1", "input": {"case": "echo"}, "webhook": hooks.url, "webhook_events_filter": ["completed"]}
        answer = self.client.post("/predictions", body, ASYNC)
        self.assertEqual((answer.status, answer.json), (202, {"id": "a1", "status": "starting"}))
        self.assertEqual(hooks.completed("a1").json["status"], "succeeded")

    def test_prefer_spelling(self) -> None:
        """§ 2: Prefer is compared as a whole there, and read as the list that it is here."""
        row = "`Accept` and `Prefer`"
        for value, ours in (("respond-async, wait=5", 202), ("wait=5", 200), ("Respond-Async", None)):
            with self.subTest(value):
                headers = {**JSON, "prefer": value}
                answer = self.client.post("/predictions", {"input": {"case": "echo"}}, headers)
                if ours is not None:
                    self.assertEqual(answer.status, self.differs(row, cog=200, ours=ours))
                self.idle()

    def idle(self) -> None:
        eventually(lambda: self.client.health()["status"] == "READY", "the slot is free")


class Answers(CogTestCase):
    model = "values"

    def test_succeeded(self) -> None:
        """§ 2.1: the members of a success; and times, which the schema promises and only ours sends."""
        answer = self.client.post("/predictions", {"input": {"case": "logs"}})
        times = {"created_at", "started_at", "completed_at"}
        self.assertEqual(
            set(answer.json) - self.differs("times", cog=set(), ours=times),
            {"id", "output", "logs", "status", "metrics"},
        )
        self.assertEqual(answer.json["status"], "succeeded")
        self.assertIsInstance(answer.json["metrics"]["predict_time"], float)

    def test_failed(self) -> None:
        """§ 2.1: a failure is 200 with an error; the peer leaves out its logs."""
        answer = self.client.post("/predictions", {"input": {"case": "fail"}})
        self.assertEqual((answer.status, answer.json["status"]), (200, "failed"))
        self.assertEqual(answer.json["error"], "Prediction failed: Prediction failed: ValueError: boom")
        self.assertNotIn("output", answer.json)
        self.assertIn("predict_time", answer.json["metrics"])
        row = "failed and canceled answers"
        self.assertEqual("before the error" in answer.json["logs"], self.differs(row, cog=False, ours=True))

    def test_canceled(self) -> None:
        """§ 2.1, 9: a synchronous request is cancelled by its id, and answers with 200 and canceled."""
        connection = self.client.send("PUT", "/predictions/c2", {"input": {"case": "swallow", "text": "c2"}}, JSON)
        self.server.wait_for_file("c2.started")
        self.assertEqual(self.client.post("/predictions/c2/cancel").status, 200)
        response = connection.getresponse()
        document = json.loads(response.read())
        self.assertEqual((response.status, document["status"]), (200, "canceled"))
        self.assertEqual(document["logs"], "")
        self.assertIn("predict_time", document["metrics"])
        self.assertNotIn("error", document)
        connection.close()

    def test_predict_time(self) -> None:
        """§ 2.1: predict_time is in seconds, from the creation on."""
        document = self.client.predict(case="sleep", text="pt", number=0.2)
        self.assertGreaterEqual(document["metrics"]["predict_time"], 0.2)
        self.assertLess(document["metrics"]["predict_time"], 20)

    def test_client_leaves(self) -> None:
        """§ 2.1: a client that leaves while it waits cancels its prediction."""
        connection = self.client.send("POST", "/predictions", {"input": {"case": "swallow", "text": "gone"}}, JSON)
        self.server.wait_for_file("gone.started")
        connection.close()
        self.assertEqual(self.server.wait_for_file("gone.caught"), "CancelationException")

    def test_at_capacity(self) -> None:
        """§ 2, 3: no free slot is 409, and BUSY; a wrong input is found before that. There is no queue."""
        self.client.put("/predictions/busy", {"input": {"case": "wait", "text": "busy"}}, ASYNC)
        self.server.wait_for_file("busy.started")
        answer = self.client.post("/predictions", {"input": {"case": "echo"}})
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json, {"error": "At capacity - all prediction slots busy", "status": "failed"})
        self.assertEqual(self.client.health()["status"], "BUSY")
        self.assertEqual(self.client.post("/predictions", {"input": {"case": 1}}).status, 422)
        self.server.file("busy.go")
        eventually(lambda: self.client.health()["status"] == "READY", "the slot is free")

    def test_put_of_a_running_id(self) -> None:
        """§ 2.3: 202 with what is known, whatever the new body says, even if that is no valid input."""
        body = {"input": {"case": "wait", "text": "again", "unknown": 1}}
        self.client.put("/predictions/again", body, ASYNC)
        self.server.wait_for_file("again.started")
        for headers in (JSON, ASYNC):
            answer = self.client.put("/predictions/again", {"input": {"case": 5}}, headers)
            self.assertEqual(answer.status, 202)
            document = without_times(answer.json)
            self.assertEqual(answer.json["id"], "again")
            self.assertIn(document["status"], ("starting", "processing"))
            self.assertEqual({k: document["input"][k] for k in ("case", "text")}, {"case": "wait", "text": "again"})
            self.assertNotIn("unknown", document["input"])
            self.assertEqual(set(document) - {"output"}, {"input", "logs", "metrics", "status"})
        self.server.file("again.go")
        eventually(lambda: self.client.health()["status"] == "READY", "it has ended")

    def test_put_of_a_finished_id(self) -> None:
        """§ 2.3: the peer has forgotten it and runs again; here the same request gets the result."""
        first = self.client.put("/predictions/done", {"input": {"case": "state"}}).json["output"]
        second = self.client.put("/predictions/done", {"input": {"case": "state"}}).json["output"]
        self.assertEqual(second - first, self.differs("a `PUT` whose id has finished", cog=1, ours=0))

    def test_put_with_another_input(self) -> None:
        """§ 2.3: a finished id with another input begins a new prediction, on both."""
        for text in ("one", "two"):
            answer = self.client.put("/predictions/other", {"input": {"case": "echo", "text": text}})
            self.assertEqual((answer.status, answer.json["output"]), (200, text))

    def test_cancel_of_an_unknown_id(self) -> None:
        """§ 9: an id that is finished or unknown is 404 with {}."""
        self.client.put("/predictions/over", {"input": {"case": "echo"}})
        for id in ("over", "never"):
            answer = self.client.post(f"/predictions/{id}/cancel")
            self.assertEqual((answer.status, answer.json), (404, {}))


class NotReady(CogTestCase):
    def test_during_setup(self) -> None:
        """§ 1, 2, 3: the listener is open during the set-up: STARTING, and 503 for predictions."""
        server = self.start("setup", env={"SETUP_CASE": "wait"}, ready=False)
        health = eventually(lambda: server.client.health(), "health")
        self.assertEqual((health["status"], health["setup"]["status"]), ("STARTING", "starting"))
        self.assertRegex(health["setup"]["started_at"], TIME)
        self.assertNotIn("completed_at", health["setup"])
        self.not_ready(server.client)
        server.file("setup.go")
        self.assertEqual(server.wait_for_setup(), "READY")
        self.assertRegex(server.client.health()["setup"]["completed_at"], TIME)
        self.assertEqual(server.client.predict()["output"], "None")

    def test_after_a_failed_setup(self) -> None:
        """§ 2, 3: the same after the set-up has failed."""
        server = self.start("setup", env={"SETUP_CASE": "raise"})
        self.assertEqual(server.client.health()["status"], "SETUP_FAILED")
        self.not_ready(server.client)

    def not_ready(self, client: Client) -> None:
        answer = client.post("/predictions", {"input": {}})
        self.assertEqual(answer.status, 503)
        if self.peer:
            text = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status."
            self.assertEqual(answer.json, {"error": text, "status": "failed"})
        self.assertEqual(answer.json["status"], "failed")
        answer = client.post("/predictions", {"input": {}}, SSE)
        self.assertEqual(answer.status, self.differs("events before the model is ready", cog=406, ours=503))
        self.assertEqual(client.get("/openapi.json").status, 503)


if __name__ == "__main__":
    unittest.main()
