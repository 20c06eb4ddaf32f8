"""What processes there are and what they hold, from /proc alone."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str
    name: str

    @property
    def is_zombie(self) -> bool:
        return self.state == "Z"


def process(pid: int) -> Process | None:
    """What /proc says of it; None when there is none."""
    line = _read(f"/proc/{pid}/stat").decode(errors="replace")
    if not line:
        return None
    # The name stands in parentheses and may itself hold some.
    name, _, rest = line.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(pid, int(fields[1]), fields[0], name)


def processes() -> list[Process]:
    found = (process(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return [each for each in found if each is not None]


def children(pid: int) -> list[Process]:
    """Its children, zombies included."""
    listed: set[int] = set()
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []
    for thread in threads:
        listed.update(map(int, _read(f"/proc/{pid}/task/{thread}/children").split()))
    return [each for each in map(process, listed) if each is not None]


def variable(pid: int, name: str) -> str | None:
    """A variable of the environment that it was started with."""
    start = name.encode() + b"="
    for entry in _read(f"/proc/{pid}/environ").split(b"\0"):
        if entry.startswith(start):
            return entry[len(start) :].decode(errors="replace")
    return None


def marked(name: str, value: str, among: list[Process] | None = None) -> list[Process]:
    """Living processes whose environment has this variable: whatever was started below one that set it."""
    wanted = f"{name}={value}".encode()
    return [
        each
        for each in (processes() if among is None else among)
        if not each.is_zombie and wanted in _read(f"/proc/{each.pid}/environ").split(b"\0")
    ]


def resident(pid: int) -> int:
    """Bytes of memory that are resident."""
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") if fields else 0


@dataclass(frozen=True)
class Holdings:
    """What one process holds of the system."""

    descriptors: Counter[str]
    threads: int
    children: int
    zombies: int
    resident: int

    @staticmethod
    def of(pid: int) -> Holdings:
        kinds: Counter[str] = Counter()
        try:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                try:
                    target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
                except FileNotFoundError:
                    continue
                # Without the numbers of sockets, processes and lives of workers, which are new each time.
                kinds[re.sub(r":\[\d+\]$|\d+", "", target)] += 1
        except FileNotFoundError:
            pass
        try:
            threads = len(os.listdir(f"/proc/{pid}/task"))
        except FileNotFoundError:
            threads = 0
        offspring = children(pid)
        zombies = sum(each.is_zombie for each in offspring)
        return Holdings(kinds, threads, len(offspring) - zombies, zombies, resident(pid))

    def beyond(self, before: Holdings) -> list[str]:
        """What there is more of than before, memory aside."""
        more = [f"{count} × {kind}" for kind, count in (self.descriptors - before.descriptors).items()]
        for name in ("threads", "children", "zombies"):
            count = getattr(self, name) - getattr(before, name)
            if count > 0:
                more.append(f"{count} {name}")
        return more

    def __str__(self) -> str:
        return (
            f"{sum(self.descriptors.values())} descriptors, {self.threads} threads, {self.children} children, "
            f"{self.zombies} zombies, {self.resident / (1 << 20):.1f} MiB"
        )
