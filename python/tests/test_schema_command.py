"""The command: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from schema_support import CASES, SchemaTest, runner

# Far more than the command needs; only a hang takes so long.
DEADLINE_SECONDS = 60


class CommandTests(SchemaTest):
    def command(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        package = Path(__file__).resolve().parents[1]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COG_")}
        return subprocess.run(
            [sys.executable, "-m", "supervisor_worker.schema", *arguments],
            env={**clean, "PYTHONPATH": str(package), **(environment or {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=DEADLINE_SECONDS,
        )

    def test_it_prints_the_document(self) -> None:
        for folder in ("text", "trainer"):
            result = self.command(str(CASES / folder))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout, (CASES / folder / "expected.json").read_text(encoding="utf-8"))

    def test_flags_come_before_the_environment_and_that_before_cog_yaml(self) -> None:
        files = {f"{name}.py": runner(f"{name}: int") for name in ("flag", "variable", "file")}
        files |= {f"train_{name}.py": f"def train({name}: int) -> int: ...\n" for name in ("flag", "variable", "file")}
        files["cog.yaml"] = "run: 'file.py:Predictor'\ntrain: 'train_file.py:train'\n"
        directory = str(self.project(files))
        variables = {"COG_PREDICT_TYPE_STUB": "variable.py:Predictor", "COG_TRAIN_TYPE_STUB": "train_variable.py:train"}
        flags = ["--predict", "flag.py:Predictor", "--train", "train_flag.py"]
        for arguments, environment, expected in (
            ([], {}, "file"),
            ([], variables, "variable"),
            (flags, variables, "flag"),
        ):
            result = self.command(directory, *arguments, environment=environment)
            self.assertEqual(result.stderr, "")
            schemas = json.loads(result.stdout)["components"]["schemas"]
            for name in ("Input", "TrainingInput"):
                self.assertEqual(list(schemas[name]["properties"]), [expected])

    def test_a_schema_error_is_code_1(self) -> None:
        directory = self.project({"predict.py": "class Predictor:\n    def run(self, x) -> str: ...\n"})
        result = self.command(str(directory), "--predict", "predict.py:Predictor")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(
            result.stderr.splitlines()[:3],
            [
                "predict.py:2:19: error: input 'x' has no type annotation",
                "        def run(self, x) -> str: ...",
                "                      ^",
            ],
        )

    def test_a_configuration_error_is_code_78(self) -> None:
        empty = self.project({})
        both = self.project({"cog.yaml": "run: 'a.py:A'\npredict: 'b.py:B'\n"})
        for directory, text in (
            (empty, "cog.yaml: error: nothing says what the model"),
            (both, "cog.yaml: error: both `run` and `predict` are set"),
            (empty / "missing", "missing: error: there is no such directory"),
        ):
            result = self.command(str(directory))
            self.assertEqual((result.returncode, result.stdout), (78, ""))
            self.assertIn(text, result.stderr)
            self.assertNotIn("Traceback", result.stderr)

    def test_notices_go_to_stderr(self) -> None:
        directory = self.project({"predict.py": runner("x: str = Input(description=load())")})
        result = self.command(str(directory), "--predict", "predict.py:Predictor")
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: input 'x': description= is not determined by the source", result.stderr)
        self.assertIn("Input", json.loads(result.stdout)["components"]["schemas"])

    def test_text_of_any_language_is_printed(self) -> None:
        directory = self.project({"predict.py": runner("x: str = Input(description='größe 数')")})
        result = self.command(
            str(directory),
            "--predict",
            "predict.py:Predictor",
            environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""},
        )
        self.assertEqual(result.stderr, "")
        properties = json.loads(result.stdout)["components"]["schemas"]["Input"]["properties"]
        self.assertEqual(properties["x"]["description"], "größe 数")


if __name__ == "__main__":
    unittest.main()
