"""A supervisor that says what a test tells it to, over real pipes, to a real worker process."""

import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from supervisor_worker.wire import messages  # noqa: E402
from supervisor_worker.wire.frames import COLLECTED, FrameDecoder, FrameType, Header, encode  # noqa: E402
from supervisor_worker.wire.payload import write  # noqa: E402
from supervisor_worker.wire.session import Session  # noqa: E402

DEADLINE = 20.0
"""Seconds that anything may take; far more than it needs, so that a slow machine fails nothing."""
STUB = "import sys; sys.path.append({!r}); from supervisor_worker.bootstrap import main; main()"
END = object()
HEAD = """
    import asyncio, dataclasses, datetime, enum, os, pathlib, signal, sys, threading, time
    from supervisor_worker import *
"""
"""The beginning of most models."""


class Parent:
    """One worker and its pipes. Every frame is checked against the session as a supervisor would."""

    def __init__(self, model, command=None, capabilities=("spill", "upload", "heartbeat", "interrupt"), inline=1 << 20, frame=64 << 20,
                 environment=None, setup=None, handler=None, version=1, heartbeat_ms=None):
        self.directory = Path(tempfile.mkdtemp(prefix="worker-test-"))
        self.spool = self.directory / "spool"
        self.spool.mkdir()
        path = self.directory / "worker.py"
        path.write_text(textwrap.dedent(model))
        self.session = Session(is_worker=False)
        self.session.capabilities = set(capabilities)
        self.lock = threading.RLock()
        self.hold = threading.Lock()
        """While it is held, nothing is read from the worker."""
        self.frames = queue.Queue()
        self.beats = threading.Semaphore(0)
        """Released by each heartbeat, which tests see nothing of otherwise."""
        self.printed = {}
        self.runs = 0
        to_worker, self.writer = os.pipe()
        self.reader, from_worker = os.pipe()
        death, self.death = os.pipe()
        os.set_inheritable(to_worker, True), os.set_inheritable(from_worker, True)
        self.process = subprocess.Popen(
            command(path) if command else [sys.executable, "-c", STUB.format(str(ROOT))], cwd=self.directory,
            stdin=death, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(to_worker, from_worker),
            start_new_session=True, env={**os.environ, "SUPERVISOR_WORKER_PIPES": f"{to_worker},{from_worker}",
                                         "SUPERVISOR_MODEL": str(path), **(environment or {})})
        for descriptor in (to_worker, from_worker, death):
            os.close(descriptor)
        self.threads = [threading.Thread(target=self._read)] + [
            threading.Thread(target=self._drain, args=(name,)) for name in ("stdout", "stderr")]
        for thread in self.threads:
            thread.start()
        self.send(FrameType.SUPERVISOR_HELLO, {
            "protocol": {"major": version, "minor": 0}, "supervisor": "test", "capabilities": list(capabilities),
            "limits": {"frame": frame, "inline": inline}, "spool": str(self.spool)})
        self.hello = self.expect(messages.WorkerHello)
        if version == 1:
            self.send(FrameType.INITIALIZE, {"deployment": "test", "handler": handler, "setup": setup or {},
                                             "heartbeat_ms": heartbeat_ms})

    def _read(self):
        decoder = FrameDecoder()
        try:
            while piece := self._piece():
                for frame in decoder.feed(piece):
                    message = messages.decode(frame)
                    with self.lock:
                        self.session.pass_(frame.header)
                        if isinstance(message, messages.Ready):
                            self.session.slots = message.manifest.slots
                    if frame.header.type is FrameType.HEARTBEAT:
                        self.beats.release()
                        continue
                    self.frames.put((frame, message))
            decoder.finish()
            self.frames.put((END, END))
        except BaseException as error:
            self.frames.put((error, error))

    def _piece(self):
        select.select([self.reader], [], [])
        with self.hold:
            return os.read(self.reader, 1 << 16)

    def _drain(self, name):
        self.printed[name] = getattr(self.process, name).read().decode(errors="replace")

    def send(self, kind, payload=None, slot=None, sequence=0, flags=0):
        data = b"" if payload is None else payload if isinstance(payload, bytes) else write(payload)
        header = Header(kind, flags, slot, sequence)
        with self.lock:
            self.session.pass_(header)
        view = memoryview(encode(header, data))
        while view:
            view = view[os.write(self.writer, view):]

    def next(self):
        """The next frame and its message, or END twice."""
        try:
            frame, message = self.frames.get(timeout=DEADLINE)
        except queue.Empty:
            raise AssertionError(f"nothing came within {DEADLINE} s; {self.printed}") from None
        if isinstance(frame, BaseException):
            raise frame
        return frame, message

    def expect(self, kind):
        """The next message, which must be of that kind; text of logs is passed over unless it is asked for."""
        while True:
            _, message = self.next()
            if isinstance(message, kind):
                return message
            if message is END:
                self.close_pipes()
                raise AssertionError(f"the worker ended with {self.process.returncode}; {self.printed}")
            if not isinstance(message, (messages.LogText, messages.Loading)):
                raise AssertionError(f"expected {kind.__name__}, got {message}")

    def until(self, kind):
        """All messages before the next of that kind, and that one; log frames as (slot, flags, text)."""
        found = []
        while True:
            frame, message = self.next()
            self.flags = getattr(getattr(frame, "header", None), "flags", 0)
            if message is END:
                self.close_pipes()
                raise AssertionError(f"the worker ended with {self.process.returncode}; {found}; {self.printed}")
            if isinstance(message, messages.LogText):
                found.append((frame.header.slot, frame.header.flags, message.text.decode()))
            else:
                found.append(message)
            if isinstance(message, kind):
                return found

    def ready(self):
        return self.expect(messages.Ready).manifest

    def predict(self, input, handler="go", slot=0, id="p", context=None):
        self.runs += 1
        input = input if isinstance(input, bytes) else write(input)
        head = write({"id": id, "handler": handler, "context": context or {}})
        self.send(FrameType.PREDICT, head[:-1] + b',"input":' + input + b"}", slot, self.runs)
        return self.runs

    def cancel(self, run, slot=0):
        """Cancels a run if it has not ended yet, as a supervisor must know before it says so."""
        with self.lock:
            if self.session.run_in(slot) == run:
                self.send(FrameType.CANCEL, None, slot, run)

    def run(self, input={}, **options):
        """Everything that one run says."""
        self.predict(input, **options)
        return Story(self.until(messages.Done), self.flags)

    def wait_for_beats(self, count):
        """Waits for so many heartbeats from now on."""
        while self.beats.acquire(blocking=False):
            pass
        for _ in range(count):
            assert self.beats.acquire(timeout=DEADLINE), f"no heartbeat within {DEADLINE} s; {self.printed}"

    def signal(self, number):
        """Sends a signal to the worker alone, not to its group."""
        os.kill(self.process.pid, number)

    def shut_down(self, grace=5.0):
        """Asks the worker to end, and returns its status."""
        self.send(FrameType.SHUTDOWN, {"grace_ms": int(grace * 1000)})
        return self.ended()

    def ended(self):
        return self.process.wait(DEADLINE)

    def close_pipes(self):
        """Waits until all that the worker has written is read."""
        self.ended()
        for thread in self.threads:
            thread.join(DEADLINE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        for descriptor in (self.writer, self.death):
            try:
                os.close(descriptor)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(DEADLINE)
        os.close(self.reader)
        self.process.stdout.close(), self.process.stderr.close()
        shutil.rmtree(self.directory)


class Story:
    """What one run said."""

    def __init__(self, said, flags):
        self.said = said
        self.is_collected = bool(flags & COLLECTED)
        self.done = said[-1]
        self.outputs = [json.loads(item.value) for item in said if isinstance(item, messages.OutputValue)]
        self.log = "".join(item[2] for item in said if isinstance(item, tuple) and item[0] is not None)
        self.worker_log = "".join(item[2] for item in said if isinstance(item, tuple) and item[0] is None)
        self.metrics = [(item.mode, item.name, item.value) for item in said if isinstance(item, messages.Metric)]
        self.files = [item for item in said if isinstance(item, messages.FileOutput)]


class WorkerTest(unittest.TestCase):
    """Starts workers that end with the test."""

    def start(self, model, **options):
        parent = Parent(model, **options)
        self.addCleanup(parent.close)
        return parent

    def started(self, model, **options):
        parent = self.start(model, **options)
        parent.ready()
        return parent

    def wait_for(self, condition, what):
        """Looks again and again until something outside of the protocol is true."""
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.005)
