"""The texts of the page, passage by passage: what each states, it alone, what is disputed, what is silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from portsmouth.iris import passage_key
from portsmouth.store.protocol import Query, Store
from portsmouth.store.rows import Row, rows

_PARTS: Final = """
SELECT ?part ?first ?last ?text {
  ?part pt:firstLine ?first ; pt:lastLine ?last OPTIONAL { ?part skos:prefLabel ?text }
} ORDER BY ?first"""
_PASSAGES: Final = """
SELECT ?passage ?part ?line ?gloss ?why ?reason {
  ?passage a pt:Passage ; dcterms:isPartOf ?part ; pt:line ?line .
  OPTIONAL { ?passage rdfs:comment ?gloss }
  OPTIONAL { ?passage pt:silence ?why . OPTIONAL { ?why skos:prefLabel ?reason } }
} ORDER BY ?line"""
# The store counts: to bring every statement here takes ten times as long.
_STATED: Final = "SELECT ?g (COUNT(*) AS ?n) { ?g a pt:Passage GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_ALONE: Final = """
SELECT ?g (COUNT(*) AS ?n) {
  { SELECT (SAMPLE(?one) AS ?g) { ?one a pt:Passage GRAPH ?one { ?s ?p ?o } }
    GROUP BY ?s ?p ?o HAVING(COUNT(*) = 1) }
} GROUP BY ?g"""
_DISPUTED: Final = "SELECT DISTINCT ?passage ?d { ?d a pt:Disagreement ; prov:wasDerivedFrom ?passage }"


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """A line of a text.

    :param iri: the passage's IRI.
    :param line: its number in the source.
    :param gloss: what it says, in our words.
    :param facts: how many triples it states.
    :param alone: how many of these no other passage states.
    :param disputed: IRIs of the disagreements in which it takes part.
    :param silence: why it states no fact; empty where it does.
    """

    iri: str
    line: int
    gloss: str
    facts: int
    alone: int
    disputed: tuple[str, ...]
    silence: str = ""


@dataclass(frozen=True, slots=True)
class SourcePart:
    """One of the texts.

    :param iri: the part's IRI.
    :param key: its key, such as ``s5``.
    :param label: what it is.
    :param first: its first line.
    :param last: its last line.
    :param passages: its lines that are not blank, in order.
    """

    iri: str
    key: str
    label: str
    first: int
    last: int
    passages: tuple[SourcePassage, ...]

    @property
    def facts(self) -> int:
        """How many triples its passages state, one for each passage that does."""
        return sum(passage.facts for passage in self.passages)

    @property
    def alone(self) -> int:
        """How many triples one of its passages states and no other passage of the page."""
        return sum(passage.alone for passage in self.passages)

    @property
    def disputed(self) -> int:
        """How many disagreements its passages take part in."""
        return len({one for passage in self.passages for one in passage.disputed})

    @property
    def silent(self) -> int:
        """How many of its passages state nothing."""
        return sum(1 for passage in self.passages if passage.silence)

    def as_json(self) -> dict[str, Any]:
        """Write the part for programs."""
        return {
            "iri": self.iri,
            "part": self.key,
            "label": self.label,
            "firstLine": self.first,
            "lastLine": self.last,
            "facts": self.facts,
            "alone": self.alone,
            "disputed": self.disputed,
            "silent": self.silent,
            "passages": [
                {
                    "iri": one.iri,
                    "line": one.line,
                    "gloss": one.gloss,
                    "facts": one.facts,
                    "alone": one.alone,
                    "disputed": list(one.disputed),
                    "silence": one.silence,
                }
                for one in self.passages
            ],
        }


#: The columns of :func:`table`.
COLUMNS: Final = ("passage", "part", "line", "facts", "alone", "disputed", "silence", "gloss")


def table(parts: Iterable[SourcePart]) -> list[tuple[str, ...]]:
    """Write texts as rows, one a passage; see :data:`COLUMNS`.

    :param parts: the texts.
    """
    return [
        (
            one.iri, part.key, str(one.line), str(one.facts), str(one.alone), str(len(one.disputed)),
            one.silence, one.gloss,
        )
        for part in parts
        for one in part.passages
    ]  # fmt: skip


async def read_sources(store: Store, language: str = "en") -> tuple[SourcePart, ...]:
    """Read the texts that a store's catalogue describes.

    :param store: what answers.
    :param language: of labels, glosses and reasons; English stands in where there is none.
    :return: the texts, in the order of the page.
    :raises StoreError: the store could not answer.
    """

    async def ask(text: str) -> list[Row]:
        return await rows(store, Query(text, known_prefixes=True))

    # Of no statement at all an engine may make one group without a graph.
    facts = Counter({row["g"].value: int(row["n"].value) for row in await ask(_STATED) if "g" in row})
    alone = Counter({row["g"].value: int(row["n"].value) for row in await ask(_ALONE) if "g" in row})
    disputed: dict[str, set[str]] = {}
    for row in await ask(_DISPUTED):
        disputed.setdefault(row["passage"].value, set()).add(row["d"].value)
    found: dict[str, _Texts] = {}
    by_part: dict[str, dict[str, int]] = {}
    for row in await ask(_PASSAGES):
        iri = row["passage"].value
        by_part.setdefault(row["part"].value, {})[iri] = int(row["line"].value)
        found.setdefault(iri, _Texts(language)).read(row)
    parts: dict[str, tuple[int, int, _Texts]] = {}
    for row in await ask(_PARTS):
        place = parts.setdefault(
            row["part"].value, (int(row["first"].value), int(row["last"].value), _Texts(language))
        )
        place[2].read(row)
    return tuple(
        SourcePart(
            iri=iri,
            key=iri.rpartition("/")[2],
            label=texts["text"] or iri.rpartition("/")[2],
            first=first,
            last=last,
            passages=tuple(
                SourcePassage(
                    iri=passage,
                    line=line,
                    gloss=found[passage]["gloss"],
                    facts=facts[passage],
                    alone=alone[passage],
                    disputed=tuple(sorted(disputed.get(passage, ()))),
                    silence=found[passage]["reason"] or found[passage]["why"],
                )
                for passage, line in by_part.get(iri, {}).items()
                if passage_key(passage)
            ),
        )
        for iri, (first, last, texts) in parts.items()
    )


class _Texts:
    """Texts by the name of their variable, in the language asked for or else in English."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._found: dict[str, tuple[int, str]] = {}

    def __getitem__(self, name: str) -> str:
        return self._found.get(name, (0, ""))[1]

    def read(self, row: Row) -> None:
        for name, term in row.items():
            spoken = getattr(term, "language", None)
            rank = 0 if spoken == self._language else 1 if spoken == "en" else 2
            if name not in self._found or rank < self._found[name][0]:
                self._found[name] = (rank, term.value)
