"""What the source of a model can say a value is, and the ways in which it can leave it open."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .project import Scope

# Elements or letters of a value that is computed, such as range(10) or "a" * 3. Choices of a model are far fewer.
MAXIMUM_SIZE = 100_000
# Bits of an integer that is computed; more than any limit of an input needs.
MAXIMUM_BITS = 1024


class NotStatic(Exception):
    """The source alone does not determine the value of `node`, which stands in `scope`."""

    def __init__(self, node: ast.AST, scope: Scope, reason: str) -> None:
        super().__init__(reason)
        self.node = node
        self.scope = scope
        self.reason = reason


@dataclass(frozen=True)
class Unresolved:
    """An argument of `Input(...)` whose value cannot be determined."""

    cause: NotStatic


@dataclass(frozen=True)
class InputCall:
    """A call of `cog.Input`: its arguments by name, each a value or Unresolved; `default` may be given by position."""

    node: ast.Call
    scope: Scope
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EnumMember:
    """A member of an enumeration of the project."""

    name: str
    value: Any


def shortened(node: ast.AST) -> str:
    """The text of a node, for messages."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "…"


def hashable(value: Any, node: ast.AST, scope: Scope) -> Any:
    """`value`, if it can be the key of a dict. Raises NotStatic."""
    try:
        hash(value)
    except TypeError:
        raise NotStatic(node, scope, f"`{shortened(node)}` cannot be a key") from None
    return value


def unique(values: Any = ()) -> list[Any]:
    """The values without repetitions, in their order."""
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return unique


def targets(target: ast.expr, item: Any, scope: Scope) -> dict[str, object]:
    """What a loop over `item` binds its variables to. Raises NotStatic."""
    if isinstance(target, ast.Name):
        return {target.id: item}
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(item, list) and len(item) == len(target.elts):
        names: dict[str, object] = {}
        for part, value in zip(target.elts, item):
            names.update(targets(part, value, scope))
        return names
    raise NotStatic(target, scope, "the loop's variable is not followed")


def check_size(node: ast.AST, scope: Scope, *values: Any) -> None:
    """Keeps results of `*`, `**` and `<<` small."""
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    sized = [value for value in values if isinstance(value, (str, list))]
    bits = max((value.bit_length() for value in numbers if isinstance(value, int)), default=0)
    operation = getattr(node, "op", None)
    too_large = bits > MAXIMUM_BITS
    if isinstance(operation, (ast.Pow, ast.LShift)) and len(numbers) == 2:
        shift = numbers[1]
        width = bits if isinstance(operation, ast.Pow) else 1
        too_large = too_large or (isinstance(shift, int) and (shift < 0 or width * shift > MAXIMUM_BITS))
        if isinstance(operation, ast.Pow) and isinstance(shift, int) and -MAXIMUM_BITS < shift < 0:
            too_large = False
    if isinstance(operation, ast.Mult) and sized and numbers:
        too_large = too_large or any(len(value) * abs(numbers[0]) > MAXIMUM_SIZE for value in sized)
    if too_large:
        raise NotStatic(node, scope, "the result is too large")


def to_json(value: Any, node: ast.AST, scope: Scope) -> Any:
    """`value` as JSON has it: members of enumerations as their values, keys as strings. Raises NotStatic."""
    if value is None or isinstance(value, (bool, int)) or isinstance(value, str) and _is_text(value):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, EnumMember):
        return to_json(value.value, node, scope)
    if isinstance(value, list):
        return [to_json(element, node, scope) for element in value]
    if isinstance(value, dict):
        return {_json_key(key, node, scope): to_json(element, node, scope) for key, element in value.items()}
    raise NotStatic(node, scope, f"`{shortened(node)}` is no value of JSON")


def _is_text(value: str) -> bool:
    """Half a surrogate pair is no character that JSON can carry."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _json_key(key: Any, node: ast.AST, scope: Scope) -> str:
    if isinstance(key, str) and _is_text(key):
        return key
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key)
    raise NotStatic(node, scope, f"`{shortened(node)}` has a key that JSON cannot have")


def guarded(node: ast.expr, scope: Scope, function: Callable[[], Any]) -> Any:
    """What `function` computes; a tuple as a list. Raises NotStatic where it raises."""
    try:
        result = function()
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise NotStatic(node, scope, f"`{shortened(node)}` raises {type(error).__name__}: {error}") from None
    return list(result) if isinstance(result, tuple) else result
