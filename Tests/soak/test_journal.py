"""Each check of the journal finds what it is there for, and finds nothing in a history that is as it must be."""

import copy
import unittest

from journal import Deaths, Ending, Finish, LedgerLine, Plan, Reading, Record, Rules, Span, faults


def document(**members):
    return {"id": "p", "status": "succeeded", "output": ["a", "b"], "logs": "", "metrics": {}, **members}


def events(first=1, outputs=("a", "b"), end=None, epoch="abc123"):
    """A whole stream from its `first` event on."""
    every = [("start", {"id": "p", "status": "processing"})]
    every += [("output", {"chunk": chunk, "index": index}) for index, chunk in enumerate(outputs)]
    every += [("completed", end or document())]
    return [(name, f"{epoch}-{number}", data) for number, (name, data) in enumerate(every, 1) if number >= first]


def reading(**members):
    return Reading(**{"status": 200, "events": events(), "finish": Finish.WHOLE, **members})


def line(word, pid=7, status=""):
    return LedgerLine(1.0, "d", pid, word, status)


LEDGER = [line("begin"), line("output"), line("end", status="succeeded")]
LOST = {"status": "failed", "error": "Worker crashed: signal 9 (SIGKILL)", "output": ["a"]}


def record(**members):
    plan = members.pop("plan", Plan({"do": []}, Ending.SUCCESS, ["a", "b"]))
    fresh = Record("p", "d", plan, "streams", is_accepted=True, began=10.0, ended=20.0)
    fresh.readings = [reading()]
    fresh.documents = [document(), document(input={"do": []})]
    for name, value in members.items():
        setattr(fresh, name, value)
    return fresh


def lost(pids=(7,), **members):
    """One whose worker was lost after its first output."""
    end = document(**LOST)
    stream = reading(events=events(outputs=("a",), end=end))
    return record(**{"readings": [stream], "documents": [end], **members}), [
        entry for pid in pids for entry in (line("begin", pid), line("output", pid))
    ]


class SoundHistories(unittest.TestCase):
    def expect_none(self, subject, ledger, deaths=Deaths(), rules=Rules()):
        self.assertEqual(faults(subject, ledger, deaths, rules), [])

    def test_success(self):
        self.expect_none(record(), LEDGER)

    def test_reader_that_comes_back(self):
        first = reading(events=events()[:2], finish=Finish.LEFT)
        self.expect_none(record(readings=[first, reading(after=2, events=events(3))]), LEDGER)

    def test_refusal(self):
        self.expect_none(record(is_accepted=False, readings=[], documents=[]), [])

    def test_loss_of_a_worker_that_was_killed(self):
        subject, ledger = lost()
        self.expect_none(subject, ledger, Deaths({7: "SIGKILL"}))

    def test_loss_of_a_worker_that_had_not_begun(self):
        subject, _ = lost()
        self.expect_none(subject, [], Deaths(spans=[Span("d", 12, 13, "SIGKILL")]))

    def test_planned_loss_and_failure(self):
        subject, ledger = lost(plan=Plan({}, Ending.LOSS, ["a"]))
        self.expect_none(subject, ledger)
        end = document(status="failed", error="as planned", output=["a", "b"])
        plan = Plan({}, Ending.FAILURE, ["a", "b"], "as planned")
        ledger = [line("begin"), line("output"), line("end", status="failed")]
        self.expect_none(record(plan=plan, documents=[end], readings=[]), ledger)

    def test_cancel(self):
        end = document(status="canceled", output=["a"])
        subject = record(documents=[end], readings=[], reasons={"cancel"}, was_cancelled=True)
        self.expect_none(subject, [line("begin"), line("end", status="canceled")])

    def test_second_run_where_it_is_allowed(self):
        rules = Rules(attempts=2, reruns_begun=True)
        self.expect_none(record(), [line("begin", 6), *LEDGER], Deaths({6: "SIGKILL"}), rules)

    def test_slow_reader_is_told(self):
        gap = [*events()[:1], ("gap", None, {"missed_from": "abc123-2", "missed_to": "abc123-3"}), *events()[3:]]
        self.expect_none(record(readings=[reading(events=gap, is_slow=True)]), LEDGER)


