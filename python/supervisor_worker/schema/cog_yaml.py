"""cog.yaml: which function serves predictions and trainings, how many at once, and the environment they want."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigurationError
from .yaml_subset import YamlError, read_top_level

FILE_NAME = "cog.yaml"
# These override cog.yaml; images that Cog builds carry them.
PREDICT_VARIABLE = "COG_PREDICT_TYPE_STUB"
TRAIN_VARIABLE = "COG_TRAIN_TYPE_STUB"
# The keys that say how a model is served. Everything else is about building images and is not looked at.
_KEYS = frozenset({"run", "predict", "train", "concurrency", "environment"})
# A cog.yaml larger than this is none.
MAXIMUM_BYTES = 1024 * 1024

# Variables that a model may not set, because the system around it does.
DENIED_VARIABLES = frozenset(
    {
        "PATH",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "PYTHONUNBUFFERED",
        "LIBRARY_PATH",
        "HF_ENDPOINT",
        "HF_HUB_ENABLE_HF_TRANSFER",
    }
)
DENIED_PREFIXES = ("R8_", "REPLICATE_", "CUDA_", "NVIDIA_", "NV_", "PGET_", "KUBERNETES_")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class CogYaml:
    """What cog.yaml says about serving. `path` is None when there is no such file."""

    path: Path | None = None
    predict_ref: str | None = None
    train_ref: str | None = None
    concurrency_max: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def read(directory: Path | str) -> CogYaml:
    """Reads cog.yaml in `directory`; without one, everything is None.

    Uses the package yaml where it is installed, as it is beside cog; else a reader of the part of YAML that these keys
    need, which refuses the rest. Raises ConfigurationError.
    """
    path = Path(directory, FILE_NAME)
    try:
        data = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise ConfigurationError(FILE_NAME, f"it cannot be read: {error.strerror}") from None
    if data is None:
        return CogYaml()
    if len(data) > MAXIMUM_BYTES:
        raise ConfigurationError(FILE_NAME, f"it is larger than {MAXIMUM_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(FILE_NAME, f"it is not UTF-8: byte {error.start}") from None
    return interpret(_mapping(text), path)


def references(
    directory: Path | str, predict: str | None, train: str | None, environment: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """The references of a model: those given, else those of the environment, else those of cog.yaml."""
    predict = predict or environment.get(PREDICT_VARIABLE) or None
    train = train or environment.get(TRAIN_VARIABLE) or None
    if predict and train:
        return predict, train
    configuration = read(directory)
    return predict or configuration.predict_ref, train or configuration.train_ref


def interpret(mapping: Mapping[str, Any], path: Path) -> CogYaml:
    """The meaning of the top-level keys. Raises ConfigurationError naming the key."""
    run, predict = _reference(mapping, "run"), _reference(mapping, "predict")
    if run is not None and predict is not None:
        raise ConfigurationError(
            FILE_NAME, "both `run` and `predict` are set", remedy="keep `run`; `predict` is its old name"
        )
    return CogYaml(
        path=path,
        predict_ref=run or predict,
        train_ref=_reference(mapping, "train"),
        concurrency_max=_concurrency(mapping.get("concurrency")),
        environment=_environment(mapping.get("environment")),
    )


def _mapping(text: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        return _without_package(text)
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        line = None if mark is None else mark.line + 1
        raise ConfigurationError(FILE_NAME, f"this is no YAML: {problem}", line=line) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigurationError(FILE_NAME, "it is no mapping of keys to values", remedy='write `run: "run.py:Runner"`')
    return value


def _without_package(text: str) -> dict[str, Any]:
    try:
        return read_top_level(text, _KEYS)
    except YamlError as error:
        raise ConfigurationError(
            FILE_NAME,
            error.text,
            line=error.line,
            remedy="install the package pyyaml beside this Python, or write the line in a simpler way",
        ) from None


def _reference(mapping: Mapping[str, Any], key: str) -> str | None:
    value = mapping.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(
            FILE_NAME, f"`{key}` must be a reference to a model", remedy=f'write `{key}: "file.py:Name"`'
        )
    return value.strip()


def _concurrency(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ConfigurationError(FILE_NAME, "`concurrency` must be a mapping", remedy="write `concurrency: {max: 4}`")
    maximum = value.get("max")
    if maximum is None:
        return None
    if type(maximum) is not int or maximum < 1:
        raise ConfigurationError(
            FILE_NAME, "`concurrency.max` must be a whole number from 1", remedy="write `concurrency: {max: 4}`"
        )
    return maximum


def _environment(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    remedy = 'write `environment: ["NAME=value"]`'
    if not isinstance(value, list):
        raise ConfigurationError(FILE_NAME, "`environment` must be a list", remedy=remedy)
    variables: dict[str, str] = {}
    for entry in value:
        name, equals, text = entry.partition("=") if isinstance(entry, str) else ("", "", "")
        if not equals or not _VARIABLE_NAME.match(name):
            raise ConfigurationError(FILE_NAME, f"`environment` has the entry {entry!r}", remedy=remedy)
        if "\0" in text:
            raise ConfigurationError(FILE_NAME, f"`environment`: the value of {name} contains a NUL", remedy=remedy)
        if name in DENIED_VARIABLES or name.startswith(DENIED_PREFIXES):
            raise ConfigurationError(
                FILE_NAME, f"`environment` must not set {name}", remedy="set it outside, where the server is started"
            )
        variables[name] = text
    return variables
