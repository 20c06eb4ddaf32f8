"""Fetching inputs that came as URLs into temporary files: in parallel, with limits of size and time."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import queue
import threading
import time
import urllib.parse
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from .media_types import extension
from .scratch import RunScratch

THREADS = 8
"""Downloads of one run at a time, as in Cog: enough to fill a line, few enough not to be taken for an attack."""

PIECE_BYTES = 1 << 18
"""What is read at once: few system calls, and a limit is noticed soon."""

TRICKLE_BYTES = 1 << 10
"""What is waited for at once where only whole pieces can be had."""

NAME_BYTES = 200
"""Longest file name taken from a URL, as in Cog: file systems take 255, and a random prefix comes before it."""

INLINE_DATA_BYTES = 1 << 20
"""Data URLs up to this size are decoded at once; starting threads would take longer."""

PATH_SCHEMES = ("http://", "https://", "data:")
"""What makes an input's text a URL to fetch. In lower case only, as in Cog; all else is handed over as it is."""


class DownloadFailed(Exception):
    """An input could not be fetched. The text is for the client."""


class DownloadStopped(DownloadFailed):
    """Nobody waits for this input any more, most often because another could not be fetched."""


@dataclass(frozen=True)
class DownloadLimits:
    """What fetching inputs may take. Each can be set by an environment variable, see `from_environment`."""

    file_bytes: int = 8 << 30
    """Of one file: larger than the weights of most models, small enough to fill no usual disk by a slip."""
    run_bytes: int = 16 << 30
    """Of all files of one run."""
    worker_bytes: int = 64 << 30
    """Of all files of all runs that are under way in this worker: bounds its temporary space."""
    connect_seconds: float = 10.0
    """Until a connection stands, as in Cog."""
    stall_seconds: float = 10.0
    """Without a byte, as in Cog."""
    total_seconds: float = 1800.0
    """For one file, however it trickles: `file_bytes` at 5 MB/s is about this."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "DownloadLimits":
        """Reads SUPERVISOR_DOWNLOAD_FILE_BYTES, …_RUN_BYTES, …_WORKER_BYTES, …_CONNECT_SECONDS, …_STALL_SECONDS and
        …_TOTAL_SECONDS. Raises ValueError that names a variable that is no number above 0."""
        found: dict[str, Any] = {}
        for item in fields(cls):
            name = "SUPERVISOR_DOWNLOAD_" + item.name.upper()
            text = environment.get(name)
            if text is None:
                continue
            number_type = type(item.default)
            try:
                value = number_type(text)
            except ValueError:
                value = number_type(0)
            if not 0 < value < float("inf"):
                raise ValueError(f"{name} is '{text}'; it must be a number above 0, {item.default} by default")
            found[item.name] = value
        return cls(**found)


class SpaceBudget:
    """Bytes on disk that somebody may use, part of a larger budget if there is a parent. Any thread."""

    def __init__(self, limit: int, what: str, parent: "SpaceBudget | None" = None) -> None:
        self._limit = limit
        self._what = what
        self._parent = parent
        self._parts: set[SpaceBudget] = set()
        self._used = 0
        self._lock: threading.Lock = threading.Lock() if parent is None else parent._lock

    def take(self, count: int) -> None:
        """Raises DownloadFailed, taking nothing, if that is more than there is."""
        with self._lock:
            self._check(count)
            if self._parent is not None:
                self._parent._check(count)
                self._parent._parts.add(self)
            self._used += count

    def give_all_back(self) -> None:
        """For when the files are gone. Nothing can be taken afterwards. May be done again, should a cancel strike in
        the middle of it."""
        with self._lock:
            self._limit = 0
            if self._parent is not None:
                self._parent._parts.discard(self)

    def _check(self, count: int) -> None:
        if self._used + sum(part._used for part in self._parts) + count > self._limit:
            raise DownloadFailed(f"{self._what} may have at most {self._limit} bytes")


@dataclass(frozen=True)
class _Job:
    """One URL to fetch, and who waits for it."""

    url: str
    name: str
    future: "Future[Path]"


class Downloads:
    """Fetches the URLs of one run into files. Made on the run's thread, closed at the run's end.

    make_path: the class of the paths that models get; user_agent: None for the HTTP library's own.
    """

    def __init__(
        self,
        scratch: RunScratch,
        limits: DownloadLimits,
        worker_budget: SpaceBudget,
        make_path: type[Path],
        user_agent: str | None = None,
    ) -> None:
        self._scratch = scratch
        self._limits = limits
        self._budget = SpaceBudget(limits.run_bytes, "the files of one prediction's input", worker_budget)
        self._make_path = make_path
        self._user_agent = user_agent
        # No `threading.Event`, whose lock stays taken where a cancel strikes in its `set`.
        self._is_stopped = False

    def fetch(self, urls: Sequence[str], names: Sequence[str]) -> list[Path]:
        """The files for the URLs, in their order. Waits. names: the inputs that the URLs belong to, for errors.

        Raises the first failure: DownloadFailed, an exception of requests, or OSError.
        """
        futures = self._start(urls, names)
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            errors = [error for error in (future.exception() for future in done) if error is not None]
            if errors:
                raise next((error for error in errors if not isinstance(error, DownloadStopped)), errors[0])
            return [future.result() for future in futures]
        except BaseException:
            self._is_stopped = True
            raise

    async def fetch_async(self, urls: Sequence[str], names: Sequence[str]) -> list[Path]:
        """As `fetch`, on a loop that does other things meanwhile."""
        futures = [asyncio.wrap_future(future) for future in self._start(urls, names)]
        try:
            return list(await asyncio.gather(*futures))
        except BaseException:
            self._is_stopped = True
            for future in futures:
                future.cancel()
            raise

    def close(self) -> None:
        """Ends what is still under way (a thread that waits for a server ends with its time limit), and gives back
        the space. The files themselves belong to the scratch directory."""
        self._is_stopped = True
        self._budget.give_all_back()

    def _start(self, urls: Sequence[str], names: Sequence[str]) -> list[Future[Path]]:
        futures: list[Future[Path]] = []
        waiting: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        for url, name in zip(urls, names):
            job = _Job(url, name, Future())
            futures.append(job.future)
            if url.startswith("data:") and len(url) <= INLINE_DATA_BYTES:
                self._do(job)
            else:
                waiting.put(job)
        for _ in range(min(THREADS, waiting.qsize())):
            # Daemons: a server that does not answer must not hold up the worker's exit.
            threading.Thread(target=self._work, args=(waiting,), name="input-download", daemon=True).start()
        return futures

    def _work(self, waiting: "queue.SimpleQueue[_Job]") -> None:
        while True:
            try:
                self._do(waiting.get_nowait())
            except queue.Empty:
                return

    def _do(self, job: "_Job") -> None:
        # False when the one who waited has gone.
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            job.future.set_result(self._fetch_one(job.url))
        except BaseException as error:
            if isinstance(error, DownloadFailed):
                error.args = (f"{error} (input '{job.name}')",)
            # In this order, so that the cause is known before its consequences.
            job.future.set_exception(error)
            self._is_stopped = True

    def _fetch_one(self, url: str) -> Path:
        if self._is_stopped:
            raise DownloadStopped("another input could not be fetched")
        if url.startswith("data:"):
            mime, contents = decode_data_url(url)
            self._take(len(contents), 0)
            with self._scratch.new_file("file" + extension(mime)) as file:
                file.write(contents)
            return self._make_path(file.name)
        return self._fetch_http(url)

    def _fetch_http(self, url: str) -> Path:
        # Here and not above: it comes with the model's cog package, and most models never need it.
        import requests

        headers = {"User-Agent": self._user_agent} if self._user_agent else {}
        deadline = time.monotonic() + self._limits.total_seconds
        times = (self._limits.connect_seconds, self._limits.stall_seconds)
        with requests.get(url, stream=True, timeout=times, headers=headers) as response:
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            if length.isascii() and length.isdigit() and int(length) > self._limits.file_bytes:
                raise self._too_large()
            size = 0
            with self._scratch.new_file(file_name(url)) as file:
                for piece in _pieces(response):
                    if self._is_stopped:
                        raise DownloadStopped("the download was stopped")
                    if time.monotonic() > deadline:
                        raise DownloadFailed(f"{url} took longer than {self._limits.total_seconds:g} s")
                    self._take(len(piece), size)
                    size += len(piece)
                    file.write(piece)
            return self._make_path(file.name)

    def _take(self, count: int, before: int) -> None:
        if before + count > self._limits.file_bytes:
            raise self._too_large()
        self._budget.take(count)

    def _too_large(self) -> DownloadFailed:
        return DownloadFailed(f"a file may have at most {self._limits.file_bytes} bytes")


def _pieces(response: Any) -> Iterator[bytes]:
    """What has arrived, as it arrives: who waits for whole pieces does not see how late it is."""
    read = getattr(response.raw, "read1", None)
    if read is None:  # an old urllib3
        yield from response.iter_content(TRICKLE_BYTES)
        return
    while piece := read(PIECE_BYTES, decode_content=True):
        yield piece


def is_url(value: Any) -> bool:
    """Whether an input is text that stands for a file to fetch."""
    return isinstance(value, str) and value.startswith(PATH_SCHEMES)


def decode_data_url(url: str) -> tuple[str, bytes]:
    """Media type and contents of a data URL (RFC 2397). Base64 is taken as browsers do: white space and missing
    padding are fine, and so are the two letters of the URL-safe alphabet. Raises DownloadFailed."""
    head, comma, body = url.removeprefix("data:").partition(",")
    if not comma:
        raise DownloadFailed("a data URL needs a comma before its data: data:[media type][;base64],data")
    words = [word.strip() for word in head.split(";")]
    mime = words[0].lower() or "text/plain"
    contents = urllib.parse.unquote_to_bytes(body)
    if words[-1].lower() != "base64":
        return mime, contents
    if contents.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):
        contents = contents.translate(bytes.maketrans(b"-_", b"+/"), b" \t\n\f\r").rstrip(b"=")
    try:
        return mime, base64.b64decode(contents + b"=" * (-len(contents) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DownloadFailed(f"the base64 of a data URL cannot be decoded: {error}") from None


def file_name(url: str) -> str:
    """What a download's file name ends with: the last part of the URL's path."""
    name = urllib.parse.unquote_plus(os.path.basename(urllib.parse.urlparse(url).path))
    name = name.replace("/", "_").replace("\0", "_")
    encoded = name.encode("utf-8", "replace")
    if len(encoded) <= NAME_BYTES:
        return encoded.decode("utf-8")
    stem, suffix = os.path.splitext(encoded)
    # An absurd extension is cut like the rest.
    suffix = suffix if len(suffix) < NAME_BYTES // 2 else b""
    kept = stem[: NAME_BYTES - len(suffix) - 1]
    return kept.decode("utf-8", "ignore") + "~" + suffix.decode("utf-8", "ignore")
