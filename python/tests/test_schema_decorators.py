"""`@streaming` in each spelling, what it demands of the annotation, and `@concurrent`."""

from __future__ import annotations

import unittest

from schema_support import SchemaTest
from supervisor_worker.schema import SchemaError, concurrency_of, generate, handler_schemas

SENTENCE = (
    "@streaming requires Iterator[...], AsyncIterator[...], ConcatenateIterator[...] or "
    "AsyncConcatenateIterator[...] return type"
)

# (imports, decorators, whether the model streams)
SPELLINGS = [
    ("from cog import streaming", ["@streaming"], True),
    ("from cog import streaming", ["@streaming()"], True),
    ("from cog import streaming as s", ["@s"], True),
    ("from cog import streaming as s", ["@s()"], True),
    ("import cog", ["@cog.streaming"], True),
    ("import cog", ["@cog.streaming()"], True),
    ("import cog as c", ["@c.streaming"], True),
    ("import cog as c", ["@c.streaming()"], True),
    ("import cog.types", ["@cog.streaming"], True),
    ("from cog import *", ["@streaming"], True),
    ("import functools\nfrom cog import streaming", ["@functools.wraps(len)", "@streaming"], True),
    ("import functools\nfrom cog import streaming", ["@streaming()", "@functools.wraps(len)"], True),
    ("from cog import concurrent, streaming", ["@concurrent(max=1)", "@streaming"], True),
    ("import cog", [], False),
    ("from other import streaming", ["@streaming"], False),
    ("import other as cog", ["@cog.streaming"], False),
    ("from project import streaming", ["@streaming"], False),
    ("import project", ["@project.streaming"], False),
    ("import cog", ["@streaming"], False),
    ("from cog import concurrent as streaming", ["@streaming"], False),
    ("from cog import streaming\nstreaming = print", ["@streaming"], False),
    ("from cog import streaming\ndef streaming(function): return function", ["@streaming"], False),
    ("try:\n    from cog import streaming\nexcept ImportError:\n    pass", ["@streaming"], False),
    ("if True:\n    from cog import streaming", ["@streaming"], False),
    ("def load():\n    from cog import streaming", ["@streaming"], False),
    ("import cog\nstream = cog.streaming", ["@stream"], False),
    ("import cog\nstream = cog", ["@stream.streaming"], False),
    ("import cog", ["@cog.streaming.more"], False),
    ("from .cog import streaming", ["@streaming"], False),
]

# (annotation, whether it is one of the four)
ANNOTATIONS = [
    ("Iterator[str]", True),
    ("AsyncIterator[str]", True),
    ("ConcatenateIterator[str]", True),
    ("AsyncConcatenateIterator[str]", True),
    ("'Iterator[str]'", True),
    ("typing.Iterator[str]", True),
    ("collections.abc.Iterator[str]", True),
    ("t.Iterator[str]", True),
    ("cog.ConcatenateIterator[str]", True),
    ("'t.AsyncIterator[int]'", True),
    ("list[str]", False),
    ("str", False),
    ("Generator[str, None, None]", False),
    ("Iterable[str]", False),
    ("Optional[Iterator[str]]", False),
]

IMPORTS = """\
import collections.abc
import typing
import typing as t
from typing import AsyncIterator, Generator, Iterable, Iterator, Optional
import cog
from cog import AsyncConcatenateIterator, ConcatenateIterator, concurrent, streaming
"""


def method(imports: str, decorators: list[str]) -> str:
    lines = [f"{imports}", "from typing import Iterator", "class Predictor:"]
    lines += [f"    {decorator}" for decorator in decorators]
    return "\n".join([*lines, "    def run(self) -> Iterator[str]: ...", ""])


def function(imports: str, decorators: list[str]) -> str:
    return "\n".join([imports, "from typing import Iterator", *decorators, "def serve() -> Iterator[str]: ...", ""])


