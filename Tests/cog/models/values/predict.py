"""A plain, synchronous model that does what `case` says."""

import asyncio
import collections
import dataclasses
import datetime
import enum
import io
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from typing import Any

import cog
import numpy
import pydantic
from cog import BaseRunner, CancelationException, Path


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Box(pydantic.BaseModel):
    name: str
    inner: list[int]
    when: datetime.datetime = datetime.datetime(2020, 1, 2, 3, 4, 5)


class CogBox(cog.BaseModel):
    name: str
    size: int = 3


class WithDict:
    def dict(self):
        return {"from": "dict"}


class Pair(cog.BaseModel):
    label: str
    file: Path


def wait_for(name: str) -> None:
    """Until a test has written this file into the model's directory."""
    while not os.path.exists(name):
        time.sleep(0.005)


def say(name: str, text: str = "") -> None:
    pathlib.Path(name + ".part").write_text(text)
    os.rename(name + ".part", name)


def file_of(content: bytes, name: str) -> Path:
    path = pathlib.Path(tempfile.mkdtemp()) / name
    path.write_bytes(content)
    return Path(path)


def attempt(action) -> str:
    """Text of the error that the action raises, or what it returns."""
    try:
        return f"returned {action()!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Runner(BaseRunner):
    def setup(self):
        print("weights are loaded")
        self.count = 0

    def run(self, case: str, text: str = "", number: float = 0, extra: Any = None) -> Any:
        self.text, self.number, self.extra = text, number, extra
        return getattr(self, "case_" + case)()

    # Values

    def case_echo(self):
        return self.text

    def case_value(self):
        return VALUES[self.text]()

    def case_many(self):
        return [VALUES[name]() for name in self.text.split(",")]

    def case_state(self):
        self.count += 1
        return self.count

    def case_pid(self):
        return os.getpid()

    def case_about(self):
        return {
            "argv": sys.argv,
            "path0": sys.path[0],
            "cwd": os.getcwd(),
            "module": type(self).__module__,
            "in_sys_modules": sys.modules["predict"].__dict__ is globals(),
            "main": sys.modules["__main__"].__name__,
            "environment": os.environ.get("FOR_THE_MODEL"),
            "cancelation_module": CancelationException.__module__,
            "cancelation_is_exception": issubclass(CancelationException, Exception),
        }

    def case_lost_sibling(self):
        import sibling

        return sibling.NAME

    def case_write_file(self):
        pathlib.Path("written.txt").write_text(self.text)

    def case_two_files(self):
        return [file_of(b"first", "a.txt"), file_of(b"{}", "b.json")]

    def case_mixed_files(self):
        return [file_of(b"first", "a.txt"), "str", 3, None]

    def case_pair(self):
        return Pair(label="l", file=file_of(b"inside", "in.txt"))

    def case_big(self):
        return "x" * int(self.number)

    # Errors and ends

    def case_fail(self):
        print("before the error")
        raise ValueError(self.text or "boom")

    def case_exit(self):
        sys.exit(int(self.number))

    def case_os_exit(self):
        print("before the end", flush=True)
        os._exit(3)

    def case_kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def case_segfault(self):
        import ctypes
        import faulthandler

        faulthandler.disable()
        ctypes.string_at(0)

    # Waiting and cancelling

    def case_wait(self):
        say(self.text + ".started")
        wait_for(self.text + ".go")
        return self.text

    def case_sleep(self):
        say(self.text + ".started")
        try:
            time.sleep(self.number)
        finally:
            say(self.text + ".left")
        return "slept"

    def case_not_an_exception(self):
        say(self.text + ".started")
        while True:
            try:
                while True:
                    time.sleep(0.001)
            except Exception as error:
                say(self.text + ".caught", type(error).__name__)

    def case_swallow(self):
        say(self.text + ".started")
        try:
            while True:
                time.sleep(0.001)
        except CancelationException as error:
            say(self.text + ".caught", type(error).__name__)
        return "swallowed"

    # Threads, standard input, descriptors

    def case_signal(self):
        return attempt(lambda: (signal.signal(signal.SIGUSR1, signal.SIG_DFL), None)[1])

    def case_asyncio(self):
        async def answer():
            await asyncio.sleep(0)
            return 42

        return asyncio.run(answer())

    def case_stdin(self):
        return [sys.stdin.read(), sys.stdin.readline(), os.read(0, 10).decode()]

    def case_close(self):
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        return "closed"

    def case_child(self):
        subprocess.Popen(["sleep", "30"], start_new_session=True)
        return "left alone"

    # Logs

    def case_logs(self):
        print("one")
        print("two", file=sys.stderr)
        sys.stdout.write("three\n")
        sys.stderr.write("four\n")
        logging.getLogger("model").warning("five")
        warnings.warn("six", stacklevel=1)
        return None

    def case_thread_logs(self):
        thread = threading.Thread(target=lambda: print("from a thread"))
        thread.start()
        thread.join()

    def case_native_logs(self):
        os.write(1, b"by os.write\n")
        sys.stdout.buffer.write(b"by buffer\n")
        sys.stdout.buffer.flush()
        sys.__stdout__.write("by __stdout__\n")
        sys.__stdout__.flush()
        subprocess.run(["sh", "-c", "echo by a child; echo by its stderr >&2"], check=True)
        import ctypes

        libc = ctypes.CDLL(None)
        libc.puts(b"by C")
        libc.fflush(None)

    def case_tail(self):
        print(self.text, end="")

    def case_carriage(self):
        for percent in (10, 50, 100):
            sys.stderr.write(f"\r{percent} %")
        sys.stderr.write("\n")

    def case_lines_at_once(self):
        sys.stdout.write("first\nsecond\nrest")
        sys.stdout.flush()
        sys.stdout.write(" of it\n")

    def case_flood(self):
        for number in range(int(self.number)):
            print("line", number)

    def case_redirect(self):
        import contextlib

        buffer = io.StringIO()
        with contextlib.redirect_stdout(buffer):
            print("captured")
        print("not captured")
        return buffer.getvalue()

    def case_stream_object(self):
        return {
            "fileno": [sys.stdout.fileno(), sys.stderr.fileno()],
            "isatty": sys.stdout.isatty(),
            "encoding": sys.stdout.encoding.lower(),
            "able": [sys.stdout.readable(), sys.stdout.writable(), sys.stdout.seekable()],
            "buffer": hasattr(sys.stdout, "buffer"),
        }

    # Scope and metrics

    def case_context(self):
        return {"context": cog.current_scope().context, "same": self.scope.context}

    def case_metrics(self):
        scope = cog.current_scope()
        scope.record_metric("replaced", 1)
        scope.record_metric("replaced", 2)
        scope.record_metric("count", 1, mode="incr")
        scope.record_metric("count", 2, mode="increment")
        scope.record_metric("half", 0.5, "incr")
        scope.record_metric("list", "a", mode="append")
        scope.record_metric("list", "b", mode="append")
        scope.record_metric("scalar", 1)
        scope.record_metric("scalar", 2, mode="append")
        scope.record_metric("deep.er.name", True)
        scope.metrics["item"] = {"any": [1, None]}
        scope.metrics["gone"] = 1
        scope.metrics["gone"] = None
        scope.metrics["gone_too"] = 1
        del scope.metrics["gone_too"]
        scope.metrics.record("replaced_later", [1], "replace")
        scope.metrics.record("dropped", "x")
        scope.metrics.delete("dropped")
        self.record_metric("by_runner", 1.5)

    def case_metric_errors(self):
        scope = cog.current_scope()
        scope.record_metric("s", "text")
        scope.record_metric("b", True)
        scope.record_metric("i", 1)
        return [
            attempt(lambda: scope.record_metric("x", 1, mode="bogus")),
            attempt(lambda: scope.record_metric("x", (1,))),
            attempt(lambda: scope.record_metric("x", None)),
            attempt(lambda: scope.record_metric("s", 1)),
            attempt(lambda: scope.record_metric("b", 1)),
            attempt(lambda: scope.record_metric("i", 1.5)),
            attempt(lambda: scope.record_metric("s", 3, mode="append")),
            attempt(lambda: scope.record_metric("s", "x", mode="incr")),
        ]

    def case_metric_names(self):
        return [attempt(lambda: cog.current_scope().record_metric(name, 1)) for name in self.extra["names"]]

    def case_scope_repr(self):
        cog.current_scope().record_metric("a", 1)
        return repr(cog.current_scope())

    def case_deprecated(self):
        cog.emit_metric("emitted", 3)
        return issubclass(cog.ExperimentalFeatureWarning, Warning)

    def case_scope_in_thread(self):
        thread = threading.Thread(target=lambda: cog.current_scope().record_metric("from_thread", 1))
        thread.start()
        thread.join()


