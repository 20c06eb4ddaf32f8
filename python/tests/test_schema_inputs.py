"""Annotations and arguments of Input(): what each makes of a property, and what is refused."""

from __future__ import annotations

import unittest
from typing import Any

from schema_support import SchemaTest, runner

STRING = {"type": "string"}
URI = {"type": "string", "format": "uri"}
SECRET = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}
OBJECT = {"type": "object"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def either(*members: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(members)}


NULLABLE = {"nullable": True}

# (annotation, fragment without title and x-order, required)
ANNOTATIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("str", STRING, True),
    ("int", {"type": "integer"}, True),
    ("float", {"type": "number"}, True),
    ("bool", {"type": "boolean"}, True),
    ("Path", URI, True),
    ("cog.Path", URI, True),
    ("cog.types.Path", URI, True),
    ("File", URI, True),
    ("Secret", SECRET, True),
    ("dict", OBJECT, True),
    ("dict[str, int]", OBJECT, True),
    ("Dict[str, Any]", OBJECT, True),
    ("typing.Mapping[str, int]", OBJECT, True),
    # Any JSON, unlike Cog's `object`.
    ("Any", {}, True),
    ("typing.Any", {}, True),
    ("Optional[Any]", NULLABLE, False),
    ("list[str]", array(STRING), True),
    ("List[int]", array({"type": "integer"}), True),
    ("typing.List[float]", array({"type": "number"}), True),
    ("list[bool]", array({"type": "boolean"}), True),
    ("list[Path]", array(URI), True),
    ("List[File]", array(URI), True),
    ("list[Secret]", array(SECRET), True),
    ("list[dict]", array(OBJECT), True),
    ("list[dict[str, int]]", array(OBJECT), True),
    ("list[Any]", array({}), True),
    ("Optional[str]", {**STRING, **NULLABLE}, False),
    ("t.Optional[str]", {**STRING, **NULLABLE}, False),
    ("str | None", {**STRING, **NULLABLE}, False),
    ("None | str", {**STRING, **NULLABLE}, False),
    ("Union[str, None]", {**STRING, **NULLABLE}, False),
    ("Union[None, Path]", {**URI, **NULLABLE}, False),
    ("Optional[list[str]]", {**array(STRING), **NULLABLE}, False),
    ("List[Path] | None", {**array(URI), **NULLABLE}, False),
    ("Optional[Secret]", {**SECRET, **NULLABLE}, False),
    ("Union[str]", STRING, True),
    ("str | str", STRING, True),
    ("str | int", either(STRING, {"type": "integer"}), True),
    ("Union[int, float, bool]", either({"type": "integer"}, {"type": "number"}, {"type": "boolean"}), True),
    ("str | list[str]", either(STRING, array(STRING)), True),
    ("str | dict", either(STRING, OBJECT), True),
    ("str | Any", either(STRING, {}), True),
    ("list[dict] | list[Any]", either(array(OBJECT), array({})), True),
    ("str | int | None", {**either({**STRING, **NULLABLE}, {"type": "integer", **NULLABLE}), **NULLABLE}, True),
    (
        "Optional[Union[str, int]]",
        {**either({**STRING, **NULLABLE}, {"type": "integer", **NULLABLE}), **NULLABLE},
        True,
    ),
    ("Annotated[np.ndarray, Opaque]", OBJECT, True),
    ("Annotated[np.ndarray, 'note', cog.Opaque]", OBJECT, True),
    ("Annotated[undefined.Thing, Opaque]", OBJECT, True),
    ("Annotated[list, Opaque]", array(OBJECT), True),
    ("Annotated[list[list[np.ndarray]], Opaque]", array(OBJECT), True),
    ("Annotated[Optional[np.ndarray], Opaque]", {**OBJECT, **NULLABLE}, False),
    ("Annotated[list[np.ndarray] | None, Opaque]", {**array(OBJECT), **NULLABLE}, False),
    ("Optional[Annotated[np.ndarray, Opaque]]", {**OBJECT, **NULLABLE}, False),
    ("list[Annotated[np.ndarray, Opaque]]", array(OBJECT), True),
    ("Annotated[str, 'anything']", STRING, True),
    ("Annotated[Optional[int], 3]", {"type": "integer", **NULLABLE}, False),
    ("'str'", STRING, True),
    ("'Optional[str]'", {**STRING, **NULLABLE}, False),
    ("Optional['Path']", {**URI, **NULLABLE}, False),
    ("'list[int]'", array({"type": "integer"}), True),
]

