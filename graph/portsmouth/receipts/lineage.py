"""Why a row holds: from rows of an answer to the triples that they rest on.

The pattern of the query is un-projected and marked (:mod:`portsmouth.receipts.marking`), asked once more for
the rows in hand, and every solution is read by the recipe. What a solution leaves open, which is rows of
subqueries, paths and ``EXISTS``, is collected over all solutions and asked together.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.iris import shorten
from portsmouth.receipts import syntax as s
from portsmouth.receipts.algebra import write
from portsmouth.receipts.asking import Asker, Solution
from portsmouth.receipts.marking import (
    Branches,
    Cite,
    GraphName,
    Marker,
    Missing,
    Nested,
    Perhaps,
    Present,
    Recipe,
    Remark,
    Walk,
    Witness,
)
from portsmouth.receipts.model import Cited, Trace
from portsmouth.receipts.paths import Walker
from portsmouth.receipts.restricting import Key, matching, restore, restricted, table
from portsmouth.receipts.substitution import names_in, substitute
from portsmouth.receipts.support import ONE_EXAMPLE

ALL_MEMBERS: Final = "all members of the group together"
FIRST_MEMBERS: Final = "only the first members of the group"
OVER_ABSENCE: Final = "approximate: it also depends on facts that had to be missing"
OVER_GROUPS: Final = "unsupported: a pattern asked to exist for a group as a whole"
_LENGTH_OF_ABSENCE: Final = 400


@dataclass(slots=True)
class Found:
    """The derivations of one row.

    :param traces: the shortest first.
    :param cut: whether there are more.
    """

    traces: list[Trace] = field(default_factory=list)
    cut: bool = False


@dataclass(slots=True)
class _Derived:
    """A solution, and the derivations that are found for it."""

    solution: Solution
    traces: list[Trace]


#: Something that one solution leaves open: the step, the graph, and the values that matter.
_Open: TypeAlias = tuple[Walk | Nested | Witness, ox.NamedNode | None, Key]


@dataclass(slots=True)
class _Reading:
    """What a recipe reads from one solution before anything more is asked."""

    facts: set[Cited] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    present: set[ox.NamedNode] = field(default_factory=set)
    open: list[_Open] = field(default_factory=list)

    @property
    def trace(self) -> Trace:
        return Trace(
            frozenset(self.facts),
            frozenset(self.absent),
            frozenset(self.notes),
            present=frozenset(self.present),
        )


class Lineage:
    """Finds the derivations of rows.

    :param asker: asks the store.
    :param prefix: begins every variable that is made, and no variable of the query.
    """

    def __init__(self, asker: Asker, prefix: str) -> None:
        self.asker = asker
        self.budget = asker.budget
        self.truncated = False
        self._prefix = prefix
        self._markers = 0

    async def rows(self, select: s.Select, rows: Sequence[Key], *, lenient: bool = False) -> list[Found]:
        """Find the derivations of rows of a query.

        :param select: the query.
        :param rows: the values of :func:`~portsmouth.receipts.syntax.projected`, row by row.
        :param lenient: whether a row may say more than the query's own row does: what a subquery left unbound
            may have been bound by what it was joined with.
        :return: one for each row; without traces where the query, asked again, does not give the row.
        """
        if not rows:
            return []
        if select.aggregated:
            return await self._groups(select, rows, lenient)
        variables = s.projected(select)
        binds = [
            s.Bind(item.expression, item.alias) for item in select.projection or () if item.alias is not None
        ]
        tail: list[s.Element] = [*([select.values] if select.values else []), *binds]
        derived = await self._derive(select.where, tail, variables, rows)
        found = _sorted_out(derived, variables, rows, lenient)
        await self._retry_starved(select.where, tail, variables, rows, derived, found)
        await self._retry_missing(select.where, tail, variables, rows, found)
        return [self._shortest(traces) for traces in found]

    def _marker(self) -> Marker:
        self._markers += 1
        return Marker(f"{self._prefix}{self._markers}_")

    def _shortest(self, traces: Iterable[Trace]) -> Found:
        unique = list(set(traces))
        if len(unique) > 1:
            unique.sort(key=lambda trace: trace.rank)
        most = self.budget.derivations
        return Found(unique[:most], len(unique) > most)

    async def _retry_starved(
        self,
        where: s.Group,
        tail: list[s.Element],
        variables: Sequence[s.Var],
        rows: Sequence[Key],
        derived: list[_Derived],
        found: list[list[Trace]],
    ) -> None:
        """Ask alone for each row that other rows' many solutions left without any."""
        if len(derived) < self.budget.solutions:
            return
        self.truncated = True
        for number, row in enumerate(rows):
            if not found[number]:
                unbound = [
                    s.Filter(s.Operation("!", (s.Function("BOUND", (variable,)),)))
                    for variable, value in zip(variables, row, strict=True)
                    if value is None
                ]
                alone = await self._derive(where, [*tail, *unbound], variables, [row], few=True)
                found[number] = _sorted_out(alone, variables, [row], lenient=False)[0]

    async def _retry_missing(
        self,
        where: s.Group,
        tail: list[s.Element],
        variables: Sequence[s.Var],
        rows: Sequence[Key],
        found: list[list[Trace]],
    ) -> None:
        """Ask again for rows that were not found, choosing them after the pattern instead of joining them.

        What an ``EXISTS`` sees depends on the engine's plan where its variables are bound outside its group;
        a filter at the end leaves the plan as it was.
        """
        missing = [number for number, traces in enumerate(found) if not traces]
        if not missing or not variables:
            return
        chosen = s.Filter(_any_of(variables, [rows[number] for number in missing]))
        derived = await self._derive(where, [*tail, chosen], (), [])
        again = _sorted_out(derived, variables, [rows[number] for number in missing], lenient=False)
        for number, traces in zip(missing, again, strict=True):
            found[number] = traces

    async def _derive(
        self,
        where: s.Group,
        tail: Sequence[s.Element],
        variables: Sequence[s.Var],
        rows: Sequence[Key],
        *,
        few: bool = False,
        every: bool = False,
    ) -> list[_Derived]:
        """Ask a pattern again, for some values of some of its variables, and read its solutions.

        :param where: the pattern.
        :param tail: elements that see all that it binds: ``BIND`` and ``VALUES``.
        :param variables: the variables whose values are given.
        :param rows: their values; solutions for other values may be found too.
        :param few: whether a few solutions will do.
        :param every: whether all ways to a solution are members of one group, and so one derivation.
        """
        marker = self._marker()
        marked, recipe = marker.mark(where)
        seen = s.visible(where)
        for element in tail:
            if isinstance(element, s.Bind):
                recipe += tuple(marker.conditions(s.Function("BIND", (element.expression,)), seen, None))
        limit = 4 * self.budget.derivations + 1 if few else self.budget.solutions
        certain = s.certain(where)
        copies = {variable: marker.fresh() for variable in variables if variable not in certain}
        pattern = restricted(marked, tail, copies, variables, rows)
        solutions = await self.asker.every(pattern, limit)
        for solution in solutions:
            restore(solution, copies)
        readings = [(solution, self._read(recipe, solution)) for solution in solutions]
        answers = await self._close([place for _, reading in readings for place in reading.open])
        return [
            _Derived(solution, list(self._combined(reading, answers, every)))
            for solution, reading in readings
        ]

    def _combined(
        self, reading: _Reading, answers: Mapping[_Open, list[Trace]], every: bool
    ) -> Iterator[Trace]:
        """Combine what a solution says with every way in which its open places can be closed."""
        choices = [answers[place] for place in reading.open]
        if every:
            merged = reading.trace
            for trace in itertools.chain.from_iterable(choices):
                merged |= trace
            yield merged
            return
        combinations = itertools.product(*choices)
        for combination in itertools.islice(combinations, self.budget.derivations + 1):
            whole = reading.trace
            for trace in combination:
                whole |= trace
            yield whole

    # Reading a solution.

    def _read(self, recipe: Recipe, solution: Solution) -> _Reading:
        reading = _Reading()
        self._follow(recipe, solution, reading)
        return reading

    def _follow(self, recipe: Recipe, solution: Solution, into: _Reading) -> None:
        for step in recipe:
            match step:
                case Cite():
                    into.facts.add(_instance(step, solution))
                case Branches():
                    branch = solution[step.marker.value]
                    self._follow(step.recipes[int(branch.value)], solution, into)
                case Perhaps():
                    if step.marker.value in solution:
                        self._follow(step.recipe, solution, into)
                    else:
                        self._miss(step.group, solution, into)
                case Missing():
                    self._miss(step.group, solution, into)
                case Present():
                    graph = _value(step.graph, solution)
                    if isinstance(graph, ox.NamedNode):
                        into.present.add(graph)
                case Remark():
                    into.notes.add(step.text)
                case Walk():
                    ends = (_value(step.subject, solution), _value(step.object, solution))
                    into.open.append((step, _graph(step.graph, solution), ends))
                case Nested():
                    row = tuple(solution.get(v.value) for v in s.projected(step.select))
                    into.open.append((step, _graph(step.graph, solution), row))
                case Witness():
                    values = tuple(solution.get(step.copies.get(v, v).value) for v in _asked_by(step))
                    into.open.append((step, _graph(step.graph, solution), values))

    def _miss(self, group: s.Group, solution: Solution, into: _Reading) -> None:
        into.absent.add(self._told(group, solution))
        if not s.matches_monotonely(group):
            # It failed on all facts together; on a few of them alone it may not fail.
            into.notes.add(OVER_ABSENCE)

    def _told(self, group: s.Group, solution: Solution) -> str:
        """Write a pattern that was not found, with the values that it was looked for with."""
        values = {ox.Variable(name): value for name, value in solution.items()}
        text = write(substitute(group, values), _for_people)
        return text if len(text) <= _LENGTH_OF_ABSENCE else text[:_LENGTH_OF_ABSENCE] + " …"

    # What solutions leave open.

    async def _close(self, places: Iterable[_Open]) -> dict[_Open, list[Trace]]:
        """Find, for every open place, the ways to close it."""
        grouped: dict[tuple[Walk | Nested | Witness, ox.NamedNode | None], dict[Key, None]] = {}
        for step, graph, key in places:
            grouped.setdefault((step, graph), {})[key] = None
        answers: dict[_Open, list[Trace]] = {}
        for (step, graph), keys in grouped.items():
            if isinstance(step, Walk):
                found = await Walker(self, step, graph).witnesses(list(keys))
            elif isinstance(step, Nested):
                found = await self._nested(step, graph, list(keys))
            else:
                found = await self._witnesses(step, graph, list(keys))
            answers.update({(step, graph, key): traces for key, traces in found.items()})
        return answers

    async def _nested(
        self, step: Nested, graph: ox.NamedNode | None, rows: list[Key]
    ) -> dict[Key, list[Trace]]:
        select = replace(step.select, where=_within(graph, step.select.where))
        found = await self.rows(select, rows, lenient=True)
        if any(each.cut for each in found):
            self.truncated = True
        return {row: each.traces for row, each in zip(rows, found, strict=True)}

    async def _witnesses(
        self, step: Witness, graph: ox.NamedNode | None, keys: list[Key]
    ) -> dict[Key, list[Trace]]:
        """Look for one match of an ``EXISTS`` a key: for all keys at once where that means the same."""
        names = _asked_by(step)
        group = step.exists.group
        used = [place for place in range(len(names)) if any(key[place] is not None for key in keys)]
        variables = [names[place] for place in used]
        traces: dict[Key, Trace] = {}
        if len(keys) > 1 and _joins_like_substitution(group, variables):
            wanted = {tuple(key[place] for place in used): key for key in keys}
            head = table(variables, wanted)
            inner = _within(graph, group)
            for each in await self._derive(s.Group((head, *inner.elements)), [], (), []):
                known = wanted.get(tuple(each.solution.get(variable.value) for variable in variables))
                if known is None:
                    continue
                for trace in each.traces[:1]:
                    if known not in traces or trace.rank < traces[known].rank:
                        traces[known] = trace
        for key in keys:
            if key not in traces:
                values = {v: value for v, value in zip(names, key, strict=True) if value is not None}
                seen = {v: value for v, value in values.items() if v in step.seen}
                # What the group may leave unbound may have got its value from outside, after the pattern
                # was looked for without it.
                bound = {v: value for v, value in values.items() if v in step.bound}
                tried: list[dict[s.Var, s.Ground]] = []
                for given in (values, seen, bound) if step.needed else (values, seen):
                    if given in tried:
                        continue
                    tried.append(given)
                    alone = await self._derive(_within(graph, substitute(group, given)), [], (), [], few=True)
                    ways = sorted((t for each in alone for t in each.traces), key=lambda trace: trace.rank)
                    if ways:
                        traces[key] = ways[0]
                        break
        note = Trace(notes=frozenset({ONE_EXAMPLE}))
        # Where nothing matches, the expression was false here, and something else decided.
        nothing = Trace() if s.matches_monotonely(group) else Trace(notes=frozenset({OVER_ABSENCE}))
        return {key: [traces[key] | note] if key in traces else [nothing] for key in keys}

    async def neighbours(
        self, path: s.Path, graph: ox.NamedNode | None, nodes: Sequence[s.Ground], backwards: bool
    ) -> dict[s.Ground, dict[s.Ground, Trace]]:
        """Find what lies one path away from nodes, and why.

        :param path: the path, walked once.
        :param graph: the graph in which it is walked.
        :param nodes: where it begins, or ends if ``backwards``.
        :return: for each node its neighbours, each with one trace.
        """
        here, there = ox.Variable(f"{self._prefix}here"), ox.Variable(f"{self._prefix}there")
        ends = (there, here) if backwards else (here, there)
        step = s.Group((s.Triples((s.Triple(ends[0], path, ends[1]),)),))
        derived = await self._derive(_within(graph, step), [], (here,), [(node,) for node in nodes])
        if len(derived) >= self.budget.solutions:
            self.truncated = True
        found: dict[s.Ground, dict[s.Ground, Trace]] = {}
        for each in derived:
            start, end = each.solution[here.value], each.solution[there.value]
            for trace in each.traces[:1]:
                known = found.setdefault(start, {})
                if end not in known or trace.rank < known[end].rank:
                    known[end] = trace
        return found

    # Aggregates.

    async def _groups(self, select: s.Select, rows: Sequence[Key], lenient: bool) -> list[Found]:
        """Find, for rows that are groups of solutions, the members of each group."""
        marker = self._marker()
        named = [(item, item.variable or marker.fresh()) for item in select.grouping]
        keys = tuple(variable for _, variable in named)
        groups = await self._keys_of_groups(select, named, rows, lenient)
        wanted = list(dict.fromkeys(key for found in groups for key in found))
        binds: list[s.Element] = [
            s.Bind(item.expression, variable)
            for item, variable in named
            if not isinstance(item.expression, ox.Variable) or item.alias is not None
        ]
        derived = await self._derive(select.where, binds, keys, wanted, every=True) if wanted else []
        members = dict(zip(wanted, _sorted_out(derived, keys, wanted, lenient=False), strict=True))
        cut = len(derived) >= self.budget.solutions
        traces = {key: self._together(select, found, cut) for key, found in members.items()}
        return [self._shortest(traces[key] for key in found) for found in groups]

    def _together(self, select: s.Select, members: list[Trace], cut: bool) -> Trace:
        note = ALL_MEMBERS
        if cut or len(members) > self.budget.members:
            self.truncated = True
            note = FIRST_MEMBERS
        merged = Trace(notes=frozenset({note}))
        for member in members[: self.budget.members]:
            merged |= member
        if not members:
            merged |= Trace(absent=frozenset({self._told(select.where, {})}))
        if not s.monotone(select.where):
            merged |= Trace(notes=frozenset({OVER_ABSENCE}))
        expressions = [item.expression for item in select.projection or ()] + list(select.having)
        if any(True for expression in expressions for _ in s.exists_in(expression)):
            merged |= Trace(notes=frozenset({OVER_GROUPS}))
        return merged

    async def _keys_of_groups(
        self,
        select: s.Select,
        named: list[tuple[s.Projected, s.Var]],
        rows: Sequence[Key],
        lenient: bool,
    ) -> list[list[Key]]:
        """Find the groups that a row stands for: one, unless what tells groups apart is not projected."""
        variables = s.projected(select)
        keys = [variable for _, variable in named]
        if not keys:
            return [[()] for _ in rows]
        plain = {item.expression for item in select.projection or () if item.alias is None}
        if all(item.alias is None and item.expression in plain for item, _ in named) and not lenient:
            places = [variables.index(key) for key in keys]
            return [[tuple(row[place] for place in places)] for row in rows]
        grouping = tuple(s.Projected(item.expression, _alias(item, key)) for item, key in named)
        more = tuple(s.Projected(key) for key in keys if key not in variables)
        helper = s.Select((*(select.projection or ()), *more), select.where, "", grouping, select.having)
        marker = self._marker()
        copies = {variable: marker.fresh() for variable in variables}
        solutions = await self.asker.every(
            restricted(s.Group((helper,)), [], copies, variables, rows), self.budget.solutions
        )
        for solution in solutions:
            restore(solution, copies)
        found: list[list[Key]] = [[] for _ in rows]
        for which, row in matching(solutions, variables, rows, lenient):
            found[row].append(tuple(solutions[which].get(key.value) for key in keys))
        return found


