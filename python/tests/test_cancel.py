"""Cancels: in time, too early, too late, again and again."""

import random
import unittest

from support import HEAD, WorkerTest
from supervisor_worker.wire import messages


def texts(said):
    return "".join(item[2] for item in said if isinstance(item, tuple))


class CancelTest(WorkerTest):
    SYNC = HEAD + """
    @streaming
    def go(how: str = ""):
        print("begun", flush=True)
        try:
            yield 1
            if how == "sleep": time.sleep(60)
            if how == "compute":
                while True: pass
            if how == "wait": threading.Event().wait()
            if how == "lock":
                lock = threading.Lock(); lock.acquire(); lock.acquire()
            if how == "read": os.read(os.pipe()[0], 1)
            if how == "swallow":
                while True:
                    try: time.sleep(60)
                    except RunCanceled: break
                yield 2
            if how == "finalizer":
                class Slow:
                    def __del__(self): time.sleep(30)
                slow = Slow(); slow = None
                time.sleep(60)
            if how == "exception":
                try: time.sleep(60)
                except Exception: yield "not to be caught"
            if how == "fail":
                try: time.sleep(60)
                except RunCanceled: raise ValueError("on the way out")
        finally:
            print("finally")
    """

    def cancel_one(self, worker, how, slot=0, handler="go", times=1):
        run = worker.predict({"how": how}, slot=slot, handler=handler)
        said = worker.until(messages.OutputValue)
        for _ in range(times):
            worker.cancel(run, slot)
        return said + worker.until(messages.Done)

    def test_on_the_main_thread(self):
        worker = self.started(self.SYNC)
        for how in ("sleep", "compute", "wait", "lock", "read", "finalizer", "swallow", "exception", "fail"):
            with self.subTest(how):
                said = self.cancel_one(worker, how, times=3)
                self.assertEqual(said[-1], messages.Done("canceled"))
                self.assertEqual(texts(said), "begun\nfinally\n")
                self.assertNotIn(messages.OutputValue(b'"not to be caught"'), said)
        self.assertEqual(worker.run().done.status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)

    def test_on_a_thread(self):
        worker = self.started(self.SYNC.replace("@streaming", "@streaming(concurrency=2)").replace(
            "time.sleep(60)", "[time.sleep(0.01) for _ in range(6000)]"))
        for how in ("sleep", "compute", "swallow", "fail"):
            with self.subTest(how):
                said = self.cancel_one(worker, how, slot=1)
                self.assertEqual(said[-1], messages.Done("canceled"))
                self.assertEqual(texts(said), "begun\nfinally\n")
        self.assertEqual(worker.run(slot=1).done.status, "succeeded")
        self.assertEqual(worker.shut_down(), 0)

    def test_on_the_loop(self):
        worker = self.started(HEAD + """
    @streaming(concurrency=2)
    async def go(how: str = ""):
        try:
            yield 1
            if how == "sleep": await asyncio.sleep(60)
            if how == "swallow":
                try: await asyncio.sleep(60)
                except asyncio.CancelledError: yield 2
            while how == "never": yield 3
            if how == "inner":
                await asyncio.gather(asyncio.sleep(60), asyncio.sleep(60))
        finally:
            await asyncio.sleep(0)
            print("finally")
    @handler
    async def own():
        raise asyncio.CancelledError("nobody asked")
    """)
        for how in ("sleep", "swallow", "inner", "never"):
            with self.subTest(how):
                said = self.cancel_one(worker, how, slot=1, times=2)
                self.assertEqual(said[-1], messages.Done("canceled"))
                self.assertEqual(texts(said), "finally\n")
        self.assertEqual(worker.run(handler="own").done.kind, "CancelledError")
        self.assertEqual(worker.run().done.status, "succeeded")

    def test_before_it_began(self):
        # A model that blocks its loop keeps the second run from beginning.
        blocking = self.started(HEAD + """
    gate = os.pipe()
    @streaming(concurrency=2)
    async def go(blocks: bool = False):
        yield 1
        if blocks:
            threading.Timer(0.5, lambda: os.write(gate[1], b"x")).start()
            os.read(gate[0], 1)
    """)
        blocking.predict({"blocks": True}, slot=0)
        blocking.until(messages.OutputValue)
        run = blocking.predict({}, slot=1)
        blocking.cancel(run, 1)
        said = blocking.until(messages.Done) + blocking.until(messages.Done)
        self.assertEqual(said.count(messages.Done("canceled")), 1)
        self.assertEqual([item for item in said if isinstance(item, messages.OutputValue)], [])
        self.assertEqual([item for item in said if isinstance(item, messages.Empty)], [], "not even `started`")

    def test_cancels_at_any_time_break_nothing(self):
        """Every frame is checked by the session of the parent; a broken order would show."""
        chance = random.Random(8)
        model = HEAD + """
    @streaming{options}
    def go(n: int = 300):
        for number in range(n):
            print(number)
            yield "x"
            current_run().metric("increment", "n", 1)
    """
        for options, slots in (("", 1), ("(concurrency=3)", 3)):
            worker = self.started(model.replace("{options}", options))
            for _ in range(60):
                slot = chance.randrange(slots)
                run = worker.predict({}, slot=slot)
                wanted = chance.randrange(60)
                said = []
                while wanted and not (said and isinstance(said[-1], messages.Done)):
                    said.append(worker.next()[1])
                    wanted -= 1
                if not said or not isinstance(said[-1], messages.Done):
                    worker.cancel(run, slot)
                    said += worker.until(messages.Done)
                self.assertIn(said[-1].status, ("canceled", "succeeded"))
                if chance.randrange(4) == 0:
                    self.assertEqual(len(worker.run({"n": 20}, slot=slot).outputs), 20)
            self.assertEqual(worker.shut_down(), 0)
            worker.close_pipes()
            self.assertEqual(worker.printed["stderr"], "")


if __name__ == "__main__":
    unittest.main()
