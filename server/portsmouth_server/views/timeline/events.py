"""What is dated, by which lines, to which days: the facts that a timeline is drawn from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from portsmouth.dates import Bounds, Calendar
from portsmouth.iris import ID, PROV, PT, SCHEMA, TIME, passage_key
from portsmouth.store.protocol import Store
from portsmouth_server.asking import Row, Statement, rows, statements, table, values
from portsmouth_server.views.dating import calendar_of, span
from portsmouth_server.views.entity.ego import side_of
from portsmouth_server.views.facts import SIDES_QUERY, Facts, Stated, iri_of

_PROPERTIES: Final = (
    "rdf:type", "pt:when", "pt:dateAsStated", "pt:from", "pt:to", "pt:via", "pt:initiatedBy", "schema:agent",
    "schema:participant", "pt:victor", "pt:defeated", "pt:party", "pt:signedBy", "pt:side", "pt:of",
)  # fmt: skip
_EVENTS: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{
  {{ SELECT DISTINCT ?s WHERE {{ ?s pt:when|pt:dateAsStated ?any FILTER(STRSTARTS(STR(?s), "{ID}")) }} }}
  VALUES ?p {{ {" ".join(_PROPERTIES)} }}
  GRAPH ?g {{ ?s ?p ?o }}
}}"""
# Of two lists of values the engine tries every pair.
_EVENTS_AMONG: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{{{
  {{subjects}} GRAPH ?g {{{{ ?s ?p ?o }}}} FILTER(?p IN ({", ".join(_PROPERTIES)}))
}}}}"""
_SPANS: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{{{
  {{subjects}} GRAPH ?g {{{{ ?s prov:wasDerivedFrom ?o }}}} BIND(prov:wasDerivedFrom AS ?p)
  FILTER(STRSTARTS(STR(?s), "{TIME}"))
}}}}"""
_SIDES_OF: Final = (
    "SELECT ?g ?s ?p ?o WHERE {{ {subjects} GRAPH ?g {{ ?s pt:side ?o }} BIND(pt:side AS ?p) }}"
)
_DISPUTED: Final = """
SELECT ?d ?s WHERE { ?d a pt:Disagreement ; pt:disputedSubject ?s ; pt:disputedProperty ?p
                     FILTER(?p IN (pt:when, pt:dateAsStated)) }"""
# Without the class, which the property implies: the engine would go through all of it for each thing.
_DISPUTED_AMONG: Final = """
SELECT ?d ?s WHERE {{ {subjects} ?d pt:disputedSubject ?s ; pt:disputedProperty ?p
                      FILTER(?p IN (pt:when, pt:dateAsStated)) }}"""
#: Dates from which on a page asks for those around one thing, instead of choosing among all.
_MANY: Final = 5_000
#: Who acts, and who else is concerned.
_DOERS: Final = (PT + "from", SCHEMA + "agent", PT + "initiatedBy", PT + "victor", PT + "party", PT + "of")
_OTHERS: Final = (
    PT + "to", PT + "via", SCHEMA + "participant", PT + "defeated", PT + "signedBy", PT + "side",
)  # fmt: skip
#: Of one day only one reading is possible; every other span leaves a choice.
_NAMED: Final = frozenset({Calendar.JULIAN, Calendar.GREGORIAN, Calendar.MEIJI})


@dataclass(frozen=True, slots=True)
class Dated:
    """Days that some lines give to an event.

    :param bounds: the Gregorian days within which it lies.
    :param lasting: whether it lasts from the first to the last of them, rather than lying somewhere within.
    :param graphs: the lines, or the editors' graph where no line does.
    :param printed: the dates as printed there: EDTF and the calendar's key.
    """

    bounds: Bounds
    lasting: bool
    graphs: tuple[str, ...]
    printed: tuple[tuple[str, str], ...]

    @property
    def parts(self) -> frozenset[str]:
        """The keys of the parts in which these lines stand."""
        return frozenset(key.part for graph in self.graphs if (key := passage_key(graph)))


@dataclass(frozen=True, slots=True)
class Happening:
    """Something dated.

    :param iri: the thing.
    :param kind: the local name of its class.
    :param dates: its dates; rival ones stand side by side.
    :param doers: who acts.
    :param others: who else is concerned.
    :param sides: keys of the states on whose side the actors stand, the doers' first.
    :param dispute: the disagreement about its date, empty where there is none.
    """

    iri: str
    kind: str
    dates: tuple[Dated, ...]
    doers: tuple[str, ...]
    others: tuple[str, ...]
    sides: tuple[str, ...]
    dispute: str


async def read_happenings(store: Store) -> tuple[Happening, ...]:
    """Read everything that has a date.

    :param store: what answers.
    :raises StoreError: the store could not answer.
    """
    events, spans, sides, disputed = await asyncio.gather(
        statements(store, _EVENTS),
        statements(store, _SPANS.format(subjects="")),
        statements(store, SIDES_QUERY),
        rows(store, _DISPUTED),
    )
    # In a thread, so that a server goes on serving.
    return await asyncio.to_thread(_put_together, events, spans, sides, disputed)


