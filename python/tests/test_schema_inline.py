"""Schemas of handlers: references written out, circles cut, wrong references refused."""

from __future__ import annotations

import unittest
from typing import Any

from schema_support import SchemaTest, runner
from supervisor_worker.schema import ConfigurationError, HandlerSchemas, handler_schemas


def document(**schemas: Any) -> dict[str, Any]:
    return {"components": {"schemas": schemas}}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


LOOP: dict[str, Any] = {"properties": {"child": ref("Loop"), "a": {"type": "string"}}}

# (components, Input as it is written out)
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Input": {"type": "object"}}, {"type": "object"}),
    ({"Input": ref("A"), "A": {"type": "object"}}, {"type": "object"}),
    (
        {"Input": {"properties": {"s": {"allOf": [ref("s")], "default": "a"}}}, "s": {"enum": ["a"]}},
        {"properties": {"s": {"allOf": [{"enum": ["a"]}], "default": "a"}}},
    ),
    ({"Input": {"anyOf": [ref("A"), ref("B")]}, "A": {"a": 1}, "B": ref("A")}, {"anyOf": [{"a": 1}, {"a": 1}]}),
    # Members beside the reference hold as well.
    ({"Input": {**ref("A"), "nullable": True}, "A": {"type": "string"}}, {"type": "string", "nullable": True}),
    (
        {"Input": {**ref("A"), "maximum": 3}, "A": {"maximum": 5}},
        {"allOf": [{"maximum": 5}], "maximum": 3},
    ),
    # A circle ends in a schema that accepts everything.
    (
        {"Input": {"properties": {"x": ref("Loop")}}, "Loop": LOOP},
        {"properties": {"x": {"properties": {"child": {}, "a": {"type": "string"}}}}},
    ),
    ({"Input": ref("Input")}, {}),
    # What only looks like a reference is data.
    (
        {"Input": {"properties": {"$ref": {"type": "string"}, "default": ref("A")}}, "A": {"a": 1}},
        {"properties": {"$ref": {"type": "string"}, "default": {"a": 1}}},
    ),
    (
        {"Input": {"enum": [{"$ref": "#/nowhere"}], "default": {"$ref": "x"}}},
        {"enum": [{"$ref": "#/nowhere"}], "default": {"$ref": "x"}},
    ),
    ({"Input": {"$ref": "#/components/schemas/a~1b~0c"}, "a/b~c": {"a": 1}}, {"a": 1}),
    ({"Input": {"$ref": "#/components/schemas/a%20b"}, "a b": {"a": 1}}, {"a": 1}),
    ({"Input": {"$ref": "#/components/schemas/A/anyOf/1"}, "A": {"anyOf": [{}, {"a": 1}]}}, {"a": 1}),
]

REFUSED = [
    ({"Input": ref("Missing")}, "the reference '#/components/schemas/Missing' leads nowhere"),
    ({"Input": {"$ref": "#/components/schemas/A/anyOf/2"}, "A": {"anyOf": []}}, "leads nowhere"),
    ({"Input": {"$ref": "other.json#/A"}}, "the reference 'other.json#/A' leaves the document"),
    ({"Input": [1]}, "a component's schema is no JSON object"),
    (
        {"Input": ref("S0"), **{f"S{n}": {"anyOf": [ref(f"S{n + 1}")] * 4} for n in range(20)}, "S20": {}},
        "too large when their references are written out",
    ),
]


class InlineTests(SchemaTest):
    def test_references_are_written_out(self) -> None:
        for schemas, expected in CASES:
            with self.subTest(schemas):
                self.assertEqual(handler_schemas(document(**schemas)).input, expected)

    def test_wrong_references_are_refused(self) -> None:
        for schemas, text in REFUSED:
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                handler_schemas(document(**schemas), "given.json")
            self.assertIn(text, str(caught.exception))
            self.assertTrue(str(caught.exception).startswith("given.json: error: "))

    def test_a_document_without_schemas_declares_nothing(self) -> None:
        for empty in ({}, {"components": {}}, {"components": None, "paths": []}, {"paths": {"/predictions": {}}}):
            self.assertEqual(handler_schemas(empty), HandlerSchemas(None, None, None, None, False))

    def test_streaming_is_the_mark_of_the_operation(self) -> None:
        for mark, expected in ((True, True), (False, False), ("true", False), (1, False)):
            found = handler_schemas({"paths": {"/predictions": {"post": {"x-cog-streaming": mark}}}})
            self.assertEqual(found.streaming, expected)

    def test_all_schemas_of_a_model(self) -> None:
        files = {
            "predict.py": runner("size: int = Input(choices=[1, 2])", "list[str]"),
            "train.py": "from cog import Input\ndef train(size: int = Input(choices=[3, 4])) -> int: ...\n",
        }
        schemas = handler_schemas(self.document(files, train="train.py:train"))
        self.assertNotIn("$ref", str(schemas))
        assert schemas.input is not None and schemas.training_input is not None
        self.assertEqual(schemas.input["properties"]["size"]["allOf"][0]["enum"], [1, 2])
        self.assertEqual(schemas.training_input["properties"]["size"]["allOf"][0]["enum"], [3, 4])
        self.assertEqual(schemas.output, {"title": "Output", "type": "array", "items": {"type": "string"}})
        self.assertEqual(schemas.training_output, {"title": "TrainingOutput", "type": "integer"})
        self.assertFalse(schemas.streaming)


if __name__ == "__main__":
    unittest.main()
