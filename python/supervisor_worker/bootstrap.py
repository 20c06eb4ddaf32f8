"""Starts a worker for the model that the environment names.

    python -c "import sys; sys.path.append(DIR); from supervisor_worker.bootstrap import main; main()"

SUPERVISOR_MODEL: a directory (a Cog model) or a Python file (handlers of `supervisor_worker`); default: the working
directory. This module is parsed by any Python 3: it has to say when the interpreter is too old.
"""

import os
import sys

NEEDS = (3, 10)
MODEL = "SUPERVISOR_MODEL"
CONFIGURATION = 78
"""EX_CONFIG: starting again cannot help."""


def main():
    # type: () -> None
    """Serves the model until the process ends."""
    if sys.version_info < NEEDS:
        _refuse("%s needs Python %d.%d or newer; this is %s at %s. Name a newer one with --python, or make the model's "
                ".venv with it." % (
            ("supervisor_worker",) + NEEDS + (sys.version.split()[0], sys.executable)))
    from .runtime.start import connect, serve_model

    serve_model(connect(), os.environ.get(MODEL) or os.getcwd())


def _refuse(message):
    # type: (str) -> None
    """Says hello and that the set-up failed, by hand: all else of this package needs a newer Python."""
    import json
    import struct

    header = struct.Struct("<IBBHQ")
    pipes = os.environ.get("SUPERVISOR_WORKER_PIPES")
    if pipes is None:
        sys.exit(message)
    reader, writer = [int(number) for number in pipes.split(",")]
    frames = os.fdopen(reader, "rb")

    def say(kind, payload):
        # type: (int, dict[str, object]) -> None
        data = json.dumps(payload).encode()
        os.write(writer, header.pack(len(data), kind, 0, 0xFFFF, 0) + data)

    while True:
        head = frames.read(header.size)
        if len(head) < header.size:
            sys.exit(message)
        length, kind = header.unpack(head)[:2]
        frames.read(length)
        if kind == 0x01:  # hello
            say(0x81, {"protocol": {"major": 1, "minor": 0}, "worker": "python", "capabilities": []})
        elif kind == 0x02:  # initialize
            say(0x84, {"message": message, "kind": "RuntimeError"})
            sys.exit(CONFIGURATION)