class StreamingTests(SchemaTest):
    def streams(self, files: dict[str, str], predict: str = "predict.py:Predictor", train: str | None = None) -> bool:
        document = self.document(files, predict, train)
        mark = document["paths"]["/predictions"]["post"].get("x-cog-streaming")
        self.assertIn(mark, (None, True))
        self.assertEqual(handler_schemas(document).streaming, mark is True)
        return mark is True

    def test_each_spelling_of_a_methods_decorator(self) -> None:
        for imports, decorators, expected in SPELLINGS:
            with self.subTest(imports=imports, decorators=decorators):
                files = {"predict.py": method(imports, decorators), "project.py": "from cog import streaming\n"}
                self.assertEqual(self.streams(files), expected)

    def test_each_spelling_of_a_functions_decorator(self) -> None:
        for imports, decorators, expected in SPELLINGS:
            with self.subTest(imports=imports, decorators=decorators):
                files = {"predict.py": function(imports, decorators), "project.py": "from cog import streaming\n"}
                self.assertEqual(self.streams(files, "predict.py:serve"), expected)

    def test_a_decorator_on_the_class_does_not_count(self) -> None:
        source = "import cog\nfrom typing import Iterator\n@cog.streaming\nclass Predictor:\n    def run(self) -> Iterator[str]: ...\n"
        self.assertFalse(self.streams({"predict.py": source}))

    def test_calling_the_decorator_later_does_not_count(self) -> None:
        source = (
            "from cog import streaming\nfrom typing import Iterator\nclass Predictor:\n"
            "    def run(self) -> Iterator[str]: ...\n    run = streaming(run)\n"
        )
        self.assertFalse(self.streams({"predict.py": source}))
        self.assertFalse(self.streams({"predict.py": source + "Predictor.run = streaming(Predictor.run)\n"}))

    def test_an_import_below_the_decorator_does_not_count(self) -> None:
        self.assertFalse(self.streams({"predict.py": method("", ["@streaming"]) + "from cog import streaming\n"}))

    def test_methods_of_base_classes_count(self) -> None:
        base = "import cog\nfrom typing import Iterator\nclass Base(cog.BaseRunner):\n    @cog.streaming\n    def run(self, x: int) -> Iterator[str]: ...\n"
        for predict in (
            base + "class Predictor(Base): pass\n",
            "from base import Base\nclass Predictor(Base): pass\n",
            "import base\nclass Between(base.Base): pass\nclass Predictor(Between): pass\n",
            "from nested.more import Base as B\nclass Predictor(B): pass\n",
            "from base import Base as Predictor\n",
            "import base\nPredictor = base.Base\n",
        ):
            with self.subTest(predict):
                files = {"predict.py": predict, "base.py": base, "nested/more.py": "from base import Base\n"}
                self.assertTrue(self.streams(files))

    def test_the_method_that_runs_decides(self) -> None:
        source = (
            "import cog\nfrom typing import Iterator\nclass Base:\n    @cog.streaming\n    def run(self) -> Iterator[str]: ...\n"
            "class Predictor(Base):\n    def run(self) -> Iterator[str]: ...\n"
        )
        self.assertFalse(self.streams({"predict.py": source}))

    def test_training_never_streams(self) -> None:
        files = {
            "predict.py": method("import cog", []),
            "train.py": "import cog\nfrom typing import Iterator\n@cog.streaming\ndef train() -> Iterator[str]: ...\n"
            "@cog.streaming\ndef other() -> str: ...\n",
        }
        for name in ("train", "other"):
            document = self.document(files, "predict.py:Predictor", f"train.py:{name}")
            self.assertNotIn("x-cog-streaming", str(document))

    def test_the_annotation_must_be_an_iterator(self) -> None:
        for annotation, allowed in ANNOTATIONS:
            with self.subTest(annotation):
                source = f"{IMPORTS}class Predictor:\n    @streaming\n    def run(self) -> {annotation}: ...\n"
                if allowed:
                    self.assertTrue(self.streams({"predict.py": source}))
                else:
                    error = self.refusal({"predict.py": source})
                    self.assertEqual((error.path, error.line, error.text), ("predict.py", 9, SENTENCE))
                    self.assertTrue(str(error).startswith(f"predict.py:9:22: error: {SENTENCE}\n"))

    def test_a_missing_annotation_is_the_same_error(self) -> None:
        source = f"{IMPORTS}class Predictor:\n    @streaming\n    def run(self): ...\n"
        error = self.refusal({"predict.py": source})
        self.assertEqual((error.line, error.text), (9, SENTENCE))

    def test_the_error_names_the_file_of_the_base_class(self) -> None:
        files = {
            "predict.py": "from lib.base import Base\nclass Predictor(Base): pass\n",
            "lib/base.py": "import cog\n\nclass Base:\n    @cog.streaming\n    def run(self) -> list[str]: ...\n",
        }
        error = self.refusal(files)
        self.assertEqual((error.path, error.line, error.text), ("lib/base.py", 5, SENTENCE))


