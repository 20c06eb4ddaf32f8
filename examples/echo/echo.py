"""A worker that says back what it is told. Sources/WireProtocol/PROTOCOL.md is all it builds on (§: sections there)."""
import fcntl, itertools, json, math, os, select, struct, threading, time

HEADER, NO_SLOT, LONGEST_PAYLOAD = struct.Struct("<IBBHQ"), 0xFFFF, 64 << 20  # §§ 2, 4, 7
TYPES = HELLO, INITIALIZE, PREDICT, CANCEL, PING, HEALTH_CHECK, SHUTDOWN = 0x01, 0x02, 0x10, 0x11, 0x20, 0x21, 0x2F
MY_HELLO, READY, STARTED, OUTPUT, LOG, METRIC, DONE, PONG, HEALTH = 0x81, 0x83, 0x90, 0x91, 0x93, 0x94, 0x95, 0xA1, 0xA2
COLLECTED, PAUSE = 0x01, 0.02  # flag of DONE: the outputs are a list; seconds before a word, so that one sees them come
TEXT = {"type": "string", "maxLength": 10000, "description": "What to say."}
TIMES = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1, "description": "How often."}
INPUT = {"type": "object", "required": ["text"], "properties": {"text": TEXT, "times": TIMES}}
MANIFEST = {"handlers": [{"name": "echo", "streaming": True, "concurrency": 4, "input": INPUT}]}  # § 4.5
runs, writing, ends_at = {}, threading.Lock(), math.inf

def echo(text, times, tell, canceled):
    words = text.split()
    tell(LOG, f"{len(words)} words, {times} times\n".encode())
    for word in words * times:
        if canceled.wait(PAUSE) or time.monotonic() > ends_at:
            raise InterruptedError
        yield word
    tell(METRIC, {"mode": "replace", "name": "words", "value": len(words) * times})

def perform(slot, number, payload):
    frame = itertools.count()
    tell = lambda kind, payload=b"", flags=0: send(kind, payload, flags, slot, next(frame))
    tell(STARTED)
    try:
        request = json.loads(payload)  # here, so that a text that is too much for json fails this run only
        handler, input = {"echo": echo}[request["handler"]], request["input"]
        for word in handler(input["text"], int(input.get("times", 1)), tell, runs[number]):
            tell(OUTPUT, word)
        end = {"status": "succeeded"}
    except InterruptedError:
        end = {"status": "canceled"}
    except Exception as error:
        end = {"status": "failed", "error": str(error), "kind": type(error).__name__}
    tell(DONE, end, COLLECTED)
    del runs[number]  # not before the frame is out, because the end of the process waits for this
    if ends_at < math.inf and not runs:
        os._exit(0)

def send(kind, payload=b"", flags=0, slot=NO_SLOT, sequence=0):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with writing:  # a frame whole before another thread's; the pipe blocks, so one call takes all of it
        os.write(pipe_out, HEADER.pack(len(data), kind, flags, slot, sequence) + data)

def watch(death_pipe):
    poll = select.poll()
    poll.register(death_pipe, 0)  # the end of file is reported without being asked for
    poll.poll()
    os._exit(1)

def background(job, *arguments):
    threading.Thread(target=job, args=arguments, daemon=True).start()

pipe_in, pipe_out = map(int, os.environ.pop("SUPERVISOR_WORKER_PIPES").split(","))
os.set_inheritable(pipe_in, False), os.set_inheritable(pipe_out, False)
background(watch, fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10))
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
reader = open(pipe_in, "rb")
while (runs or ends_at == math.inf) and len(header := reader.read(HEADER.size)) == HEADER.size:
    length, kind, flags, slot, sequence = HEADER.unpack(header)
    if kind not in TYPES or flags or length > LONGEST_PAYLOAD:
        raise SystemExit(f"not a frame for this worker: type {kind:#04x}, flags {flags:#04x}, {length} bytes")
    payload = reader.read(length)
    if kind == HELLO:
        send(MY_HELLO, {"protocol": {"major": 1, "minor": 0}, "worker": "echo/1.0", "capabilities": []})
        if json.loads(payload)["protocol"]["major"] != 1:
            raise SystemExit("incompatibleVersion: this worker speaks version 1.0")
    elif kind == PREDICT:
        runs[sequence] = threading.Event()
        background(perform, slot, sequence, payload)
    elif kind == CANCEL:
        runs.get(sequence, threading.Event()).set()  # there is none if it has just ended
    elif kind == SHUTDOWN:
        ends_at = time.monotonic() + json.loads(payload)["grace_ms"] / 1000
    else:  # not from this thread, because a full pipe must not keep it from reading (§ 5)
        answers = {INITIALIZE: (READY, MANIFEST), PING: (PONG, payload), HEALTH_CHECK: (HEALTH, {"healthy": True})}
        background(send, *answers[kind])
