"""Statements about Cog models: scope, metrics, logs, cancellation, concurrency."""

from __future__ import annotations

import unittest
from typing import Any

from case import CogTestCase, named
from client import ASYNC, eventually


class Scope(CogTestCase):
    model = "values"

    def test_metrics(self) -> None:
        """§ 7: modes, deletion, nesting; what the document accumulates."""
        metrics = self.client.predict(case="metrics")["metrics"]
        del metrics["predict_time"]
        self.assertEqual(
            metrics,
            {
                "replaced": 2,
                "count": 3,
                "half": 0.5,
                "list": ["a", "b"],
                "scalar": [1, 2],
                "deep": {"er": {"name": True}},
                "item": {"any": [1, None]},
                "replaced_later": [1],
                "by_runner": 1.5,
            },
        )

    def test_errors(self) -> None:
        """§ 7: the errors of wrong modes, values and changes of type."""
        unsupported = "Expected bool, int, float, str, list, or dict."
        row = "`record_metric(key, None)`"
        self.assertEqual(
            self.client.predict(case="metric_errors")["output"],
            [
                "TypeError: Invalid metric mode: 'bogus'. Expected 'replace', 'incr', or 'append'.",
                f"TypeError: Unsupported metric value type: tuple. {unsupported}",
                # Cog's documents say that it deletes; here it does.
                self.differs(row, cog=f"TypeError: Unsupported metric value type: NoneType. {unsupported}",
                             ours="returned None"),
                "TypeError: Metric 's' has type str, cannot set to int without deleting first",
                "TypeError: Metric 'b' has type bool, cannot set to int without deleting first",
                "TypeError: Metric 'i' has type int, cannot set to float without deleting first",
                "TypeError: Metric 's' has type str, cannot set to int without deleting first",
                "TypeError: Increment mode requires int or float, got str",
            ],
        )

    def test_names(self) -> None:
        """§ 7: which names are allowed, and the texts for those that are not."""
        cases = {
            "": "metric name must not be empty",
            "x" * 129: "metric name must be 128 characters or fewer (got 129 characters)",
            "a.b.c.d.e": "metric name must have at most 4 dot-separated segments (got 5)",
            ".a": "metric name must not start with a dot",
            "a.": "metric name must not end with a dot",
            "a..b": "metric name must not contain empty segments (consecutive dots)",
            "1a": "metric name segment '1a' must start with a letter",
            "a__b": "metric name segment 'a__b' must not contain consecutive underscores",
            "a-b": "metric name segment 'a-b' contains invalid character '-'",
            "a_": "metric name segment 'a_' must end with a letter or digit",
            "predict_time": "'predict_time' is reserved by the runtime",
            "cog.x": "the 'cog.' prefix is reserved for system metrics",
        }
        good = ["a", "a.b.c.d", "A_1.b2", "x" * 128]
        output = self.client.predict(case="metric_names", extra={"names": [*cases, *good]})["output"]
        for name, said in zip([*cases, *good], output):
            with self.subTest(name):
                if name in cases:
                    self.assertTrue(said.startswith("ValueError: "), said)
                    self.assertIn(cases[name], said)
                else:
                    self.assertEqual(said, "returned None")

    def test_repr(self) -> None:
        """§ 7: how a scope shows itself."""
        self.assertEqual(self.client.predict(case="scope_repr")["output"], "Scope(MetricRecorder(keys=1))")

    def test_empty_context(self) -> None:
        """§ 7: the context is empty when the request has none."""
        self.assertEqual(self.client.predict(case="context")["output"], {"context": {}, "same": {}})

    def test_threads(self) -> None:
        """§ 7: threads of a plain model have its scope."""
        self.assertEqual(self.client.predict(case="scope_in_thread")["metrics"]["from_thread"], 1)


