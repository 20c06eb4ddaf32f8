"""Return annotations: what each makes of the component Output, and what is refused."""

from __future__ import annotations

import unittest
from typing import Any

from schema_support import SchemaTest, runner

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
URI = {"type": "string", "format": "uri"}
OBJECT = {"type": "object"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def iterator(items: dict[str, Any]) -> dict[str, Any]:
    return {**array(items), "x-cog-array-type": "iterator"}


CONCATENATED = {**iterator(STRING), "x-cog-array-display": "concatenate"}

# (annotation, schema without title)
ANNOTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("str", STRING),
    ("int", INTEGER),
    ("float", {"type": "number"}),
    ("bool", {"type": "boolean"}),
    ("Path", URI),
    ("cog.Path", URI),
    ("File", URI),
    ("Secret", {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}),
    ("Any", OBJECT),
    ("dict", OBJECT),
    ("Dict", OBJECT),
    ("dict[str, int]", {**OBJECT, "additionalProperties": INTEGER}),
    ("Dict[str, List[str]]", {**OBJECT, "additionalProperties": array(STRING)}),
    ("dict[str, Any]", {**OBJECT, "additionalProperties": OBJECT}),
    ("list", array({})),
    ("List", array({})),
    ("list[str]", array(STRING)),
    ("List[Path]", array(URI)),
    ("list[list[int]]", array(array(INTEGER))),
    ("list[dict[str, int]]", array({**OBJECT, "additionalProperties": INTEGER})),
    ("Iterator[str]", iterator(STRING)),
    ("Iterator[Path]", iterator(URI)),
    ("Iterator[dict]", iterator(OBJECT)),
    ("Iterator[list[int]]", iterator(array(INTEGER))),
    ("AsyncIterator[int]", iterator(INTEGER)),
    ("typing.Iterator[str]", iterator(STRING)),
    ("collections.abc.Iterator[str]", iterator(STRING)),
    ("t.AsyncIterator[str]", iterator(STRING)),
    ("ConcatenateIterator[str]", CONCATENATED),
    ("AsyncConcatenateIterator[str]", CONCATENATED),
    ("cog.ConcatenateIterator[str]", CONCATENATED),
    # Its elements can only be text.
    ("ConcatenateIterator", CONCATENATED),
    ("AsyncConcatenateIterator", CONCATENATED),
    ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}),
    ("Literal[1]", {"type": "integer", "enum": [1]}),
    ("'ConcatenateIterator[str]'", CONCATENATED),
    ("Iterator['str']", iterator(STRING)),
    ("Annotated[np.ndarray, Opaque]", OBJECT),
    ("Annotated[list[np.ndarray], Opaque]", array(OBJECT)),
    ("list[Annotated[np.ndarray, Opaque]]", array(OBJECT)),
    ("Iterator[Annotated[np.ndarray, Opaque]]", iterator(OBJECT)),
    ("Annotated[str, 'anything']", STRING),
    ("'str'", STRING),
]

# (annotation, text, part of the remedy)
REFUSED = [
    ("Optional[str]", "an output must not be Optional", "empty value"),
    ("str | None", "an output must not be Optional", "empty value"),
    ("Optional[Annotated[np.ndarray, Opaque]]", "an output must not be Optional", "empty value"),
    ("Annotated[Optional[np.ndarray], Opaque]", "an output must not be Optional", "empty value"),
    ("list[Optional[str]]", "an output must not be Optional", "empty value"),
    ("Iterator[Optional[str]]", "an output must not be Optional", "empty value"),
    ("str | int", "an output must not be a union: `str | int`", "one type"),
    ("Union[str, int]", "an output must not be a union: `Union[str, int]`", "one type"),
    ("None", "run() returns None", "-> str"),
    ("Iterator", "the output `Iterator` does not say what it yields", "Iterator[str]"),
    ("AsyncIterator", "does not say what it yields", "AsyncIterator[str]"),
    ("Literal[b'a']", "an output cannot be of the type", "use str"),
    ("ConcatenateIterator[int]", "the elements of ConcatenateIterator must be str, not `int`", "Iterator"),
    ("AsyncConcatenateIterator[Path]", "must be str, not `Path`", "Iterator"),
    ("Generator[str, None, None]", "an output cannot be `Generator[str, None, None]`", "Iterator"),
    ("Iterable[str]", "an output cannot be `Iterable[str]`", "Iterator"),
    ("typing.AsyncGenerator[str, None]", "an output cannot be `typing.AsyncGenerator[str, None]`", "AsyncIterator"),
    ("list[Iterator[str]]", "`Iterator[str]` cannot stand inside another type", "list"),
    ("Alias", "the output of run() is the type alias `Alias`", "the type itself"),
    ("Imported", "the output of run() is the type alias `Imported`", "the type itself"),
    ("np.ndarray", "an output cannot be of the type `np.ndarray`", "use str"),
    ("Plain", "an output cannot be of the type `Plain`", "use str"),
    ("New", "an output cannot be of the type `New`", "use str"),
    ("Own", "an output cannot be of the type `Own`", "use str"),
    ("set[str]", "an output cannot be of the type `set[str]`", "use str"),
    ("tuple[int, str]", "an output cannot be of the type `tuple[int, str]`", "use str"),
    ("Unknown", "the name `Unknown` is not defined", "import it"),
]

