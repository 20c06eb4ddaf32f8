"""Parts of the runtime that need no process."""

import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

import support  # noqa: F401 (finds the package)
from supervisor_worker.runtime import outcome
from supervisor_worker.runtime.cancellation import RunCanceled
from supervisor_worker.runtime.iteration import drive
from supervisor_worker.runtime.outlet import FRAME_OVERHEAD, HIGH_WATER, Outlet
from supervisor_worker.runtime.payloads import fitting
from supervisor_worker.runtime.run import RunFailed
from supervisor_worker.runtime.spool import Spool, SpoolError
from supervisor_worker.wire import limits, messages
from supervisor_worker.wire.frames import FrameType
from supervisor_worker.wire.messages import Done, SpillFile
from supervisor_worker.wire.session import Session


class SpoolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.directory = self.root / "spool"
        self.directory.mkdir()
        self.spool = Spool(str(self.directory))
        self.source = self.root / "source.bin"
        self.source.write_bytes(b"abc" * 1_000_000)

    def check(self, path):
        status = os.lstat(path)
        self.assertEqual((status.st_nlink, status.st_size), (1, 3_000_000))
        self.assertEqual(Path(path).parent, self.directory)
        self.assertEqual(Path(path).read_bytes(), b"abc" * 1_000_000)

    def test_copies_and_moves(self):
        self.check(self.spool.copy(self.source))
        self.assertTrue(self.source.exists())
        link = self.root / "link"
        link.symlink_to(self.source)
        self.check(self.spool.copy(link, move=True))
        self.assertTrue(self.source.exists(), "only the link could have been moved")
        other = self.root / "other"
        os.link(self.source, other)
        self.check(self.spool.copy(self.source, move=True))
        other.unlink()
        self.check(self.spool.copy(self.source, move=True))
        self.assertFalse(self.source.exists())

    def test_what_cannot_be_copied_leaves_nothing_behind(self):
        for source in (self.root / "missing", self.root, Path("/dev/null")):
            with self.assertRaises(OSError):
                self.spool.copy(source)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_names_that_are_taken(self):
        taken = self.directory / f"{os.getpid()}-1"
        taken.write_text("of an earlier process")
        self.check(self.spool.copy(self.source))
        self.assertEqual(taken.read_text(), "of an earlier process")

    def test_files_of_the_supervisor(self):
        path = self.directory / "in"
        path.write_bytes(b"{}")
        self.assertEqual(self.spool.take(SpillFile(str(path), 2)), b"{}")
        self.assertFalse(path.exists())
        path.symlink_to(self.source)
        outside = self.source.stat().st_size
        for name, size in ((path, outside), (self.source, outside), (self.directory / ".." / "source.bin", outside),
                           (self.directory / "gone", 0), (self.directory, 0)):
            with self.assertRaises((SpoolError, OSError)):
                self.spool.take(SpillFile(str(name), size))
        self.assertTrue(self.source.exists())


