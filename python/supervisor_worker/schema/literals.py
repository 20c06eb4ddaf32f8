"""Values of expressions that the source alone determines: literals, constants, calls of `Input(...)` and little more."""

from __future__ import annotations

import ast
import math
import operator
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from .project import (
    Builtin,
    Definition,
    External,
    Local,
    Module,
    Project,
    Scope,
    Unclear,
    Value,
)

# Expressions nested or names chained deeper than this are not followed.
MAXIMUM_DEPTH = 100
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


@dataclass(frozen=True)
class _Expression:
    """An argument that is computed when, and where, it is used."""

    node: ast.expr
    scope: Scope


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
# Functions without effects whose result has at most the size of their arguments.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "dict": dict,
    "float": float,
    "frozenset": lambda *values: _unique(*values),
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "round": round,
    "set": lambda *values: _unique(*values),
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": lambda *values: list(*values),
}
_METHODS: Mapping[type, frozenset[str]] = {
    dict: frozenset({"keys", "values", "items", "get", "copy"}),
    list: frozenset({"copy", "index", "count"}),
    str: frozenset("capitalize join lower lstrip replace rstrip split strip title upper".split()),
}
_INPUT_ARGUMENTS = (
    "default",
    "default_factory",
    "description",
    "ge",
    "le",
    "min_length",
    "max_length",
    "regex",
    "choices",
    "deprecated",
    "accept",
)
_ENUM_BASES = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum"})


