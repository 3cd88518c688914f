"""What a network is made of, asked from any store in SPARQL.

Answers are read as tab-separated values: an IRI holds neither tab nor line break, so a line is
split and not parsed, which is what a network of a hundred thousand arcs has time for.
"""

from __future__ import annotations

import asyncio
import gc
import re
from codecs import getincrementaldecoder
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from portsmouth.errors import DateError
from portsmouth.iris import DCTERMS, PASSAGE, PT, RDFS, SCHEMA, SKOS
from portsmouth.store.protocol import RESULT_FORMATS, Formats, Query, Store

_TSV: Final = Formats(RESULT_FORMATS["tsv"])
_ESCAPED: Final = re.compile(r"\\(.)")
_PLAIN: Final = {"t": "\t", "n": "\n", "r": "\r"}

#: Answers that are read at once: others want the store, too.
_AT_ONCE: Final = 2

_PREFIXES: Final = (
    f"PREFIX pt: <{PT}> PREFIX schema: <{SCHEMA}> PREFIX skos: <{SKOS}> PREFIX dcterms: <{DCTERMS}> "
    f"PREFIX rdfs: <{RDFS}>\n"
)

#: All that graphs state by one property, of whatever: stores walk through that without a join.
_TOLD: Final = "SELECT ?event ?value ?graph {{ GRAPH ?graph {{ ?event <{}> ?value }} }}"
_SPANS: Final = "SELECT ?span ?earliest ?latest { ?span pt:earliest ?earliest ; pt:latest ?latest }"
_DISPUTED: Final = (
    "SELECT DISTINCT ?event { ?d a pt:Disagreement ; pt:disputedSubject|pt:rivalTelling ?event }"
)
_ORDER: Final = """\
SELECT DISTINCT ?before ?property ?after {
  { ?after pt:after ?before BIND(pt:after AS ?property) }
  UNION { ?before pt:ledTo ?after BIND(pt:ledTo AS ?property) }
}"""
_ACTORS: Final = """\
SELECT ?actor ?kind ?label {
  ?actor a ?kind .
  VALUES ?kind { pt:Person pt:State pt:Government pt:Delegation pt:Press pt:Force pt:Group }
  OPTIONAL { ?actor skos:prefLabel ?label FILTER(LANG(?label) = "en") }
}"""
_TIES: Final = """\
SELECT DISTINCT ?actor ?property ?other {
  VALUES ?property { schema:memberOf pt:side pt:headedBy skos:closeMatch }
  ?actor a pt:Actor ; ?property ?other . ?other a pt:Actor
}"""
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


#: What graphs state of an event: by property, the values each with a graph that states it.
Told = dict[str, list[tuple[str, str]]]


async def told(store: Store, anchor: str, properties: Collection[str]) -> dict[str, Told]:
    """Ask what graphs state of events.

    :param store: an open store.
    :param anchor: a SPARQL pattern that binds ``?event`` once an event.
    :param properties: IRIs of the properties to ask.
    :return: what is told of each event of which something is told.
    :raises StoreError: the store cannot answer.
    """
    plain = _Plain()
    events: dict[str, Told] = {}
    async for lines in _lines(store, f"SELECT DISTINCT ?event {{ {anchor} }}"):
        events.update((plain[line], {}) for line in lines)
    by_term = {f"<{event}>": told for event, told in events.items()}

    async def read(name: str) -> None:
        # Reading keeps pace with the store, which works in processes of its own.
        async for lines in _lines(store, _TOLD.format(name)):
            for line in lines:
                event, value, graph = line.split("\t")
                told = by_term.get(event)
                if told is None:
                    continue
                ends = told.get(name)
                if ends is None:
                    told[name] = [(plain[value], plain[graph])]
                else:
                    ends.append((plain[value], plain[graph]))

    await _side_by_side([partial(read, name) for name in sorted(properties)])
    return {event: told for event, told in events.items() if told}