class OutletTest(unittest.TestCase):
    """An outlet whose pipe is read once `reads` is set."""

    def setUp(self):
        self.reads = threading.Event()
        reader, writer = os.pipe()
        self.outlet = Outlet(writer, Session(), threading.Lock(), lambda run: None)
        self.read = 0
        thread = threading.Thread(target=self.drain, args=(reader,))
        thread.start()
        self.outlet.start()
        self.addCleanup(thread.join, support.DEADLINE)
        self.addCleanup(self.outlet.close, support.DEADLINE)
        self.addCleanup(self.reads.set)

    def drain(self, reader):
        self.reads.wait(support.DEADLINE)
        while piece := os.read(reader, 1 << 20):
            self.read += len(piece)
        os.close(reader)

    def in_time(self, function):
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        thread.join(support.DEADLINE)
        self.assertFalse(thread.is_alive(), "it waits forever")

    def log(self, text):
        self.outlet.put(None, int(FrameType.LOG), 0, text)

    def test_a_size_that_is_out_of_date(self):
        self.reads.set()
        outlet, test = self.outlet, self

        class Slow(bytes):
            """Is written while its size is being added to that of what waits."""

            def __len__(self):
                end = time.monotonic() + support.DEADLINE
                while threading.current_thread() is not outlet._thread and test.read < HIGH_WATER and (
                        time.monotonic() < end):
                    time.sleep(0.001)
                return super().__len__()

        def say():
            self.log(Slow(HIGH_WATER))
            outlet.wait_for_room()

        self.in_time(say)
        self.assertGreaterEqual(self.read, HIGH_WATER)

    def test_threads_that_must_not_wait(self):
        outlet = self.outlet
        self.log(bytes(1 << 20))  # fills the pipe
        end = time.monotonic() + support.DEADLINE
        while outlet._size and time.monotonic() < end:
            time.sleep(0.001)
        self.log(bytes(HIGH_WATER))
        self.assertGreaterEqual(outlet._size, HIGH_WATER + FRAME_OVERHEAD)

        def finalize():
            outlet.never_wait_on(threading.current_thread())
            outlet.wait_for_room()

        self.in_time(lambda: outlet.wait_for_room(0.01))
        self.in_time(finalize)

    def test_a_finalizer_on_the_thread_that_writes(self):
        outlet, finalized = self.outlet, threading.Event()

        class Loud(bytes):
            """Stands for garbage that is collected, and prints, while frames are packed."""

            def __len__(self):
                if threading.current_thread() is outlet._thread and not finalized.is_set():
                    outlet.put(None, int(FrameType.LOG), 0, bytes(HIGH_WATER))
                    outlet.wait_for_room()
                    finalized.set()
                return super().__len__()

        self.reads.set()
        self.log(Loud(1))
        self.assertTrue(finalized.wait(support.DEADLINE), "nobody writes while the thread that writes waits")


class WordsTest(unittest.TestCase):
    def test_texts_that_do_not_fit_are_shortened(self):
        for message in (Done("failed", "\x00" * 10**6, "K" * 10**6, True), messages.HealthResult(False, "\x00" * 10**6),
                        messages.SetupFailure("\x00" * 10**6, "\x00" * 10**6, "\x00" * 10**6)):
            self.assertLess(len(fitting(message, limits.FRAME_FLOOR)), limits.FRAME_FLOOR)
        self.assertEqual(fitting(Done("succeeded"), limits.FRAME_FLOOR), b'{"status":"succeeded"}')

    def test_how_runs_end(self):
        class Own(BaseException):
            pass

        for error, is_cancelled, expected in (
                (None, False, Done("succeeded")), (None, True, Done("canceled")), (Own(), False, Done("canceled")),
                (ValueError("x"), True, Done("canceled")), (ValueError(), False, Done("failed", "ValueError",
                                                                                      "ValueError")),
                (RunFailed("t", "K", True), False, Done("failed", "t", "K", True))):
            self.assertEqual(outcome.of_run(error, is_cancelled, Own), expected)


class DriveTest(unittest.TestCase):
    """A generator learns of a cancel that strikes while its piece is sent."""

    def drive(self, generator, strike_at):
        sent = []

        def emit(piece):
            sent.append(piece)
            if len(sent) == strike_at:
                raise RunCanceled

        try:
            drive(generator, emit, RunCanceled)
        except BaseException as error:
            sent.append(type(error).__name__)
        return sent

    def test_generators(self):
        seen = []

        def model(listens):
            try:
                yield 1
                yield 2
            except RunCanceled:
                seen.append("canceled")
                if not listens:
                    raise
                yield 3
            finally:
                seen.append("finally")

        self.assertEqual(self.drive(model(False), 1), [1, "RunCanceled"])
        self.assertEqual(self.drive(model(True), 2), [1, 2, 3])
        self.assertEqual(self.drive(model(True), 9), [1, 2])
        self.assertEqual(seen, ["canceled", "finally"] * 2 + ["finally"])
        self.assertEqual(self.drive(iter([1, 2]), 1), [1, "RunCanceled"])

    def test_another_error_closes_the_generator(self):
        seen = []

        def model():
            try:
                yield 1
            finally:
                seen.append("finally")

        def emit(piece):
            raise OSError

        with self.assertRaises(OSError):
            drive(model(), emit, RunCanceled)
        self.assertEqual(seen, ["finally"])


if __name__ == "__main__":
    unittest.main()
