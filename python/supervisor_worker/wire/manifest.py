"""The handler manifest: what a worker can do, the payload of `ready` (PROTOCOL § 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping

from . import limits
from .payload import Members, bad, present, write

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,%d}\Z" % (limits.HANDLER_NAME - 1), re.ASCII)
"""What a handler may be called."""
INPUT_RULES = ("plain", "cog")
DEFAULT_CONCURRENCY = 1


@dataclass(frozen=True)
class Handler:
    """One entry of the manifest. Members that are None are left out."""

    name: str
    """1–64 of `A–Z a–z 0–9 _ - .`, a letter or digit first; unique."""
    streaming: bool = False
    """Whether its output may be asked for piece by piece."""
    concurrency: int = DEFAULT_CONCURRENCY
    """Runs that it can do at once, 1 … 1,024. The slots of the worker are the sum over all handlers."""
    input: dict[str, Any] | None = None
    """JSON Schema of its input, without `$ref`s to elsewhere; None: anything."""
    training_input: dict[str, Any] | None = None
    """JSON Schema for inputs of /trainings; None: as `input`."""
    input_rules: str | None = None
    """`plain`, or `cog`: the supervisor drops unknown members and adds null for nullable ones; None: plain."""
    output: dict[str, Any] | None = None
    """JSON Schema of its output, of one piece if it streams; None: it does not say."""
    description: str | None = None
    """What it does, for people."""

    @staticmethod
    def read(value: Any) -> Handler:
        """Checks one entry. Raises ProtocolError."""
        members = Members(value, "A handler")
        name = members.text("name")
        if not NAME.match(name):
            raise bad(f"`name` of a handler must be 1–{limits.HANDLER_NAME} letters, digits, `_`, `-` and `.`, a letter "
                      f"or digit first; it is {name!r}.")
        rules = members.text("input_rules", optional=True)
        if rules is not None and rules not in INPUT_RULES:
            raise bad(f"`input_rules` of a handler must be one of {', '.join(INPUT_RULES)}; it is {rules!r}.")
        concurrency = members.integer("concurrency", 1, limits.CONCURRENCY, optional=True)
        return Handler(
            name=name, streaming=members.boolean("streaming", optional=True) or False,
            concurrency=DEFAULT_CONCURRENCY if concurrency is None else concurrency,
            input=members.object("input", optional=True), output=members.object("output", optional=True),
            training_input=members.object("training_input", optional=True), input_rules=rules,
            description=members.text("description", optional=True))

    def members(self) -> dict[str, Any]:
        """As it is sent."""
        return present({
            "name": self.name, "streaming": self.streaming, "concurrency": self.concurrency, "input": self.input,
            "training_input": self.training_input, "input_rules": self.input_rules, "output": self.output,
            "description": self.description})


@dataclass(frozen=True)
class Manifest:
    """What the worker can do."""

    handlers: list[Handler]
    """1 … 256 of them."""
    openapi: dict[str, Any] | None = None
    """A whole OpenAPI document, served verbatim at /openapi.json."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """For the health document: `python`, `python_sdk` and the like."""
    health_check: bool = False
    """Whether the model has a health check of its own."""

    @property
    def slots(self) -> int:
        """Runs at once in all."""
        return sum(handler.concurrency for handler in self.handlers)

    @staticmethod
    def read(value: Any) -> Manifest:
        """Checks the payload of `ready`. Raises ProtocolError."""
        members = Members(value)
        handlers = [Handler.read(entry) for entry in members.array("handlers")]
        if not 1 <= len(handlers) <= limits.HANDLERS:
            raise bad(f"`handlers` must have 1 to {limits.HANDLERS} entries; it has {len(handlers)}.")
        if len({handler.name for handler in handlers}) < len(handlers):
            raise bad("`handlers` has two of one name.")
        versions = members.object("versions", optional=True) or {}
        if not all(isinstance(version, str) for version in versions.values()):
            raise bad("`versions` must contain strings only.")
        manifest = Manifest(handlers, members.object("openapi", optional=True), versions,
                            members.boolean("health_check", optional=True) or False)
        if manifest.slots > limits.SLOTS:
            raise bad(f"The `concurrency` of all handlers adds up to {manifest.slots}; at most {limits.SLOTS} are "
                      "allowed.")
        return manifest

    def encode(self) -> bytes:
        """The payload of `ready`."""
        return write({"handlers": [handler.members() for handler in self.handlers], **present({
            "openapi": self.openapi, "versions": dict(self.versions) or None,
            "health_check": self.health_check or None})})