MODELS = """
    from datetime import datetime
    from enum import Enum
    from pydantic import Field

    class Color(Enum):
        RED = "red"
        BLUE = "blue"

    class Point(BaseModel):
        x: int
        y: float = 0.0

    class Everything(BaseModel):
        text: str
        maybe: Optional[str]
        maybe_none: Optional[str] = None
        points: List[Point]
        first_point: Point
        either: int | str
        when: datetime
        color: Color
        labels: dict[str, Point] = {}
        raw: Annotated[np.ndarray, Opaque]
        CONSTANT = 3
        kind: typing.ClassVar[str] = "k"

        def method(self) -> int: ...

    class Derived(Point):
        z: "int"
        y: str

    class Tree(BaseModel):
        name: str
        children: list["Tree"]

    class Loaded(pydantic.BaseModel):
        a: int = Field(..., description="needed")
        b: int = Field(default=1)
        c: list[int] = Field(default_factory=list)
        d: int = Field(2)
        e: int = Field(description="needed")
        f: int = ...
        g: int = made()
        _hidden: int = 0
        model_config = {}

    class Box(TypedDict):
        a: int
        b: NotRequired[str]
        c: Optional[int]

    class Loose(Box, total=False):
        d: int
        e: Required[int]

    Made = TypedDict("Made", {"a-b": int, "c": "Point"}, total=False)

    @dataclass
    class Data:
        a: int
        b: str = ""

    class Mixed(Plain, BaseModel):
        a: int
"""
POINT = {
    "type": "object",
    "properties": {"x": {"title": "X", "type": "integer"}, "y": {"title": "Y", "type": "number"}},
    "required": ["x"],
}

# (annotation, schema without title)
OBJECTS: list[tuple[str, dict[str, Any]]] = [
    ("Point", POINT),
    ("list[Point]", array(POINT)),
    ("Iterator[Point]", iterator(POINT)),
    ("dict[str, Point]", {**OBJECT, "additionalProperties": POINT}),
    (
        "Everything",
        {
            "type": "object",
            "properties": {
                "text": {"title": "Text", "type": "string"},
                "maybe": {"title": "Maybe", "type": "string", "nullable": True},
                "maybe_none": {"title": "Maybe None", "type": "string", "nullable": True},
                "points": {"title": "Points", **array(POINT)},
                "first_point": {"title": "First Point", **POINT},
                "either": {"title": "Either", "anyOf": [INTEGER, STRING]},
                "when": {"title": "When", "type": "string", "format": "date-time"},
                "color": {"title": "Color", "type": "string", "enum": ["red", "blue"]},
                "labels": {"title": "Labels", **OBJECT, "additionalProperties": POINT},
                "raw": {"title": "Raw", **OBJECT},
            },
            "required": ["text", "points", "first_point", "either", "when", "color", "raw"],
        },
    ),
    (
        "Derived",
        {
            "type": "object",
            "properties": {
                "x": {"title": "X", "type": "integer"},
                "y": {"title": "Y", "type": "string"},
                "z": {"title": "Z", "type": "integer"},
            },
            "required": ["x", "y", "z"],
        },
    ),
    (
        "Tree",
        {
            "type": "object",
            "properties": {
                "name": {"title": "Name", "type": "string"},
                "children": {"title": "Children", **array(OBJECT)},
            },
            "required": ["name", "children"],
        },
    ),
    (
        "Loaded",
        {
            "type": "object",
            "properties": {name: {"title": name.upper(), "type": "integer"} for name in "ab"}
            | {"c": {"title": "C", **array(INTEGER)}}
            | {name: {"title": name.upper(), "type": "integer"} for name in "defg"},
            "required": ["a", "e", "f"],
        },
    ),
    (
        "Box",
        {
            "type": "object",
            "properties": {
                "a": {"title": "A", "type": "integer"},
                "b": {"title": "B", "type": "string"},
                "c": {"title": "C", "type": "integer", "nullable": True},
            },
            "required": ["a", "c"],
        },
    ),
    (
        "Loose",
        {
            "type": "object",
            "properties": {
                "a": {"title": "A", "type": "integer"},
                "b": {"title": "B", "type": "string"},
                "c": {"title": "C", "type": "integer", "nullable": True},
                "d": {"title": "D", "type": "integer"},
                "e": {"title": "E", "type": "integer"},
            },
            "required": ["a", "c", "e"],
        },
    ),
    (
        "Made",
        {"type": "object", "properties": {"a-b": {"title": "A-b", "type": "integer"}, "c": {"title": "C", **POINT}}},
    ),
    (
        "Data",
        {
            "type": "object",
            "properties": {"a": {"title": "A", "type": "integer"}, "b": {"title": "B", "type": "string"}},
            "required": ["a"],
        },
    ),
    ("Mixed", {"type": "object", "properties": {"a": {"title": "A", "type": "integer"}}, "required": ["a"]}),
    ("Color", {"type": "string", "enum": ["red", "blue"]}),
]


