"""What the worker says about a model: its schemas, and how many runs it does at once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

from ..runtime.application import Misconfigured
from ..schema import ConfigurationError, HandlerSchemas, SchemaError, find_or_generate, handler_schemas
from ..schema.decorators import STREAMING_NEEDS_ITERATOR
from ..schema.generate import DOCUMENT_PATH, DOCUMENT_VARIABLE
from .configuration import CogConfiguration
from .model import Model, concurrency_of

NO_SCHEMAS = HandlerSchemas(input=None, output=None, training_input=None, training_output=None, streaming=False)


@dataclass(frozen=True)
class Description:
    """The model's OpenAPI document, and what follows from it. Without a document everything is accepted."""

    document: dict[str, Any] | None
    schemas: HandlerSchemas
    problem: str | None = None
    """Why there is no document, or none of the function that does not serve."""

    @property
    def warning(self) -> str | None:
        """For the set-up's log, once the model turns out to be one that can be served all the same."""
        if self.problem is None or self.document is not None:
            return self.problem
        return (
            "the model is served without a schema, so its inputs are not checked and its output cannot be streamed:\n"
            + self.problem
        )


def describe_model(configuration: CogConfiguration) -> Description:
    """Finds or makes the document of the configured model.

    A model whose source does not tell its schema is served without one, as Cog serves it. Raises SetupFailed for a
    document that is broken, and for @streaming on what cannot stream.
    """
    refs = (configuration.predict_ref, configuration.train_ref)
    found = _try(configuration, *refs)
    if found.document is None and None not in refs:
        # Perhaps it is only the other function that is not understood.
        only = (None, refs[1]) if configuration.mode == "train" else (refs[0], None)
        own = _try(configuration, *only)
        if own.document is not None:
            return Description(own.document, own.schemas, f"the model's other function has no schema:\n{found.problem}")
    return found


def _try(configuration: CogConfiguration, predict_ref: str | None, train_ref: str | None) -> Description:
    has_document = bool(os.environ.get(DOCUMENT_VARIABLE)) or (configuration.directory / DOCUMENT_PATH).is_file()
    try:
        document = find_or_generate(
            configuration.directory,
            predict_ref,
            train_ref,
            os.environ,
            lambda notice: print(notice, file=sys.stderr),
        )
        return Description(document, handler_schemas(document))
    except SchemaError as error:
        if error.text.startswith(STREAMING_NEEDS_ITERATOR):
            raise Misconfigured(f"failed to load predictor: {error}", kind="SchemaError") from None
        return _without(error)
    except ConfigurationError as error:
        if has_document:
            raise Misconfigured(str(error), kind="ConfigurationError") from None
        # A name that is made while the module runs, for example: importing it will tell.
        return _without(error)


def _without(error: Exception) -> Description:
    return Description(None, NO_SCHEMAS, str(error))


def concurrency(configuration: CogConfiguration, model: Model) -> int:
    """Runs at once: COG_MAX_CONCURRENCY, else cog.yaml, else `@concurrent`, else 1. Raises SetupFailed."""
    wanted = configuration.concurrency or concurrency_of(model.function) or 1
    if wanted > 1 and not model.is_async:
        raise Misconfigured(
            "COG_MAX_CONCURRENCY > 1 requires an async run() or predict() method", kind="ConfigurationError"
        )
    return wanted