async def read_happenings_of(store: Store, iris: Iterable[str]) -> tuple[Happening, ...]:
    """Read those of some things that have a date.

    :param store: what answers.
    :param iris: the things.
    :raises StoreError: the store could not answer.
    """
    things = _among(iri for iri in iris if iri.startswith(ID))
    events, disputed = await asyncio.gather(
        statements(store, _EVENTS_AMONG.format(subjects=things)),
        rows(store, _DISPUTED_AMONG.format(subjects=things)),
    )
    named = [(one.property, iri_of(one.value)) for one in events]
    spans, sides = await asyncio.gather(
        statements(store, _SPANS.format(subjects=_among(iri for p, iri in named if p == PT + "when"))),
        statements(
            store, _SIDES_OF.format(subjects=_among(iri for p, iri in named if p in (*_DOERS, *_OTHERS)))
        ),
    )
    return _put_together(events, spans, sides, disputed)


async def has_few(store: Store) -> bool:
    """Say whether so little is dated that it is best read once and kept.

    :param store: what answers.
    :raises StoreError: the store could not answer.
    """
    query = f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT ?s {{ ?s pt:when ?any }} LIMIT {_MANY} }} }}"
    ((number,),) = await table(store, query)
    return int(number.value) < _MANY


def _among(iris: Iterable[str]) -> str:
    return f"VALUES ?s {{ {values(sorted(set(iris)))} }}"


def _put_together(
    events: list[Statement], spans: list[Statement], sides: list[Statement], disputed: list[Row]
) -> tuple[Happening, ...]:
    return happenings(
        Facts(events), Facts(spans), Facts(sides), {iri_of(row["s"]): iri_of(row["d"]) for row in disputed}
    )


def happenings(facts: Facts, spans: Facts, sides: Facts, disputed: dict[str, str]) -> tuple[Happening, ...]:
    """Return what has a date, in the order of the first days.

    :param facts: what is said of each thing.
    :param spans: from which lines the editors' spans follow.
    :param sides: on whose side actors stand.
    :param disputed: the disagreement about a thing's date.
    """
    found = [_happening(iri, facts, spans, sides, disputed) for iri in facts.subjects()]
    return tuple(
        sorted(
            (one for one in found if one.dates),
            key=lambda one: (min(date.bounds for date in one.dates), one.iri),
        )
    )


def _happening(iri: str, facts: Facts, spans: Facts, sides: Facts, disputed: dict[str, str]) -> Happening:
    doers, others = facts.iris(iri, *_DOERS), facts.iris(iri, *_OTHERS)
    keys = [side_of(sides, actor) for actor in (*doers, *others)]
    return Happening(
        iri,
        facts.kind(iri),
        tuple(dates_of(facts, spans, iri)),
        tuple(doers),
        tuple(other for other in others if other not in doers),
        tuple(dict.fromkeys(key for key in keys if key)),
        disputed.get(iri, ""),
    )


def dates_of(facts: Facts, spans: Facts, iri: str) -> Iterable[Dated]:
    """Yield the spans of a thing, each with the lines whose printed dates it stands for.

    :param facts: what is said of the thing.
    :param spans: from which lines the editors' spans follow.
    :param iri: the thing.
    """
    printed = facts.of(iri, PT + "dateAsStated")
    for one in facts.of(iri, PT + "when"):
        bounds = span(one.iri)
        if bounds is None:
            continue
        own = [date for date in printed if _means(one, date, spans)]
        lines = [g for date in own for g in date.graphs if g in _sayers(one, spans)]
        lines += [graph for graph in one.graphs if passage_key(graph)]
        yield Dated(
            bounds,
            any(_lasts(date) for date in own),
            tuple(dict.fromkeys(lines or one.graphs)),
            tuple(dict.fromkeys(_as_printed(date) for date in own)),
        )


def _sayers(when: Stated, spans: Facts) -> set[str]:
    return {*when.graphs, *spans.iris(when.iri, PROV + "wasDerivedFrom")}


def _means(when: Stated, date: Stated, spans: Facts) -> bool:
    return bool(_sayers(when, spans) & set(date.graphs))


def _lasts(date: Stated) -> bool:
    """Say whether a printed date is a range of a named calendar, or of years: then the thing fills it."""
    text = date.value.value if isinstance(date.value, ox.Literal) else ""
    first, mark, _ = text.partition("/")
    return bool(mark) and "~" not in text and (calendar_of(date.value) in _NAMED or len(first) == 4)


def _as_printed(date: Stated) -> tuple[str, str]:
    calendar = calendar_of(date.value)
    return date.value.value, calendar.value if calendar else ""
