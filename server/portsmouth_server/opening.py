"""The questions of the first page, each answered with the passages that carry every line of its answer."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.errors import PortsmouthError
from portsmouth.iris import CONCEPT, passage_key, shorten
from portsmouth.store.protocol import Query, Store
from portsmouth_server.asking import rows, values, whole
from portsmouth_server.kept import Kept
from portsmouth_server.later import load
from portsmouth_server.translation import gettext
from portsmouth_server.translation import number as written
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

log = logging.getLogger("portsmouth_server")

#: Marks a text for the translators; it is translated where it is shown.
N_: Final = str
_MOST_LINES: Final = 12
_SECONDS: Final = 10.0
#: What is written as the reader's language writes numbers; a longer one is hardly meant as a figure.
_FIGURE: Final = re.compile("[0-9]{1,18}")

_NAMES: Final = """
SELECT ?s ?label ?gloss WHERE {{
  VALUES ?s {{ {iris} }}
  {{ ?s skos:prefLabel ?label }} UNION {{ ?s a pt:Passage ; rdfs:comment ?gloss }}
}}"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the first page answers.

    :param text: as it is asked.
    :param query: gives a line of the answer as ``?x`` and, where it says something of it, ``?y``,
        with ``?bound`` where that is a figure.
    :param more: where the named queries tell more.
    """

    text: str
    query: str
    more: str


QUESTIONS: Final = (
    Question(
        N_("Who signed the treaty?"),
        "SELECT DISTINCT ?x { d:treaty-of-portsmouth pt:signedBy ?x . ?x a pt:Person } ORDER BY ?x",
        "signatories",
    ),
    Question(
        N_("What became of Japan's demands?"),
        """SELECT DISTINCT ?x ?y {
  ?x a pt:Demand ; dcterms:isPartOf d:demands-klitin ; schema:position ?n ; pt:outcome ?y
} ORDER BY ?n""",
        "demands",
    ),
    Question(
        N_("Who moved the Tsar, and how?"),
        """SELECT DISTINCT ?x ?y {
  ?act a pt:Influence ; pt:to d:nicholas-ii ; pt:from ?x ; pt:mode ?y
} ORDER BY ?x ?y""",
        "influence-on",
    ),
    Question(
        N_("What did Russia give up, and to whom?"),
        """SELECT DISTINCT ?x ?y {
  ?article a pt:Article ; dcterms:isPartOf d:treaty-of-portsmouth ; schema:position ?n .
  ?provision dcterms:isPartOf ?article ; pt:from d:government-of-russia ; pt:transfers ?x ; pt:to ?y
} ORDER BY ?n ?x""",
        "cessions",
    ),
    Question(
        N_("How many died in the war?"),
        """SELECT DISTINCT ?x ?y ?bound {
  ?figure pt:of d:russo-japanese-war ; pt:measure c:dead ; pt:amount ?y .
  OPTIONAL { ?figure pt:side ?x } OPTIONAL { ?figure pt:bound ?bound }
} ORDER BY ?x ?y""",
        "losses",
    ),
)


@dataclass(frozen=True, slots=True)
class _Line:
    x: Any
    y: Any
    bound: Any
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answered:
    question: Question
    lines: tuple[_Line, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    answers: tuple[_Answered, ...]
    labels: Mapping[str, Mapping[str, str]]
    glosses: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage that carries a line: its name, where it is read, and what it says in our words."""

    name: str
    href: str
    part: str
    line: int
    gloss: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of an answer."""

    name: str
    href: str
    says: str
    passages: Sequence[ShownPassage]


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question with its answer, in the reader's language."""

    text: str
    lines: Sequence[ShownLine]
    more: str


class Opening:
    """Answers the questions of the first page, once a snapshot.

    :param store: what answers.
    :param urls: for links.
    """

    def __init__(self, store: Store, urls: Urls) -> None:
        self._store = store
        self._urls = urls
        self._kept = Kept(store, self._read)

    async def questions(self) -> list[ShownQuestion]:
        """Return the questions that this graph answers."""
        try:
            read = await self._kept.get()
        except PortsmouthError as error:
            # The page is worth having without its answers.
            log.warning("the first page could not answer its questions: %s", error)
            return []
        return [
            ShownQuestion(
                gettext(answered.question.text),
                [self._line(line, read) for line in answered.lines],
                self._urls.named(answered.question.more),
            )
            for answered in read.answers
        ]

    async def _read(self) -> _Read:
        answers = [await self._answer(question) for question in QUESTIONS]
        told = [answered for answered in answers if answered.lines]
        lines = [line for answered in told for line in answered.lines]
        terms = {
            term.value
            for line in lines
            for term in (line.x, line.y, line.bound)
            if isinstance(term, ox.NamedNode)
        }
        labels, glosses = await self._names(terms | {iri for line in lines for iri in line.passages})
        return _Read(tuple(told), labels, glosses)

    async def _answer(self, question: Question) -> _Answered:
        # The first page may be the first that needs receipts.
        await load("portsmouth.receipts")
        from portsmouth.receipts import explain, read_answers
        from portsmouth.receipts.support import support_of

        query = Query(question.query, known_prefixes=True, deadline=_SECONDS)
        found = read_answers("solutions", await whole(self._store, query))
        some = found.rows[:_MOST_LINES]
        receipts = await explain(self._store, query, some)
        lines = [
            _Line(row.get("x"), row.get("y"), row.get("bound"), tuple(support_of(receipts, receipt).passages))
            for row, receipt in zip(some, receipts.rows, strict=True)
            if not isinstance(row, ox.Triple)
        ]
        # What no passage carries is not said here.
        return _Answered(question, tuple(line for line in lines if line.passages))

    async def _names(
        self, iris: Iterable[str]
    ) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, Mapping[str, str]]]:
        labels: dict[str, dict[str, str]] = defaultdict(dict)
        glosses: dict[str, dict[str, str]] = defaultdict(dict)
        for row in await rows(self._store, _NAMES.format(iris=values(sorted(iris)))):
            for name, texts in (("label", labels), ("gloss", glosses)):
                if row[name] is not None:
                    texts[row["s"].value].setdefault(row[name].language or "", row[name].value)
        return labels, glosses

    def _line(self, line: _Line, read: _Read) -> ShownLine:
        href = self._urls.thing(line.x.value) if isinstance(line.x, ox.NamedNode) else ""
        shown = [self._passage(iri, read.glosses.get(iri, {})) for iri in line.passages]
        return ShownLine(self._text(line.x, read), href, self._says(line, read), shown)

    def _says(self, line: _Line, read: _Read) -> str:
        """Say what a line tells, a figure as exactly as it is meant."""
        said = self._text(line.y, read)
        if line.bound is None or line.bound.value == CONCEPT + "exactly":
            return said
        return f"{self._text(line.bound, read)} {said}"

    def _passage(self, iri: str, gloss: Mapping[str, str]) -> ShownPassage:
        key = passage_key(iri)
        part, line = (key.part.removeprefix("s"), key.line) if key else ("", 0)
        return ShownPassage(shorten(iri), self._urls.thing(iri), part, line, viewer().name(gloss))

    @staticmethod
    def _text(term: Any, read: _Read) -> str:
        if term is None:
            return ""
        if isinstance(term, ox.NamedNode):
            return viewer().name(read.labels.get(term.value, {}), shorten(term.value).strip("<>"))
        return written(int(term.value)) if _FIGURE.fullmatch(term.value) else str(term.value)