class Logs(CogTestCase):
    model = "values"

    def logs(self, case: str, **inputs: Any) -> str:
        document = self.client.predict(case=case, **inputs)
        self.assertEqual(document["status"], "succeeded", document)
        return document["logs"]

    def test_python(self) -> None:
        """§ 9: print, writes, logging and warnings."""
        logs = self.logs("logs")
        for word in ("one\n", "two\n", "three\n", "four\n", "five\n", "six\n"):
            self.assertIn(word, logs)

    def test_threads(self) -> None:
        """§ 9: threads of a plain model."""
        self.assertEqual(self.logs("thread_logs"), "from a thread\n")

    def test_native(self) -> None:
        """§ 9: what does not go through sys.stdout is in the server's log there, in the prediction's here."""
        logs = self.logs("native_logs")
        row = "output of C code and child processes"
        for line in ("by os.write\n", "by buffer\n", "by __stdout__\n", "by a child\n", "by its stderr\n", "by C\n"):
            with self.subTest(line):
                self.assertEqual(line in logs, self.differs(row, cog=False, ours=True), logs)

    def test_tail(self) -> None:
        """§ 9: text without a line's end goes into the next prediction there, and stays in its own here."""
        first = self.logs("tail", text="tail without end")
        second = self.logs("logs")
        row = "text without newline at the end"
        self.assertEqual("tail without end" in first, self.differs(row, cog=False, ours=True))
        self.assertEqual("tail without end" in second, self.differs(row, cog=True, ours=False))

    def test_carriage_returns(self) -> None:
        """§ 9: progress bars come as one line."""
        self.assertEqual(self.logs("carriage"), "\r10 %\r50 %\r100 %\n")

    def test_lines(self) -> None:
        """§ 9: several lines of one write, a flush in the middle."""
        self.assertEqual(self.logs("lines_at_once"), "first\nsecond\nrest of it\n")

    def test_flood(self) -> None:
        """§ 9, HTTP § 4: many lines, none lost, in order."""
        self.assertEqual(self.logs("flood", number=5000), "".join(f"line {n}\n" for n in range(5000)))

    def test_redirect(self) -> None:
        """§ 9: contextlib.redirect_stdout captures as ever."""
        document = self.client.predict(case="redirect")
        self.assertEqual((document["output"], document["logs"]), ("captured\n", "not captured\n"))

    def test_object(self) -> None:
        """§ 9: what sys.stdout can do."""
        output = self.client.predict(case="stream_object")["output"]
        self.assertEqual(output["fileno"], [1, 2])
        self.assertFalse(output["isatty"])
        self.assertEqual((output["encoding"], output["buffer"]), ("utf-8", True))
        self.assertEqual(output["able"][:2], [False, True])

    def test_setup_chatter(self) -> None:
        """§ 9: everything that is printed during the set-up is kept for it."""
        server = self.start("setup", env={"SETUP_CASE": "chatter"})
        if self.peer:
            return  # Of a fast set-up the peer loses lines.
        logs = server.client.health()["setup"]["logs"]
        for line in ("setup begins", "by os.write", "by a child", "by a thread", "on stderr", "setup ends"):
            self.assertIn(line + "\n", logs)

    def test_daemon(self) -> None:
        """§ 9: a child that outlives setup() goes on writing, and disturbs nothing."""
        server = self.start("setup", env={"SETUP_CASE": "daemon"})
        for _ in range(20):
            self.assertEqual(server.client.predict()["output"], "None")


