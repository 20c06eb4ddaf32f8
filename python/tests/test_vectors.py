"""All vectors of Tests/Vectors against `supervisor_worker.wire`, as their README asks."""

import json
import os
import unittest
from pathlib import Path

import support  # noqa: F401 (finds the package)
from supervisor_worker.wire import limits, messages
from supervisor_worker.wire.errors import ProtocolError
from supervisor_worker.wire.frames import COLLECTED, SPILLED, STANDARD_ERROR, FrameDecoder, FrameType, Header, encode
from supervisor_worker.wire.payload import read
from supervisor_worker.wire.session import Session

VECTORS = Path(os.environ.get("SUPERVISOR_VECTORS", Path(__file__).resolve().parents[2] / "Tests" / "Vectors"))
FLAGS = {"spilled": SPILLED, "collected": COLLECTED, "standardError": STANDARD_ERROR}
TYPES = {kind.wire_name: kind for kind in FrameType}
PIECES = (1, 7, 1 << 20)
"""Bytes fed at once: a frame may be cut anywhere."""


def vectors(name):
    found = json.loads((VECTORS / name).read_text())
    assert found, f"{name} has no entries"
    return found


def header(entry):
    flags = sum(FLAGS[name] for name in entry.get("flags", []))
    return Header(TYPES[entry["type"]], flags, entry["slot"], entry["sequence"])


def frames_of(entry, piece):
    """The frames and their messages, and the error that ended them."""
    data, decoder = bytes.fromhex(entry["hex"]), FrameDecoder(entry.get("limit", limits.FRAME))
    found = []
    try:
        for start in range(0, len(data), piece):
            for frame in decoder.feed(data[start:start + piece]):
                if frame.header.type.is_from_worker != (entry["direction"] == "worker"):
                    raise ProtocolError("wrongDirection", frame.header.type.wire_name, frame.offset)
                found.append((frame, messages.decode(frame)))
        decoder.finish()
    except ProtocolError as error:
        return found, error
    return found, None


class VectorTest(unittest.TestCase):
    def check_frames(self, entry, found):
        self.assertEqual(len(found), len(entry["frames"]))
        for (frame, _), expected in zip(found, entry["frames"]):
            self.assertEqual(frame.header, header(expected))
            if "payload" in expected:
                self.assertEqual(read(frame.payload), expected["payload"])
            elif "text" in expected:
                self.assertEqual(frame.payload.decode(), expected["text"])
            else:
                self.assertEqual(frame.payload.hex(), expected.get("bytes", ""))

    def test_legal_frames_are_read_however_they_are_cut(self):
        for entry in vectors("frames-canonical.json") + vectors("frames-lenient.json"):
            for piece in PIECES:
                with self.subTest(entry["name"], piece=piece):
                    found, error = frames_of(entry, piece)
                    self.assertIsNone(error)
                    self.check_frames(entry, found)

    def test_what_a_worker_says_is_written_in_the_same_bytes(self):
        for entry in vectors("frames-canonical.json"):
            with self.subTest(entry["name"]):
                found, _ = frames_of(entry, 1 << 20)
                again = b"".join(
                    encode(frame.header, message.encode() if entry["direction"] == "worker" and hasattr(
                        message, "encode") else frame.payload) for frame, message in found)
                self.assertEqual(again.hex(), entry["hex"])

    def test_illegal_frames_are_refused_at_their_offset(self):
        for entry in vectors("frames-illegal.json"):
            for piece in PIECES:
                with self.subTest(entry["name"], piece=piece):
                    found, error = frames_of(entry, piece)
                    self.assertIsNotNone(error)
                    self.assertEqual({"code": error.code, "offset": error.offset}, entry["error"])
                    self.check_frames(entry, found)

    def test_sessions(self):
        for entry in vectors("sessions.json"):
            for end in [entry["end"]] if "end" in entry else ["worker", "supervisor"]:
                with self.subTest(entry["name"], end=end):
                    session = Session(is_worker=end == "worker", slots=entry["slots"])
                    session.capabilities = set(entry["capabilities"])
                    refused = None
                    for number, step in enumerate(entry["steps"]):
                        try:
                            session.pass_(header(step))
                        except ProtocolError as error:
                            refused = {"step": number, "code": error.code}
                            break
                    self.assertEqual(refused, entry.get("error"))

    def test_versions(self):
        for entry in vectors("versions.json"):
            with self.subTest(str(entry)):
                try:
                    spoken = messages.Version(*entry["worker"]).spoken_with(messages.Version(*entry["supervisor"]))
                except ProtocolError as error:
                    self.assertEqual(error.code, "incompatibleVersion")
                    self.assertIsNone(entry["spoken"])
                else:
                    self.assertEqual([spoken.major, spoken.minor], entry["spoken"])


if __name__ == "__main__":
    unittest.main()
