"""Signs of life, and what signals do: heartbeats, stacks on SIGQUIT, SIGUSR1 as a second cancel."""

import signal
import threading
import unittest

from support import HEAD, WorkerTest
from supervisor_worker.runtime.outlet import Outlet
from supervisor_worker.wire import messages
from supervisor_worker.wire.frames import HEADER, FrameType
from supervisor_worker.wire.session import Phase, Session

OFTEN = 20
"""Milliseconds."""


class HeartbeatTest(WorkerTest):
    BUSY = """
    @streaming
    def go(how: str = ""):
        yield 1
        if how == "compute":
            while True: pass
        while True: time.sleep(0.01)
    @streaming
    async def later():
        yield 1
        time.sleep(60)
    """

    def test_in_every_phase(self):
        worker = self.start(HEAD + """
    while not pathlib.Path("loaded").exists(): time.sleep(0.005)
    """ + self.BUSY, heartbeat_ms=OFTEN)
        worker.wait_for_beats(3)
        (worker.directory / "loaded").touch()
        worker.ready()
        worker.wait_for_beats(3)
        for how, handler in (("compute", "go"), ("sleep", "go"), ("", "later")):
            with self.subTest(how + handler):
                run = worker.predict({"how": how} if how else {}, handler=handler)
                worker.until(messages.OutputValue)
                worker.wait_for_beats(5)
                worker.cancel(run)
                if how:
                    worker.until(messages.Done)

    def test_only_where_they_are_asked_for(self):
        for options in ({}, {"heartbeat_ms": 0}):
            worker = self.started(HEAD + self.BUSY, **options)
            worker.send(FrameType.PING, {"nonce": 1})
            worker.expect(messages.Nonce)
            self.assertFalse(worker.beats.acquire(blocking=False))

    def test_none_pile_up_before_a_supervisor_that_does_not_read(self):
        written, session = [], Session()
        session.phase = Phase.READY
        outlet = Outlet(-1, session, threading.Lock(), lambda run: None)
        for _ in range(1000):
            outlet.beat()
        while not outlet._items.empty():
            written += outlet._packed([outlet._items.get()])
        self.assertEqual(written, [HEADER.pack(0, FrameType.HEARTBEAT, 0, 0xFFFF, 0), b""])
        outlet.beat()
        self.assertFalse(outlet._items.empty(), "the next one, once that is written")


class SignalTest(WorkerTest):
    def says(self, worker, text):
        """Waits for a line of a run's log, and returns all until it."""
        said = worker.until(messages.LogText)
        while text not in said[-1][2]:
            said += worker.until(messages.LogText)
        return said


class QuitTest(SignalTest):
    def test_stacks_of_all_threads_are_printed_and_the_worker_lives_on(self):
        for form in ("def", "async def"):
            with self.subTest(form):
                worker = self.started(HEAD + f"""
    def waits_on_another_thread(): time.sleep(60)
    {form} computes():
        print("computes", flush=True)
        while not pathlib.Path("enough").exists(): pass
    @streaming
    {form} go():
        threading.Thread(target=waits_on_another_thread, daemon=True).start()
        {"await " if "async" in form else ""}computes()
        yield 1
    """)
                worker.predict({})
                self.says(worker, "computes")
                for _ in range(2):
                    worker.signal(signal.SIGQUIT)
                (worker.directory / "enough").touch()
                self.assertEqual(worker.until(messages.Done)[-1].status, "succeeded")
                self.assertEqual(worker.shut_down(), 0)
                worker.close_pipes()
                for name in ("in computes", "in waits_on_another_thread", "Thread 0x"):
                    self.assertIn(name, worker.printed["stderr"])

    def test_while_the_model_is_imported(self):
        worker = self.start(HEAD + """
    def loads():
        pathlib.Path("begun").touch()
        while not pathlib.Path("enough").exists(): time.sleep(0.005)
    loads()
    @handler
    def go(): return 1
    """)
        self.wait_for((worker.directory / "begun").exists, "the import begins")
        worker.signal(signal.SIGQUIT)
        worker.signal(signal.SIGUSR1)
        (worker.directory / "enough").touch()
        worker.ready()
        self.assertEqual(worker.run().outputs, [1])
        worker.shut_down()
        worker.close_pipes()
        self.assertIn("in loads", worker.printed["stderr"])


