"""A worker's life: set-up, questions, shutdown, death of the supervisor, broken rules."""

import ast
import json
import os
import subprocess
import sys
import unittest

import support
from support import HEAD, ROOT, STUB, WorkerTest
from supervisor_worker.runtime.health import HealthChecks
from supervisor_worker.wire import messages
from supervisor_worker.wire.frames import FrameType, Header, encode


class SetupTest(WorkerTest):
    def failure(self, model, status=1, **options):
        """status: 78 where starting again cannot help."""
        worker = self.start(model, **options)
        said = worker.until(messages.SetupFailure)
        self.assertEqual(worker.ended(), status)
        return said[-1], "".join(item[2] for item in said if isinstance(item, tuple))

    def test_what_is_wrong_is_said(self):
        for body, text, kind in (
                ("import nothing_like_this", "cannot be imported: ModuleNotFoundError", "ModuleNotFoundError"),
                ("def (", "SyntaxError", "SyntaxError"),
                ("sys.exit(5)", "SystemExit: 5", "SystemExit"),
                ("def go(): pass", "no handlers", "LookupError"),
                ("@streaming\ndef go() -> str: return 'x'", "marked @streaming but has nothing to iterate",
                 "DeclarationError"),
                ("@handler\ndef go(x: bytes): pass", "parameter `x` of `go` is annotated <class 'bytes'>",
                 "DeclarationError"),
                ("@handler(name='a b')\ndef go(): pass", "`a b` cannot be a handler's name", "DeclarationError"),
                ("@handler\ndef go(): pass\n@handler(name='go')\ndef other(): pass", "two handlers are called `go`",
                 "DeclarationError"),
                ("@handler(concurrency=5000)\ndef go(): pass", "`concurrency` must be an integer from 1 to 1024",
                 "ValueError"),
                ("class M:\n    def setup(self): raise ConfigurationError('no weights at /w; set W')\n    @handler\n"
                 "    def go(self): pass", "no weights at /w; set W", "ConfigurationError"),
                ("raise ConfigurationError('set W')", "set W", "ConfigurationError"),
                ("class M:\n    def setup(self): sys.exit(78)\n    @handler\n    def go(self): pass", "SystemExit: 78",
                 "SystemExit"),
                ("class M:\n    def setup(self): raise RuntimeError('no weights')\n    @handler\n    def go(self): pass",
                 "RuntimeError: no weights", "RuntimeError")):
            with self.subTest(body):
                head = "import os, sys\nfrom supervisor_worker import *\nprint('loading', end='')\n"
                own = "DeclarationError", "LookupError", "ValueError", "ConfigurationError"
                failure, log = self.failure(head + body, 78 if kind in own or "exit(78)" in body else 1)
                self.assertIn(text, failure.message)
                self.assertEqual(failure.kind, kind)
                self.assertEqual(log, "" if text == "SyntaxError" else "loading")
        self.assertIn("worker.py", failure.traceback)

    def test_a_handler_that_the_model_lacks(self):
        failure, _ = self.failure(HEAD + """
    @handler
    def go(): pass
    """, 78, handler="other")
        self.assertIn("for the handler `other`", failure.message)

    def test_no_model(self):
        failure, _ = self.failure("", 78, environment={"SUPERVISOR_MODEL": "/nowhere"})
        self.assertIn("no model at /nowhere", failure.message)

    def test_set_up_with_settings_and_progress(self):
        worker = self.start(HEAD + """
    class Base:
        @handler
        def inherited(self): return self.depth
    class Model(Base):
        def setup(self, setup):
            self.depth = setup.settings["depth"]
            setup.progress(0.25, "a quarter")
            setup.progress(7)
        @handler
        def go(self): return current_run().id
        def healthcheck(self): return self.depth == 3
    """, setup={"depth": 3})
        said = worker.until(messages.Ready)
        self.assertEqual([item for item in said if isinstance(item, messages.Loading)],
                         [messages.Loading(0.25, "a quarter"), messages.Loading(1)])
        self.assertTrue(said[-1].manifest.health_check)
        self.assertEqual(worker.run(id="\u00e9/..").outputs, ["\u00e9/.."])
        self.assertEqual(worker.run(handler="inherited").outputs, [3])

    def test_scripts_of_their_own(self):
        def program(path):
            return [sys.executable, str(path)]

        environment = {"PYTHONPATH": str(ROOT)}
        good = """
    import atexit
    atexit.register(lambda: open("left", "w").close())""" + HEAD + """
    print("imported late")
    @handler
    def go(): return 1
    run()
    """
        worker = self.start(good, command=program, environment=environment)
        self.assertIn((None, 0, "imported late\n"), worker.until(messages.Ready))
        self.assertEqual(worker.run().outputs, [1])
        self.assertEqual(worker.shut_down(), 0)
        self.assertTrue((worker.directory / "left").exists(), "exit functions of before the import are called, too")
        self.assertEqual(self.started(good).run().outputs, [1], "the same file, imported by the supervisor's way")
        for model, text, status in ((good.replace("run()", ""), "call `run()`", 78),
                                    (good.replace("@handler", "1 / 0\n    @handler"), "ZeroDivisionError", 1)):
            failure, _ = self.failure(model, status, command=program, environment=environment)
            self.assertIn(text, failure.message)
        path = worker.directory / "worker.py"
        alone = subprocess.run(program(path), env={**os.environ, **environment}, capture_output=True, text=True,
                               timeout=support.DEADLINE, cwd=worker.directory)
        self.assertEqual(alone.returncode, 64)
        self.assertIn("supervisor serve worker.py", alone.stderr)

    def test_old_interpreters_are_told_so(self):
        for name in ("__init__.py", "bootstrap.py"):
            ast.parse((ROOT / "supervisor_worker" / name).read_text(), feature_version=(3, 6))
        old = "import sys; sys.version_info = (3, 8, 0); " + STUB.format(str(ROOT))
        failure, _ = self.failure("", 78, command=lambda path: [sys.executable, "-c", old])
        for text in ("needs Python 3.10 or newer", sys.executable, "--python"):
            self.assertIn(text, failure.message)


