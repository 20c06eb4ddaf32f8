"""Where Cog's server falls short, ours shows the better behaviour. Names are the keys of the list of weaknesses."""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
import unittest
from typing import Any

from case import TIME, OursOnly, named
from client import ASYNC, JSON, SSE, eventually
from servers import Server


def ready(server: Server) -> None:
    eventually(lambda: server.client.health()["status"] == "READY", "ready")


class Loop(OursOnly):
    model = "loop_stream"

    def test_A01_async_generators_stream(self) -> None:
        """Each item arrives before the model goes on to the next, logs among them; a cancel keeps what was yielded."""
        stream = self.client.stream(id="a1", input={"case": "gated", "n": 3, "text": "a1"})
        for number in range(3):
            seen = stream.until(lambda event: event.name == "output")
            self.assertEqual(seen[-1].data["chunk"], number)
            self.assertEqual(named(seen, "log"), [{"data": f"log {number}\n", "source": "stdout"}])
            self.server.file(f"a1.{number}")
        self.assertEqual(stream.rest()[-1].data["output"], [0, 1, 2])

    def test_A01_pieces_before_an_end(self) -> None:
        """What was yielded before an error or a cancel is kept."""
        self.assertEqual(self.client.events(case="fail")[-1].data["output"], ["kept"])
        stream = self.client.stream(id="a1c", input={"case": "forever", "text": "a1c"})
        self.server.wait_for_file("a1c.started")
        self.client.post("/predictions/a1c/cancel")
        document = stream.rest()[-1].data
        self.assertEqual((document["status"], document["output"]), ("canceled", ["kept"]))


class Async(OursOnly):
    model = "loop"
    env = {"COG_MAX_CONCURRENCY": "2"}

    def test_A02_exit_in_an_async_model(self) -> None:
        """sys.exit() fails its own prediction; another one that runs meanwhile and all later ones are not hurt."""
        hooks = self.receiver()
        body = {"input": {"case": "wait", "text": "a2"}, "webhook": hooks.url}
        self.client.put("/predictions/a2", body, ASYNC)
        self.server.wait_for_file("a2.started")
        worker = self.client.predict(case="pid")["output"]
        document = self.client.predict(case="exit")
        self.assertEqual(document["status"], "failed")
        self.assertIn("SystemExit: 5", document["error"])
        self.server.file("a2.go")
        self.assertEqual(hooks.completed("a2").json["output"], "a2")
        self.assertEqual(self.client.predict(case="pid")["output"], worker)

    def test_A16_text_of_an_error(self) -> None:
        """An error is a failure, whatever its text."""
        document = self.client.predict(case="fail", text="CancelledError: cancelled by peer")
        self.assertEqual(document["status"], "failed")
        self.assertIn("CancelledError: cancelled by peer", document["error"])

    def test_C06_large_files(self) -> None:
        """While one prediction puts out a large file, others go on."""
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(self.client.predict(case="large", number=50_000_000)))
        thread.start()
        others = 0
        while thread.is_alive():
            self.assertEqual(self.client.predict(case="echo", text="small")["output"], "small")
            others += 1
        self.assertGreater(len(answers[0]["output"]), 60_000_000)
        self.assertGreater(others, 2)

    def test_C08_scope_of_each(self) -> None:
        """Metrics and logs of predictions that run at the same time are each in their own document."""
        answers: dict[str, Any] = {}

        def ask(id: str) -> None:
            answers[id] = self.client.predict(case="wait", text=id)

        threads = [threading.Thread(target=ask, args=(id,)) for id in ("c8a", "c8b")]
        for thread in threads:
            thread.start()
        for id in ("c8a", "c8b"):
            self.server.wait_for_file(id + ".started")
        for id in ("c8b", "c8a"):
            self.server.file(id + ".go")
        for thread in threads:
            thread.join(20)
        for id in ("c8a", "c8b"):
            self.assertEqual(answers[id]["metrics"]["name"], id)
            self.assertEqual(answers[id]["logs"], f"start of {id}\nend of {id}\n")

    def test_C09_cancel_with_concurrency(self) -> None:
        """A cancel finds its prediction among several, and only that one."""
        hooks = self.receiver()
        for id, case in (("c9a", "clean_up"), ("c9b", "wait")):
            self.client.put(f"/predictions/{id}", {"input": {"case": case, "text": id}, "webhook": hooks.url}, ASYNC)
            self.server.wait_for_file(id + ".started")
        self.assertEqual(self.client.post("/predictions/c9a/cancel").status, 200)
        self.assertEqual(hooks.completed("c9a").json["status"], "canceled")
        self.server.file("c9b.go")
        self.assertEqual(hooks.completed("c9b").json["status"], "succeeded")


