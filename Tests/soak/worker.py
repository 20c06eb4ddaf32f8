"""A worker that does what the input of each run tells it to, and keeps a ledger of what it did.

Written from PROTOCOL.md alone, without the library, so that it can also say what no library would. An input is
`{"do": [STEP, …]}`; a step is a word with arguments:

    ["emit", VALUE]                one output
    ["many", COUNT, SIZE]          so many outputs of so many bytes
    ["pause", SECONDS]             ends as canceled when a cancel comes meanwhile
    ["deaf"]                       from here on cancels are read and forgotten
    ["log", TEXT]                  a log frame
    ["print", TEXT]                a line on standard output
    ["flood", SECONDS, PER_SECOND] for so long lines on standard output, not faster than so many bytes a second; the output
                                   says how much that was, and how long it took
    ["fail", TEXT]                 ends as failed
    ["exit", STATUS] ["signal", N] ends the process
    ["half", STATUS]               half a frame, then exit
    ["garbage"] ["huge"] ["jump"]  bytes that are no frame; a header that announces 4 GiB; a frame number that jumps
    ["close"]                      closes the frame pipe, and lives on for longer than the supervisor lets it
    ["stop-reading"]               reads no further frame
    ["spill", SIZE]                an output by file
    ["offspring", KIND]            a process that outlives the worker: see `offspring`
    ["wait-file", PATH]            until the file is there; ends as canceled when a cancel comes meanwhile

A script that just stops has succeeded. The set-up does the same kind of steps from the file that SOAK_SETUP names, if it
is there: "pause", "exit", "signal", "half", "garbage", "huge", "fail", "offspring", "print", "hang"; and

    ["flood-while", FILE, PER_SECOND]   floods standard output, of no run, for as long as the file is there

The ledger (SOAK_LEDGER) has a line `TIME DEPLOYMENT PID WORD ID…` for each of: `ready`, `begin ID` (after the frame that
acknowledges the run), `output ID` (after the first one), `end ID STATUS` (before the frame that ends it). Lines are
shorter than a page, so appends of several processes do not mix.

SOAK_CONCURRENCY: runs at once. SOAK_BEAT: "" to beat as the supervisor asks, "none" to declare no heartbeat.
"""

import json
import os
import signal
import struct
import sys
import threading
import time

HEADER = struct.Struct("<IBBHQ")
NO_SLOT = 0xFFFF
COLLECTED = 0x01
SPILLED = 0x80
HELLO, INITIALIZE, PREDICT, CANCEL, PING, HEALTH_CHECK, SHUTDOWN = 0x01, 0x02, 0x10, 0x11, 0x20, 0x21, 0x2F
W_HELLO, READY, SETUP_FAILED = 0x81, 0x83, 0x84
STARTED, OUTPUT, LOG, DONE, HEARTBEAT, PONG, HEALTH_RESULT = 0x90, 0x91, 0x93, 0x95, 0xA0, 0xA1, 0xA2

#: Outputs are put together up to this size before they are written.
WRITE_SIZE = 64 << 10
#: A flood is written in blocks of this size.
FLOOD_BLOCK = 256 << 10
#: Seconds that it lives on with its pipe closed. Twice as long as the supervisor lets it; but where a descendant holds the
#: pipe open, the supervisor cannot see that.
PATIENCE = 4


