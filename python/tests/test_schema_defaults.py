"""Which inputs are required, which default they have, and which expressions the source determines."""

from __future__ import annotations

import unittest
from typing import Any

from schema_support import SchemaTest, runner
from supervisor_worker.schema import Notice

NONE = object()

# (parameter, required, default or NONE, nullable)
DECLARATIONS: list[tuple[str, bool, Any, bool]] = [
    ("x: str", True, NONE, False),
    ("x: str = Input()", True, NONE, False),
    ("x: str = Input(...)", True, NONE, False),
    ("x: str = Input(default=...)", True, NONE, False),
    ("x: str = ...", True, NONE, False),
    ("x: str = 'v'", False, "v", False),
    ("x: str = Input(default='v')", False, "v", False),
    ("x: str = Input('v')", False, "v", False),
    ("x: str = Input(default=None)", True, NONE, False),
    ("x: str = Input(None)", True, NONE, False),
    ("x: list[str] = Input(default=None)", True, NONE, False),
    ("x: str = None", False, None, True),
    ("x: Secret", True, NONE, False),
    ("x: Secret = Input()", True, NONE, False),
    ("x: Secret = Input(default=None)", False, None, True),
    ("x: Optional[str]", False, NONE, True),
    ("x: Optional[str] = Input()", False, NONE, True),
    ("x: Optional[str] = None", False, None, True),
    ("x: Optional[str] = Input(default=None)", False, None, True),
    ("x: Optional[str] = Input(default='v')", False, "v", True),
    ("x: str | None = 'v'", False, "v", True),
    ("x: str | int", True, NONE, False),
    ("x: str | int = Input()", True, NONE, False),
    ("x: str | int = 3", False, 3, False),
    ("x: str | int = Input(default=None)", True, NONE, False),
    ("x: str | int | None", True, NONE, True),
    ("x: str | int | None = None", False, None, True),
    ("x: str | int | None = Input(default=None)", False, None, True),
    ("x: Any = Input(default=None)", True, NONE, False),
    ("x: Any = Input(default={'a': [1]})", False, {"a": [1]}, False),
    # What the source does not determine counts as None.
    ("x: str = Input(default=load())", True, NONE, False),
    ("x: Optional[str] = Input(default=load())", False, None, True),
    ("x: Path = Input(default=Path('a'))", True, NONE, False),
    ("x: float = Input(default=float('inf'))", True, NONE, False),
    ("x: bytes2 = Input(default=b'a')".replace("bytes2", "str"), True, NONE, False),
]

CONSTANTS = """
    import os
    from enum import Enum
    LIST = ["a", "b"]
    MORE = LIST + ["c"]
    NUMBER: int = 7
    GROWN = 1
    GROWN += 2
    TABLE = {"k1": "v1", "k2": "v2"}
    ONE, TWO = 1, 2
    LEFT, RIGHT = LIST
    FIRST, *REST = 1, 2
    FLAG = not False
    class Settings:
        SIZES = [64, 128]
        class Inner:
            DEEP = "deep"
    class Mode(str, Enum):
        FAST = "fast"
        SLOW = "slow"
    CHANGED = [1]
    CHANGED.append(2)
    SET_LATER = {}
    SET_LATER["a"] = 1
    if os.environ:
        CONDITIONAL = 1
    for LOOPED in [1, 2]:
        pass
    def half(value):
        '''Half of it.'''
        result = value / 2
        return result
    class Made:
        VALUE = 1
        def __init__(self):
            self.VALUE = 2
        def method(self):
            return 1
    class Simple:
        VALUE = 1
        def method(self):
            return 1
    MADE = Made()
    SIMPLE = Simple()
    SET = Simple()
    SET.VALUE = 2
    def loops(value):
        while True:
            return value
    CIRCLE = OTHER_CIRCLE
    OTHER_CIRCLE = CIRCLE
    Shortcut = Settings
"""