class OutputTests(SchemaTest):
    def test_each_annotation_has_its_schema(self) -> None:
        for annotation, schema in ANNOTATIONS:
            for future in ("", "from __future__ import annotations\n"):
                with self.subTest(annotation, future=future):
                    found = self.components({"predict.py": future + runner("", annotation)})["Output"]
                    self.assertEqual(found, {"title": "Output", **schema})

    def test_annotations_are_refused_with_a_remedy(self) -> None:
        before = "from other import Imported\nNew = typing.NewType('New', int)\nOwn = made('Own', {})\nAlias = list[str]\nclass Plain:\n    a: int\n"
        for annotation, text, remedy in REFUSED:
            with self.subTest(annotation):
                source = runner("", annotation, before=before)
                error = self.refusal({"predict.py": source, "other.py": "Imported = str\n"})
                self.assertIn(text, error.text)
                self.assertIn(remedy, error.remedy or "")
                self.assertEqual(
                    (error.path, error.line), ("predict.py", source[: source.index("def run")].count("\n") + 1)
                )

    def test_a_missing_annotation_is_refused(self) -> None:
        error = self.refusal({"predict.py": "class Predictor:\n    def run(self, x: int): ...\n"})
        self.assertEqual((error.text, error.line), ("run() must have a return type annotation", 2))
        self.assertIn("-> str", error.remedy or "")

    def test_classes_that_describe_objects(self) -> None:
        for annotation, schema in OBJECTS:
            with self.subTest(annotation):
                source = runner(
                    "",
                    annotation,
                    before="class Plain:\n    pass\n" + "\n".join(line[4:] for line in MODELS.splitlines()),
                )
                self.assertEqual(self.components({"predict.py": source})["Output"], {"title": "Output", **schema})

    def test_classes_of_other_files_keep_their_own_names(self) -> None:
        files = {
            "predict.py": "from models.output import Result\nclass Predictor:\n    def run(self) -> Result: ...\n",
            "models/output.py": "import cog\nfrom .parts import Part as P\nclass Result(cog.BaseModel):\n    part: P\n",
            "models/parts.py": "from typing import Optional as Maybe\nfrom pydantic import BaseModel\nclass Part(BaseModel):\n    a: Maybe[int]\n",
        }
        part = {
            "title": "Part",
            "type": "object",
            "properties": {"a": {"title": "A", "type": "integer", "nullable": True}},
        }
        self.assertEqual(
            self.components(files)["Output"],
            {"title": "Output", "type": "object", "properties": {"part": part}, "required": ["part"]},
        )

    def test_an_error_in_a_field_is_shown_in_its_own_file(self) -> None:
        files = {
            "predict.py": "from output import Result\nclass Predictor:\n    def run(self) -> Result: ...\n",
            "output.py": "import cog\nimport torch\n\nclass Result(cog.BaseModel):\n    a: torch.Tensor\n",
        }
        error = self.refusal(files)
        self.assertEqual((error.path, error.line, error.column), ("output.py", 5, 8))
        self.assertIn("an output cannot be of the type `torch.Tensor`", error.text)


if __name__ == "__main__":
    unittest.main()