class Crashes(OursOnly):
    def test_A03_worker_is_started_again(self) -> None:
        """After a crash there is a new worker, and no zombie."""
        server = self.start("values")
        worker = server.client.predict(case="pid")["output"]
        document = server.client.predict(case="os_exit")
        self.assertEqual(document["status"], "failed")
        self.assertIn("before the end\n", document["logs"])
        eventually(lambda: self.works(server), "works again")
        self.assertNotEqual(server.client.predict(case="pid")["output"], worker)
        self.assertFalse(os.path.exists(f"/proc/{worker}"))

    def test_A04_death_while_idle(self) -> None:
        """When a worker dies without anything to do, the next request is told to wait or works; it never fails."""
        server = self.start("values")
        worker = server.client.predict(case="pid")["output"]
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: not os.path.exists(f"/proc/{worker}"), "the death is noticed")
        while (answer := server.client.post("/predictions", {"input": {"case": "echo"}})).status == 503:
            self.assertIn("retry-after", answer.headers)
        self.assertEqual((answer.status, answer.json["status"]), (200, "succeeded"))

    def works(self, server: Server) -> bool:
        return server.client.post("/predictions", {"input": {"case": "echo"}}).status == 200

    def test_C06_flood_of_lines(self) -> None:
        """A flood of lines of a child process starves no prediction."""
        server = self.start("setup", env={"SETUP_CASE": "daemon"})
        began = time.monotonic()
        for _ in range(50):
            self.assertEqual(server.client.predict()["status"], "succeeded")
        self.assertLess(time.monotonic() - began, 20)

    def test_A21_webhook_at_shutdown(self) -> None:
        """A prediction that runs in the background when the server is told to stop ends, and says so."""
        server = self.start("values")
        hooks = self.receiver()
        server.client.put("/predictions/a21", {"input": {"case": "wait", "text": "a21"}, "webhook": hooks.url}, ASYNC)
        server.wait_for_file("a21.started")
        server.signal(signal.SIGTERM)
        server.file("a21.go")
        self.assertEqual(hooks.completed("a21").json["output"], "a21")
        self.assertEqual(server.wait_for_exit(), 0)

    def test_A29_false_is_false(self) -> None:
        """--await-explicit-shutdown false."""
        server = self.start("values", arguments=["--await-explicit-shutdown", "false"])
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_for_exit(), 0)

    def test_A14_traceback_of_setup(self) -> None:
        """A failed set-up shows where, and what was printed before."""
        server = self.start("setup", env={"SETUP_CASE": "raise"})
        logs = server.client.health()["setup"]["logs"]
        self.assertIn("setup begins\n", logs)
        self.assertIn("Traceback (most recent call last)", logs)
        self.assertIn('raise RuntimeError("no weights here")', logs)

    def test_A23_setup_logs(self) -> None:
        """The words of a fast set-up are there, every time."""
        for _ in range(3):
            server = self.start("setup", env={"SETUP_CASE": "chatter"})
            self.assertIn("setup ends\n", server.client.health()["setup"]["logs"])
            server.stop()

    def test_D12_setup_logs_are_the_models(self) -> None:
        """setup.logs has what the model printed, and nothing of the server, at any level of logging."""
        for level in ("error", "debug"):
            server = self.start("setup", env={"COG_LOG_LEVEL": level})
            self.assertEqual(server.client.health()["setup"]["logs"], "setup begins\nsetup ends\n")
            server.stop()