Named = collections.namedtuple("Named", "a b")

VALUES = {
    "none": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
    "zero": lambda: 0,
    "int": lambda: 7,
    "big_int": lambda: 2**70,
    "float": lambda: 1.5,
    "text": lambda: 'ü "quoted" \u2028',
    "empty_text": lambda: "",
    "empty_list": lambda: [],
    "empty_dict": lambda: {},
    "list": lambda: [1, None, "a", [2, [3]]],
    "tuple": lambda: (1, 2),
    "set": lambda: {5},
    "frozenset": lambda: frozenset([6]),
    "generator": lambda: (n * n for n in range(3)),
    "nested_generator": lambda: {"g": (n for n in range(2))},
    "dict": lambda: {"b": 1, "a": {"c": [1.0]}},
    "odd_keys": lambda: {2: "int", True: "bool", None: "none", 2.5: "float"},
    "enum": lambda: Colour.RED,
    "nested_enum": lambda: {"colour": [Colour.RED]},
    "datetime": lambda: datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "dataclass": lambda: Point(1, 2.0),
    "pydantic": lambda: Box(name="n", inner=[1, 2]),
    "cog_model": lambda: CogBox(name="n"),
    "with_dict": lambda: WithDict(),
    "secret": lambda: cog.Secret("hidden"),
    "numpy_int": lambda: numpy.int64(5),
    "numpy_float": lambda: numpy.float32(0.5),
    "numpy_array": lambda: numpy.array([[1, 2], [3, 4]]),
    "path": lambda: file_of(b"contents", "out.txt"),
    "png": lambda: file_of(b"\x89PNG", "p.png"),
    "no_extension": lambda: file_of(b"raw", "plain"),
    "os_pathlike": lambda: pathlib.Path(file_of(b"pathlib", "other.json")),
    "path_in_dict": lambda: {"file": file_of(b"inside", "i.txt")},
    "bytes_io": lambda: io.BytesIO(b"io"),
    "open_file": lambda: open(file_of(b"opened", "f.txt"), "rb"),
    "string_io": lambda: io.StringIO("text"),
    "missing": lambda: Path("/nowhere/at/all.txt"),
    "nan": lambda: float("nan"),
    "infinity": lambda: [1, float("inf")],
    "surrogate": lambda: "\ud800",
    "bytes": lambda: b"raw",
    "object": lambda: object(),
    "list_iterator": lambda: iter([1, 2]),
    "map": lambda: map(str, [1, 2]),
}
