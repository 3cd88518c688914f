"""The ontology as its page shows it, read from the graph of the ontology in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import CONCEPT, DCTERMS, ONTOLOGY, ONTOLOGY_GRAPH, OWL, PT, RDF, RDFS, SKOS, shorten
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, term
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

_EVERYTHING: Final = f"SELECT ?s ?p ?o WHERE {{ GRAPH {term(ONTOLOGY_GRAPH)} {{ ?s ?p ?o }} }}"
_TYPE: Final = RDF + "type"
_CLASSES: Final = (OWL + "Class", RDFS + "Class")
_PROPERTIES: Final = (
    OWL + "ObjectProperty",
    OWL + "DatatypeProperty",
    OWL + "AnnotationProperty",
    RDF + "Property",
)
_BOUND: Final = {"said of": RDFS + "domain", "points to": RDFS + "range"}
_ABOVE: Final = {"subclass of": RDFS + "subClassOf", "subproperty of": RDFS + "subPropertyOf"}
_ALIGNED: Final = {
    "same as": (OWL + "equivalentClass", OWL + "equivalentProperty", SKOS + "exactMatch"),
    "close to": (SKOS + "closeMatch",),
    "narrower than": (SKOS + "broadMatch",),
    "broader than": (SKOS + "narrowMatch",),
    "related to": (SKOS + "relatedMatch", RDFS + "seeAlso"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A term that another leads to."""

    text: str
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text in a language."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Term:
    """A class, property, datatype or concept with all that its entry shows.

    :param iri: its IRI.
    :param anchor: where its entry stands in the page.
    :param short: its IRI with a prefix.
    :param labels: its names, the reader's language first.
    :param definitions: what it means, likewise.
    :param notes: how it is used here, likewise.
    :param examples: statements with it.
    :param relations: terms that it is tied to, by how.
    :param kind: what sort of term it is.
    :param depth: how far below a class without one above it.
    """

    iri: str
    anchor: str
    short: str
    labels: Sequence[Words]
    definitions: Sequence[Words]
    notes: Sequence[Words]
    examples: Sequence[str]
    relations: Mapping[str, Sequence[Link]]
    kind: str = ""
    depth: int = 0

    @property
    def name(self) -> str:
        """Its first name."""
        return self.labels[0].text if self.labels else self.short