def _any_of(variables: Sequence[s.Var], rows: Sequence[Key]) -> s.Expression:
    """Write the condition that a solution is one of some rows."""

    def same(variable: s.Var, value: s.Ground | None) -> s.Expression:
        if value is None:
            return s.Operation("!", (s.Function("BOUND", (variable,)),))
        if isinstance(value, ox.BlankNode):
            return s.Function("ISBLANK", (variable,))
        return s.Function("SAMETERM", (variable, value))

    def joined(sign: str, parts: list[s.Expression]) -> s.Expression:
        return functools.reduce(lambda left, right: s.Operation(sign, (left, right)), parts)

    each = [joined("&&", list(map(same, variables, row))) for row in rows]
    return joined("||", each)


def _alias(item: s.Projected, key: s.Var) -> s.Var | None:
    return None if item.expression == key else key


def _asked_by(step: Witness) -> tuple[s.Var, ...]:
    """Return the variables of an ``EXISTS`` that may have a value outside it.

    By the letter it sees those of its own group. The engine, where it joins by substitution, also lets it see
    what stands further out; a witness that suits both is looked for first.
    """
    return tuple(sorted(names_in(step.exists.group), key=lambda variable: variable.value))


def _joins_like_substitution(group: s.Group, variables: Sequence[s.Var]) -> bool:
    """Whether joining a pattern with values of variables is the same as substituting them in it.

    It is where every solution binds them, and where only a filter of the group itself asks for them.
    """
    bound = s.certain(group)
    deeper = [e for e in group.elements if not isinstance(e, s.Triples | s.Filter | s.GraphPattern)]
    names = names_in(s.Group(tuple(deeper)))
    return not deeper or all(variable in bound or variable not in names for variable in variables)