class QuestionTest(WorkerTest):
    def test_ping_and_health_while_a_run_is_busy(self):
        worker = self.started(HEAD + """
    @streaming
    def go():
        yield 1
        while True: pass
    def healthcheck():
        print("checked")
        return True
    """)
        run = worker.predict({})
        worker.until(messages.OutputValue)
        worker.send(FrameType.PING, {"nonce": 7})
        self.assertEqual(worker.expect(messages.Nonce).nonce, 7)
        worker.send(FrameType.HEALTH_CHECK)
        said = worker.until(messages.HealthResult)
        self.assertEqual(said, [(None, 0, "checked\n"), messages.HealthResult(True)])
        worker.cancel(run)
        self.assertEqual(worker.expect(messages.Done).status, "canceled")

    def test_results(self):
        for form in ("def", "async def"):
            worker = self.started(HEAD + f"""
    number = 0
    @handler
    {form} go(): pass
    {form} healthcheck():
        global number
        number += 1
        if number == 1: return False
        if number == 2: raise RuntimeError("no GPU")
        if number == 3: sys.exit(1)
    """)
            for error in ("user-defined healthcheck returned False", "RuntimeError: no GPU", "SystemExit: 1"):
                worker.send(FrameType.HEALTH_CHECK)
                self.assertEqual(worker.expect(messages.HealthResult),
                                 messages.HealthResult(False, f"Healthcheck failed: {error}"))
            worker.send(FrameType.HEALTH_CHECK)
            self.assertEqual(worker.expect(messages.HealthResult), messages.HealthResult(True))

    def test_during_set_up_and_without_a_check(self):
        worker = self.start(HEAD + """
    print("setting up")
    os.read(int(os.environ["GATE"]), 1) if "GATE" in os.environ else time.sleep(0.2)
    @handler
    def go(): pass
    """)
        worker.send(FrameType.PING, {"nonce": 1})
        worker.send(FrameType.HEALTH_CHECK)
        self.assertEqual(worker.expect(messages.Nonce).nonce, 1)
        self.assertTrue(worker.expect(messages.HealthResult).healthy)
        worker.ready()

    def test_a_check_that_hangs(self):
        import queue
        import threading
        gate, answers = threading.Event(), queue.Queue()
        self.addCleanup(gate.set)
        checks = HealthChecks(gate.wait, None, answers.put, time=0.05)
        checks.ask()
        checks.ask()
        for _ in range(2):
            self.assertEqual(answers.get(timeout=support.DEADLINE).error,
                             "Healthcheck failed: user-defined healthcheck timed out after 0.05 seconds")
        self.assertEqual(sum(thread.name == "supervisor-healthcheck" for thread in threading.enumerate()), 1)


