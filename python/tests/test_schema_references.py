"""From a reference to the function that runs: classes, functions, base classes, run() and predict()."""

from __future__ import annotations

import unittest

from schema_support import SchemaTest
from supervisor_worker.schema import ConfigurationError, generate


def class_source(name: str, method: str = "run", bases: str = "", output: str = "str") -> str:
    return f"class {name}{f'({bases})' if bases else ''}:\n    def {method}(self) -> {output}: ...\n"


COG = "from cog import BasePredictor, BaseRunner\nimport cog\n"

# (source of predict.py, reference, type of the output)
FOUND: list[tuple[str, str, str]] = [
    (class_source("Predictor"), "predict.py:Predictor", "string"),
    (class_source("Anything", "predict"), "predict.py:Anything", "string"),
    (class_source("Runner"), "predict.py", "string"),
    (class_source("Predictor", "predict"), "predict.py", "string"),
    # Runner is preferred when it is valid.
    (class_source("Runner", output="int") + class_source("Predictor"), "predict.py", "integer"),
    (class_source("Runner", "other", output="int") + class_source("Predictor"), "predict.py", "string"),
    ("Runner = 3\n" + class_source("Predictor"), "predict.py", "string"),
    ("def Runner() -> int: ...\n" + class_source("Predictor"), "predict.py", "integer"),
    ("def serve(x: int) -> int: ...\n", "predict.py:serve", "integer"),
    ("async def serve(x: int) -> int: ...\n", "predict.py:serve", "integer"),
    # BasePredictor is a BaseRunner; inherited methods of the SDK do not count.
    (COG + class_source("Predictor", bases="BaseRunner"), "predict.py:Predictor", "string"),
    (COG + class_source("Predictor", "predict", bases="cog.BasePredictor"), "predict.py:Predictor", "string"),
    (COG + class_source("A", bases="BaseRunner") + "class Predictor(A): pass\n", "predict.py:Predictor", "string"),
    # Mixins before the SDK's classes count, those after them do not.
    (
        COG + class_source("Mixin") + "class Predictor(Mixin, BaseRunner): pass\n",
        "predict.py:Predictor",
        "string",
    ),
    (
        COG + class_source("Mixin", "run") + class_source("Predictor", "predict", "BasePredictor, Mixin", "int"),
        "predict.py:Predictor",
        "integer",
    ),
    # Python's order of classes: the derived one of a diamond first.
    (
        class_source("Top", output="str")
        + "class Left(Top): pass\n"
        + class_source("Right", bases="Top", output="int")
        + "class Predictor(Left, Right): pass\n",
        "predict.py:Predictor",
        "integer",
    ),
    ("import torch\n" + class_source("Predictor", bases="torch.nn.Module"), "predict.py:Predictor", "string"),
    (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Base(Generic[T]):\n    def run(self) -> int: ...\n"
        "class Predictor(Base[str]): pass\n",
        "predict.py:Predictor",
        "integer",
    ),
    # The last definition runs.
    (
        "class Predictor:\n    def run(self) -> str: ...\n    def run(self) -> int: ...\n",
        "predict.py:Predictor",
        "integer",
    ),
    (
        "from typing import overload\nclass Predictor:\n    @overload\n    def run(self, x: int) -> str: ...\n"
        "    def run(self, x: int) -> int: ...\n",
        "predict.py:Predictor",
        "integer",
    ),
    ("def serve(self) -> int: ...\nclass Predictor:\n    run = serve\n", "predict.py:Predictor", "integer"),
    (
        "class Predictor:\n    def run(self) -> int: ...\n    run = print(run)\n",
        "predict.py:Predictor",
        "integer",
    ),
    ("class Predictor:\n    @staticmethod\n    def run(x: int) -> int: ...\n", "predict.py:Predictor", "integer"),
    ("if True:\n    class Predictor:\n        def run(self) -> int: ...\n", "predict.py:Predictor", "integer"),
    ("Predictor = make()\nclass Predictor:\n    def run(self) -> int: ...\n", "predict.py:Predictor", "integer"),
    (class_source("A") + "Predictor = A\n", "predict.py:Predictor", "string"),
]

