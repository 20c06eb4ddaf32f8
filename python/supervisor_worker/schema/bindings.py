"""Which names the statements of a module or of a class body bind, and to what, as far as the text shows it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

# Methods of lists, sets and dicts after which a name no longer has the value that its assignment shows.
MUTATING_METHODS = frozenset(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort update".split()
)

_COMPOUND = tuple(
    getattr(ast, name)
    for name in ("If", "Try", "TryStar", "With", "AsyncWith", "For", "AsyncFor", "While", "Match")
    if hasattr(ast, name)
)


@dataclass(frozen=True)
class Binding:
    """A name is bound on `line`; `direct` says that the statement stands at the top and is under no condition."""

    name: str
    line: int
    direct: bool


@dataclass(frozen=True)
class ImportBinding(Binding):
    """`from module import attribute as name`, or `import module as name` when `attribute` is None."""

    module: str
    level: int
    attribute: str | None


@dataclass(frozen=True)
class DefinitionBinding(Binding):
    """A class or a function."""

    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ValueBinding(Binding):
    """An assignment of an expression, with its annotation if it has one."""

    value: ast.expr
    annotation: ast.expr | None = None


@dataclass(frozen=True)
class DeclaredBinding(Binding):
    """An annotation without a value. It binds nothing, but it declares a field of a class."""

    annotation: ast.expr


@dataclass(frozen=True)
class OpaqueBinding(Binding):
    """The name has a value that cannot be told from the text.

    `mutation` says that the object is changed, not the name: that spoils a value, not a class or a module.
    """

    reason: str
    mutation: bool = False


@dataclass(frozen=True)
class StarImport:
    """`from module import *`."""

    line: int
    module: str
    level: int


class Bindings:
    """The names of one body of statements, in the order of the text."""

    def __init__(self, body: Iterable[ast.stmt]) -> None:
        self.stars: list[StarImport] = []
        self._by_name: dict[str, list[Binding]] = {}
        self._collect(body, direct=True)

    def names(self) -> list[str]:
        """Every name, in the order of first appearance."""
        return list(self._by_name)

    def of(self, name: str) -> list[Binding]:
        """Everything that the body does to `name`, in the order of the text."""
        return self._by_name.get(name, [])

    def lookup(self, name: str, before: int | None = None) -> Binding | None:
        """What `name` stands for on line `before` (None: after the whole body).

        Under a condition the first import or definition counts: the alternatives of `try: import … except` stand for
        the same thing. A value bound under a condition is opaque.
        """
        found = [
            binding
            for binding in self.of(name)
            if not isinstance(binding, DeclaredBinding) and (before is None or binding.line < before)
        ]
        changed = None
        while found and _is_mutation(found[-1]):
            changed = found.pop()
        if not found:
            return None
        if changed is not None and isinstance(found[-1], ValueBinding):
            return changed
        if found[-1].direct:
            return found[-1]
        conditional: list[Binding] = []
        for binding in reversed(found):
            if binding.direct:
                break
            conditional.insert(0, binding)
        for binding in conditional:
            if isinstance(binding, (ImportBinding, DefinitionBinding)):
                return binding
        return conditional[-1]

    def direct_import(self, name: str, before: int) -> ImportBinding | None:
        """The unconditional import that gives `name` its meaning on line `before`, if it is one."""
        found = [
            binding
            for binding in self.of(name)
            if binding.direct and binding.line < before and not _is_mutation(binding)
        ]
        if found and isinstance(found[-1], ImportBinding):
            return found[-1]
        return None

    # MARK: collecting

    def _add(self, binding: Binding) -> None:
        self._by_name.setdefault(binding.name, []).append(binding)

    def _collect(self, body: Iterable[ast.stmt], direct: bool) -> None:
        for statement in body:
            self._collect_statement(statement, direct)

    def _collect_statement(self, statement: ast.stmt, direct: bool) -> None:
        line = statement.lineno
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                name, module = alias.asname, alias.name
                if name is None:
                    name = module = alias.name.split(".")[0]
                self._add(ImportBinding(name, line, direct, module, 0, None))
        elif isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if alias.name == "*":
                    self.stars.append(StarImport(line, statement.module or "", statement.level))
                else:
                    self._add(
                        ImportBinding(
                            alias.asname or alias.name,
                            line,
                            direct,
                            statement.module or "",
                            statement.level,
                            alias.name,
                        )
                    )
        elif isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            self._add(DefinitionBinding(statement.name, line, direct, statement))
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                self._assign(target, statement.value, line, direct)
        elif isinstance(statement, ast.AnnAssign):
            self._annotated(statement, direct)
        elif isinstance(statement, ast.AugAssign):
            self._augmented(statement, direct)
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                self._opaque(target, line, direct, f"it is changed on line {line}")
        elif isinstance(statement, ast.Expr):
            self._mutated(statement.value, line, direct)
        elif type(statement).__name__ == "TypeAlias":
            name = getattr(statement, "name")
            self._add(ValueBinding(name.id, line, direct, getattr(statement, "value")))
        elif isinstance(statement, _COMPOUND):
            self._compound(statement)

    def _assign(self, target: ast.expr, value: ast.expr, line: int, direct: bool) -> None:
        if isinstance(target, ast.Name):
            if direct:
                self._add(ValueBinding(target.id, line, direct, value))
            else:
                self._opaque(target, line, direct, f"it is assigned under a condition on line {line}")
        elif (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
            and not any(isinstance(part, ast.Starred) for part in target.elts + value.elts)
        ):
            for part, part_value in zip(target.elts, value.elts):
                self._assign(part, part_value, line, direct)
        else:
            self._opaque(target, line, direct, f"it is changed on line {line}")

    def _annotated(self, statement: ast.AnnAssign, direct: bool) -> None:
        if not isinstance(statement.target, ast.Name):
            self._opaque(statement.target, statement.lineno, direct, f"it is changed on line {statement.lineno}")
        elif statement.value is None:
            self._add(DeclaredBinding(statement.target.id, statement.lineno, direct, statement.annotation))
        elif direct:
            self._add(
                ValueBinding(statement.target.id, statement.lineno, direct, statement.value, statement.annotation)
            )
        else:
            self._opaque(
                statement.target,
                statement.lineno,
                direct,
                f"it is assigned under a condition on line {statement.lineno}",
            )

    def _augmented(self, statement: ast.AugAssign, direct: bool) -> None:
        if isinstance(statement.target, ast.Name) and direct:
            before = ast.copy_location(ast.Name(statement.target.id, ast.Load()), statement)
            value = ast.copy_location(ast.BinOp(before, statement.op, statement.value), statement)
            self._add(ValueBinding(statement.target.id, statement.lineno, direct, value))
        else:
            self._opaque(statement.target, statement.lineno, direct, f"it is changed on line {statement.lineno}")

    def _mutated(self, expression: ast.expr, line: int, direct: bool) -> None:
        if (
            isinstance(expression, ast.Call)
            and isinstance(expression.func, ast.Attribute)
            and expression.func.attr in MUTATING_METHODS
        ):
            self._opaque(expression.func.value, line, direct, f"it is changed on line {line}", mutation=True)

    def _opaque(self, target: ast.expr, line: int, direct: bool, reason: str, mutation: bool = False) -> None:
        """Marks the names in `target`; of `a.b` and `a[0]` it is `a` that changes."""
        if isinstance(target, ast.Name):
            self._add(OpaqueBinding(target.id, line, direct, reason, mutation))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._opaque(part, line, direct, reason, mutation)
        elif isinstance(target, ast.Starred):
            self._opaque(target.value, line, direct, reason, mutation)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self._opaque(target.value, line, direct, reason, mutation=True)

    def _compound(self, statement: ast.stmt) -> None:
        line = statement.lineno
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            self._opaque(statement.target, line, False, f"it is the variable of the loop on line {line}")
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                if item.optional_vars is not None:
                    self._opaque(item.optional_vars, line, False, f"it is bound by `with` on line {line}")
        for field in ("body", "orelse", "finalbody"):
            self._collect(getattr(statement, field, []), direct=False)
        for handler in getattr(statement, "handlers", []):
            self._collect(handler.body, direct=False)
        for case in getattr(statement, "cases", []):
            self._collect(case.body, direct=False)


def _is_mutation(binding: Binding) -> bool:
    return isinstance(binding, OpaqueBinding) and binding.mutation
