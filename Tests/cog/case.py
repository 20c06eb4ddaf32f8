"""What the test cases share: servers that are started once for a class, and how a difference on purpose is written."""

from __future__ import annotations

import pathlib
import re
import unittest
from collections.abc import Sequence
from typing import Any, TypeVar

from client import Client, eventually
from receiver import Receiver, Reply, Received
from servers import TARGET, Server, peer_missing

T = TypeVar("T")

#: The rows of docs/cog-compatibility.md that tests have named.
rows_named: set[str] = set()


class CogTestCase(unittest.TestCase):
    """A case on one server. Subclasses say which."""

    model = ""
    env: dict[str, str] = {}
    arguments: Sequence[str] = ()
    ours: Sequence[str] = ()
    with_schema = True
    target = TARGET
    server: Server
    client: Client
    maxDiff = 4000

    @classmethod
    def setUpClass(cls) -> None:
        if cls.target == "peer" and peer_missing():
            raise unittest.SkipTest(f"Cog's server cannot be run: {peer_missing()}")
        if cls.model:
            cls.server = Server(
                cls.model, cls.target, cls.env, cls.arguments, cls.ours, with_schema=cls.with_schema
            )
            cls.addClassCleanup(cls.server.stop)
            cls.client = cls.server.client
            health = cls.client.health()
            if health["status"] != "READY":
                raise AssertionError(f"not ready: {health}\n{cls.server.log}")

    def setUp(self) -> None:
        if self.model and self.peer:
            # Its slot may still be that of the test before.
            eventually(lambda: self.client.health()["status"] != "BUSY", "the slot is free")

    @property
    def peer(self) -> bool:
        """Whether this runs against Cog's own server."""
        return self.target == "peer"

    def differs(self, row: str, *, cog: T, ours: T) -> T:
        """What is expected where the two differ on purpose; `row` is the key of the row that says why."""
        rows_named.add(row)
        return cog if self.peer else ours

    def start(self, model: str, **options: Any) -> Server:
        """A server for this test alone."""
        server = Server(model, self.target, **options)
        self.addCleanup(server.stop)
        return server

    def receiver(self, reply: Any = None) -> Receiver:
        receiver = Receiver(reply)
        self.addCleanup(receiver.close)
        return receiver

    def files(self, contents: dict[str, bytes]) -> Receiver:
        """A server of files to download, by path."""

        def reply(request: Received) -> Reply:
            path = request.path.partition("?")[0]
            return (200, {}, contents[path]) if path in contents else (404, {}, b"")

        return self.receiver(reply)

    def only_ours(self) -> None:
        """Skips where Cog's server is looked at: it is known to do worse."""
        if self.peer:
            self.skipTest("shows what our server does better")


class OursOnly(CogTestCase):
    """What our server does better."""

    @classmethod
    def setUpClass(cls) -> None:
        if cls.target == "peer":
            raise unittest.SkipTest("shows what our server does better")
        super().setUpClass()


def names(events: Sequence[Any]) -> list[str]:
    return [event.name for event in events]


def named(events: Sequence[Any], name: str) -> list[Any]:
    """The data of the events of one name."""
    return [event.data for event in events if event.name == name]


TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00$")


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what changes from run to run."""
    rest = {k: v for k, v in document.items() if k not in ("created_at", "started_at", "completed_at", "id")}
    if isinstance(rest.get("metrics"), dict):
        rest["metrics"] = {k: v for k, v in rest["metrics"].items() if k != "predict_time"}
    return rest


def directory_is_empty(path: pathlib.Path) -> bool:
    return not path.exists() or not any(path.iterdir())
