"""Python models for the supervisor: see README.md beside this package.

What stands here is for authors of handlers. Models written for Cog need none of it. The name of this package must be
importable by any Python 3, so that `bootstrap` can say that an interpreter is too old.
"""

import sys

if sys.version_info >= (3, 10):
    from .handlers import current_run, handler, streaming
    from .outputs import File
    from .runtime.application import Misconfigured as ConfigurationError
    from .runtime.cancellation import RunCanceled
    from .runtime.run import Run, RunFailed, UploadFailed
    from .script import connect_script, run
    from .signatures import Field

    __all__ = ["ConfigurationError", "Field", "File", "Run", "RunCanceled", "RunFailed", "UploadFailed", "current_run",
               "handler", "run", "streaming"]

    connect_script()
