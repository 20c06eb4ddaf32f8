"""Statements about Cog models: loading, life cycle, inputs, outputs."""

from __future__ import annotations

import base64
import json
import os
import unittest
from typing import Any

from case import CogTestCase
from client import eventually
from receiver import Received, Reply


class Loading(CogTestCase):
    def output(self, model: str, reference: str | None = None, /, **inputs: Any) -> Any:
        document = self.start(model, reference=reference).client.predict(**inputs)
        self.assertEqual(document["status"], "succeeded", document)
        return document["output"]

    def test_subdirectory(self) -> None:
        """§ 2: a model in a folder below; imports count from the working directory."""
        self.assertEqual(self.output("sub"), ["beside cog.yaml", "predict", "False"])

    def test_functions(self) -> None:
        """§ 2, 3: functions of all four kinds instead of a class."""
        self.assertEqual(self.output("function", text="a"), "A")
        self.assertEqual(self.output("function", "predict.py:pieces", text="a b"), ["a", "b"])
        self.assertEqual(self.output("function", "predict.py:later", text="a"), "a later")
        self.assertEqual(self.output("function", "predict.py:later_pieces", text="a b"), ["a", "b"])

    def test_classes_without_base(self) -> None:
        """§ 2: a class needs no base; predict() is an old name of run()."""
        self.assertEqual(self.output("function", "predict.py:NoBase", text="a"), "no base a")
        self.assertEqual(self.output("function", "predict.py:OldName", text="a"), "predict a")

    def test_both_or_neither(self) -> None:
        """§ 2: run() and predict() both, or neither, is a load error."""
        for name in ("Both", "Neither"):
            with self.subTest(name):
                server = self.start("function", reference=f"predict.py:{name}", with_schema=False)
                self.assertEqual(server.client.health()["status"], "SETUP_FAILED")

    def test_standard_coglet_stand_in(self) -> None:
        """§ 1: CancelationException comes from `coglet` and is no Exception; sys.argv is the stub's."""
        about = self.output("values", case="about")
        self.assertEqual(about["cancelation_module"], "coglet")
        self.assertFalse(about["cancelation_is_exception"])
        self.assertEqual(about["argv"], ["-c"])
        self.assertEqual(about["path0"], "")
        self.assertEqual((about["module"], about["in_sys_modules"], about["main"]), ("predict", True, "__main__"))

    def test_surroundings(self) -> None:
        """§ 12: the model's directory is the current one, and the server's environment is the model's."""
        server = self.start("values", env={"FOR_THE_MODEL": "given"})
        about = server.client.predict(case="about")["output"]
        self.assertEqual(about["cwd"], str(server.directory.resolve()))
        self.assertEqual(about["environment"], "given")
        server.client.predict(case="write_file", text="seen")
        self.assertEqual((server.directory / "written.txt").read_text(), "seen")


class Running(CogTestCase):
    model = "values"

    def test_state(self) -> None:
        """§ 11: what a model keeps stays from one prediction to the next."""
        first = self.client.predict(case="state")["output"]
        self.assertEqual(self.client.predict(case="state")["output"], first + 1)

    def test_asyncio_inside(self) -> None:
        """§ 3: a plain model may use asyncio.run()."""
        self.assertEqual(self.client.predict(case="asyncio")["output"], 42)

    def test_main_thread(self) -> None:
        """§ 3: plain models run beside the main thread there, on it here."""
        output = self.client.predict(case="signal")["output"]
        cog = "ValueError: signal only works in main thread of the main interpreter"
        self.assertEqual(output, self.differs("thread of sync models", cog=cog, ours="returned None"))

    def test_child_stays(self) -> None:
        """§ 12: child processes may go on."""
        self.assertEqual(self.client.predict(case="child")["output"], "left alone")
        self.assertEqual(self.client.predict(case="echo", text="next")["output"], "next")

    def test_deprecated_names(self) -> None:
        """§ 1: old names can still be used."""
        document = self.client.predict(case="deprecated")
        self.assertEqual((document["status"], document["output"]), ("succeeded", True))
        self.assertEqual(document["metrics"]["emitted"], 3)

    def test_swallowed_cancel(self) -> None:
        """§ 8: a plain model that swallows the cancel is canceled all the same; it is a CancelationException."""
        hooks = self.receiver()
        body = {"input": {"case": "swallow", "text": "sw"}, "webhook": hooks.url}
        self.client.put("/predictions/sw", body, {"content-type": "application/json", "prefer": "respond-async"})
        self.server.wait_for_file("sw.started")
        self.client.post("/predictions/sw/cancel")
        self.assertEqual(self.server.wait_for_file("sw.caught"), "CancelationException")
        self.assertEqual(hooks.completed("sw").json["status"], "canceled")


