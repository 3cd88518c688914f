"""Documents, one after the other, as a stream of N-Quads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil, isqrt
from pathlib import Path
from typing import Final, NamedTuple

from portsmouth import iris, resources
from portsmouth.build.assemble import ontology_quads
from portsmouth.build.derive import derive
from portsmouth.build.disagreements import DISAGREEMENT_LABELS
from portsmouth.build.read import read_ontology
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.errors import ParameterError
from portsmouth.synthetic.drawing import Dice
from portsmouth.synthetic.names import Name
from portsmouth.synthetic.telling import Record, Rivalry, Teller
from portsmouth.synthetic.world import Thing, World
from portsmouth.synthetic.writing import Lines, term, text

PARTS: Final = 8
_EVENTS_A_DOCUMENT: Final = 4000
_QUADS_AN_EVENT: Final = 60
_LINES_AT_ONCE: Final = 8000

_EDITORIAL, _CATALOGUE, _CALENDAR, _DERIVED = (
    f"<{graph}>" for graph in (iris.EDITORIAL, iris.CATALOGUE, iris.CALENDAR, iris.DERIVED)
)
_A, _LABEL, _GLOSS, _NOTE = (
    term(name) for name in ("rdf:type", "skos:prefLabel", "rdfs:comment", "skos:editorialNote")
)
_FROM_GRAPH, _PRINTED_NAME, _WHEN, _SILENCE, _PART_OF, _CHECKSUM = (
    term(name)
    for name in (
        "prov:wasDerivedFrom", "schema:alternateName", "pt:when", "pt:silence", "dcterms:isPartOf",
        "spdx:checksumValue",
    )
)  # fmt: skip
_PASSAGE, _LINE, _START, _END = (term(name) for name in ("pt:Passage", "pt:line", "oa:start", "oa:end"))
_ABOVE: Final = {
    "side": term("pt:side"), "memberOf": term("schema:memberOf"),
    "headedBy": term("pt:headedBy"), "commandedBy": term("pt:commandedBy"),
}  # fmt: skip
_INTEGER: Final = f"^^{term('xsd:integer')}"
_YEAR_SUPPLIED: Final = text("The year is not printed; the passage stands among others of this year.", "en")
_DAY: Final = f"^^{term('xsd:date')}"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of what a corpus holds.

    :param quads: quads, those of the default graph and of the ontology too.
    :param events: acts of influence.
    """

    quads: int = 0
    events: int = 0
    documents: int = 0
    passages: int = 0
    actors: int = 0
    disagreements: int = 0


class _Block(NamedTuple):
    """An episode to come: how many acts, and in which lines of which parts it is told."""

    events: int
    places: tuple[tuple[int, int], ...]


