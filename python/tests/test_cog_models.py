"""Cog models with the real cog package: loading, set-up, runs, outputs, failures."""

import asyncio
import json
import os
import sys
import unittest
from unittest import mock

from cog_support import HAS_NUMPY, CogModelTest, FakeRun
from supervisor_worker.runtime.run import RunFailed

ECHO = """
class Predictor(BasePredictor):
    def predict(self, text: str = Input(default="x")) -> str:
        return text
"""


class LoadingTest(CogModelTest):
    def test_a_class_with_its_manifest(self):
        served = self.load(ECHO)
        handler = served.handler
        self.assertEqual((handler.name, handler.streaming, handler.concurrency, handler.input_rules),
                         ("predict", False, 1, "cog"))
        self.assertEqual(list(handler.input["properties"]), ["text"])
        self.assertIn("/predictions", served.manifest.openapi["paths"])
        self.assertEqual(served.manifest.versions, {"python": ".".join(map(str, sys.version_info[:3])),
                                                    "python_sdk": __import__("cog").__version__})
        self.assertFalse(served.manifest.health_check)
        self.assertEqual(served.run({"text": "hi"}).values, ["hi"])
        self.assertEqual(served.run({}).values, ["x"])

    def test_a_function(self):
        served = self.load("def go(n: int = 3) -> int:\n    return n + 1", yaml='predict: "predict.py:go"')
        self.assertEqual(served.run().values, [4])
        self.assertIsNone(served.application.healthcheck)

    def test_run_and_sub_directories_and_no_name(self):
        self.write("sub/run_model.py", "from cog import BaseRunner\nclass Runner(BaseRunner):\n"
                                       "    def run(self) -> str:\n        return __name__\n")
        self.assertEqual(self.load(yaml='run: "sub/run_model.py"').run().values, ["run_model"])

    def test_siblings_and_the_working_directory(self):
        self.write("sibling.py", "X = 5")
        self.addCleanup(sys.modules.pop, "sibling", None)
        served = self.load("""
import sibling
class Predictor:
    def setup(self):
        Path("made.txt").write_text(str(sibling.X))
    def run(self) -> str:
        return Path("made.txt").read_text() + sys.modules["predict"].__name__
""")
        self.assertEqual(served.run().values, ["5predict"])

    def test_references_from_the_environment(self):
        self.write("model.py", "def f() -> int:\n    return 7")
        self.assertEqual(self.load(ECHO, COG_PREDICT_TYPE_STUB="model.py:f").run().values, [7])
        self.assertEqual(self.load(yaml=None, COG_PREDICT_TYPE_STUB="model.py:f").run().values, [7])

    def test_inheritance_and_mixins(self):
        served = self.load("""
class Mixin:
    def predict(self) -> str:
        return "mixin"
class Base(BaseRunner):
    def run(self, a: int = 1) -> int:
        return a
class Predictor(Base, Mixin):
    pass
""")
        self.assertEqual(served.run({"a": 2}).values, [2])

    def test_classes_that_are_refused(self):
        both = self.refused("class Predictor:\n    def run(self): pass\n    def predict(self): pass")
        self.assertIn("failed to load predictor: ValueError: Predictor must define either run() or predict(), not both",
                      both.message)
        none = self.refused("class Predictor:\n    pass")
        self.assertIn("failed to load predictor: ValueError: run or predict method not found: Predictor", none.message)

    def test_import_errors(self):
        error = self.refused("import not_installed_anywhere\n" + ECHO)
        self.assertEqual(error.message, "failed to load predictor: ModuleNotFoundError: "
                                        "No module named 'not_installed_anywhere'")
        self.assertEqual(error.kind, "ModuleNotFoundError")
        self.assertIn("predict.py", error.traceback)
        self.assertIn("import not_installed_anywhere", error.traceback)
        self.assertNotIn("supervisor_worker/cog", error.traceback)
        self.assertIn("SystemExit: 4", self.refused("sys.exit(4)").message)
        self.assertIn("SyntaxError", self.refused("def def").message)
        self.assertIn("AttributeError: module 'predict' has no attribute 'Nobody'",
                      self.refused(ECHO, yaml='run: "predict.py:Nobody"').message)

    def test_files_and_references_that_are_missing(self):
        for yaml, text in (
            ('run: "gone.py:Predictor"', "No such file or directory: 'gone.py'"),
            ('run: "predict:Predictor"', "Cannot load module from predict"),
            ('run: "predict.py:P"\npredict: "predict.py:P"', "both `run` and `predict` are set"),
            ('image: "x"', "cog.yaml names no `run`"),
            ("run: [", "YAML"),
            (None, "there is no cog.yaml in"),
        ):
            with self.subTest(yaml):
                (self.directory / "cog.yaml").unlink(missing_ok=True)
                self.assertIn(text, self.refused(ECHO, yaml=yaml).message)

    def test_the_environment_of_cog_yaml(self):
        served = self.load("SEEN = os.environ['FROM_YAML'], os.environ['OUTSIDE']\n"
                           "def f() -> Any:\n    return list(SEEN)",
                           yaml='run: "predict.py:f"\nenvironment: ["FROM_YAML=a=b", "OUTSIDE=yaml"]',
                           OUTSIDE="outside")
        self.assertEqual(served.run().values, ["a=b", "outside"])
        self.assertIn("cog.yaml wants another OUTSIDE", served.log)
        for name in ("PATH", "CUDA_VISIBLE_DEVICES"):
            error = self.refused(ECHO, yaml=f'run: "predict.py:Predictor"\nenvironment: ["{name}=x"]')
            self.assertIn(f"must not set {name}", error.message)

    def test_deprecated_names_are_there(self):
        served = self.load("from cog import ExperimentalFeatureWarning, emit_metric\n"
                           "def f() -> int:\n    emit_metric('n', 1.5)\n    return 1", yaml='run: "predict.py:f"')
        self.assertEqual(served.run().metrics, [("replace", "n", 1.5)])

    def test_mode_is_checked(self):
        self.assertIn("SUPERVISOR_MODE is 'x'", self.refused(ECHO, SUPERVISOR_MODE="x").message)

    def test_limits_are_checked(self):
        error = self.refused(ECHO, SUPERVISOR_DOWNLOAD_RUN_BYTES="much")
        self.assertIn("SUPERVISOR_DOWNLOAD_RUN_BYTES is 'much'", error.message)