# (annotation, text of the error, text of the remedy)
REFUSED_ANNOTATIONS = [
    ("list", "is a list of unknown elements", "Opaque"),
    ("List", "is a list of unknown elements", "list[str]"),
    ("list[list[str]]", "is a list of lists", "Opaque"),
    ("list[Optional[str]]", "is a list with optional elements", "None"),
    ("list[str | int]", "has the type `str | int`", "use str"),
    ("set[str]", "has the type `set[str]`", "use str"),
    ("tuple[int, int]", "has the type `tuple[int, int]`", "use str"),
    ("Tuple[int, ...]", "has the type `Tuple[int, ...]`", "use str"),
    ("np.ndarray", "has the type `np.ndarray`", "use str"),
    ("Literal['a', 'b']", "has the type `Literal['a', 'b']`", "choices"),
    ("bytes", "has the type `bytes`", "use str"),
    ("str | Path", "is a union with `Path`", "members of a union"),
    ("str | Secret", "is a union with `Secret`", "members of a union"),
    ("File | int", "is a union with `File`", "members of a union"),
    ("str | list[str | int]", "is a union with `list[str | int]`", "members of a union"),
    ("str | list", "is a union with `list`", "members of a union"),
    ("Model", "has the type `Model`", "TypedDict"),
]

# (parameter, whole property, required)
ARGUMENTS: list[tuple[str, dict[str, Any], bool]] = [
    ("x: str = Input()", {"title": "X", **STRING}, True),
    ("x: str = Input(description='What it is')", {"title": "X", **STRING, "description": "What it is"}, True),
    ("x: str = cog.Input(default='a')", {"title": "X", **STRING, "default": "a"}, False),
    ("x: str = Input('a', description='d')", {"title": "X", **STRING, "default": "a", "description": "d"}, False),
    (
        "x: int = Input(default=5, ge=0, le=10)",
        {"title": "X", "type": "integer", "default": 5, "minimum": 0, "maximum": 10},
        False,
    ),
    (
        "x: float = Input(ge=-0.5, le=2)",
        {"title": "X", "type": "number", "minimum": -0.5, "maximum": 2},
        True,
    ),
    (
        "x: str = Input(min_length=1, max_length=8, regex='^a+$')",
        {"title": "X", **STRING, "minLength": 1, "maxLength": 8, "pattern": "^a+$"},
        True,
    ),
    ("x: str = Input(deprecated=True)", {"title": "X", **STRING, "deprecated": True}, True),
    ("x: str = Input(deprecated=False)", {"title": "X", **STRING}, True),
    ("x: Path = Input(accept='image/*')", {"title": "X", **URI, "x-cog-accept": "image/*"}, True),
    ("x: int | None = Input(ge=1)", {"title": "X", "type": "integer", **NULLABLE, "minimum": 1}, False),
    ("num_inference_steps: int", {"title": "Num Inference Steps", "type": "integer"}, True),
    ("hd: int", {"title": "Hd", "type": "integer"}, True),
    ("_private__name: int", {"title": "Private Name", "type": "integer"}, True),
]

