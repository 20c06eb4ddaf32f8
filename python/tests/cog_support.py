"""A run without a runtime, and Cog models in temporary directories."""

import asyncio
import contextlib
import importlib.util
import io
import json
import os
import shutil
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401  (makes the package importable)
from supervisor_worker.cog import coglet_stand_in
from supervisor_worker.runtime.application import SetupFailed
from supervisor_worker.runtime.run import Run, RunFailed, UploadFailed

HAS_COG = importlib.util.find_spec("cog") is not None
HAS_NUMPY = importlib.util.find_spec("numpy") is not None
HAS_PYDANTIC = importlib.util.find_spec("pydantic") is not None
NEEDS_COG = "the package cog is not installed beside this Python"
DEADLINE = 20.0
"""Seconds that anything may take; far more than it needs."""

coglet_stand_in.install()  # before anything imports cog


class FakeRun(Run):
    """Keeps what a model sends."""

    def __init__(self, input=None, context=None, can_upload=False):
        self.id = "p"
        self.handler = "predict"
        self.input = {} if input is None else input
        self.context = context or {}
        self.collected = False
        self.at_end = None
        self.can_upload = can_upload
        self.canceled = False
        self.sent = []
        self.metrics = []
        self.text = ""
        self.upload_error = None
        self.uploaded = []
        self.on_emit = lambda: None

    @property
    def is_cancelled(self):
        return self.canceled

    @property
    def values(self):
        """Outputs as Python values; files as (mime, name, contents)."""
        return [item if isinstance(item, tuple) else json.loads(item) for item in self.sent]

    def emit(self, value):
        assert isinstance(value, bytes)
        self.sent.append(value)
        self.on_emit()

    def emit_file(self, path, mime, name, move=False):
        self.sent.append((mime, name, Path(path).read_bytes()))
        self.on_emit()

    def upload(self, path, mime, name, move=False):
        if self.upload_error:
            raise UploadFailed(self.upload_error)
        self.uploaded.append((mime, name, Path(path).read_bytes()))
        return f"http://files/{len(self.uploaded)}/{name}"

    async def upload_async(self, path, mime, name, move=False):
        # The later, the faster: order must come from somewhere else.
        number = len(self.uploaded)
        url = self.upload(path, mime, name, move)
        for _ in range(max(0, 5 - number)):
            await asyncio.sleep(0)
        return url

    def metric(self, mode, name, value):
        json.dumps(value, allow_nan=False)
        self.metrics.append((mode, name, value))

    def log(self, text, stream="stdout"):
        self.text += text


class FakeSetup:
    """The loop of the set-up is that of the runs."""

    deployment = "test"
    handler = None
    settings = {}

    def __init__(self, loop):
        self.loop = loop

    def progress(self, fraction=None, message=None):
        pass

    def run_until_complete(self, awaitable):
        return self.loop.run_until_complete(awaitable)


class Served:
    """A loaded model."""

    def __init__(self, application, manifest, loop, log):
        self.application = application
        self.manifest = manifest
        self.loop = loop
        self.log = log

    @property
    def handler(self):
        return self.manifest.handlers[0]

    def run(self, input=None, run=None, **options):
        """Does one run, and puts it away as the runtime does; what it raises is `error` of the returned run."""
        run = run or FakeRun(input, **options)
        run.error = None
        try:
            if self.application.is_async:
                self.loop.run_until_complete(asyncio.wait_for(self.run_async(run), DEADLINE))
            else:
                self.run_sync(run)
        except BaseException as error:
            run.error = error
        return run

    def run_sync(self, run):
        try:
            self.application.run(run)
        finally:
            run.at_end()

    async def run_async(self, run):
        """In the same task, as the runtime does it."""
        try:
            await self.application.run_async(run)
        finally:
            run.at_end()

    def failure(self, input=None, **options):
        """The text with which a run fails."""
        run = self.run(input, **options)
        assert isinstance(run.error, RunFailed), repr(run.error)
        return run.error.message


@unittest.skipUnless(HAS_COG, NEEDS_COG)
class CogModelTest(unittest.TestCase):
    """Serves models in this process, which is put back afterwards."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="cog-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.scratch = self.directory / "scratch"
        self.scratch.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        self.addCleanup(sys.path.__setitem__, slice(None), list(sys.path))
        before = set(sys.modules)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in ("predict", "run_model", "train", "model")
                                 if name in sys.modules and name not in before])
        environment = mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        for name in list(os.environ):
            if name.startswith(("COG_", "SUPERVISOR_")):
                del os.environ[name]

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def load(self, source=None, yaml='run: "predict.py:Predictor"\n', **environment):
        """Loads a model. source: of predict.py; environment: variables to set first."""
        from supervisor_worker.cog.application import CogApplication
        from supervisor_worker.cog.scratch import WorkerScratch

        if source is not None:
            self.write("predict.py", "import asyncio, os, sys\nfrom typing import *\nimport cog\n"
                                     "from cog import *\n" + textwrap.dedent(source))
        if yaml is not None:
            self.write("cog.yaml", yaml)
        os.environ.update(environment)
        application = CogApplication(self.directory)
        application._scratch = WorkerScratch(str(self.scratch))
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        log = io.StringIO()
        with contextlib.redirect_stderr(log), contextlib.redirect_stdout(log):
            manifest = application.load(FakeSetup(loop))
        return Served(application, manifest, loop, log.getvalue())

    def refused(self, source=None, **options):
        """The SetupFailed of a model that cannot be served."""
        with self.assertRaises(SetupFailed) as caught:
            self.load(source, **options)
        return caught.exception

    def temporary_files(self):
        """What is left of runs in the scratch directory."""
        return [path for path in self.scratch.rglob("*") if path.is_file() and path.name != "lock"]
