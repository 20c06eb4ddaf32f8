/// A worker that does what the input of each prediction tells it to, step by step: the tests decide what it says, when
/// it goes on and how it misbehaves.
///
/// Written from `PROTOCOL.md` alone and without our library, so that it can also say what no library would. An input
/// is `{"do": [STEP, …]}`, where a step is an array of a word and its arguments:
///
/// - `["emit", VALUE]`, `["burst", COUNT, SIZE]`: one output; many at once
/// - `["log", TEXT]`, `["print", TEXT]`, `["print-error", TEXT]`, `["metric", MODE, NAME, VALUE]`
/// - `["gate", NAME]`: waits until the test opens the gate, see `TestDirectory.gate`
/// - `["await-cancel"]`: waits for the cancel frame and ends as canceled
/// - `["fail", TEXT]`, `["done"]`: ends; a script that just stops has succeeded
/// - `["spill", SIZE]`, `["file", TEXT, MIME]`: output by a file in the spool
/// - `["spill-raw", PATH, SIZE]`, `["spill-link", TARGET]`, `["spill-fifo"]`: the same with what is no file of the spool
/// - `["raw", HEX]`: these bytes, whatever they are, into the pipe of frames
/// - `["orphans", COUNT]`: so many processes that lose their parent, and end at once when all are there
/// - `["flood"]`: a process in a session of its own that writes outputs for ever
/// - `["exit", CODE]`, `["kill"]`, `["close-pipe"]`, `["stop-reading"]`
/// - `["report-input"]`, `["report-descriptors"]`, `["report-spool"]`: outputs that tell what the worker sees
enum ScriptedWorker {
    /// The variable that holds the manifest it declares.
    static let manifestVariable = "TEST_MANIFEST"
    /// The variable that names the directory of gates.
    static let gatesVariable = "TEST_GATES"
    /// The variable that says what to do instead of becoming ready: `fail`, `garbage`, `half`, `huge`, `exit`, or
    /// `gate:NAME` to wait first.
    static let startVariable = "TEST_START"

    /// The interpreter without its site packages, which takes half the time to start.
    static func command(path: String) -> [String] { ["python3", "-S", "-E", path] }