def offspring(kind):
    """Starts a process that the supervisor has to find.

    plain   a child in the worker's group
    session in a session of its own
    double  its parent exits at once, so it is nobody's child
    deaf    ignores SIGTERM, and holds the worker's standard output and error open
    lost    all of that together, and holds the frame pipes open, too
    """
    if os.fork():
        if kind in ("double", "lost"):
            os.wait()
        return
    if kind in ("session", "lost"):
        os.setsid()
    if kind in ("double", "lost") and os.fork():
        os._exit(0)
    if kind in ("deaf", "lost"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if kind not in ("deaf", "lost"):
        empty = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(empty, descriptor)
    if kind == "lost":
        for descriptor in (reading, writing):
            os.set_inheritable(descriptor, True)
    os.execvp("sleep", ["sleep", "600"])


class Ended(Exception):
    """The run has said how it ended."""


class Run:
    def __init__(self, slot, number, request):
        self.slot = slot
        self.number = number
        self.id = request["id"]
        self.steps = request["input"].get("do", [])
        self.sequence = 0
        self.cancelled = threading.Event()
        self.is_deaf = False

    def send(self, kind, payload=b"", flags=0):
        sequence, self.sequence = self.sequence, self.sequence + 1
        write(frame(kind, payload, self.slot, sequence, flags))
        if kind == OUTPUT and sequence == 1:
            note("output", self.id)

    def done(self, status, error=None):
        note("end", self.id, status)
        outcome = {"status": status} if error is None else {"status": status, "error": error}
        self.send(DONE, text(outcome), COLLECTED)
        raise Ended

    def do(self):
        try:
            write(frame(STARTED, b"", self.slot, 0))
            self.sequence = 1
            note("begin", self.id)
            for step in self.steps:
                getattr(self, step[0].replace("-", "_"))(*step[1:])
            self.done("succeeded")
        except Ended:
            pass
        except BrokenPipeError:
            os._exit(0)
        except OSError:
            pass  # Another run has closed the pipe.
        finally:
            runs.pop(self.number, None)

    def wait(self, seconds):
        if self.is_deaf:
            time.sleep(seconds)
        elif self.cancelled.wait(seconds):
            self.done("canceled")

    def emit(self, value):
        self.send(OUTPUT, text(value))

    def many(self, count, size):
        data = bytearray()
        for index in range(count):
            data += frame(OUTPUT, text("%d:" % index + "x" * size), self.slot, self.sequence)
            self.sequence += 1
            if len(data) > WRITE_SIZE or index == count - 1:
                write(data)
                data = bytearray()

    def pause(self, seconds):
        self.wait(seconds)

    def deaf(self):
        self.is_deaf = True

    def log(self, line):
        self.send(LOG, line.encode())

    def print(self, line):
        os.write(1, line.encode() + b"\n")

    def flood(self, seconds, rate):
        began = time.monotonic()
        written = flood(rate, lambda: time.monotonic() - began < seconds, self.wait)
        self.emit([written, time.monotonic() - began])

    def fail(self, message):
        self.done("failed", message)

    def exit(self, status):
        os._exit(status)

    def signal(self, number):
        os.kill(os.getpid(), number)
        time.sleep(600)

    def half(self, status):
        write(frame(OUTPUT, b'"half a frame"', self.slot, self.sequence)[:21])
        os._exit(status)

    def garbage(self):
        write(b"HTTP/1.1 200 OK\r\n\r\nThis is no frame.\n")
        time.sleep(600)

    def huge(self):
        write(HEADER.pack(0xFFFFFFFF, OUTPUT, 0, self.slot, self.sequence) + b'"')
        time.sleep(600)

    def jump(self):
        write(frame(OUTPUT, b"1", self.slot, self.sequence + 5))
        time.sleep(600)

    def close(self):
        os.close(writing)
        time.sleep(PATIENCE)
        os._exit(7)

    def stop_reading(self):
        may_read.clear()

    def spill(self, size):
        path = "%s/soak-%d-%d-%d" % (spool, os.getpid(), self.number, self.sequence)
        with open(path, "wb") as file:
            file.write(b'"' + b"y" * size + b'"')
        self.send(OUTPUT, text({"path": path, "size": size + 2}), SPILLED)

    def offspring(self, kind):
        offspring(kind)

    def wait_file(self, path):
        while not os.path.exists(path):
            self.wait(0.01)


def flood(rate, goes_on, wait):
    """Prints lines; answers how many bytes."""
    line = b"x" * 99 + b"\n"
    block = line * (FLOOD_BLOCK // len(line))
    began, written = time.monotonic(), 0
    while goes_on():
        written += os.write(1, block)
        ahead = written / rate - (time.monotonic() - began)
        if ahead > 0:
            wait(ahead)
    return written


def set_up():
    """Does the steps of the set-up; answers whether the worker may say that it is ready."""
    try:
        with open(os.environ["SOAK_SETUP"]) as file:
            steps = json.load(file)
    except (KeyError, FileNotFoundError):
        return True
    for word, *arguments in steps:
        if word == "pause":
            time.sleep(*arguments)
        elif word == "print":
            os.write(1, arguments[0].encode() + b"\n")
        elif word == "flood-while":
            path, rate = arguments
            goes_on = lambda: os.path.exists(path)
            threading.Thread(target=flood, args=(rate, goes_on, time.sleep), daemon=True).start()
        elif word == "offspring":
            offspring(*arguments)
        elif word == "exit":
            os._exit(*arguments)
        elif word == "signal":
            os.kill(os.getpid(), *arguments)
        elif word == "half":
            write(frame(READY, b"{}")[:9])
            os._exit(*arguments)
        elif word == "garbage":
            write(b"Traceback (most recent call last):\n")
        elif word == "huge":
            write(HEADER.pack(0xFFFFFFFF, READY, 0, NO_SLOT, 0))
        elif word == "fail":
            write(frame(SETUP_FAILED, text({"message": arguments[0], "kind": "OSError", "traceback": "line 7"})))
            os._exit(3)
        elif word == "hang":
            return False
        else:
            raise ValueError(word)
    return True


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(kind, payload=b"", slot=NO_SLOT, sequence=0, flags=0):
    return HEADER.pack(len(payload), kind, flags, slot, sequence) + payload


def read(count):
    data = bytearray()
    while len(data) < count:
        part = os.read(reading, min(count - len(data), 1 << 20))
        if not part:
            os._exit(0)
        data += part
    return bytes(data)


def write(data):
    with writing_lock:
        view = memoryview(data)
        while view:
            view = view[os.write(writing, view[: 1 << 20]) :]


def note(word, *arguments):
    if ledger is not None:
        os.write(ledger, ("%.6f %s %d %s\n" % (time.time(), name, os.getpid(), " ".join((word, *arguments)))).encode())


def beat(interval):
    while True:
        time.sleep(interval)
        write(frame(HEARTBEAT))


def leave_with_parent(death):
    os.read(death, 1)
    os._exit(0)


def shut_down(grace):
    """Takes no more, lets runs finish for so many seconds, ends them as canceled, and exits."""
    end = time.monotonic() + grace
    while runs and time.monotonic() < end:
        time.sleep(0.002)
    for run in list(runs.values()):
        run.cancelled.set()
    while runs and time.monotonic() < end + 0.5:
        time.sleep(0.002)
    os._exit(0)


def initialize(request):
    global name
    name = request["deployment"]
    interval = request.get("heartbeat_ms")
    if interval and beats:
        threading.Thread(target=beat, args=(interval / 1000,), daemon=True).start()
    # Frames must be read and the death pipe watched during the set-up, too.
    threading.Thread(target=load, daemon=True).start()


def load():
    if set_up():
        note("ready")
        concurrency = int(os.environ.get("SOAK_CONCURRENCY", "1"))
        write(frame(READY, text({"handlers": [{"name": "run", "streaming": True, "concurrency": concurrency}]})))


reading, writing = map(int, os.environ["SUPERVISOR_WORKER_PIPES"].split(","))
for descriptor in (reading, writing):
    os.set_inheritable(descriptor, False)
death = os.dup(0)
os.set_inheritable(death, False)
empty = os.open("/dev/null", os.O_RDONLY)
os.dup2(empty, 0)
os.close(empty)
ledger = os.environ.get("SOAK_LEDGER")
ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600) if ledger else None
beats = os.environ.get("SOAK_BEAT", "") != "none"
name = ""
spool = ""
runs = {}
writing_lock = threading.Lock()
may_read = threading.Event()
may_read.set()
threading.Thread(target=leave_with_parent, args=(death,), daemon=True).start()
while True:
    may_read.wait()
    length, kind, flags, slot, number = HEADER.unpack(read(HEADER.size))
    payload = read(length)
    if kind == HELLO:
        spool = json.loads(payload)["spool"]
        capabilities = ["spill", "heartbeat"] if beats else ["spill"]
        hello = {"protocol": {"major": 1, "minor": 1}, "worker": "soak/1", "capabilities": capabilities}
        write(frame(W_HELLO, text(hello)))
    elif kind == INITIALIZE:
        initialize(json.loads(payload))
    elif kind == PREDICT:
        if flags & SPILLED:
            place = json.loads(payload)["path"]
            with open(place, "rb") as file:
                payload = file.read()
            os.unlink(place)
        run = runs[number] = Run(slot, number, json.loads(payload))
        threading.Thread(target=run.do, daemon=True).start()
    elif kind == CANCEL and number in runs:
        runs[number].cancelled.set()
    elif kind == PING:
        write(frame(PONG, payload))
    elif kind == HEALTH_CHECK:
        write(frame(HEALTH_RESULT, b'{"healthy":true}'))
    elif kind == SHUTDOWN:
        grace = json.loads(payload or b"{}").get("grace_ms", 0) / 1000
        threading.Thread(target=shut_down, args=(grace,), daemon=True).start()
