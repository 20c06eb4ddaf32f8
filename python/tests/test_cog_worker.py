"""Cog models in real worker processes, spoken to as the supervisor does."""

import json
import os
import random
import shutil
import socket
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

from cog_support import HAS_COG, NEEDS_COG
from support import DEADLINE, ROOT, STUB, WorkerTest
from supervisor_worker.wire import messages
from supervisor_worker.wire.frames import FrameType


@unittest.skipUnless(HAS_COG, NEEDS_COG)
class CogWorkerTest(WorkerTest):
    def model(self, source, yaml='run: "predict.py:Predictor"', environment=None, **options):
        self.directory = Path(tempfile.mkdtemp(prefix="cog-worker-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()
        if yaml:
            (self.directory / "cog.yaml").write_text(yaml)
        (self.directory / "predict.py").write_text(
            "import asyncio, os, sys, time\nfrom typing import *\nimport cog\nfrom cog import BaseRunner, Input, "
            "Path, CancelationException, current_scope\n" + textwrap.dedent(source))
        clean = {name: "" for name in os.environ if name.startswith("COG_") and name != "COG_MAX_CONCURRENCY"}
        # A supervisor starts workers in the model's directory.
        begin = f"import os; os.chdir({str(self.directory)!r}); " + STUB.format(str(ROOT))
        return self.start("", command=lambda _: [sys.executable, "-c", begin], environment={
            **clean, "SUPERVISOR_MODEL": str(self.directory), "TMPDIR": str(self.temporary), **(environment or {})},
            **options)

    def served(self, *arguments, **options):
        worker = self.model(*arguments, **options)
        self.manifest = worker.ready()
        return worker

    def run_one(self, worker, input=None, **options):
        return worker.run(input or {}, handler="predict", **options)

    def test_a_run_from_end_to_end(self):
        worker = self.model("""
class Predictor(BaseRunner):
    def setup(self):
        print("setting up")
    @cog.streaming
    def run(self, text: str = Input(default="a b"), image: Path = None) -> Iterator[str]:
        print("begin", sys.argv, __name__, os.getcwd() == os.environ["SUPERVISOR_MODEL"])
        for word in text.split():
            yield word
        self.record_metric("words", 2)
        yield current_scope().context["who"]
        if image: yield image.read_text()
""")
        said = worker.until(messages.Ready)
        self.assertIn("setting up\n", "".join(item[2] for item in said if isinstance(item, tuple)))
        manifest = said[-1].manifest
        self.assertTrue(manifest.handlers[0].streaming)
        self.assertEqual(set(manifest.versions), {"python", "python_sdk"})
        story = self.run_one(worker, {"image": "data:text/plain,contents"}, context={"who": "me"})
        self.assertEqual(story.outputs, ["a", "b", "me", "contents"])
        self.assertEqual(story.log, "begin ['-c'] predict True\n")
        self.assertEqual(story.metrics, [("replace", "words", 2)])
        self.assertEqual(story.done, messages.Done("succeeded"))
        self.assertEqual(worker.shut_down(), 0)
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_failures_carry_cogs_text_and_log_the_traceback(self):
        worker = self.served("""
class Predictor:
    def run(self, kind: str) -> Any:
        if kind == "exit": sys.exit(3)
        raise ValueError("boom")
""")
        story = self.run_one(worker, {"kind": "x"})
        self.assertEqual((story.done.status, story.done.error),
                         ("failed", "Prediction failed: Prediction failed: ValueError: boom"))
        self.assertIn('raise ValueError("boom")', story.log)
        self.assertEqual(self.run_one(worker, {"kind": "exit"}).done.error,
                         "Prediction failed: Prediction failed: SystemExit: 3")

    def test_failed_set_ups(self):
        failure = self.model("import missing_module").expect(messages.SetupFailure)
        self.assertEqual(failure.message,
                         "failed to load predictor: ModuleNotFoundError: No module named 'missing_module'")
        self.assertIn("import missing_module", failure.traceback)
        worker = self.model("""
class Predictor:
    def setup(self):
        print("before")
        raise OSError("no")
    def run(self):
        pass
""")
        said = worker.until(messages.SetupFailure)
        self.assertEqual(said[-1].message, "setup failed: OSError: no")
        self.assertIn("before\n", "".join(item[2] for item in said if isinstance(item, tuple)))

    def test_cancel_in_a_blocking_sleep(self):
        worker = self.served("""
class Predictor:
    def run(self, image: Path = None) -> Iterator[str]:
        try:
            yield "begun"
            time.sleep(600)
        except CancelationException:
            print("canceled")
            raise
""")
        run = worker.predict({"image": "data:,x"}, handler="predict")
        said = worker.until(messages.OutputValue)
        worker.cancel(run)
        said += worker.until(messages.Done)
        self.assertEqual(said[-1].status, "canceled")
        self.assertIn("canceled\n", [item[2] for item in said if isinstance(item, tuple)])
        self.assertEqual([path for path in self.temporary.glob("*/*") if path.name != "lock"], [])
        self.assertEqual(worker.shut_down(), 0)

    def test_cancel_while_an_input_is_downloaded(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        listener.settimeout(DEADLINE)
        for kind in ("", "async "):
            worker = self.served(f"class Predictor:\n    {kind}def run(self, p: Path) -> str:\n        return 'x'",
                                 environment={"SUPERVISOR_DOWNLOAD_STALL_SECONDS": "600"})
            run = worker.predict({"p": f"http://127.0.0.1:{listener.getsockname()[1]}/x"}, handler="predict")
            connection, _ = listener.accept()
            self.addCleanup(connection.close)
            worker.cancel(run)
            self.assertEqual(worker.until(messages.Done)[-1].status, "canceled")
            self.assertEqual(worker.shut_down(), 0)

    def test_async_runs_at_once(self):
        worker = self.served("""
class Predictor:
    async def setup(self):
        self.gate = asyncio.Event()
        self.waiting = 0
    @cog.concurrent(max=8)
    async def run(self, n: int) -> AsyncIterator[str]:
        self.waiting += 1
        if self.waiting == 8:
            self.gate.set()
        yield f"first {n}"
        await self.gate.wait()
        print("log of", n)
        current_scope().record_metric("n", n)
        yield f"second {n}"
""")
        self.assertEqual(self.manifest.handlers[0].concurrency, 8)
        for n in range(8):
            worker.predict({"n": n}, handler="predict", slot=n, id=f"p{n}")
        slots = {n: {"outputs": [], "log": "", "metrics": []} for n in range(8)}
        done = 0
        while done < 8:
            frame, message = worker.next()
            slot = slots.get(frame.header.slot)
            if isinstance(message, messages.OutputValue):
                slot["outputs"].append(json.loads(message.value))
            elif isinstance(message, messages.LogText) and slot is not None:
                slot["log"] += message.text.decode()
            elif isinstance(message, messages.Metric):
                slot["metrics"].append(message.value)
            elif isinstance(message, messages.Done):
                self.assertEqual(message.status, "succeeded")
                done += 1
        for n, slot in slots.items():
            self.assertEqual(slot, {"outputs": [f"first {n}", f"second {n}"], "log": f"log of {n}\n", "metrics": [n]})

    def test_cancel_of_one_async_run(self):
        worker = self.served("""
class Predictor:
    @cog.concurrent(max=2)
    async def run(self, n: int) -> AsyncIterator[int]:
        try:
            yield n
            await asyncio.sleep(0 if n else 600)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            print("cleaned up")
            raise
""")
        run = worker.predict({"n": 0}, handler="predict", slot=0)
        worker.until(messages.OutputValue)
        self.assertEqual(self.run_one(worker, {"n": 1}, slot=1).done.status, "succeeded")
        worker.cancel(run)
        said = worker.until(messages.Done)
        self.assertEqual(said[-1].status, "canceled")
        self.assertIn((0, 0, "cleaned up\n"), said)

    def test_files(self):
        worker = self.served("""
class Predictor:
    def run(self) -> Iterator[Path]:
        for n in range(5):
            open("same.txt", "w").write(f"version {n}")
            yield Path("same.txt")
""", capabilities=("spill",))
        story = self.run_one(worker)
        self.assertEqual([Path(file.path).read_text() for file in story.files], [f"version {n}" for n in range(5)])
        self.assertEqual({(file.mime, file.name) for file in story.files}, {("text/plain", "same.txt")})

    def test_uploads_keep_their_order_and_reach_into_values(self):
        worker = self.served("""
class Out(cog.BaseModel):
    files: List[Path]
    label: str
def made(name):
    open(name, "w").write(name)
    return Path(name)
class Predictor:
    def run(self) -> Any:
        return [made("a.txt"), Out(files=[made("b.txt"), made("c.json")], label="x"), "end"]
""")
        worker.predict({}, handler="predict")
        outputs, uploads = [], []
        while True:
            frame, message = worker.next()
            if isinstance(message, messages.OutputValue):
                outputs.append(json.loads(message.value))
            elif isinstance(message, messages.Done):
                break
            elif isinstance(message, messages.Upload):
                uploads.append(Path(message.file.path).read_text())
                worker.send(FrameType.UPLOADED, {"number": message.number, "url": f"http://files/{uploads[-1]}"}, 0, 1)
        self.assertEqual(message.status, "succeeded", message)
        self.assertEqual(outputs, ["http://files/a.txt", {"files": ["http://files/b.txt", "http://files/c.json"],
                                                          "label": "x"}, "end"])

    def test_health_checks(self):
        for kind in ("", "async "):
            worker = self.served(f"""
class Predictor:
    def run(self) -> int:
        return 1
    {kind}def healthcheck(self):
        return os.path.exists("healthy")
""")
            self.assertTrue(self.manifest.health_check)
            worker.send(FrameType.HEALTH_CHECK)
            result = worker.expect(messages.HealthResult)
            self.assertFalse(result.healthy)
            self.assertEqual(result.error, "Healthcheck failed: user-defined healthcheck returned False")
            (self.directory / "healthy").touch()
            worker.send(FrameType.HEALTH_CHECK)
            self.assertTrue(worker.expect(messages.HealthResult).healthy)

    def test_processes_of_the_models_own(self):
        worker = self.served("""
import multiprocessing
def twice(n):
    import cog
    return n * 2, str(cog.current_scope())
class Predictor:
    def run(self, method: str) -> Any:
        with multiprocessing.get_context(method).Pool(1) as pool:
            return pool.map(twice, [1, 2])
""")
        for method in ("spawn", "fork"):
            story = self.run_one(worker, {"method": method})
            self.assertEqual((story.done.error, [item[0] for item in story.outputs]), (None, [2, 4]), story.log)
        self.assertEqual(worker.shut_down(), 0)

    def test_cancels_at_any_moment_leave_nothing_behind(self):
        seed = random.SystemRandom().getrandbits(32)
        chance = random.Random(seed)
        for kind, pause in (("", "pass"), ("async ", "await asyncio.sleep(0)")):
            worker = self.served(f"""
class Predictor:
    {kind}def run(self, p: List[Path], n: int) -> Iterator[Any]:
        for i in range(n):
            yield "x" if i % 3 else {{"a": i}}
            {pause}
""")
            for _ in range(100):
                run = worker.predict({"p": ["data:,a", "data:,b"], "n": chance.choice([0, 10, 1000])}, handler="predict")
                strike = time.perf_counter() + chance.random() * 0.003
                while time.perf_counter() < strike:
                    pass
                worker.cancel(run)
                said = worker.until(messages.Done)
                with self.subTest(f"seed {seed}, run {run}"):
                    self.assertIn(said[-1].status, ("succeeded", "canceled"))
                    self.assertEqual([item for item in said if isinstance(item, tuple)], [])
                    self.assertEqual([path.name for path in self.temporary.glob("*/*")], ["lock"])
            self.assertEqual(self.run_one(worker, {"p": [], "n": 2}).outputs, [{"a": 0}, "x"])
            self.assertEqual(worker.shut_down(), 0)

    def test_runs_leave_nothing_behind(self):
        worker = self.served("""
class Predictor:
    def run(self, p: Path) -> str:
        print("tail without newline", end="")
        return p.read_text()
""")
        before = len(os.listdir(f"/proc/{worker.process.pid}/fd"))
        threads = len(os.listdir(f"/proc/{worker.process.pid}/task"))
        for n in range(200):
            story = self.run_one(worker, {"p": f"data:,{n}"})
            self.assertEqual((story.outputs, story.log), ([str(n)], "tail without newline"))
        # One for the lock of the temporary directory.
        self.assertLessEqual(len(os.listdir(f"/proc/{worker.process.pid}/fd")), before + 1)
        self.assertLessEqual(len(os.listdir(f"/proc/{worker.process.pid}/task")), threads)
        self.assertEqual([path.name for path in self.temporary.glob("*/*")], ["lock"])


if __name__ == "__main__":
    unittest.main()