# (expression, value)
STATIC: list[tuple[str, Any]] = [
    ("'a'", "a"),
    ("'a' 'b'", "ab"),
    ("1", 1),
    ("-1", -1),
    ("+1", 1),
    ("-0.5", -0.5),
    ("1e3", 1000.0),
    ("True", True),
    ("None", None),
    ("18446744073709551616", 2**64),
    ("[1, 'a', None, [2.5]]", [1, "a", None, [2.5]]),
    ("(1, 2)", [1, 2]),
    ("()", []),
    ("{3, 1, 3}", [3, 1]),
    ("{'a': 1, 2: 'b', None: 3, True: 4}", {"a": 1, "2": "b", "null": 3, "true": 4}),
    ("{**TABLE, 'k3': 'v3'}", {"k1": "v1", "k2": "v2", "k3": "v3"}),
    ("[*LIST, 'z']", ["a", "b", "z"]),
    ("LIST", ["a", "b"]),
    ("MORE", ["a", "b", "c"]),
    ("NUMBER", 7),
    ("GROWN", 3),
    ("TWO", 2),
    ("FLAG", True),
    ("list(TABLE.keys())", ["k1", "k2"]),
    ("list(TABLE.values())", ["v1", "v2"]),
    ("list(TABLE)", ["k1", "k2"]),
    ("sorted(TABLE, reverse=True)", ["k2", "k1"]),
    ("LIST + list(TABLE.keys()) + ['c']", ["a", "b", "k1", "k2", "c"]),
    ("[pair for pair in TABLE.items()]", [["k1", "v1"], ["k2", "v2"]]),
    ("[name.upper() for name in LIST if name != 'b']", ["A"]),
    ("{k: v for k, v in TABLE.items()}", {"k1": "v1", "k2": "v2"}),
    ("TABLE['k1']", "v1"),
    ("LIST[-1]", "b"),
    ("MORE[:2]", ["a", "b"]),
    ("', '.join(LIST)", "a, b"),
    ("f'one of {NUMBER} {LIST[0]}'", "one of 7 a"),
    ("len(LIST)", 2),
    ("max(Settings.SIZES)", 128),
    ("2 ** 31 - 1", 2**31 - 1),
    ("1024 * 1024", 1024 * 1024),
    ("1 if FLAG else 2", 1),
    ("list(range(3))", [0, 1, 2]),
    ("Settings.SIZES", [64, 128]),
    ("Settings.Inner.DEEP", "deep"),
    ("Shortcut.SIZES", [64, 128]),
    ("Mode.FAST", "fast"),
    ("Mode.FAST.value", "fast"),
    ("Mode.FAST.name", "FAST"),
    ("[mode.value for mode in Mode]", ["fast", "slow"]),
    ("[mode for mode in Mode]", ["fast", "slow"]),
    ("half(3)", 1.5),
    ("half(value=NUMBER)", 3.5),
    ("SIMPLE.VALUE", 1),
    ("OWN", "own"),
    ("constants.SHARED", ["s"]),
    ("constants.AGAIN", ["s", "t"]),
    ("SHARED", ["s"]),
    ("package.inner.VALUE", 5),
    ("package.VALUE", 5),
    ("lib.deep.VALUE", 6),
    ("deep.VALUE", 6),
]

# (expression, part of the reason)
NOT_STATIC = [
    ("load()", "`load()` is not called"),
    ("os.environ['A']", "`os.environ` comes from `os.environ`"),
    ("os.environ.get('A', 'b')", "is not called"),
    ("UNKNOWN", "`UNKNOWN` is not defined"),
    ("constants.MISSING", "`constants.MISSING` is not defined"),
    ("CHANGED", "it is changed on line"),
    ("SET_LATER", "it is changed on line"),
    ("LEFT", "it is changed on line"),
    ("REST", "it is changed on line"),
    ("CONDITIONAL", "it is assigned under a condition on line"),
    ("LOOPED", "it is the variable of the loop on line"),
    ("CIRCLE", "`OTHER_CIRCLE` is not defined"),
    ("lambda: 1", "is not computed"),
    ("b'a'", "bytes is no value of JSON"),
    ("float('nan')", "is no value of JSON"),
    ("'\\ud800'", "is no value of JSON"),
    ("str", "`str` is no value of JSON"),
    ("Settings", "`Settings` is no value of JSON"),
    ("LIST[9]", "raises IndexError"),
    ("1 / 0", "raises ZeroDivisionError"),
    ("'a' + 1", "raises TypeError"),
    ("9 ** 9 ** 9", "too large"),
    ("'a' * 10 ** 9", "too large"),
    ("1 << 10 ** 6", "too large"),
    ("list(range(10 ** 9))", "more than"),
    ("'%s' % NUMBER", "formatting with %"),
    ("f'{NUMBER:>5}'", "a format is not computed"),
    ("loops(1)", "does more than return"),
    ("half()", "is not followed"),
    ("MADE.VALUE", "Made() runs code of its own"),
    ("Simple(1).VALUE", "the arguments of Simple() are not followed"),
    ("SIMPLE.method()", "`Simple()` is not called"),
    ("SET.VALUE", "it is changed on line"),
    ("+".join(["1"] * 500), "too deeply"),
]

