"""The beginning of a worker: connection first, then the model."""

from __future__ import annotations

import os
import platform
from typing import NoReturn

from .application import Application, Misconfigured
from .pipes import Pipes
from .worker import Worker

VERSION = "0.1.0"
"""Of this package; it travels with the supervisor."""


def connect() -> Worker:
    """Takes the supervisor's pipes, before anything of the model is imported. Main thread.

    Raises NotStartedBySupervisor.
    """
    worker = Worker(Pipes.take(), f"supervisor_worker/{VERSION} (Python {platform.python_version()})")
    worker.greet()
    return worker


def serve_model(worker: Worker, model: str) -> NoReturn:
    """Serves the model at a path until the process ends; what is wrong with it is a failed set-up."""
    try:
        application = application_for(model)
    except BaseException as error:
        worker.fail_setup(error)
    worker.serve(application)


def application_for(model: str) -> Application:
    """The kind of model that lies at a path. Imports nothing of it. Raises Misconfigured."""
    if os.path.isdir(model):
        from ..cog.application import CogApplication

        return CogApplication(model)
    if model.endswith(".py") and os.path.isfile(model):
        from ..handlers import HandlersApplication

        return HandlersApplication.of_file(model)
    raise Misconfigured(
        f"There is no model at {model}: it must be a Python file with handlers, or the directory of a Cog model. "
        f"Correct the path that is given to `supervisor serve`, or SUPERVISOR_MODEL.", "FileNotFoundError")
