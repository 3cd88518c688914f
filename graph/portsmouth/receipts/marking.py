"""Un-projecting a pattern: every solution of the marked pattern tells how it came about.

Blank nodes and the inner nodes of fixed-length paths become variables; every
``UNION`` branch and every ``OPTIONAL`` binds a marker. The marked pattern has
the solutions of the original, one for one, with more variables. Beside it comes
a recipe: what to read from a solution, step by step.

Subqueries, ``MINUS``, ``EXISTS`` and paths of any length stay as they are; their
steps say what must be asked further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.iris import XSD
from portsmouth.receipts import syntax as s
from portsmouth.receipts.substitution import names_in

GraphName: TypeAlias = ox.NamedNode | ox.Variable | None


@dataclass(frozen=True, slots=True, eq=False)
class Cite:
    """A triple pattern: the solution makes it a triple."""

    subject: s.Term
    predicate: ox.NamedNode | ox.Variable
    object: s.Term
    graph: GraphName


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A path of any length between two nodes: a witness must be looked for."""

    subject: s.Term
    repeat: s.Repeat
    object: s.Term
    graph: GraphName


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """A union: the marker's value is the number of the branch."""

    marker: ox.Variable
    recipes: tuple[Recipe, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Perhaps:
    """An optional group: matched where the marker is bound."""

    marker: ox.Variable
    recipe: Recipe
    group: s.Group


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A subquery: its rows have receipts of their own."""

    select: s.Select
    graph: GraphName


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """An ``EXISTS``: one match of its pattern is looked for, given the variables that it sees.

    :param seen: variables that its group may bind.
    :param bound: those of them that its group binds in every solution.
    :param needed: whether the solution is there only because the pattern matched.
    :param copies: for those that its group may leave unbound, variables that tell what it did; their own
        values may come from outside.
    """

    exists: s.Exists
    seen: frozenset[s.Var]
    bound: frozenset[s.Var]
    graph: GraphName
    needed: bool
    copies: Mapping[s.Var, s.Var]


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """A pattern that must not match."""

    group: s.Group


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """A graph that must be there, though nothing in it need be cited."""

    graph: ox.NamedNode | ox.Variable


@dataclass(frozen=True, slots=True, eq=False)
class Remark:
    """Something that the reader of the receipt must be told."""

    text: str


Step: TypeAlias = Cite | Walk | Branches | Perhaps | Nested | Witness | Missing | Present | Remark
Recipe: TypeAlias = tuple[Step, ...]

_INTEGER: Final = ox.NamedNode(XSD + "integer")


def number(value: int) -> ox.Literal:
    """Write a marker's value."""
    return ox.Literal(str(value), datatype=_INTEGER)


class Marker:
    """Marks patterns; every variable that it makes begins with a prefix that the query does not use.

    :param prefix: the prefix.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._made = 0
        self._blanks: dict[str, ox.Variable] = {}

    def fresh(self) -> ox.Variable:
        """Make a variable that stands nowhere else."""
        self._made += 1
        return ox.Variable(f"{self._prefix}{self._made}")

    def mark(
        self, group: s.Group, graph: GraphName = None, outside: Iterable[s.Var] = ()
    ) -> tuple[s.Group, Recipe]:
        """Mark a group.

        :param group: the pattern.
        :param graph: the graph in which it is matched.
        :param outside: variables from outside that its filters see, as those of ``OPTIONAL`` do.
        :return: the marked pattern and its recipe.
        """
        elements: list[s.Element] = []
        recipe: list[Step] = []
        seen = [*outside, *s.visible(group)]
        bound = frozenset(s.certain(group))
        copies = {v: self.fresh() for v in _uncertain(group, bound)}
        before: dict[s.Var, None] = dict.fromkeys(outside)
        for element in group.elements:
            marked, steps = self._element(element, graph, seen, before, bound, copies)
            elements += marked
            recipe += steps
            before.update(s.visible(s.Group((element,))))
        elements += [s.Bind(variable, copy) for variable, copy in copies.items()]
        return s.Group(tuple(elements)), tuple(recipe)

    def conditions(
        self,
        condition: s.Expression,
        seen: Iterable[s.Var],
        graph: GraphName,
        bound: frozenset[s.Var] = frozenset(),
        copies: Mapping[s.Var, s.Var] = MappingProxyType({}),
    ) -> list[Step]:
        """Return the steps for every ``EXISTS`` in an expression.

        A ``NOT EXISTS`` that must hold by itself is an absence. Within a larger expression nobody knows which
        side decided, so the truth of every part is shown: by a witness where there is one.
        """
        if isinstance(condition, s.Operation) and condition.sign == "&&":
            return [
                step
                for part in condition.operands
                for step in self.conditions(part, seen, graph, bound, copies)
            ]
        if isinstance(condition, s.Exists) and condition.negated:
            return [Missing(condition.group)]
        needed = isinstance(condition, s.Exists)
        return [
            Witness(exists, frozenset(seen), bound, graph, needed, copies)
            for exists in s.exists_in(condition)
        ]

    def _element(
        self,
        element: s.Element,
        graph: GraphName,
        seen: list[s.Var],
        before: Iterable[s.Var],
        bound: frozenset[s.Var],
        copies: Mapping[s.Var, s.Var],
    ) -> tuple[list[s.Element], list[Step]]:
        match element:
            case s.Triples():
                return self._triples(element, graph)
            case s.Union():
                return self._union([self.mark(branch, graph) for branch in element.branches])
            case s.Optional():
                marked, steps = self.mark(element.group, graph, before)
                marker = self.fresh()
                marked = s.Group((*marked.elements, s.Bind(number(1), marker)))
                return [s.Optional(marked)], [Perhaps(marker, steps, element.group)]
            case s.Minus():
                return [element], [Missing(element.group)]
            case s.GraphPattern():
                marked, steps = self.mark(element.group, element.name)
                recipe: list[Step] = list(steps)
                if not any(isinstance(step, Cite) for step in steps):
                    recipe.append(Present(element.name))
                return [s.GraphPattern(element.name, marked)], recipe
            case s.Service():
                return [element], [
                    Remark(f"asked from another service, which gives no receipt: {element.name}")
                ]
            case s.Filter():
                return [element], self.conditions(element.condition, seen, graph, bound, copies)
            case s.Bind():
                return [element], self.conditions(s.Function("BIND", (element.expression,)), before, graph)
            case s.Values():
                return [element], []
            case s.Select():
                return [element], [Nested(element, graph)]

    def _union(self, branches: list[tuple[s.Group, Recipe]]) -> tuple[list[s.Element], list[Step]]:
        if len(branches) == 1:
            marked, recipe = branches[0]
            return [s.Union((marked,))], list(recipe)
        marker = self.fresh()
        groups = tuple(
            s.Group((*marked.elements, s.Bind(number(which), marker)))
            for which, (marked, _) in enumerate(branches)
        )
        return [s.Union(groups)], [Branches(marker, tuple(recipe for _, recipe in branches))]

    def _triples(self, triples: s.Triples, graph: GraphName) -> tuple[list[s.Element], list[Step]]:
        elements: list[s.Element] = []
        recipe: list[Step] = []
        for triple in triples.triples:
            subject, value = self._named(triple.subject), self._named(triple.object)
            if isinstance(triple.verb, ox.Variable):
                marked, steps = self._plain(subject, triple.verb, value, graph)
            else:
                marked, steps = self._path(subject, triple.verb, value, graph)
            elements += marked
            recipe += steps
        return _joined(elements), recipe

    def _named(self, term: s.Term) -> s.Term:
        """Give a blank node, which is a variable without a name, a name."""
        if not isinstance(term, ox.BlankNode):
            return term
        if term.value not in self._blanks:
            self._blanks[term.value] = self.fresh()
        return self._blanks[term.value]

    @staticmethod
    def _plain(
        subject: s.Term, predicate: ox.NamedNode | ox.Variable, value: s.Term, graph: GraphName
    ) -> tuple[list[s.Element], list[Step]]:
        pattern = s.Triples((s.Triple(subject, predicate, value),))
        return [pattern], [Cite(subject, predicate, value, graph)]

    def _path(
        self, subject: s.Term, path: s.Path, value: s.Term, graph: GraphName
    ) -> tuple[list[s.Element], list[Step]]:
        """Spell a path out in triple patterns (SPARQL 1.1 Query, section 18.2.2.4), but for repetitions."""
        match path:
            case ox.NamedNode():
                return self._plain(subject, path, value, graph)
            case s.Inverse():
                return self._path(value, path.path, subject, graph)
            case s.Sequence():
                elements: list[s.Element] = []
                recipe: list[Step] = []
                nodes = [subject, *(self.fresh() for _ in path.parts[1:]), value]
                for part, start, end in zip(path.parts, nodes, nodes[1:], strict=False):
                    marked, steps = self._path(start, part, end, graph)
                    elements += marked
                    recipe += steps
                return elements, recipe
            case s.Alternative():
                return self._union(
                    [_grouped(*self._path(subject, part, value, graph)) for part in path.parts]
                )
            case s.Negated():
                return self._negated(subject, path, value, graph)
            case s.Repeat():
                pattern = s.Triples((s.Triple(subject, path, value),))
                return [pattern], [Walk(subject, path, value, graph)]
        raise AssertionError(path)  # pragma: no cover

    def _negated(
        self, subject: s.Term, path: s.Negated, value: s.Term, graph: GraphName
    ) -> tuple[list[s.Element], list[Step]]:
        ways: list[tuple[s.Group, Recipe]] = []
        # !(^a) walks only backwards; !() walks forwards along anything.
        if path.forward or not path.inverse:
            ways.append(self._any_but(subject, path.forward, value, graph))
        if path.inverse:
            ways.append(self._any_but(value, path.inverse, subject, graph))
        return self._union(ways)

    def _any_but(
        self, subject: s.Term, but: tuple[ox.NamedNode, ...], value: s.Term, graph: GraphName
    ) -> tuple[s.Group, Recipe]:
        predicate = self.fresh()
        marked, steps = self._plain(subject, predicate, value, graph)
        return _grouped([*marked, s.Filter(s.Membership(True, predicate, but))], steps)


def _uncertain(group: s.Group, bound: frozenset[s.Var]) -> list[s.Var]:
    """Return the variables of a group's ``EXISTS`` that the group itself may bind, or not."""
    asked: set[s.Var] = set()
    for element in group.elements:
        if isinstance(element, s.Filter):
            for exists in s.exists_in(element.condition):
                asked |= names_in(exists.group)
    return [variable for variable in s.visible(group) if variable in asked and variable not in bound]


def _grouped(elements: list[s.Element], recipe: list[Step]) -> tuple[s.Group, Recipe]:
    return s.Group(tuple(elements)), tuple(recipe)


def _joined(elements: list[s.Element]) -> list[s.Element]:
    """Put triple patterns that follow each other into one block, which the engine orders as a whole."""
    joined: list[s.Element] = []
    for element in elements:
        if isinstance(element, s.Triples) and joined and isinstance(joined[-1], s.Triples):
            joined[-1] = s.Triples((*joined[-1].triples, *element.triples))
        else:
            joined.append(element)
    return joined
