"""A Cog model as the runtime sees it."""

from __future__ import annotations

import asyncio
import inspect
import os
import platform
import sys
from pathlib import Path

from ..runtime.application import Application, Handler, Manifest, Misconfigured, Setup, SetupFailed
from ..runtime.run import Run, RunFailed
from .configuration import apply_environment, read_configuration
from .description import concurrency, describe_model
from .downloads import DownloadLimits, Downloads, SpaceBudget
from .encoding import Encoder
from .faults import describe, text_of, traceback_text
from .inputs import Arguments, InputInvalid, InputPlan
from .loading import check_reference, load_model
from .model import Model
from .outputs import Outputs
from .package import CogPackage, import_cog
from .scope import Scope
from .scratch import RunScratch, WorkerScratch


class CogApplication(Application):
    """Serves the model in a directory with `cog.yaml`, or with COG_PREDICT_TYPE_STUB in the environment.

    The process belongs to it: it changes the working directory, the environment and `sys.path` as Cog's worker does.
    """

    def __init__(self, directory: str | os.PathLike[str] = ".") -> None:
        self._directory = Path(directory).absolute()
        self._scratch = WorkerScratch()
        self._limits = DownloadLimits()
        self._space = SpaceBudget(self._limits.worker_bytes, "all inputs together")
        self._mode = "predict"
        self._output_is_array = False
        # Set by `load`, before which nothing else is called.
        self._cog: CogPackage
        self._model: Model
        self._plan: InputPlan

    def load(self, setup: Setup) -> Manifest:
        """Imports the model, calls its setup(), and says what it can do. Raises SetupFailed."""
        self._enter_directory()
        configuration = read_configuration(self._directory, os.environ)
        apply_environment(configuration.environment, os.environ)
        try:
            self._limits = DownloadLimits.from_environment(os.environ)
        except ValueError as error:
            raise Misconfigured(str(error)) from None
        self._space = SpaceBudget(self._limits.worker_bytes, "all inputs together")
        self._mode = configuration.mode
        self._cog = import_cog()
        self.cancellation = self._cog.stand_in.cancellation
        # The source first: a wrong @streaming is found before a model of many gigabytes is loaded.
        check_reference(configuration)
        description = describe_model(configuration)
        self._model = load_model(configuration, self._cog)
        if description.warning:
            print(description.warning, file=sys.stderr)
        self.is_async = self._model.is_async
        runs_at_once = concurrency(configuration, self._model)
        self._plan = InputPlan(self._model.function, self._cog.input_types)
        self._set_up_model(setup)
        try:
            self._scratch.open()
        except OSError as error:
            raise SetupFailed(
                f"no temporary directory can be made: {error}; set TMPDIR to a place with room", kind="OSError"
            ) from None
        check = getattr(self._model.owner, "healthcheck", None)
        self.healthcheck = check if callable(check) else None
        schemas = description.schemas
        is_training = self._mode == "train"
        output = schemas.training_output if is_training else schemas.output
        self._output_is_array = (output or {}).get("type") == "array"
        return Manifest(
            handlers=[
                Handler(
                    name=self._mode,
                    streaming=schemas.streaming and not is_training,
                    concurrency=runs_at_once,
                    input=schemas.input,
                    training_input=schemas.training_input,
                    input_rules="cog",
                    output=output,
                )
            ],
            openapi=description.document,
            versions={"python": platform.python_version(), "python_sdk": self._cog.version},
            health_check=self.healthcheck is not None,
        )

    def run(self, run: Run) -> None:
        """One run of a model with a synchronous function."""
        state = self._begin(run)
        state.enter()
        arguments = self._arguments(run)
        try:
            if arguments.urls:
                arguments.fill(state.downloads.fetch(arguments.urls, arguments.names))
        except Exception as error:
            raise _input_failed(error) from error
        if run.is_cancelled:
            raise self.cancellation()
        try:
            result = self._model.function(**arguments.values)
        except self.cancellation:
            raise
        except BaseException as error:
            raise state.outputs.model_failed(self._failure_word, error) from error
        state.outputs.write_result(result)

    async def run_async(self, run: Run) -> None:
        """One run of a model with an asynchronous function."""
        state = self._begin(run)
        state.enter()
        arguments = self._arguments(run)
        try:
            if arguments.urls:
                arguments.fill(await state.downloads.fetch_async(arguments.urls, arguments.names))
        except Exception as error:
            raise _input_failed(error) from error
        try:
            result = self._model.function(**arguments.values)
        except Exception as error:
            raise state.outputs.model_failed(f"Failed to call {self._model.name}", error) from error
        if inspect.isawaitable(result):
            try:
                result = await result
            except BaseException as error:
                if state.outputs.is_cancellation(error):
                    raise
                raise state.outputs.model_failed(self._failure_word, error) from error
        await state.outputs.write_result_async(result)

    def _begin(self, run: Run) -> "_RunState":
        """What is put away at the run's end, and nowhere before, in a `finally` for example: there a cancel may strike.
        `shutil.rmtree`, struck between closing the directory and noting that, closes its number again, which may be
        somebody else's by then; else the error of that takes the cancel's place, and the directory stays."""
        state = _RunState(self, run)
        run.at_end = state.leave
        return state

    @property
    def _failure_word(self) -> str:
        if self._mode == "train":
            return "Training failed"
        return "Async prediction failed" if self.is_async else "Prediction failed"

    def _arguments(self, run: Run) -> Arguments:
        try:
            arguments = self._plan.arguments(run.input)
        except InputInvalid as error:
            raise RunFailed(f"Input validation error: {error}", "InputInvalid") from error
        # Data URLs may be large; nothing but the model's arguments shall keep them while it runs.
        run.input = None
        return arguments

    def _enter_directory(self) -> None:
        """Everything in a model is relative to its directory, imports too: sys.path[0] is "" as under `python -c`."""
        try:
            os.chdir(self._directory)
        except OSError as error:
            raise Misconfigured(
                f"the model's directory {self._directory} cannot be entered: {error.strerror}",
                kind="ConfigurationError",
            ) from None
        if not any(entry in ("", str(self._directory)) for entry in sys.path):
            sys.path.insert(0, "")

    def _set_up_model(self, setup: Setup) -> None:
        set_up = getattr(self._model.owner, "setup", None)
        if not callable(set_up):
            return
        try:
            if self._cog.has_setup_weights(self._model.owner):
                result = set_up(weights=self._cog.extract_setup_weights(self._model.owner))
            else:
                result = set_up()
            if inspect.isawaitable(result):
                setup.run_until_complete(result)
        except BaseException as error:
            raise SetupFailed(
                f"setup failed: {describe(error)}", kind=type(error).__name__, traceback=traceback_text(error)
            ) from error


class _RunState:
    """What has to be put away after a run, whatever happens in it."""

    def __init__(self, application: CogApplication, run: Run) -> None:
        self._scopes = application._cog.stand_in.scopes
        self._scope = Scope(run.metric, run.context)
        self._scratch: RunScratch = application._scratch.new_run()
        cog = application._cog
        self.downloads = Downloads(
            self._scratch,
            application._limits,
            application._space,
            cog.input_types.path,
            os.environ.get("COG_USER_AGENT"),
        )
        encoder = Encoder((cog.input_types.secret,), self._scratch, run.can_upload)
        cancellation = asyncio.CancelledError if application.is_async else application.cancellation
        self.outputs = Outputs(run, encoder, cancellation)
        run.collected = application._output_is_array

    def enter(self) -> None:
        """Makes the run's scope the current one."""
        self._scopes.enter(self._scope)

    def leave(self) -> None:
        """Ends the scope and removes the run's files. May be done again."""
        self._scopes.leave(self._scope)
        self.downloads.close()
        self._scratch.remove()


def _input_failed(error: Exception) -> RunFailed:
    return RunFailed(f"Input validation error: {text_of(error)}", type(error).__qualname__)