class PackageTest(CogModelTest):
    def hide(self, name, value=None):
        hidden = {module: value for module in list(sys.modules) if module == name or module.startswith(name + ".")}
        patch = mock.patch.dict(sys.modules, {name: value, **hidden})
        patch.start()
        self.addCleanup(patch.stop)

    def test_no_cog_package(self):
        finder = mock.Mock(spec=["find_spec"])

        def find_spec(name, path=None, target=None):
            if name == "cog":
                raise ModuleNotFoundError("No module named 'cog'", name="cog")

        finder.find_spec = find_spec
        with mock.patch.dict(sys.modules), mock.patch.object(sys, "meta_path", [finder, *sys.meta_path]):
            for name in [name for name in sys.modules if name.split(".")[0] == "cog"]:
                del sys.modules[name]
            error = self.refused(ECHO)
        self.assertIn(f"the Python at {sys.executable} has no package cog", error.message)
        self.assertIn("-m pip install cog", error.message)

    def test_something_else_called_cog(self):
        self.write("cog.py", "__version__ = '0.1'")
        with mock.patch.dict(sys.modules):
            for name in [name for name in sys.modules if name.split(".")[0] == "cog"]:
                del sys.modules[name]
            sys.path.insert(0, str(self.directory))
            error = self.refused(ECHO)
        self.assertIn("cog.py cannot be used", error.message)
        self.assertIn("0.17", error.message)


class SetupTest(CogModelTest):
    def test_weights(self):
        source = """
class Predictor:
    def setup(self, weights):
        self.weights = weights
    def run(self) -> Any:
        return repr(self.weights)
"""
        self.assertEqual(self.load(source).run().values, ["None"])
        self.assertEqual(self.load(source, COG_WEIGHTS="https://h/w.bin").run().values, ["'https://h/w.bin'"])

    def test_async_setup_is_on_the_loop_of_the_runs(self):
        served = self.load("""
class Predictor:
    async def setup(self):
        self.loop = asyncio.get_running_loop()
    async def run(self) -> bool:
        return self.loop is asyncio.get_running_loop()
""")
        self.assertEqual(served.run().values, [True])
        served = self.load("""
class Predictor:
    async def setup(self):
        await asyncio.sleep(0)
        self.ready = True
    def run(self) -> bool:
        return self.ready
""")
        self.assertEqual(served.run().values, [True])

    def test_failures(self):
        error = self.refused("""
class Predictor:
    def setup(self):
        print("about to fail")
        raise RuntimeError("no weights")
    def run(self) -> int:
        return 1
""")
        self.assertEqual((error.message, error.kind), ("setup failed: RuntimeError: no weights", "RuntimeError"))
        self.assertIn("raise RuntimeError", error.traceback)
        self.assertEqual(self.refused("class Predictor:\n    async def setup(self): sys.exit(3)\n"
                                      "    def run(self): pass").message, "setup failed: SystemExit: 3")

    def test_health_check(self):
        served = self.load("class Predictor:\n    def run(self) -> int:\n        return 1\n"
                           "    def healthcheck(self):\n        return False")
        self.assertTrue(served.manifest.health_check)
        self.assertIs(served.application.healthcheck(), False)