class Values(OursOnly):
    model = "values"

    def test_A05_ids_are_no_paths(self) -> None:
        """An id is never used as a path."""
        before = self.all_files()
        for id in ("..%2F..%2Fxx", "%2Ftmp%2Fabsolute", "..", "%2E%2E%2Fup"):
            answer = self.client.put(f"/predictions/{id}", {"input": {"case": "value", "text": "path"}})
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.all_files(), before)
        self.assertFalse(os.path.exists("/tmp/absolute"))

    def all_files(self) -> list[str]:
        return sorted(
            os.path.join(folder, name)
            for folder, folders, files in os.walk(self.server.scratch)
            for name in folders + files
            if "/tmp/" not in folder[len(str(self.server.scratch)):] + "/"
        )

    def test_A05b_long_ids(self) -> None:
        """A long id is refused and costs nothing."""
        answer = self.client.post("/predictions", {"id": "x" * 300, "input": {"case": "echo"}})
        self.assertEqual((answer.status, answer.json["detail"][0]["loc"]), (422, ["body", "id"]))
        self.assertEqual(self.client.put("/predictions/" + "x" * 255, {"input": {"case": "echo"}}).status, 200)
        self.assertEqual(self.client.predict(case="echo", text="free")["output"], "free")

    def test_A06_nothing_on_disk(self) -> None:
        """Predictions leave no files of the server's behind, those with files in their output neither."""
        before = sum(len(files) for _, _, files in os.walk(self.server.state))
        for _ in range(20):
            self.client.predict(case="value", text="bytes_io")
            self.client.predict(case="value", text="path")
        self.client.predict(case="big", number=8_000_000)
        eventually(
            lambda: sum(len(files) for _, _, files in os.walk(self.server.state)) <= before, "no files are left"
        )

    def test_A08_missing_output_file(self) -> None:
        """A file that is not there is an error that names it."""
        document = self.client.predict(case="value", text="missing")
        self.assertEqual(document["status"], "failed")
        self.assertIn("/nowhere/at/all.txt", document["error"])

    def test_A11_tail_of_a_log(self) -> None:
        """Text without a line's end stays in its own prediction."""
        self.assertEqual(self.client.predict(case="tail", text="secret tail")["logs"].rstrip("\n"), "secret tail")
        self.assertEqual(self.client.predict(case="thread_logs")["logs"], "from a thread\n")

    def test_A12_native_output(self) -> None:
        """What C code and child processes print is in the prediction's log, as an event, too."""
        logs = self.client.predict(case="native_logs")["logs"]
        for line in ("by os.write", "by buffer", "by __stdout__", "by a child", "by its stderr", "by C"):
            self.assertIn(line + "\n", logs)

    def test_A13_failed_and_canceled_keep_logs(self) -> None:
        """A failure's answer has the logs."""
        self.assertTrue(self.client.predict(case="fail")["logs"].startswith("before the error\n"))

    def test_A14_traceback(self) -> None:
        """The log of a failure shows where; the error does not."""
        document = self.client.predict(case="fail")
        self.assertIn("Traceback (most recent call last)", document["logs"])
        self.assertIn('raise ValueError(self.text or "boom")', document["logs"])
        self.assertNotIn("Traceback", document["error"])

    def test_A15_one_id_one_prediction(self) -> None:
        """A second POST of a running id joins it."""
        self.client.put("/predictions/a15", {"input": {"case": "wait", "text": "a15"}}, ASYNC)
        self.server.wait_for_file("a15.started")
        answer = self.client.post("/predictions", {"id": "a15", "input": {"case": "echo"}})
        self.assertEqual((answer.status, answer.json["id"]), (202, "a15"))
        self.assertEqual(answer.json["input"]["case"], "wait")
        self.server.file("a15.go")
        ready(self.server)

    def test_A22_no_content_type(self) -> None:
        """A body without content type is refused, not dropped."""
        answer = self.client.request("POST", "/predictions", b'{"input":{"case":"echo"}}', {})
        self.assertEqual(answer.status, 415)

    def test_A24_standard_input(self) -> None:
        """A model that reads standard input reads its end."""
        self.assertEqual(self.client.predict(case="stdin")["output"], ["", "", ""])
        self.assertEqual(self.client.predict(case="echo", text="fine")["output"], "fine")

    def test_A24_closed_descriptors(self) -> None:
        """A model that closes descriptors 0 to 2 disturbs nothing but its own words."""
        server = self.start("values")
        self.assertEqual(server.client.predict(case="close")["output"], "closed")
        self.assertEqual(server.client.predict(case="echo", text="fine")["output"], "fine")

    def test_A25_string_io(self) -> None:
        """io.StringIO is a file of text."""
        output = self.client.predict(case="value", text="string_io")["output"]
        self.assertEqual(base64.b64decode(output.partition(",")[2]), b"text")

    def test_A26_no_json(self) -> None:
        """NaN and infinity fail with words that name them."""
        for name, word in (("nan", "nan"), ("infinity", "inf")):
            document = self.client.predict(case="value", text=name)
            self.assertEqual(document["status"], "failed")
            self.assertIn(word, document["error"].lower())
            self.assertNotIn("line 1 column 1", document["error"])

    def test_A28_main_thread(self) -> None:
        """Plain models run on the main thread."""
        self.assertEqual(self.client.predict(case="signal")["output"], "returned None")

    def test_B05_reading_again(self) -> None:
        """A result that was missed can be read, and its events, too."""
        self.client.put("/predictions/b5", {"input": {"case": "echo", "text": "t"}})
        document = self.client.get("/predictions/b5").json
        self.assertEqual((document["status"], document["output"]), ("succeeded", "t"))
        server = self.start("stream")
        server.client.put("/predictions/b5", {"input": {"case": "count", "n": 2}})
        answer = server.client.get("/predictions/b5/events")
        self.assertEqual(answer.text.count("event: output"), 2)
        self.assertIn("event: completed", answer.text)

    def test_B14_accept_and_prefer(self) -> None:
        """Media types in any case and with qualities; Prefer as a list."""
        answer = self.client.post("/predictions", {"input": {"case": "echo"}}, {**JSON, "prefer": "wait=5, Respond-Async"})
        self.assertEqual(answer.status, 202)
        ready(self.server)
        answer = self.client.post("/predictions", {"input": {"case": "echo"}}, {**JSON, "accept": "Text/Event-Stream"})
        self.assertEqual(answer.status, 406)
        accept = "text/event-stream;q=0, application/json"
        answer = self.client.post("/predictions", {"input": {"case": "echo"}}, {**JSON, "accept": accept})
        self.assertEqual(answer.status, 200)

    def test_C04_flood_of_cancels(self) -> None:
        """Thousands of cancels of unknown ids do not make a later one deaf."""
        for number in range(1500):
            self.client.post(f"/predictions/unknown-{number}/cancel")
        self.client.post("/predictions/c4/cancel")
        document = self.client.put("/predictions/c4", {"input": {"case": "echo"}}).json
        self.assertEqual(document["status"], "canceled")

    def test_D05_refusals_have_one_shape(self) -> None:
        """Every refusal is JSON with an error and the status failed; of inputs with details, too."""
        requests: list[tuple[str, str, bytes | None, dict[str, str], int]] = [
            ("POST", "/predictions", b"{", JSON, 400),
            ("POST", "/predictions", b"{}", {"content-type": "text/plain"}, 415),
            ("POST", "/predictions", b'{"id":5}', JSON, 422),
            ("POST", "/predictions", b'{"input":{"case":5}}', JSON, 422),
            ("POST", "/predictions", b'{"input":{"case":"echo"}}', SSE, 406),
            ("POST", "/trainings", b'{"input":{}}', SSE, 406),
            ("GET", "/nothing", None, {}, 404),
            ("DELETE", "/predictions", None, {}, 405),
            ("GET", "/predictions/unknown", None, {}, 404),
            ("PUT", "/predictions/%FF", b"{}", JSON, 400),
        ]
        for method, path, body, headers, status in requests:
            with self.subTest(f"{method} {path} {body!r}"):
                answer = self.client.request(method, path, body, headers)
                self.assertEqual((answer.status, answer.headers["content-type"]), (status, "application/json"))
                self.assertEqual(answer.json["status"], "failed")
                self.assertIsInstance(answer.json["error"], str)
                if status == 422 and b"input" in (body or b""):
                    self.assertEqual(answer.json["detail"][0]["loc"], ["body", "input", "case"])

    def test_D09_times(self) -> None:
        """Answers say when a prediction was created, begun and done."""
        document = self.client.predict(case="echo")
        times = [document[name] for name in ("created_at", "started_at", "completed_at")]
        for value in times:
            self.assertRegex(value, TIME)
        self.assertEqual(times, sorted(times))


class Inputs(OursOnly):
    model = "inputs"

    def test_A17_null_for_optional(self) -> None:
        """null for an optional input."""
        document = self.client.predict(want="optional,bare,maybe", optional=None, bare=None, maybe=None)
        self.assertEqual({value["value"] for value in document["output"].values()}, {"None"})

    def test_A18_any(self) -> None:
        """An input of type Any takes any JSON."""
        for value in (5, "text", [1], True, {"a": 1}):
            with self.subTest(str(value)):
                answer = self.client.post("/predictions", {"input": {"want": "anything", "anything": value}})
                self.assertEqual(answer.status, 200, answer.text)
                told = answer.json["output"]["anything"]
                self.assertEqual(told[0]["value"] if isinstance(value, list) else told["value"],
                                 "1" if isinstance(value, list) else repr(value))

    def test_A19_integers(self) -> None:
        """2.0 for an integer is one in Python; large ones stay exact."""
        document = self.client.predict(want="i,either", i=2.0, either=2**70)
        self.assertEqual(document["output"]["i"], {"type": "int", "value": "2"})
        self.assertEqual(document["output"]["either"], {"type": "int", "value": str(2**70)})


if __name__ == "__main__":
    unittest.main()
