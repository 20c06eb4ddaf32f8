"""Runs: what they send, how they fail, where their text goes."""

import collections
import json
import unittest
from pathlib import Path

from support import HEAD, WorkerTest
from supervisor_worker.wire import messages
from supervisor_worker.wire.frames import SPILLED, FrameType


class RunTest(WorkerTest):
    def test_a_stream_with_logs_and_metrics(self):
        worker = self.start(HEAD + """
    print("imported")
    @streaming
    def go(text: str, times: int = 2):
        "Says words."
        print("begin", threading.current_thread() is threading.main_thread())
        for word in text.split() * times:
            yield word
        current_run().metric("replace", "words", 4)
        print("no line end", end="")
    """)
        said = worker.until(messages.Ready)
        self.assertIn((None, 0, "imported\n"), said)
        entry = said[-1].manifest.handlers[0]
        self.assertEqual((entry.name, entry.streaming, entry.description), ("go", True, "Says words."))
        self.assertEqual(entry.input, {"type": "object", "required": ["text"], "properties": {
            "text": {"type": "string"}, "times": {"type": "integer", "default": 2}}})
        for _ in range(2):  # the unfinished line of the first is none of the second's
            story = worker.run({"text": "a b", "unknown": 1})
            self.assertEqual(story.outputs, ["a", "b", "a", "b"])
            self.assertEqual(story.log, "begin True\nno line end")
            self.assertEqual(story.metrics, [("replace", "words", 4)])
            self.assertEqual(story.done, messages.Done("succeeded"))
            self.assertTrue(story.is_collected)
        self.assertEqual(worker.shut_down(), 0)

    def test_values(self):
        worker = self.started(HEAD + """
    class Color(enum.Enum):
        RED = "red"
    @dataclasses.dataclass
    class Point:
        x: int
        color: Color
    @handler
    def go(n: int, share: float, color: Color, words: list[str] | None = None):
        assert type(n) is int and type(share) is float and color is Color.RED
        return {"big": n, "points": [Point(1, color)], "odd": "\\ud83d", "words": words, "at": datetime.date(2026, 1, 2)}
    @handler
    def nothing():
        pass
    @handler
    def bad(kind: str):
        return {"nan": float("nan"), "object": object(), "bytes": b"x"}[kind]
    """)
        story = worker.run({"n": 3.0, "share": 1, "color": "red", "words": ["a"]})
        self.assertEqual(story.outputs, [{"big": 3, "points": [{"x": 1, "color": "red"}], "odd": "\ufffd",
                                          "words": ["a"], "at": "2026-01-02"}])
        self.assertFalse(story.is_collected)
        story = worker.run(b'{"n":123456789012345678901234567890,"share":0.5,"color":"red"}')
        self.assertEqual(story.outputs[0]["big"], 123456789012345678901234567890)
        self.assertEqual(worker.run(handler="nothing").outputs, [None])
        for kind in ("nan", "object", "bytes"):
            story = worker.run({"kind": kind}, handler="bad")
            self.assertEqual(story.done.status, "failed")
            self.assertIn("The output cannot be sent", story.done.error)
        for text, error in (({}, "lacks `n`"), ([], "must be an object"), (
                {"n": 1, "share": 1, "color": "blue"}, "`color` must be one of red"), (
                b'{"n":' + b"9" * 5000 + b"}", "more digits")):
            story = worker.run(text)
            self.assertEqual(story.done.status, "failed")
            self.assertIn(error, story.done.error)
        self.assertIn("no handler `other`", worker.run(handler="other").done.error)

    def test_failures_leave_the_worker_alive(self):
        for form in ("def", "async def"):
            worker = self.started(HEAD + f"""
    @streaming
    {form} go(how: str):
        yield "before"
        if how == "value": raise ValueError("boom")
        if how == "exit": sys.exit(3)
        if how == "interrupt": raise KeyboardInterrupt
        if how == "base": raise BaseException("all")
        if how == "known": raise RunFailed("no memory", "Memory", retryable=True)
        if how == "mute":
            class Mute(Exception):
                def __str__(self): raise RuntimeError
            raise Mute
    """)
            with self.subTest(form):
                for how, error, kind in (
                        ("value", "ValueError: boom", "ValueError"), ("exit", "SystemExit: 3", "SystemExit"),
                        ("interrupt", "KeyboardInterrupt", "KeyboardInterrupt"), ("base", "BaseException: all",
                                                                                  "BaseException"),
                        ("mute", "Mute: <no text>", "Mute")):
                    story = worker.run({"how": how})
                    self.assertEqual(story.done, messages.Done("failed", error, kind))
                    self.assertEqual(story.outputs, ["before"])
                    self.assertIn("Traceback", story.log + ("Traceback" if how == "mute" else ""))
                    self.assertNotIn("executors.py", story.log)
                self.assertEqual(worker.run({"how": "known"}).done, messages.Done("failed", "no memory", "Memory", True))
                self.assertEqual(worker.run({"how": "well"}).done.status, "succeeded")
                self.assertEqual(worker.shut_down(), 0)

    def test_signal_handlers_that_raise_anywhere(self):
        """The session of the parent checks every frame."""
        worker = self.started(HEAD + """
    def strike(number, frame): raise TimeoutError("alarm")
    signal.signal(signal.SIGALRM, strike)
    @streaming
    def go(after: float, n: int):
        signal.setitimer(signal.ITIMER_REAL, after, 0.005)  # and never ends
        for number in range(n):
            print(number)
            yield "x"
    """)
        for number in range(60):
            done = worker.run({"after": 0.0004 + number * 0.00005, "n": 100}).done
            self.assertTrue(done.error is None or "alarm" in done.error, done)
        worker.send(FrameType.PING, {"nonce": 1})
        self.assertEqual(worker.expect(messages.Nonce).nonce, 1)

    def test_sys_exit_in_a_task_of_the_model(self):
        worker = self.started(HEAD + """
    @handler
    async def go(exits: bool):
        async def inner():
            sys.exit(4)
        if exits:
            await asyncio.create_task(inner())
        return 1
    """)
        self.assertEqual(worker.run({"exits": True}).done.error, "SystemExit: 4")
        self.assertEqual(worker.run({"exits": False}).outputs, [1])

    def test_async_runs_at_once_keep_their_texts_apart(self):
        worker = self.started(HEAD + """
    gate = asyncio.Event()
    class Model:
        async def setup(self, setup):
            setup.progress(0.5, "half")
            self.loop = asyncio.get_running_loop()
        @streaming(concurrency=2)
        async def go(self, me: str):
            assert self.loop is asyncio.get_running_loop()
            async def inner():
                print(me, "inner")
                if me == "a":
                    await gate.wait()
                    print("late")
            task = asyncio.create_task(inner())
            await asyncio.sleep(0)
            await asyncio.to_thread(lambda: print(me, "thread"))
            yield me
            if me == "b":
                gate.set()
                await asyncio.sleep(0.01)
    """)
        story = worker.run({"me": "a"}, slot=1)
        self.assertEqual((story.log, story.outputs), ("a inner\na thread\n", ["a"]))
        story = worker.run({"me": "b"}, slot=0)
        self.assertEqual((story.log, story.worker_log), ("b inner\nb thread\n", "late\n"))

    def test_sync_handlers_beside_async_ones_and_at_once(self):
        worker = self.started(HEAD + """
    barrier = threading.Barrier(2)
    @handler(concurrency=2)
    def go(me: str):
        barrier.wait(10)
        print(me)
        return me
    @handler
    async def other():
        return "loop"
    """)
        worker.predict({"me": "x"}, slot=0)
        worker.predict({"me": "y"}, slot=1)
        said = worker.until(messages.Done) + worker.until(messages.Done)
        self.assertEqual(sorted(item for item in said if isinstance(item, tuple)), [(0, 0, "x\n"), (1, 0, "y\n")])
        self.assertEqual(worker.run(handler="other", slot=2).outputs, ["loop"])


