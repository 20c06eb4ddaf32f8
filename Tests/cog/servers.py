"""Starts one of the two servers, Cog's own or ours, on a copy of a model's directory, and ends it again.

COMPAT_TARGET   supervisor (default) or peer
COMPAT_BINARY   our program
COMPAT_PYTHON   a python that has the packages cog (coglet comes with it), numpy and pydantic
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence

from client import Client, eventually

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE / "models"
BINARY = os.environ.get("COMPAT_BINARY", str(HERE.parent.parent / ".build/release/supervisor"))
PYTHON = os.environ.get("COMPAT_PYTHON", sys.executable)
TARGET = os.environ.get("COMPAT_TARGET", "supervisor")

#: Seconds until a server that was asked to end is killed.
STOP_WITHIN = 15.0

#: Variables of ours or of Cog that must not leak in from whoever runs the tests.
FOREIGN = re.compile(r"^(COG_|SUPERVISOR_|PORT$|WEBHOOK_AUTH_TOKEN$|KUBERNETES_|RUST_LOG$|VIRTUAL_ENV$)")


@functools.cache
def peer_missing() -> str | None:
    """Why Cog's own server cannot be run here; None if it can."""
    done = subprocess.run([PYTHON, "-c", "import coglet, cog.server.http"], capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["unknown"])[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server. `directory` is its own copy of the model, so what the model writes is there to look at."""

    def __init__(
        self,
        model: str,
        target: str = TARGET,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        ours: Sequence[str] = (),
        reference: str | None = None,
        with_schema: bool = True,
        ready: bool = True,
    ) -> None:
        """
        arguments: flags that both servers know. ours: flags for ours alone.
        reference: what to run, `file.py:Name`, instead of what cog.yaml says ("" for none).
        with_schema: whether the peer gets the schema that Cog's tool would have made; ours always makes its own.
        ready: wait until the set-up has ended, well or badly.
        """
        self.target = target
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="compat-"))
        self.directory = self.scratch / "model"
        shutil.copytree(MODELS / model, self.directory)
        self.temporary = self.scratch / "tmp"
        self.temporary.mkdir()
        self.state = self.scratch / "state"
        environment = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        # As in an activated environment; the peer finds its worker's python on the path.
        environment["PATH"] = os.path.dirname(os.path.abspath(PYTHON)) + os.pathsep + environment.get("PATH", "")
        environment["TMPDIR"] = str(self.temporary)
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        if reference is None and target == "peer":
            reference = self._reference_of_yaml()
        if reference:
            environment["COG_PREDICT_TYPE_STUB"] = reference
        environment.update(env or {})
        if target == "peer" and with_schema:
            self._write_schema(reference)
        self.port = free_port()
        self.client = Client(self.port, late_slots=target == "peer")
        if target == "peer":
            environment["PORT"] = str(self.port)
            command = [PYTHON, "-m", "cog.server.http", "--host", "127.0.0.1", *arguments]
        else:
            command = [BINARY, "serve", str(self.directory), "--host", "127.0.0.1", "--port", str(self.port)]
            command += ["--python", PYTHON, "--state-dir", str(self.state), *arguments, *ours]
        self._lines: list[str] = []
        try:
            self.process = subprocess.Popen(
                command, cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            )
        except OSError:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        try:
            self.wait_for_listener()
            if ready:
                self.wait_for_setup()
        except BaseException:
            self.stop()
            raise

    def _reference_of_yaml(self) -> str:
        text = (self.directory / "cog.yaml").read_text()
        found = re.search(r'^(?:run|predict): *"?([^"\n]+)', text, re.M)
        return found.group(1) if found else ""

    def _write_schema(self, reference: str | None) -> None:
        """Does for the peer what Cog's build tool would: the schema file. Ours makes its schema itself."""
        command = [PYTHON, "-m", "supervisor_worker.schema", str(self.directory)]
        if reference:
            command += ["--predict", reference]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(HERE.parent.parent / "python")}, capture_output=True, text=True
        )
        if done.returncode:
            raise AssertionError(f"no schema of {self.directory}: {done.stderr}")
        (self.directory / ".cog").mkdir(exist_ok=True)
        (self.directory / ".cog/openapi_schema.json").write_text(done.stdout)

    def _read_log(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def log(self) -> str:
        """What the server has written to its standard output and error so far."""
        return "\n".join(list(self._lines))

    def messages(self) -> list[str]:
        """The texts in the log."""
        texts = []
        for line in list(self._lines):
            try:
                record = json.loads(line)
            except ValueError:
                texts.append(line)
                continue
            if isinstance(record, dict):
                texts.append(str(record.get("fields", {}).get("message", record.get("msg", record))))
        return texts

    def wait_for_listener(self) -> None:
        def listening() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log}")
            try:
                self.client.get("/health-check")
            except OSError:
                return False
            return True

        eventually(listening, "the server listens")

    def wait_for_setup(self) -> str:
        def over() -> str | None:
            status = self.client.health()["status"]
            return None if status == "STARTING" else status

        try:
            return eventually(over, "the set-up has ended")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from None

    def descendants(self) -> list[int]:
        """The processes below the server."""
        parents: dict[int, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = pathlib.Path("/proc", entry, "stat").read_text()
                except OSError:
                    continue
                parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
        found: list[int] = []
        waiting = [self.process.pid]
        while waiting:
            children = parents.get(waiting.pop(), [])
            found += children
            waiting += children
        return found

    def worker(self) -> int:
        """The process that runs the model: the one among the server's children that says so in its environment."""
        result = self.client.predict(case="pid")
        return int(result["output"])

    def file(self, name: str, text: str = "") -> pathlib.Path:
        """Writes a file into the model's directory: what models of these tests wait for."""
        path = self.directory / name
        temporary = path.with_name(path.name + ".part")
        temporary.write_text(text)
        temporary.rename(path)
        return path

    def wait_for_file(self, name: str, within: float = 30.0) -> str:
        """The text of a file that the model writes."""
        path = self.directory / name
        eventually(path.exists, f"the model wrote {name}", within)
        return path.read_text()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait_for_exit(self, within: float = STOP_WITHIN) -> int:
        return self.process.wait(within)

    def stop(self) -> None:
        """Ends the server and what it started, and removes its files."""
        below = self.descendants() if self.process.poll() is None else []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(3.0 if self.target == "peer" else STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        # The peer leaves its worker behind in some of the states that the tests bring it into.
        end = time.monotonic() + 2.0
        while any(self._alive(pid) for pid in below) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in below:
            if self._alive(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _alive(self, pid: int) -> bool:
        """Whether it is a process that inherited our scratch directory: never one that took over the number."""
        try:
            return str(self.scratch).encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