class EndTest(WorkerTest):
    MODEL = HEAD + """
    import atexit
    atexit.register(lambda: print("bye"))
    @streaming
    def go(how: str = ""):
        yield 1
        if how == "short": time.sleep(0.1)
        if how == "long": [time.sleep(1) for _ in range(60)]
        if how == "deaf":
            while True:
                try: time.sleep(60)
                except BaseException: pass
        if how == "hog": sum(range(10 ** 10))
        if how == "crash": os._exit(9)
        yield 2
    """

    def test_idle(self):
        worker = self.started(self.MODEL)
        self.assertEqual(worker.shut_down(), 0)
        worker.close_pipes()
        self.assertEqual(worker.printed, {"stdout": "bye\n", "stderr": ""})

    def test_during_set_up(self):
        worker = self.start(HEAD + "    time.sleep(60)\n")
        self.assertEqual(worker.shut_down(), 0)

    def test_a_supervisor_that_closes_its_end_after_it_said_so(self):
        for how in (None, "short"):
            with self.subTest(how):
                worker = self.started(self.MODEL)
                if how:
                    worker.predict({"how": how})
                worker.send(FrameType.SHUTDOWN, {"grace_ms": 20_000})
                os.close(worker.writer)
                self.assertEqual(worker.ended(), 0)
                worker.close_pipes()
                self.assertEqual(worker.printed, {"stdout": "bye\n", "stderr": ""})

    def test_a_run_may_end_first(self):
        worker = self.started(self.MODEL)
        worker.predict({"how": "short"})
        worker.send(FrameType.SHUTDOWN, {"grace_ms": 20_000})
        self.assertEqual(worker.until(messages.Done)[-1].status, "succeeded")
        self.assertEqual(worker.ended(), 0)

    def test_a_run_that_does_not_end(self):
        for how in ("long", "deaf"):
            worker = self.started(self.MODEL)
            worker.predict({"how": how})
            worker.until(messages.OutputValue)
            worker.send(FrameType.SHUTDOWN, {"grace_ms": 600_000})
            worker.send(FrameType.SHUTDOWN, {"grace_ms": 50})
            self.assertEqual(worker.until(messages.Done)[-1].status, "canceled")
            self.assertEqual(worker.ended(), 0)

    def test_death_of_the_supervisor(self):
        for how in ("long", "deaf", "hog"):
            with self.subTest(how):
                worker = self.started(self.MODEL)
                worker.predict({"how": how})
                worker.until(messages.OutputValue)
                os.close(worker.death)
                self.assertNotEqual(worker.process.wait(2), 0)

    def test_end_of_file_from_the_supervisor(self):
        worker = self.started(self.MODEL)
        os.close(worker.writer)
        self.assertNotEqual(worker.process.wait(2), None)

    def test_a_crash(self):
        worker = self.started(self.MODEL)
        worker.predict({"how": "crash"})
        self.assertEqual(worker.ended(), 9)

    def test_what_was_said_before_an_exit_is_heard(self):
        worker = self.started(HEAD + """
    @streaming
    def go():
        for number in range(1000):
            yield number
        print("before the end", end="")
        os._exit(7)
""")
        worker.predict({})
        said = worker.until(messages.LogText)
        self.assertEqual([json.loads(item.value) for item in said if isinstance(item, messages.OutputValue)],
                         list(range(1000)))
        self.assertEqual(said[-1][2], "before the end")
        self.assertEqual(worker.ended(), 7)

    def test_broken_rules(self):
        for header, payload, code in (
                (Header(FrameType.PREDICT, 0, 5, 1), b"{}", "wrongSlot"),
                (Header(FrameType.PING), b"{}", "badPayload"),
                (Header(FrameType.PONG), b'{"nonce":1}', "wrongDirection")):
            worker = self.started(self.MODEL)
            os.write(worker.writer, encode(header, payload))
            self.assertEqual(worker.ended(), 76)
            worker.close_pipes()
            self.assertIn(f"The supervisor broke the protocol: {code}", worker.printed["stderr"])

    def test_a_supervisor_of_another_version(self):
        with self.assertRaisesRegex(AssertionError, "ended with 76.*incompatibleVersion"):
            self.start("", version=2).ready()

    def test_a_supervisor_that_does_not_read(self):
        worker = self.started(HEAD + """
    @streaming
    def go(n: int):
        for number in range(n): yield "x" * 1000
        print(n)
    """)
        with worker.hold:  # frames stay in the pipe
            run = worker.predict({"n": 100_000})
            for nonce in range(10_000):  # more than a pipe holds: the worker reads all the same
                worker.send(FrameType.PING, {"nonce": nonce})
            worker.cancel(run)
        said = worker.until(messages.Done)
        self.assertEqual(said[-1].status, "canceled")
        self.assertLess(len(said), 100_000)
        self.assertEqual(worker.shut_down(), 0)


if __name__ == "__main__":
    unittest.main()
