"""Values that models return, as JSON."""

import dataclasses
import datetime
import enum
import io
import json
import json.encoder
import tempfile
import unittest
from collections import OrderedDict, namedtuple
from pathlib import Path
from unittest import mock

from cog_support import HAS_NUMPY, HAS_PYDANTIC
from supervisor_worker.cog.encoding import NESTING, Encoder, NotSerializable
from supervisor_worker.cog.files import OutputFileError
from supervisor_worker.cog.media_types import media_type
from supervisor_worker.cog.scratch import WorkerScratch


class Color(enum.Enum):
    RED = "red"


class Size(str, enum.Enum):
    BIG = "big"


class Level(enum.IntEnum):
    TOP = 9


@dataclasses.dataclass
class Node:
    name: str
    next: object = None


class WithDict:
    def dict(self):
        return {"x": Color.RED}


@dataclasses.dataclass(frozen=True)
class Secret:
    secret_value: str | None

    def get_secret_value(self):
        return self.secret_value


Point = namedtuple("Point", "x y")


class EncoderTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)
        worker = WorkerScratch(temporary.name)
        worker.open()
        self.addCleanup(worker.remove)
        self.encoder = Encoder((Secret,), worker.new_run(), collect_files=False)
        self.collecting = Encoder((Secret,), worker.new_run(), collect_files=True)

    def value(self, value):
        return json.loads(self.encoder.encode(value))

    def error(self, value):
        with self.assertRaises(NotSerializable) as caught:
            self.encoder.encode(value)
        return str(caught.exception)

    def test_values(self):
        for value, expected in (
            (None, None), (True, True), (3, 3), (1.5, 1.5), ("ä\n", "ä\n"), ([1, None], [1, None]), ((1, 2), [1, 2]),
            (Point(1, 2), [1, 2]), ({"a": {}}, {"a": {}}), (OrderedDict(a=1), {"a": 1}),
            ({1: 2, None: 3, True: 4, 1.5: 5}, {"1": 4, "null": 3, "1.5": 5}), ({Size.BIG: 1}, {"big": 1}),
            (Color.RED, "red"), (Size.BIG, "big"), (Level.TOP, 9), ([Color.RED], ["red"]),
            (Node("a", Node("b")), {"name": "a", "next": {"name": "b", "next": None}}),
            (WithDict(), {"x": "red"}), ({"s": {1}}, {"s": [1]}), ({"s": frozenset([2])}, {"s": [2]}),
            (datetime.datetime(2020, 1, 2, 3, 4, 5), "2020-01-02T03:04:05"), (datetime.date(2020, 1, 2), "2020-01-02"),
            ({"g": (n for n in (1, 2))}, {"g": [1, 2]}), ({"m": map(str, [1])}, {"m": ["1"]}),
            (2**70, 2**70), ({"t": "\u2028</script>"}, {"t": "\u2028</script>"}),
        ):
            with self.subTest(repr(value)[:60]):
                self.assertEqual(self.value(value), expected)

    def test_large_integers_keep_their_digits(self):
        self.assertEqual(self.encoder.encode(2**70), str(2**70).encode())

    @unittest.skipUnless(HAS_NUMPY, "numpy is not installed")
    def test_numpy(self):
        import numpy
        for value, expected in (
            (numpy.int64(3), 3), (numpy.uint8(255), 255), (numpy.float64(0.1), 0.1),
            (numpy.float32(0.1), 0.10000000149011612), (numpy.bool_(True), True), (numpy.array(5), 5),
            (numpy.zeros((2, 2)), [[0, 0], [0, 0]]), ({"a": numpy.array(["x"])}, {"a": ["x"]}),
        ):
            with self.subTest(repr(value)):
                self.assertEqual(self.value(value), expected)
        self.assertIn("complex64 is not JSON serializable", self.error(numpy.complex64(1)))
        self.assertIn("output['a'][1] is NaN", self.error({"a": numpy.array([0, float("nan")])}))

    @unittest.skipUnless(HAS_PYDANTIC, "pydantic is not installed")
    def test_pydantic(self):
        import pydantic

        class Inner(pydantic.BaseModel):
            n: int = 1

        class Outer(pydantic.BaseModel):
            inner: Inner = Inner()
            when: datetime.datetime = datetime.datetime(2020, 1, 1)
            secret: pydantic.SecretStr | None = None

        self.assertEqual(self.value(Outer()), {"inner": {"n": 1}, "when": "2020-01-01T00:00:00", "secret": None})
        self.assertIn("output['secret']", self.error(Outer(secret="hidden")))
        self.assertNotIn("hidden", self.error(Outer(secret="hidden")))

    def test_secrets_stay_secret(self):
        self.assertEqual(self.value([Secret("hidden"), {"a": Secret("hidden")}, Secret(None)]),
                         ["**********", {"a": "**********"}, ""])

    def test_what_is_not_json(self):
        for value, text in (
            (b"x", "TypeError: Object of type bytes is not JSON serializable"),
            ({"a": [b"x"]}, "TypeError: Object of type bytes is not JSON serializable (at output['a'][0])"),
            (Node("a", [object()]), "TypeError: Object of type object is not JSON serializable "
                                    "(at output['next'][0])"),
            ({"g": iter([1, b"x"])}, "TypeError: Object of type bytes is not JSON serializable (at output['g'][1])"),
            ({"a": {(1, 2): 3}}, "TypeError: keys must be str, int, float, bool or None, not tuple "
                                 "(at a key of output['a'])"),
            (int, "TypeError: Object of type type is not JSON serializable"),
            (range(3), "TypeError: Object of type range is not JSON serializable"),
        ):
            with self.subTest(repr(value)[:60]):
                self.assertEqual(self.error(value), text)

    def test_numbers_that_json_does_not_have(self):
        nan, infinite = float("nan"), float("-inf")
        for value, where in ((nan, "output"), ({"a": [1, infinite]}, "output['a'][1]"),
                             (Node("x", nan), "output['next']"),
                             ({nan: 1}, "a key of output"), ({"g": iter([nan])}, "output['g'][0]")):
            with self.subTest(repr(value)):
                self.assertEqual(self.error(value), f"ValueError: {where} is NaN or infinite, which JSON does not "
                                                    "have; return None or a string instead")

    def test_half_characters(self):
        for value, where in (("\ud800", "output"), ({"a": ["ok", "x\udfffy"]}, "output['a'][1]"),
                             ({"\udc00": 1}, "a key of output")):
            with self.subTest(where):
                self.assertRegex(self.error(value), "^ValueError: " + where.replace("[", r"\[") +
                                 r" has half of a surrogate pair, U\+D[8CF][0F][0F]")

    def test_depth(self):
        deep = []
        for _ in range(NESTING - 1):
            deep = [deep]
        self.assertEqual(self.value(deep), deep)
        self.assertEqual(self.error([deep]), f"ValueError: output nests deeper than {NESTING} levels")
        for _ in range(100_000):
            deep = [deep]
        self.assertIn(f"ValueError: output nests deeper than {NESTING} levels", self.error(deep))
        self.assertEqual(self.value(["[" * 600, {"{": "\\\"["}]), ["[" * 600, {"{": "\\\"["}])
        circle = []
        circle.append(circle)
        self.assertIn("or contains itself", self.error(circle))
        while deep:  # by hand, because the interpreter would take it apart recursively
            deep = deep.pop()

    def test_errors_of_the_models_own_code_come_through(self):
        def broken():
            yield 1
            raise ZeroDivisionError("no")
        self.assertRaises(ZeroDivisionError, self.encoder.encode, {"a": broken()})

    def test_files_inside_of_values(self):
        path = self.directory / "a.png"
        path.write_bytes(b"abc")
        written = io.BytesIO()
        written.write(b"abc")
        named = tempfile.NamedTemporaryFile(suffix=".wav")
        self.addCleanup(named.close)
        named.write(b"abc")
        for value, mime in ((path, "image/png"), (written, "application/octet-stream"),
                            (io.StringIO("abc"), "application/octet-stream"), (path.open("rb"), "image/png"),
                            (path.open("r"), "image/png"), (named, "audio/wav")):
            with self.subTest(type(value).__name__):
                self.assertEqual(self.value({"x": [value]}), {"x": [f"data:{mime};base64,YWJj"]})
                if not isinstance(value, Path):
                    value.close()

    def test_a_file_open_for_writing_is_what_has_been_written(self):
        with open(self.directory / "out.txt", "w") as file:
            file.write("äb")
            self.assertEqual(self.value([file]), ["data:text/plain;base64,w6Ri"])
        self.assertEqual(self.value([file]), ["data:text/plain;base64,w6Ri"])

    def test_files_that_are_none(self):
        for value, text in ((Path("/nowhere/x.png"), "the output file '/nowhere/x.png' does not exist"),
                            (self.directory, "is a directory"), (Path("/dev/null"), "is not a regular file")):
            with self.subTest(str(value)), self.assertRaises(OutputFileError) as caught:
                self.encoder.encode({"x": value})
            self.assertIn(text, str(caught.exception))

    def test_files_to_upload_keep_their_places(self):
        first, second = self.directory / "1.txt", self.directory / "2.txt"
        first.write_text("1"), second.write_text("2")
        encoded = self.collecting.encode({"a": [first, "x", {"b": second}], "c": io.BytesIO(b"3")})
        self.assertEqual([file.name for file in self.collecting.files], ["1.txt", "2.txt", "0.bin"])
        self.assertEqual(json.loads(self.collecting.with_urls(encoded, ["u1", "u\"2", "u3"])),
                         {"a": ["u1", "x", {"b": "u\"2"}], "c": "u3"})
        self.assertEqual((self.collecting.encode([1]), self.collecting.files), (b"[1]", []))

    def test_media_types(self):
        for name, expected in (("a.png", "image/png"), ("a.JPG", "image/jpeg"), ("x.tar.gz", "application/gzip"),
                               ("a.wav", "audio/wav"), ("a.webp", "image/webp"), ("noextension", None), (".png", None),
                               ("a.unheardof", None), ("a.safetensors", None)):
            self.assertEqual(media_type(name), expected or "application/octet-stream", name)


class EncoderWithoutCTest(EncoderTest):
    """The same on a Python whose JSON encoder has no part in C."""

    def setUp(self):
        patch = mock.patch.object(json.encoder, "c_make_encoder", None)
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()


if __name__ == "__main__":
    unittest.main()
