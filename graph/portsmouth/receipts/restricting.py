"""Restricting a pattern to some rows, and finding the rows again among its solutions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import pyoxigraph as ox

from portsmouth.receipts import syntax as s
from portsmouth.receipts.asking import Solution

#: The values of some variables, ``None`` where one is unbound.
Key: TypeAlias = tuple[s.Ground | None, ...]


def table(variables: Sequence[s.Var], rows: Iterable[Key]) -> s.Values:
    """Write rows as ``VALUES``; a blank node, which no query can name, is left undefined."""
    values = dict.fromkeys(
        tuple(None if isinstance(value, ox.BlankNode) else value for value in row) for row in rows
    )
    return s.Values(tuple(variables), tuple(values))


def restricted(
    where: s.Group,
    tail: Sequence[s.Element],
    copies: Mapping[s.Var, s.Var],
    variables: Sequence[s.Var],
    rows: Sequence[Key],
) -> s.Group:
    """Restrict a pattern to some values of some variables.

    Values of variables that the first elements of the group bind in every solution are joined first, so that
    the engine starts from them. Values of the others can only be joined at the end: before an ``OPTIONAL``,
    they would change what it matches. A variable that a solution leaves unbound is bound by that join, so a
    copy tells.
    """
    first = s.certain(s.Group(tuple(itertools.takewhile(_commutes, where.elements))))
    inner = [variable for variable in variables if variable in first]
    places = [variables.index(variable) for variable in inner]
    elements: tuple[s.Element, ...] = where.elements
    if inner:
        head = table(inner, (tuple(row[place] for place in places) for row in rows))
        elements = (head, *elements)
    group = s.Group(elements)
    binds = [s.Bind(variable, copy) for variable, copy in copies.items()]
    if tail or binds:
        group = s.Group((s.Union((group,)), *tail, *binds))
    if len(inner) == len(variables):
        return group
    return s.Group((s.Union((group,)), table(variables, rows)))


def _commutes(element: s.Element) -> bool:
    """Whether an element gives the same whether it is joined with something before or after."""
    return not isinstance(element, s.Optional | s.Minus | s.Bind)


def restore(solution: Solution, copies: Mapping[s.Var, s.Var]) -> None:
    """Undo what joining with values has done to variables that were unbound."""
    for variable, copy in copies.items():
        value = solution.pop(copy.value, None)
        if value is None:
            solution.pop(variable.value, None)
        else:
            solution[variable.value] = value


def matching(
    solutions: Sequence[Mapping[str, s.Ground]],
    variables: Sequence[s.Var],
    rows: Sequence[Key],
    lenient: bool,
) -> Iterator[tuple[int, int]]:
    """Yield the number of each solution with the number of each row that it gives."""
    places: dict[Key, list[int]] = {}
    blank: list[int] = []
    for number, row in enumerate(rows):
        if any(isinstance(value, ox.BlankNode) for value in row):
            blank.append(number)
        else:
            places.setdefault(row, []).append(number)
    keys = [tuple(solution.get(variable.value) for variable in variables) for solution in solutions]
    for which, key in enumerate(keys):
        for number in places.get(key, ()):
            yield which, number
        for number in blank:
            if _same(key, rows[number], _both_blank):
                yield which, number
    if not lenient:
        return
    # A row that nothing gives as it stands was completed by what the subquery was joined with.
    given = set(keys)
    partial = [(which, key) for which, key in enumerate(keys) if None in key]
    for number, row in enumerate(rows):
        if row not in given:
            for which, key in partial:
                if _same(key, row, _nothing_said):
                    yield which, number


def _same(key: Key, row: Key, also: Callable[[s.Ground | None, s.Ground | None], bool]) -> bool:
    return all(mine == given or also(mine, given) for mine, given in zip(key, row, strict=True))


def _both_blank(mine: s.Ground | None, given: s.Ground | None) -> bool:
    # The labels of blank nodes differ from one answer to the next.
    return isinstance(mine, ox.BlankNode) and isinstance(given, ox.BlankNode)


def _nothing_said(mine: s.Ground | None, given: s.Ground | None) -> bool:
    return mine is None