# (parameter, property, required, component)
CHOICES: list[tuple[str, dict[str, Any], bool, dict[str, Any]]] = [
    (
        "size: int = Input(choices=[1, 2])",
        {"allOf": [{"$ref": "#/components/schemas/size"}]},
        True,
        {"title": "size", "description": "An enumeration.", "enum": [1, 2], "type": "integer"},
    ),
    (
        "style: str = Input(default='a', choices=['a', 'b'], description='d')",
        {"allOf": [{"$ref": "#/components/schemas/style"}], "default": "a", "description": "d"},
        False,
        {"title": "style", "description": "An enumeration.", "enum": ["a", "b"], "type": "string"},
    ),
    (
        "style: Optional[str] = Input(choices=['a', 'b'])",
        {"allOf": [{"$ref": "#/components/schemas/style"}], "nullable": True},
        False,
        {"title": "style", "description": "An enumeration.", "enum": ["a", "b"], "type": "string"},
    ),
    (
        "styles: list[str] = Input(choices=['a', 'b'])",
        {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/styles"}]}},
        True,
        {"title": "styles", "description": "An enumeration.", "enum": ["a", "b"], "type": "string"},
    ),
]

REFUSED_PARAMETERS = [
    ("x", "input 'x' has no type annotation", "write `x: str`"),
    ("x=1", "input 'x' has no type annotation", "write `x: str`"),
    ("*xs: str", "run() must not have *xs", "name every input"),
    ("**xs: str", "run() must not have **xs", "name every input"),
    ("x: str, /", "input 'x' is positional only", "take the `/` out"),
    ("x: str | int = Input(ge=1)", "input 'x' is a union, so it cannot have ge=", "take it out"),
    ("x: str | int = Input(regex='a')", "input 'x' is a union, so it cannot have regex=", "take it out"),
    ("x: str | int = Input(choices=['a'])", "input 'x' has choices, but they are for str and int only", "annotate"),
    ("x: float = Input(choices=[1.5])", "input 'x' has choices, but they are for str and int only", "annotate"),
    ("x: bool = Input(choices=[True])", "input 'x' has choices, but they are for str and int only", "annotate"),
    ("x: str = Input(choices=[])", "input 'x' has no choices in its choices=", "list at least one"),
    ("x: str = Input(choices=['a', 1])", "input 'x' has choices that are not all of type str", "list values"),
    ("x: int = Input(choices=[1, True])", "input 'x' has choices that are not all of type int", "list values"),
    ("x: str = Input(choices=load())", "input 'x' has choices that the source does not determine", "list of literals"),
    ("x: str = Input(ge='a')", "input 'x' has ge='a'", "ge= must be of type float"),
    ("x: str = Input(min_length=1.5)", "input 'x' has min_length=1.5", "min_length= must be of type int"),
    ("x: str = Input(default_factory=list)", "default_factory is not supported in Input()", "Input(default=…)"),
    ("x: str = Input(default_factory=lambda: [])", "default_factory is not supported in Input()", "literal"),
    ("x: str = Input(minimum=3)", "Input() has no argument 'minimum'", "it takes default"),
    ("x: str = Input('a', 'b')", "Input() takes one positional argument", "name the others"),
    ("x: Strng", "the name `Strng` is not defined in this file", "import it"),
    ("x: 'list['", "the annotation 'list[' is no Python expression", None),
    ("x: 3", "`3` is no type", "write a type"),
    ("x: Optional[str, int]", "Optional takes one type", "Optional[str]"),
]


class InputTests(SchemaTest):
    def test_each_annotation_has_its_fragment(self) -> None:
        for annotation, fragment, required in ANNOTATIONS:
            with self.subTest(annotation):
                schema = self.components({"predict.py": runner(f"x: {annotation}")})["Input"]
                self.assertEqual(schema["properties"]["x"], {"title": "X", "x-order": 0, **fragment})
                self.assertEqual(schema.get("required", []), ["x"] if required else [])

    def test_annotations_of_later_python_are_the_same_as_text(self) -> None:
        for annotation, fragment, _ in ANNOTATIONS:
            with self.subTest(annotation):
                source = "from __future__ import annotations\n" + runner(f"x: {annotation}")
                schema = self.components({"predict.py": source})["Input"]
                self.assertEqual(schema["properties"]["x"], {"title": "X", "x-order": 0, **fragment})

    def test_annotations_are_refused_with_a_remedy(self) -> None:
        before = "class Model(BaseModel):\n    a: int\n"
        for annotation, text, remedy in REFUSED_ANNOTATIONS:
            with self.subTest(annotation):
                source = runner(f"x: {annotation}", before=before)
                error = self.refusal({"predict.py": source})
                self.assertIn(f"input 'x' {text}", error.text)
                self.assertIn(remedy, error.remedy or "")
                self.assertEqual(error.path, "predict.py")
                self.assertEqual(error.line, source[: source.index("def run")].count("\n") + 1)

    def test_each_argument_of_input_has_its_keyword(self) -> None:
        for parameter, expected, required in ARGUMENTS:
            with self.subTest(parameter):
                name = parameter.partition(":")[0]
                schema = self.components({"predict.py": runner(parameter)})["Input"]
                self.assertEqual(schema["properties"][name], {"x-order": 0, **expected})
                self.assertEqual(schema.get("required", []), [name] if required else [])

    def test_choices_are_components(self) -> None:
        for parameter, expected, required, component in CHOICES:
            with self.subTest(parameter):
                name = parameter.partition(":")[0]
                schemas = self.components({"predict.py": runner(parameter)})
                self.assertEqual(schemas["Input"]["properties"][name], {"x-order": 0, **expected})
                self.assertEqual(schemas["Input"].get("required", []), [name] if required else [])
                self.assertEqual(schemas[name], component)

    def test_choices_do_not_replace_components_of_the_document(self) -> None:
        schemas = self.components({"predict.py": runner("Output: str = Input(choices=['a', 'b'])")})
        self.assertEqual(schemas["Output"], {"title": "Output", "type": "string"})
        self.assertEqual(schemas["Output_2"]["enum"], ["a", "b"])
        self.assertEqual(schemas["Input"]["properties"]["Output"]["allOf"], [{"$ref": "#/components/schemas/Output_2"}])

    def test_parameters_are_refused_with_a_remedy(self) -> None:
        for parameter, text, remedy in REFUSED_PARAMETERS:
            with self.subTest(parameter):
                source = runner(parameter)
                error = self.refusal({"predict.py": source})
                self.assertIn(text, error.text)
                if remedy is not None:
                    self.assertIn(remedy, error.remedy or "")
                self.assertEqual(error.line, source[: source.index("def run")].count("\n") + 1)

    def test_typed_dicts_are_objects(self) -> None:
        before = """
            class Box(TypedDict):
                x: int
            class Deeper(Box, total=False):
                y: int
            Made = TypedDict("Made", {"x": int})
        """
        for name in ("Box", "Deeper", "Made", "list[Box]"):
            with self.subTest(name):
                schema = self.components({"predict.py": runner(f"x: {name}", before=before)})["Input"]
                expected = array(OBJECT) if name.startswith("list") else OBJECT
                self.assertEqual(schema["properties"]["x"], {"title": "X", "x-order": 0, **expected})

    def test_aliases_of_types_are_followed(self) -> None:
        files = {
            "predict.py": runner(
                "x: Name, y: Alias, z: other.Numbers",
                before="from other import Name\nimport other\nAlias = Optional[int]",
            ),
            "other.py": "from typing import List\nName = str\nNumbers = List[float]\n",
        }
        properties = self.components(files)["Input"]["properties"]
        self.assertEqual(properties["x"]["type"], "string")
        self.assertEqual((properties["y"]["type"], properties["y"]["nullable"]), ("integer", True))
        self.assertEqual(properties["z"]["items"], {"type": "number"})

    def test_types_are_known_by_what_they_are_imported_as(self) -> None:
        sources = [
            "from cog import Path as P, Input as I, BaseRunner as B\nclass Predictor(B):\n    def run(self, x: P = I(description='d')) -> str: ...\n",
            "import cog as c\nclass Predictor(c.BaseRunner):\n    def run(self, x: c.Path = c.Input(description='d')) -> str: ...\n",
            "from cog import *\nclass Predictor(BaseRunner):\n    def run(self, x: Path = Input(description='d')) -> str: ...\n",
            "try:\n    from cog import Path, Input\nexcept ImportError:\n    Path = str\nclass Predictor:\n    def run(self, x: Path = Input(description='d')) -> str: ...\n",
            "from own import *\nclass Predictor:\n    def run(self, x: Path = Input(description='d')) -> str: ...\n",
            "import own\nclass Predictor:\n    def run(self, x: own.Path = own.Input(description='d')) -> str: ...\n",
        ]
        for source in sources:
            with self.subTest(source.splitlines()[0]):
                schema = self.components({"predict.py": source, "own.py": "from cog import Input, Path\n"})["Input"]
                self.assertEqual(schema["properties"]["x"], {"title": "X", "x-order": 0, **URI, "description": "d"})

    def test_a_path_that_is_not_cogs_is_refused(self) -> None:
        source = "from pathlib import Path\nclass Predictor:\n    def run(self, x: Path) -> str: ...\n"
        error = self.refusal({"predict.py": source})
        self.assertIn("input 'x' has the type `Path`", error.text)
        self.assertEqual((error.line, error.remedy), (3, "import Path from cog"))

    def test_the_order_is_that_of_the_parameters(self) -> None:
        schema = self.components({"predict.py": runner("b: str, a: int = 1, *, d: str, c: float = 0.5")})["Input"]
        self.assertEqual(list(schema), ["title", "type", "properties", "required"])
        self.assertEqual(list(schema["properties"]), ["b", "a", "d", "c"])
        self.assertEqual([member["x-order"] for member in schema["properties"].values()], [0, 1, 2, 3])
        self.assertEqual(schema["required"], ["b", "d"])

    def test_without_parameters_there_are_no_properties(self) -> None:
        schema = self.components({"predict.py": runner("")})["Input"]
        self.assertEqual(schema, {"title": "Input", "type": "object", "properties": {}})

    def test_an_error_reads_like_a_compilers(self) -> None:
        source = 'class Predictor:\n    def run(self, prompt: str,\n            größe="ä", zahl) -> str: ...\n'
        source = source.replace(", zahl", "")
        error = self.refusal({"predict.py": source})
        self.assertEqual(
            str(error).splitlines()[:3],
            [
                "predict.py:3:13: error: input 'größe' has no type annotation",
                '                größe="ä") -> str: ...',
                "                ^",
            ],
        )
        self.assertTrue(str(error).splitlines()[3].startswith("  remedy: write `größe: str`"))


if __name__ == "__main__":
    unittest.main()
