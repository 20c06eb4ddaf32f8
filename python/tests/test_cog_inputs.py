"""Inputs: which are converted, data URLs, names of files, downloads and their limits."""

import asyncio
import http.server
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Union

import support  # noqa: F401
from supervisor_worker.cog.downloads import (DownloadFailed, DownloadLimits, Downloads, SpaceBudget, decode_data_url,
                                             file_name)
from supervisor_worker.cog.inputs import Conversion, InputInvalid, InputPlan, InputTypes
from supervisor_worker.cog.model import patch_defaults
from supervisor_worker.cog.scratch import LOCK_NAME, PREFIX, WorkerScratch

DEADLINE = 20.0


class CogPath:
    pass


class CogFile:
    @classmethod
    def validate(cls, url):
        if "bad" in url:
            raise ValueError("bad URL")
        return ("lazy", url)


class CogSecret:
    def __init__(self, value):
        self.value = value


TYPES = InputTypes(CogPath, CogFile, CogSecret)


def plan(**annotations):
    def function(**_):
        pass

    function.__annotations__ = annotations
    return InputPlan(function, TYPES)


class PlanTest(unittest.TestCase):
    def test_which_annotations_are_converted(self):
        integer, path, file, secret = Conversion.INTEGER, Conversion.PATH, Conversion.FILE, Conversion.SECRET
        for annotation, expected in (
            (int, (integer, False)), (Optional[int], (integer, False)), (int | None, (integer, False)),
            (List[int], (integer, True)), (list[int] | None, (integer, True)), (Union[int, str], (integer, False)),
            (Union[int, float], None), (float, None), (bool, None), (str, None), (Any, None), (dict[str, int], None),
            (Dict[str, CogPath], None), (list, None), (list[str], None),
            (CogPath, (path, False)), (Optional[CogPath], (path, False)), (list[CogPath], (path, True)),
            (Optional[List[CogPath]], (path, True)), (Annotated[CogPath, "x"], (path, False)),
            (CogFile, (file, False)), (List[CogFile], (file, True)), ("int", (integer, False)),
            (CogSecret, (secret, False)), (CogSecret | None, (secret, False)), (list[CogSecret], None), (Path, None),
            (Union[CogPath, str], None),
        ):
            with self.subTest(str(annotation)):
                self.assertEqual(plan(x=annotation, **{"return": int}).conversions, {"x": expected} if expected else {})

    def test_annotations_that_cannot_be_resolved_convert_nothing(self):
        self.assertEqual(plan(x=int, y="Missing[int]").conversions, {})

    def test_integers(self):
        arguments = plan(a=int, b=List[int], c=float, d=Optional[int]).arguments(
            {"a": 2.0, "b": [1, 2.0, 2.5, "3", True], "c": 2.0, "d": None, "e": 5.0}).values
        self.assertEqual(repr(arguments), repr({"a": 2, "b": [1, 2, 2.5, "3", True], "c": 2.0, "d": None, "e": 5.0}))
        for value in (2**70, 1e300, -0.0, True, 2.5, "x", [2.0]):
            found = plan(a=int).arguments({"a": value}).values["a"]
            self.assertEqual(found, value)
            self.assertEqual(type(found), int if value in (1e300, -0.0) else type(value))

    def test_secrets_and_files(self):
        arguments = plan(s=CogSecret, f=CogFile, fs=List[CogFile]).arguments(
            {"s": "hidden", "f": "data:,abc", "fs": ["data:,x", "local", "http://h/x"]}).values
        self.assertEqual(arguments["s"].value, "hidden")
        self.assertEqual(arguments["f"].read(), b"abc")
        self.assertEqual(arguments["fs"][0].read(), b"x")
        self.assertEqual(arguments["fs"][1:], ["local", ("lazy", "http://h/x")])
        self.assertEqual(plan(s=CogSecret).arguments({"s": 5}).values, {"s": 5})
        for url, text in (("data:x", "a data URL needs a comma"), ("http://bad", "bad URL (input 'f')")):
            with self.assertRaises(InputInvalid) as caught:
                plan(f=CogFile).arguments({"f": url})
            self.assertIn(text, str(caught.exception))

    def test_urls_are_collected_from_where_they_stand(self):
        given = {"p": "http://h/a", "ps": ["data:,1", "local", "https://h/b"], "q": "/etc/hosts", "r": "HTTP://h",
                 "s": "http://not.a.path/"}
        found = plan(p=CogPath, ps=List[CogPath], q=CogPath, r=CogPath, s=str).arguments(given)
        self.assertEqual(found.urls, ["http://h/a", "data:,1", "https://h/b"])
        found.fill(["A", "B", "C"])
        self.assertEqual(found.values, {**given, "p": "A", "ps": ["B", "local", "C"]})
        self.assertEqual(given["ps"], ["data:,1", "local", "https://h/b"])

    def test_input_must_be_an_object(self):
        for value in ([1], "x", 5, None):
            with self.assertRaises(InputInvalid) as caught:
                plan().arguments(value)
            self.assertEqual(str(caught.exception), "Input must be a JSON object")


