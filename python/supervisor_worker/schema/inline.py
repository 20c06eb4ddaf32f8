"""The schemas of a document as a worker declares them: complete in themselves, without references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .errors import ConfigurationError

# References that name each other several times grow without bound when they are written out.
MAXIMUM_NODES = 200_000
# Deeper JSON is refused by the readers of the schema.
MAXIMUM_DEPTH = 200
# Keywords whose values are data: a `$ref` in them is no reference.
_DATA = frozenset({"enum", "const", "default", "example", "examples"})
# Keywords whose members are named freely, so that a member `default` is a schema.
_SCHEMAS_BY_NAME = frozenset({"properties", "patternProperties"})


@dataclass(frozen=True)
class HandlerSchemas:
    """What a document says about a handler. A schema that it does not have is None."""

    input: dict[str, Any] | None
    output: dict[str, Any] | None
    training_input: dict[str, Any] | None
    training_output: dict[str, Any] | None
    streaming: bool


def handler_schemas(document: dict[str, Any], path: str = "openapi_schema.json") -> HandlerSchemas:
    """The schemas of `document` with local references written out; `path` is how errors name it.

    A reference to a schema that contains it becomes `{}`, which accepts everything. Raises ConfigurationError for
    references that lead nowhere or out of the document.
    """
    components = _member(_member(document, "components"), "schemas")
    inliner = _Inliner(document, path)
    operation = _member(_member(_member(document, "paths"), "/predictions"), "post")
    return HandlerSchemas(
        input=inliner.schema(components.get("Input")),
        output=inliner.schema(components.get("Output")),
        training_input=inliner.schema(components.get("TrainingInput")),
        training_output=inliner.schema(components.get("TrainingOutput")),
        streaming=operation.get("x-cog-streaming") is True,
    )


def _member(value: dict[str, Any], name: str) -> dict[str, Any]:
    member = value.get(name)
    return member if isinstance(member, dict) else {}


class _Inliner:
    def __init__(self, document: dict[str, Any], path: str) -> None:
        self._document = document
        self._path = path
        self._nodes = 0

    def schema(self, value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ConfigurationError(self._path, "a component's schema is no JSON object")
        written = self._inlined(value, (), MAXIMUM_DEPTH)
        assert isinstance(written, dict), "objects become objects"
        return written

    def _inlined(self, value: Any, around: tuple[str, ...], depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAXIMUM_NODES or depth == 0:
            raise ConfigurationError(
                self._path,
                "the schemas are too large when their references are written out",
                remedy="remove references that multiply",
            )
        if isinstance(value, list):
            return [self._inlined(element, around, depth - 1) for element in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return {name: self._keyword(name, member, around, depth - 1) for name, member in value.items()}
        target = {} if reference in around else self._target(reference)
        written = self._inlined(target, around + (reference,), depth - 1)
        others = {
            name: self._keyword(name, member, around, depth - 1) for name, member in value.items() if name != "$ref"
        }
        if not others:
            return written
        if isinstance(written, dict) and not set(written) & set(others):
            return {**written, **others}
        # Both hold; neither may hide the other.
        return {"allOf": [written], **others}

    def _keyword(self, name: str, value: Any, around: tuple[str, ...], depth: int) -> Any:
        """The value of one keyword: a schema, schemas by name, or data that is none."""
        if name in _DATA:
            return value
        if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
            return {member: self._inlined(schema, around, depth - 1) for member, schema in value.items()}
        return self._inlined(value, around, depth)

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ConfigurationError(
                self._path, f"the reference {reference!r} leaves the document", remedy="write the schema into it"
            )
        found: Any = self._document
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise ConfigurationError(self._path, f"the reference {reference!r} leads nowhere")
        return found
