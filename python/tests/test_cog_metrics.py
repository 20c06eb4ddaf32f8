"""Metrics and scopes, with the texts that models know from Cog."""

import asyncio
import contextvars
import threading
import unittest

import support  # noqa: F401
from supervisor_worker.cog.metrics import MetricRecorder
from supervisor_worker.cog.scope import Scope, Scopes

NAMES = {
    "": "metric name must not be empty",
    "a" * 129: "metric name must be 128 characters or fewer (got 129 characters)",
    "a.b.c.d.e": "metric name must have at most 4 dot-separated segments (got 5)",
    ".a": "metric name must not start with a dot",
    "a.": "metric name must not end with a dot",
    "a..b": "metric name must not contain empty segments (consecutive dots)",
    "1a": "metric name segment '1a' must start with a letter",
    "_a": "metric name segment '_a' must start with a letter",
    "a.2": "metric name segment '2' must start with a letter",
    "a__b": "metric name segment 'a__b' must not contain consecutive underscores",
    "a-b": "metric name segment 'a-b' contains invalid character '-'",
    "a b": "metric name segment 'a b' contains invalid character ' '",
    "a_": "metric name segment 'a_' must end with a letter or digit",
    "é": "metric name segment 'é' must start with a letter",
    "predict_time": "'predict_time' is reserved by the runtime",
    "cog.x": "the 'cog.' prefix is reserved for system metrics",
}


class RecorderTest(unittest.TestCase):
    def setUp(self):
        self.sent = []
        self.recorder = MetricRecorder(lambda *event: self.sent.append(event))

    def test_names_that_are_refused(self):
        for name, text in NAMES.items():
            with self.subTest(name), self.assertRaises(ValueError) as caught:
                self.recorder.record(name, 1)
            self.assertEqual(str(caught.exception), text)
        self.assertEqual(self.sent, [])

    def test_names_that_are_taken(self):
        for name in ("a", "a1", "A_b.c_2.d.e", "a" * 128, "cogs", "cog", "predict_time2", "x.predict_time"):
            self.recorder.record(name, 1)
        self.assertEqual(len(self.sent), 8)

    def test_modes(self):
        for mode, sent in (("replace", "replace"), ("incr", "increment"), ("increment", "increment"),
                           ("append", "append")):
            self.recorder.record("n" + mode, 1, mode)
            self.assertEqual(self.sent[-1], (sent, "n" + mode, 1))
        with self.assertRaises(TypeError) as caught:
            self.recorder.record("a", 1, "bogus")
        self.assertEqual(str(caught.exception),
                         "Invalid metric mode: 'bogus'. Expected 'replace', 'incr', or 'append'.")

    def test_types(self):
        for value in (True, 1, 1.5, "s", [1, None], {"a": 1}):
            self.recorder.record("t" + type(value).__name__, value)
        for value, name in ((object(), "object"), (b"x", "bytes"), ((1,), "tuple"), ({1}, "set")):
            with self.subTest(name), self.assertRaises(TypeError) as caught:
                self.recorder.record("x", value)
            self.assertEqual(str(caught.exception), f"Unsupported metric value type: {name}. "
                                                    "Expected bool, int, float, str, list, or dict.")

    def test_a_type_stays(self):
        self.recorder.record("s", "x")
        for value, kind in ((1, "int"), (1.0, "float"), (True, "bool")):
            with self.subTest(kind), self.assertRaises(TypeError) as caught:
                self.recorder.record("s", value)
            self.assertEqual(str(caught.exception),
                             f"Metric 's' has type str, cannot set to {kind} without deleting first")
        self.recorder.record("i", 1)
        self.assertRaises(TypeError, self.recorder.record, "i", 1.0, "append")
        del self.recorder["s"]
        self.recorder["s"] = 1
        self.assertEqual(self.sent[-2:], [("replace", "s", None), ("replace", "s", 1)])

    def test_increments_need_numbers(self):
        for value, kind in (("x", "str"), (True, "bool"), ([1], "list")):
            with self.subTest(kind), self.assertRaises(TypeError) as caught:
                self.recorder.record("n", value, "incr")
            self.assertEqual(str(caught.exception), f"Increment mode requires int or float, got {kind}")

    def test_none_deletes(self):
        self.recorder.record("a", 1)
        self.recorder.record("a", None)
        self.recorder["a"] = "now text"
        self.recorder["a"] = None
        self.recorder.delete("predict_time")
        self.assertEqual([event[2] for event in self.sent], [1, None, "now text", None, None])
        self.assertRaises(TypeError, self.recorder.record, "a", None, "append")

    def test_what_it_prints(self):
        self.recorder["a"], self.recorder["b"] = 1, 2
        self.assertEqual(repr(self.recorder), "MetricRecorder(keys=2)")
        self.assertEqual(repr(Scope()), "Scope(MetricRecorder(inactive))")

    def test_outside_everything_is_ignored_but_a_wrong_mode(self):
        outside = Scope()
        outside.record_metric("a b", object())
        outside.metrics["x"] = object()
        del outside.metrics["x"]
        self.assertEqual(outside.context, {})
        self.assertRaises(TypeError, outside.record_metric, "a", 1, "bogus")


class ScopesTest(unittest.TestCase):
    def setUp(self):
        self.scopes = Scopes()

    def test_outside_there_is_one_that_ignores(self):
        self.assertIn("inactive", repr(self.scopes.current()))

    def test_tasks_have_their_own(self):
        async def task(scope):
            self.scopes.enter(scope)
            await asyncio.sleep(0)
            child = asyncio.create_task(self.current_later())
            self.assertIs(await child, scope)
            found = self.scopes.current()
            self.scopes.leave(scope)
            return found

        async def main():
            scopes = [Scope(lambda *_: None) for _ in range(20)]
            self.assertEqual(await asyncio.gather(*map(task, scopes)), scopes)

        asyncio.run(main())

    async def current_later(self):
        await asyncio.sleep(0)
        return self.scopes.current()

    def in_a_thread(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.scopes.current()))
        thread.start()
        thread.join()
        return found[0]

    def test_threads_of_the_only_run_have_its_scope(self):
        one, two = Scope(lambda *_: None), Scope(lambda *_: None)
        self.scopes.enter(one)
        self.assertIs(self.in_a_thread(), one)
        contextvars.copy_context().run(self.scopes.enter, two)
        self.assertIn("inactive", repr(self.in_a_thread()))
        self.scopes.leave(two)
        self.scopes.enter(one)
        self.scopes.leave(one)
        self.scopes.leave(one)

    def test_after_the_end_nothing_is_recorded(self):
        sent = []
        scope = Scope(lambda *event: sent.append(event))
        self.scopes.enter(scope)
        self.scopes.leave(scope)
        scope.record_metric("late", 1)
        self.assertEqual(sent, [])
        self.assertIsNot(self.scopes.current(), scope)


if __name__ == "__main__":
    unittest.main()