class DefaultsTest(unittest.TestCase):
    def test_input_defaults_become_real_also_behind_decorators(self):
        import functools

        class Info:
            def __init__(self, default=None):
                self.default = default

        def decorated(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        class Model:
            @decorated
            def run(self, a, b=Info(3), *, c=Info(), d=4):
                return a, b, c, d

        model = Model()
        patch_defaults(model.run, Info)
        self.assertEqual(model.run(1), (1, 3, None, 4))
        partial = functools.partial(lambda a, b=Info(5): (a, b), 1)
        patch_defaults(partial, Info)
        self.assertEqual(partial(), (1, 5))


class DataURLTest(unittest.TestCase):
    def test_what_is_read(self):
        for url, expected in (
            ("data:text/plain;base64,YWJj", ("text/plain", b"abc")), ("data:,hello%20x", ("text/plain", b"hello x")),
            ("data:;base64,YWJj", ("text/plain", b"abc")), ("data:image/PNG;name=x;base64,YWJj", ("image/png", b"abc")),
            ("data:a/b;base64,YW Jj\n", ("a/b", b"abc")), ("data:a/b;base64,YWI", ("a/b", b"ab")),
            ("data:a/b;base64,YWI%3D", ("a/b", b"ab")), ("data:a/b;base64,-_-_", ("a/b", b"\xfb\xff\xbf")),
            ("data:a/b;charset=utf-8,ä", ("a/b", "ä".encode())), ("data:a/b;base64,", ("a/b", b"")),
            ("data:a/b,1,2", ("a/b", b"1,2")),
        ):
            with self.subTest(url):
                self.assertEqual(decode_data_url(url), expected)

    def test_what_is_not(self):
        for url in ("data:nocomma", "data:a/b;base64,!!!", "data:a/b;base64,YWJjY", "data:a/b;base64,a=b="):
            with self.subTest(url):
                self.assertRaises(DownloadFailed, decode_data_url, url)

    def test_names_of_files(self):
        for url, name in (("http://h/a/b.png?x=1#y", "b.png"), ("http://h/", ""), ("http://h", ""),
                          ("http://h/a%20b.txt", "a b.txt"), ("http://h/a%2Fb", "a_b"), ("http://h/%00x", "_x"),
                          ("http://h/..%2F..", ".._.."), ("http://h/" + "x" * 300 + ".png", "x" * 195 + "~.png"),
                          ("http://h/%C3%A4.png", "ä.png")):
            self.assertEqual(file_name(url), name)
        self.assertLessEqual(len(file_name("http://h/" + "ä" * 300 + ".png").encode()), 200)
        self.assertLessEqual(len(file_name("http://h/a." + "b" * 300).encode()), 200)


class LimitsTest(unittest.TestCase):
    def test_from_the_environment(self):
        limits = DownloadLimits.from_environment({"SUPERVISOR_DOWNLOAD_FILE_BYTES": "7",
                                                  "SUPERVISOR_DOWNLOAD_STALL_SECONDS": "0.5"})
        self.assertEqual((limits.file_bytes, limits.stall_seconds), (7, 0.5))
        for value in ("x", "0", "-1", "", "nan", "inf", "1e400"):
            with self.subTest(value), self.assertRaises(ValueError) as caught:
                DownloadLimits.from_environment({"SUPERVISOR_DOWNLOAD_TOTAL_SECONDS": value})
            self.assertIn("SUPERVISOR_DOWNLOAD_TOTAL_SECONDS", str(caught.exception))

    def test_budgets(self):
        whole = SpaceBudget(10, "all")
        one, two = SpaceBudget(8, "one", whole), SpaceBudget(8, "two", whole)
        one.take(8)
        self.assertRaises(DownloadFailed, one.take, 1)
        self.assertRaises(DownloadFailed, two.take, 3)
        two.take(2)
        one.give_all_back()
        one.give_all_back()
        two.take(6)
        whole.take(2)
        self.assertRaises(DownloadFailed, one.take, 1)


class Site(http.server.BaseHTTPRequestHandler):
    """Files with known contents, and some misbehaviour."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.agents.append(self.headers["User-Agent"])
        if self.path.startswith("/missing"):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/hang"):
            self.server.hung.set()
            self.server.released.wait(DEADLINE)
            self.close_connection = True
            return
        if self.path.startswith("/meet"):
            # Answers when all have come: only parallel requests ever get there.
            try:
                self.server.meeting.wait(DEADLINE)
            except threading.BrokenBarrierError:
                self.close_connection = True
                return
        if self.path.startswith("/trickle"):
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x")
            self.server.released.wait(DEADLINE)
            self.close_connection = True
            return
        body = self.path.encode() * (1000 if "large" in self.path else 1)
        self.send_response(200)
        if "unknown" in self.path:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class DownloadsTest(unittest.TestCase):
    names = ["x"] * 30

    def setUp(self):
        try:
            import requests  # noqa: F401
        except ImportError:
            self.skipTest("the package requests is not installed beside this Python")
        self.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        self.site.daemon_threads = True
        self.site.agents, self.site.hung, self.site.released = [], threading.Event(), threading.Event()
        self.site.meeting = threading.Barrier(8)
        threading.Thread(target=self.site.serve_forever, kwargs={"poll_interval": 0.01}).start()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)
        self.addCleanup(self.site.released.set)
        self.base = f"http://127.0.0.1:{self.site.server_address[1]}"
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.parent = Path(temporary.name)
        self.worker = WorkerScratch(temporary.name)
        self.worker.open()
        self.addCleanup(self.worker.remove)
        self.scratch = self.worker.new_run()

    def downloads(self, budget=None, user_agent=None, **limits):
        budget = budget or SpaceBudget(1 << 40, "all")
        made = Downloads(self.scratch, DownloadLimits(**limits), budget, Path, user_agent)
        self.addCleanup(made.close)
        return made

    def both_ways(self, urls, **options):
        yield self.downloads(**options).fetch(urls, self.names)
        yield asyncio.run(self.downloads(**options).fetch_async(urls, self.names))

    def test_urls_become_files_in_order(self):
        urls = [f"{self.base}/{n}/file{n}.bin" for n in range(20)] + ["data:text/html,hi"]
        for paths in self.both_ways(urls):
            self.assertEqual([path.read_text() for path in paths[:20]], [f"/{n}/file{n}.bin" for n in range(20)])
            self.assertTrue(all(path.name.endswith(f"file{n}.bin") for n, path in enumerate(paths[:20])))
            self.assertTrue(paths[20].name.endswith("file.html"))
            self.assertEqual(len(set(paths)), 21)

    def test_eight_at_a_time(self):
        for paths in self.both_ways([f"{self.base}/meet/{n}" for n in range(8)]):
            self.assertEqual(len(paths), 8)

    def test_user_agent(self):
        self.downloads(user_agent="me/1").fetch([self.base + "/a"], ["x"])
        self.downloads().fetch([self.base + "/a"], ["x"])
        self.assertEqual(self.site.agents[0], "me/1")
        self.assertIn("requests", self.site.agents[1])

    def failure(self, urls, **options):
        """The text of the failure, which is the same on a thread and on a loop."""
        texts = set()
        with self.assertRaises(Exception) as caught:
            self.downloads(**options).fetch(urls, self.names)
        texts.add(str(caught.exception))
        with self.assertRaises(Exception) as caught:
            asyncio.run(self.downloads(**options).fetch_async(urls, self.names))
        texts.add(str(caught.exception))
        self.assertEqual(len(texts), 1, texts)
        return texts.pop()

    def test_failures(self):
        self.assertEqual(self.failure([self.base + "/missing"]),
                         f"404 Client Error: Not Found for url: {self.base}/missing")
        self.assertEqual(self.failure(["http:///x"]), "Invalid URL 'http:///x': No host supplied")
        self.assertIn("needs a comma", self.failure(["data:x", self.base + "/a"]))

    def test_the_first_failure_counts_and_stops_the_others(self):
        began = time.monotonic()
        urls = [self.base + "/hang", self.base + "/missing", self.base + "/hang"]
        self.assertIn("404", self.failure(urls, stall_seconds=DEADLINE))
        self.assertLess(time.monotonic() - began, DEADLINE)

    def test_sizes(self):
        url = self.base + "/large"
        text = "a file may have at most 5000 bytes (input 'x')"
        self.assertEqual(self.failure([url], file_bytes=5000), text)
        self.assertEqual(self.failure([self.base + "/large-unknown"], file_bytes=5000), text)
        self.assertEqual(self.failure(["data:," + "x" * 5001], file_bytes=5000), text)
        self.assertEqual(self.failure([url, url], run_bytes=10_000),
                         "the files of one prediction's input may have at most 10000 bytes (input 'x')")
        full = SpaceBudget(5000, "all inputs together")
        self.assertEqual(self.failure([url], budget=full),
                         "all inputs together may have at most 5000 bytes (input 'x')")

    def test_time_limits(self):
        with self.assertRaises(Exception) as caught:
            self.downloads(stall_seconds=0.05).fetch([self.base + "/hang"], ["x"])
        self.assertIn("Read timed out", str(caught.exception))
        with self.assertRaises(DownloadFailed) as caught:
            self.downloads(total_seconds=1e-9).fetch([self.base + "/a"], ["x"])
        self.assertIn("took longer than", str(caught.exception))
        with self.assertRaises(DownloadFailed) as caught:
            self.downloads(total_seconds=1e-9, stall_seconds=DEADLINE).fetch([self.base + "/trickle"], ["x"])
        self.assertIn("took longer than", str(caught.exception))

    def test_a_canceled_task_waits_for_nothing(self):
        async def main():
            downloads = self.downloads(stall_seconds=DEADLINE)
            task = asyncio.create_task(downloads.fetch_async([self.base + "/hang"], ["x"]))
            await asyncio.to_thread(self.site.hung.wait, DEADLINE)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asyncio.wait_for(task, DEADLINE)

        asyncio.run(main())

    def test_no_thread_is_left(self):
        for _ in self.both_ways([f"{self.base}/{n}" for n in range(10)]):
            pass
        for thread in threading.enumerate():
            if thread.name == "input-download":
                thread.join(DEADLINE)
                self.assertFalse(thread.is_alive())

    def test_space_comes_back(self):
        budget = SpaceBudget(100, "all")
        for _ in range(50):
            downloads = self.downloads(budget=budget)
            downloads.fetch(["data:," + "x" * 60], ["x"])
            downloads.close()
        budget.take(100)


class ScratchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.parent = Path(temporary.name)

    def worker(self):
        made = WorkerScratch(str(self.parent))
        made.open()
        self.addCleanup(made.remove)
        return made

    def test_nothing_is_made_for_a_run_that_needs_nothing(self):
        worker = self.worker()
        worker.new_run().remove()
        self.assertEqual([path.name for path in self.parent.glob("*/*")], [LOCK_NAME])
        worker.remove()
        self.assertEqual(list(self.parent.iterdir()), [])

    def test_a_runs_files_go_with_it(self):
        worker = self.worker()
        one, two = worker.new_run(), worker.new_run()
        with one.new_file("name.png") as file:
            path = Path(file.name)
        self.assertTrue(path.name.endswith("name.png"))
        (one.directory() / "below").mkdir()
        (one.directory() / "below" / "x").touch()
        kept = two.directory()
        one.remove()
        one.remove()
        self.assertFalse(path.parent.exists())
        self.assertTrue(kept.is_dir())
        self.assertRaises(OSError, one.directory)
        self.assertRaises(OSError, one.new_file, "x")
        worker.remove()
        self.assertEqual(list(self.parent.iterdir()), [])

    def test_what_killed_workers_left_is_removed_and_nothing_else(self):
        for name in ("dead", "young", "alive", "foreign"):
            (self.parent / (PREFIX + name)).mkdir()
            if name != "foreign":
                (self.parent / (PREFIX + name) / LOCK_NAME).touch()
            (self.parent / (PREFIX + name) / "file").touch()
            if name != "young":
                os.utime(self.parent / (PREFIX + name), (0, 0))
        import fcntl
        with open(self.parent / (PREFIX + "alive") / LOCK_NAME) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            own = self.worker().new_run().directory().parent
        self.assertEqual({path.name for path in self.parent.iterdir()},
                         {PREFIX + "young", PREFIX + "alive", PREFIX + "foreign", own.name})


if __name__ == "__main__":
    unittest.main()
