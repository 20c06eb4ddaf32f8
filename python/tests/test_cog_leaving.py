"""A cancel that strikes while a run is being put away."""

import sys

from cog_support import CogModelTest, FakeRun
from supervisor_worker.cog import application as module


class LeavingTest(CogModelTest):
    def test_a_cancel_at_any_line_leaves_no_files(self):
        served = self.load("""
            class Predictor:
                def predict(self, data: Path) -> str:
                    return data.read_text()
        """)
        self.addCleanup(sys.settrace, None)
        for number in range(100):
            with self.subTest(line=number):
                passed = []

                def strike(frame, event, argument):
                    if event in ("call", "line"):
                        passed.append(frame.f_lineno)
                        if len(passed) == number + 1:
                            raise served.application.cancellation
                    return strike

                def enter(frame, event, argument):
                    code = frame.f_code
                    return strike(frame, event, argument) if (code.co_filename, code.co_name) == (
                        module.__file__, "leave") else None

                sys.settrace(enter)
                run = served.run(run=FakeRun({"data": "data:,text"}))
                sys.settrace(None)
                self.assertEqual(run.values, ["text"])
                self.assertEqual(self.temporary_files(), [])
                if run.error is None:
                    break
                self.assertIsInstance(run.error, served.application.cancellation)
        self.assertGreater(number, 3, "no line was struck")