class ConcurrencyTest(CogModelTest):
    ASYNC = """
class Predictor:
    {}
    async def run(self) -> int:
        return 1
"""

    def test_precedence(self):
        source, yaml = self.ASYNC.format("@concurrent(max=3)"), 'run: "predict.py:Predictor"\n'
        self.assertEqual(self.load(self.ASYNC.format("")).handler.concurrency, 1)
        self.assertEqual(self.load(self.ASYNC.format("@concurrent")).handler.concurrency, 1)
        self.assertEqual(self.load(source).handler.concurrency, 3)
        self.assertEqual(self.load(source, yaml=yaml + "concurrency: {max: 4}").handler.concurrency, 4)
        self.assertEqual(self.load(source, yaml=yaml + "concurrency: {max: 4}", COG_MAX_CONCURRENCY="5")
                         .handler.concurrency, 5)

    def test_garbage_is_one(self):
        for value in ("0", "x", "-3", "1.5", ""):
            served = self.load(self.ASYNC.format("@concurrent(max=3)"), COG_MAX_CONCURRENCY=value)
            self.assertEqual(served.handler.concurrency, 1)
            self.assertIn(f"COG_MAX_CONCURRENCY is '{value}'", served.log)

    def test_refused(self):
        text = "COG_MAX_CONCURRENCY > 1 requires an async run() or predict() method"
        self.assertEqual(self.refused(ECHO, COG_MAX_CONCURRENCY="2").message, text)
        del os.environ["COG_MAX_CONCURRENCY"]
        self.assertEqual(self.refused(ECHO, yaml='run: "predict.py:Predictor"\nconcurrency: {max: 2}').message, text)
        self.assertIn("at most 1024", self.refused(self.ASYNC.format(""), COG_MAX_CONCURRENCY="1025").message)

    def test_runs_at_once_keep_their_scopes_and_outputs(self):
        served = self.load("""
class Predictor:
    @concurrent(max=64)
    async def run(self, n: int) -> AsyncIterator[int]:
        for i in range(5):
            await asyncio.sleep(0)
            current_scope().record_metric("n", n, mode="append")
            yield n * 10 + i
        yield current_scope().context["who"]
""")
        runs = [FakeRun({"n": n}, {"who": str(n)}) for n in range(64)]

        async def all_of_them():
            await asyncio.gather(*map(served.run_async, runs))

        served.loop.run_until_complete(all_of_them())
        for n, run in enumerate(runs):
            self.assertEqual(run.values, [n * 10 + i for i in range(5)] + [str(n)])
            self.assertEqual(run.metrics, [("append", "n", n)] * 5)


