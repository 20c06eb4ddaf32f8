"""Whole documents: of models in a folder, of predictions and trainings together, and made in advance."""

from __future__ import annotations

import json
import unittest
from typing import Any, Iterator

from schema_support import CASES, SchemaTest, runner
from supervisor_worker.schema import ConfigurationError, Notice, cog_yaml, find_or_generate, generate

PREDICTION_COMPONENTS = ["PredictionRequest", "PredictionResponse"]
TRAINING_COMPONENTS = ["TrainingInput", "TrainingOutput", "TrainingRequest", "TrainingResponse"]
SHARED_COMPONENTS = ["Status", "HTTPValidationError", "ValidationError"]
TRAIN = "def train(n: int) -> str: ...\n"


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


class DocumentTests(SchemaTest):
    def test_models_of_the_folder_have_their_documents(self) -> None:
        folders = sorted(path for path in CASES.iterdir() if (path / "expected.json").is_file())
        self.assertGreaterEqual(len(folders), 2)
        for folder in folders:
            with self.subTest(folder.name):
                configuration = cog_yaml.read(folder)
                notices: list[Notice] = []
                document = generate(folder, configuration.predict_ref, configuration.train_ref, notices.append)
                expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
                self.assertEqual(document, expected)
                # The order of members is part of it: files are compared.
                self.assertEqual(json.dumps(document), json.dumps(expected))
                self.assertEqual(notices, [])

    def test_references_lead_to_components(self) -> None:
        for folder in ("text", "trainer"):
            document = json.loads((CASES / folder / "expected.json").read_text(encoding="utf-8"))
            found = set(references(document))
            self.assertGreater(len(found), 5)
            for reference in found:
                self.assertIn(reference.removeprefix("#/components/schemas/"), document["components"]["schemas"])

    def test_paths_and_components_of_predictions(self) -> None:
        document = self.document({"predict.py": runner("x: int")})
        self.assertEqual(document["openapi"], "3.0.2")
        self.assertEqual(document["info"]["title"], "Cog")
        self.assertEqual(
            list(document["paths"]), ["/", "/health-check", "/predictions", "/predictions/{prediction_id}/cancel"]
        )
        self.assertEqual(
            list(document["components"]["schemas"]), ["Input", "Output", *PREDICTION_COMPONENTS, *SHARED_COMPONENTS]
        )
        post = document["paths"]["/predictions"]["post"]
        self.assertEqual(post["operationId"], "predict_predictions_post")
        self.assertEqual(post["requestBody"]["content"]["application/json"]["schema"], ref("PredictionRequest"))
        answers = {code: answer["content"]["application/json"]["schema"] for code, answer in post["responses"].items()}
        self.assertEqual(answers, {"200": ref("PredictionResponse"), "422": ref("HTTPValidationError")})
        schemas = document["components"]["schemas"]
        self.assertEqual(list(schemas["PredictionRequest"]["properties"]), ["id", "input"])
        self.assertEqual(
            set(schemas["PredictionResponse"]["properties"]),
            set("input output id version created_at started_at completed_at status error logs metrics".split()),
        )
        self.assertEqual(schemas["Status"]["enum"], ["starting", "processing", "succeeded", "canceled", "failed"])
        self.assertEqual(set(schemas["ValidationError"]["properties"]), {"loc", "msg", "type"})

    def test_paths_and_components_of_trainings(self) -> None:
        document = self.document({"train.py": TRAIN}, None, "train.py:train")
        self.assertEqual(
            list(document["paths"]), ["/", "/health-check", "/trainings", "/trainings/{training_id}/cancel"]
        )
        self.assertEqual(list(document["components"]["schemas"]), [*TRAINING_COMPONENTS, *SHARED_COMPONENTS])
        self.assertEqual(document["paths"]["/trainings"]["post"]["operationId"], "train_trainings_post")

    def test_both_are_merged_predictions_first(self) -> None:
        document = self.document({"predict.py": runner("x: int"), "train.py": TRAIN}, train="train.py:train")
        self.assertEqual(
            list(document["paths"]),
            [
                "/",
                "/health-check",
                "/predictions",
                "/predictions/{prediction_id}/cancel",
                "/trainings",
                "/trainings/{training_id}/cancel",
            ],
        )
        self.assertEqual(
            list(document["components"]["schemas"]),
            ["Input", "Output", *PREDICTION_COMPONENTS, *TRAINING_COMPONENTS, *SHARED_COMPONENTS],
        )

    def test_choices_of_both_share_a_component_when_they_are_equal(self) -> None:
        for choices, names in (("[1, 2]", ["size"]), ("[1, 3]", ["size", "size_2"])):
            train = f"from cog import Input\ndef train(size: int = Input(choices={choices})) -> str: ...\n"
            files = {"predict.py": runner("size: int = Input(choices=[1, 2])"), "train.py": train}
            schemas = self.document(files, train="train.py:train")["components"]["schemas"]
            self.assertEqual([name for name in schemas if name.startswith("size")], names)
            reference = schemas["TrainingInput"]["properties"]["size"]["allOf"][0]["$ref"]
            self.assertEqual(reference, f"#/components/schemas/{names[-1]}")
            self.assertEqual(str(schemas[names[-1]]["enum"]), choices)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


