"""What a network is made of, asked from any store in SPARQL.

Two queries ask it all: what graphs state of events, with the graphs, and what there is beside. Each is a
union of patterns most of which stores walk through without a join; a row has values for one of them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import compress, count
from typing import Any, Final

from portsmouth.errors import DateError
from portsmouth.iris import PASSAGE, PT
from portsmouth.store.protocol import Store
from portsmouth.store.tables import Names, columns, name_of, rows, text

#: Patterns of what is asked of every store, each by the variables to which it gives values beside ``?thing``.
_BESIDE: Final = {
    "earliest latest": "?thing pt:earliest ?earliest ; pt:latest ?latest",
    "disputed": "?thing a pt:Disagreement ; pt:disputedSubject|pt:rivalTelling ?disputed",
    "kind label": """\
VALUES ?kind { pt:Person pt:State pt:Government pt:Delegation pt:Press pt:Force pt:Group }
?thing a ?kind OPTIONAL { ?thing skos:prefLabel ?label FILTER(LANG(?label) = "en") }""",
    "actor": "?actor a pt:Actor",
    "member": "?thing schema:memberOf ?member",
    "side": "?thing pt:side ?side",
    "head": "?thing pt:headedBy ?head",
    "twin": "?thing skos:closeMatch ?twin",
}
_ORDER: Final = {"after": "?thing pt:after ?after", "result": "?thing pt:ledTo ?result"}
_MENTIONS: Final = f"""\
SELECT ?actor (COUNT(DISTINCT ?graph) AS ?passages) {{
  {{ GRAPH ?graph {{ ?actor ?p ?o }} }} UNION {{ GRAPH ?graph {{ ?s ?p ?actor }} }}
  FILTER(STRSTARTS(STR(?graph), "{PASSAGE}"))
  ?actor a pt:Actor
}} GROUP BY ?actor"""


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last Gregorian day on which something may lie; ``None`` where that side is open.

    >>> Span(date(1905, 8, 22), date(1905, 9, 4))
    Span(earliest=datetime.date(1905, 8, 22), latest=datetime.date(1905, 9, 4))
    """

    earliest: date | None
    latest: date | None


@dataclass(frozen=True, slots=True)
class Ties:
    """What stands above whom, as stated.

    :param kinds: the classes of each actor, IRIs.
    :param labels: the English name of each actor.
    :param member: the bodies to which an actor belongs or which he heads.
    :param side: the actors on whose side an actor stands.
    :param heads: the bodies of which a head is stated.
    :param twins: near-identical actors (``skos:closeMatch``), in both directions.
    """

    kinds: Mapping[str, frozenset[str]]
    labels: Mapping[str, str]
    member: Mapping[str, frozenset[str]]
    side: Mapping[str, frozenset[str]]
    heads: frozenset[str]
    twins: Mapping[str, frozenset[str]]