    static let source = """
        import hashlib, json, os, signal, struct, sys, threading
        gates = os.environ["TEST_GATES"]
        # Whoever watches this pipe sees its end when this process is gone, however it went.
        alive = os.open(gates + "/alive", os.O_WRONLY | os.O_NONBLOCK)
        os.write(alive, b"!")
        start = os.environ.get("TEST_START", "")
        r, w = map(int, os.environ["SUPERVISOR_WORKER_PIPES"].split(","))
        lock, reading, cancels, state = threading.Lock(), threading.Event(), {}, {}
        reading.set()

        def death():
            os.read(0, 1)
            os._exit(0)

        def read(count):
            data = bytearray()
            while len(data) < count:
                part = os.read(r, min(count - len(data), 1 << 20))
                if not part: os._exit(0)
                data += part
            return bytes(data)

        def put(data):
            with lock:
                view = memoryview(data)
                while view: view = view[os.write(w, view[:1 << 20]):]

        def frame(kind, payload=b"", slot=0xffff, sequence=0, flags=0):
            return struct.pack("<IBBHQ", len(payload), kind, flags, slot, sequence) + payload

        def text(value):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

        def gate(name):
            with open(gates + "/" + name, "rb", buffering=0) as pipe: pipe.read(1)

        class Ended(Exception): pass

        def run(slot, number, request):
            sequence = [0]
            def send(kind, payload=b"", flags=0):
                put(frame(kind, payload, slot, sequence[0], flags))
                sequence[0] += 1
            def done(outcome, flags=1):
                send(0x95, text(outcome), flags)
                raise Ended
            def step(word, *arguments):
                if word == "emit": send(0x91, text(arguments[0]))
                elif word == "emit-raw": send(0x91, arguments[0].encode())
                elif word == "burst":
                    count, size = arguments
                    data = bytearray()
                    for index in range(count):
                        data += frame(0x91, text("%d:" % index + "x" * size), slot, sequence[0])
                        sequence[0] += 1
                        if len(data) > 65536 or index == count - 1:
                            put(bytes(data))
                            data = bytearray()
                elif word == "log": send(0x93, arguments[0].encode())
                elif word == "print": os.write(1, arguments[0].encode())
                elif word == "print-error": os.write(2, arguments[0].encode())
                elif word == "metric":
                    send(0x94, text(dict(mode=arguments[0], name=arguments[1], value=arguments[2])))
                elif word == "gate": gate(arguments[0])
                elif word == "await-cancel":
                    cancels[number].wait()
                    done(dict(status="canceled"))
                elif word == "fail": done(dict(status="failed", error=arguments[0], kind="ValueError"))
                elif word == "done": done(dict(status="succeeded"), *arguments)
                elif word == "spill":
                    path = "%s/spill-%d-%d" % (state["spool"], os.getpid(), sequence[0])
                    with open(path, "wb") as file:
                        file.write(b'"')
                        for _ in range(arguments[0] >> 16): file.write(b"y" * 65536)
                        file.write(b'"')
                    send(0x91, text(dict(path=path, size=os.path.getsize(path))), 0x80)
                elif word == "spill-raw": send(0x91, text(dict(path=arguments[0], size=arguments[1])), 0x80)
                elif word in ("spill-link", "spill-fifo"):
                    path = "%s/odd-%d-%d" % (state["spool"], os.getpid(), sequence[0])
                    if word == "spill-link": os.symlink(arguments[0], path)
                    else: os.mkfifo(path)
                    send(0x91, text(dict(path=path, size=8)), 0x80)
                elif word == "file":
                    path = "%s/file-%d-%d" % (state["spool"], os.getpid(), sequence[0])
                    with open(path, "w") as file: file.write(arguments[0])
                    send(0x92, text(dict(path=path, mime=arguments[1], name="out.txt")))
                elif word == "raw": put(bytes.fromhex(arguments[0]))
                elif word == "orphans":
                    wait, go = os.pipe()
                    for _ in range(arguments[0]):
                        child = os.fork()
                        if child == 0:
                            if os.fork() == 0:
                                os.close(go)
                                os.read(wait, 1)
                            os._exit(0)
                        os.waitpid(child, 0)
                    os.close(go)
                    os.close(wait)
                elif word == "flood":
                    if os.fork() == 0:
                        os.setsid()
                        while True: send(0x91, text("x" * 60000))
                elif word == "exit": os._exit(arguments[0])
                elif word == "kill": os.kill(os.getpid(), signal.SIGKILL)
                elif word == "close-pipe": os.close(w)
                elif word == "stop-reading": reading.clear()
                elif word == "report-input":
                    raw = request["input"].get("blob", "")
                    send(0x91, text([len(raw), hashlib.sha256(raw.encode()).hexdigest()]))
                elif word == "report-descriptors":
                    names = sorted(map(int, os.listdir("/proc/self/fd")))
                    table = {}
                    for name in names:
                        try: table[name] = os.readlink("/proc/self/fd/%d" % name).split(":")[0]
                        except OSError: pass
                    send(0x91, text({str(key): value for key, value in table.items() if key != alive}))
                elif word == "report-spool": send(0x91, text([state["spool"], sorted(os.listdir(state["spool"]))]))
                else: done(dict(status="failed", error="unknown step " + word))
            try:
                send(0x90)
                for each in request["input"].get("do", [["emit", "hello"]]): step(*each)
                done(dict(status="succeeded"))
            except Ended: pass
            except Exception as error: sys.stderr.write("script: %r\\n" % error)
            finally: cancels.pop(number, None)

        threading.Thread(target=death, daemon=True).start()
        while True:
            reading.wait()
            length, kind, flags, slot, number = struct.unpack("<IBBHQ", read(16))
            payload = read(length)
            if kind == 0x01:
                state["spool"] = json.loads(payload)["spool"]
                capabilities = ["spill"] if "no-spill" not in start else []
                put(frame(0x81, text(dict(protocol=dict(major=1, minor=0), worker="script/1", capabilities=capabilities))))
            elif kind == 0x02:
                if start.startswith("gate:"): gate(start[5:])
                if start == "fail": put(frame(0x84, text(dict(message="no weights", kind="OSError", traceback="line 7"))))
                elif start == "garbage": put(b"Traceback (most recent call last):\\n")
                elif start == "half": put(frame(0x83, b"{}")[:9])
                elif start == "huge": put(struct.pack("<IBBHQ", 0xffffffff, 0x83, 0, 0xffff, 0))
                elif start != "exit": put(frame(0x83, os.environ["TEST_MANIFEST"].encode()))
                if start in ("fail", "half", "exit"): os._exit(3)
            elif kind == 0x10:
                if flags & 0x80:
                    path = json.loads(payload)["path"]
                    with open(path, "rb") as file: payload = file.read()
                    os.unlink(path)
                cancels[number] = threading.Event()
                request = json.loads(payload)
                threading.Thread(target=run, args=(slot, number, request), daemon=True).start()
            elif kind == 0x11 and number in cancels: cancels[number].set()
            elif kind == 0x20: put(frame(0xA1, payload))
            elif kind == 0x21: put(frame(0xA2, b'{"healthy":true}'))
            elif kind == 0x2F:
                os.close(w)
                os._exit(0)
        """
}