class GivenDocumentTests(SchemaTest):
    def test_the_variable_comes_before_the_file_and_the_file_before_the_source(self) -> None:
        given = '{"components": {"schemas": {"Input": {"title": "%s"}}}}'
        directory = self.project(
            {
                "predict.py": runner(""),
                ".cog/openapi_schema.json": given % "file",
                "own/schema.json": given % "variable",
            }
        )
        variable = {"COG_OPENAPI_SCHEMA": "own/schema.json"}
        absolute = {"COG_OPENAPI_SCHEMA": str(directory / "own/schema.json")}
        for environment, title in (
            (variable, "variable"),
            (absolute, "variable"),
            ({}, "file"),
            ({"COG_OPENAPI_SCHEMA": ""}, "file"),
        ):
            document = find_or_generate(directory, "predict.py:Predictor", None, environment)
            self.assertEqual(document["components"]["schemas"]["Input"]["title"], title)
        (directory / ".cog/openapi_schema.json").unlink()
        document = find_or_generate(directory, "predict.py:Predictor", None, {})
        self.assertEqual(document["info"]["title"], "Cog")

    def test_a_given_document_needs_no_reference(self) -> None:
        directory = self.project({".cog/openapi_schema.json": '{"components": {}}'})
        self.assertEqual(find_or_generate(directory, None, None, {}), {"components": {}})

    def test_an_empty_file_is_none(self) -> None:
        directory = self.project({"predict.py": runner(""), ".cog/openapi_schema.json": ""})
        document = find_or_generate(directory, "predict.py:Predictor", None, {})
        self.assertEqual(document["info"]["title"], "Cog")

    def test_what_is_no_document_is_a_configuration_error(self) -> None:
        for text, reason in (
            ("{", "the schema is not JSON"),
            ("[]", "the schema is no OpenAPI document"),
            ('{"paths": {}}', "the schema is no OpenAPI document"),
            ("[" * 100_000, "the schema is not JSON"),
        ):
            with self.subTest(text[:20]), self.assertRaises(ConfigurationError) as caught:
                find_or_generate(self.project({".cog/openapi_schema.json": text}), None, None, {})
            self.assertIn(f".cog/openapi_schema.json: error: {reason}", str(caught.exception))
        with self.assertRaises(ConfigurationError) as caught:
            find_or_generate(self.project({}), None, None, {"COG_OPENAPI_SCHEMA": "missing.json"})
        self.assertIn("COG_OPENAPI_SCHEMA=missing.json: error: the schema cannot be read", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
