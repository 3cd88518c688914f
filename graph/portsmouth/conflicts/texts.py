"""How things in dispute are called: labels, glosses and definitions, dates as printed, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from portsmouth.dates import Calendar
from portsmouth.dating import as_printed
from portsmouth.iris import TIME, shorten
from portsmouth.store.rows import Term


@dataclass(frozen=True, slots=True)
class Texts:
    """Labels, glosses and definitions, in the language asked for or else in English.

    :param found: by IRI and property, as in ``("http://e/x", "rdfs:comment")``.
    :param language: the language asked for.

    >>> Texts({("http://e/x", "skos:prefLabel"): "X"}).label("http://e/x")
    'X'
    """

    found: Mapping[tuple[str, str], str]
    language: str = "en"

    def label(self, iri: str) -> str:
        """Return what a thing is called; a span of days by its days, all else by its IRI in short."""
        if iri.startswith(TIME):
            return iri.removeprefix(TIME).replace("--", " to ")
        return self._of(iri, "skos:prefLabel", "rdfs:label") or shorten(iri)

    def gloss(self, iri: str) -> str:
        """Return what a passage says, in our words; nothing where there is no gloss."""
        return self._of(iri, "rdfs:comment")

    def definition(self, iri: str) -> str:
        """Return a concept in a sentence; nothing where there is no definition."""
        return self._of(iri, "skos:definition")

    def _of(self, iri: str, *properties: str) -> str:
        return next((text for name in properties if (text := self.found.get((iri, name)))), "")

    def term(self, term: Term) -> str:
        """Return what a value is called, or how it reads: a date as it was printed."""
        if isinstance(term, ox.NamedNode):
            return self.label(term.value)
        calendar = Calendar.from_datatype(term.datatype.value) if isinstance(term, ox.Literal) else None
        return as_printed(term.value, calendar, self.language) if calendar else term.value
