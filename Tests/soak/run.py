"""Runs scenarios against a built program: `run.py BINARY FIXTURE_WORKER [--short|--nightly] [--seed N] [NAMES]`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import pathlib
import random
import signal
import sys
import time
import traceback
from collections.abc import Awaitable

from scenario import Scenario
from server import Failed

#: Module and function of each, in the order in which they run.
SCENARIOS = {
    "hostile_workers": "hostile_workers",
    "restarts": "restarts",
    "flood": "flood",
    "restart_under_load": "restart_under_load",
    "kill_supervisor": "kill_supervisor",
    "recycling": "recycling",
    "crash_loop": "crash_loop",
    "chaos": "chaos",
    "soak": "chaos",
}

#: Seconds after which a scenario is given up: short, nightly. Only a hang comes near them.
PATIENCE = (300, 7200)


async def bounded(work: Awaitable[str], seconds: float) -> str:
    # When a scenario fails, what its other clients meet then is of no interest.
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    # Whoever ends this ends the servers, too.
    loop.add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    return await asyncio.wait_for(work, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("fixture")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--short", action="store_true", help="the form for each change (default)")
    form.add_argument("--nightly", action="store_true", help="the full figures")
    parser.add_argument("--seed", type=int, default=None, help="draws the same faults again")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENARIOS)}; default: all")
    arguments = parser.parse_intermixed_args()
    for program in (arguments.binary, arguments.fixture):
        if not os.access(program, os.X_OK):
            parser.error(f"no program at {program}")
    unknown = set(arguments.names) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}")
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    scenario = Scenario(
        str(pathlib.Path(arguments.binary).resolve()),
        str(pathlib.Path(arguments.fixture).resolve()),
        arguments.nightly,
        seed,
    )
    print(f"seed {seed}, {'nightly' if scenario.nightly else 'short'} form", flush=True)
    failed = []
    for name in arguments.names or SCENARIOS:
        function = getattr(importlib.import_module(SCENARIOS[name]), name)
        began = time.monotonic()
        try:
            figures = asyncio.run(bounded(function(scenario), PATIENCE[arguments.nightly]))
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM
        except Exception as failure:
            failed.append(name)
            print(f"FAIL {name}, --seed {seed} ({time.monotonic() - began:.1f} s): {failure}", flush=True)
            if not isinstance(failure, Failed):
                traceback.print_exc()
        else:
            print(f"ok   {name} ({time.monotonic() - began:.1f} s): {figures}", flush=True)
    if failed:
        print(f"failed with --seed {seed}: {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
