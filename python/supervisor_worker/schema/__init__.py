"""Schemas of Cog models, read from their source: the model is neither imported nor run.

    document = generate(directory, "predict.py:Predictor", None)
    schemas = handler_schemas(document)

`python -m supervisor_worker.schema DIRECTORY` prints the document.
"""

from __future__ import annotations

from . import cog_yaml
from .cog_yaml import CogYaml
from .errors import ConfigurationError, Notice, SchemaError
from .generate import concurrency_of, find_or_generate, generate
from .inline import HandlerSchemas, handler_schemas

__all__ = [
    "CogYaml",
    "ConfigurationError",
    "HandlerSchemas",
    "Notice",
    "SchemaError",
    "cog_yaml",
    "concurrency_of",
    "find_or_generate",
    "generate",
    "handler_schemas",
]