class SchemaTest(CogModelTest):
    def test_a_document_that_is_there_counts(self):
        document = {"openapi": "3.0.2", "paths": {"/predictions": {"post": {"x-cog-streaming": True}}},
                    "components": {"schemas": {"Input": {"type": "object", "x-mine": 1}, "Output": {"type": "array"}}}}
        self.write(".cog/openapi_schema.json", json.dumps(document))
        served = self.load(ECHO)
        self.assertEqual(served.manifest.openapi, document)
        self.assertEqual((served.handler.streaming, served.handler.input), (True, {"type": "object", "x-mine": 1}))
        run = served.run({"text": "a"})
        self.assertEqual((run.values, run.collected), (["a"], True))
        self.write(".cog/openapi_schema.json", "{")
        self.assertIn(".cog/openapi_schema.json", self.refused(ECHO).message)

    def test_a_model_without_a_schema_is_served(self):
        served = self.load("class Predictor:\n    def run(self, a, b: set = None):\n        return a")
        self.assertIsNone(served.manifest.openapi)
        self.assertIsNone(served.handler.input)
        self.assertIn("served without a schema", served.log)
        self.assertIn("predict.py:", served.log)
        self.assertEqual(served.run({"a": 1}).values, [1])

    def test_a_class_that_the_source_does_not_show_is_served(self):
        served = self.load(ECHO + "globals()['Made'] = Predictor", yaml='run: "predict.py:Made"')
        self.assertEqual(served.run({"text": "a"}).values, ["a"])
        self.assertIn("served without a schema", served.log)

    def test_streaming_needs_an_iterator(self):
        error = self.refused("class Predictor:\n    @streaming\n    def run(self) -> list[str]:\n        return []")
        self.assertIn("@streaming requires Iterator[...], AsyncIterator[...], ConcatenateIterator[...] or "
                      "AsyncConcatenateIterator[...] return type", error.message)
        self.assertIn("predict.py:", error.message)
        self.assertTrue(self.load("class Predictor:\n    @cog.streaming()\n    def run(self) -> Iterator[str]:\n"
                                  "        yield ''").handler.streaming)

    def test_a_broken_train_function_does_not_take_the_schema_away(self):
        served = self.load(ECHO + "def train(x): pass", yaml='run: "predict.py:Predictor"\ntrain: "predict.py:train"')
        self.assertIsNotNone(served.handler.input)
        self.assertIn("other function has no schema", served.log)


