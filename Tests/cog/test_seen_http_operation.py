"""Statements of the HTTP contract, sections 8 to 11: trainings, cancel, worker failures, start and stop."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import unittest

from case import CogTestCase
from client import ASYNC, JSON, SSE, eventually
from servers import BINARY, PYTHON, Server


def idle(server: Server) -> None:
    eventually(lambda: server.client.health()["status"] == "READY", "idle")


class Trainings(CogTestCase):
    model = "train"

    def test_discovery(self) -> None:
        """§ 1: with a training schema the discovery document names trainings, too."""
        document = self.client.get("/").json
        self.assertEqual(document["trainings_url"], "/trainings")
        self.assertEqual(document["trainings_idempotent_url"], "/trainings/{training_id}")
        self.assertEqual(document["trainings_cancel_url"], "/trainings/{training_id}/cancel")

    def test_no_streams(self) -> None:
        """§ 8: events are refused first, whatever the input."""
        for method, path in (("POST", "/trainings"), ("PUT", "/trainings/t")):
            answer = self.client.request(method, path, {"input": {"n": "wrong"}}, SSE)
            self.assertEqual(answer.status, 406)
            self.assertEqual(answer.json["error"], "Training endpoints do not support streaming responses.")

    def test_predict_mode(self) -> None:
        """§ 8: in predict mode a training is checked by its own schema and runs the predict function."""
        answer = self.client.post("/trainings", {"input": {"n": 3}})
        self.assertEqual((answer.status, answer.json["output"]), (200, ["run 3"]))
        self.assertEqual(self.client.post("/trainings", {"input": {"n": 10}}).status, 422)
        idle(self.server)
        self.assertEqual(self.client.post("/predictions", {"input": {"n": 10}}).json["output"], ["run 10"])

    def test_put_and_cancel(self) -> None:
        """§ 8: ids, modes and cancel are those of predictions."""
        body = {"id": "other", "input": {"n": 1}}
        answer = self.client.put("/trainings/t1", body)
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.json["detail"][0]["msg"], "training ID must match the ID supplied in the URL")
        answer = self.client.put("/trainings/t1", {"input": {"n": 1, "wait": "t1"}}, ASYNC)
        self.assertEqual((answer.status, answer.json), (202, {"id": "t1", "status": "starting"}))
        self.server.wait_for_file("t1.started")
        self.assertEqual(self.client.put("/trainings/t1", {"input": {"n": 1}}).status, 202)
        self.assertEqual(self.client.post("/trainings/t1/cancel").status, 200)
        idle(self.server)
        self.assertEqual(self.client.post("/trainings/t1/cancel").status, 404)
        self.assertEqual(self.client.request("GET", "/trainings").status, 405)


class TrainMode(CogTestCase):
    model = "train"
    arguments = ["--x-mode", "train"]
    env = {"COG_TRAIN_TYPE_STUB": "train.py:train"}

    def test_training(self) -> None:
        """§ 8: in train mode a training runs the train function."""
        answer = self.client.post("/trainings", {"input": {"n": 3}})
        self.assertEqual((answer.status, answer.json["output"]), (200, {"weights": "train 3"}))
        self.assertEqual(answer.json["logs"], "trained\n")

    def test_prediction(self) -> None:
        """§ 8: and so does a prediction, checked by its own schema."""
        answer = self.client.post("/predictions", {"input": {"n": 4}})
        self.assertEqual((answer.status, answer.json["output"]), (200, {"weights": "train 4"}))

    def test_failure(self) -> None:
        """§ 8: what a failed training says."""
        document = self.client.post("/trainings", {"input": {"n": 9}}).json
        self.assertEqual(document["status"], "failed")
        self.assertTrue(document["error"].endswith("ValueError: nine is too many"), document["error"])
        self.assertIn("Training failed: ", document["error"])


class TrainerClass(CogTestCase):
    model = "train_class"
    arguments = ["--x-mode", "train"]
    env = {"COG_TRAIN_TYPE_STUB": "train.py:Trainer"}

    def test_setup(self) -> None:
        """§ 8: a class with setup() and train()."""
        self.assertEqual(self.client.post("/trainings", {"input": {"n": 3}}).json["output"], "prepared 3")


class NoTrainingSchema(CogTestCase):
    model = "function"

    def test_trainings(self) -> None:
        """§ 8: without a schema of their own trainings are checked by that of predictions."""
        answer = self.client.post("/trainings", {"input": {"text": "a"}})
        self.assertEqual((answer.status, answer.json["output"]), (200, "A"))
        self.assertEqual(self.client.post("/trainings", {"input": {"text": 1}}).status, 422)


class Cancelling(CogTestCase):
    model = "values"

    def test_any_mode(self) -> None:
        """§ 9: 200 {} for what runs, whoever started it and however often; then canceled."""
        hooks = self.receiver()
        for number, headers in enumerate((JSON, ASYNC)):
            id = f"m{number}"
            body = {"input": {"case": "wait", "text": id}, "webhook": hooks.url}
            connection = self.client.send("PUT", f"/predictions/{id}", body, headers)
            self.server.wait_for_file(id + ".started")
            answer = self.client.post(f"/predictions/{id}/cancel")
            self.assertEqual((answer.status, answer.json), (200, {}))
            self.assertEqual(hooks.completed(id).json["status"], "canceled")
            connection.close()
            idle(self.server)

    def test_slot_stays_busy(self) -> None:
        """§ 9: the slot is busy until the model reacts."""
        self.client.put("/predictions/sb", {"input": {"case": "not_an_exception", "text": "sb"}}, ASYNC)
        self.server.wait_for_file("sb.started")
        self.assertEqual(self.client.post("/predictions/sb/cancel").status, 200)
        idle(self.server)
        # BaseException: the model's `except Exception` has not seen it.
        self.assertFalse((self.server.directory / "sb.caught").exists())

    def test_blocking_call(self) -> None:
        """§ 9: a sleeping model is canceled when it wakes there, at once here."""
        hooks = self.receiver()
        seconds = self.differs("cancel of sync code", cog=1.0, ours=1000.0)
        body = {"input": {"case": "sleep", "text": "bl", "number": seconds}, "webhook": hooks.url}
        self.client.put("/predictions/bl", body, ASYNC)
        self.server.wait_for_file("bl.started")
        self.client.post("/predictions/bl/cancel")
        self.assertEqual(hooks.completed("bl").json["status"], "canceled")


class Failures(CogTestCase):
    def dead(self, server: Server) -> None:
        """After the death of the worker."""
        if self.differs("a worker that dies", cog=True, ours=False):
            health = eventually(lambda: (h := server.client.health())["status"] == "UNHEALTHY" and h, "unhealthy")
            self.assertEqual(
                health["user_healthcheck_error"], "Healthcheck error: protocol error: healthcheck channel closed"
            )
            self.assertEqual(server.client.post("/predictions", {"input": {"case": "echo"}}).status, 409)
        else:
            body = {"input": {"case": "echo", "text": "again"}}

            def works() -> bool:
                answer = server.client.post("/predictions", body)
                return answer.status == 200 and answer.json.get("output") == "again"

            eventually(works, "started again")

    def test_exceptions(self) -> None:
        """§ 10: the texts of exceptions in plain and asynchronous models; normal afterwards."""
        for model, text in (
            ("values", "Prediction failed: Prediction failed: ValueError: boom"),
            ("loop", "Prediction failed: Async prediction failed: ValueError: boom"),
        ):
            with self.subTest(model):
                server = self.start(model)
                self.assertEqual(server.client.predict(case="fail")["error"], text)
                self.assertEqual(server.client.predict(case="echo", text="t")["output"], "t")

    def test_exit_of_a_plain_model(self) -> None:
        """§ 10: sys.exit() fails the prediction, the worker lives on."""
        server = self.start("values")
        worker = server.client.predict(case="pid")["output"]
        document = server.client.predict(case="exit", number=3)
        self.assertEqual(document["status"], "failed")
        self.assertIn("SystemExit: 3", document["error"])
        self.assertEqual(server.client.predict(case="pid")["output"], worker)

    def test_exit_of_a_generator(self) -> None:
        """§ 10: the same in a generator."""
        server = self.start("stream")
        document = server.client.events(case="exit")[-1].data
        self.assertEqual((document["status"], document["output"]), ("failed", ["one"]))
        self.assertIn("SystemExit: 7", document["error"])
        self.assertEqual(server.client.predict(n=1)["output"], [0])

    def test_os_exit(self) -> None:
        """§ 10: a worker that ends: failed, with what it had put out."""
        server = self.start("stream")
        stream = server.client.stream(input={"case": "os_exit"})
        stream.until(lambda event: event.name == "output")
        server.file("go")
        document = stream.rest()[-1].data
        self.assertEqual((document["status"], document["output"]), ("failed", ["one"]))
        self.assertTrue(document["error"].startswith(self.differs("a worker that dies", cog="Worker crashed", ours="")))
        (server.directory / "go").unlink()
        if self.peer:
            return
        eventually(lambda: server.client.health()["status"] == "READY", "started again")

    def test_signals(self) -> None:
        """§ 10: SIGKILL and a segmentation fault end as failed; ours starts the worker again."""
        for case in ("kill", "segfault"):
            with self.subTest(case):
                server = self.start("values")
                self.assertEqual(server.client.predict(case=case)["status"], "failed")
                self.dead(server)

    def test_death_while_idle(self) -> None:
        """§ 10: a worker that dies while it has nothing to do."""
        server = self.start("values")
        os.kill(server.client.predict(case="pid")["output"], signal.SIGKILL)
        if self.peer:
            eventually(lambda: server.client.health()["status"] == "UNHEALTHY", "unhealthy")
            document = server.client.predict(case="echo")
            self.assertEqual(document["status"], "failed")
        self.dead(server)

    def test_setup_failures(self) -> None:
        """§ 3, 10, 11: a failed set-up is told in setup.logs, and the server lives on."""
        for case, text in (
            ("raise", "RuntimeError: no weights here"),
            ("import", "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"),
        ):
            with self.subTest(case):
                server = self.start("setup", env={"SETUP_CASE": case})
                health = server.client.health()
                self.assertEqual((health["status"], health["setup"]["status"]), ("SETUP_FAILED", "failed"))
                self.assertIn(text, health["setup"]["logs"])
                self.assertIsNone(server.process.poll())

    def test_worker_dies_in_setup(self) -> None:
        """§ 3: a worker that ends during its set-up."""
        server = self.start("setup", env={"SETUP_CASE": "os_exit"}, ready=False)
        if self.differs("a worker that dies", cog=True, ours=False):
            self.assertEqual(server.wait_for_setup(), "SETUP_FAILED")
        eventually(lambda: server.client.health()["setup"]["status"] != "succeeded", "not ready")
        self.assertNotEqual(server.client.health()["status"], "READY")

    def test_setup_timeout(self) -> None:
        """§ 3, 11: COG_SETUP_TIMEOUT, in seconds."""
        server = self.start("setup", env={"SETUP_CASE": "wait", "COG_SETUP_TIMEOUT": "1"}, ready=False)
        health = eventually(lambda: (h := server.client.health())["status"] == "SETUP_FAILED" and h, "it has failed")
        self.assertEqual(health["setup"]["status"], "failed")
        self.assertIn("timed out", health["setup"]["logs"])

    def test_sync_concurrency(self) -> None:
        """§ 11: more than one slot wants an asynchronous model."""
        server = self.start("values", env={"COG_MAX_CONCURRENCY": "2"}, ready=False)
        self.assertEqual(server.wait_for_setup(), "SETUP_FAILED")
        text = "COG_MAX_CONCURRENCY > 1 requires an async run() or predict() method"
        self.assertIn(text, server.client.health()["setup"]["logs"])

    def test_bad_concurrency(self) -> None:
        """§ 11: 0 and garbage are one slot, with a warning."""
        for value in ("0", "many"):
            with self.subTest(value):
                server = self.start("values", env={"COG_MAX_CONCURRENCY": value})
                self.assertIn("COG_MAX_CONCURRENCY", server.log)
                self.assertEqual(server.client.predict(case="echo", text="t")["output"], "t")

    def test_threads_flag(self) -> None:
        """§ 11: --threads is taken and changes nothing."""
        server = self.start("function", arguments=["--threads", "4"])
        self.assertEqual(server.client.predict(text="a")["output"], "A")

    def test_weights(self) -> None:
        """§ 11: COG_WEIGHTS goes to setup()."""
        self.assertEqual(self.start("setup").client.predict()["output"], "None")
        self.assertEqual(self.start("setup", env={"COG_WEIGHTS": "a/b"}).client.predict()["output"], "'a/b'")


class Stopping(CogTestCase):
    def stops(self, server: Server, way: int | None = None) -> None:
        # The peer's launcher ends by SIGINT itself, after an orderly stop.
        interrupted = self.peer and way == signal.SIGINT
        self.assertEqual(server.wait_for_exit(), -signal.SIGINT if interrupted else 0)

    def test_signals_and_route(self) -> None:
        """§ 11: SIGTERM, SIGINT and POST /shutdown end it with status 0."""
        for way in (signal.SIGTERM, signal.SIGINT, None):
            with self.subTest(str(way)):
                server = self.start("values")
                if way is None:
                    answer = server.client.post("/shutdown")
                    self.assertEqual((answer.status, answer.json), (200, {}))
                else:
                    server.signal(way)
                self.stops(server, way)

    def test_open_requests_finish(self) -> None:
        """§ 11: requests that are open are answered first, plain ones and streams."""
        for model, headers in (("values", JSON), ("stream", SSE)):
            with self.subTest(model):
                server = self.start(model)
                case = {"case": "wait", "text": "w"} if model == "values" else {"case": "late", "n": 1, "text": "w"}
                connection, text = server.client.send("POST", "/predictions", {"input": case}, headers), ""
                server.wait_for_file("w.started" if model == "values" else "w.reached")
                server.signal(signal.SIGTERM)
                eventually(lambda: "SIGTERM" in server.log or "stop" in server.log.lower(), "it is stopping")
                server.file("w.go")
                text = connection.getresponse().read().decode()
                self.assertIn('"status":"succeeded"', text)
                connection.close()
                self.stops(server)

    def test_await_explicit_shutdown(self) -> None:
        """§ 11: with --await-explicit-shutdown SIGTERM is ignored, SIGINT and the route work."""
        for way in ("route", "signal"):
            with self.subTest(way):
                server = self.start("values", arguments=["--await-explicit-shutdown", "true"])
                for _ in range(3):
                    server.signal(signal.SIGTERM)
                self.assertEqual(server.client.predict(case="echo", text="alive")["output"], "alive")
                self.assertIsNone(server.process.poll())
                if way == "route":
                    server.client.post("/shutdown")
                else:
                    server.signal(signal.SIGINT)
                self.stops(server, None if way == "route" else signal.SIGINT)

    def test_worker_follows(self) -> None:
        """§ 11: when the server is killed its worker ends."""
        server = self.start("values")
        worker = server.client.predict(case="pid")["output"]
        server.process.kill()
        eventually(lambda: not running(worker), "the worker has ended", 15)

    def test_during_setup(self) -> None:
        """§ 11: SIGTERM during the set-up ends it at once."""
        server = self.start("setup", env={"SETUP_CASE": "wait"}, ready=False)
        server.signal(signal.SIGTERM)
        # The peer ends by the signal's own effect when it comes early.
        self.assertIn(server.wait_for_exit(), (0, -signal.SIGTERM) if self.peer else (0,))
        server.file("setup.go")


class CommandLine(CogTestCase):
    def run_it(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [PYTHON, "-m", "cog.server.http"] if self.peer else [BINARY]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=30, cwd="/",
                              env={**os.environ, **(env or {})})

    def test_version(self) -> None:
        """§ 11: --version."""
        done = self.run_it("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_nothing_to_serve(self) -> None:
        """§ 11: without a model it says so and ends with an error."""
        done = self.run_it(*([] if self.peer else ["serve", "--port", "0"]))
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stderr.strip())


def running(pid: int) -> bool:
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    unittest.main()
