"""Cog's decorators `@streaming` and `@concurrent` on the function that the model runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .annotations import ITERATORS, written_head
from .functions import ModelFunction
from .project import Project

# Cog's sentence; clients and documentation quote it.
STREAMING_NEEDS_ITERATOR = (
    "@streaming requires Iterator[...], AsyncIterator[...], ConcatenateIterator[...] or "
    "AsyncConcatenateIterator[...] return type"
)


def is_streaming(project: Project, function: ModelFunction) -> bool:
    """Whether the definition carries Cog's `@streaming`, in any spelling.

    Raises SchemaError when it does and the return annotation is not one of the four iterators.
    """
    decorators = list(_cogs(project, function, "streaming"))
    if not decorators:
        return False
    returns = function.node.returns
    if returns is None or written_head(returns) not in ITERATORS:
        raise function.scope.file.error(
            function.node if returns is None else returns,
            STREAMING_NEEDS_ITERATOR,
            f"annotate what {function.node.name}() yields, for example `-> Iterator[str]`, or take the decorator off",
        )
    return True


def concurrency(project: Project, function: ModelFunction) -> int | None:
    """The number that `@concurrent` declares; None without the decorator. Raises SchemaError for what cog refuses."""
    for decorator in _cogs(project, function, "concurrent"):
        maximum = 1
        if isinstance(decorator, ast.Call):
            maximum = _maximum(decorator, function)
        if maximum > 1 and not isinstance(function.node, ast.AsyncFunctionDef):
            raise function.scope.file.error(
                decorator,
                "concurrent max greater than 1 requires an async function",
                f"write `async def {function.node.name}`, or take the decorator off",
            )
        return maximum
    return None


def _maximum(call: ast.Call, function: ModelFunction) -> int:
    file = function.scope.file
    remedy = "write `@concurrent(max=4)`"
    if call.args or any(keyword.arg != "max" for keyword in call.keywords):
        raise file.error(call, "concurrent must be used as @concurrent or @concurrent(max=...)", remedy)
    for keyword in call.keywords:
        value, sign = keyword.value, 1
        if isinstance(value, ast.UnaryOp) and isinstance(value.op, (ast.USub, ast.UAdd)):
            sign = -1 if isinstance(value.op, ast.USub) else 1
            value = value.operand
        if not (isinstance(value, ast.Constant) and type(value.value) is int):
            raise file.error(keyword.value, "concurrent max must be an integer, written as a number", remedy)
        if sign * value.value < 1:
            raise file.error(keyword.value, "concurrent max must be at least 1", remedy)
        return value.value
    return 1


def _cogs(project: Project, function: ModelFunction, name: str) -> Iterator[ast.expr]:
    for decorator in function.node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if project.decorator_import(target, function.scope.file) == f"cog.{name}":
            yield decorator
