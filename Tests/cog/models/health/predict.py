"""A model whose health is what the file `health` says."""

import os
import pathlib
import time

from cog import BaseRunner


class Runner(BaseRunner):
    def setup(self):
        self.calls = 0

    def healthcheck(self):
        text = pathlib.Path("health").read_text() if os.path.exists("health") else "true"
        with open("calls", "a") as calls:
            calls.write("call\n")
        if text == "raise":
            raise RuntimeError("the device is gone")
        if text == "wait":
            while not os.path.exists("health.go"):
                time.sleep(0.005)
            return True
        return {"true": True, "false": False, "text": "not a bool", "none": None}[text]

    def run(self, case: str = "echo", text: str = "") -> str:
        if case == "pid":
            return str(os.getpid())
        if case == "wait":
            pathlib.Path(text + ".started").write_text("")
            while not os.path.exists(text + ".go"):
                time.sleep(0.005)
        return text