async def _side_by_side(readings: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Read several answers, a few at once, so that the store can use more than one processor."""
    waiting = list(reversed(readings))

    async def reader() -> None:
        while waiting:
            await waiting.pop()()

    readers = [asyncio.create_task(reader()) for _ in range(_AT_ONCE)]
    try:
        await asyncio.gather(*readers)
    finally:
        for one in readers:
            one.cancel()
        # What was cut off ends before anybody asks the store for something else.
        await asyncio.gather(*readers, return_exceptions=True)


async def _lines(store: Store, query: str) -> AsyncIterator[list[str]]:
    """Yield the rows of an answer as they come, many at a time."""
    answer = await store.query(Query(_PREFIXES + query, formats=_TSV))
    decoder = getincrementaldecoder("utf-8")()
    rest, head = "", True
    async for chunk in answer:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        if head and lines:
            head = False
            del lines[0]
        yield lines
    if rest and not head:
        yield [rest]


class _Plain(dict[str, str]):
    """IRIs without their angle brackets; one string each, however often it is told."""

    def __missing__(self, term: str) -> str:
        self[term] = plain = term.strip("\r")[1:-1]
        return plain


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what only grows and holds no cycles.

    Without it a network of a hundred thousand arcs takes half as long again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                # What was made goes to the old at once; else the next collection would walk over it.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


async def spans(store: Store) -> dict[str, Span]:
    """Ask the bounds of every time span.

    :param store: an open store.
    :return: bounds by the span's IRI.
    :raises StoreError: the store cannot answer.
    :raises DateError: a bound is no day of the years 1 to 9999.
    """
    return {
        span[1:-1]: Span(_day(earliest), _day(latest)) for span, earliest, latest in await rows(store, _SPANS)
    }


async def disputed(store: Store) -> frozenset[str]:
    """Ask of what passages disagree.

    :param store: an open store.
    :return: IRIs of the things of which two passages say different things.
    :raises StoreError: the store cannot answer.
    """
    return frozenset(row[0][1:-1] for row in await rows(store, _DISPUTED))


async def order(store: Store) -> dict[tuple[str, str], str]:
    """Ask which events the source puts one after the other, by ``pt:after`` or ``pt:ledTo``.

    :param store: an open store.
    :return: for each pair, the earlier first, the property that says so.
    :raises StoreError: the store cannot answer.
    """
    told = sorted(await rows(store, _ORDER), key=lambda row: row[1], reverse=True)
    return {(before[1:-1], after[1:-1]): name[1:-1] for before, name, after in told}


async def ties(store: Store) -> Ties:
    """Ask what kinds of actors there are, how they are called and what stands above whom.

    :param store: an open store.
    :return: the ties.
    :raises StoreError: the store cannot answer.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, str] = {}
    for actor, kind, label in await rows(store, _ACTORS):
        kinds[actor[1:-1]].add(kind[1:-1])
        if label:
            labels[actor[1:-1]] = text(label)
    member: dict[str, set[str]] = defaultdict(set)
    side: dict[str, set[str]] = defaultdict(set)
    twins: dict[str, set[str]] = defaultdict(set)
    heads: set[str] = set()
    for left, name, right in await rows(store, _TIES):
        actor, other = left[1:-1], right[1:-1]
        if name == f"<{SCHEMA}memberOf>":
            member[actor].add(other)
        elif name == f"<{PT}side>":
            side[actor].add(other)
        elif name == f"<{PT}headedBy>":
            member[other].add(actor)
            heads.add(actor)
        else:
            twins[actor].add(other)
            twins[other].add(actor)
    return Ties(_frozen(kinds), labels, _frozen(member), _frozen(side), frozenset(heads), _frozen(twins))


async def mentions(store: Store) -> dict[str, int]:
    """Ask in how many passages each actor is spoken of.

    :param store: an open store.
    :return: the number of passage graphs that name the actor, as subject or as value.
    :raises StoreError: the store cannot answer.
    """
    return {actor[1:-1]: int(text(number)) for actor, number in await rows(store, _MENTIONS)}


async def rows(store: Store, query: str) -> list[list[str]]:
    """Ask a SELECT query.

    :param store: an open store.
    :param query: the query; the prefixes ``pt``, ``schema``, ``skos``, ``dcterms`` and ``rdfs`` hold.
    :return: a row for each solution, its terms as tab-separated values have them.
    :raises StoreError: the store cannot answer.
    """
    answer = await store.query(Query(_PREFIXES + query, formats=_TSV))
    body = b"".join([chunk async for chunk in answer]).decode()
    lines = body.replace("\r\n", "\n").rstrip("\n").split("\n")[1:]
    return [line.split("\t") for line in lines]


def text(term: str) -> str:
    r"""Return the text of a literal as tab-separated values have it.

    >>> text('"A \\"B\\""@en'), text("7"), text('"7"^^<http://www.w3.org/2001/XMLSchema#integer>')
    ('A "B"', '7', '7')
    """
    if not term.startswith('"'):
        return term
    return _ESCAPED.sub(lambda match: _PLAIN.get(match[1], match[1]), term[1 : term.rindex('"')])


def _day(term: str) -> date:
    written = text(term)
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise DateError(found=f"the bound {written!r}", expected="a day such as 1905-09-05") from error


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(values) for name, values in sets.items()}
