"""What things are called, and what passages say in our words, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import (
    AUTHORITIES,
    CALENDAR,
    CATALOGUE,
    DERIVED,
    EDITORIAL,
    GRAPH,
    ID,
    ONTOLOGY_GRAPH,
    PASSAGE,
    RDF,
    TIME,
    XSD,
    passage_key,
    shorten,
)
from portsmouth.store.protocol import Store
from portsmouth_server.asking import table, values
from portsmouth_server.results import cell
from portsmouth_server.translation import messages
from portsmouth_server.urls import Urls
from portsmouth_server.views.dating import calendar_of, days, printed, span
from portsmouth_server.views.facts import Facts, Stated, iri_of

#: The languages in which pages are made.
LANGUAGES: Final = ("en", "th")
#: Marks a text for the translators; it is translated where it is shown.
N_: Final = str

_NAMES: Final = """
SELECT ?s ?label ?gloss WHERE {{
  {{ VALUES ?s {{ {iris} }} ?s skos:prefLabel|rdfs:label|dcterms:title ?label
     FILTER(LANG(?label) IN ({languages}) || NOT EXISTS {{
       ?s skos:prefLabel|rdfs:label ?other FILTER(LANG(?other) IN ({languages})) }}) }}
  UNION {{ VALUES ?s {{ {passages} }} ?s rdfs:comment ?gloss FILTER(LANG(?gloss) IN ({languages})) }}
}}"""
#: The calendars of printed dates, in words.
CALENDARS: Final = {
    "edtfJulian": N_("Old Style (Julian)"),
    "edtfGregorian": N_("New Style (Gregorian)"),
    "edtfBuddhist": N_("Buddhist Era"),
    "edtfMeiji": N_("Meiji era"),
    "edtfUnmarked": N_("calendar not marked"),
}
#: The graphs that are no passages, in words.
_GRAPHS: Final = {
    EDITORIAL: N_("the editors"),
    CATALOGUE: N_("the catalogue"),
    CALENDAR: N_("the calendar"),
    AUTHORITIES: N_("authority files"),
    DERIVED: N_("derived by rule"),
    ONTOLOGY_GRAPH: N_("the ontology"),
}
_PASSAGE: Final = N_("Part %(part)s, line %(line)s")
#: Properties from vocabularies that the ontology does not name in words.
_OTHER_NAMES: Final = {RDF + "type": N_("is a")}


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that states something.

    :param key: its short name, such as ``s3-173``.
    :param href: where it is read.
    :param part: the part's number, 0 where it is no passage.
    :param line: the source line.
    :param gloss: what a passage says, in our words.
    :param words: what a graph that is no passage is called; for the translators.
    :param states: what it states here, where that is less than all.
    """

    key: str
    href: str
    part: int = 0
    line: int = 0
    gloss: str = ""
    words: str = ""
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value as a page shows it.

    :param text: what is read.
    :param href: where it leads, empty where nowhere.
    :param title: the whole IRI or the datatype in words.
    :param lang: the language of the text, where it is not the page's.
    :param note: what stands beside it, such as the calendar of a date.
    :param sources: who states it.
    """

    text: str
    href: str = ""
    title: str = ""
    lang: str = ""
    note: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Names and glosses in one language, with another where that one has none.

    :param urls: for links.
    :param language: the reader's.
    :param names: text and its language by IRI.
    :param glosses: of passages, by IRI.
    """

    urls: Urls
    language: str = "en"
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    glosses: dict[str, str] = field(default_factory=dict)

    def name(self, iri: str) -> str:
        """Return what a thing is called.

        :param iri: the thing's IRI.

        >>> Words(Urls()).name("https://w3id.org/portsmouth1905/passage/s3-173")
        'Part 3, line 173'
        >>> Words(Urls()).name("https://w3id.org/portsmouth1905/id/x-y")
        'd:x-y'
        """
        if found := self.names.get(iri):
            # Terms of other vocabularies have English names only; the interface has words for the commonest.
            return found[0] if found[1] == self.language else self.say(found[0])
        if iri in _OTHER_NAMES:
            return self.say(_OTHER_NAMES[iri])
        if key := passage_key(iri):
            return self.say(_PASSAGE) % {"part": key.part[1:], "line": key.line}
        if iri.startswith(TIME) and (bounds := span(iri)):
            return days(bounds, self.language)
        return shorten(iri).strip("<>")

    def say(self, text: str) -> str:
        """Return a text of the interface in this language.

        :param text: the text in English.

        >>> Words(Urls()).say("disputed")
        'disputed'
        """
        found = messages(self.language).get(text)
        return found[0] if found else text

    def language_of(self, iri: str) -> str:
        """Return the language of a thing's name where it is another than the reader's.

        :param iri: the thing's IRI.
        """
        found = self.names.get(iri)
        return found[1] if found and found[1] and found[1] != self.language else ""

    def value(self, term: Any, sources: tuple[Source, ...] = ()) -> Value:
        """Return a term as a page shows it.

        :param term: an RDF term.
        :param sources: who states it.
        """
        if iri := iri_of(term):
            shown = cell(term, self.urls)
            return Value(self.name(iri), shown.href, iri, self.language_of(iri), sources=sources)
        if calendar := calendar_of(term):
            return Value(printed(term.value, self.language), note=calendar.value, sources=sources)
        if isinstance(term, ox.Literal):
            language = term.language or ""
            text = term.value
            if term.datatype.value in (XSD + "integer", XSD + "decimal"):
                text = number(text)
            return Value(text, lang=language if language != self.language else "", sources=sources)
        return Value(str(term), sources=sources)

    def link(self, iri: str) -> Value:
        """Return a thing as a page shows it; a node without a name leads nowhere.

        :param iri: the thing's IRI.

        >>> Words(Urls()).link("_:b0")
        Value(text='_:b0', href='', title='', lang='', note='', sources=())
        """
        if iri.startswith("_:"):
            return Value(iri)
        return self.value(ox.NamedNode(iri))

    def sources(
        self, graphs: Iterable[str], states: dict[str, list[str]] | None = None
    ) -> tuple[Source, ...]:
        """Return graphs as a page cites them, passages in the order of the text first.

        :param graphs: IRIs of graphs.
        :param states: what each of them states, where that is worth telling.
        """
        cited = [self._source(graph, tuple((states or {}).get(graph, ()))) for graph in dict.fromkeys(graphs)]
        return tuple(
            sorted(cited, key=lambda source: (not source.part, source.part, source.line, source.key))
        )

    def _source(self, graph: str, states: tuple[str, ...]) -> Source:
        href = self.urls.thing(graph) or self.urls.description(graph)
        if key := passage_key(graph):
            short = graph.removeprefix(PASSAGE)
            return Source(
                short, href, int(key.part[1:]), key.line, self.glosses.get(graph, ""), states=states
            )
        known = _GRAPHS.get(graph, "")
        return Source(graph.removeprefix(GRAPH), href, words=known or shorten(graph), states=states)


