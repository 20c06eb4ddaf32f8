"""The same requests to Cog's server and to ours, side by side: the same answers, apart from what is documented."""

from __future__ import annotations

import unittest
from typing import Any

from case import without_times
from client import JSON, SSE, eventually
from servers import Server, peer_missing

#: Requests by model: the bodies' inputs, or (method, path, body) where it is not a plain POST.
TEXT = "data:text/plain;base64,aGVsbG8="
CASES: dict[str, list[Any]] = {
    "diff_types": [
        {"text": "a"},
        {"text": "a", "count": 3, "share": 1, "flag": True, "colour": "green", "size": 256},
        {"text": "ü✓\u2028", "word": "xyz", "tags": ["a", "b"], "numbers": [1, 2.5, -3]},
        {"text": "", "note": "n", "seed": 7, "either": "text"},
        {"text": "a", "either": 5, "options": {"a": {"b": [1, None, True]}}},
        {"text": "a", "count": 1, "share": 0.1, "numbers": []},
        {"text": "a", "unknown": 1, "another": {}},
        {"text": "line\nbreak\ttab \" quote \\"},
        {},
        {"count": 0},
        {"text": 5},
        {"text": None},
        {"text": "a", "count": 11},
        {"text": "a", "count": "3"},
        {"text": "a", "count": 2.5},
        {"text": "a", "count": True},
        {"text": "a", "share": 1.5},
        {"text": "a", "share": "x"},
        {"text": "a", "flag": 1},
        {"text": "a", "colour": "blue"},
        {"text": "a", "size": 300},
        {"text": "a", "word": "ABC"},
        {"text": "a", "word": "abcdefg"},
        {"text": "a", "tags": "a"},
        {"text": "a", "tags": [1, "b", None]},
        {"text": "a", "numbers": ["x"]},
        {"text": "a", "seed": -1},
        {"text": "a", "either": 1.5},
        {"text": "a", "either": []},
        {"text": "a", "options": []},
        {"count": "x", "share": 7, "colour": 1},
        [1],
        "text",
        5,
    ],
    "diff_words": [
        {},
        {"prompt": "one"},
        {"prompt": ""},
        {"prompt": "a b c", "repeat": 3},
        {"prompt": "a b", "repeat": 0},
        {"prompt": "a b c", "fail_at": 2},
        {"prompt": "a", "fail_at": 0},
        {"prompt": 5},
        {"repeat": 51},
        {"fail_at": -2},
    ],
    "diff_async": [
        {},
        {"numbers": [1, 2, 3], "scale": 0.5},
        {"numbers": []},
        {"numbers": [10**12], "scale": -1},
        {"name": "short", "numbers": [1]},
        {"name": "much too long"},
        {"numbers": [1.5]},
        {"numbers": None},
        {"scale": 11},
        {"fail": True},
        {"fail": "yes"},
    ],
    "diff_model": [
        {"title": "t"},
        {"title": "t", "scores": []},
        {"title": "t", "scores": [1, 0.1], "quiet": False},
        {"title": "t", "key": "secret"},
        {"title": ""},
        {},
        {"title": "t", "scores": [None]},
        {"title": "t", "key": 5},
    ],
    "diff_files": [
        {"source": TEXT},
        {"source": TEXT, "upper": False, "suffix": ".json"},
        {"source": TEXT, "more": [TEXT, "data:text/plain,more"], "suffix": ".bin"},
        {"source": TEXT, "raw": "data:application/octet-stream;base64,cmF3"},
        {"source": "/nowhere/at/all"},
        {"source": "data:broken"},
        {"source": 5},
        {"more": [TEXT]},
        {"source": TEXT, "more": TEXT},
        {"source": TEXT, "suffix": ".exe"},
    ],
}
STREAMING = {"diff_words"}

#: Members by which failures differ on purpose: ours keep logs and pieces. See the compatibility table.
KEPT_BY_OURS = ("logs", "output")


REFUSED = "Input validation error: "


def problems(detail: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What is wrong where, sorted. A value of the wrong type is no choice either: the peer says both, ours the first."""
    found = [(str(p["loc"]), p["type"], p["msg"]) for p in detail]
    wrong_type = {place for place, _, text in found if " is not of type " in text}
    return sorted(p for p in found if not (p[0] in wrong_type and " is not one of " in p[2]))


def normal(answer: Any) -> Any:
    """Status and body, without ids, times and what only ours adds."""
    body = answer.json
    if isinstance(body, dict) and "detail" in body:
        return answer.status, problems(body["detail"])
    if answer.status >= 400:
        return answer.status, body.get("error")
    body = without_times(body)
    if body["status"] == "failed":
        body = {key: value for key, value in body.items() if key not in KEPT_BY_OURS}
        # A server may say more about a failure than its first line; and where the download went is its own business.
        body["error"] = body["error"].splitlines()[0]
        if body["error"].startswith(REFUSED):
            body["error"] = REFUSED  # What follows are the words of whoever found it.
    return answer.status, body


def normal_events(events: list[Any]) -> list[Any]:
    seen = []
    for event in events:
        data = event.data
        if event.name in ("start", "completed"):
            data = without_times(data)
            if data["status"] == "failed":
                data["logs"] = data["logs"].partition("Traceback")[0]
        elif event.name == "log" and data["source"] == "stderr":
            continue  # Ours puts the traceback there.
        seen.append((event.name, data))
    return seen


@unittest.skipIf(peer_missing(), f"Cog's server cannot be run: {peer_missing()}")
class Differential(unittest.TestCase):
    maxDiff = 4000

    def pair(self, model: str) -> tuple[Server, Server]:
        servers = []
        for target in ("peer", "supervisor"):
            servers.append(Server(model, target))
            self.addCleanup(servers[-1].stop)
            self.assertEqual(servers[-1].client.health()["status"], "READY", servers[-1].log)
        return servers[0], servers[1]

    def compare(self, model: str) -> None:
        peer, ours = self.pair(model)
        for inputs in CASES[model]:
            with self.subTest(model=model, input=inputs):
                answers = []
                for server in (peer, ours):
                    eventually(lambda: server.client.health()["status"] == "READY", "a free slot")
                    answers.append(normal(server.client.post("/predictions", {"input": inputs}, JSON)))
                self.assertEqual(answers[1], answers[0])
                if model in STREAMING and answers[0][0] == 200:
                    streams = []
                    for server in (peer, ours):
                        eventually(lambda: server.client.health()["status"] == "READY", "a free slot")
                        streams.append(normal_events(server.client.stream(input=inputs).rest()))
                    self.assertEqual(streams[1], streams[0])
                elif model in STREAMING:
                    refusals = [normal(s.client.post("/predictions", {"input": inputs}, SSE)) for s in (peer, ours)]
                    self.assertEqual(refusals[1], refusals[0])
        schemas = [server.client.get("/openapi.json").json for server in (peer, ours)]
        self.assertEqual(schemas[1], schemas[0])

    def test_enough(self) -> None:
        """There are at least 60 requests in five models."""
        self.assertEqual(len(CASES), 5)
        self.assertGreaterEqual(sum(map(len, CASES.values())), 60)

    def test_types(self) -> None:
        self.compare("diff_types")

    def test_words(self) -> None:
        self.compare("diff_words")

    def test_async(self) -> None:
        self.compare("diff_async")

    def test_model(self) -> None:
        self.compare("diff_model")

    def test_files(self) -> None:
        self.compare("diff_files")


if __name__ == "__main__":
    unittest.main()
