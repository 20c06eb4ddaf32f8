"""The `cog` package that is installed beside the model: what the adapter calls of it, and nothing else."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any, Callable

from ..runtime.application import Misconfigured, SetupFailed
from . import coglet_stand_in
from .coglet_stand_in import StandIn
from .faults import describe, traceback_text
from .inputs import InputTypes

OLDEST = "0.17"
"""The first version whose `Input()` is its own and not pydantic's."""


@dataclass(frozen=True)
class CogPackage:
    """Public names of the package."""

    version: str
    input_types: InputTypes
    field_info: type
    """What `Input()` returns."""
    load: Callable[[str], Any]
    """`load_predictor_from_ref`: `file.py:Name` → object or function."""
    has_setup_weights: Callable[[Any], bool]
    extract_setup_weights: Callable[[Any], Any]
    stand_in: StandIn


def import_cog() -> CogPackage:
    """Imports the package, with our stand-in for its native half. Raises SetupFailed that says how to get it."""
    stand_in = coglet_stand_in.install()
    install = f"{sys.executable} -m pip install cog"
    try:
        cog = importlib.import_module("cog")
    except ModuleNotFoundError as error:
        if error.name != "cog":
            raise _broken(error, install) from error
        raise Misconfigured(
            f"the Python at {sys.executable} has no package cog, which the model needs; install it with "
            f"`{install}`, put a virtual environment that has it into the model's directory, or name another Python "
            "with --python",
            kind="ModuleNotFoundError",
        ) from None
    except Exception as error:
        raise _broken(error, install) from error
    version = str(getattr(cog, "__version__", "unknown"))
    try:
        inputs = importlib.import_module("cog.input")
        predictor = importlib.import_module("cog.predictor")
        types = importlib.import_module("cog.types")
        return CogPackage(
            version=version,
            input_types=InputTypes(types.Path, types.File, types.Secret),
            field_info=inputs.FieldInfo,
            load=predictor.load_predictor_from_ref,
            has_setup_weights=predictor.has_setup_weights,
            extract_setup_weights=predictor.extract_setup_weights,
            stand_in=stand_in,
        )
    except (ImportError, AttributeError) as error:
        where = getattr(cog, "__file__", None) or "an unknown place"
        raise Misconfigured(
            f"the package cog {version} at {where} cannot be used ({describe(error)}); versions from {OLDEST} on can: "
            f"`{install} --upgrade`. If that file is the model's own, rename it",
            kind=type(error).__name__,
            traceback=traceback_text(error),
        ) from error


def _broken(error: BaseException, install: str) -> SetupFailed:
    return SetupFailed(
        f"the package cog cannot be imported by {sys.executable}: {describe(error)}; try `{install} --force-reinstall`",
        kind=type(error).__name__,
        traceback=traceback_text(error),
    )