# (source, text of the SchemaError, line)
REFUSED: list[tuple[str, str, int]] = [
    (
        "class Predictor:\n    def run(self) -> str: ...\n    def predict(self) -> str: ...\n",
        "Predictor must define either run() or predict(), not both",
        1,
    ),
    (
        class_source("Base", "predict") + class_source("Predictor", "run", "Base"),
        "Predictor must define either run() or predict(), not both",
        3,
    ),
    ("\nclass Predictor:\n    pass\n", "run or predict method not found: Predictor", 2),
    (COG + "class Predictor(BaseRunner): pass\n", "run or predict method not found: Predictor", 3),
    (
        "import other\nclass Predictor(other.Base): pass\n",
        "run or predict method not found: Predictor; the source of other.Base is not read",
        2,
    ),
    ("class Predictor(Missing): pass\n", "run or predict method not found: Predictor; the source of Missing", 1),
    (
        COG + "class Predictor(BaseRunner):\n    def run() -> str: ...\n",
        "run() has no `self`",
        4,
    ),
    ("class Predictor:\n    run = load()\n", "Predictor.run is not defined with `def`", 2),
    ("class Predictor:\n    run = lambda self: 1\n", "Predictor.run is not defined with `def`", 2),
    ("class Predictor(Predictor): pass\n", "run or predict method not found", 1),
    (
        "class A: pass\nclass B(A): pass\nclass Predictor(A, B): pass\n",
        "the base classes of Predictor cannot be brought into one order",
        3,
    ),
    ("class Predictor:\n    def run(self -> str: ...\n", "this is no Python that this interpreter can read", 2),
    ("x = 1\n\0", "this is no Python", 0),
]

# (reference, part of the text)
REFERENCES = [
    ("", "nothing says what the model"),
    (":Predictor", "this is no reference to a model"),
    ("predict.py:", "this is no reference to a model"),
    ("predict.py:a b", "this is no reference to a model"),
    ("predict:Predictor", "predict is no Python file"),
    ("missing.py:Predictor", "there is no file missing.py"),
    ("predict.py:Missing", "predict.py does not define Missing"),
    ("predict.py:VALUE", "VALUE is neither a class nor a function in the source"),
    ("predict.py:Module", "Module comes from torch.nn.Module, an installed package whose source is not read"),
    ("predict.py", "predict.py has no class Runner or Predictor"),
]


