"""Models written into temporary directories, and the parts of their documents that tables of cases are about."""

from __future__ import annotations

import tempfile
import textwrap
import unittest
from pathlib import Path
from typing import Any

import support  # noqa: F401 - puts the package on the path
from supervisor_worker.schema import Notice, SchemaError, generate

CASES = Path(__file__).resolve().parent / "schema_cases"

IMPORTS = """\
import typing
import typing as t
import collections.abc
import cog
from dataclasses import dataclass
from typing import Annotated, Any, AsyncIterator, Dict, Generator, Iterable, Iterator, List, Literal, Optional, Tuple
from typing import NotRequired, Required, TypedDict, Union
import pydantic
from cog import AsyncConcatenateIterator, BaseModel, BasePredictor, BaseRunner, ConcatenateIterator
from cog import File, Input, Opaque, Path, Secret, concurrent, streaming
import numpy as np
"""


class SchemaTest(unittest.TestCase):
    """Test cases that generate documents."""

    maxDiff = None

    def project(self, files: dict[str, str]) -> Path:
        """A temporary directory with `files`."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        directory = Path(holder.name)
        for name, text in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return directory

    def document(
        self,
        files: dict[str, str],
        predict: str | None = "predict.py:Predictor",
        train: str | None = None,
        notices: list[Notice] | None = None,
    ) -> dict[str, Any]:
        """The document of a project with `files`."""
        return generate(self.project(files), predict, train, (notices if notices is not None else []).append)

    def components(self, files: dict[str, str], predict: str = "predict.py:Predictor") -> dict[str, Any]:
        """The components of a project's document."""
        schemas = self.document(files, predict)["components"]["schemas"]
        assert isinstance(schemas, dict)
        return schemas

    def refusal(
        self, files: dict[str, str], predict: str | None = "predict.py:Predictor", train: str | None = None
    ) -> SchemaError:
        """The error that the project is refused with."""
        with self.assertRaises(SchemaError) as caught:
            self.document(files, predict, train)
        return caught.exception


def runner(parameters: str, returns: str = "str", before: str = "", body: str = "") -> str:
    """The source of a model with these parameters; `body` stands in the class before run()."""
    indented = textwrap.indent(textwrap.dedent(body), "    ")
    return (
        f"{IMPORTS}{textwrap.dedent(before)}\n"
        f"class Predictor(BaseRunner):\n{indented}\n    def run(self, {parameters}) -> {returns}:\n        ...\n"
    )