class Evaluator:
    """Computes expressions of a project's files without running them."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """The value of `node`: what JSON can express, a float that it cannot, an InputCall or an EnumMember.

        Tuples and sets are lists, in the order of the source. Raises NotStatic.
        """
        try:
            return self._value(node, scope, MAXIMUM_DEPTH)
        except RecursionError:
            raise NotStatic(node, scope, "the expression is nested too deeply") from None

    # MARK: expressions

    def _value(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        if depth == 0:
            raise NotStatic(node, scope, "the expression is nested too deeply, or its names are defined in a circle")
        visit = getattr(self, f"_{type(node).__name__.lower()}", None)
        if visit is None:
            raise NotStatic(node, scope, f"`{_shortened(node)}` is not computed without running the model")
        return visit(node, scope, depth - 1)

    def _constant(self, node: ast.Constant, scope: Scope, depth: int) -> Any:
        if isinstance(node.value, (bytes, complex)):
            raise NotStatic(node, scope, f"{type(node.value).__name__} is no value of JSON")
        return node.value

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set, scope: Scope, depth: int) -> list[Any]:
        elements: list[Any] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                elements.extend(self._sequence(element.value, scope, depth))
            else:
                elements.append(self._value(element, scope, depth))
        return elements

    _list = _tuple

    def _set(self, node: ast.Set, scope: Scope, depth: int) -> list[Any]:
        return _unique(self._tuple(node, scope, depth))

    def _dict(self, node: ast.Dict, scope: Scope, depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values):
            if key is None:
                other = self._value(value, scope, depth)
                if not isinstance(other, dict):
                    raise NotStatic(value, scope, f"`**{_shortened(value)}` is no dict")
                result.update(other)
            else:
                result[self._key(key, scope, depth)] = self._value(value, scope, depth)
        return result

    def _key(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        key = self._value(node, scope, depth)
        if isinstance(key, list):
            raise NotStatic(node, scope, "the key is a list or a tuple")
        return _hashable(key, node, scope)

    def _unaryop(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Any:
        operand = self._value(node.operand, scope, depth)
        return self._computed(node, scope, lambda: _UNARY[type(node.op)](operand))

    def _binop(self, node: ast.BinOp, scope: Scope, depth: int) -> Any:
        left, right = self._value(node.left, scope, depth), self._value(node.right, scope, depth)
        function = _BINARY.get(type(node.op))
        if function is None:
            raise NotStatic(node, scope, f"`{_shortened(node)}` is not computed without running the model")
        _check_size(node, scope, left, right)
        if isinstance(left, dict) and isinstance(right, dict) and isinstance(node.op, ast.BitOr):
            return {**left, **right}
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            raise NotStatic(node, scope, "formatting with % is not computed without running the model")
        return self._computed(node, scope, lambda: function(left, right))

    def _ifexp(self, node: ast.IfExp, scope: Scope, depth: int) -> Any:
        chosen = node.body if self._value(node.test, scope, depth) else node.orelse
        return self._value(chosen, scope, depth)

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope, depth: int) -> str:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion != -1:
                    raise NotStatic(part, scope, "a format is not computed without running the model")
                value = self._value(part.value, scope, depth)
                if not isinstance(value, (str, int, float)):
                    raise NotStatic(part, scope, "its text is not computed without running the model")
                parts.append(str(value))
            else:
                parts.append(self._value(part, scope, depth))
        return "".join(parts)

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        owner = self._value(node.value, scope, depth)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                None if bound is None else self._value(bound, scope, depth)
                for bound in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return self._computed(node, scope, lambda: owner[slice(*bounds)])
        key = self._value(node.slice, scope, depth)
        return self._computed(node, scope, lambda: owner[key])

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, depth: int) -> list[Any]:
        return self._comprehension(node.generators, scope, depth, lambda inner: self._value(node.elt, inner, depth))

    _generatorexp = _listcomp

    def _setcomp(self, node: ast.SetComp, scope: Scope, depth: int) -> list[Any]:
        return _unique(self._listcomp(node, scope, depth))

    def _dictcomp(self, node: ast.DictComp, scope: Scope, depth: int) -> dict[Any, Any]:
        pairs = self._comprehension(
            node.generators,
            scope,
            depth,
            lambda inner: (self._key(node.key, inner, depth), self._value(node.value, inner, depth)),
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
        for item in self._sequence(first.iter, scope, depth):
            inner = Scope(scope.file, scope.line, scope.classes, {**scope.local, **_targets(first.target, item, scope)})
            if all(self._value(test, inner, depth) for test in first.ifs):
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
        left = self._value(node.left, scope, depth)
        for kind, comparator in zip(node.ops, node.comparators):
            right = self._value(comparator, scope, depth)
            function = functions.get(type(kind))
            if function is None:
                raise NotStatic(node, scope, f"`{_shortened(node)}` is not computed without running the model")
            if not self._computed(node, scope, lambda: function(left, right)):
                return False
            left = right
        return True

    # MARK: names

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> Any:
        return self._symbol(self._project.resolve(node, scope), node, scope, depth)

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> Any:
        symbol = self._project.resolve(node, scope)
        if symbol is None or isinstance(symbol, Unclear):
            if node.attr in ("value", "name"):
                owner = self._value(node.value, scope, depth)
                if isinstance(owner, EnumMember):
                    return owner.value if node.attr == "value" else owner.name
        elif isinstance(symbol, Value) and not isinstance(symbol.expression, ast.Call):
            owner_symbol = self._project.definition_behind(self._project.resolve(node.value, scope))
            if isinstance(owner_symbol, Definition) and self._is_enum(owner_symbol):
                return EnumMember(node.attr, self._value(symbol.expression, symbol.scope, depth))
        return self._symbol(symbol, node, scope, depth)

    def _symbol(self, symbol: object, node: ast.expr, scope: Scope, depth: int) -> Any:
        if isinstance(symbol, Value):
            return self._value(symbol.expression, symbol.scope, depth)
        if isinstance(symbol, Local):
            if isinstance(symbol.value, _Expression):
                return self._value(symbol.value.node, symbol.value.scope, depth)
            return symbol.value
        if isinstance(symbol, External) and symbol.name in ("math.inf", "math.pi", "math.e"):
            return getattr(math, symbol.last)
        name = _shortened(node)
        if isinstance(symbol, Unclear):
            raise NotStatic(node, scope, f"the value of `{name}` is not certain: {symbol.reason}")
        if isinstance(symbol, External):
            raise NotStatic(node, scope, f"`{name}` comes from `{symbol.name}`, which is not read")
        if isinstance(symbol, (Definition, Module, Builtin)):
            raise NotStatic(node, scope, f"`{name}` is no value of JSON")
        raise NotStatic(node, scope, f"`{name}` is not defined in this file")

    def _is_enum(self, definition: Definition) -> bool:
        from .classes import mro

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
                members.append(EnumMember(name, self._value(symbol.expression, symbol.scope, depth)))
            elif isinstance(symbol, Unclear):
                raise NotStatic(definition.node, scope, f"{definition.node.name}.{name} is not certain: {symbol.reason}")
        return members

    def enum_values(self, definition: Definition) -> list[Any] | None:
        """The values of an enumeration's members; None when the class is none or its values are not static."""
        if not self._is_enum(definition):
            return None
        try:
            return [member.value for member in self._members(definition, MAXIMUM_DEPTH)]
        except (NotStatic, RecursionError):
            return None

    # MARK: calls

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        symbol = self._project.definition_behind(self._project.resolve(node.func, scope))
        if isinstance(symbol, External) and symbol.is_cogs and symbol.last == "Input":
            return self._input(node, scope, depth)
        if isinstance(symbol, Builtin):
            return self._builtin(symbol.name, node, scope, depth)
        if isinstance(symbol, Definition) and isinstance(symbol.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._function(symbol, node, scope, depth)
        if symbol is None and isinstance(node.func, ast.Attribute) or isinstance(symbol, Unclear):
            if isinstance(node.func, ast.Attribute):
                return self._method(node.func, node, scope, depth)
        raise NotStatic(node, scope, f"`{_shortened(node)}` is not called without running the model")

    def _input(self, node: ast.Call, scope: Scope, depth: int) -> InputCall:
        arguments: dict[str, Any] = {}
        if len(node.args) > 1 or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise scope.file.error(
                node, "Input() takes one positional argument, the default", "name the others: Input(1, ge=0, le=10)"
            )
        if node.args:
            arguments["default"] = self._argument(node.args[0], scope, depth)
        for keyword in node.keywords:
            if keyword.arg is None:
                shared = self._value(keyword.value, scope, depth)
                if not isinstance(shared, dict):
                    raise NotStatic(keyword.value, scope, f"`**{_shortened(keyword.value)}` is no dict")
                arguments.update(shared)
            else:
                arguments[keyword.arg] = self._argument(keyword.value, scope, depth)
        for name in arguments:
            if name not in _INPUT_ARGUMENTS:
                raise scope.file.error(
                    node, f"Input() has no argument {name!r}", f"it takes {', '.join(_INPUT_ARGUMENTS)}"
                )
        if arguments.get("default_factory") is not None:
            raise scope.file.error(
                node,
                "default_factory is not supported in Input()",
                "give a literal: Input(default=…), or make the value in the function",
            )
        return InputCall(node, scope, arguments)

    def _argument(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        try:
            return self._value(node, scope, depth)
        except NotStatic as cause:
            return Unresolved(cause)

    def _builtin(self, name: str, node: ast.Call, scope: Scope, depth: int) -> Any:
        if name == "range":
            bounds = [self._value(argument, scope, depth) for argument in node.args]
            numbers = self._computed(node, scope, lambda: range(*bounds))
            if len(numbers) > MAXIMUM_SIZE:
                raise NotStatic(node, scope, f"it has more than {MAXIMUM_SIZE} elements")
            return list(numbers)
        function = _FUNCTIONS.get(name)
        if function is None:
            raise NotStatic(node, scope, f"`{_shortened(node)}` is not called without running the model")
        if name in ("list", "tuple", "set", "frozenset", "sorted", "len", "max", "min", "sum") and len(node.args) == 1:
            arguments: list[Any] = [self._sequence(node.args[0], scope, depth)]
        else:
            arguments = [self._value(argument, scope, depth) for argument in node.args]
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg == "key":
                raise NotStatic(node, scope, f"`{_shortened(node)}` is not called without running the model")
            keywords[keyword.arg] = self._value(keyword.value, scope, depth)
        return self._computed(node, scope, lambda: function(*arguments, **keywords))

    def _method(self, function: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> Any:
        owner = self._value(function.value, scope, depth)
        if function.attr not in _METHODS.get(type(owner), ()) or node.keywords:
            raise NotStatic(node, scope, f"`{_shortened(node)}` is not called without running the model")
        arguments = [self._value(argument, scope, depth) for argument in node.args]
        _check_size(node, scope, owner, *arguments)
        result = self._computed(node, scope, lambda: getattr(owner, function.attr)(*arguments))
        if function.attr in ("keys", "values"):
            return list(result)
        return [list(pair) for pair in result] if function.attr == "items" else result

    def _function(self, definition: Definition, node: ast.Call, scope: Scope, depth: int) -> Any:
        """Follows a function of the project that only assigns names and returns an expression."""
        function = definition.node
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)), "the caller has looked"
        local = self._bound_arguments(definition, node, scope, depth)
        inside = Scope(definition.scope.file, None, (), local)
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self._value(statement.value, inside, depth)
            if (
                isinstance(statement, ast.Assign)
                and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)
            ):
                local = {**local, statement.targets[0].id: _Expression(statement.value, inside)}
                inside = Scope(definition.scope.file, None, (), local)
                continue
            break
        raise NotStatic(node, scope, f"{function.name}() does more than return an expression")

    def _bound_arguments(
        self, definition: Definition, node: ast.Call, scope: Scope, depth: int
    ) -> dict[str, object]:
        function = definition.node
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)), "the caller has looked"
        decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}
        unclear = NotStatic(node, scope, f"the call of {function.name}() is not followed")
        if isinstance(function, ast.AsyncFunctionDef) or decorators - {"staticmethod", "classmethod", "cache"}:
            raise unclear
        parameters = [argument.arg for argument in function.args.posonlyargs + function.args.args]
        defaults = dict(zip(reversed(parameters), reversed(function.args.defaults)))
        if "classmethod" in decorators:
            parameters = parameters[1:]
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults):
            if default is not None:
                defaults[argument.arg] = default
        named = parameters + [argument.arg for argument in function.args.kwonlyargs]
        if function.args.vararg is not None or len(node.args) > len(parameters):
            raise unclear
        local: dict[str, object] = {}
        for name, value in zip(parameters, node.args):
            if isinstance(value, ast.Starred):
                raise unclear
            local[name] = _Expression(value, scope)
        extra: dict[str, object] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                shared = self._value(keyword.value, scope, depth)
                if not isinstance(shared, dict):
                    raise unclear
                extra.update(shared)
            elif keyword.arg in named:
                local[keyword.arg] = _Expression(keyword.value, scope)
            else:
                extra[keyword.arg] = self._argument(keyword.value, scope, depth)
        for name in list(extra):
            if name in named:
                local[name] = extra.pop(name)
        if function.args.kwarg is not None:
            local[function.args.kwarg.arg] = extra
        elif extra:
            raise unclear
        for name in named:
            if name not in local:
                if name not in defaults:
                    raise unclear
                local[name] = _Expression(defaults[name], definition.scope.at(function.lineno))
        return local

    # MARK: computing

    def _sequence(self, node: ast.expr, scope: Scope, depth: int) -> list[Any]:
        symbol = self._project.definition_behind(self._project.resolve(node, scope))
        if isinstance(symbol, Definition) and self._is_enum(symbol):
            return list(self._members(symbol, depth))
        value = self._value(node, scope, depth)
        if not isinstance(value, (list, dict, str)):
            raise NotStatic(node, scope, f"`{_shortened(node)}` has no elements")
        return list(value)

    def _computed(self, node: ast.expr, scope: Scope, function: Callable[[], Any]) -> Any:
        try:
            result = function()
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise NotStatic(node, scope, f"`{_shortened(node)}` raises {type(error).__name__}: {error}") from None
        return list(result) if isinstance(result, tuple) else result


def _shortened(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "…"


def _hashable(value: Any, node: ast.AST, scope: Scope) -> Any:
    try:
        hash(value)
    except TypeError:
        raise NotStatic(node, scope, f"`{_shortened(node)}` cannot be a key") from None
    return value


def _unique(values: Any = ()) -> list[Any]:
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return unique


def _targets(target: ast.expr, item: Any, scope: Scope) -> dict[str, object]:
    if isinstance(target, ast.Name):
        return {target.id: item}
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(item, list) and len(item) == len(target.elts):
        names: dict[str, object] = {}
        for part, value in zip(target.elts, item):
            names.update(_targets(part, value, scope))
        return names
    raise NotStatic(target, scope, "the loop's variable is not followed")


def _check_size(node: ast.AST, scope: Scope, *values: Any) -> None:
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
    raise NotStatic(node, scope, f"`{_shortened(node)}` is no value of JSON")


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
    raise NotStatic(node, scope, f"`{_shortened(node)}` has a key that JSON cannot have")
