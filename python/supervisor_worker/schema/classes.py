"""The classes that a class inherits from, in Python's order."""

from __future__ import annotations

import ast

from .project import Builtin, Definition, External, Project, Symbol

# An entry of the order: a class of the project, or the name of one whose source is not read.
Entry = Definition | External

_OBJECT = External("object")
# BasePredictor is an empty subclass of BaseRunner.
_KNOWN_BASES = {"cog.BasePredictor": (External("cog.BaseRunner"),)}


def mro(project: Project, definition: Definition) -> list[Entry]:
    """The method resolution order without `object`. Bases that cannot be read stand in it by their name.

    Raises SchemaError where Python could not order the classes either.
    """
    return _linearised(project, definition, ())


def bases(project: Project, definition: Definition) -> list[Entry]:
    """The direct bases of a class."""
    assert isinstance(definition.node, ast.ClassDef), "only classes have bases"
    found: list[Entry] = []
    for expression in definition.node.bases:
        # Generic[T] is Generic for this purpose.
        head = expression.value if isinstance(expression, ast.Subscript) else expression
        scope = definition.scope.at(definition.node.lineno)
        found.append(_entry(project.definition_behind(project.resolve(head, scope)), head))
    return found


def canonical(external: External) -> External:
    """`cog.predictor.BaseRunner` is `cog.BaseRunner`."""
    return External(f"cog.{external.last}") if external.is_cogs else external


def _entry(symbol: Symbol | None, expression: ast.expr) -> Entry:
    if isinstance(symbol, Definition) and symbol.is_class:
        return symbol
    if isinstance(symbol, External):
        return canonical(symbol)
    if isinstance(symbol, Builtin):
        return External(symbol.name)
    return External(ast.unparse(expression))


def _linearised(project: Project, definition: Definition, below: tuple[ast.AST, ...]) -> list[Entry]:
    if definition.node in below:
        raise definition.scope.file.error(definition.node, f"class {definition.node.name} inherits from itself")
    direct = bases(project, definition)
    sequences: list[list[Entry]] = []
    for base in direct:
        if isinstance(base, Definition):
            sequences.append(_linearised(project, base, below + (definition.node,)))
        else:
            sequences.append([base, *_KNOWN_BASES.get(base.name, ())])
    sequences.append(list(direct))
    merged: list[Entry] = [definition]
    while any(sequences):
        sequences = [sequence for sequence in sequences if sequence]
        for sequence in sequences:
            head = sequence[0]
            if not any(_same(head, entry) for other in sequences for entry in other[1:]):
                break
        else:
            raise definition.scope.file.error(
                definition.node, f"the base classes of {definition.node.name} cannot be brought into one order"
            )
        merged.append(head)
        sequences = [[entry for entry in sequence if not _same(entry, head)] for sequence in sequences]
    return [entry for entry in merged if entry != _OBJECT]


def _same(one: Entry, other: Entry) -> bool:
    if isinstance(one, Definition) and isinstance(other, Definition):
        return one.node is other.node
    return one == other
