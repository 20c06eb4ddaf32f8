"""A document from the source of a model, or the one that was made in advance."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import decorators
from . import document as openapi
from .errors import ConfigurationError, Notice, SchemaError
from .functions import ModelFunction, predict_function, train_function
from .inputs import InputReader
from .outputs import OutputReader
from .project import Project

# Where Cog's build leaves the document, relative to the model's directory.
DOCUMENT_PATH = Path(".cog/openapi_schema.json")
# Names a document that replaces everything the source says.
DOCUMENT_VARIABLE = "COG_OPENAPI_SCHEMA"
# A document larger than this is not a model's.
MAXIMUM_DOCUMENT_BYTES = 16 * 1024 * 1024


def _ignore(notice: Notice) -> None:
    """Notices are for those who ask for them."""


def generate(
    directory: Path | str,
    predict_ref: str | None,
    train_ref: str | None = None,
    report: Callable[[Notice], None] = _ignore,
) -> dict[str, Any]:
    """The OpenAPI document of the model in `directory`, read from its source; nothing is imported or run.

    References are `file.py:Name` or `file.py`. `report` gets what the source leaves open and the document leaves out.
    Raises SchemaError where the source does not say what the schema is, ConfigurationError where a reference leads
    nowhere or both are None.
    """
    try:
        return _generated(Project(Path(directory)), predict_ref, train_ref, report)
    except RecursionError:
        place = predict_ref or train_ref or ""
        raise SchemaError(place.partition(":")[0], None, "the source is nested too deeply to be read") from None


def _generated(
    project: Project, predict_ref: str | None, train_ref: str | None, report: Callable[[Notice], None]
) -> dict[str, Any]:
    taken: dict[str, Any] = dict.fromkeys(openapi.reserved_components())
    services: list[tuple[openapi.Service, dict[str, Any], bool]] = []
    if predict_ref:
        function = predict_function(project, predict_ref)
        is_streaming = decorators.is_streaming(project, function)
        components = _components(project, function, openapi.PREDICTION, taken, report)
        services.append((openapi.PREDICTION, components, is_streaming))
    if train_ref:
        function = train_function(project, train_ref)
        components = _components(project, function, openapi.TRAINING, taken, report)
        services.append((openapi.TRAINING, components, False))
    if not services:
        raise ConfigurationError(
            "cog.yaml",
            f"nothing says what the model in {project.directory} is",
            remedy='add `run: "run.py:Runner"` to cog.yaml, or pass --predict run.py:Runner',
        )
    return openapi.document(services)


def concurrency_of(directory: Path | str, ref: str) -> int | None:
    """The number that `@concurrent` on the function of `ref` declares; None without the decorator.

    Raises as generate() does, and for what cog refuses at import.
    """
    project = Project(Path(directory))
    return decorators.concurrency(project, predict_function(project, ref))


def find_or_generate(
    directory: Path | str,
    predict_ref: str | None,
    train_ref: str | None,
    environment: Mapping[str, str],
    report: Callable[[Notice], None] = _ignore,
) -> dict[str, Any]:
    """The document that `COG_OPENAPI_SCHEMA` names, else `.cog/openapi_schema.json`, else the generated one.

    A relative `COG_OPENAPI_SCHEMA` is relative to the model's directory. An empty `.cog/openapi_schema.json` is as
    good as none.
    """
    named = environment.get(DOCUMENT_VARIABLE)
    if named:
        return read_document(Path(directory, named), f"{DOCUMENT_VARIABLE}={named}")
    existing = Path(directory, DOCUMENT_PATH)
    # A shell that is told to write the document there has emptied the file before we are asked.
    if existing.is_file() and existing.stat().st_size > 0:
        return read_document(existing, str(DOCUMENT_PATH))
    return generate(directory, predict_ref, train_ref, report)


def read_document(path: Path, display: str) -> dict[str, Any]:
    """A document made in advance. Raises ConfigurationError when it cannot be read or is none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(display, f"the schema cannot be read: {error.strerror}") from None
    if len(data) > MAXIMUM_DOCUMENT_BYTES:
        raise ConfigurationError(display, f"the schema is larger than {MAXIMUM_DOCUMENT_BYTES} bytes")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            display, f"the schema is not JSON: {error}", remedy="correct it, or remove it to have it generated"
        ) from None
    if not isinstance(value, dict) or not isinstance(value.get("components"), dict):
        raise ConfigurationError(
            display, "the schema is no OpenAPI document", remedy="correct it, or remove it to have it generated"
        )
    return value


def _components(
    project: Project,
    function: ModelFunction,
    service: openapi.Service,
    taken: dict[str, Any],
    report: Callable[[Notice], None],
) -> dict[str, Any]:
    decorators.concurrency(project, function)
    inputs = InputReader(project, report).read(function, service.input_name, taken)
    output = OutputReader(project).read(function, service.output_name)
    return {service.input_name: inputs.schema, service.output_name: output, **inputs.enumerations}
