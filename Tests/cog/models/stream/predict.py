"""A generator that streams what `case` says."""

import io
import os
import pathlib
import sys
import tempfile
import time
from typing import Any, Iterator

import cog
from cog import BaseRunner, Input, Path, streaming


def wait_for(name: str) -> None:
    while not os.path.exists(name):
        time.sleep(0.005)


def say(name: str, text: str = "") -> None:
    pathlib.Path(name + ".part").write_text(text)
    os.rename(name + ".part", name)


class Runner(BaseRunner):
    @streaming
    def run(
        self,
        case: str = "count",
        n: int = Input(default=3, ge=0, le=100000),
        text: str = "",
        size: int = 0,
    ) -> Iterator[Any]:
        return getattr(self, "case_" + case)(n, text, size)

    def case_count(self, n, text, size):
        for number in range(n):
            yield number

    def case_gated(self, n, text, size):
        """Each piece waits for the test."""
        say(text + ".started")
        for number in range(n):
            wait_for(f"{text}.{number}")
            yield f"{text}{number}"

    def case_late(self, n, text, size):
        """n pieces, then a wait, then one more."""
        for number in range(n):
            yield number
        say(text + ".reached")
        wait_for(text + ".go")
        yield "last"

    def case_forever(self, n, text, size):
        say(text + ".started")
        try:
            yield "first"
            while True:
                time.sleep(0.002)
        finally:
            say(text + ".left")

    def case_order(self, n, text, size):
        scope = cog.current_scope()
        for number in range(n):
            print("log", number)
            scope.record_metric("n", 1, mode="incr")
            yield {"n": number}
        print("to stderr", file=sys.stderr)
        scope.metrics["gone"] = 1
        del scope.metrics["gone"]
        scope.record_metric("list", "a", mode="append")

    def case_fail(self, n, text, size):
        for number in range(n):
            yield number
        print("before the error")
        raise ValueError("boom")

    def case_exit(self, n, text, size):
        yield "one"
        sys.exit(7)

    def case_os_exit(self, n, text, size):
        yield "one"
        say("yielded")
        wait_for("go")
        os._exit(9)

    def case_nothing(self, n, text, size):
        yield from ()

    def case_plain(self, n, text, size):
        """No generator."""
        return "whole"

    def case_list(self, n, text, size):
        return [1, "two", None]

    def case_iterator(self, n, text, size):
        return iter([1, 2])

    def case_big(self, n, text, size):
        for _ in range(n):
            yield "x" * size

    def case_rewrite(self, n, text, size):
        path = pathlib.Path(tempfile.mkdtemp()) / "same.txt"
        for number in range(n):
            path.write_text(f"version {number}")
            yield Path(path)

    def case_files(self, n, text, size):
        yield io.BytesIO(b"io")
        path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        path.write_text("text")
        yield Path(path)

    def case_swallow(self, n, text, size):
        yield "kept"
        say(text + ".started")
        try:
            while True:
                time.sleep(0.001)
        except cog.CancelationException:
            pass
        yield "after"

    def case_pid(self, n, text, size):
        yield os.getpid()