#: The values of a property of one event, each with a graph that states it.
Ends = tuple[tuple[str, str], ...]
#: What is told of one event: its IRI, then by property, at places of their own, its ``Ends`` or its values.
Record = list[Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a network is drawn from.

    :param events: the events, each once.
    :param told: by property of which it matters which graphs state it, the place of the ``Ends`` in a record.
    :param values: by property, the place of its values in a record, which are sorted.
    :param spans: the bounds of time spans, by IRI.
    :param disputed: IRIs of the things of which two passages say different things.
    :param order: which events the source puts one after the other: for each pair, the earlier first, the
        property that says so, ``pt:after`` or ``pt:ledTo``.
    :param ties: what stands above whom.
    """

    events: list[Record]
    told: Mapping[str, int]
    values: Mapping[str, int]
    spans: Mapping[str, Span]
    disputed: frozenset[str]
    order: Mapping[tuple[str, str], str]
    ties: Ties


#: What has a value, and the value.
_Pairs = list[tuple[str, str]]


async def read(
    store: Store, anchor: str, told: Collection[str], values: Collection[str], *, ordered: bool = False
) -> Facts:
    """Ask what a network is drawn from.

    :param store: an open store.
    :param anchor: a SPARQL pattern that binds ``?event`` to the events.
    :param told: IRIs of the properties of which it matters which graphs state them.
    :param values: IRIs of the properties of which the values matter; some may be among the others.
    :param ordered: whether to ask which event comes after which.
    :return: the facts.
    :raises StoreError: the store cannot answer.
    :raises DateError: a bound is no day of the years 1 to 9999.
    """
    places = count(1)
    told_at, values_at = (dict(zip(sorted(names), places, strict=False)) for names in (told, values))
    records = _Records(len(told_at) + len(values_at))
    asked = {name: at for name, at in values_at.items() if name not in told_at}
    _, (events, beside) = await _both(
        _stated(store, told_at, records), _beside(store, anchor, asked, ordered, records)
    )
    for name in values_at.keys() & told_at.keys():
        for record in events:
            record[values_at[name]] = values_of(record[told_at[name]])
    return Facts(
        events=events,
        told=told_at,
        values=values_at,
        spans=_spans(dict(beside["earliest"]), dict(beside["latest"])),
        disputed=frozenset([thing for _, thing in beside["disputed"]]),
        order={
            **dict.fromkeys(beside.get("result", ()), PT + "ledTo"),
            **dict.fromkeys([(before, after) for after, before in beside.get("after", ())], PT + "after"),
        },
        ties=_ties(beside),
    )


def values_of(ends: Ends) -> tuple[str, ...]:
    """Return what is told, whoever tells it.

    :param ends: values with the graphs that state them.

    >>> values_of((("c:refused", "p:s1-1"), ("c:accepted", "p:s1-2"), ("c:refused", "p:s5-1")))
    ('c:accepted', 'c:refused')
    """
    return tuple(sorted({value for value, _ in ends}))


class _Records(dict[str, Record]):
    """Records by the term of their event, made when it is first told of."""

    def __init__(self, properties: int) -> None:
        self._blank: Record = ["", *[()] * properties]

    def __missing__(self, term: str) -> Record:
        record = self[term] = self._blank.copy()
        record[0] = name_of(term)
        return record


async def _both(*askings: Coroutine[Any, Any, Any]) -> list[Any]:
    """Read two answers at once, so that the store can use more than one processor."""
    readers = [asyncio.create_task(asking) for asking in askings]
    try:
        return await asyncio.gather(*readers)
    finally:
        for one in readers:
            one.cancel()
        # What was cut off ends before anybody asks the store for something else.
        await asyncio.gather(*readers, return_exceptions=True)


async def _stated(store: Store, told: Mapping[str, int], records: _Records) -> None:
    """Ask what graphs state by some properties, of whatever: that is cheaper than of events alone."""
    patterns = [f"GRAPH ?graph {{ ?event <{name}> ?value{at} }}" for name, at in told.items()]
    query = _union(["event", "graph", *(f"value{at}" for at in told.values())], patterns)
    values, graphs = Names(), Names()
    # Reading keeps pace with the store, which works in processes of its own.
    async for events, stating, *found in columns(store, query):
        of_event = list(map(records.__getitem__, events))
        by_graph = list(map(graphs.__getitem__, stating))
        for at, column in zip(told.values(), found, strict=True):
            if any(column):
                # An end alone is a tuple of one, to be added to others.
                ends = zip(zip(map(values.__getitem__, column), by_graph, strict=True), strict=True)
                for record, end in compress(zip(of_event, ends, strict=True), column):
                    record[at] += end


async def _beside(
    store: Store, anchor: str, values: Mapping[str, int], ordered: bool, records: _Records
) -> tuple[list[Record], dict[str, _Pairs]]:
    """Ask which events there are, what values they have, and all that is asked beside.

    :return: the events; and by variable, what has the value and the value. An actor stands alone.
    """
    patterns = {**_BESIDE, **(_ORDER if ordered else {})}
    found: dict[str, _Pairs] = {name: [] for bound in patterns for name in bound.split()}
    query = _union(
        ["event", "subject", *(f"value{at}" for at in values.values()), "thing", *found],
        [anchor, *(f"?subject <{name}> ?value{at}" for name, at in values.items()), *patterns.values()],
    )
    anchored: list[str] = []
    alone, names = _Alone(), Names()
    async for events, subjects, *cells in columns(store, query):
        anchored.extend(filter(None, events))
        for at, column in zip(values.values(), cells, strict=False):
            if any(column):
                of_subject = map(records.__getitem__, compress(subjects, column))
                for record, value in zip(
                    of_subject, map(alone.__getitem__, filter(None, column)), strict=True
                ):
                    record[at] = tuple(sorted({*record[at], *value})) if record[at] else value
        things, *rest = cells[len(values) :]
        for pairs, column in zip(found.values(), rest, strict=True):
            if any(column):
                named = zip(map(names.__getitem__, things), map(names.__getitem__, column), strict=True)
                pairs.extend(compress(named, column))
    return [records[event] for event in dict.fromkeys(anchored)], found


class _Alone(dict[str, tuple[str]]):
    """The one value that most events have: there are few, so that each is kept once."""

    def __missing__(self, term: str) -> tuple[str]:
        self[term] = alone = (name_of(term),)
        return alone


def _union(variables: Iterable[str], patterns: Iterable[str]) -> str:
    """Write one query for several patterns: a store answers it in one go, and from what it has at hand."""
    chosen = " ".join(f"?{name}" for name in variables)
    return f"SELECT {chosen} {{\n" + "\nUNION\n".join(f"{{ {pattern} }}" for pattern in patterns) + "\n}"


def _spans(earliest: dict[str, str], latest: dict[str, str]) -> dict[str, Span]:
    days = {term: _day(term) for term in dict.fromkeys([*earliest.values(), *latest.values()])}
    return {span: Span(days[first], days[latest[span]]) for span, first in earliest.items()}


def _day(term: str) -> date:
    written = text(term)
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise DateError(found=f"the bound {written!r}", expected="a day such as 1905-09-05") from error


def _ties(beside: Mapping[str, _Pairs]) -> Ties:
    actors = {actor for _, actor in beside["actor"]}
    between = {
        name: [(one, other) for one, other in beside[name] if one in actors and other in actors]
        for name in ("member", "side", "head", "twin")
    }
    headed = [(head, body) for body, head in between["head"]]
    return Ties(
        kinds=_sets(beside["kind"]),
        labels={actor: text(label) for actor, label in beside["label"]},
        member=_sets(between["member"] + headed),
        side=_sets(between["side"]),
        heads=frozenset(body for _, body in headed),
        twins=_sets(between["twin"] + [(other, one) for one, other in between["twin"]]),
    )


def _sets(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    sets: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        sets[one].add(other)
    return {one: frozenset(others) for one, others in sets.items()}


async def mentions(store: Store) -> dict[str, int]:
    """Ask in how many passages each actor is spoken of.

    :param store: an open store.
    :return: the number of passage graphs that name the actor, as subject or as value.
    :raises StoreError: the store cannot answer.
    """
    return {actor[1:-1]: int(text(number)) for actor, number in await rows(store, _MENTIONS)}