class RunTest(CogModelTest):
    def test_kinds_of_functions(self):
        bodies = {
            "def run(self) -> Any:\n        return 5": (False, [5]),
            "def run(self) -> Any:\n        return [1, 'a', None]": (True, [1, "a", None]),
            "def run(self) -> Any:\n        return []": (True, []),
            "def run(self) -> Any:\n        return {3}": (True, [3]),
            "def run(self) -> Any:\n        pass": (False, []),
            "def run(self) -> Iterator[str]:\n        yield 'a'\n        yield 1": (True, ["a", 1]),
            "def run(self) -> Iterator[str]:\n        return\n        yield": (True, []),
            "def run(self) -> Any:\n        return map(str, [1, 2])": (True, ["1", "2"]),
            "def run(self) -> Any:\n        return iter([1, 2])": (True, [1, 2]),
            "def run(self) -> Any:\n        return It()": (True, [2, 1]),
            "async def run(self) -> Any:\n        return 5": (False, [5]),
            "async def run(self) -> Any:\n        return (1, 2)": (True, [1, 2]),
            "async def run(self) -> AsyncIterator[str]:\n        yield 'a'\n        yield 'b'": (True, ["a", "b"]),
            "async def run(self) -> Any:\n        return iter([1, 2])": (True, [1, 2]),
            "async def run(self) -> Any:\n        return AIt()": (True, [2, 1]),
        }
        for body, (collected, values) in bodies.items():
            with self.subTest(body):
                served = self.load(f"""
class It:
    def __init__(self): self.n = 3
    def __next__(self):
        self.n -= 1
        if not self.n: raise StopIteration
        return self.n
class AIt:
    def __init__(self): self.n = 3
    async def __anext__(self):
        self.n -= 1
        if not self.n: raise StopAsyncIteration
        return self.n
class Predictor:
    {body}
""")
                run = served.run()
                self.assertIsNone(run.error)
                self.assertEqual((run.collected, run.values), (collected, values))

    def test_a_list_annotation_makes_any_result_a_list(self):
        run = self.load("def f() -> List[str]:\n    return 'a'", yaml='run: "predict.py:f"').run()
        self.assertEqual((run.collected, run.values), (True, ["a"]))
        run = self.load("def f() -> List[str]:\n    pass", yaml='run: "predict.py:f"').run()
        self.assertEqual((run.collected, run.values), (True, []))

    @unittest.skipUnless(HAS_NUMPY, "numpy is not installed")
    def test_an_array_is_a_list(self):
        run = self.load("import numpy\ndef f() -> List[float]:\n    return numpy.zeros(1)",
                        yaml='run: "predict.py:f"').run()
        self.assertEqual((run.collected, run.values), (True, [0.0]))

    def test_items_are_sent_as_they_come(self):
        for kind in ("", "async "):
            served = self.load(f"""
SEEN = []
class Predictor:
    {kind}def run(self) -> Iterator[str]:
        for n in range(3):
            SEEN.append(n)
            yield str(n)
""")
            run, seen = FakeRun(), sys.modules["predict"].SEEN
            numbers = []
            run.on_emit = lambda: numbers.append(len(seen))
            served.run(run=run)
            self.assertEqual(numbers, [1, 2, 3])

    def test_failures(self):
        source = """
class Odd(Exception):
    class Inner(Exception): pass
class Mute(Exception):
    def __str__(self): raise RuntimeError
class Predictor:
    {}def run(self, kind: str) -> Any:
        if kind == "value": raise ValueError("boom")
        if kind == "empty": raise ValueError()
        if kind == "inner": raise Odd.Inner("x")
        if kind == "mute": raise Mute()
        if kind == "exit": sys.exit(3)
        if kind == "cancelled text": raise ValueError("connection was cancelled by peer")
        if kind == "bytes": return b"x"
        if kind == "nan": return {{"a": float("nan")}}
        {}
"""
        for kind, end, word in (("", "return 1", "Prediction failed"), ("", "yield 1", "Generator iteration error"),
                                ("async ", "return 1", "Async prediction failed"),
                                ("async ", "yield 1", "Async prediction failed")):
            with self.subTest(kind + end):
                body = source.format(kind, end)
                if "yield" in end:
                    body = body.replace("return b\"x\"", "yield b\"x\"").replace("return {", "yield {")
                served = self.load(body)
                for name, text in (("value", "ValueError: boom"), ("empty", "ValueError: "), ("inner", "Odd.Inner: x"),
                                   ("mute", "Mute: <exception str() failed>"), ("exit", "SystemExit: 3"),
                                   ("cancelled text", "ValueError: connection was cancelled by peer")):
                    run = served.run({"kind": name})
                    self.assertIsInstance(run.error, RunFailed)
                    self.assertEqual(run.error.message, f"Prediction failed: {word}: {text}")
                    self.assertRegex(run.text, r"^Traceback[\s\S]*predict\.py")
                    self.assertNotIn("supervisor_worker", run.text)
                item = " item" if "yield" in end else ""
                self.assertEqual(served.failure({"kind": "bytes"}),
                                 f"Prediction failed: Failed to serialize output{item}: TypeError: Object of type bytes is not JSON serializable")
                self.assertIn("['a'] is NaN", served.failure({"kind": "nan"}))
                call = "Failed to call run" if kind else "Prediction failed"
                self.assertEqual(served.failure({"kind": "x", "zz": 1}), f"Prediction failed: {call}: TypeError: "
                                 "Predictor.run() got an unexpected keyword argument 'zz'")
                self.assertEqual(served.failure([1]), "Input validation error: Input must be a JSON object")
                self.assertIsNone(served.run({"kind": ""}).error)

    def test_outputs_before_a_failure_are_kept(self):
        for kind in ("", "async "):
            run = self.load(f"class Predictor:\n    {kind}def run(self) -> Iterator[int]:\n"
                            "        yield 1\n        1/0").run()
            self.assertEqual(run.values, [1])

    def test_text_that_is_no_unicode(self):
        for kind in ("", "async "):
            served = self.load(f"class Predictor:\n    {kind}def run(self) -> Iterator[str]:\n"
                               "        yield 'ok'\n        yield 'a\\ud800'")
            self.assertIn("output[1] has half of a surrogate pair, U+D800", served.failure())
        served = self.load("def f() -> str:\n    return '\\udcff'", yaml='run: "predict.py:f"')
        self.assertIn("output has half of a surrogate pair, U+DCFF", served.failure())

    def test_scope_context_and_metrics(self):
        served = self.load("""
import threading
class Predictor(BaseRunner):
    def run(self) -> Iterator[Any]:
        self.record_metric("a.b", 1)
        self.record_metric("a.b", 2, mode="incr")
        self.scope.metrics["gone"] = "x"
        self.record_metric("gone", None)
        thread = threading.Thread(target=lambda: current_scope().record_metric("helper", 1.5))
        thread.start(); thread.join()
        yield current_scope().context
        yield repr(self.scope)
        try: self.record_metric("a.b", "text")
        except TypeError as error: yield str(error)
""")
        run = served.run(context={"k": "v"})
        self.assertEqual(run.values, [{"k": "v"}, "Scope(MetricRecorder(keys=2))",
                                      "Metric 'a.b' has type int, cannot set to str without deleting first"])
        self.assertEqual(run.metrics, [("replace", "a.b", 1), ("increment", "a.b", 2), ("replace", "gone", "x"),
                                       ("replace", "gone", None), ("replace", "helper", 1.5)])
        __import__("cog").current_scope().record_metric("outside", 1)

    def test_a_task_that_outlives_its_run_records_nothing(self):
        served = self.load("""
TASKS = []
async def later():
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.0)
    current_scope().record_metric("late", 1)
class Predictor:
    async def run(self) -> int:
        TASKS.append(asyncio.create_task(later()))
        return 1
""")
        run = served.run()
        served.loop.run_until_complete(asyncio.wait_for(sys.modules["predict"].TASKS[0], 20))
        self.assertEqual(run.metrics, [])