class Outputs(CogTestCase):
    model = "values"

    def run_value(self, name: str) -> dict[str, Any]:
        return self.client.predict(case="value", text=name)

    def test_values(self) -> None:
        """§ 6: how values are written."""
        for name, expected in (
            ("none", None),
            ("true", True),
            ("false", False),
            ("zero", 0),
            ("int", 7),
            ("float", 1.5),
            ("text", 'ü "quoted" \u2028'),
            ("empty_text", ""),
            ("empty_list", []),
            ("empty_dict", {}),
            ("list", [1, None, "a", [2, [3]]]),
            ("tuple", [1, 2]),
            ("set", [5]),
            ("frozenset", [6]),
            ("generator", [0, 1, 4]),
            ("nested_generator", {"g": [0, 1]}),
            ("dict", {"b": 1, "a": {"c": [1.0]}}),
            ("odd_keys", {"2": "int", "true": "bool", "null": "none", "2.5": "float"}),
            ("enum", "red"),
            ("nested_enum", {"colour": ["red"]}),
            ("datetime", "2020-01-02T03:04:05+00:00"),
            ("dataclass", {"x": 1, "y": 2.0}),
            ("pydantic", {"name": "n", "inner": [1, 2], "when": "2020-01-02T03:04:05"}),
            ("cog_model", {"name": "n", "size": 3}),
            ("with_dict", {"from": "dict"}),
            ("numpy_int", 5),
            ("numpy_float", 0.5),
            ("numpy_array", [[1, 2], [3, 4]]),
        ):
            with self.subTest(name):
                document = self.run_value(name)
                self.assertEqual(document["status"], "succeeded", document)
                self.assertEqual(document["output"], expected)

    def test_no_output(self) -> None:
        """HTTP § 4: a model without output gives null, and says so."""
        self.assertIn("output", self.run_value("none"))

    def test_big_integer(self) -> None:
        """§ 6: an integer above 64 bits becomes a float there and stays here."""
        document = self.client.post("/predictions", {"input": {"case": "value", "text": "big_int"}})
        row = "integers above 64 bits"
        self.assertEqual(str(2**70) in document.text, self.differs(row, cog=False, ours=True))
        self.assertAlmostEqual(float(document.json["output"]) / 2**70, 1.0)

    def test_secret(self) -> None:
        """§ 6: a secret in the output leaks there."""
        output = self.run_value("secret")["output"]
        row = "secrets in outputs"
        self.assertEqual("hidden" in json.dumps(output), self.differs(row, cog=True, ours=False))

    def test_no_json(self) -> None:
        """§ 6: what JSON cannot say fails; the peer's texts are a parser's."""
        for name in ("nan", "infinity", "surrogate"):
            with self.subTest(name):
                self.assertEqual(self.run_value(name)["status"], "failed")

    def test_no_output_type(self) -> None:
        """§ 6: what is no output fails, and the error says what it was."""
        for name, text in (("bytes", "bytes"), ("object", "object")):
            with self.subTest(name):
                document = self.run_value(name)
                self.assertEqual(document["status"], "failed")
                self.assertIn(text, document["error"])
                if self.peer:
                    self.assertIn("Failed to serialize output: TypeError", document["error"])

    def test_iterators(self) -> None:
        """§ 3: an iterator that is no generator fails there; here where the annotation does not say it is one, too."""
        document = self.run_value("list_iterator")
        if self.peer:
            self.assertEqual(document["status"], "failed")
            text = "Failed to serialize output: TypeError: Object of type list_iterator is not JSON serializable"
            self.assertIn(text, document["error"])
        else:
            self.assertIn(document["status"], ("failed", "succeeded"))

    def test_missing_file(self) -> None:
        """§ 6: a file that is not there."""
        document = self.run_value("missing")
        row = "a missing output file"
        self.assertEqual(document["status"], self.differs(row, cog="succeeded", ours="failed"))

    def test_string_io(self) -> None:
        """§ 6: io.StringIO fails there and is a file here."""
        document = self.run_value("string_io")
        row = "`io.StringIO` as output"
        self.assertEqual(document["status"], self.differs(row, cog="failed", ours="succeeded"))

    def test_large(self) -> None:
        """HTTP § 4, 7: an output of more than 6 MiB arrives."""
        document = self.client.predict(case="big", number=7 * 1024 * 1024)
        self.assertEqual(len(document["output"]), 7 * 1024 * 1024)