class InterruptTest(SignalTest):
    """A run that swallows the first cancel, and ends by the second."""

    SWALLOWING = HEAD + """
    @streaming(concurrency=SLOTS)
    FORM go(how: str = ""):
        tries = 0
        while True:
            try:
                print("trying", flush=True)
                if how == "sleep": PAUSE(60)
                if how == "compute":
                    while True: pass
                if how == "step":
                    while True: PAUSE(0.001)
                if how == "block": time.sleep(60)
                if how == "quick": return
            except BaseException:
                print("swallowed", flush=True)
                tries += 1
                if tries > 1: raise
        yield "never"
    """

    def model(self, form, pause, slots=1):
        return self.SWALLOWING.replace("FORM", form).replace("PAUSE", pause).replace("SLOTS", str(slots))

    def interrupt(self, worker, how, swallows, slot=0):
        run = worker.predict({"how": how}, slot=slot)
        self.says(worker, "trying")
        worker.cancel(run, slot)
        if swallows:
            self.says(worker, "swallowed")
            self.says(worker, "trying")
        worker.send(FrameType.PING, {"nonce": 1})
        worker.until(messages.Nonce)  # so the cancel was read, too
        worker.signal(signal.SIGUSR1)
        self.assertEqual(worker.until(messages.Done)[-1], messages.Done("canceled"))

    def test_on_the_main_thread(self):
        worker = self.started(self.model("def", "time.sleep"))
        for how in ("sleep", "compute", "step", "block"):
            with self.subTest(how):
                self.interrupt(worker, how, swallows=True)
        self.assertEqual(worker.run({"how": "quick"}).done.status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)

    def test_on_a_thread(self):
        worker = self.started(self.model("def", "time.sleep", slots=2))
        for how in ("compute", "step"):
            with self.subTest(how):
                self.interrupt(worker, how, swallows=True, slot=1)
        self.assertEqual(worker.run({"how": "quick"}, slot=1).done.status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)

    def test_on_the_loop(self):
        worker = self.started(self.model("async def", "await asyncio.sleep", slots=2))
        self.interrupt(worker, "sleep", swallows=True)
        # The loop does not come round to the cancel, and then has two of them.
        for how in ("block", "compute"):
            with self.subTest(how):
                self.interrupt(worker, how, swallows=False)
        self.assertEqual(worker.run({"how": "quick"}, slot=1).done.status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)

    def test_runs_that_were_not_cancelled_go_on(self):
        for form, slots in (("def", (0, 1)), ("def", (1, 0)), ("async def", (0, 1))):
            with self.subTest(f"{form} {slots}"):
                pause = "await asyncio.sleep" if "async" in form else "time.sleep"
                worker = self.started(self.model(form, pause, slots=3) + f"""
    @handler
    {form} innocent():
        while not pathlib.Path("enough").exists(): {pause}(0.002)
        return "done"
    """)
                worker.predict({}, handler="innocent", slot=slots[1])
                self.assertIsInstance(worker.next()[1], messages.Empty)
                self.interrupt(worker, "step", swallows=True, slot=slots[0])
                (worker.directory / "enough").touch()
                self.assertEqual(worker.until(messages.Done)[-1].status, "succeeded")
                self.assertEqual(worker.shut_down(), 0)

    def test_without_a_cancelled_run_nothing_happens(self):
        worker = self.started(self.model("def", "time.sleep"))
        worker.signal(signal.SIGUSR1)
        for _ in range(3):
            worker.predict({"how": "quick"})
            worker.signal(signal.SIGUSR1)
            self.assertEqual(worker.until(messages.Done)[-1].status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)
        worker.close_pipes()
        self.assertEqual(worker.printed["stderr"], "")


class MarkTest(WorkerTest):
    def test_children_inherit_it(self):
        worker = self.started(HEAD + """
    import subprocess
    @handler
    def go(): return subprocess.run(["env"], capture_output=True, text=True).stdout
    """, environment={"SUPERVISOR_WORKER_MARK": "abc.7"})
        self.assertIn("SUPERVISOR_WORKER_MARK=abc.7\n", worker.run().outputs[0])
        self.assertNotIn("SUPERVISOR_WORKER_PIPES", worker.run().outputs[0])


if __name__ == "__main__":
    unittest.main()
