"""Finding the model's code, importing it, and choosing the function that serves."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from pathlib import Path
from typing import Any, Callable

from ..runtime.application import Misconfigured, SetupFailed
from .configuration import CogConfiguration
from .faults import describe, traceback_text
from .model import Model, is_async_function, patch_defaults
from .package import CogPackage


def load_model(configuration: CogConfiguration, cog: CogPackage) -> Model:
    """Imports the file of the configuration's reference, and makes the object if it names a class.

    Runs the model's code, but not its setup(). Raises SetupFailed.
    """
    reference = configuration.reference
    try:
        if configuration.mode == "train":
            return _finish(*_load_trainer(reference, cog), cog)
        loaded = cog.load(reference)
        return _finish(*_predict_function(loaded), cog)
    except SetupFailed:
        raise
    except BaseException as error:
        raise SetupFailed(
            f"failed to load predictor: {describe(error)}",
            kind=type(error).__name__,
            traceback=traceback_text(error),
        ) from error


def check_reference(configuration: CogConfiguration) -> None:
    """Raises SetupFailed if the reference that is to be served names no Python file."""
    reference = configuration.reference
    path = reference.split(":", 1)[0]
    key = "train" if configuration.mode == "train" else "run"
    if Path(configuration.directory, path).is_file() and path.endswith(".py"):
        return
    if not path.endswith(".py"):
        text = f"ImportError: Cannot load module from {path}: '{reference}' is no reference"
        kind = "ImportError"
    else:
        text = f"FileNotFoundError: [Errno 2] No such file or directory: '{path}', in {configuration.directory}"
        kind = "FileNotFoundError"
    raise Misconfigured(
        f'failed to load predictor: {text}; the model is named by `{key}: "file.py:Name"` in cog.yaml, with a path '
        "relative to its directory",
        kind=kind,
    )


def _predict_function(loaded: Any) -> tuple[Any, Callable[..., Any], str]:
    """Object with setup() or None, the function, and its name."""
    if inspect.isfunction(loaded) or not _is_made_from_class(loaded):
        return None, loaded, getattr(loaded, "__name__", "run")
    # cog's loader has made sure that the class defines exactly one of the two; the base class has both.
    own = {name for kind in type(loaded).__mro__ if not _is_cogs(kind) for name in vars(kind)}
    name = "run" if "run" in own and callable(getattr(loaded, "run", None)) else "predict"
    return loaded, getattr(loaded, name), name


def _is_made_from_class(loaded: Any) -> bool:
    return any(callable(getattr(loaded, name, None)) for name in ("run", "predict"))


def _is_cogs(kind: type) -> bool:
    return kind is object or kind.__module__ == "cog.predictor"


def _load_trainer(reference: str, cog: CogPackage) -> tuple[Any, Callable[..., Any], str]:
    """As `_predict_function`, for trainings: a function, or a class with train()."""
    path, _, name = reference.partition(":")
    if not name:
        raise Misconfigured(
            f"failed to load predictor: '{reference}' does not name a function; write `train: \"{path}:train\"`",
            kind="ImportError",
        )
    module_name = os.path.basename(path).replace(".py", "")
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Cannot load module from {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    found = getattr(module, name)
    if not inspect.isclass(found):
        return None, found, "train"
    trainer = found()
    train = getattr(trainer, "train", None)
    if callable(train):
        return trainer, train, "train"
    # A class that Cog itself would serve in this mode: it has run() or predict().
    return _predict_function(trainer)


def _finish(owner: Any, function: Callable[..., Any], name: str, cog: CogPackage) -> Model:
    if not callable(function):
        raise TypeError(f"{name} is a {type(function).__name__}, which cannot be called")
    patch_defaults(function, cog.field_info)
    return Model(function, name, is_async_function(function), owner)