class ReferenceTests(SchemaTest):
    def test_references_lead_to_functions(self) -> None:
        for source, reference, expected in FOUND:
            with self.subTest(source, reference=reference):
                schemas = self.components({"predict.py": source}, reference)
                self.assertEqual(schemas["Output"]["type"], expected)
                self.assertNotIn("self", schemas["Input"]["properties"])

    def test_classes_that_cannot_serve_are_refused(self) -> None:
        for source, text, line in REFUSED:
            with self.subTest(source):
                error = self.refusal({"predict.py": source})
                self.assertIn(text, error.text)
                self.assertEqual(error.line or 0, line)

    def test_without_a_name_the_reason_is_that_of_the_preferred_class(self) -> None:
        error = self.refusal({"predict.py": "class Runner: pass\n"}, "predict.py")
        self.assertIn("run or predict method not found: Runner", error.text)

    def test_references_that_lead_nowhere_are_configuration_errors(self) -> None:
        source = "VALUE = 3\nfrom torch.nn import Module\n"
        directory = self.project({"predict.py": source})
        for reference, text in REFERENCES:
            with self.subTest(reference), self.assertRaises(ConfigurationError) as caught:
                generate(directory, reference, None)
            self.assertIn(text, str(caught.exception))
            self.assertIsNotNone(caught.exception.remedy)

    def test_files_of_sub_directories_import_from_the_models_directory(self) -> None:
        files = {
            "my-subdir/predict.py": "from shared.base import Base\nclass Predictor(Base): pass\n",
            "shared/base.py": class_source("Base"),
            "my-subdir/sibling.py": class_source("Base", output="int"),
        }
        self.assertEqual(self.components(files, "my-subdir/predict.py:Predictor")["Output"]["type"], "string")
        files["my-subdir/predict.py"] = "from sibling import Base\nclass Predictor(Base): pass\n"
        error = self.refusal(files, "my-subdir/predict.py:Predictor")
        self.assertIn("the source of sibling.Base is not read", error.text)

    def test_a_folder_does_not_hide_an_installed_package(self) -> None:
        files = {
            "predict.py": "from torch import Module\n" + class_source("Predictor", bases="Module"),
            "torch/weights.txt": "",
        }
        self.assertEqual(self.components(files)["Output"]["type"], "string")
        files["predict.py"] = "from torch import Module\nclass Predictor(Module): pass\n"
        self.assertIn("the source of torch.Module is not read", self.refusal(files).text)

    def test_circles_of_imports_end(self) -> None:
        files = {
            "predict.py": "from a import Predictor\n",
            "a.py": "from b import Predictor\n",
            "b.py": "from a import Predictor\n",
        }
        with self.assertRaises(ConfigurationError) as caught:
            generate(self.project(files), "predict.py:Predictor", None)
        self.assertIn("Predictor is neither a class nor a function", str(caught.exception))

    def test_circles_of_classes_end(self) -> None:
        files = {
            "predict.py": "from other import Other\nclass Predictor(Other): pass\n",
            "other.py": "from predict import Predictor\nclass Other(Predictor): pass\n",
        }
        self.assertIn("inherits from itself", self.refusal(files).text)

    def test_source_that_is_nested_without_end_is_refused(self) -> None:
        chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {n}:\n    pass\n" for n in range(1, 2000))
        error = self.refusal({"predict.py": chain + class_source("Predictor")})
        self.assertRegex(error.text, "nested too deeply|this is no Python")
        self.assertEqual(error.path, "predict.py")

    def test_nothing_is_imported_or_run(self) -> None:
        source = "raise SystemExit('run')\nimport not_installed_anywhere\n" + class_source("Predictor")
        self.assertEqual(self.components({"predict.py": source})["Output"]["type"], "string")


# (source of train.py, reference)
TRAINERS = [
    ("def train(n: int) -> str: ...\n", "train.py:train"),
    ("async def fit(n: int) -> str: ...\n", "train.py:fit"),
    ("def train(n: int) -> str: ...\n", "train.py"),
    ("class Trainer:\n    def setup(self): ...\n    def train(self, n: int) -> str: ...\n", "train.py:Trainer"),
    ("class Runner:\n    def train(self, n: int) -> str: ...\n    def run(self) -> int: ...\n", "train.py"),
    ("from predict import Base\nclass Trainer(Base): pass\n", "train.py:Trainer"),
    # In train mode too, Cog serves a class that only predicts.
    ("class Trainer:\n    def run(self, n: int) -> str: ...\n", "train.py:Trainer"),
    ("class Trainer:\n    def predict(self, n: int) -> str: ...\n", "train.py:Trainer"),
]


class TrainingTests(SchemaTest):
    def test_functions_and_classes_train(self) -> None:
        base = "class Base:\n    async def train(self, n: int) -> str: ...\n"
        for source, reference in TRAINERS:
            with self.subTest(source):
                schemas = self.document({"train.py": source, "predict.py": base}, None, reference)["components"][
                    "schemas"
                ]
                self.assertEqual(
                    schemas["TrainingInput"],
                    {
                        "title": "TrainingInput",
                        "type": "object",
                        "properties": {"n": {"title": "N", "x-order": 0, "type": "integer"}},
                        "required": ["n"],
                    },
                )
                self.assertEqual(schemas["TrainingOutput"], {"title": "TrainingOutput", "type": "string"})

    def test_a_class_without_train_is_refused(self) -> None:
        error = self.refusal({"train.py": class_source("Trainer", "fit")}, None, "train.py:Trainer")
        self.assertEqual((error.text, error.line), ("train method not found: Trainer", 1))

    def test_a_file_without_train_is_refused(self) -> None:
        directory = self.project({"train.py": "def fit() -> str: ...\n"})
        with self.assertRaisesRegex(ConfigurationError, "train.py has no function train"):
            generate(directory, None, "train.py")


if __name__ == "__main__":
    unittest.main()
