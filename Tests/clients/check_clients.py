"""Puts real clients to a running server, whose log comes in on standard input, and says what they saw."""

import json
import subprocess
import sys
import threading
import time

NAMES = ["start", "output", "output", "output", "completed"]


def fail(text):
    sys.exit("clients: " + text)


def wait_for_server():
    """Where it listens, once its worker is ready."""
    base = socket = None
    for line in sys.stdin:
        message = json.loads(line)["msg"]
        if message.startswith("listening on unix:"):
            socket = message[len("listening on unix:") :]
        elif message.startswith("listening on "):
            base = message[len("listening on ") :]
        elif message.startswith("worker ready"):
            # The log goes on being read, so that the server never waits for us.
            threading.Thread(target=sys.stdin.read, daemon=True).start()
            return base, socket
    fail("the server ended before it was ready")


def curl(*arguments):
    """The output of curl as pairs of the time since its start and a line."""
    began = time.monotonic()
    command = ["curl", "-sS", "-N", "--max-time", "20", "-H", "Content-Type: application/json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    lines = [(time.monotonic() - began, line.decode()) for line in process.stdout]
    if process.wait() != 0:
        fail("%s ended with %d" % (" ".join(command), process.returncode))
    return lines


def names(lines):
    return [line[len("event: ") :].strip() for _, line in lines if line.startswith("event: ")]


def check_curl(base, socket):
    body = json.dumps({"input": {"n": 3, "pause": 0.3}})
    stream = ["-H", "Accept: text/event-stream", "-d", body]
    ways = {
        "curl": [base + "/predictions"],
        "curl --http1.0": ["--http1.0", base + "/predictions"],
        "curl --http1.1 --compressed": ["--http1.1", "--compressed", base + "/predictions"],
        "curl --unix-socket": ["--unix-socket", socket, "http://localhost/predictions"],
        "curl -X PUT": ["-X", "PUT", base + "/predictions/curl"],
        "curl typed": [base + "/count/stream"],
    }
    for name, way in ways.items():
        lines = curl(*stream, *way)
        text = "".join(line for _, line in lines)
        if name == "curl typed":
            if text.count('"type":"chunk"') != 3 or '"type":"result"' not in text:
                fail("%s: %s" % (name, text))
        elif names(lines) != NAMES:
            fail("%s: %s" % (name, text))
        if any(separator in text for separator in "\u0085\u2028\u2029"):
            fail(name + ": a line separator that clients cut at")
        data = [when for when, line in lines if line.startswith("data:")]
        if data[-1] - data[0] < 0.4:
            fail("%s: the first event came %.3f s before the last, so something holds them back" % (name, data[-1] - data[0]))
        print("ok   %s" % name)
    again = curl("-H", "Accept: text/event-stream", "-X", "PUT", "-d", "{}", base + "/predictions/curl")
    if names(again) != NAMES:
        fail("replay: %s" % again)
    print("ok   curl replay")
    head = "".join(line for _, line in curl("-I", base + "/predictions/curl/events"))
    if not head.startswith("HTTP/1.1 200") or "text/event-stream" not in head:
        fail("curl -I: " + head)
    print("ok   curl -I")
    process = subprocess.run(
        ["curl", "-sS", "--max-time", "20", "-H", "Content-Type: application/json", "-d", "@-", base + "/predictions"],
        input=json.dumps({"input": {"n": 1, "blob": "x" * (2 << 20)}}).encode(), stdout=subprocess.PIPE, check=True)
    if json.loads(process.stdout)["status"] != "succeeded":
        fail("curl with Expect: 100-continue: %s" % process.stdout[:200])
    print("ok   curl with a body of 2 MiB (Expect: 100-continue)")


def check_httpx(base):
    try:
        import httpx
        import httpx_sse
    except ImportError:
        print("skip httpx-sse: not installed")
        return
    with httpx.Client(timeout=20, trust_env=False) as client:
        def read(method, path, **arguments):
            with httpx_sse.connect_sse(client, method, base + path, **arguments) as source:
                return list(source.iter_sse())

        # The silence of 1.5 s lets a heartbeat in: it must not become an event.
        body = {"input": {"n": 3, "pause": 1.5}}
        events = read("PUT", "/predictions/httpx", json=body)
        if [event.event for event in events] != NAMES:
            fail("httpx-sse: %s" % events)
        if any(not event.data or not event.id for event in events):
            fail("httpx-sse: an empty event: %s" % events)
        if json.loads(events[1].data)["chunk"] != "token 0 \u2028":
            fail("httpx-sse: %s" % events[1].data)
        print("ok   httpx-sse, no phantom events")
        resumed = read("GET", "/predictions/httpx/events", headers={"Last-Event-ID": events[1].id})
        if [(event.id, event.data) for event in resumed] != [(event.id, event.data) for event in events[2:]]:
            fail("httpx-sse resume: %s" % resumed)
        print("ok   httpx-sse resume")
        answer = client.get(base + "/predictions/httpx/events", headers={"Last-Event-ID": events[-1].id})
        if answer.status_code != 204:
            fail("204: %d" % answer.status_code)
        print("ok   204 for who has seen everything")


def main():
    if subprocess.run([sys.argv[1], "--version"], stdout=subprocess.DEVNULL).returncode != 0:
        fail("the program does not say its version")
    base, socket = wait_for_server()
    check_curl(base, socket)
    check_httpx(base)


main()
