"""An HTTP server of the tests' own: takes webhooks and uploads, and serves files to download."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from client import eventually


@dataclass
class Received:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


#: What a request is answered with: status, headers, body.
Reply = tuple[int, dict[str, str], bytes]


class Receiver:
    """Listens on a free port until closed. `reply` decides what each request is answered with, and may block."""

    def __init__(self, reply: Callable[[Received], Reply] | None = None) -> None:
        self.received: list[Received] = []
        self.reply = reply or (lambda _: (200, {}, b""))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                if "chunked" in (self.headers.get("transfer-encoding") or ""):
                    body = self.read_chunks()
                else:
                    body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.command, self.path, headers, body, time.monotonic())
                outer.received.append(request)
                status, headers, body = outer.reply(request)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def read_chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            do_GET = do_HEAD = do_POST = do_PUT = answer

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `received`."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """Nothing: a client that leaves in the middle is a part of some tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, count: int, within: float = 30.0) -> list[Received]:
        """The requests so far, when there are at least `count`."""
        eventually(lambda: len(self.received) >= count, f"{count} requests, have {len(self.received)}", within)
        return list(self.received)

    def wait_for(self, wanted: Callable[[Received], bool], within: float = 30.0) -> Received:
        """The first request that is wanted."""
        return eventually(lambda: next((r for r in list(self.received) if wanted(r)), None), "a request", within)

    def completed(self, id: str | None = None, within: float = 30.0) -> Received:
        """The webhook that says that a prediction has ended."""
        ends = ("succeeded", "failed", "canceled")
        return self.wait_for(
            lambda r: r.json.get("status") in ends and (id is None or r.json["id"] == id), within
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
