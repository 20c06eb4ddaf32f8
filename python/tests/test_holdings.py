"""What runs must not keep: inputs, descriptors, locks; and what a model must not be able to send."""

import gc
import os
import tempfile
import threading
import unittest
import weakref
from pathlib import Path
from unittest import mock

import support
from supervisor_worker import outputs
from supervisor_worker.cog.metrics import MetricRecorder
from supervisor_worker.cog.scope import Scope, Scopes
from supervisor_worker.runtime.channel import Agreement, RunChannel
from supervisor_worker.runtime.run import RunFailed
from supervisor_worker.runtime.spool import Spool
from supervisor_worker.signatures import DeclarationError, Signature
from supervisor_worker.wire import limits, messages
from supervisor_worker.wire.errors import ProtocolError
from supervisor_worker.wire.payload import nests_too_deep, read, write


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


class InputTest(unittest.TestCase):
    class Input:
        """Of some size."""

    def run_of(self, request):
        agreement = Agreement(limits.FRAME, limits.FRAME, True, False, Spool(tempfile.gettempdir()))
        return RunChannel(request, 0, 1, agreement, mock.Mock())

    def test_an_input_is_its_applications_alone(self):
        given = self.Input()
        kept = weakref.ref(given)
        run = self.run_of(messages.PredictRequest("p", "go", given))
        del given
        run.open()
        self.assertIs(run.input, kept())
        run.input = None
        self.assertIsNone(kept(), "the run keeps what its application has let go")

    def test_an_ended_run_keeps_no_input(self):
        gc.disable()
        self.addCleanup(gc.enable)
        given = self.Input()
        kept = weakref.ref(given)
        run = self.run_of(messages.PredictRequest("p", "go", given))
        del given
        run.open()
        run.begin()
        run.end(messages.Done("succeeded"))
        self.assertIsNone(kept())

    def test_a_request_that_is_opened_again(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "in")
            path.write_bytes(b'{"id":"p","handler":"go","input":1}')
            run = self.run_of(messages.SpillFile(str(path), path.stat().st_size))
            run._agreement = Agreement(limits.FRAME, limits.FRAME, True, False, Spool(directory))
            run.open()
            run.open()  # as after a signal handler that has struck behind the first time
            self.assertEqual(run.input, 1)


class SpoolTest(unittest.TestCase):
    def test_a_file_that_cannot_be_opened_costs_no_descriptor(self):
        with tempfile.TemporaryDirectory() as directory:
            spool = Spool(directory)
            before = len(os.listdir("/proc/self/fd"))
            regular = os.stat(__file__)
            for move in (False, True):
                with mock.patch.object(os, "stat", return_value=regular), self.assertRaises(OSError):
                    spool.copy(Path(directory, "gone since it was looked at"), move)
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)
            self.assertEqual(os.listdir(directory), [])


class NestingTest(unittest.TestCase):
    def test_limit(self):
        deepest = write(nested(limits.NESTING))
        self.assertFalse(nests_too_deep(deepest))
        read(deepest)
        with self.assertRaisesRegex(ValueError, "512"):
            write(nested(limits.NESTING + 1))
        with self.assertRaises(ProtocolError):
            read(b"[" + deepest + b"]")
        for flat in (b"[" + b'"[[\\"{{",' * 1000 + b"0]", b"[" + b"[],{}," * 1000 + b"0]"):
            self.assertFalse(nests_too_deep(flat))

    def test_what_models_send(self):
        with self.assertRaises(ValueError):
            messages.Metric("replace", "deep", nested(limits.NESTING)).encode()
        run = mock.Mock(can_upload=False)
        with self.assertRaisesRegex(RunFailed, "nests deeper than 512 levels"):
            outputs.emit(run, nested(limits.NESTING + 1))
        run.emit.assert_not_called()


class FinalizerTest(unittest.TestCase):
    """Finalizers run in the middle of anything, on the thread that is at it."""

    def in_time(self, function):
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        thread.join(support.DEADLINE)
        self.assertFalse(thread.is_alive(), "it waits for itself")

    def test_recording_while_recording(self):
        sent = []

        def send(mode, name, value):
            if not sent:
                sent.append(name)
                recorder.record("inner", 1)
            sent.append(name)

        recorder = MetricRecorder(send)
        self.in_time(lambda: recorder.record("outer", 1))
        self.assertEqual(sent, ["outer", "inner", "outer"])

    def test_asking_for_the_scope_while_it_is_entered(self):
        scopes = Scopes()

        class Active(list):
            def append(self, scope):
                scopes.current()
                super().append(scope)

        scopes._active = Active()
        self.in_time(lambda: scopes.enter(Scope()))
        self.assertEqual(len(scopes._active), 1)


class AnnotationTest(unittest.TestCase):
    def test_generic_types_that_have_no_schema(self):
        def takes(pair: tuple[int, int]):
            pass

        def gives() -> tuple[int, int]:
            pass

        self.assertIsNone(Signature(gives, "gives").output(False))
        with self.assertRaises(DeclarationError):
            Signature(takes, "takes").input()


if __name__ == "__main__":
    unittest.main()