class InputTest(CogModelTest):
    def test_files_are_removed_where_no_cancel_strikes(self):
        """A cancel in the middle of `shutil.rmtree` leaves the directory, or closes somebody else's descriptor."""
        for kind in ("", "async "):
            served = self.load(f"class Predictor:\n    {kind}def run(self, p: Path) -> str: return p.read_text()")
            run = FakeRun({"p": "data:,here"})
            with mock.patch("shutil.rmtree") as remove:
                if kind:
                    served.loop.run_until_complete(served.application.run_async(run))
                else:
                    served.application.run(run)
                self.assertFalse(remove.called)
            self.assertEqual((run.values, len(self.temporary_files())), (["here"], 1))
            run.at_end()
            run.at_end()
            self.assertEqual(self.temporary_files(), [])

    def test_types(self):
        served = self.load("""
class Predictor:
    def run(self, p: Path = None, f: File = None, s: Secret = None, ps: List[Path] = [], i: int = Input(default=3),
            o: Optional[int] = Input(default=None), text: str = Input(default="t", choices=["t", "u"])) -> Any:
        return {"p": [type(p).__name__, isinstance(p, Path) and p.read_text(), str(p)],
                "f": f and (f.read().decode() if hasattr(f, "read") else f),
                "s": [type(s).__name__, str(s), s and s.get_secret_value()], "i": repr(i), "o": repr(o), "text": text,
                "ps": [p.read_text() if isinstance(p, Path) else p for p in ps]}
""")
        answer = served.run({"p": "data:text/plain,hello", "f": "data:,abc", "s": "hidden", "i": 2.0, "o": 4.0,
                             "ps": ["data:,1", "local", "data:,2"]}).values[0]
        self.assertEqual(answer["p"][:2], ["Path", "hello"])
        self.assertTrue(answer["p"][2].endswith("file.txt"))
        self.assertEqual({key: answer[key] for key in ("f", "s", "i", "o", "text", "ps")},
                         {"f": "abc", "s": ["Secret", "**********", "hidden"], "i": "2", "o": "4", "text": "t",
                          "ps": ["1", "local", "2"]})
        self.assertEqual(self.temporary_files(), [])
        answer = served.run({"p": "/etc/hosts", "f": "/etc/hosts", "i": 123456789012345678901234567890}).values[0]
        self.assertEqual(answer["p"][0], "str")
        self.assertEqual((answer["f"], answer["i"]), ("/etc/hosts", "123456789012345678901234567890"))

    def test_failures_and_what_is_left_of_them(self):
        for kind in ("", "async "):
            served = self.load(f"""
CALLED = []
class Predictor:
    {kind}def run(self, p: Path, q: Path = None) -> str:
        CALLED.append(p)
        raise ValueError(p.read_text())
""")
            self.assertEqual(served.failure({"p": "data:,x", "q": "http:///y"}),
                             "Input validation error: Invalid URL 'http:///y': No host supplied")
            self.assertEqual(sys.modules["predict"].CALLED, [])
            self.assertIn("ValueError: x", served.failure({"p": "data:,x"}))
            self.assertEqual(self.temporary_files(), [])
        os.environ["SUPERVISOR_DOWNLOAD_FILE_BYTES"] = "3"
        self.assertEqual(self.load().failure({"p": "data:,long"}),
                         "Input validation error: a file may have at most 3 bytes (input 'p')")

    def test_a_required_input_that_is_missing(self):
        served = self.load("def f(a: str, b: str = Input()) -> Any:\n    return [a, b]", yaml='run: "predict.py:f"')
        self.assertEqual(served.run({"a": "x"}).values, ["x", None])
        self.assertIn("missing 1 required positional argument: 'a'", served.failure({}))

    def test_unresolvable_annotations(self):
        served = self.load("class Predictor:\n    def run(self, p: Path, x: 'Gone' = None) -> str:\n        return p")
        self.assertEqual(served.run({"p": "data:,x"}).values, ["data:,x"])


