"""Functions instead of classes; which one is the test's choice."""

import asyncio
import os
from typing import AsyncIterator, Iterator

import helper_beside_it


def run(case: str = "echo", text: str = "a") -> str:
    if case == "pid":
        return str(os.getpid())
    return helper_beside_it.shout(text)


def pieces(text: str = "a b") -> Iterator[str]:
    yield from text.split()


async def later(text: str = "a") -> str:
    await asyncio.sleep(0)
    return text + " later"


async def later_pieces(text: str = "a b") -> AsyncIterator[str]:
    for word in text.split():
        await asyncio.sleep(0)
        yield word


class NoBase:
    def run(self, text: str = "a") -> str:
        return "no base " + text


class OldName:
    def predict(self, text: str = "a") -> str:
        return "predict " + text


class Both:
    def run(self, text: str = "a") -> str:
        return text

    def predict(self, text: str = "a") -> str:
        return text


class Neither:
    def other(self) -> str:
        return ""
