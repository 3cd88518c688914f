"""The tree of a SPARQL 1.1 query, in small frozen values.

The tree follows the grammar, not the algebra: what a group means depends on the
order of its elements, and a tree that keeps that order can be written back
without deciding anything (:mod:`portsmouth.receipts.algebra`). Terms are the
engine's own, so none is ever rebuilt by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyoxigraph as ox

Var: TypeAlias = ox.Variable
Ground: TypeAlias = ox.NamedNode | ox.Literal | ox.BlankNode
Term: TypeAlias = Ground | ox.Variable


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path walked backwards: ``^path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sequence:
    """Paths one after another: ``a/b``."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One path or another: ``a|b``."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A path walked any number of times (``*``), at least once (``+``) or at most once (``?``)."""

    path: Path
    times: Literal["*", "+", "?"]


@dataclass(frozen=True, slots=True)
class Negated:
    """Any property but these: ``!(a|^b)``."""

    forward: tuple[ox.NamedNode, ...]
    inverse: tuple[ox.NamedNode, ...]


Path: TypeAlias = ox.NamedNode | Inverse | Sequence | Alternative | Repeat | Negated
Verb: TypeAlias = Path | ox.Variable


@dataclass(frozen=True, slots=True)
class Operation:
    """A sign between two expressions, or before one."""

    sign: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A call of a function or an aggregate.

    :param name: a keyword in capitals, or an IRI in angle brackets.
    :param arguments: what it is given; nothing for ``COUNT(*)``.
    :param distinct: whether an aggregate counts equal values once.
    :param separator: of ``GROUP_CONCAT``, where one is given.
    :param star: whether this is ``COUNT(*)``.
    """

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    separator: ox.Literal | None = None
    star: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """``IN`` or ``NOT IN`` a list."""

    negated: bool
    element: Expression
    members: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """``EXISTS`` or ``NOT EXISTS`` a pattern."""

    negated: bool
    group: Group


Expression: TypeAlias = Term | Operation | Function | Membership | Exists

AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple pattern, or a path pattern."""

    subject: Term
    verb: Verb
    object: Term


@dataclass(frozen=True, slots=True)
class Group:
    """A group graph pattern: its elements in the order in which they are written."""

    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A group by itself, or several joined by ``UNION``."""

    branches: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """``OPTIONAL`` and its group."""

    group: Group


@dataclass(frozen=True, slots=True)
class Minus:
    """``MINUS`` and its group."""

    group: Group


@dataclass(frozen=True, slots=True)
class GraphPattern:
    """``GRAPH``, its name and its group."""

    name: ox.NamedNode | ox.Variable
    group: Group


@dataclass(frozen=True, slots=True)
class Service:
    """``SERVICE``, its endpoint and its group."""

    silent: bool
    name: ox.NamedNode | ox.Variable
    group: Group


@dataclass(frozen=True, slots=True)
class Filter:
    """``FILTER`` and its condition."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Bind:
    """``BIND`` of an expression to a variable."""

    expression: Expression
    variable: Var


@dataclass(frozen=True, slots=True)
class Values:
    """``VALUES``: variables and rows, ``None`` where a row leaves one undefined."""

    variables: tuple[Var, ...]
    rows: tuple[tuple[Ground | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Projected:
    """A variable that a query gives or groups by, with the expression that makes it.

    :param expression: the expression; the variable itself where there is none.
    :param alias: the name after ``AS``, where one is written.
    """

    expression: Expression
    alias: Var | None = None

    @property
    def variable(self) -> Var | None:
        """The name under which the value is known, where it has one."""
        if self.alias is not None:
            return self.alias
        return self.expression if isinstance(self.expression, ox.Variable) else None


@dataclass(frozen=True, slots=True)
class Select:
    """A query's pattern with everything that is done to its solutions.

    :param projection: what is given; ``None`` for ``*``.
    :param modifier: ``DISTINCT``, ``REDUCED`` or nothing.
    :param order: keyword (``ASC``, ``DESC`` or nothing) and expression of each condition.
    """

    projection: tuple[Projected, ...] | None
    where: Group
    modifier: str = ""
    grouping: tuple[Projected, ...] = ()
    having: tuple[Expression, ...] = ()
    order: tuple[tuple[str, Expression], ...] = ()
    limit: int | None = None
    offset: int | None = None
    values: Values | None = None

    @property
    def aggregated(self) -> bool:
        """Whether its rows are groups of solutions."""
        expressions = [item.expression for item in self.projection or ()]
        expressions += [*self.having, *(expression for _, expression in self.order)]
        return bool(self.grouping) or any(has_aggregate(expression) for expression in expressions)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole query, its names in full and its dataset left out.

    :param form: what is asked for.
    :param select: the pattern; ``ASK`` projects nothing, ``CONSTRUCT`` everything.
    :param template: the triples that ``CONSTRUCT`` makes.
    """

    form: Literal["SELECT", "ASK", "CONSTRUCT"]
    select: Select
    template: tuple[Triple, ...] = ()


@dataclass(frozen=True, slots=True)
class Triples:
    """Triple patterns that stand together."""

    triples: tuple[Triple, ...]


Element: TypeAlias = (
    Triples | Union | Optional | Minus | GraphPattern | Service | Filter | Bind | Values | Select
)


