"""Signs of life, from a thread of their own (PROTOCOL § 4.16).

The thread waits for nothing that the model holds but one thing: the interpreter's lock, which every thread of Python
needs. A call into an extension that keeps the lock for a minute keeps the beats back for a minute. So supervisors ask
Python models for beats only where that was switched on, and look at the processor time besides.
"""

from __future__ import annotations

import threading
from typing import Callable


def start_beating(interval: float, beat: Callable[[], None]) -> None:
    """Calls `beat`, which must not wait, at once and then each `interval` seconds, as long as the process lives."""

    def work() -> None:
        never = threading.Event()
        while True:
            beat()
            never.wait(interval)

    threading.Thread(target=work, name="supervisor-heartbeat", daemon=True).start()