@dataclass(frozen=True, slots=True)
class Scheme:
    """A concept scheme with its concepts."""

    term: Term
    concepts: Sequence[Term]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The whole ontology.

    :param titles: its name.
    :param abouts: what it is for.
    :param version: its version.
    :param licences: under what it may be used.
    :param classes: its classes, each below the one above it.
    :param properties: its properties, by name.
    :param datatypes: its datatypes.
    :param schemes: its concepts by scheme.
    :param others: terms of other vocabularies that are used here.
    """

    titles: Sequence[Words]
    abouts: Sequence[Words]
    version: str
    licences: Sequence[Link]
    classes: Sequence[Term]
    properties: Sequence[Term]
    datatypes: Sequence[Term]
    schemes: Sequence[Scheme]
    others: Sequence[Term]


async def read_vocabulary(store: Store, urls: Urls) -> Vocabulary | None:
    """Read the ontology, its words in the reader's language before those in others.

    :param store: what answers.
    :param urls: for links.
    :return: the ontology, ``None`` where the store holds none.
    :raises StoreError: the store could not answer.
    """
    found = await rows(store, _EVERYTHING)
    return _Reader(((row["s"], row["p"], row["o"]) for row in found), urls).vocabulary() if found else None


class _Reader:
    """Arranges the ontology's triples.

    :param triples: all of them.
    :param urls: for links.
    """

    def __init__(self, triples: Iterable[tuple[Any, Any, Any]], urls: Urls) -> None:
        self._urls = urls
        self._language = viewer().language
        self._values: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for subject, property_, value in triples:
            self._values[subject][property_.value].append(value)

    def vocabulary(self) -> Vocabulary:
        ontology = ox.NamedNode(ONTOLOGY)
        own = [node for node in self._values if isinstance(node, ox.NamedNode)]
        terms = sorted(
            (node for node in own if node.value.startswith(PT)), key=lambda node: node.value.lower()
        )
        classes = [node for node in terms if self._is(node, _CLASSES)]
        return Vocabulary(
            titles=self._words(ontology, DCTERMS + "title"),
            abouts=self._words(ontology, DCTERMS + "description"),
            version="".join(v.value for v in self._all(ontology, OWL + "versionInfo")[:1]),
            licences=[self._link(v) for v in self._all(ontology, DCTERMS + "license")],
            classes=list(self._tree(classes)),
            properties=[self._term(node) for node in terms if self._is(node, _PROPERTIES)],
            datatypes=[self._term(node) for node in terms if self._is(node, (RDFS + "Datatype",))],
            schemes=list(self._schemes(own)),
            others=self._others(own),
        )

    def _tree(self, classes: Sequence[ox.NamedNode]) -> Iterator[Term]:
        """Yield each class once, under the first of those above it."""
        own = set(classes)
        below: dict[Any, list[ox.NamedNode]] = defaultdict(list)
        for node in classes:
            above = [
                other for other in self._all(node, RDFS + "subClassOf") if other in own and other != node
            ]
            below[min(above, key=str) if above else None].append(node)
        done: set[ox.NamedNode] = set()

        def walk(parent: Any, depth: int) -> Iterator[Term]:
            for node in below[parent]:
                if node not in done:
                    done.add(node)
                    yield self._term(node, depth)
                    yield from walk(node, depth + 1)

        yield from walk(None, 0)
        # Classes that stand above one another in a circle have no beginning.
        for node in classes:
            if node not in done:
                done.add(node)
                yield self._term(node)

    def _schemes(self, own: Sequence[ox.NamedNode]) -> Iterator[Scheme]:
        schemes = sorted((n for n in own if self._is(n, (SKOS + "ConceptScheme",))), key=lambda n: n.value)
        members: dict[Any, list[ox.NamedNode]] = defaultdict(list)
        for node in own:
            for scheme in self._all(node, SKOS + "inScheme"):
                members[scheme].append(node)
        for scheme in schemes:
            concepts = sorted((self._term(node) for node in members[scheme]), key=lambda t: t.name.lower())
            yield Scheme(self._term(scheme), concepts)

    def _others(self, own: Sequence[ox.NamedNode]) -> list[Term]:
        """Return the terms of other vocabularies of which the ontology says how they are used."""
        foreign = [
            self._term(node)
            for node in own
            if not node.value.startswith((PT, CONCEPT))
            and node.value != ONTOLOGY
            and self._is(node, (*_CLASSES, *_PROPERTIES))
        ]
        return sorted((term for term in foreign if term.labels and term.notes), key=lambda term: term.short)

    def _term(self, node: ox.NamedNode, depth: int = 0) -> Term:
        short = shorten(node.value).strip("<>")
        anchor = node.value.removeprefix(PT) if node.value.startswith(PT) else short
        relations: dict[str, list[Link]] = {}
        for name, property_ in _BOUND.items():
            found = [link for value in self._all(node, property_) for link in self._union(value)]
            if found:
                relations[name] = found
        for name, property_ in _ABOVE.items():
            if found := self._links(node, (property_,)):
                relations[name] = found
        for name, properties in _ALIGNED.items():
            if found := self._links(node, properties):
                relations[name] = found
        return Term(
            iri=node.value,
            anchor=anchor,
            short=short,
            labels=self._labels(node),
            definitions=self._words(node, SKOS + "definition"),
            notes=self._words(node, SKOS + "scopeNote", RDFS + "comment"),
            examples=sorted(v.value for v in self._all(node, SKOS + "example")),
            relations=relations,
            kind=self._kind(node),
            depth=depth,
        )

    def _kind(self, node: ox.NamedNode) -> str:
        kinds = {
            OWL + "ObjectProperty": "leads to a thing",
            OWL + "DatatypeProperty": "leads to a value",
            OWL + "AnnotationProperty": "annotation",
        }
        return next((kinds[v.value] for v in self._all(node, _TYPE) if v.value in kinds), "")

    def _union(self, value: Any) -> Iterator[Link]:
        """Yield the classes that a domain or range names, one or several (owl:unionOf)."""
        if isinstance(value, ox.NamedNode):
            yield self._link(value)
            return
        for start in self._all(value, OWL + "unionOf"):
            yield from (
                self._link(member) for member in self._list(start) if isinstance(member, ox.NamedNode)
            )

    def _list(self, start: Any) -> Iterator[Any]:
        seen: set[Any] = set()
        while start in self._values and start not in seen:
            seen.add(start)
            yield from self._all(start, RDF + "first")
            start = next(iter(self._all(start, RDF + "rest")), None)

    def _links(self, node: Any, properties: Iterable[str]) -> list[Link]:
        values = (value for property_ in properties for value in self._all(node, property_))
        found = {self._link(value) for value in values if isinstance(value, ox.NamedNode)}
        return sorted(found, key=lambda link: link.text)

    def _link(self, value: Any) -> Link:
        iri = value.value
        href = f"#{iri.removeprefix(PT)}" if iri.startswith(PT) else self._urls.thing(iri)
        outside = iri if iri.startswith(("http://", "https://")) else ""
        short = shorten(iri).strip("<>").removeprefix("pt:")
        # English readers know the terms by the names that they write in queries, which are English.
        label = next(
            (words.text for words in self._labels(value) if words.lang == self._language != "en"), ""
        )
        return Link(label or short, href or outside, iri)

    def _labels(self, node: Any) -> list[Words]:
        return self._words(node, SKOS + "prefLabel", RDFS + "label")

    def _words(self, node: Any, *properties: str) -> list[Words]:
        found = {
            Words(value.value, value.language or "")
            for property_ in properties
            for value in self._all(node, property_)
            if isinstance(value, ox.Literal)
        }
        return sorted(found, key=lambda words: (*self._after(words.lang), words.text))

    def _after(self, language: str) -> tuple[bool, bool, str]:
        """Say where words in a language stand: those in the reader's first, then English."""
        return language != self._language, language != "en", language

    def _is(self, node: Any, classes: Iterable[str]) -> bool:
        wanted = set(classes)
        return any(isinstance(v, ox.NamedNode) and v.value in wanted for v in self._all(node, _TYPE))

    def _all(self, node: Any, property_: str) -> list[Any]:
        return (
            self._values[node][property_] if node in self._values and property_ in self._values[node] else []
        )