FILES = {
    "constants.py": "SHARED = ['s']\nAGAIN = SHARED + ['t']\n",
    "package/__init__.py": "from .inner import VALUE\n",
    "package/inner.py": "VALUE = 5\n",
    "lib/deep.py": "from package.inner import VALUE as BASE\nVALUE = BASE + 1\n",
}
IMPORTED = "    import constants, package.inner, lib.deep\n    from constants import SHARED\n    from lib import deep\n"


class DefaultTests(SchemaTest):
    def test_each_declaration_is_required_or_has_a_default(self) -> None:
        for parameter, required, default, nullable in DECLARATIONS:
            with self.subTest(parameter):
                schema = self.components({"predict.py": runner(parameter)})["Input"]
                found = schema["properties"]["x"]
                self.assertEqual("x" in schema.get("required", []), required)
                self.assertEqual(found.get("default", NONE), default)
                self.assertIs(type(found.get("default", NONE)), type(default))
                self.assertEqual(found.get("nullable", False), nullable)

    def test_expressions_that_the_source_determines(self) -> None:
        for expression, value in STATIC:
            with self.subTest(expression):
                source = runner(f"x: Any = {expression}", before=CONSTANTS + IMPORTED, body="OWN = 'own'")
                found = self.components({"predict.py": source, **FILES})["Input"]["properties"]["x"]
                self.assertEqual(found["default"], value)
                self.assertIs(type(found["default"]), type(value))

    def test_a_plain_default_that_it_does_not_determine_is_refused(self) -> None:
        for expression, reason in NOT_STATIC:
            with self.subTest(expression):
                source = runner(f"x: Any = {expression}", before=CONSTANTS + IMPORTED)
                error = self.refusal({"predict.py": source, **FILES})
                self.assertIn("input 'x' has a default that the source does not determine: ", error.text)
                self.assertIn(reason, error.text)
                self.assertIn("Input(default=…)", error.remedy or "")
                self.assertEqual(error.line, source[: source.index("def run")].count("\n") + 1)

    def test_one_in_input_counts_as_none_and_is_reported(self) -> None:
        for expression, reason in NOT_STATIC:
            with self.subTest(expression):
                source = runner(f"x: str = Input(default={expression})", before=CONSTANTS + IMPORTED)
                notices: list[Notice] = []
                schemas = self.document({"predict.py": source, **FILES}, notices=notices)["components"]["schemas"]
                self.assertEqual(schemas["Input"]["required"], ["x"])
                self.assertEqual(len(notices), 1)
                self.assertIn("input 'x': default= is not determined by the source", notices[0].text)
                self.assertIn(reason, notices[0].text)

    def test_other_arguments_that_it_does_not_determine_are_left_out_and_reported(self) -> None:
        for argument in ("description", "ge", "le", "min_length", "max_length", "regex", "deprecated", "accept"):
            with self.subTest(argument):
                notices: list[Notice] = []
                source = runner(f"x: str = Input({argument}=load())")
                schemas = self.document({"predict.py": source}, notices=notices)["components"]["schemas"]
                self.assertEqual(schemas["Input"]["properties"]["x"], {"title": "X", "x-order": 0, "type": "string"})
                self.assertEqual(
                    [notice.line for notice in notices], [source[: source.index("def run")].count("\n") + 1]
                )
                self.assertIn(f"{argument}= is not determined", str(notices[0]))

    def test_choices_are_computed_like_defaults(self) -> None:
        for choices in (
            "LIST",
            "list(TABLE.keys())",
            "LIST + ['c']",
            "TABLE.keys()",
            "[m.value for m in Mode]",
            "[*SHARED, 'x']",
        ):
            with self.subTest(choices):
                source = runner(f"x: str = Input(choices={choices})", before=CONSTANTS + IMPORTED)
                schemas = self.components({"predict.py": source, **FILES})
                self.assertGreaterEqual(len(schemas["x"]["enum"]), 2)

    def test_a_value_is_that_of_the_line_it_is_used_on(self) -> None:
        source = """
            N = 1
            class Predictor:
                M = N
                def run(self, x: int = N, y: int = M) -> str: ...
            N = 2
        """
        properties = self.components({"predict.py": source})["Input"]["properties"]
        self.assertEqual((properties["x"]["default"], properties["y"]["default"]), (1, 1))

    def test_a_functions_result_uses_the_values_at_the_end(self) -> None:
        source = """
            N = 1
            def latest():
                return N
            N = 2
            class Predictor:
                def run(self, x: int = latest()) -> str: ...
        """
        self.assertEqual(self.components({"predict.py": source})["Input"]["properties"]["x"]["default"], 2)