class CaptureTest(WorkerTest):
    def test_all_ways_to_print(self):
        worker = self.started(HEAD + """
    import logging, subprocess, warnings
    logging.basicConfig(format="%(message)s")
    @handler
    def go():
        sys.stdout.write("one\\ntwo\\nthr"); sys.stdout.write("ee\\n")
        sys.stdout.buffer.write("bytes \\u00e9\\n".encode())
        print("odd \\ud83d half")
        print("flushed", end="", flush=True); print()
        logging.warning("logged")
        print("error", file=sys.stderr)
        thread = threading.Thread(target=lambda: print("helper")); thread.start(); thread.join()
        for share in range(3): print(f"\\r{share}", end="")
        return [sys.stdout.fileno(), sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.writable(),
                sys.stdout.readable(), sys.stdout.seekable(), sys.stderr.fileno(), sys.stdout.name]
    """)
        worker.predict({})
        said = worker.until(messages.Done)
        texts = [item[1:] for item in said if isinstance(item, tuple)]
        self.assertEqual(texts, [
            (0, "one\ntwo\n"), (0, "three\n"), (0, "bytes \u00e9\n"), (0, "odd \ufffd half\n"), (0, "flushed"),
            (0, "\n"), (1, "logged\n"), (1, "error\n"), (0, "helper\n"), (0, "\r0\r1\r2")])
        output = [item for item in said if isinstance(item, messages.OutputValue)][0]
        self.assertEqual(json.loads(output.value), [1, False, "utf-8", True, False, False, 2, "<stdout>"])

    def test_what_goes_past_python_goes_to_the_descriptors(self):
        worker = self.started(HEAD + """
    import subprocess
    @handler
    def go():
        os.write(1, b"past\\n")
        subprocess.run(["echo", "child"])
        print("buffered", file=sys.__stdout__)
        import ctypes; ctypes.CDLL(None).printf(b"printf\\n")
        return sys.stdin.read()
    """)
        story = worker.run()
        self.assertEqual((story.outputs, story.log), ([""], ""))
        worker.process.kill()  # all of it was written before `done`
        worker.close_pipes()
        self.assertEqual(worker.printed["stdout"], "past\nchild\nbuffered\nprintf\n")

    def test_models_that_close_and_replace_streams(self):
        worker = self.started(HEAD + """
    @handler
    def go(how: str):
        if how == "close": sys.stdout.close()
        if how == "reconfigure": sys.stdout.reconfigure(line_buffering=True, encoding="latin-1")
        if how == "redirect":
            import contextlib, io
            with contextlib.redirect_stdout(io.StringIO()) as caught: print("inside")
            print("caught", caught.getvalue(), end="")
        if how == "replace": sys.stdout = open(os.devnull, "w")
        if how == "descriptors":
            for number in range(3): os.close(number)
        print("still \\u20ac")
        return how
    """)
        for how, log in (("close", "still \u20ac\n"), ("reconfigure", "still \u20ac\n"),
                         ("redirect", "caught inside\nstill \u20ac\n"), ("descriptors", "still \u20ac\n"),
                         ("replace", "")):
            story = worker.run({"how": how})
            self.assertEqual((story.outputs, story.log), ([how], log))
        self.assertEqual(worker.shut_down(), 0)

    def test_children_made_by_fork_have_no_part_in_the_conversation(self):
        worker = self.started(HEAD + """
    import multiprocessing
    def child(queue):
        print("child prints")
        queue.put(sum(range(10)))
    @handler
    def go(how: str):
        if how == "bare" and os.fork() == 0:
            return "the child returns"
        if how == "process":
            queue = multiprocessing.get_context("fork").Queue()
            process = multiprocessing.get_context("fork").Process(target=child, args=(queue,)); process.start()
            result = queue.get(); process.join()
            return result
        os.wait()
        return "parent"
    """)
        self.assertEqual(worker.run({"how": "process"}).outputs, [45])
        story = worker.run({"how": "bare"})
        self.assertEqual((story.outputs, story.done.status), (["parent"], "succeeded"))
        self.assertEqual(worker.shut_down(), 0)
        worker.close_pipes()
        self.assertIn("child prints", worker.printed["stdout"])

    def test_the_line_before_a_crash(self):
        worker = self.started(HEAD + """
    @handler
    def go():
        print("the", "last", "words")
        os.kill(os.getpid(), signal.SIGKILL)
    """)
        worker.predict({})
        self.assertEqual(worker.until(messages.LogText)[-1], (0, 0, "the last words\n"))

    def test_lines_of_forked_children_stay_whole(self):
        worker = self.started(HEAD + """
    import multiprocessing
    def child(number, barrier):
        for _ in range(200):
            print("child", number, "of", 2)
        barrier.wait()
        print("no", "end", number, end=";")
    @handler
    def go():
        fork = multiprocessing.get_context("fork")
        barrier = fork.Barrier(2)
        processes = [fork.Process(target=child, args=(number, barrier)) for number in range(2)]
        for process in processes: process.start()
        for process in processes: process.join()
        if (forked := os.fork()) == 0:
            sys.stderr.write("no "); sys.stderr.write("line end"); os._exit(0)
        os.waitpid(forked, 0)
    """)
        self.assertEqual(worker.run().log, "")
        self.assertEqual(worker.shut_down(), 0)
        worker.close_pipes()
        *lines, last = worker.printed["stdout"].splitlines()
        self.assertEqual(collections.Counter(lines), {"child 0 of 2": 200, "child 1 of 2": 200})
        self.assertIn(last, ("no end 0;no end 1;", "no end 1;no end 0;"))
        self.assertEqual(worker.printed["stderr"], "no line end")

    def test_a_line_without_end(self):
        worker = self.started(HEAD + """
    @handler
    def go():
        sys.stdout.write("\\u20ac" * 100_000)
    """)
        story = worker.run()
        self.assertEqual(story.log, "\u20ac" * 100_000)


    def test_processes_made_by_spawn(self):
        worker = self.started(HEAD + """
    import multiprocessing
    def child(number): return number * 2
    @handler
    def go():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.map(child, [1, 2])
    """)
        self.assertEqual(worker.run().outputs, [[2, 4]])
        self.assertEqual(worker.shut_down(), 0)


