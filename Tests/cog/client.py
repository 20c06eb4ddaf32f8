"""A small HTTP client for the tests: http.client with deadlines, and a reader of event streams.

It sends exactly the headers it is told to (none is added behind a test's back), which no comfortable client does.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Seconds that any single answer may take; far above what a loaded machine needs, so that it only ends a hang.
DEADLINE = 40.0

JSON = {"content-type": "application/json"}
SSE = {"content-type": "application/json", "accept": "text/event-stream"}
ASYNC = {"content-type": "application/json", "prefer": "respond-async"}


def eventually(condition: Callable[[], Any], what: str, within: float = DEADLINE) -> Any:
    """The first true value of the condition; an AssertionError that names `what` after `within` seconds."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        time.sleep(0.01)


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Event:
    """One event of a stream, with when it was read (monotonic seconds)."""

    name: str
    data: Any
    at: float
    fields: dict[str, str] = field(default_factory=dict)


class Stream:
    """A response whose events are read one by one. Close it to leave."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.comments: list[str] = []

    def __iter__(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        while line := self._response.readline():
            text = line.decode().rstrip("\r\n")
            if text.startswith(":"):
                self.comments.append(text)
            elif text:
                name, _, value = text.partition(":")
                value = value.removeprefix(" ")
                fields[name] = fields[name] + "\n" + value if name in fields and name == "data" else value
            elif "data" in fields:
                yield Event(fields.get("event", ""), json.loads(fields["data"]), time.monotonic(), fields)
                fields = {}
        self.close()

    def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """The events up to and with the first that is wanted."""
        seen = []
        for event in self:
            seen.append(event)
            if wanted(event):
                return seen
        raise AssertionError(f"the stream ended first: {[(e.name, e.data) for e in seen][-5:]}")

    def rest(self) -> list[Event]:
        return list(self)

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class Client:
    """Requests to one server on the loopback."""

    def __init__(self, port: int, deadline: float = DEADLINE, late_slots: bool = False) -> None:
        """`late_slots`: the server may answer a prediction a little before its slot is free again, as the peer does."""
        self.port = port
        self.late_slots = late_slots
        self.deadline = deadline

    def begin(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Sends a request and reads the head of the answer. `body`: bytes as they are, all else as JSON."""
        connection = self.send(method, path, body, headers)
        return connection, connection.getresponse()

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPConnection:
        """Sends a request only."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.deadline)
        connection.putrequest(method, path, skip_accept_encoding=True)
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = dict(JSON if headers is None and body is not None else headers or {})
        if "content-length" not in sent and (data or method in ("POST", "PUT")):
            sent["content-length"] = str(len(data))
        for name, value in sent.items():
            connection.putheader(name, value)
        try:
            connection.endheaders(data or None)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The answer may have come already; reading it says so, or fails with the reason.
        return connection

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection, response = self.begin(method, path, body, headers)
        try:
            data = response.read()
        finally:
            connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("POST", path, body, headers)

    def put(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("PUT", path, body, headers)

    def predict(self, _path: str = "/predictions", /, **inputs: Any) -> dict[str, Any]:
        """A prediction to its end; the document."""
        answer = self.post(_path, {"input": inputs})
        if answer.status == 409 and self.late_slots:
            eventually(lambda: self.health()["status"] != "BUSY", "the slot is free")
            answer = self.post(_path, {"input": inputs})
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {answer.text}")
        return answer.json

    def stream(self, _path: str = "/predictions", _method: str = "POST", /, **body: Any) -> Stream:
        """A prediction as a stream; `body` are the members of the request."""
        connection, response = self.begin(_method, _path, body, SSE)
        if response.status != 200:
            raise AssertionError(f"{response.status}: {response.read().decode()}")
        return Stream(connection, response)

    def events(self, _path: str = "/predictions", /, **inputs: Any) -> list[Event]:
        """All events of a prediction."""
        return self.stream(_path, input=inputs).rest()

    def health(self) -> dict[str, Any]:
        return self.get("/health-check").json