def number(text: str) -> str:
    """Write a whole number with its thousands apart; years and other short ones stay as they are.

    >>> number("59000"), number("1905"), number("1.5"), number("x")
    ('59,000', '1905', '1.5', 'x')
    """
    return f"{int(text):,}" if text.isascii() and text.isdigit() and len(text) > 4 else text


async def read_words(store: Store, urls: Urls, language: str, iris: Iterable[str]) -> Words:
    """Read what things are called.

    :param store: what answers.
    :param urls: for links.
    :param language: the reader's.
    :param iris: the things; of passages the glosses are read.
    :raises StoreError: the store could not answer.
    """
    found: dict[str, tuple[int, str, str]] = {}
    glosses: dict[str, tuple[int, str]] = {}
    asked = sorted(set(iris))
    query = _NAMES.format(
        iris=values(asked),
        passages=values(iri for iri in asked if passage_key(iri)),
        languages=", ".join(repr(code) for code in dict.fromkeys((language, "en", ""))),
    )
    for thing, label, gloss in await table(store, query):
        iri = iri_of(thing)
        for text in (label, gloss):
            if not isinstance(text, ox.Literal):
                continue
            rank = _rank(text.language or "", language)
            if text is gloss:
                glosses[iri] = min(glosses.get(iri, (rank, text.value)), (rank, text.value))
            else:
                best = (rank, text.value, text.language or "")
                found[iri] = min(found.get(iri, best), best)
    return Words(
        urls,
        language,
        {iri: (text, lang) for iri, (_, text, lang) in found.items()},
        {iri: text for iri, (_, text) in glosses.items()},
    )


def _rank(language: str, wanted: str) -> int:
    """Order languages: the reader's, then what has none, then English, then whatever there is."""
    return 0 if language == wanted else 1 if not language else 2 if language == "en" else 3


def iris_in(facts: Facts) -> set[str]:
    """Return every IRI that stands anywhere in some facts, graphs included.

    :param facts: the statements.
    """
    found: set[str] = set()
    for subject in facts.subjects():
        found |= facts.around(subject) | {subject}
    return found


def passages_of(stated: Iterable[Stated]) -> list[str]:
    """Return all graphs that state any of some values, each once."""
    return list(dict.fromkeys(graph for one in stated for graph in one.graphs))


def local(iri: str) -> str:
    """Return the part of an IRI that names a thing, for anchors.

    :param iri: the IRI.

    >>> local("https://w3id.org/portsmouth1905/id/article-9")
    'article-9'
    """
    return iri.removeprefix(ID).rpartition("/")[2].rpartition("#")[2]
