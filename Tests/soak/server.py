"""Starts a server for a scenario, reads its log, finds its workers, and sees to it that nothing is left of it."""

from __future__ import annotations

import asyncio
import collections
import glob
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import census
from http_client import Answer, Client

HERE = pathlib.Path(__file__).resolve().parent

#: Seconds that anything may take that is not measured; far above what a loaded machine needs, so that it only ends a hang.
DEADLINE = 60.0
#: Seconds between two looks at something that nothing announces.
GLANCE = 0.01
#: Seconds for which the same leftover must be seen before it counts as one, while the server is still at work on it.
SETTLING = 20.0
#: Newest lines of the log that a failure shows.
LOG_LINES = 60
#: The variable that everything below a server of ours inherits.
MARK = "SOAK_MARK"

#: Variables that must not leak in from whoever runs this.
FOREIGN = re.compile(r"^(COG_|SUPERVISOR_|PORT$|KUBERNETES_|NOTIFY_SOCKET$|LISTEN_|WATCHDOG_)")


class Failed(Exception):
    """What a scenario says when something is not as it must be."""


async def eventually(condition: Callable[[], Any], what: str, within: float = DEADLINE) -> Any:
    """The first true value of the condition (a function, or one that answers an awaitable)."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(GLANCE)


def scripted(
    name: str, scratch: pathlib.Path, concurrency: int = 1, env: Mapping[str, str] | None = None, **members: Any
) -> dict[str, Any]:
    """A deployment of `worker.py`. Its set-up reads `scratch/setup-NAME`, its ledger is `scratch/ledger`."""
    return {
        "name": name,
        "command": [sys.executable, "-S", "-E", str(HERE / "worker.py")],
        "concurrency": concurrency,
        "env": {
            "SOAK_DEPLOYMENT": name,
            "SOAK_CONCURRENCY": str(concurrency),
            "SOAK_LEDGER": str(scratch / "ledger"),
            "SOAK_SETUP": str(scratch / f"setup-{name}"),
            **(env or {}),
        },
        **members,
    }


def library(
    name: str, fixture: str, concurrency: int = 1, env: Mapping[str, str] | None = None, **members: Any
) -> dict[str, Any]:
    """A deployment of FixtureWorker, which is built on the Worker library."""
    return {
        "name": name,
        "command": [fixture],
        "handler": "fixture",
        "concurrency": concurrency,
        "env": {"SOAK_DEPLOYMENT": name, "FIXTURE_CONCURRENCY": str(concurrency), **(env or {})},
        **members,
    }


class Server:
    """A server with a directory of its own. Use it with `async with`; the end of that is its orderly stop."""

    def __init__(
        self,
        binary: str,
        deployments: Callable[[pathlib.Path], list[dict[str, Any]]],
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
        self.state = self.scratch / "state"
        self.mark = secrets.token_hex(8)
        self.deployments = deployments(self.scratch)
        self.configuration = self.scratch / "supervisor.json"
        self._binary = binary
        self._settings = dict(settings or {})
        #: Whether this file in the spool may be left when the server has stopped.
        self.may_leave: Callable[[str], bool] = lambda path: False
        self._waiters: list[tuple[Callable[[dict[str, Any]], bool], asyncio.Future[dict[str, Any]]]] = []
        self._listeners: list[Callable[[dict[str, Any]], Any]] = []
        self._reading = asyncio.Event()
        self._reading.set()
        self.log: collections.deque[str] = collections.deque(maxlen=LOG_LINES)
        self.lines_seen = 0
        self.faults_logged: list[str] = []
        self.process: asyncio.subprocess.Process | None = None
        self._port = 0

    # The start and the end.

    def write_configuration(self) -> None:
        text = json.dumps(
            {"listen": ["127.0.0.1:0"], "state_dir": str(self.state), **self._settings, "deployments": self.deployments}
        )
        fresh = self.configuration.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.configuration)

    async def __aenter__(self) -> Server:
        self.write_configuration()
        environment = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        environment[MARK] = self.mark
        self.process = await asyncio.create_subprocess_exec(
            self._binary,
            "serve",
            str(self.configuration),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=1 << 20,
        )
        self._reader = asyncio.create_task(self._read_log())
        try:
            line = await self.line(
                lambda line: line["msg"].startswith("listening on http://"), "it listens", with_past=True
            )
            self._port = int(line["msg"].rpartition(":")[2])
        except BaseException:
            await self._put_away()
            raise
        return self

    async def __aexit__(self, kind: Any, error: Any, _: Any) -> None:
        try:
            if error is None and self.is_running:
                await self.stop()
        finally:
            if error is not None:
                print(self.recent_log(), file=sys.stderr)
            await self._put_away()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def stop(self) -> None:
        """SIGTERM; everything must be gone afterwards."""
        assert self.process is not None
        self._reading.set()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = await asyncio.wait_for(self.process.wait(), DEADLINE)
        except asyncio.TimeoutError:
            raise Failed(f"the server did not stop within {DEADLINE:.0f} s") from None
        if status != 0:
            raise Failed(f"the server ended with {status}\n{self.recent_log()}")
        await self.all_gone("after an orderly stop")
        left = [path for path in self.spooled() if not self.may_leave(path)]
        if left:
            raise Failed(f"files left in the spool: {left}")

    async def all_gone(self, when: str, within: float = SETTLING) -> float:
        """Waits until no process of this server is left; the seconds that took."""
        began = time.monotonic()
        left: list[census.Process] = []
        while True:
            left = census.marked(MARK, self.mark)
            if not left:
                return time.monotonic() - began
            if time.monotonic() - began > within:
                names = ", ".join(f"{each.pid} {each.name} ({each.state})" for each in left)
                raise Failed(f"processes left {when}, {within:.0f} s later: {names}")
            await asyncio.sleep(GLANCE)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    async def _put_away(self) -> None:
        if self.is_running:
            self.process.kill()
        # First all that may hold the log open, since asyncio sees the end of the process only behind the end of that.
        for each in census.marked(MARK, self.mark):
            self.strike(each.pid)
        await self.process.wait()
        self._reader.cancel()
        self.process._transport.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    # The log.

    async def _read_log(self) -> None:
        assert self.process is not None and self.process.stderr is not None
        while True:
            await self._reading.wait()
            try:
                line = await self.process.stderr.readline()
            except ValueError:
                continue  # Longer than any line of the log may be; the next one is whole again.
            if not line:
                break
            self._logged(line.decode(errors="replace").rstrip("\n"))
        for _, waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(Failed(f"the server ended\n{self.recent_log()}"))

    def _logged(self, text: str) -> None:
        self.lines_seen += 1
        self.log.append(text[:1000])
        try:
            line = json.loads(text)
        except ValueError:
            # What is no record comes from the runtime: a trap, a failed precondition.
            self.faults_logged.append(text[:1000])
            return
        for listener in self._listeners:
            listener(line)
        for waiter in self._waiters[:]:
            wanted, future = waiter
            if not future.done() and wanted(line):
                future.set_result(line)
                self._waiters.remove(waiter)

    def on_each_line(self, listener: Callable[[dict[str, Any]], Any]) -> None:
        """Has it called with every line from now on."""
        self._listeners.append(listener)

    def stop_reading(self) -> None:
        """From here on nobody reads its log."""
        self._reading.clear()

    def read_on(self) -> None:
        self._reading.set()

    def recent_log(self) -> str:
        return "  log: " + "\n  log: ".join(self.log)

    def announced(
        self, wanted: Callable[[dict[str, Any]], bool], what: str, with_past: bool = False, within: float = DEADLINE
    ) -> Awaitable[dict[str, Any]]:
        """The next line of the log that is wanted, from now on; await it later."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if with_past:
            for text in self.log:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if wanted(line):
                    future.set_result(line)
                    break
        self._waiters.append((wanted, future))

        async def wait() -> dict[str, Any]:
            try:
                return await asyncio.wait_for(future, within)
            except asyncio.TimeoutError:
                raise Failed(f"not within {within:.0f} s: {what}\n{self.recent_log()}") from None

        return wait()

    async def line(
        self, wanted: Callable[[dict[str, Any]], bool], what: str, with_past: bool = False, within: float = DEADLINE
    ) -> dict[str, Any]:
        return await self.announced(wanted, what, with_past, within)

    # Its two faces.

    @property
    def client(self) -> Client:
        return Client(("127.0.0.1", self._port), DEADLINE)

    @property
    def has_control(self) -> bool:
        return bool(glob.glob(f"{self.state}/*/control.sock"))

    @property
    def control(self) -> Client:
        found = glob.glob(f"{self.state}/*/control.sock")
        if not found:
            raise Failed("there is no control socket")
        return Client(found[0], DEADLINE)

    async def administer(self, path: str, body: Any = None, wait: bool = False) -> Answer:
        """A command of an operator, such as `deployments/NAME/restart`."""
        return await self.control.request("POST", f"/{path}{'?wait=true' if wait else ''}", body)

    async def status(self) -> dict[str, Any]:
        answer = await self.control.get("/status")
        if answer.status != 200:
            raise Failed(f"/status: {answer.status}: {answer.body[:300]!r}")
        return answer.json

    async def code(self, path: str) -> int:
        return (await self.client.get(path)).status

    async def until_ready(self, within: float = DEADLINE) -> None:
        """Until every deployment has all of its workers and all are idle."""

        async def ready() -> bool:
            if await self.code("/readyz") != 200:
                return False
            report = await self.status()
            return all(
                each["ready"] == each["wanted"] and each["busy"] == 0 and each["waiting"] == 0
                for each in report["deployments"]
            )

        try:
            await eventually(ready, "every worker is ready and idle", within)
        except Failed as failure:
            lacking = [
                json.dumps(each)
                for each in (await self.status())["deployments"]
                if each["ready"] != each["wanted"] or each["busy"] or each["waiting"]
            ]
            raise Failed("\n".join([str(failure), *lacking, self.recent_log()])) from None

    # Its processes.

    def strike(self, pid: int, number: signal.Signals = signal.SIGKILL) -> bool:
        """Sends a signal to one of its workers; whether that was still there."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def workers(self, deployment: str | None = None) -> list[int]:
        """Process ids of its workers, of one deployment or of all."""
        found = []
        for each in census.children(self.pid):
            if each.is_zombie:
                continue
            serves = census.variable(each.pid, "SOAK_DEPLOYMENT")
            # A stray of a worker is a child as well once it was re-parented; a worker leads its session.
            if serves is None or (deployment is not None and serves != deployment):
                continue
            try:
                if os.getsid(each.pid) == each.pid:
                    found.append(each.pid)
            except ProcessLookupError:
                pass
        return sorted(found)

    def holdings(self) -> census.Holdings:
        return census.Holdings.of(self.pid)

    def spooled(self) -> list[str]:
        """Files of payloads that lie in its state directory."""
        return [
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.state)
            for name in names
            if name not in ("lock", "control.sock") and not name.endswith(".zip")
        ]

    async def settled(self, before: census.Holdings, what: str) -> census.Holdings:
        """Waits until it holds no more than before, memory aside."""
        end = time.monotonic() + SETTLING
        while True:
            now = self.holdings()
            more = now.beyond(before)
            if not more:
                return now
            if time.monotonic() > end:
                raise Failed(f"{what}: the server holds {', '.join(more)} more than before ({now})")
            await asyncio.sleep(GLANCE)