class Inputs(CogTestCase):
    model = "inputs"

    def arrives(self, **inputs: Any) -> Any:
        document = self.client.predict(want=",".join(inputs), **inputs)
        self.assertEqual(document["status"], "succeeded", document)
        return document["output"]

    def test_plain_values(self) -> None:
        """§ 4: values arrive as they are."""
        self.assertEqual(
            self.arrives(s="text", i=7, f=1.5, b=True, choice="blue", number_choice=4, ps=["a", "b"], numbers=[3]),
            {
                "s": {"type": "str", "value": "'text'"},
                "i": {"type": "int", "value": "7"},
                "f": {"type": "float", "value": "1.5"},
                "b": {"type": "bool", "value": "True"},
                "choice": {"type": "str", "value": "'blue'"},
                "number_choice": {"type": "int", "value": "4"},
                "ps": [{"type": "str", "value": "'a'"}, {"type": "str", "value": "'b'"}],
                "numbers": [{"type": "int", "value": "3"}],
            },
        )

    def test_defaults(self) -> None:
        """§ 1, 4: Input()'s defaults are real ones."""
        output = self.client.predict()["output"]
        self.assertEqual(output["i"], {"type": "int", "value": "3"})
        self.assertEqual(output["f"], {"type": "float", "value": "0.5"})
        self.assertEqual(output["choice"], {"type": "str", "value": "'red'"})
        self.assertEqual(output["optional"], {"type": "NoneType", "value": "None"})
        self.assertEqual(output["path"], {"type": "NoneType", "value": "None"})
        self.assertEqual(output["either"], {"type": "str", "value": "'either'"})

    def test_unions_and_any(self) -> None:
        """§ 4: unions and objects."""
        self.assertEqual(self.arrives(either=5)["either"], {"type": "int", "value": "5"})
        self.assertEqual(self.arrives(either="x")["either"], {"type": "str", "value": "'x'"})
        self.assertEqual(
            self.arrives(anything={"a": [1, None]})["anything"], {"type": "dict", "value": "{'a': [1, None]}"}
        )

    def test_secret(self) -> None:
        """§ 4: a Secret is wrapped and not printed; secrets in lists stay text."""
        output = self.arrives(secret="word")
        self.assertEqual(output["secret"], {"type": "Secret", "secret": "word", "str": "**********"})
        self.assertEqual(self.arrives(secrets=["word"])["secrets"], [{"type": "str", "value": "'word'"}])

    def test_strings_stay(self) -> None:
        """§ 4: text inputs that look like URLs are not touched; a local path stays text even for a Path."""
        self.assertEqual(self.arrives(s="http://nowhere/a.txt")["s"]["value"], "'http://nowhere/a.txt'")
        self.assertEqual(self.arrives(path="/etc/hostname")["path"], {"type": "str", "value": "'/etc/hostname'"})
        self.assertEqual(self.arrives(file="/etc/hostname")["file"], {"type": "str", "value": "'/etc/hostname'"})

    def test_data_urls(self) -> None:
        """§ 4: data URLs become files, with an ending by their type."""
        url = "data:text/plain;base64," + base64.b64encode(b"inline").decode()
        output = self.arrives(path=url, maybe=url, file=url)
        for name in ("path", "maybe"):
            self.assertEqual((output[name]["text"], output[name]["suffix"]), ("inline", ".txt"))
            self.assertTrue(output[name]["name"].endswith("file.txt"), output[name])
        self.assertEqual(output["file"], {"type": "BytesIO", "text": "inline"})

    def test_downloads(self) -> None:
        """§ 4: http URLs are downloaded; names are decoded, endings kept; lists, too."""
        files = self.files({"/a%20b.txt": b"first", "/c.png": b"second", "/lazy": b"third"})
        output = self.arrives(
            path=files.url + "/a%20b.txt", paths=[files.url + "/c.png", files.url + "/a%20b.txt"],
            file=files.url + "/lazy",
        )
        self.assertEqual(output["path"]["text"], "first")
        self.assertTrue(output["path"]["name"].endswith("a b.txt"), output["path"])
        self.assertEqual([item["text"] for item in output["paths"]], ["second", "first"])
        self.assertEqual(output["paths"][0]["suffix"], ".png")
        self.assertEqual(output["file"]["text"], "third")

    def test_long_names(self) -> None:
        """§ 4: long names are shortened."""
        name = "x" * 300 + ".txt"
        files = self.files({"/" + name: b"long"})
        output = self.arrives(path=files.url + "/" + name)
        self.assertEqual((output["path"]["text"], output["path"]["suffix"]), ("long", ".txt"))
        self.assertLessEqual(len(output["path"]["name"].encode()), 255)
        self.assertIn("~", output["path"]["name"])

    def test_parallel(self) -> None:
        """§ 4: several downloads at the same time."""
        arrived: list[str] = []

        def reply(request: Received) -> Reply:
            arrived.append(request.path)
            # Each waits until all have come: one after another would never end.
            eventually(lambda: len(arrived) >= 4, "four at once", 20)
            return 200, {}, request.path.encode()

        files = self.receiver(reply)
        output = self.arrives(paths=[f"{files.url}/{n}" for n in range(4)])
        self.assertEqual([item["text"] for item in output["paths"]], ["/0", "/1", "/2", "/3"])

    def test_failed_download(self) -> None:
        """§ 4: a download that fails is a failed prediction."""
        files = self.files({})
        document = self.client.predict(want="path", path=files.url + "/none.txt")
        self.assertEqual(document["status"], "failed")
        self.assertIn("Input validation error: ", document["error"])

    def test_temporary_files_are_removed(self) -> None:
        """§ 4: what was downloaded is gone when the prediction has ended."""
        files = self.files({"/a.txt": b"first"})
        self.arrives(path=files.url + "/a.txt")
        (name,) = (self.server.directory / "temporary.txt").read_text().splitlines()
        eventually(lambda: not os.path.exists(name), "it is removed")

    def test_user_agent(self) -> None:
        """HTTP § 7, 11: downloads name requests, or what COG_USER_AGENT says."""
        files = self.files({"/a.txt": b"x"})
        self.arrives(path=files.url + "/a.txt")
        server = self.start("inputs", env={"COG_USER_AGENT": "me/1.0"})
        server.client.predict(want="path", path=files.url + "/a.txt")
        self.assertEqual(files.received[-1].headers["user-agent"], "me/1.0")

    def test_mixed_list(self) -> None:
        """§ 4: a list of which only some are URLs succeeds or fails, but never hangs."""
        document = self.client.predict(want="s", paths=["/etc/hostname", "data:text/plain,x"])
        self.assertIn(document["status"], ("succeeded", "failed"))

    def test_big_integer(self) -> None:
        """§ 4: integers beyond 64 bits become floats there and stay here."""
        kind = self.arrives(either=2**70)["either"]["type"]
        self.assertEqual(kind, self.differs("integers above 64 bits", cog="float", ours="int"))


if __name__ == "__main__":
    unittest.main()