# (decorators, async, number)
CONCURRENCY: list[tuple[list[str], bool, int | None]] = [
    ([], True, None),
    (["@concurrent"], True, 1),
    (["@concurrent()"], True, 1),
    (["@concurrent(max=1)"], True, 1),
    (["@concurrent(max=64)"], True, 64),
    (["@cog.concurrent(max=3)"], True, 3),
    (["@streaming", "@concurrent(max=3)"], True, 3),
    (["@concurrent"], False, 1),
    (["@concurrent(max=1)"], False, 1),
    (["@other(max=5)"], True, None),
]

REFUSED_CONCURRENCY = [
    ("@concurrent(max=2)", False, "concurrent max greater than 1 requires an async function"),
    ("@concurrent(max=0)", True, "concurrent max must be at least 1"),
    ("@concurrent(max=-1)", True, "concurrent max must be at least 1"),
    ("@concurrent(max=True)", True, "concurrent max must be an integer, written as a number"),
    ("@concurrent(max='2')", True, "concurrent max must be an integer, written as a number"),
    ("@concurrent(max=2.0)", True, "concurrent max must be an integer, written as a number"),
    ("@concurrent(max=LIMIT)", True, "concurrent max must be an integer, written as a number"),
    ("@concurrent(2)", True, "concurrent must be used as @concurrent or @concurrent(max=...)"),
    ("@concurrent(most=2)", True, "concurrent must be used as @concurrent or @concurrent(max=...)"),
]


class ConcurrencyTests(SchemaTest):
    def source(self, decorators: list[str], is_async: bool) -> str:
        lines = [f"{IMPORTS}LIMIT = 2", "class Predictor:", *(f"    {line}" for line in decorators)]
        lines += [f"    {'async ' if is_async else ''}def run(self) -> AsyncIterator[str]: ...", ""]
        return "\n".join(lines)

    def test_the_decorators_number(self) -> None:
        for decorators, is_async, expected in CONCURRENCY:
            with self.subTest(decorators=decorators, is_async=is_async):
                directory = self.project({"predict.py": self.source(decorators, is_async)})
                self.assertEqual(concurrency_of(directory, "predict.py:Predictor"), expected)

    def test_what_cog_refuses_is_refused_for_the_document_too(self) -> None:
        for decorator, is_async, text in REFUSED_CONCURRENCY:
            with self.subTest(decorator):
                directory = self.project({"predict.py": self.source([decorator], is_async)})
                for call in (concurrency_of, lambda path, reference: generate(path, reference, None)):
                    with self.assertRaises(SchemaError) as caught:
                        call(directory, "predict.py:Predictor")
                    self.assertEqual((caught.exception.text, caught.exception.line), (text, 9))
                    self.assertIsNotNone(caught.exception.remedy)


if __name__ == "__main__":
    unittest.main()
