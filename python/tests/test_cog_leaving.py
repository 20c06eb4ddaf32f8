"""A cancel that strikes at any moment of a run."""

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
        for number in range(1000):
            with self.subTest(line=number):
                passed = []

                def strike(frame, event, argument):
                    if event in ("call", "line"):
                        passed.append(frame.f_lineno)
                        if len(passed) == number + 1:
                            raise served.application.cancellation
                    return strike

                def enter(frame, event, argument):
                    # Not deeper: a trace strikes between a `with` and the lock that it gives back, a signal does not.
                    return strike(frame, event, argument) if frame.f_code.co_filename == module.__file__ else None

                run = FakeRun({"data": "data:,text"})
                error = None
                # As far as the runtime lets cancels strike.
                sys.settrace(enter)
                try:
                    served.application.run(run)
                except BaseException as raised:
                    error = raised
                sys.settrace(None)
                if run.at_end is not None:
                    run.at_end()
                self.assertEqual(list(served.application._scratch._directory.glob("*/*")), [])
                self.assertEqual([path.name for path in served.application._scratch._directory.iterdir()], ["lock"])
                if error is None:
                    break
                self.assertIsInstance(error, served.application.cancellation)
        self.assertEqual(run.values, ["text"])
        self.assertGreater(number, 30, "hardly a line was struck")
