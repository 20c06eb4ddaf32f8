"""Values of expressions that the source alone determines: literals, constants, calls of `Input(...)` and the like."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from .calls import Calls, Expression
from .classes import mro
from .project import Builtin, Definition, External, Local, Module, Project, Scope, Unclear, Value
from .values import MAXIMUM_SIZE, EnumMember, NotStatic, check_size, guarded, hashable, shortened, targets, unique

# Expressions nested or names chained deeper than this are not followed.
MAXIMUM_DEPTH = 100


_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_UNARY: Mapping[type, Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_ENUM_BASES = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum"})


class Evaluator:
    """Computes expressions of a project's files without running them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls = Calls(project, self)

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """The value of `node`: what JSON can express, a float that it cannot, an InputCall or an EnumMember.

        Tuples and sets are lists, in the order of the source. Raises NotStatic.
        """
        try:
            return self.compute(node, scope, MAXIMUM_DEPTH)
        except RecursionError:
            raise NotStatic(node, scope, "the expression is nested too deeply") from None

    # MARK: expressions

    def compute(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        """As value(), at most `depth` expressions deep."""
        if depth == 0:
            raise NotStatic(node, scope, "the expression is nested too deeply, or its names are defined in a circle")
        visit = getattr(self, f"_{type(node).__name__.lower()}", None)
        if visit is None:
            raise NotStatic(node, scope, f"`{shortened(node)}` is not computed without running the model")
        return visit(node, scope, depth - 1)

    def _constant(self, node: ast.Constant, scope: Scope, depth: int) -> Any:
        if isinstance(node.value, (bytes, complex)):
            raise NotStatic(node, scope, f"{type(node.value).__name__} is no value of JSON")
        return node.value

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set, scope: Scope, depth: int) -> list[Any]:
        elements: list[Any] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                elements.extend(self.sequence(element.value, scope, depth))
            else:
                elements.append(self.compute(element, scope, depth))
        return elements

    _list = _tuple

    def _set(self, node: ast.Set, scope: Scope, depth: int) -> list[Any]:
        return unique(self._tuple(node, scope, depth))

    def _dict(self, node: ast.Dict, scope: Scope, depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values):
            if key is None:
                other = self.compute(value, scope, depth)
                if not isinstance(other, dict):
                    raise NotStatic(value, scope, f"`**{shortened(value)}` is no dict")
                result.update(other)
            else:
                result[self._key(key, scope, depth)] = self.compute(value, scope, depth)
        return result

    def _key(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        key = self.compute(node, scope, depth)
        if isinstance(key, list):
            raise NotStatic(node, scope, "the key is a list or a tuple")
        return hashable(key, node, scope)

    def _unaryop(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Any:
        operand = self.compute(node.operand, scope, depth)
        return guarded(node, scope, lambda: _UNARY[type(node.op)](operand))

    def _binop(self, node: ast.BinOp, scope: Scope, depth: int) -> Any:
        left, right = self.compute(node.left, scope, depth), self.compute(node.right, scope, depth)
        function = _BINARY.get(type(node.op))
        if function is None:
            raise NotStatic(node, scope, f"`{shortened(node)}` is not computed without running the model")
        check_size(node, scope, left, right)
        if isinstance(left, dict) and isinstance(right, dict) and isinstance(node.op, ast.BitOr):
            return {**left, **right}
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            raise NotStatic(node, scope, "formatting with % is not computed without running the model")
        return guarded(node, scope, lambda: function(left, right))

    def _ifexp(self, node: ast.IfExp, scope: Scope, depth: int) -> Any:
        chosen = node.body if self.compute(node.test, scope, depth) else node.orelse
        return self.compute(chosen, scope, depth)

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope, depth: int) -> str:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion != -1:
                    raise NotStatic(part, scope, "a format is not computed without running the model")
                value = self.compute(part.value, scope, depth)
                if not isinstance(value, (str, int, float)):
                    raise NotStatic(part, scope, "its text is not computed without running the model")
                parts.append(str(value))
            else:
                parts.append(self.compute(part, scope, depth))
        return "".join(parts)

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        owner = self.compute(node.value, scope, depth)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                None if bound is None else self.compute(bound, scope, depth)
                for bound in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return guarded(node, scope, lambda: owner[slice(*bounds)])
        key = self.compute(node.slice, scope, depth)
        return guarded(node, scope, lambda: owner[key])

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, depth: int) -> list[Any]:
        return self._comprehension(node.generators, scope, depth, lambda inner: self.compute(node.elt, inner, depth))

    _generatorexp = _listcomp

    def _setcomp(self, node: ast.SetComp, scope: Scope, depth: int) -> list[Any]:
        return unique(self._listcomp(node, scope, depth))

    def _dictcomp(self, node: ast.DictComp, scope: Scope, depth: int) -> dict[Any, Any]:
        pairs = self._comprehension(
            node.generators,
            scope,
            depth,
            lambda inner: (self._key(node.key, inner, depth), self.compute(node.value, inner, depth)),
        )
        return dict(pairs)

    def _comprehension(
        self,
        generators: list[ast.comprehension],
        scope: Scope,
        depth: int,
        result: Callable[[Scope], Any],
    ) -> list[Any]:
        if not generators:
            return [result(scope)]
        first, collected = generators[0], []
        for item in self.sequence(first.iter, scope, depth):
            inner = Scope(scope.file, scope.line, scope.classes, {**scope.local, **targets(first.target, item, scope)})
            if all(self.compute(test, inner, depth) for test in first.ifs):
                collected.extend(self._comprehension(generators[1:], inner, depth, result))
            if len(collected) > MAXIMUM_SIZE:
                raise NotStatic(first.iter, scope, f"it has more than {MAXIMUM_SIZE} elements")
        return collected

    def _compare(self, node: ast.Compare, scope: Scope, depth: int) -> bool:
        functions: Mapping[type, Callable[[Any, Any], bool]] = {
            ast.Eq: operator.eq,
            ast.NotEq: operator.ne,
            ast.Lt: operator.lt,
            ast.LtE: operator.le,
            ast.Gt: operator.gt,
            ast.GtE: operator.ge,
            ast.In: lambda one, other: one in other,
            ast.NotIn: lambda one, other: one not in other,
        }
        left = self.compute(node.left, scope, depth)
        for kind, comparator in zip(node.ops, node.comparators):
            right = self.compute(comparator, scope, depth)
            function = functions.get(type(kind))
            if function is None:
                raise NotStatic(node, scope, f"`{shortened(node)}` is not computed without running the model")
            if not guarded(node, scope, lambda: function(left, right)):
                return False
            left = right
        return True

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        return self._calls.value(node, scope, depth)

    # MARK: names

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> Any:
        return self._symbol(self._project.resolve(node, scope), node, scope, depth)

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> Any:
        symbol = self._project.resolve(node, scope)
        if symbol is None or isinstance(symbol, Unclear):
            if node.attr in ("value", "name"):
                owner = self.compute(node.value, scope, depth)
                if isinstance(owner, EnumMember):
                    return owner.value if node.attr == "value" else owner.name
        elif isinstance(symbol, Value) and not isinstance(symbol.expression, ast.Call):
            owner_symbol = self._project.definition_behind(self._project.resolve(node.value, scope))
            if isinstance(owner_symbol, Definition) and self._is_enum(owner_symbol):
                return EnumMember(node.attr, self.compute(symbol.expression, symbol.scope, depth))
        return self._symbol(symbol, node, scope, depth)

    def _symbol(self, symbol: object, node: ast.expr, scope: Scope, depth: int) -> Any:
        if isinstance(symbol, Value):
            return self.compute(symbol.expression, symbol.scope, depth)
        if isinstance(symbol, Local):
            if isinstance(symbol.value, Expression):
                return self.compute(symbol.value.node, symbol.value.scope, depth)
            return symbol.value
        if isinstance(symbol, External) and symbol.name in ("math.inf", "math.pi", "math.e"):
            return getattr(math, symbol.last)
        name = shortened(node)
        if isinstance(symbol, Unclear):
            raise NotStatic(node, scope, f"the value of `{name}` is not certain: {symbol.reason}")
        if isinstance(symbol, External):
            raise NotStatic(node, scope, f"`{name}` comes from `{symbol.name}`, which is not read")
        if isinstance(symbol, (Definition, Module, Builtin)):
            raise NotStatic(node, scope, f"`{name}` is no value of JSON")
        raise NotStatic(node, scope, f"`{name}` is not defined in this file")

    def _is_enum(self, definition: Definition) -> bool:
        return definition.is_class and any(
            isinstance(entry, External) and entry.name in _ENUM_BASES for entry in mro(self._project, definition)
        )

    def _members(self, definition: Definition, depth: int) -> list[EnumMember]:
        assert isinstance(definition.node, ast.ClassDef), "an enumeration is a class"
        scope = definition.scope.inside(definition.node)
        members = []
        for name in self._project.class_bindings(definition.node).names():
            symbol = self._project.member(definition, name)
            if isinstance(symbol, Value) and not name.startswith("_"):
                members.append(EnumMember(name, self.compute(symbol.expression, symbol.scope, depth)))
            elif isinstance(symbol, Unclear):
                raise NotStatic(
                    definition.node, scope, f"{definition.node.name}.{name} is not certain: {symbol.reason}"
                )
        return members

    def enum_values(self, definition: Definition) -> list[Any] | None:
        """The values of an enumeration's members; None when the class is none or its values are not static."""
        if not self._is_enum(definition):
            return None
        try:
            return [member.value for member in self._members(definition, MAXIMUM_DEPTH)]
        except (NotStatic, RecursionError):
            return None

    def sequence(self, node: ast.expr, scope: Scope, depth: int) -> list[Any]:
        """The elements of a list, of a text, of a dict's keys or of an enumeration. Raises NotStatic."""
        symbol = self._project.definition_behind(self._project.resolve(node, scope))
        if isinstance(symbol, Definition) and self._is_enum(symbol):
            return list(self._members(symbol, depth))
        value = self.compute(node, scope, depth)
        if not isinstance(value, (list, dict, str)):
            raise NotStatic(node, scope, f"`{shortened(node)}` has no elements")
        return list(value)