class Loop(CogTestCase):
    model = "loop"
    env = {"COG_MAX_CONCURRENCY": "4"}

    def begin(self, id: str, **inputs: Any) -> Any:
        hooks = self.receiver()
        body = {"input": {"text": id, **inputs}, "webhook": hooks.url, "webhook_events_filter": ["completed"]}
        answer = self.client.put(f"/predictions/{id}", body, ASYNC)
        self.assertEqual(answer.status, 202, answer.text)
        return hooks

    def test_one_loop(self) -> None:
        """§ 3: setup() and run() share one event loop."""
        self.assertTrue(self.client.predict(case="same_loop")["output"])

    def test_slots(self) -> None:
        """§ 11: as many at once as COG_MAX_CONCURRENCY says; then BUSY and 409. Logs and metrics are their own."""
        all_hooks = {id: self.begin(id, case="wait") for id in ("s1", "s2", "s3", "s4")}
        for id in all_hooks:
            self.server.wait_for_file(id + ".started")
        self.assertEqual(self.client.health()["status"], "BUSY")
        self.assertEqual(self.client.post("/predictions", {"input": {"case": "echo"}}).status, 409)
        for id in reversed(all_hooks):
            self.server.file(id + ".go")
        for id, hooks in all_hooks.items():
            end = hooks.completed(id).json
            self.assertEqual((end["output"], end["metrics"]["name"]), (id, id))
            self.assertEqual(end["logs"], f"start of {id}\nend of {id}\n")

    def test_context(self) -> None:
        """§ 7: each has its own context."""
        hooks = {}
        for id in ("x1", "x2"):
            hooks[id] = self.receiver()
            body = {"input": {"case": "context", "text": id}, "context": {"id": id}, "webhook": hooks[id].url}
            self.client.put(f"/predictions/{id}", body, ASYNC)
        for id in hooks:
            self.server.file(id + ".go")
        for id in hooks:
            self.assertEqual(hooks[id].completed(id).json["output"], {"id": id})

    def test_task_logs(self) -> None:
        """§ 9: tasks belong to the prediction that made them; after its end to nobody."""
        self.assertEqual(self.client.predict(case="task_logs", text="t")["logs"], "from a task of t\n")
        document = self.client.predict(case="late_task", text="lt")
        self.assertEqual((document["output"], document["logs"]), ("returned", ""))
        self.server.file("lt.go")
        self.server.wait_for_file("lt.said")
        eventually(lambda: "late words of lt" in self.server.log, "in the server's log")

    def test_cleaning_up(self) -> None:
        """§ 8: a cancel is CancelledError; `except` and `finally` may await."""
        hooks = self.begin("cu", case="clean_up")
        self.server.wait_for_file("cu.started")
        for _ in range(2):
            self.client.post("/predictions/cu/cancel")
        self.assertEqual(self.server.wait_for_file("cu.caught"), "CancelledError")
        self.assertEqual(hooks.completed("cu").json["status"], "canceled")
        self.server.wait_for_file("cu.left")

    def test_swallowed(self) -> None:
        """§ 8: a swallowed cancel is canceled."""
        hooks = self.begin("sw", case="swallow")
        self.server.wait_for_file("sw.started")
        self.client.post("/predictions/sw/cancel")
        self.assertEqual(hooks.completed("sw").json["status"], "canceled")

    def test_cancelled_in_the_text(self) -> None:
        """§ 8: an error whose text says "cancelled" is canceled there, a failure here."""
        document = self.client.predict(case="fail", text="connection was cancelled by peer")
        row = 'async errors whose text contains "cancelled"'
        self.assertEqual(document["status"], self.differs(row, cog="canceled", ours="failed"))

    def test_big_answer_of_thread(self) -> None:
        """§ 7, 9: a thread of asyncio.to_thread has the scope and the log of its prediction."""
        document = self.client.predict(case="thread", text="th")
        self.assertEqual(document["status"], "succeeded")
        self.assertEqual(document["metrics"]["thread"], "th")


class LoopStream(CogTestCase):
    model = "loop_stream"

    def test_items(self) -> None:
        """§ 3: an asynchronous generator's items."""
        events = self.client.events(case="count", n=3)
        self.assertEqual([data["chunk"] for data in named(events, "output")], [0, 1, 2])
        self.assertEqual(events[-1].data["output"], [0, 1, 2])
        self.assertEqual(events[-1].data["logs"], "log 0\nlog 1\nlog 2\n")

    def test_collected_or_not(self) -> None:
        """§ 3: all items are collected first there, and stream here."""
        stream = self.client.stream(input={"case": "gated", "n": 2, "text": "g"})
        if self.differs("async generators", cog=True, ours=False):
            stream.until(lambda event: event.name == "log")
            self.server.file("g.0")
            self.server.file("g.1")
            self.assertEqual(stream.rest()[-1].data["output"], [0, 1])
            return
        for number in range(2):
            stream.until(lambda event: event.name == "output" and event.data["chunk"] == number)
            self.server.file(f"g.{number}")
        self.assertEqual(stream.rest()[-1].data["output"], [0, 1])

    def test_metric(self) -> None:
        """§ 7: its scope."""
        self.assertEqual(self.client.events(case="metric", n=5)[-1].data["metrics"]["n"], 5)


if __name__ == "__main__":
    unittest.main()