def _within(graph: ox.NamedNode | None, group: s.Group) -> s.Group:
    """Put a pattern where it is matched: the recipe's values say in which graph."""
    return s.Group((s.GraphPattern(graph, group),)) if graph is not None else group


def _value(term: s.Term, solution: Solution) -> s.Ground | None:
    return solution.get(term.value) if isinstance(term, ox.Variable) else term


def _graph(graph: GraphName, solution: Solution) -> ox.NamedNode | None:
    value = _value(graph, solution) if graph is not None else None
    return value if isinstance(value, ox.NamedNode) else None


def _instance(step: Cite, solution: Solution) -> Cited:
    subject = _value(step.subject, solution)
    predicate = _value(step.predicate, solution)
    value = _value(step.object, solution)
    if subject is None or value is None or not isinstance(predicate, ox.NamedNode):  # pragma: no cover
        raise AssertionError((step, solution))
    return Cited(subject, predicate, value, _graph(step.graph, solution))


def _for_people(term: s.Term) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term)


def _sorted_out(
    derived: Sequence[_Derived], variables: Sequence[s.Var], rows: Sequence[Key], lenient: bool
) -> list[list[Trace]]:
    """Give every row the derivations of the solutions that make it."""
    found: list[list[Trace]] = [[] for _ in rows]
    for which, row in matching([each.solution for each in derived], variables, rows, lenient):
        found[row] += derived[which].traces
    return found