def parts_of(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and every expression within it; patterns of ``EXISTS`` are not entered."""
    yield expression
    inner: tuple[Expression, ...] = ()
    if isinstance(expression, Operation):
        inner = expression.operands
    elif isinstance(expression, Function):
        inner = expression.arguments
    elif isinstance(expression, Membership):
        inner = (expression.element, *expression.members)
    for part in inner:
        yield from parts_of(part)


def has_aggregate(expression: Expression) -> bool:
    """Whether an expression calls an aggregate."""
    return any(isinstance(part, Function) and part.name in AGGREGATES for part in parts_of(expression))


def exists_in(expression: Expression) -> Iterator[Exists]:
    """Yield every ``EXISTS`` and ``NOT EXISTS`` of an expression."""
    return (part for part in parts_of(expression) if isinstance(part, Exists))


def visible(group: Group) -> dict[Var, None]:
    """Return the variables that a group may bind, in the order in which they are met."""
    found: dict[Var, None] = {}
    for element in group.elements:
        found.update(dict.fromkeys(_visible_in(element)))
    return found


def projected(select: Select) -> tuple[Var, ...]:
    """Return the variables that a query gives."""
    if select.projection is None:
        found = visible(select.where)
        if select.values:
            found.update(dict.fromkeys(select.values.variables))
        return tuple(found)
    return tuple(item.variable for item in select.projection if item.variable is not None)


def _visible_in(element: Element) -> Iterable[Var]:
    if isinstance(element, Triples):
        for triple in element.triples:
            for term in (triple.subject, triple.verb, triple.object):
                if isinstance(term, ox.Variable):
                    yield term
    elif isinstance(element, Union):
        for branch in element.branches:
            yield from visible(branch)
    elif isinstance(element, Optional):
        yield from visible(element.group)
    elif isinstance(element, GraphPattern | Service):
        if isinstance(element.name, ox.Variable):
            yield element.name
        yield from visible(element.group)
    elif isinstance(element, Bind):
        yield element.variable
    elif isinstance(element, Values):
        yield from element.variables
    elif isinstance(element, Select):
        yield from projected(element)


def certain(group: Group) -> set[Var]:
    """Return variables that every solution of a group binds; some such may be left out."""
    found: set[Var] = set()
    for element in group.elements:
        if isinstance(element, Triples):
            found.update(_visible_in(element))
        elif isinstance(element, GraphPattern):
            found |= certain(element.group)
            if isinstance(element.name, ox.Variable):
                found.add(element.name)
        elif isinstance(element, Union):
            found |= set.intersection(*(certain(branch) for branch in element.branches))
    return found


def monotone(group: Group) -> bool:
    """Whether more facts can only give a group more solutions, never take one away.

    >>> from portsmouth.receipts.parsing import parse
    >>> monotone(parse("ASK { ?s ?p ?o FILTER EXISTS { ?o ?p ?s } }").select.where)
    True
    >>> monotone(parse("ASK { ?s ?p ?o MINUS { ?o ?p ?s } }").select.where)
    False
    """
    return all(_monotone_element(element) for element in group.elements)


def matches_monotonely(group: Group) -> bool:
    """Whether more facts can only make a group match, never keep it from matching.

    An ``OPTIONAL`` whose own variables nothing else asks for decides nothing about that.

    >>> from portsmouth.receipts.parsing import parse
    >>> matches_monotonely(parse("ASK { ?s ?p ?o OPTIONAL { ?o ?q ?r } }").select.where)
    True
    >>> matches_monotonely(parse("ASK { ?s ?p ?o OPTIONAL { ?o ?q ?r } FILTER(!BOUND(?r)) }").select.where)
    False
    """
    deciding = [element for element in group.elements if not isinstance(element, Optional)]
    rest = Group(tuple(deciding))
    own = {v for element in group.elements if isinstance(element, Optional) for v in visible(element.group)}
    own -= certain(rest)
    optionals = [element for element in group.elements if isinstance(element, Optional)]
    shared = len(optionals) > 1 and any(
        own & set(visible(one.group)) & set(visible(other.group))
        for number, one in enumerate(optionals)
        for other in optionals[number + 1 :]
    )
    asked = {v for element in deciding for v in _asked_in(element)}
    return not shared and not own & asked and monotone(rest)


def _asked_in(element: Element) -> Iterable[Var]:
    """Yield the variables that an element joins on or asks for."""
    yield from _visible_in(element)
    if isinstance(element, Filter | Bind):
        asked = element.condition if isinstance(element, Filter) else element.expression
        for part in parts_of(asked):
            if isinstance(part, ox.Variable):
                yield part
            elif isinstance(part, Exists):
                yield from visible(part.group)


def _monotone_element(element: Element) -> bool:
    match element:
        case Optional() | Minus():
            return False
        case Union():
            return all(monotone(branch) for branch in element.branches)
        case GraphPattern() | Service():
            return monotone(element.group)
        case Filter():
            return _monotone_condition(element.condition)
        case Bind():
            return not any(True for _ in exists_in(element.expression))
        case Select():
            cut = element.limit is not None or element.offset is not None
            return not cut and not element.aggregated and monotone(element.where)
    return True


def _monotone_condition(condition: Expression) -> bool:
    if isinstance(condition, Operation) and condition.sign in ("&&", "||"):
        return all(_monotone_condition(part) for part in condition.operands)
    if isinstance(condition, Exists):
        return not condition.negated and monotone(condition.group)
    return not any(True for _ in exists_in(condition))
