"""How fast outputs leave a worker: `python3 python/tests/measure.py`. Figures, not a test.

Reads the pipe as a supervisor would, but looks at nothing, so that the worker is what is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support import ROOT, STUB
from supervisor_worker.wire.frames import HEADER, FrameType

OUTPUTS, TOKENS, PAUSE = 200_000, 100, 0.01
"""Outputs of a run for the rate; outputs of a run for the delay, and seconds between them."""
MODEL = f"""
import time
from supervisor_worker import current_run, streaming
@streaming
def yields():
    for _ in range({OUTPUTS}): yield "token"
@streaming
def emits():
    emit = current_run().emit
    for _ in range({OUTPUTS}): emit(b'"token"')
    yield 0
@streaming
def prints():
    for _ in range({OUTPUTS}): print("token")
    yield 0
@streaming
def sleeps():
    for _ in range({TOKENS}):
        time.sleep({PAUSE})
        yield time.monotonic()
@streaming
def computes():
    for _ in range({TOKENS}):
        end = time.monotonic() + {PAUSE}
        while time.monotonic() < end: pass
        yield time.monotonic()
"""
DONE = b'{"status":"succeeded"}'


class Measurement:
    def __init__(self, directory):
        (directory / "worker.py").write_text(MODEL)
        (to_worker, self.writer), (self.reader, from_worker), (death, self.death) = os.pipe(), os.pipe(), os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", STUB.format(str(ROOT))], stdin=death, pass_fds=(to_worker, from_worker),
            env={**os.environ, "SUPERVISOR_WORKER_PIPES": f"{to_worker},{from_worker}",
                 "SUPERVISOR_MODEL": str(directory / "worker.py")}, stdout=subprocess.DEVNULL)
        self.runs = 0
        self.send(FrameType.SUPERVISOR_HELLO, {
            "protocol": {"major": 1, "minor": 0}, "supervisor": "measure", "capabilities": ["spill"],
            "limits": {"frame": 1 << 26, "inline": 1 << 20}, "spool": str(directory)})
        assert self.frame()[0] == FrameType.WORKER_HELLO
        self.send(FrameType.INITIALIZE, {"deployment": "measure"})
        assert self.frame()[0] == FrameType.READY

    def send(self, kind, payload, slot=0xFFFF, sequence=0):
        data = json.dumps(payload).encode()
        os.write(self.writer, HEADER.pack(len(data), kind, 0, slot, sequence) + data)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = os.read(self.reader, count - len(data))
            assert piece, "the worker has ended"
            data += piece
        return data

    def frame(self):
        length, kind, _, _, _ = HEADER.unpack(self.exactly(HEADER.size))
        return kind, self.exactly(length)

    def predict(self, handler):
        self.runs += 1
        self.send(FrameType.PREDICT, {"id": "p", "handler": handler, "input": {}}, 0, self.runs)

    def rate(self, handler):
        """Frames a second."""
        start, tail = time.monotonic(), b""
        self.predict(handler)
        while not tail.endswith(DONE):
            tail = (tail + os.read(self.reader, 1 << 20))[-len(DONE):]
        return OUTPUTS / (time.monotonic() - start)

    def delays(self, handler):
        """Seconds from a yield to its arrival, sorted."""
        found = []
        self.predict(handler)
        while True:
            kind, payload = self.frame()
            if kind == FrameType.OUTPUT:
                found.append(time.monotonic() - json.loads(payload))
            elif kind == FrameType.DONE:
                return sorted(found)


def main():
    with tempfile.TemporaryDirectory() as directory:
        measurement = Measurement(Path(directory))
        for handler in ("yields", "emits", "prints"):
            print(f"{handler:9} {max(measurement.rate(handler) for _ in range(3)):10,.0f} /s  (best of 3)")
        for handler in ("sleeps", "computes"):
            delays = measurement.delays(handler)
            print(f"{handler:9} {delays[len(delays) // 2] * 1e6:10,.0f} µs median, "
                  f"{delays[len(delays) * 9 // 10] * 1e6:,.0f} µs at 90 %")
        measurement.process.kill()


if __name__ == "__main__":
    main()
