"""cog.yaml: what its keys mean, and the reader for Pythons without the package yaml."""

from __future__ import annotations

import importlib.util
import random
import unittest
from typing import Any

from schema_support import CASES, SchemaTest
from supervisor_worker.schema import ConfigurationError, cog_yaml
from supervisor_worker.schema.yaml_subset import YamlError, read_top_level

KEYS = frozenset({"run", "predict", "train", "concurrency", "environment"})
HAS_YAML = importlib.util.find_spec("yaml") is not None

# (text, values of the keys)
UNDERSTOOD: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("# nothing\n\n---\n", {}),
    ('run: "run.py:Runner"', {"run": "run.py:Runner"}),
    ("run: run.py:Runner", {"run": "run.py:Runner"}),
    ("run: 'run.py:Runner'   # here", {"run": "run.py:Runner"}),
    ("run: 'it''s.py:Runner'", {"run": "it's.py:Runner"}),
    ('run: "tab\\tbed \\u00e4.py"', {"run": "tab\tbed ä.py"}),
    ("run: run.py#1:Runner # comment", {"run": "run.py#1:Runner"}),
    ("run:", {"run": None}),
    ("run: ~", {"run": None}),
    ("run: 3", {"run": 3}),
    ("run: yes", {"run": True}),
    ("\"run\": a.py:A\r\n'train': b.py:b\r\n", {"run": "a.py:A", "train": "b.py:b"}),
    ("concurrency:\n  max: 4\n", {"concurrency": {"max": 4}}),
    ("concurrency: {max: 4}", {"concurrency": {"max": 4}}),
    ('concurrency: { "max": 4, other: "a, b" }', {"concurrency": {"max": 4, "other": "a, b"}}),
    ("concurrency: {}", {"concurrency": {}}),
    ('environment:\n  - A=1\n  - "B=x: y"\n', {"environment": ["A=1", "B=x: y"]}),
    ("environment:\n- A=1\n- B=2\nrun: a.py", {"environment": ["A=1", "B=2"], "run": "a.py"}),
    ("environment: [A=1, 'B=2,3', \"C=]\"]", {"environment": ["A=1", "B=2,3", "C=]"]}),
    ("environment: []", {"environment": []}),
    ("environment: [A=1,]", {"environment": ["A=1"]}),
    # What nobody asked for is passed over.
    ("build:\n  gpu: true\n  run:\n    - echo\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("build:\n  python_packages: [\n    \"a\",\n    'b',  # ]\n  ]\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("build:\n  run:\n    - |\n      run: \"x\n      ] } '\n    - echo\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("build:\n  run:\n    - command: >-\n        it's [\n      mounts: []\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("note: |\n  run: \"b\n  'c\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("image: r8.im/a/b\nmodel: a/b\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("build: {gpu: true, run: [a, 'b']}\nrun: a.py:A\n", {"run": "a.py:A"}),
    ("tests:\n- a: it's\n  b: [1, 2]\nrun: a.py:A\n", {"run": "a.py:A"}),
]

# (text, line, part of the text of the error)
NOT_UNDERSTOOD = [
    ("run: a\nrun: b\n", 2, "there twice"),
    ("run: a\npredict: b\n'run': c\n", 3, "there twice"),
    ("- run: a\n", 1, "not understood"),
    ("{run: a}\n", 1, "not understood"),
    ("just text\n", 1, "not understood"),
    ("run:a.py\n", 1, "not understood"),
    ("? run\n: a\n", 1, "not understood"),
    ("run: a\n---\nrun: b\n", 2, "more than one document"),
    ("%YAML 1.1\n---\nrun: a\n", 1, "directive"),
    ("run: a\n...\n", 2, "more than one document"),
    ("\trun: a\n", 1, "tab"),
    ("concurrency:\n\tmax: 3\n", 2, "tab"),
    ("run: a\x00\n", 1, "control character"),
    ("run: |\n  a.py:A\n", 2, "more than one line"),
    ("run: >\n", 1, "not understood"),
    ("run: a.py:A\n  more\n", 2, "more than one line"),
    ('run: "a\n  b"\n', 1, "more than one line"),
    ("run: 'a\n", 1, "more than one line"),
    ("run: *anchor\n", 1, "not understood"),
    ("run: &anchor a\n", 1, "not understood"),
    ("run: !!str a\n", 1, "not understood"),
    ("run: `a`\n", 1, "not understood"),
    ("run: a: b\n", 1, "not understood"),
    ("run: a:\n", 1, "not understood"),
    ("run: - a\n", 1, "not understood"),
    ('run: "\\x41"\n', 1, "the quoted text"),
    ("run: 0x10\n", 1, "in quotes"),
    ("run: 010\n", 1, "in quotes"),
    ("run: 1_000\n", 1, "in quotes"),
    ("run: 1.5\n", 1, "in quotes"),
    ("run: 12:30\n", 1, "in quotes"),
    ("run: 2020-01-01\n", 1, "in quotes"),
    ("run: .inf\n", 1, "in quotes"),
    ("run: y\n", 1, "in quotes"),
    ("run: =\n", 1, "in quotes"),
    ("<<: {run: a}\n", 1, "not understood"),
    ("concurrency: {max: 4\n", 1, "brackets over more than one line"),
    ("concurrency: {max: {a: 1}}\n", 1, "not understood"),
    ("concurrency: {max: 1, max: 2}\n", 1, "not understood"),
    ("concurrency:\n  max: 1\n  max: 2\n", 3, "not understood"),
    ("concurrency:\n  max: 1\n   other: 2\n", 3, "indentation"),
    ("concurrency:\n  max:\n    - 1\n", 3, "indentation"),
    ("environment:\n  - A=1\n  B: 2\n", 3, "not understood"),
    ("environment:\n  - - A\n", 2, "not understood"),
    ("environment:\n  - a: b\n", 2, "not understood"),
    ("environment: [A, [B]]\n", 1, "not understood"),
    ("environment: [A, , B]\n", 1, "empty element"),
    ('environment: [A="1"]\n', 1, "not understood"),
    ('environment: ["A" # x]\n', 1, "a `#` behind quotes"),
    ("build: [\n  a\nrun: b\n", 1, "not closed"),
    ("build:\n  - [\n]\n", 1, "not closed"),
    ('build:\n  a: "b\nrun: c"\n', 2, "quoted text over more than one line"),
    ("build:\n  - 'b\nrun: c'\n", 2, "quoted text over more than one line"),
    ("build: 'b''\n\nrun: c'\n", 1, "quoted text over more than one line"),
    ('build:\n  ?a: "b\nrun: c"\n', 2, "the quotes in"),
    ("build: 'b\nrun: c'\n", 1, "quoted text over more than one line"),
    ("run: a\n  \n b\n", 3, "more than one line"),
]

# (text, part of the message)
REFUSED = [
    ("run: a.py:A\npredict: b.py:B\n", "both `run` and `predict` are set"),
    ("run: 3\n", "`run` must be a reference"),
    ("train: [a]\n", "`train` must be a reference"),
    ("predict: ''\n", "`predict` must be a reference"),
    ("concurrency: 4\n", "`concurrency` must be a mapping"),
    ("concurrency: {max: 0}\n", "`concurrency.max` must be a whole number from 1"),
    ("concurrency: {max: true}\n", "`concurrency.max` must be a whole number from 1"),
    ("concurrency: {max: '4'}\n", "`concurrency.max` must be a whole number from 1"),
    ("environment: A=1\n", "`environment` must be a list"),
    ("environment: {A: 1}\n", "`environment` must be a list"),
    ("environment: [A]\n", "`environment` has the entry 'A'"),
    ("environment: [1]\n", "`environment` has the entry 1"),
    ("environment: ['=1']\n", "`environment` has the entry '=1'"),
    ("environment: ['A B=1']\n", "`environment` has the entry 'A B=1'"),
]
DENIED = (
    "PATH LD_LIBRARY_PATH PYTHONPATH VIRTUAL_ENV PYTHONUNBUFFERED LIBRARY_PATH HF_ENDPOINT HF_HUB_ENABLE_HF_TRANSFER "
    "R8_A REPLICATE_A CUDA_A NVIDIA_A NV_A PGET_A KUBERNETES_A"
).split()


class CogYamlTests(SchemaTest):
    def read(self, text: str) -> cog_yaml.CogYaml:
        return cog_yaml.read(self.project({"cog.yaml": text}))

    def test_keys_have_their_meaning(self) -> None:
        found = self.read(
            'run: "run.py:Runner"\ntrain: train.py:train\nconcurrency: {max: 4}\nenvironment: ["A=1=2", B=]\n'
        )
        self.assertEqual((found.predict_ref, found.train_ref), ("run.py:Runner", "train.py:train"))
        self.assertEqual(found.concurrency_max, 4)
        self.assertEqual(found.environment, {"A": "1=2", "B": ""})
        self.assertEqual(self.read("predict: a.py:A").predict_ref, "a.py:A")

    def test_what_is_not_there_is_none(self) -> None:
        for found in (self.read("build: {gpu: true}\nconcurrency: {}\nrun:\n"), cog_yaml.read(self.project({}))):
            self.assertEqual(
                (found.predict_ref, found.train_ref, found.concurrency_max, found.environment), (None, None, None, {})
            )
        self.assertIsNotNone(self.read("").path)
        self.assertIsNone(cog_yaml.read(self.project({})).path)

    def test_a_mark_of_the_encoding_is_passed_over(self) -> None:
        self.assertEqual(self.read("\ufeffrun: a.py:A").predict_ref, "a.py:A")

    def test_wrong_values_are_refused_with_a_remedy(self) -> None:
        for text, message in REFUSED:
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                self.read(text)
            self.assertIn(f"cog.yaml: error: {message}", str(caught.exception))
            self.assertIsNotNone(caught.exception.remedy)

    def test_variables_of_the_system_are_refused(self) -> None:
        for name in DENIED:
            with self.subTest(name), self.assertRaisesRegex(ConfigurationError, f"must not set {name}\n"):
                self.read(f"environment: [{name}=1]")

    def test_what_is_no_yaml_is_refused(self) -> None:
        for text in ("run: 'a\n", "- a\n- b\n", "text", "run: b: c\n"):
            with self.subTest(text), self.assertRaisesRegex(ConfigurationError, "^cog.yaml"):
                self.read(text)
        directory = self.project({})
        (directory / "cog.yaml").write_bytes(b"run: \xff\n")
        with self.assertRaisesRegex(ConfigurationError, "not UTF-8"):
            cog_yaml.read(directory)

    def test_references_of_the_models_in_the_folder(self) -> None:
        self.assertEqual(
            cog_yaml.references(CASES / "trainer", None, None, {}), ("predict.py:Predictor", "train.py:train")
        )
        found = cog_yaml.read(CASES / "text")
        self.assertEqual((found.concurrency_max, found.environment), (8, {"TOKENIZERS_PARALLELISM": "false"}))

    def test_a_broken_file_does_not_matter_when_both_references_are_given(self) -> None:
        directory = self.project({"cog.yaml": "run: 'a\n"})
        self.assertEqual(cog_yaml.references(directory, "a.py:A", "b.py:b", {}), ("a.py:A", "b.py:b"))


class SubsetTests(unittest.TestCase):
    def test_the_usual_forms_are_understood(self) -> None:
        for text, expected in UNDERSTOOD:
            with self.subTest(text):
                self.assertEqual(read_top_level(text, KEYS), expected)

    def test_the_rest_is_refused_with_its_line(self) -> None:
        for text, line, message in NOT_UNDERSTOOD:
            with self.subTest(text), self.assertRaises(YamlError) as caught:
                read_top_level(text, KEYS)
            self.assertIn(message, caught.exception.text)
            self.assertEqual(caught.exception.line, line)

    @unittest.skipUnless(HAS_YAML, "the package yaml is not installed, so there is nothing to compare with")
    def test_what_is_understood_is_understood_as_by_the_package(self) -> None:
        import yaml

        seed = random.randrange(2**32)
        generator = random.Random(seed)
        seeds = [text for text, _ in UNDERSTOOD] + [text for text, _, _ in NOT_UNDERSTOOD]
        seeds.append((CASES / "text" / "cog.yaml").read_text(encoding="utf-8"))
        understood = 0
        for _ in range(20_000):
            text = mutated(generator, seeds)
            try:
                found = read_top_level(text, KEYS)
            except YamlError:
                continue
            understood += 1
            try:
                whole = yaml.safe_load(text) or {}
            except yaml.YAMLError:
                # What the package refuses, Cog has refused before; it cannot be misread.
                continue
            expected = {key: whole[key] for key in whole if key in KEYS} if isinstance(whole, dict) else None
            self.assertEqual(found, expected, f"seed {seed}: {text!r}")
        self.assertGreater(understood, 1000)


def mutated(generator: random.Random, seeds: list[str]) -> str:
    """A text with some of its lines or letters exchanged, doubled or gone."""
    text = generator.choice(seeds)
    if generator.random() < 0.5:
        text = text.rstrip("\n") + "\n" + generator.choice(seeds)
    for _ in range(generator.randrange(1, 4)):
        position = generator.randrange(len(text) + 1)
        kind = generator.random()
        if kind < 0.3:
            text = text[:position] + text[position + 1 :]
        elif kind < 0.7:
            text = text[:position] + generator.choice(" \n\"'[]{}:,-#|>&*!?=\t01a.\\") + text[position:]
        else:
            lines = text.split("\n")
            lines.insert(
                generator.randrange(len(lines) + 1), " " * generator.randrange(4) + generator.choice(lines).strip()
            )
            text = "\n".join(lines)
    return text


if __name__ == "__main__":
    unittest.main()