# (source before the class, body of the class, expression)
SHARED_INPUTS = [
    ("LIMIT = Input(default=3, ge=1, description='d')", "", "LIMIT"),
    ("", "LIMIT = Input(default=3, ge=1, description='d')", "LIMIT"),
    ("class Inputs:\n    limit = Input(default=3, ge=1, description='d')", "", "Inputs.limit"),
    (
        "class Base:\n    limit = Input(default=3, ge=1, description='d')\nclass Inputs(Base):\n    pass",
        "",
        "Inputs.limit",
    ),
    ("def limit():\n    return Input(default=3, ge=1, description='d')", "", "limit()"),
    ("def limit(start, least=1):\n    return Input(default=start, ge=least, description='d')", "", "limit(3)"),
    ("def limit(*, start=3, **more):\n    return Input(default=start, **more)", "", "limit(ge=1, description='d')"),
    (
        "class Inputs:\n    @staticmethod\n    def limit(start: int):\n        '''Text.'''\n"
        "        return Input(default=start, ge=1, description='d')",
        "",
        "Inputs.limit(3)",
    ),
    (
        "class Inputs:\n    START = 3\n    @classmethod\n    def limit(cls, least):\n"
        "        return Input(default=Inputs.START, ge=least, description='d')",
        "",
        "Inputs.limit(1)",
    ),
    ("", "@staticmethod\ndef limit(start):\n    return Input(default=start, ge=1, description='d')", "limit(3)"),
    ("from shared import limit", "", "limit(3)"),
    ("import shared", "", "shared.limit(3)"),
    ("from shared import Inputs", "", "Inputs.limit"),
    # An object of a class that only lists them.
    (
        "@dataclass\nclass Inputs:\n    limit: Input = Input(default=3, ge=1, description='d')\nSHARED = Inputs()",
        "",
        "SHARED.limit",
    ),
    ("class Inputs:\n    limit = Input(default=3, ge=1, description='d')", "", "Inputs().limit"),
    (
        "@dataclass\nclass Inputs:\n    limit: Input = Input(default=4)\n"
        "SHARED = Inputs(limit=Input(default=3, ge=1, description='d'))",
        "",
        "SHARED.limit",
    ),
    ("from shared import SHARED", "", "SHARED.limit"),
    ("COMMON = {'ge': 1, 'description': 'd'}", "", "Input(default=3, **COMMON)"),
]


class SharedInputTests(SchemaTest):
    def test_input_may_be_called_anywhere(self) -> None:
        expected = {"title": "X", "x-order": 0, "type": "integer", "default": 3, "description": "d", "minimum": 1}
        shared = (
            "import cog\ndef limit(start):\n    return cog.Input(default=start, ge=1, description='d')\n"
            "class Inputs:\n    limit = cog.Input(default=3, ge=1, description='d')\nSHARED = Inputs()\n"
        )
        for before, body, expression in SHARED_INPUTS:
            with self.subTest(expression, before=before):
                source = runner(f"x: int = {expression}", before=before, body=body)
                schema = self.components({"predict.py": source, "shared.py": shared})["Input"]
                self.assertEqual(schema["properties"]["x"], expected)
                self.assertNotIn("required", schema)

    def test_what_input_refuses_is_an_error_where_it_is_called(self) -> None:
        shared = "from cog import Input\n\ndef limit():\n    return Input(default_factory=list)\n"
        source = runner("x: int = limit()", before="from shared import limit")
        error = self.refusal({"predict.py": source, "shared.py": shared})
        self.assertEqual((error.path, error.line), ("shared.py", 4))


if __name__ == "__main__":
    unittest.main()
