#!/usr/bin/env python3
"""Measures `supervisor` and Cog's own server side by side, with the same models, in one sitting.

    bench/cog/compare.py --python VENV/bin/python [--supervisor .build/release/supervisor] [--rounds 5]

VENV is a virtual environment with the `cog` package, which brings Cog's server (coglet); the models of both servers run in
it. Both servers are up all the time, and each round measures one after the other, so that what else the machine does meets
both alike. Printed are the medians of the rounds. `supervisor` keeps finished predictions for five minutes, which its
memory shows; with SUPERVISOR_RETENTION=0s in the environment it forgets them at once, as Cog's server does.
"""

import argparse
import contextlib
import json
import os
import platform
import re
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_WITHIN = 60.0  # seconds, for a server to start and load a model of a few lines
ANSWER_WITHIN = 120.0  # seconds, for the slowest answer: 100,000 chunks from the slower server on a busy machine
STOP_WITHIN = 10.0
RECEIVE_BYTES = 1 << 20
MANY = 100_000  # chunks of a long stream
STREAMS = 8
CHUNKS_PER_STREAM = 20_000
PAUSED_CHUNKS = 20
PAUSE = 0.02  # seconds between the chunks of the model that waits
WORKED_CHUNKS = 10
WORK = 0.02  # seconds of computing after each chunk of the model that computes, in Python, which holds its lock
WORKED_STREAMS = 20
SHORT_REQUESTS = 200  # per round: enough for a 95th percentile
IDLE_BEFORE = 0.02  # seconds, before a request to an idle server: long enough for both to have gone to sleep


@dataclass
class Reply:
    """An answer, with the time at which each part of it came."""

    sent: float
    body: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[int, float]] = field(default_factory=list)  # bytes so far, seconds

    @property
    def is_refused(self) -> bool:
        """Whether there was no slot free."""
        return self.body.startswith(b"HTTP/1.1 409")

    @property
    def seconds(self) -> float:
        return self.arrivals[-1][1] - self.sent

    def seconds_until(self, offset: int) -> float:
        return next(when for size, when in self.arrivals if size > offset) - self.sent

    @property
    def seconds_to_first_chunk(self) -> float:
        return self.seconds_until(self.body.index(b"event: output"))

    @property
    def seconds_to_last_chunk(self) -> float:
        return self.seconds_until(self.body.rindex(b"event: output"))

    def check_stream(self, chunks: int) -> None:
        got = self.body.count(b"event: output")
        if got != chunks or b'"status":"succeeded"' not in self.body[-400:]:
            raise SystemExit(f"{got} of {chunks} chunks; the stream ended with {bytes(self.body[-400:])!r}")


class Client:
    """One connection, without a library between the socket and the clock."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.refused = 0
        self.buffer = bytearray(RECEIVE_BYTES)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def predict(self, values: dict, stream: bool) -> Reply:
        """A server whose slot is not free yet, though its last answer is out, is asked again; the clock starts anew."""
        while True:
            reply = self.send(values, stream)
            while not self.receive(reply):
                pass
            if not reply.is_refused:
                break
            self.refused += 1
        if not reply.body.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"refused: {bytes(reply.body[:600])!r}")
        return reply

    def send(self, values: dict, stream: bool) -> Reply:
        body = json.dumps({"input": values}).encode()
        accept = b"Accept: text/event-stream\r\n" if stream else b""
        request = (
            b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + accept + b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        reply = Reply(sent=time.perf_counter())
        self.socket.sendall(request)
        return reply

    def receive(self, reply: Reply) -> bool:
        """Takes what has come; true when the answer is complete."""
        count = self.socket.recv_into(self.buffer)
        when = time.perf_counter()
        if not count:
            raise SystemExit(f"the server closed the connection after {bytes(reply.body[-400:])!r}")
        reply.body += memoryview(self.buffer)[:count]
        reply.arrivals.append((len(reply.body), when))
        return complete(reply.body)


def complete(answer: bytearray) -> bool:
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", answer[:head_end])
    if length:
        return len(answer) >= head_end + 4 + int(length[1])
    return answer.endswith(b"\r\n0\r\n\r\n")


@dataclass
class Server:
    name: str
    process: subprocess.Popen
    port: int

    def memory(self) -> float:
        """Resident memory of the serving process itself, without its worker, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def cpu(self) -> float:
        """Seconds of processor time that the serving process and its worker have used."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
        return sum(map(cpu_seconds, [self.process.pid, *children]))

    def predict(self, values: dict, stream: bool) -> Reply:
        with Client(self.port) as client:
            return client.predict(values, stream)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def peer_schema(kind: str) -> dict:
    """The least that Cog's server needs of a schema to stream: it does not make one itself."""
    post = {} if kind == "Answer" else {"x-cog-streaming": True}
    output = {"title": "Output", "type": "string"} if kind == "Answer" else {
        "title": "Output", "type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"}
    inputs = {name: {"type": kind_} for name, kind_ in
              (("count", "integer"), ("pause", "number"), ("work", "number"), ("text", "string"))}
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {"/predictions": {"post": post}},
        "components": {"schemas": {
            "Input": {"title": "Input", "type": "object", "properties": inputs}, "Output": output}},
    }