class FileTest(WorkerTest):
    MODEL = HEAD + """
    @streaming
    def go(n: int = 2):
        path = pathlib.Path("same.txt")
        for number in range(n):
            path.write_text(f"version {number}")
            yield path
        yield {"inside": File(path, mime="text/x-odd", name="n")}
    @streaming
    async def later():
        path = pathlib.Path("later.txt")
        path.write_text("later")
        yield [path, File(path, name="second")]
    @handler
    def missing():
        return pathlib.Path("missing.txt")
    """

    def test_files_without_upload_are_read_when_they_are_yielded(self):
        worker = self.started(self.MODEL, capabilities=("spill",))
        story = worker.run()
        self.assertEqual([(file.mime, file.name) for file in story.files], [("text/plain", "same.txt")] * 2)
        self.assertEqual([Path(file.path).read_text() for file in story.files], ["version 0", "version 1"])
        self.assertTrue(all(file.path.startswith(f"{worker.spool}/") for file in story.files))
        self.assertEqual(story.outputs, [{"inside": "data:text/x-odd;base64,dmVyc2lvbiAx"}])
        story = worker.run(handler="missing")
        self.assertIn("FileNotFoundError", story.done.error)
        self.assertEqual(len(list(worker.spool.iterdir())), 2)

    def test_uploads(self):
        worker = self.started(self.MODEL)
        for handler, count, outputs in (("go", 3, ["u:0", "u:1", {"inside": "u:2"}]), ("later", 2, [["u:0", "u:1"]])):
            run, found = worker.predict({}, handler=handler), []
            for number in range(count):
                asked = worker.until(messages.Upload)
                found += asked
                self.assertEqual(asked[-1].number, number)
                self.assertTrue(Path(asked[-1].file.path).read_text())
                worker.send(FrameType.UPLOADED, {"number": number, "url": f"u:{number}"}, 0, run)
            found += worker.until(messages.Done)
            self.assertEqual([json.loads(item.value) for item in found if isinstance(item, messages.OutputValue)],
                             outputs)

    def test_an_upload_that_fails_or_is_canceled(self):
        worker = self.started(self.MODEL)
        for handler in ("go", "later"):
            run = worker.predict({}, handler=handler)
            worker.until(messages.Upload)
            worker.send(FrameType.UPLOADED, {"number": 0, "error": "507"}, 0, run)
            self.assertEqual(worker.expect(messages.Done).error, "UploadFailed: 507")
            run = worker.predict({}, handler=handler)
            worker.until(messages.Upload)
            worker.cancel(run)
            self.assertEqual(worker.expect(messages.Done).status, "canceled")

    def test_large_values_go_by_file_in_both_directions(self):
        worker = self.started(HEAD + """
    @handler
    def go(text: str, times: int):
        return text * times
    """, inline=1000)
        path = worker.spool / "in"
        worker.runs += 1
        path.write_bytes(messages.write({"id": "p", "handler": "go", "input": {"text": "a", "times": 5000}}))
        worker.send(FrameType.PREDICT, {"path": str(path), "size": path.stat().st_size}, 0, worker.runs, SPILLED)
        said = worker.until(messages.Done)
        (spilled,) = [item for item in said if isinstance(item, messages.SpillFile)]
        self.assertEqual(json.loads(Path(spilled.path).read_text()), "a" * 5000)
        self.assertFalse(path.exists())
        for name, size in (("gone", 5), ("../worker.py", 5)):
            worker.runs += 1
            worker.send(FrameType.PREDICT, {"path": f"{worker.spool}/{name}", "size": size}, 0, worker.runs, SPILLED)
            self.assertIn("The input cannot be read", worker.expect(messages.Done).error)

    def test_an_output_that_fits_nowhere(self):
        worker = self.started(HEAD + """
    @handler
    def go():
        return "a" * 70_000
    """, capabilities=(), frame=65_536)
        self.assertIn("70002 bytes", worker.run().done.error)


if __name__ == "__main__":
    unittest.main()
