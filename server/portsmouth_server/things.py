"""What the page of a thing shows, read from the store: names, facts and who states them, disputes.

The facts of a page keep their graphs: a value is shown once, with every passage
that states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import (
    CONCEPT,
    DCTERMS,
    GRAPH,
    ID,
    PASSAGE,
    PT,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
    TIME,
    passage_key,
    shorten,
)
from portsmouth.store.protocol import Store
from portsmouth_server.asking import Row, rows, term, values
from portsmouth_server.results import Cell, cell
from portsmouth_server.urls import Urls

_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
_SPELLINGS: Final = (SCHEMA + "alternateName", SKOS + "altLabel")
_TEXTS: Final = {
    SKOS + "definition": "Definition",
    RDFS + "comment": "Gloss",
    SKOS + "scopeNote": "Scope",
    SKOS + "example": "Example",
}
_NOTES: Final = SKOS + "editorialNote"
#: What parts are called together, where all of them are of one class.
_TOGETHER: Final = {PT + "Provision": "Provisions", PT + "Article": "Articles", PT + "Demand": "Demands"}
_TYPE: Final = RDF + "type"
_IS_PART: Final = DCTERMS + "isPartOf"
#: What is said of a part beside its name, in this order.
_PART_FACTS: Final = (
    DCTERMS + "type", PT + "binds", PT + "benefits", PT + "from", PT + "to", PT + "transfers", PT + "limit",
    PT + "condition", PT + "exception",
)  # fmt: skip
_KINDS: Final = {ID: "Thing", PASSAGE: "Passage", CONCEPT: "Concept", GRAPH: "Graph"}
#: Rows that one query of a page reads.
_MOST_ROWS: Final = 5000
#: Values of one property that are shown before the reader is sent to the query page.
_MOST_VALUES: Final = 100

# Every statement with its graphs; a store without named graphs has its statements in none.
_OUT: Final = """
SELECT ?g ?s ?p ?o WHERE {{
  VALUES ?s {{ {iri} }}
  {{ GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?h {{ ?s ?p ?o }} }} }}
}} ORDER BY ?p ?o ?g LIMIT {most}"""
_IN: Final = """
SELECT ?g ?s ?p ?o WHERE {{
  VALUES ?o {{ {iri} }}
  {{ GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?h {{ ?s ?p ?o }} }} }}
}} ORDER BY ?p ?s ?g LIMIT {most}"""
_CONTENT: Final = """
SELECT ?g ?s ?p ?o WHERE {{ VALUES ?g {{ {iri} }} GRAPH ?g {{ ?s ?p ?o }} }} ORDER BY ?s ?p ?o LIMIT {most}"""
_PARTS: Final = """
SELECT ?s ?p ?o ?g ?position WHERE {{
  ?s dcterms:isPartOf {iri} .
  OPTIONAL {{ ?s schema:position ?position }}
  OPTIONAL {{ VALUES ?p {{ rdf:type {facts} }} GRAPH ?g {{ ?s ?p ?o }} }}
}} ORDER BY (!BOUND(?position)) ?position ?s LIMIT {most}"""
_DISPUTES: Final = """
SELECT DISTINCT ?s ?subject ?property ?kind ?o ?g WHERE {{
  {{ ?s pt:disputedSubject {iri} }} UNION {{ ?s prov:wasDerivedFrom {iri} . ?s a pt:Disagreement }}
  UNION {{ VALUES ?s {{ {iri} }} ?s a pt:Disagreement }}
  ?s pt:disputedSubject ?subject ; pt:disputedProperty ?property ; pt:disputedValue ?o .
  OPTIONAL {{ ?s dcterms:type ?kind }}
  OPTIONAL {{ ?s prov:wasDerivedFrom ?g . GRAPH ?g {{ ?subject ?property ?o }} }}
}} ORDER BY ?s ?o ?g LIMIT {most}"""
_NAMES: Final = """
SELECT ?s ?label ?gloss WHERE {{
  VALUES ?s {{ {iris} }}
  {{ {{ ?s skos:prefLabel ?label }} UNION {{ ?s rdfs:label ?label }} UNION {{ ?s dcterms:title ?label }} }}
  UNION {{ ?s a pt:Passage ; rdfs:comment ?gloss FILTER(LANG(?gloss) = "en") }}
}}"""
_NEIGHBOURS: Final = """
SELECT ?s WHERE {{
  {iri} pt:line ?here ; dcterms:isPartOf ?part . ?s a pt:Passage ; dcterms:isPartOf ?part ; pt:line ?line
  FILTER(?line {sign} ?here)
}} ORDER BY {order}(?line) LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that states something.

    :param text: its short name, such as ``s3-173``.
    :param href: where it is read.
    :param title: what a passage says, in our words.
    :param passage: whether it is a passage, and not one of the editors' graphs.
    """

    text: str
    href: str
    title: str
    passage: bool


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its name and the graphs that state it."""

    cell: Cell
    label: str
    sources: tuple[Source, ...] = ()

    @property
    def text(self) -> str:
        """What is read: the name where it has one."""
        return self.label or self.cell.text


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one property."""

    property: Value
    values: tuple[Value, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a thing, such as a provision of an article, with the little that places it."""

    value: Value
    types: tuple[Value, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A slot that passages fill differently."""

    value: Value
    subject: Value
    property: Value
    kind: Value | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple of a graph."""

    subject: Value
    property: Value
    value: Value


@dataclass(frozen=True, slots=True)
class Thing:
    """All that the page of a thing shows.

    :param iri: the thing's IRI.
    :param kind: what sort of IRI it is.
    :param name: its name in English where it has one.
    :param types: its classes.
    :param labels: its names, one a language.
    :param spellings: the ways in which passages print its name.
    :param texts: definitions and glosses, by the heading they stand under.
    :param notes: what the editors decided about it.
    :param parts: what is part of it.
    :param parts_name: what the parts are called together.
    :param disputes: the disagreements that concern it.
    :param says: what is stated with it as the subject.
    :param said: what is stated with it as the value.
    :param content: the statements of the graph of its name.
    :param cut: whether there are more statements than are shown.
    :param previous: the passage before, in the same part.
    :param next: the passage after.
    """

    iri: str
    kind: str
    name: str
    types: tuple[Value, ...]
    labels: tuple[Value, ...]
    spellings: tuple[Value, ...]
    texts: Mapping[str, tuple[Value, ...]]
    notes: tuple[Value, ...]
    parts: tuple[Part, ...]
    parts_name: str
    disputes: tuple[Dispute, ...]
    says: tuple[Group, ...]
    said: tuple[Group, ...]
    content: tuple[Statement, ...]
    cut: bool
    previous: Value | None
    next: Value | None


async def read_thing(store: Store, urls: Urls, iri: str, most: int) -> Thing:
    """Read what the page of a thing shows.

    :param store: what answers.
    :param urls: for the page's links.
    :param iri: the thing.
    :param most: how many statements of a graph are shown.
    :raises StoreError: the store could not answer.
    """
    subject = term(iri)
    out = await rows(store, _OUT.format(iri=subject, most=_MOST_ROWS))
    into = await rows(store, _IN.format(iri=subject, most=_MOST_ROWS))
    content = await rows(store, _CONTENT.format(iri=subject, most=most + 1))
    parts = await rows(store, _PARTS.format(iri=subject, facts=values(_PART_FACTS), most=_MOST_ROWS))
    disputes = await rows(store, _DISPUTES.format(iri=subject, most=_MOST_ROWS))
    around = [
        await rows(store, _NEIGHBOURS.format(iri=subject, sign=sign, order=order)) if passage_key(iri) else []
        for sign, order in (("<", "DESC"), (">", "ASC"))
    ]
    everything = [*out, *into, *content, *parts, *disputes, *around[0], *around[1]]
    named = await _names(store, {iri, *_iris(everything)})
    reader = _Reader(iri, urls, named)
    previous, following = (reader.value(found[0]["s"]) if found else None for found in around)
    said = [row for row in into if _iri(row["p"]) not in (_IS_PART, PT + "disputedSubject")]
    return Thing(
        iri=iri,
        kind=next((kind for base, kind in _KINDS.items() if iri.startswith(base)), ""),
        name=named.labels.get(iri) or _name_in_words(iri) or shorten(iri).strip("<>"),
        types=tuple(sorted(reader.of(out, (_TYPE,)), key=_inferred)),
        labels=tuple(reader.of(out, _LABELS)),
        spellings=tuple(reader.of(out, _SPELLINGS)),
        texts={
            heading: found for iri_, heading in _TEXTS.items() if (found := tuple(reader.of(out, (iri_,))))
        },
        notes=tuple(reader.of(out, (_NOTES,))),
        parts=(placed := tuple(reader.parts(parts))),
        parts_name=_together(placed),
        disputes=tuple(reader.disputes(disputes)),
        says=tuple(reader.groups(out, "o", but={_TYPE, *_LABELS, *_SPELLINGS, *_TEXTS, _NOTES})),
        said=tuple(reader.groups(said, "s")),
        content=tuple(reader.statements(content[:most])),
        cut=len(content) > most or len(out) == _MOST_ROWS or len(into) == _MOST_ROWS,
        previous=previous,
        next=following,
    )


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called: labels, and glosses of passages, by IRI."""

    labels: Mapping[str, str] = field(default_factory=dict)
    glosses: Mapping[str, str] = field(default_factory=dict)


async def _names(store: Store, iris: Iterable[str]) -> Names:
    found: dict[str, tuple[int, str]] = {}
    glosses: dict[str, str] = {}
    for row in await rows(store, _NAMES.format(iris=values(sorted(iris)))):
        key, label, gloss = row["s"], row["label"], row["gloss"]
        if isinstance(gloss, ox.Literal):
            glosses[_iri(key)] = gloss.value
        elif isinstance(label, ox.Literal):
            # English first, then what has no language, then whatever there is.
            rank = (0 if label.language == "en" else 1 if not label.language else 2, label.value)
            found[_iri(key)] = min(found.get(_iri(key), rank), rank)
    # The commonest property of all comes from a vocabulary that the ontology does not name in words.
    return Names({_TYPE: "is a", **{iri: label for iri, (_, label) in found.items()}}, glosses)


class _Reader:
    """Turns rows into what a page shows, with names and links.

    :param iri: the thing whose page it is.
    :param urls: for links.
    :param names: what everything is called.
    """

    def __init__(self, iri: str, urls: Urls, names: Names) -> None:
        self._iri = iri
        self._urls = urls
        self._names = names

    def value(self, thing: Any, graphs: Iterable[Any] = ()) -> Value:
        shown = cell(thing, self._urls)
        label = self._names.labels.get(_iri(thing)) or _name_in_words(_iri(thing))
        return Value(shown, label, self._sources(graphs))

    def of(self, solutions: Iterable[Row], properties: Iterable[str]) -> list[Value]:
        wanted = set(properties)
        return self._merged((row for row in solutions if _iri(row["p"]) in wanted), "o")

    def groups(self, solutions: Iterable[Row], side: str, but: Iterable[str] = ()) -> list[Group]:
        left_out = set(but)
        by_property: dict[str, list[Row]] = {}
        for row in solutions:
            if _iri(row["p"]) not in left_out:
                by_property.setdefault(_iri(row["p"]), []).append(row)
        groups = []
        for found in by_property.values():
            merged = self._merged(found, side)
            if side == "s":
                merged.sort(key=lambda value: value.text)
            groups.append(
                Group(
                    self.value(found[0]["p"]),
                    tuple(merged[:_MOST_VALUES]),
                    max(0, len(merged) - _MOST_VALUES),
                )
            )
        # The project's own terms tell most, so they come first.
        return sorted(groups, key=lambda g: (not g.property.cell.title.startswith(PT), g.property.text))

    def parts(self, solutions: Iterable[Row]) -> list[Part]:
        by_part: dict[str, list[Row]] = {}
        things: dict[str, Any] = {}
        for row in solutions:
            by_part.setdefault(str(row["s"]), []).append(row)
            things[str(row["s"])] = row["s"]
        parts = []
        for key, found in by_part.items():
            facts = [row for row in found if row["p"] is not None]
            types = self._merged((row for row in facts if _stated_class(row)), "o")
            groups = {_iri(row["p"]): row for row in facts if _iri(row["p"]) != _TYPE}
            parts.append(
                Part(
                    self.value(things[key]),
                    tuple(types),
                    tuple(
                        Group(self.value(groups[p]["p"]), tuple(self.of(facts, (p,))))
                        for p in _PART_FACTS
                        if p in groups
                    ),
                )
            )
        return parts

    def disputes(self, solutions: Iterable[Row]) -> list[Dispute]:
        by_dispute: dict[str, list[Row]] = {}
        for row in solutions:
            by_dispute.setdefault(str(row["s"]), []).append(row)
        return [
            Dispute(
                self.value(found[0]["s"]),
                self.value(found[0]["subject"]),
                self.value(found[0]["property"]),
                self.value(found[0]["kind"]) if found[0]["kind"] is not None else None,
                tuple(self._merged(found, "o")),
            )
            for found in by_dispute.values()
        ]

    def statements(self, solutions: Iterable[Row]) -> list[Statement]:
        return [
            Statement(self.value(row["s"]), self.value(row["p"]), self.value(row["o"])) for row in solutions
        ]

    def _merged(self, solutions: Iterable[Row], side: str) -> list[Value]:
        """Show each term once, with all the graphs that state it."""
        graphs: dict[Any, dict[Any, None]] = {}
        for row in solutions:
            graphs.setdefault(row[side], {})[row["g"]] = None
        return [self.value(thing, found) for thing, found in graphs.items()]

    def _sources(self, graphs: Iterable[Any]) -> tuple[Source, ...]:
        sources = [self._source(_iri(graph)) for graph in graphs if graph is not None]
        return tuple(sorted(sources, key=lambda source: (not source.passage, source.text)))

    def _source(self, iri: str) -> Source:
        short = iri.removeprefix(PASSAGE).removeprefix(GRAPH)
        href = self._urls.thing(iri) or self._urls.description(iri)
        return Source(short, href, self._names.glosses.get(iri, ""), passage_key(iri) is not None)


def _inferred(type_: Value) -> bool:
    """Say whether only a rule says so: what passages state comes first."""
    return bool(type_.sources) and all(source.text == "derived" for source in type_.sources)


def _together(parts: Iterable[Part]) -> str:
    classes = {type_.cell.title for part in parts for type_ in part.types}
    return _TOGETHER.get(classes.pop(), "Its parts") if len(classes) == 1 else "Its parts"


def _stated_class(row: Row) -> bool:
    """Leave out the classes that a rule infers; a part is well placed by the stated ones."""
    return _iri(row["p"]) == _TYPE and _iri(row["g"]) != GRAPH + "derived"


def _name_in_words(iri: str) -> str:
    """Name a passage or a time span, which have no labels, by what their IRIs say.

    >>> _name_in_words("https://w3id.org/portsmouth1905/passage/s3-173")
    'Part 3, line 173'
    >>> _name_in_words("https://w3id.org/portsmouth1905/time/1905-04-05--1905-04-18")
    '1905-04-05 to 1905-04-18'
    """
    if key := passage_key(iri):
        return f"Part {key.part[1:]}, line {key.line}"
    return iri.removeprefix(TIME).replace("--", " to ") if iri.startswith(TIME) else ""


def _iri(thing: Any) -> str:
    return thing.value if isinstance(thing, ox.NamedNode) else ""


def _iris(solutions: Iterable[Row]) -> set[str]:
    return {_iri(thing) for row in solutions for thing in row if isinstance(thing, ox.NamedNode)}
