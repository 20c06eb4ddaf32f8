"""Statements of the HTTP contract, sections 3 and 5: health, validation."""

from __future__ import annotations

import threading
import unittest
from typing import Any

from case import TIME, CogTestCase
from client import ASYNC, JSON, eventually


class Document(CogTestCase):
    model = "values"

    def test_ready(self) -> None:
        """§ 3: always 200; the order of members; times in nanoseconds with an offset; sync needs no setup.logs."""
        answer = self.client.get("/health-check")
        self.assertEqual(answer.status, 200)
        health = answer.json
        self.assertEqual(list(health), ["status", "setup", "version"])
        self.assertEqual(health["status"], "READY")
        self.assertEqual(
            [key for key in health["setup"] if key != "logs"], ["started_at", "completed_at", "status"]
        )
        self.assertEqual(health["setup"]["status"], "succeeded")
        for name in ("started_at", "completed_at"):
            self.assertRegex(health["setup"][name], TIME)

    def test_version(self) -> None:
        """§ 3: the versions of Python and of its SDK."""
        version = self.client.health()["version"]
        self.assertRegex(version["python"], r"^3\.\d+\.\d+$")
        self.assertRegex(version["python_sdk"], r"^\d+\.\d+\.\d+")
        self.assertIn(self.differs("`version` in the health document", cog="coglet", ours="supervisor"), version)

    def test_setup_logs(self) -> None:
        """§ 3: the peer shows its own trace with what the model printed, where that came in time; ours the model's words."""
        logs = self.client.health()["setup"].get("logs", "")
        row = "`setup.logs`"
        self.assertEqual("Server ready" in logs, self.differs(row, cog=True, ours=False))
        if not self.peer:
            self.assertIn("weights are loaded\n", logs)