@contextlib.contextmanager
def serving(name: str, kind: str, slots: int, options: argparse.Namespace) -> Iterator[Server]:
    """A server with the model class `kind`, ready; stopped at the end."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        shutil.copytree(HERE / "model", model, ignore=shutil.ignore_patterns("__pycache__"))
        environment = {
            **os.environ,
            "PATH": f"{options.python.parent}:{os.environ['PATH']}",
            "PORT": str(port),
            "COG_PREDICT_TYPE_STUB": f"run.py:{kind}",
            "COG_MAX_CONCURRENCY": str(slots),
            "COG_LOG_LEVEL": "warning",
            "SUPERVISOR_STATE_DIR": str(Path(folder, "state")),
        }
        if name == "coglet":
            (model / ".cog").mkdir()
            (model / ".cog" / "openapi_schema.json").write_text(json.dumps(peer_schema(kind)))
            command = [options.python, "-m", "cog.server.http", "--host", "127.0.0.1"]
        else:
            command = [options.supervisor, "serve", ".", "--host", "127.0.0.1", "--python", options.python]
        with open(Path(folder, "log"), "w+b") as log:
            process = subprocess.Popen(command, cwd=model, env=environment, stdout=log, stderr=log,
                                       start_new_session=True)
            try:
                server = Server(name, process, port)
                await_ready(server, log)
                yield server
            finally:
                stop(process)


def await_ready(server: Server, log) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1) as probe:
            probe.sendall(b"GET /health-check HTTP/1.0\r\n\r\n")
            if b'"READY"' in probe.makefile("rb").read():
                return
        time.sleep(0.05)  # there is no descriptor to wait on before the server listens
    log.seek(0)
    raise SystemExit(f"{server.name} is not ready:\n{log.read()[-4000:].decode()}")


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


Figures = dict[str, float]


def long_stream(server: Server) -> Figures:
    before = server.cpu()
    reply = server.predict({"count": MANY}, stream=True)
    reply.check_stream(MANY)
    return {
        f"{MANY:,} chunks: chunks a second": MANY / reply.seconds_to_last_chunk,
        f"{MANY:,} chunks: until `completed`, s": reply.seconds,
        f"{MANY:,} chunks: CPU of server and worker, s": server.cpu() - before,
    }


def worked_stream(server: Server) -> Figures:
    """How late chunks come from a model that computes in between, as models do."""
    first, late = [], []
    for _ in range(WORKED_STREAMS):
        time.sleep(IDLE_BEFORE)
        reply = server.predict({"count": WORKED_CHUNKS, "work": WORK}, stream=True)
        reply.check_stream(WORKED_CHUNKS)
        first.append(reply.seconds_to_first_chunk * 1000)
        late.append((reply.seconds_to_last_chunk - (WORKED_CHUNKS - 1) * WORK) * 1000)
    what = f"{WORKED_CHUNKS} chunks with {WORK * 1000:.0f} ms of computing after each"
    return {f"{what}: first, p50, ms": statistics.median(first), f"{what}: last, ms late, p50": statistics.median(late)}


def short_requests(server: Server, what: str, idle: float, request: Callable[[Client], float]) -> Figures:
    """The same request again and again on one connection, with a pause before each if `idle` is not 0."""
    with Client(server.port) as client:
        times = []
        for _ in range(SHORT_REQUESTS):
            time.sleep(idle)
            times.append(request(client) * 1000)
        figures = {f"{what}: p50, ms": statistics.median(times), f"{what}: p95, ms": percentile(times, 0.95)}
        if not idle:
            figures[f"{what}: answered 409, of {SHORT_REQUESTS}"] = client.refused
        return figures


def first_chunk_idle(server: Server) -> Figures:
    return short_requests(server, "first chunk, idle, kept connection", IDLE_BEFORE, seconds_to_first_chunk)


def first_chunk_back_to_back(server: Server) -> Figures:
    return short_requests(server, "first chunk, back to back, kept connection", 0, seconds_to_first_chunk)


def first_chunk_new_connections(server: Server) -> Figures:
    return short_requests(server, "first chunk, back to back, new connections", 0, seconds_to_first_chunk_on_new)


def seconds_to_first_chunk(client: Client) -> float:
    return client.predict({}, stream=True).seconds_to_first_chunk


def seconds_to_first_chunk_on_new(kept: Client) -> float:
    with Client(kept.port) as client:
        seconds = seconds_to_first_chunk(client)
        kept.refused += client.refused
    return seconds


def answer_idle(server: Server) -> Figures:
    return short_requests(server, "JSON answer, idle", IDLE_BEFORE, seconds_to_answer)


def answer_back_to_back(server: Server) -> Figures:
    return short_requests(server, "JSON answer, back to back", 0, seconds_to_answer)


def seconds_to_answer(client: Client) -> float:
    return client.predict({"text": "word"}, stream=False).seconds


def paused_async_stream(server: Server) -> Figures:
    reply = server.predict({"count": PAUSED_CHUNKS, "pause": PAUSE}, stream=True)
    reply.check_stream(PAUSED_CHUNKS)
    return {f"async, {PAUSED_CHUNKS} chunks {PAUSE * 1000:.0f} ms apart: first, ms":
            reply.seconds_to_first_chunk * 1000}


def long_async_stream(server: Server) -> Figures:
    reply = server.predict({"count": MANY}, stream=True)
    reply.check_stream(MANY)
    return {f"async, {MANY:,} chunks: chunks a second": MANY / reply.seconds_to_last_chunk}


def streams_at_once(server: Server) -> Figures:
    values = {"count": CHUNKS_PER_STREAM}
    replies: list[Reply] = []
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        clients = [stack.enter_context(Client(server.port)) for _ in range(STREAMS)]
        start = time.perf_counter()
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, (client, client.send(values, stream=True)))
        while selector.get_map():
            ready = selector.select(ANSWER_WITHIN)
            if not ready:
                raise SystemExit(f"{server.name}: nothing came for {ANSWER_WITHIN} s")
            for key, events in ready:
                client, reply = key.data
                if not client.receive(reply):
                    continue
                if reply.is_refused:
                    selector.modify(client.socket, events, (client, client.send(values, stream=True)))
                else:
                    selector.unregister(client.socket)
                    replies.append(reply)
    for reply in replies:
        reply.check_stream(CHUNKS_PER_STREAM)
    end = max(reply.sent + reply.seconds_to_last_chunk for reply in replies)
    return {
        f"{STREAMS} async streams at once: chunks a second, in all": STREAMS * CHUNKS_PER_STREAM / (end - start),
        f"{STREAMS} async streams at once: first chunk of the last, ms":
            max(reply.seconds_to_first_chunk for reply in replies) * 1000,
    }


@dataclass(frozen=True)
class Part:
    kind: str  # class in model/run.py
    slots: int
    measures: tuple[Callable[[Server], Figures], ...]


PARTS = (
    Part("Tokens", 1, (
        long_stream, worked_stream, first_chunk_idle, first_chunk_back_to_back, first_chunk_new_connections)),
    Part("Answer", 1, (answer_idle, answer_back_to_back)),
    Part("AsyncTokens", STREAMS, (paused_async_stream, long_async_stream, streams_at_once)),
)


def measure(part: Part, names: list[str], rounds: int, options: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Figure → server → one value for each round."""
    table: dict[str, dict[str, list[float]]] = {}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serving(name, part.kind, part.slots, options)) for name in names]
        for server in servers:  # the first request pays for what is made once
            server.predict({"text": "word"} if part.kind == "Answer" else {"count": 10}, stream=part.kind != "Answer")
            note(table, server, {f"resident, ready ({part.kind}), MiB": server.memory()})
        for index in range(rounds):
            for one in part.measures:
                for server in servers:
                    note(table, server, one(server))
            if not index:
                for server in servers:
                    note(table, server, {f"resident, after one round ({part.kind}), MiB": server.memory()})
        for server in servers:
            note(table, server, {f"resident, after all rounds ({part.kind}), MiB": server.memory()})
    return table