class FileTest(CogModelTest):
    SOURCE = """
import io
class Out(cog.BaseModel):
    file: Path
    number: int = 1
def made(name, text):
    path = Path(name)
    path.write_text(text)
    return path
class Predictor:
    {}def run(self, kind: str) -> Any:
        if kind == "path": return made("a.txt", "a")
        if kind == "io": return io.BytesIO(b"b")
        if kind == "text": return io.StringIO("ä")
        if kind == "open":
            self.kept = made("a.png", "c").open("rb")
            return self.kept
        if kind == "list": return [made("a.txt", "1"), "x", made("b.json", "2"), None, io.BytesIO(b"3")]
        if kind == "nested": return {{"m": Out(file=made("a.txt", "1")), "l": [made("b.json", "2")]}}
        if kind == "missing": return Path("missing.png")
        if kind == "directory": return Path(".")
        if kind == "stream": return stream()
def stream():
    for n in range(5):
        yield made("same.txt", str(n))
"""

    def test_without_uploads(self):
        for kind in ("", "async "):
            served = self.load(self.SOURCE.format(kind))
            self.assertEqual(served.run({"kind": "path"}).values, [("text/plain", "a.txt", b"a")])
            self.assertEqual(served.run({"kind": "io"}).values, [("application/octet-stream", "0.bin", b"b")])
            self.assertEqual(served.run({"kind": "text"}).values,
                             [("application/octet-stream", "0.bin", "ä".encode())])
            self.assertEqual(served.run({"kind": "open"}).values, [("image/png", "0.png", b"c")])
            served.application._model.owner.kept.close()
            self.assertEqual(served.run({"kind": "list"}).values,
                             [("text/plain", "a.txt", b"1"), "x", ("application/json", "b.json", b"2"), None,
                              ("application/octet-stream", "0.bin", b"3")])
            self.assertEqual(served.run({"kind": "nested"}).values, [
                {"m": {"file": "data:text/plain;base64,MQ==", "number": 1},
                 "l": ["data:application/json;base64,Mg=="]}])
            self.assertEqual([value[2] for value in served.run({"kind": "stream"}).values],
                             [b"0", b"1", b"2", b"3", b"4"])
            for name, text in (("missing", "the output file 'missing.png' does not exist"),
                               ("directory", "is a directory")):
                self.assertRegex(served.failure({"kind": name}),
                                 "^Prediction failed: Failed to process output: .*" + text)
            self.assertEqual(self.temporary_files(), [])

    def test_with_uploads(self):
        for kind in ("", "async "):
            served = self.load(self.SOURCE.format(kind))
            run = served.run({"kind": "list"}, can_upload=True)
            self.assertEqual(run.values, ["http://files/1/a.txt", "x", "http://files/2/b.json", None,
                                          "http://files/3/0.bin"])
            self.assertEqual([item[2] for item in run.uploaded], [b"1", b"2", b"3"])
            run = served.run({"kind": "nested"}, can_upload=True)
            self.assertEqual(run.values, [{"m": {"file": "http://files/1/a.txt", "number": 1},
                                           "l": ["http://files/2/b.json"]}])
            run = served.run({"kind": "stream"}, can_upload=True)
            self.assertEqual([item[2] for item in run.uploaded], [b"0", b"1", b"2", b"3", b"4"])
            run = FakeRun({"kind": "nested"}, can_upload=True)
            run.upload_error = "upload request failed: 500"
            served.run(run=run)
            self.assertEqual(run.error.message, "Failed to upload output: upload request failed: 500")
            self.assertEqual(self.temporary_files(), [])