class BrokenHistories(unittest.TestCase):
    def expect(self, words, subject, ledger=LEDGER, deaths=Deaths(), rules=Rules()):
        found = faults(copy.deepcopy(subject), ledger, deaths, rules)
        self.assertTrue(any(words in each for each in found), f"{words!r} is not in {found}")

    def with_events(self, *altered, **members):
        return record(readings=[reading(events=list(altered), **members)])

    def test_terminal_events(self):
        sound = events()
        self.expect("2 terminal events", self.with_events(*sound, sound[-1]))
        self.expect("without a terminal event", self.with_events(*sound[:-1]))
        self.expect(
            "events after the terminal one",
            self.with_events(*sound, ("output", "abc123-5", {"chunk": "c", "index": 2})),
        )
        self.expect("a stream was cut", self.with_events(*sound[:-1], finish=Finish.CUT))
        self.expect("a reader hung", self.with_events(*sound[:-1], finish=Finish.HUNG))
        self.expect("nobody finished reading", self.with_events(*sound[:-1], finish=Finish.OPEN))
        self.expect(
            "error event for a reader", self.with_events(sound[0], ("error", None, {"error": "lagged", "skipped": 3}))
        )
        self.expect("a gap for a reader", self.with_events(sound[0], ("gap", None, {}), *sound[1:]))

    def test_ids(self):
        sound = events()
        self.expect("comes where", self.with_events(sound[0], *sound[2:]))
        self.expect("comes where", self.with_events(sound[0], sound[1], sound[1], *sound[2:]))
        self.expect("comes where", self.with_events(*sound[1:]))
        self.expect("comes where", self.with_events(sound[1], sound[0], *sound[2:]))
        self.expect("an event without id", self.with_events(sound[0], ("output", None, sound[1][2]), *sound[2:]))
        again = reading(after=2, events=events(4))
        self.expect("comes where 3 was due", record(readings=[reading(events=sound[:2], finish=Finish.LEFT), again]))
        foreign = reading(after=2, events=events(3, epoch="zzz999"))
        self.expect("several epochs", record(readings=[reading(events=sound[:2], finish=Finish.LEFT), foreign]))
        other = reading(events=[*sound[:1], ("log", "abc123-2", {}), *sound[2:]])
        self.expect("here and", record(readings=[reading(), other]))

    def test_ends(self):
        self.expect("accepted and has no end", record(readings=[], documents=[]))
        self.expect("has been run and has no end", record(is_accepted=None, readings=[], documents=[]))
        self.expect("two different ends", record(documents=[document(), document(status="failed", error="x")]))
        self.expect("refused, and has a document", record(is_accepted=False))
        self.expect("refused, and has been run", record(is_accepted=False, readings=[], documents=[]))
        self.expect("did not come", record(hung=["an answer did not come"]))

    def test_output(self):
        self.expect("planned was", record(documents=[document(output=["a"])], readings=[]))
        self.expect("is no beginning", record(documents=[document(**{**LOST, "output": ["b"]})], readings=[]))
        subject, ledger = lost()
        subject.readings = [reading(events=events(end=subject.documents[0]))]
        self.expect("which the document does not have", subject, ledger, Deaths({7: "SIGKILL"}))
        few = events()
        del few[2]
        self.expect("saw 1 outputs of 2", self.with_events(*few))

    def test_truth(self):
        subject, ledger = lost()
        self.expect("nothing was done to its worker", subject, ledger)
        self.expect(
            "nothing was done to its worker", subject, ledger, Deaths({8: "SIGKILL"}, [Span("d", 12, 13, "SIGKILL")])
        )
        self.expect("nothing was done to its worker", subject, [], Deaths(spans=[Span("other", 12, 13, "SIGKILL")]))
        self.expect("nothing was done to its worker", subject, [], Deaths(spans=[Span("d", 21, 22, "SIGKILL")]))
        self.expect("after its cancel was taken", record(was_cancelled=True))
        self.expect("the plan ends with loss", record(plan=Plan({}, Ending.LOSS, ["a", "b"])))
        self.expect("its worker noted", record(), [line("begin"), line("output")])
        self.expect("its worker noted", record(), [line("begin"), line("end", status="canceled")])
        self.expect("nobody asked for that", record(documents=[document(status="canceled")], readings=[]))
        self.expect("which nobody planned", record(documents=[document(status="failed", error="boom")], readings=[]))
        plan = Plan({}, Ending.FAILURE, ["a", "b"], "as planned")
        end = document(status="failed", error="as planned")
        self.expect("its worker noted", record(plan=plan, documents=[end], readings=[]), [line("begin")])
        self.expect("with the status processing", record(documents=[document(status="processing")], readings=[]))

    def test_runs(self):
        killed = Deaths({6: "SIGKILL"})
        self.expect("run 2 times, 1 are allowed", record(), [line("begin", 6), *LEDGER], killed)
        self.expect("although it had begun", record(), [line("begin", 6), *LEDGER], killed, Rules(attempts=2))
        again = [line("begin", 6), line("output", 6), *LEDGER]
        self.expect("although there had been output", record(), again, killed, Rules(attempts=2, reruns_begun=True))
        self.expect("ended more than once", record(), [*LEDGER, line("end", status="succeeded")])


if __name__ == "__main__":
    unittest.main()
