"""`python -m supervisor_worker.schema DIRECTORY`: prints the OpenAPI document of a model."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from . import cog_yaml
from .errors import ConfigurationError, Notice, SchemaError
from .generate import find_or_generate

EXIT_SUCCESS = 0
EXIT_SCHEMA_ERROR = 1
# EX_CONFIG of sysexits.h, as for the server's own configuration.
EXIT_CONFIGURATION_ERROR = 78


def main(arguments: list[str] | None = None) -> int:
    """Prints the document to stdout, or what is wrong to stderr. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="supervisor_worker.schema", description="Prints the OpenAPI document of a Cog model, read from its source."
    )
    parser.add_argument("directory", type=Path, help="the model's directory, with cog.yaml")
    parser.add_argument("--predict", metavar="FILE.PY:NAME", help="what serves predictions, instead of cog.yaml's run")
    parser.add_argument("--train", metavar="FILE.PY:NAME", help="what serves trainings, instead of cog.yaml's train")
    options = parser.parse_args(arguments)
    try:
        if not options.directory.is_dir():
            raise ConfigurationError(str(options.directory), "there is no such directory")
        predict_ref, train_ref = cog_yaml.references(options.directory, options.predict, options.train, os.environ)
        document = find_or_generate(options.directory, predict_ref, train_ref, os.environ, _print_notice)
    except SchemaError as error:
        print(error, file=sys.stderr)
        return EXIT_SCHEMA_ERROR
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION_ERROR
    # JSON is UTF-8 whatever the locale says.
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace"))
    return EXIT_SUCCESS


def _print_notice(notice: Notice) -> None:
    print(notice, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
