"""Runs: what they send, how they fail, how they are canceled."""

import json
import unittest

from support import WorkerTest
from supervisor_worker.wire import messages
from supervisor_worker.wire.frames import FrameType

HEAD = """
    import asyncio, enum, os, signal, sys, threading, time
    from supervisor_worker import *
"""


class SyncRunTest(WorkerTest):
    def test_a_stream_with_logs_and_metrics(self):
        worker = self.start(HEAD + """
    print("imported")
    @streaming
    def go(text: str, times: int = 2):
        "Says words."
        print("begin", threading.current_thread() is threading.main_thread())
        for word in text.split() * times:
            yield word
        current_run().metric("replace", "words", 4)
        print("no line end", end="")
    """)
        said = worker.until(messages.Ready)
        self.assertIn((None, 0, "imported\n"), said)
        entry = said[-1].manifest.handlers[0]
        self.assertEqual((entry.name, entry.streaming, entry.description), ("go", True, "Says words."))
        self.assertEqual(entry.input, {"type": "object", "required": ["text"], "properties": {
            "text": {"type": "string"}, "times": {"type": "integer", "default": 2}}})
        story = worker.run({"text": "a b"})
        self.assertEqual(story.outputs, ["a", "b", "a", "b"])
        self.assertEqual(story.log, "begin True\nno line end")
        self.assertEqual(story.metrics, [("replace", "words", 4)])
        self.assertEqual(story.done, messages.Done("succeeded"))
        self.assertEqual(worker.shut_down(), 0)


if __name__ == "__main__":
    unittest.main()