class CancelTest(CogModelTest):
    def test_sync(self):
        from cog import CancelationException
        served = self.load("""
SEEN = []
class Predictor:
    def run(self, swallow: bool = False) -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        except Exception:
            SEEN.append("Exception")
        except CancelationException:
            SEEN.append("CancelationException")
            if not swallow: raise
            yield "went on"
        finally:
            SEEN.append("finally")
""")
        self.assertIs(served.application.cancellation, CancelationException)
        self.assertEqual(CancelationException.__module__, "coglet")
        self.assertFalse(issubclass(CancelationException, Exception))
        for swallow in (False, True):
            run, seen = FakeRun({"swallow": swallow}), sys.modules["predict"].SEEN
            seen.clear()

            def strike():
                if not run.canceled:
                    run.canceled = True
                    raise CancelationException()

            run.on_emit = strike  # between two items, as a signal may
            served.run(run=run)
            self.assertEqual(type(run.error), type(None) if swallow else CancelationException)
            self.assertEqual(run.values, ["a", "went on"] if swallow else ["a"])
            self.assertEqual(seen, ["CancelationException", "finally"])

    def test_before_the_model_is_called(self):
        served = self.load("CALLED = []\ndef f() -> Any:\n    CALLED.append(1)", yaml='run: "predict.py:f"')
        run = FakeRun()
        run.canceled = True
        served.run(run=run)
        self.assertEqual(type(run.error).__name__, "CancelationException")
        self.assertEqual(sys.modules["predict"].CALLED, [])

    def cancel_task(self, served, run, until):
        async def main():
            task = asyncio.create_task(served.run_async(run))
            for _ in range(100_000):
                if until():
                    break
                await asyncio.sleep(0)
            run.canceled = True
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asyncio.wait_for(task, 20)

        served.loop.run_until_complete(main())

    def test_async(self):
        served = self.load("""
SEEN = []
class Predictor:
    async def run(self, p: Path = None) -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            SEEN.append("except")
            raise
        finally:
            await asyncio.sleep(0)
            SEEN.append("finally")
""")
        run = FakeRun({"p": "data:,x"})
        self.cancel_task(served, run, lambda: run.sent)
        self.assertEqual((run.values, sys.modules["predict"].SEEN), (["a"], ["except", "finally"]))
        self.assertEqual(self.temporary_files(), [])

    def test_an_async_stream_that_never_waits_can_be_canceled(self):
        served = self.load("""
SEEN = []
class Predictor:
    async def run(self) -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        except asyncio.CancelledError:
            SEEN.append("except")
            raise
""")
        run = FakeRun()
        self.cancel_task(served, run, lambda: run.sent)
        self.assertEqual(sys.modules["predict"].SEEN, ["except"])

    def test_a_cancelled_error_of_the_models_own_making_is_a_failure(self):
        for body in ("raise asyncio.CancelledError('inner')", "yield 1; raise asyncio.CancelledError('inner')"):
            served = self.load(f"class Predictor:\n    async def run(self) -> Any:\n        {body}")
            self.assertEqual(served.failure(), "Prediction failed: Async prediction failed: CancelledError: inner")


class TrainTest(CogModelTest):
    def test_functions_and_classes(self):
        source = """
class Weights(cog.BaseModel):
    n: int
def train(n: int = Input(default=2)) -> Weights:
    if n < 0: raise ValueError("negative")
    return Weights(n=n)
class Trainer:
    def setup(self): self.ready = True
    {}def train(self, n: int = Input(default=2)) -> Weights:
        if n < 0: raise ValueError("negative")
        assert self.ready
        return Weights(n=n)
"""
        for name, kind in (("train", ""), ("Trainer", ""), ("Trainer", "async ")):
            with self.subTest(name + kind):
                served = self.load(source.format(kind), yaml=f'train: "predict.py:{name}"', SUPERVISOR_MODE="train")
                self.assertEqual(served.handler.name, "train")
                self.assertEqual(served.run().values, [{"n": 2}])
                self.assertEqual(served.failure({"n": -1}), "Prediction failed: Training failed: ValueError: negative")
        self.assertIn("cog.yaml names no `train`", self.refused(ECHO, SUPERVISOR_MODE="train").message)

    def test_both_modes_have_their_schemas(self):
        served = self.load(ECHO + "def train(n: int) -> str:\n    return 'x'",
                           yaml='run: "predict.py:Predictor"\ntrain: "predict.py:train"')
        self.assertEqual(list(served.handler.training_input["properties"]), ["n"])
        self.assertEqual(list(served.handler.input["properties"]), ["text"])
        self.assertEqual(served.run({"text": "a"}).values, ["a"])


if __name__ == "__main__":
    unittest.main()