class UserHealth(CogTestCase):
    model = "health"

    def says(self, text: str) -> dict[str, Any]:
        self.server.file("health", text)
        return self.client.health()

    def tearDown(self) -> None:
        self.server.file("health", "true")
        self.server.file("health.go")

    def test_healthy(self) -> None:
        """§ 3: truth, and whatever is no bool, is healthy."""
        for text in ("true", "text", "none"):
            with self.subTest(text):
                health = self.says(text)
                self.assertEqual(health["status"], "READY")
                self.assertNotIn("user_healthcheck_error", health)

    def test_false(self) -> None:
        """§ 3: False is unhealthy, with a text, still 200."""
        health = self.says("false")
        self.assertEqual(health["status"], "UNHEALTHY")
        self.assertEqual(list(health)[-1], "user_healthcheck_error")
        self.assertEqual(
            health["user_healthcheck_error"], "Healthcheck failed: user-defined healthcheck returned False"
        )

    def test_raises(self) -> None:
        """§ 3: an exception is unhealthy, with its text."""
        health = self.says("raise")
        self.assertEqual(health["status"], "UNHEALTHY")
        self.assertEqual(health["user_healthcheck_error"], "Healthcheck failed: RuntimeError: the device is gone")

    def test_unhealthy_takes_predictions(self) -> None:
        """§ 3: being unhealthy stops no prediction."""
        self.says("false")
        self.assertEqual(self.client.predict(text="still")["output"], "still")

    def test_while_busy(self) -> None:
        """§ 3: it is asked while all slots are busy, too, and UNHEALTHY goes before BUSY."""
        self.client.post("/predictions", {"input": {"case": "wait", "text": "busy"}}, ASYNC)
        self.server.wait_for_file("busy.started")
        self.assertEqual(self.says("true")["status"], "BUSY")
        self.assertEqual(self.says("false")["status"], "UNHEALTHY")
        self.server.file("busy.go")
        self.server.file("health", "true")
        eventually(lambda: self.client.health()["status"] == "READY", "idle again")

    def test_too_slow(self) -> None:
        """§ 3: more than 5 s is unhealthy. Requests at the same time share one run."""
        (self.server.directory / "health.go").unlink(missing_ok=True)
        self.server.file("health", "wait")
        before = self.calls()
        answers: list[dict[str, Any]] = []
        threads = [threading.Thread(target=lambda: answers.append(self.client.health())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(len(answers), 3)
        for health in answers:
            self.assertEqual(health["status"], "UNHEALTHY")
            self.assertEqual(
                health["user_healthcheck_error"],
                "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds",
            )
        self.assertEqual(self.calls() - before, 1)
        self.server.file("health.go")

    def calls(self) -> int:
        path = self.server.directory / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0


class AsyncHealth(CogTestCase):
    model = "health_async"

    def test_results(self) -> None:
        """§ 3: an asynchronous healthcheck() says the same in the same words; 5 s are its limit, too."""
        for text, error in (
            ("true", None),
            ("false", "Healthcheck failed: user-defined healthcheck returned False"),
            ("raise", "Healthcheck failed: RuntimeError: the device is gone"),
            ("wait", "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds"),
        ):
            with self.subTest(text):
                self.server.file("health", text)
                health = self.client.health()
                self.assertEqual(health.get("user_healthcheck_error"), error)
                self.assertEqual(health["status"], "UNHEALTHY" if error else "READY")


class Validation(CogTestCase):
    model = "inputs"

    def refused(self, **inputs: Any) -> list[tuple[str, str, str]]:
        answer = self.client.post("/predictions", {"input": inputs})
        self.assertEqual(answer.status, 422, answer.text)
        problems = []
        for problem in answer.json["detail"]:
            self.assertEqual(problem["loc"][:2], ["body", "input"])
            problems.append((problem["loc"][2], problem["msg"], problem["type"]))
        return sorted(problems)

    def arrives(self, **inputs: Any) -> dict[str, Any]:
        return self.client.predict(want=",".join(inputs), **inputs)["output"]

    def test_wrong_types(self) -> None:
        """§ 5: the texts of wrong types."""
        for name, value, text, kind in (
            ("s", 5, "5", "string"),
            ("i", "3", '"3"', "integer"),
            ("i", True, "true", "integer"),
            ("i", 2.5, "2.5", "integer"),
            ("f", "x", '"x"', "number"),
            ("b", 1, "1", "boolean"),
            ("ps", "p", '"p"', "array"),
        ):
            with self.subTest(f"{name}={value!r}"):
                self.assertEqual(
                    self.refused(**{name: value}), [(name, f'{text} is not of type "{kind}"', "value_error")]
                )

    def test_wrong_element(self) -> None:
        """§ 5: the place of a wrong element has a slash."""
        self.assertEqual(self.refused(ps=[1]), [("ps/0", '1 is not of type "string"', "value_error")])

    def test_ranges(self) -> None:
        """§ 5: the texts of ranges."""
        self.assertEqual(
            self.refused(i=100001), [("i", "100001 is greater than the maximum of 100000", "value_error")]
        )
        self.assertEqual(self.refused(i=-1), [("i", "-1 is less than the minimum of 0", "value_error")])

    def test_all_at_once(self) -> None:
        """§ 5: all errors are told at once."""
        self.assertEqual([problem[0] for problem in self.refused(i=-1, s=5, ps=[1])], ["i", "ps/0", "s"])

    def test_other_rules(self) -> None:
        """§ 5: choices, patterns and lengths name the field."""
        for name, value in (("choice", "pink"), ("number_choice", 3), ("pattern", "ABC"), ("s", "x" * 41), ("s", "")):
            with self.subTest(name):
                self.assertEqual([(p[0], p[2]) for p in self.refused(**{name: value})], [(name, "value_error")])

    def test_not_an_object(self) -> None:
        """§ 5: an input that is no object."""
        for value, text in (([1], "[1]"), ("x", '"x"'), (5, "5")):
            with self.subTest(text):
                answer = self.client.post("/predictions", {"input": value})
                self.assertEqual(answer.status, 422)
                self.assertEqual(
                    answer.json["detail"],
                    [{
                        "loc": ["body", "input", "__root__"],
                        "msg": f'{text} is not of type "object"',
                        "type": "value_error",
                    }],
                )

    def test_unknown_members(self) -> None:
        """§ 2, 5: members that the schema does not name are dropped, with a word in the server's log."""
        document = self.client.predict(want="s", unknown_member=1)
        self.assertEqual(document["status"], "succeeded")
        eventually(lambda: "unknown_member" in self.server.log, "a warning in the log")

    def test_null_is_filled_in(self) -> None:
        """§ 5: an optional input without default arrives as None; other defaults are the function's own."""
        output = self.client.predict()["output"]
        self.assertEqual(output["nothing"], {"type": "NoneType", "value": "None"})
        self.assertEqual(output["s"], {"type": "str", "value": "'default text'"})
        self.assertEqual(output["numbers"], [{"type": "int", "value": "1"}, {"type": "int", "value": "2"}])

    def test_explicit_null(self) -> None:
        """§ 5: an explicit null for an optional input is refused there and taken here."""
        row = "an explicit `null` for an optional input"
        answer = self.client.post("/predictions", {"input": {"want": "optional", "optional": None}})
        self.assertEqual(answer.status, self.differs(row, cog=422, ours=200))
        if not self.peer:
            self.assertEqual(answer.json["output"]["optional"]["value"], "None")

    def test_null_where_not_optional(self) -> None:
        """§ 5: null for an input that is not optional is refused by both."""
        self.assertEqual(self.refused(s=None), [("s", 'null is not of type "string"', "value_error")])

    def test_format_is_not_checked(self) -> None:
        """§ 5: the format uri is no condition."""
        self.assertEqual(self.arrives(path="no uri")["path"], {"type": "str", "value": "'no uri'"})

    def test_whole_floats(self) -> None:
        """§ 5: 2.0 counts as an integer; it reaches Python as a float there."""
        self.assertIn(
            self.arrives(i=2.0)["i"],
            ({"type": "float", "value": "2.0"},) if self.peer else ({"type": "int", "value": "2"},),
        )


class Missing(CogTestCase):
    model = "train"

    def test_missing(self) -> None:
        """§ 5: a missing input has a type of its own."""
        answer = self.client.post("/trainings", {"input": {"wait": 1}})
        self.assertEqual(answer.status, 422)
        self.assertEqual(
            sorted(answer.json["detail"], key=lambda problem: problem["loc"]),
            [
                {"loc": ["body", "input", "n"], "msg": "Field required", "type": "value_error.missing"},
                {"loc": ["body", "input", "wait"], "msg": '1 is not of type "string"', "type": "value_error"},
            ],
        )


class WithoutSchema(CogTestCase):
    model = "values"
    with_schema = False

    def test_not_an_object(self) -> None:
        """§ 5: what is found in the worker is a failed prediction; ours has a schema always and says 422."""
        answer = self.client.post("/predictions", {"input": [1]}, JSON)
        self.assertEqual(answer.status, self.differs("schema", cog=200, ours=422))
        if self.peer:
            self.assertTrue(answer.json["error"].startswith("Input validation error: "), answer.text)

    def test_download_fails(self) -> None:
        """§ 5: a download that fails is a failed prediction."""
        server = self.start("inputs")
        document = server.client.predict(path="http://127.0.0.1:1/none.txt")
        self.assertEqual(document["status"], "failed")
        self.assertIn("Input validation error: ", document["error"])


if __name__ == "__main__":
    unittest.main()