class Corpus:
    """An invented corpus.

    :param events: how many acts of influence it holds.
    :param quads: instead, about how many quads it holds: never fewer, where it is large by less than 1 %
        more. The ontology alone is some 16,000.
    :param seed: the same seed, the same bytes.
    :param ontology: the ontology's folder; the package's own where not given.
    :raises ParameterError: not exactly one of the two sizes is given, or it is not positive.

    >>> corpus = Corpus(events=100, seed=1)
    >>> sum(chunk.count(b"\\n") for chunk in corpus) == corpus.counts.quads
    True
    >>> corpus.counts.events, corpus.counts.documents
    (100, 1)
    """

    def __init__(
        self,
        *,
        events: int | None = None,
        quads: int | None = None,
        seed: int = 1,
        ontology: Path | None = None,
    ) -> None:
        if (events is None) == (quads is None):
            raise ParameterError(found="both or neither of events and quads", expected="one of the two")
        if (events or quads or 0) < 1:
            raise ParameterError(found=f"the size {events or quads or 0}", expected="a size of 1 or more")
        self._events, self._quads, self._seed = events, quads, seed
        self._ontology = ontology or resources.ontology_folder()
        self.counts = Counts()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the corpus as N-Quads, piece by piece; :attr:`counts` is complete after the last."""
        writer = _Writer(
            self._seed, self._events or ceil((self._quads or 0) / _QUADS_AN_EVENT), self._ontology
        )
        self.counts = Counts()
        yield writer.lines.take()
        own = writer.lines.written
        while left := self._left(writer, own):
            for _ in writer.document(left):
                yield writer.lines.take()
            self.counts = replace(writer.counts, quads=writer.lines.written)

    def _left(self, writer: _Writer, own: int) -> int:
        """Return how many events the next document holds, 0 for none."""
        done = writer.counts.events
        if self._events is not None:
            left = self._events - done
            return min(left, max(100, min(_EVENTS_A_DOCUMENT, ceil(self._events / 4))))
        missing = (self._quads or 0) - writer.lines.written
        if missing <= 0 and done:
            return 0
        an_event = (writer.lines.written - own) / done if done else _QUADS_AN_EVENT
        return min(max(ceil(missing / an_event), 5), _EVENTS_A_DOCUMENT)


class _Writer:
    def __init__(self, seed: int, events: int, ontology: Path) -> None:
        self.lines = Lines()
        self.counts = Counts()
        self._dice = Dice(seed)
        self._teller = Teller(self._dice, World.of(max(20, min(12_000, 6 * isqrt(events)))))
        files = read_ontology(ontology)
        self._vocabulary = Vocabulary.from_quads(quad for file in files for quad in file.quads)
        self._classes = {
            name.removeprefix(iris.PT): [f"<{one}>" for one in sorted(above)]
            for name, above in self._vocabulary.superclasses.items()
        }
        # What is in the corpus already: both are bounded by the world and by the days of the years told of.
        self._known: set[str] = set()
        self._spans: set[str] = set()
        self.lines.quads(sorted(ontology_quads(files), key=str))
        self.lines.quads(derive((), self._vocabulary))

    def document(self, events: int) -> Iterator[None]:
        """Write a document; yield where much is waiting to be taken."""
        number = self.counts.documents
        blocks, ends = self._plan(events)
        page = _Page(number, ends)
        self._describe(page)
        introduced: set[str] = set()
        for place, block in enumerate(blocks):
            self._write_block(page, block, place / len(blocks), introduced)
            if len(self.lines) > _LINES_AT_ONCE:
                yield
        self.counts = replace(
            self.counts,
            documents=number + 1,
            events=self.counts.events + events,
            passages=self.counts.passages + sum(len(block.places) for block in blocks),
        )
        yield

    def _plan(self, events: int) -> tuple[list[_Block], list[int]]:
        """Share events out among blocks, and blocks among the lines of the parts, counted from 1 in each."""
        dice, blocks, used, turn = self._dice, [], [0] * PARTS, 0
        while events:
            count = min(events, 1 + dice.below(3))
            chance = dice.random()
            tellings = 1 if chance < 0.78 else 2 if chance < 0.96 else 3
            places = []
            for step in range(tellings):
                part = (turn + 3 * step) % PARTS
                used[part] += 1
                places.append((part, used[part]))
            blocks.append(_Block(count, tuple(places)))
            events -= count
            turn += 1
        return blocks, used

    def _write_block(self, page: _Page, block: _Block, when: float, introduced: set[str]) -> None:
        records = self._teller.episode(block.events, len(block.places), when)
        passages = [page.passage(*place) for place in block.places]
        for place, passage in enumerate(passages):
            for record in records:
                for thing in record.mentioned[place]:
                    if thing.key not in introduced:
                        self._introduce(thing, passage, introduced)
            self._catalogue(page, *block.places[place])
            spoken = next(record for record in records if record.accounts[place])
            self._gloss(passage, spoken.label)
        for record in records:
            self._write_record(record, passages)

    def _write_record(self, record: Record, passages: list[str]) -> None:
        lines, iri = self.lines, record.iri
        lines.told(zip(passages, record.accounts, strict=True))
        lines.once(f"{iri} {_LABEL} {text(record.label.latin, 'en')}", _EDITORIAL)
        lines.once(f"{iri} {_LABEL} {text(record.label.thai, 'th')}", _EDITORIAL)
        if above := self._classes[record.kind]:
            for name in above:
                lines.once(f"{iri} {_A} {name}", _DERIVED)
            for passage, account in zip(passages, record.accounts, strict=True):
                if account:
                    lines.once(f"{iri} {_FROM_GRAPH} {passage}", _DERIVED)
        for dating in record.datings:
            if dating.iri not in self._spans:
                self._spans.add(dating.iri)
                lines.once(f"{dating.iri} {_A} {term('pt:TimeSpan')}", _CALENDAR)
                lines.once(f'{dating.iri} {term("pt:earliest")} "{dating.span.earliest}"{_DAY}', _CALENDAR)
                lines.once(f'{dating.iri} {term("pt:latest")} "{dating.span.latest}"{_DAY}', _CALENDAR)
        if record.supplied:
            lines.once(f"{iri} {_WHEN} {record.supplied.iri}", _EDITORIAL)
            lines.once(f"{iri} {_NOTE} {_YEAR_SUPPLIED}", _EDITORIAL)
            lines.once(f"{record.supplied.iri} {_FROM_GRAPH} {passages[0]}", _DERIVED)
        for rivalry in record.rivalries:
            self._dispute(record, rivalry, passages)

    def _dispute(self, record: Record, rivalry: Rivalry, passages: list[str]) -> None:
        node = f"<{iris.ID}disagreement-{record.key}-{rivalry.name}>"
        slot = term(rivalry.slot)
        told = [
            (_A, term("pt:Disagreement")),
            (term("dcterms:type"), str(rivalry.kind.concept)),
            (term("pt:disputedSubject"), record.iri),
            (term("pt:disputedProperty"), slot),
            *((term("pt:disputedValue"), value) for value in dict.fromkeys(rivalry.values.values())),
            *((_FROM_GRAPH, passages[place]) for place in rivalry.values),
        ]
        for language, called in zip(("en", "th"), record.label, strict=True):
            name = self._vocabulary.labels[slot[1:-1], language]
            label = DISAGREEMENT_LABELS[language].format(subject=called, slot=name)
            told.append((_LABEL, text(label, language)))
        for predicate, value in told:
            self.lines.once(f"{node} {predicate} {value}", _DERIVED)
        self.counts = replace(self.counts, disagreements=self.counts.disagreements + 1)

    def _introduce(self, thing: Thing, passage: str, introduced: set[str]) -> None:
        """State what a passage states that speaks of somebody first in its document."""
        introduced.add(thing.key)
        for _, other in thing.above:
            if other.key not in introduced:
                self._introduce(other, passage, introduced)
        new = thing.key not in self._known
        state = self.lines.once if new else self.lines.again
        state(f"{thing.iri} {_A} {term('pt:' + thing.kind)}", passage)
        state(f'{thing.iri} {_PRINTED_NAME} "{thing.label.latin}"', passage)
        for name, other in thing.above:
            state(f"{thing.iri} {_ABOVE[name]} {other.iri}", passage)
        if self._classes[thing.kind]:
            self.lines.once(f"{thing.iri} {_FROM_GRAPH} {passage}", _DERIVED)
        if new:
            self._known.add(thing.key)
            for above in self._classes[thing.kind]:
                self.lines.once(f"{thing.iri} {_A} {above}", _DERIVED)
            self.lines.once(f"{thing.iri} {_LABEL} {text(thing.label.latin, 'en')}", _EDITORIAL)
            self.lines.once(f"{thing.iri} {_LABEL} {text(thing.label.thai, 'th')}", _EDITORIAL)
            if thing.kind != "Settlement":
                self.counts = replace(self.counts, actors=self.counts.actors + 1)

    # --- the page

    def _describe(self, page: _Page) -> None:
        lines, text_class = self.lines, term("pt:Text")
        document = page.iri
        lines.once(f"{document} {_A} {text_class}", _CATALOGUE)
        lines.once(f'{document} {term("dcterms:language")} "th"', _CATALOGUE)
        lines.once(f'{document} {_CHECKSUM} "{page.checksum}"', _CATALOGUE)
        lines.once(f"{document} {_LABEL} {text(page.label.latin, 'en')}", _EDITORIAL)
        lines.once(f"{document} {_LABEL} {text(page.label.thai, 'th')}", _EDITORIAL)
        for part in range(PARTS):
            iri = page.part(part)
            lines.once(f"{iri} {_A} {text_class}", _CATALOGUE)
            lines.once(f"{iri} {_PART_OF} {document}", _CATALOGUE)
            for name, value in (
                ("schema:position", part + 1),
                ("pt:firstLine", page.first[part]),
                ("pt:lastLine", page.first[part] + page.ends[part]),
            ):
                lines.once(f'{iri} {term(name)} "{value}"{_INTEGER}', _CATALOGUE)
            lines.once(f"{iri} {_LABEL} {text(f'{page.label.latin}, part {part + 1}', 'en')}", _EDITORIAL)
            lines.once(f"{iri} {_LABEL} {text(f'{page.label.thai} ส่วนที่ {part + 1}', 'th')}", _EDITORIAL)
            self._catalogue(page, part, 0)
            heading = page.passage(part, 0)
            lines.once(f"{heading} {_SILENCE} {term('c:silent-heading')}", _EDITORIAL)
            self._gloss(heading, Name("Heading", "หัวเรื่อง"))

    def _catalogue(self, page: _Page, part: int, line: int) -> None:
        passage, number = page.passage(part, line), page.first[part] + line
        start, end = page.starts[number - 1], page.starts[number] - 1
        digest = hashlib.sha256(page.text(number).encode()).hexdigest()
        once = self.lines.once
        once(f"{passage} {_A} {_PASSAGE}", _CATALOGUE)
        once(f'{passage} {_LINE} "{number}"{_INTEGER}', _CATALOGUE)
        once(f"{passage} {_PART_OF} {page.part(part)}", _CATALOGUE)
        once(f'{passage} {_START} "{start}"{_INTEGER}', _CATALOGUE)
        once(f'{passage} {_END} "{end}"{_INTEGER}', _CATALOGUE)
        once(f'{passage} {_CHECKSUM} "{digest}"', _CATALOGUE)

    def _gloss(self, passage: str, told: Name) -> None:
        self.lines.once(f"{passage} {_GLOSS} {text('Invented: ' + told.latin + '.', 'en')}", _EDITORIAL)
        self.lines.once(f"{passage} {_GLOSS} {text('เรื่องแต่ง ' + told.thai, 'th')}", _EDITORIAL)


class _Page:
    """The text of a document: a heading and some lines a part, a blank line after each part.

    :param number: which document, from 0.
    :param ends: how many lines each part has, its heading not counted.
    """

    def __init__(self, number: int, ends: list[int]) -> None:
        self.number = number
        self.ends = ends
        self.label = Name(f"Invented document {number + 1}", f"เอกสารสมมติ {number + 1}")
        self.iri = f"<{iris.ID}invented-document-{number + 1}>"
        # Line numbers from 1; a part has a heading, its lines, and a blank line after it.
        self.first = [1, *accumulate((lines + 2 for lines in ends), initial=1)][1:-1]
        self._blank = {first + lines + 1 for first, lines in zip(self.first, ends, strict=True)}
        page = [self.text(line) for line in range(1, self.first[-1] + ends[-1] + 1)]
        self.starts = [0, *accumulate(len(line) + 1 for line in page)]
        self.checksum = hashlib.sha256("".join(f"{line}\n" for line in page).encode()).hexdigest()

    def text(self, line: int) -> str:
        """Return the text of a line."""
        return "" if line in self._blank else f"Line {line} of invented document {self.number + 1}."

    def part(self, part: int) -> str:
        """Return the IRI of a part, as N-Triples; parts are counted on through all documents."""
        return f"<{iris.part(f's{PARTS * self.number + part + 1}')}>"

    def passage(self, part: int, line: int) -> str:
        """Return the IRI of a line of a part, as N-Triples."""
        return f"<{iris.passage(f's{PARTS * self.number + part + 1}', self.first[part] + line)}>"