def note(table: dict, server: Server, figures: Figures) -> None:
    for figure, value in figures.items():
        table.setdefault(figure, {}).setdefault(server.name, []).append(value)


def show(table: dict[str, dict[str, list[float]]], names: list[str]) -> None:
    for figure, values in table.items():
        middle = [statistics.median(values[name]) for name in names]
        ratio = f"{middle[1] / middle[0]:10.2f}" if len(middle) == 2 and middle[0] else ""
        print(f"{figure:70}" + "".join(f"{number(value):>12}" for value in middle) + ratio, flush=True)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=lambda path: Path(path).absolute(), required=True)
    parser.add_argument("--supervisor", type=lambda path: Path(path).absolute(),
                        default=ROOT / ".build" / "release" / "supervisor")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("coglet", "supervisor"), help="measure one server alone")
    parser.add_argument("--part", choices=[part.kind for part in PARTS], help="measure one kind of model alone")
    options = parser.parse_args()
    names = [options.only] if options.only else ["coglet", "supervisor"]
    print(f"{os.cpu_count()} cores, Linux {platform.release()}, medians of {options.rounds} rounds\n")
    print(f"{'':70}" + "".join(f"{name:>12}" for name in names) + ("     ratio" if len(names) == 2 else ""))
    for part in PARTS:
        if options.part in (None, part.kind):
            show(measure(part, names, options.rounds, options), names)


if __name__ == "__main__":
    sys.exit(main())
