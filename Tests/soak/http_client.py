"""HTTP/1.1 and event streams on plain sockets, for a test that must see every byte that comes and every cut."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Bytes that a stream may hold unread before it stops taking more from its socket.
READ_LIMIT = 1 << 20


class Cut(Exception):
    """The connection ended where an answer, or the end of one, was still to come."""


class Malformed(Exception):
    """What came is not what HTTP or an event stream allows."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Event:
    """One event, as it was sent."""

    name: str
    id: str | None
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass
class EventParser:
    """Lines of an event stream → events. Comments and `retry` are dropped."""

    _name: str = ""
    _id: str | None = None
    _data: list[str] = field(default_factory=list)

    def line(self, text: str) -> Event | None:
        if text == "":
            event = Event(self._name or "message", self._id, "\n".join(self._data)) if self._data else None
            self._name, self._id, self._data = "", None, []
            return event
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "id":
            self._id = value
        elif name == "data":
            self._data.append(value)
        elif name not in ("", "retry"):
            raise Malformed(f"a line that is no field: {text[:100]!r}")
        return None

    @property
    def is_between_events(self) -> bool:
        return not (self._name or self._id or self._data)


class Body:
    """The rest of an answer, piece by piece; knows whether its end was there."""

    def __init__(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._is_chunked = headers.get("transfer-encoding", "") == "chunked"
        self._left = 0 if self._is_chunked else int(headers.get("content-length", "0"))
        self.is_complete = not self._is_chunked and self._left == 0

    async def piece(self) -> bytes:
        """What comes next; nothing at the end. Raises Cut when the connection ends first."""
        if self.is_complete:
            return b""
        if self._is_chunked and self._left == 0:
            size = await self._line()
            try:
                self._left = int(size, 16)
            except ValueError:
                raise Malformed(f"a chunk of the size {size[:40]!r}") from None
            if self._left == 0:
                if await self._line():
                    raise Malformed("a trailer")
                self.is_complete = True
                return b""
        data = await self._reader.read(min(self._left, 64 << 10))
        if not data:
            raise Cut("in a body")
        self._left -= len(data)
        if self._left == 0:
            if not self._is_chunked:
                self.is_complete = True
            elif await self._line():
                raise Malformed("a chunk longer than it says")
        return data

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise Cut("in the framing of a body")
        return line[:-2]


class Exchange:
    """One request on a connection of its own, and its answer. Close it to leave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self._body: Body | None = None
        self._parser = EventParser()
        self._lines: list[str] = []
        self._rest = b""

    async def head(self) -> None:
        """Reads the head of the answer."""
        line = await self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise Cut("before an answer")
        version, _, rest = line.decode("latin-1").partition(" ")
        if version != "HTTP/1.1":
            raise Malformed(f"an answer that begins with {line[:60]!r}")
        self.status = int(rest[:3])
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\r\n"):
                raise Cut("in the head of an answer")
            if line == b"\r\n":
                break
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.lower()] = value.strip()
        self._body = Body(self._reader, self.headers)

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    async def rest(self) -> bytes:
        """The rest of the body."""
        assert self._body is not None
        pieces = []
        while piece := await self._body.piece():
            pieces.append(piece)
        return b"".join(pieces)

    async def event(self) -> Event | None:
        """The next event; None at the end of the answer. Raises Cut when the connection ends first."""
        assert self._body is not None
        while True:
            while self._lines:
                event = self._parser.line(self._lines.pop(0))
                if event is not None:
                    return event
            piece = await self._body.piece()
            if not piece:
                if self._rest or not self._parser.is_between_events:
                    raise Malformed("a stream that ends in the middle of an event")
                return None
            *lines, self._rest = (self._rest + piece).split(b"\n")
            self._lines = [line.decode() for line in lines]

    def close(self) -> None:
        """Leaves at once: what is unread is thrown away, so the server sees a reset."""
        self._writer.transport.abort()

    async def finish(self) -> None:
        """Closes and waits until the socket is closed."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass


class Client:
    """Requests to one server; `place` is (host, port) or the path of a socket."""

    def __init__(self, place: tuple[str, int] | str, deadline: float) -> None:
        """deadline: seconds that any answer may take; far above what a loaded machine needs."""
        self.place = place
        self.deadline = deadline

    async def begin(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        receive_buffer: int | None = None,
    ) -> Exchange:
        """Connects and sends a request; reads nothing yet. receive_buffer: bytes, small for one who reads slowly."""
        limit = READ_LIMIT if receive_buffer is None else receive_buffer
        if isinstance(self.place, str):
            opening = asyncio.open_unix_connection(self.place, limit=limit)
        else:
            endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            try:
                if receive_buffer is not None:
                    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                await asyncio.wait_for(asyncio.get_running_loop().sock_connect(endpoint, self.place), self.deadline)
            except BaseException:
                endpoint.close()
                raise
            opening = asyncio.open_connection(sock=endpoint, limit=limit)
        reader, writer = await asyncio.wait_for(opening, self.deadline)
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "host: localhost", "connection: close"]
        if body is not None:
            lines += ["content-type: application/json"]
        if data or method in ("POST", "PUT"):
            lines += [f"content-length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        return Exchange(reader, writer)

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> Answer:
        async def exchange() -> Answer:
            conversation = await self.begin(method, path, body, headers)
            try:
                await conversation.head()
                content = b"" if method == "HEAD" else await conversation.rest()
                return Answer(conversation.status, conversation.headers, content)
            finally:
                conversation.close()

        return await asyncio.wait_for(exchange(), deadline or self.deadline)

    async def get(self, path: str) -> Answer:
        return await self.request("GET", path)
