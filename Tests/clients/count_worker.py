"""Counts to `n`, with `pause` seconds in between: a worker of the standard library alone."""

import json
import os
import struct
import threading

reading, writing = map(int, os.environ["SUPERVISOR_WORKER_PIPES"].split(","))
header = struct.Struct("<IBBHQ")
NO_SLOT = 0xFFFF
lock = threading.Lock()


def read(count):
    data = b""
    while len(data) < count:
        part = os.read(reading, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def send(kind, payload=b"", slot=NO_SLOT, sequence=0, flags=0):
    data = header.pack(len(payload), kind, flags, slot, sequence) + payload
    with lock:
        while data:
            data = data[os.write(writing, data) :]


def run(slot, request, cancelled):
    settings = request["input"]
    send(0x90, b"", slot, 0)
    sequence = 1
    for number in range(settings.get("n", 3)):
        if number and cancelled.wait(settings.get("pause", 0)):
            break
        send(0x91, json.dumps("token %d \u2028" % number, ensure_ascii=False).encode(), slot, sequence)
        sequence += 1
    outcome = b'{"status":"canceled"}' if cancelled.is_set() else b'{"status":"succeeded"}'
    send(0x95, outcome, slot, sequence, 1)


def leave_with_parent():
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=leave_with_parent, daemon=True).start()
runs = {}
while True:
    length, kind, flags, slot, number = header.unpack(read(header.size))
    payload = read(length)
    if kind == 0x01:
        send(0x81, b'{"protocol":{"major":1,"minor":0},"worker":"count/1","capabilities":[]}')
    elif kind == 0x02:
        send(0x83, b'{"handlers":[{"name":"count","streaming":true,"concurrency":8}]}')
    elif kind == 0x10:
        runs[number] = threading.Event()
        threading.Thread(target=run, args=(slot, json.loads(payload), runs[number]), daemon=True).start()
    elif kind == 0x11 and number in runs:
        runs[number].set()
    elif kind == 0x20:
        send(0xA1, payload)
    elif kind == 0x2F:
        os._exit(0)
