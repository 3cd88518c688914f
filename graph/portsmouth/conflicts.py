"""The conflict desk: where passages disagree, read from any store, each with its accounts side by side.

The build finds the disagreements (:mod:`portsmouth.build.disagreements`) and stores them in ``g:derived``.
Here they are put together with what each passage says, and how it puts it. No winner is chosen.

::

    async with EmbeddedStore.from_nquads(build().nquads) as store:
        for conflict in select(await read_conflicts(store), kind="incompatible"):
            print(conflict.label, [value.label for value in conflict.values])
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.dates import Calendar
from portsmouth.dating import as_printed
from portsmouth.errors import NotFoundError, ParameterError
from portsmouth.iris import CONCEPT, ID, PT, TIME, passage_key, shorten
from portsmouth.store.protocol import Query, Store
from portsmouth.store.rows import Row, Term, rows, values

#: The kinds, from the strongest.
KINDS: Final = ("incompatible", "overlapping", "internal", "calendar", "narrower", "refinement")

_PART: Final = re.compile(r"s[1-9][0-9]*")
_WHEN: Final = PT + "when"
_AMOUNT: Final = PT + "amount"
_EXACTLY: Final = CONCEPT + "exactly"
_REFINEMENT: Final = CONCEPT + "refinement"
#: What a refinement is, by the property: a day in a month is no example for an office.
_REFINED: Final = {
    _WHEN: "One span of days lies inside the other, as a day inside a month.",
    _AMOUNT: "One figure lies within what the other leaves open, as 2 within more than 1.",
}
_NARROWER_CASE: Final = "One value is a narrower case of the other, or a part of it."
_FOUND: Final = """
SELECT ?d ?kind ?subject ?slot ?p ?o {
  ?d a pt:Disagreement ; dcterms:type ?kind ; pt:disputedSubject ?subject ; pt:disputedProperty ?slot .
  VALUES ?p { pt:disputedValue pt:rivalTelling prov:wasDerivedFrom }
  ?d ?p ?o
} ORDER BY ?d ?p ?o"""
_SAID: Final = """
SELECT ?d ?passage ?telling ?said {
  ?d a pt:Disagreement ; pt:disputedProperty ?slot ; prov:wasDerivedFrom ?passage .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  GRAPH ?passage { ?telling ?slot ?said }
} ORDER BY ?d ?passage ?telling ?said"""
_PRINTED: Final = """
SELECT ?d ?passage ?telling ?said {
  ?d a pt:Disagreement ; pt:disputedProperty pt:when ; prov:wasDerivedFrom ?passage .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  GRAPH ?passage { ?telling pt:dateAsStated ?said }
} ORDER BY ?d ?passage ?telling ?said"""
_DATED: Final = """
SELECT ?d ?passage ?value {
  ?d a pt:Disagreement ; pt:disputedProperty pt:when .
  ?d pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH g:derived { ?value prov:wasDerivedFrom ?passage }
}"""
_SIDES: Final = """
SELECT DISTINCT ?said ?value {
  ?d a pt:Disagreement ; pt:rivalTelling ?any ; pt:disputedProperty ?slot ; pt:disputedValue ?value .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  ?telling ?slot ?said . ?said pt:side+ ?value
}"""
_FIGURES: Final = """
SELECT ?d ?passage ?value ?amount ?bound ?unit {
  ?d a pt:Disagreement ; pt:disputedProperty pt:amount .
  ?d pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH ?passage {
    ?value pt:amount ?amount OPTIONAL { ?value pt:bound ?bound } OPTIONAL { ?value pt:unit ?unit }
  }
}"""
_ABOUT: Final = f"""
SELECT DISTINCT ?d ?thing {{
  ?d a pt:Disagreement ; prov:wasDerivedFrom ?passage .
  {{ ?d pt:disputedSubject ?telling }} UNION {{ ?d pt:rivalTelling ?telling }}
  GRAPH ?passage {{ ?telling ?p ?thing }} FILTER(isIRI(?thing) && STRSTARTS(STR(?thing), "{ID}"))
}}"""
_SPELT: Final = """
SELECT ?d ?passage ?value ?spelling {
  ?d a pt:Disagreement ; pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH ?passage { ?value schema:alternateName ?spelling }
} ORDER BY ?d ?passage ?spelling"""
# The properties in a filter: of two lists of values the engine tries every pair.
_NAMED: Final = """
SELECT ?thing ?p ?text {{
  VALUES ?thing {{ {things} }}
  ?thing ?p ?text
  FILTER(?p IN (skos:prefLabel, rdfs:label, rdfs:comment, skos:definition)
         && LANG(?text) IN ("en", {language}))
}}"""


@dataclass(frozen=True, slots=True)
class Account:
    """What one passage says.

    :param passage: the passage's IRI.
    :param part: the part's key, such as ``s5``.
    :param line: its line in the source.
    :param gloss: what it says, in our words.
    :param put: how it puts the value, where that differs: a date as printed, a government for its state.
    :param telling: the IRI under which it tells of the subject, where that is another.
    :param terms: the same as ``put``, as it stands in the graph.
    :param spellings: how the passage spells the value, where it names it.
    """

    passage: str
    part: str
    line: int
    gloss: str = ""
    put: str = ""
    telling: str = ""
    terms: tuple[Term, ...] = ()
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rival:
    """One of the values, with the passages that give it.

    :param term: the value.
    :param label: what it is called, or how it reads.
    :param accounts: the passages, in the order of the page.
    """

    term: Term
    label: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """An IRI and what it is called."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One slot that passages fill differently.

    :param iri: the disagreement's IRI.
    :param kind: one of :data:`KINDS`.
    :param kind_label: the name of the kind.
    :param explanation: the kind in a sentence.
    :param subject: of what passages say different things.
    :param slot: the property in dispute.
    :param values: the rival values.
    :param tellings: other IRIs under which passages tell of the subject.
    :param things: IRIs of everything that it concerns: subject, tellings, values, and what they are tied to.
    """

    iri: str
    kind: str
    kind_label: str
    explanation: str
    subject: Named
    slot: Named
    values: tuple[Rival, ...]
    tellings: tuple[Named, ...] = ()
    things: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What tells it from the others in an address.

        >>> Conflict(ID + "disagreement-x-when", "", "", "", Named("", ""), Named("", ""), ()).name
        'x-when'
        """
        return self.iri.rpartition("/")[2].removeprefix("disagreement-")

    @property
    def label(self) -> str:
        """What is in dispute, in words."""
        return f"{self.subject.label}: {self.slot.label}"

    @property
    def passages(self) -> tuple[str, ...]:
        """The passages that take part, in the order of the page."""
        return tuple(sorted({one.passage for value in self.values for one in value.accounts}, key=_place))

    @property
    def parts(self) -> frozenset[str]:
        """The keys of the parts that take part."""
        return frozenset(one.part for value in self.values for one in value.accounts)

    def as_json(self) -> dict[str, Any]:
        """Write the disagreement for programs."""
        return {
            "iri": self.iri,
            "label": self.label,
            "kind": self.kind,
            "explanation": self.explanation,
            "subject": {"iri": self.subject.iri, "label": self.subject.label},
            "property": {"iri": self.slot.iri, "label": self.slot.label},
            "tellings": [{"iri": one.iri, "label": one.label} for one in self.tellings],
            "values": [
                {
                    "value": str(value.term),
                    "label": value.label,
                    "accounts": [
                        {
                            "passage": one.passage,
                            "part": one.part,
                            "line": one.line,
                            "gloss": one.gloss,
                            "put": one.put,
                            "spellings": list(one.spellings),
                            "telling": one.telling or self.subject.iri,
                        }
                        for one in value.accounts
                    ],
                }
                for value in self.values
            ],
        }


#: The columns of :func:`table`.
COLUMNS: Final = (
    "disagreement", "kind", "subject", "property", "value", "passage", "part", "line", "put", "gloss",
)  # fmt: skip


def table(conflicts: Iterable[Conflict]) -> list[tuple[str, ...]]:
    """Write disagreements as rows, one an account; see :data:`COLUMNS`.

    :param conflicts: the disagreements.
    """
    return [
        (
            conflict.iri, conflict.kind, conflict.subject.label, conflict.slot.label, value.label,
            account.passage, account.part, str(account.line), account.put, account.gloss,
        )
        for conflict in conflicts
        for value in conflict.values
        for account in value.accounts
    ]  # fmt: skip


async def read_conflicts(store: Store, *, language: str = "en") -> tuple[Conflict, ...]:
    """Read every disagreement that a store holds.

    :param store: what answers; :func:`portsmouth.store.stances.seen_from` gives it a stance.
    :param language: of labels and glosses; English stands in where there is none.
    :return: the disagreements, the strongest kind first.
    :raises StoreError: the store could not answer.
    """
    reader = _Reader(store, language)
    return await reader.read()


def select(
    conflicts: Iterable[Conflict], *, entity: str = "", part: str = "", kind: str = ""
) -> tuple[Conflict, ...]:
    """Choose among disagreements.

    :param conflicts: the disagreements.
    :param entity: the IRI of something that they must concern.
    :param part: the key of a part that must take part, such as ``s5``.
    :param kind: one of :data:`KINDS`.
    :raises ParameterError: there is no such kind, or a part is no key.

    >>> select([], kind="contrary")
    Traceback (most recent call last):
    ...
    portsmouth.errors.ParameterError: found kind='contrary'; expected one of incompatible, overlapping, \
internal, calendar, narrower, refinement
    """
    if kind and kind not in KINDS:
        raise ParameterError(found=f"kind={kind[:100]!r}", expected=f"one of {', '.join(KINDS)}")
    if part and not _PART.fullmatch(part):
        raise ParameterError(found=f"part={part[:100]!r}", expected="the key of a part, such as s5")
    return tuple(
        one
        for one in conflicts
        if (not entity or entity in one.things)
        and (not part or part in one.parts)
        and (not kind or kind == one.kind)
    )


def find(conflicts: Iterable[Conflict], name: str) -> Conflict:
    """Return the disagreement of a name.

    :param conflicts: the disagreements.
    :param name: as :attr:`Conflict.name` gives it.
    :raises NotFoundError: there is none.
    """
    for conflict in conflicts:
        if conflict.name == name:
            return conflict
    raise NotFoundError(found=f"no disagreement named {name[:100]!r}", expected="one of those at /conflicts")


@dataclass
class _Texts:
    """Labels, glosses and definitions, in the language asked for or else in English."""

    found: Mapping[tuple[str, str], str]
    language: str = "en"

    def label(self, iri: str) -> str:
        if iri.startswith(TIME):
            return iri.removeprefix(TIME).replace("--", " to ")
        return self._of(iri, "skos:prefLabel", "rdfs:label") or shorten(iri)

    def gloss(self, iri: str) -> str:
        return self._of(iri, "rdfs:comment")

    def definition(self, iri: str) -> str:
        return self._of(iri, "skos:definition")

    def _of(self, iri: str, *properties: str) -> str:
        return next((text for name in properties if (text := self.found.get((iri, name)))), "")

    def term(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self.label(term.value)
        calendar = Calendar.from_datatype(term.datatype.value) if isinstance(term, ox.Literal) else None
        return as_printed(term.value, calendar, self.language) if calendar else term.value


@dataclass
class _Draft:
    """A disagreement as its rows come."""

    kind: str
    subject: str
    slot: str
    values: dict[Term, None]
    tellings: dict[str, None]
    passages: dict[str, None]


class _Reader:
    def __init__(self, store: Store, language: str) -> None:
        self._store = store
        self._language = language

    async def read(self) -> tuple[Conflict, ...]:
        drafts = _drafts(await self._ask(_FOUND))
        if not drafts:
            return ()
        said = _by_draft(await self._ask(_SAID))
        printed = _by_draft(await self._ask(_PRINTED))
        dated = _by_draft(await self._ask(_DATED))
        spelt: dict[tuple[str, Term, str], list[str]] = {}
        for row in await self._ask(_SPELT):
            key = row["d"].value, row["value"], row["passage"].value
            spelt.setdefault(key, []).append(row["spelling"].value)
        figures = _by_draft(await self._ask(_FIGURES))
        sides: dict[Term, set[Term]] = {}
        for row in await self._ask(_SIDES):
            sides.setdefault(row["said"], set()).add(row["value"])
        things: dict[str, set[str]] = {}
        for row in await self._ask(_ABOUT):
            things.setdefault(row["d"].value, set()).add(row["thing"].value)
        texts = await self._texts(drafts, (said, figures))
        conflicts = []
        for iri, draft in drafts.items():
            givers = _givers(
                draft,
                said.get(iri, ()),
                dated.get(iri, ()),
                figures.get(iri, ()),
                printed.get(iri, ()),
                sides,
            )
            figure = {row["value"]: _figure(row, texts) for row in figures.get(iri, ())}
            concerned = {draft.subject, *draft.tellings, *things.get(iri, ())}
            concerned |= {value.value for value in draft.values if isinstance(value, ox.NamedNode)}
            conflicts.append(
                Conflict(
                    iri=iri,
                    kind=draft.kind.removeprefix(CONCEPT),
                    kind_label=texts.label(draft.kind),
                    explanation=_REFINED.get(draft.slot, _NARROWER_CASE)
                    if draft.kind == _REFINEMENT
                    else texts.definition(draft.kind),
                    subject=Named(draft.subject, texts.label(draft.subject)),
                    slot=Named(draft.slot, texts.label(draft.slot)),
                    values=tuple(
                        sorted(
                            (
                                _rival(
                                    value,
                                    figure.get(value) or texts.term(value),
                                    givers[value],
                                    draft,
                                    texts,
                                    {p: tuple(spelt.get((iri, value, p), ())) for p in draft.passages},
                                )
                                for value in draft.values
                            ),
                            key=lambda rival: [_place(one.passage) for one in rival.accounts[:1]],
                        )
                    ),
                    tellings=tuple(Named(one, texts.label(one)) for one in draft.tellings),
                    things=frozenset(concerned),
                )
            )
        order = {kind: number for number, kind in enumerate(KINDS)}
        return tuple(sorted(conflicts, key=lambda one: (order.get(one.kind, len(order)), one.label, one.iri)))

    async def _ask(self, text: str) -> list[Row]:
        return await rows(self._store, Query(text, known_prefixes=True))

    async def _texts(
        self, drafts: Mapping[str, _Draft], answers: Iterable[Mapping[str, Sequence[Row]]]
    ) -> _Texts:
        named: set[str] = set()
        for draft in drafts.values():
            named |= {draft.kind, draft.subject, draft.slot, *draft.tellings, *draft.passages}
            named |= {value.value for value in draft.values if isinstance(value, ox.NamedNode)}
        for answer in answers:
            for row in (row for some in answer.values() for row in some):
                named |= {term.value for term in row.values() if isinstance(term, ox.NamedNode)}
        language = str(ox.Literal(self._language))
        found: dict[tuple[str, str], str] = {}
        for row in await self._ask(_NAMED.format(things=values(named), language=language)):
            key, text = (row["thing"].value, shorten(row["p"].value)), row["text"]
            if key not in found or getattr(text, "language", "") == self._language:
                found[key] = text.value
        return _Texts(found, self._language)


#: Who gives a value: passage, the telling's IRI, and how it is put there.
_Giver = tuple[str, str, tuple[Term, ...]]


def _drafts(found: Iterable[Row]) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    for row in found:
        draft = drafts.setdefault(
            row["d"].value, _Draft(row["kind"].value, row["subject"].value, row["slot"].value, {}, {}, {})
        )
        name = row["p"].value
        if name == PT + "disputedValue":
            draft.values[row["o"]] = None
        elif name == PT + "rivalTelling":
            draft.tellings[row["o"].value] = None
        else:
            draft.passages[row["o"].value] = None
    return drafts


def _by_draft(answer: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in answer:
        found.setdefault(row["d"].value, []).append(row)
    return found


def _givers(
    draft: _Draft,
    said: Sequence[Row],
    dated: Sequence[Row],
    figures: Sequence[Row],
    printed: Sequence[Row],
    sides: Mapping[Term, set[Term]],
) -> dict[Term, dict[_Giver, None]]:
    """Tell which passage gives which value, under which name of the subject, and how it puts it."""
    givers: dict[Term, dict[_Giver, None]] = {value: {} for value in draft.values}
    prints: dict[tuple[str, str], tuple[Term, ...]] = {}
    for row in printed:
        place = row["passage"].value, row["telling"].value
        prints[place] = (*prints.get(place, ()), row["said"])
    for row in said:
        passage, telling, term = row["passage"].value, row["telling"].value, row["said"]
        meant = {term} if term in givers else sides.get(term, set()) & givers.keys()
        for value in meant:
            put = prints.get((passage, telling), ()) if draft.slot == _WHEN else (term,) * (value != term)
            givers[value][passage, telling, put] = None
    spoken = {(row["passage"].value, row["telling"].value) for row in said}
    for row in dated:
        for (passage, telling), put in prints.items():
            # A span that follows from a printed date counts only where the passage states none itself.
            if passage == row["passage"].value and (passage, telling) not in spoken:
                givers[row["value"]][passage, telling, put] = None
    if draft.slot == _AMOUNT:
        for row in figures:
            givers[row["value"]][row["passage"].value, draft.subject, ()] = None
    return givers


def _rival(
    value: Term,
    label: str,
    givers: Iterable[_Giver],
    draft: _Draft,
    texts: _Texts,
    spelt: Mapping[str, tuple[str, ...]],
) -> Rival:
    accounts = []
    for passage, telling, put in givers:
        key = passage_key(passage)
        accounts.append(
            Account(
                passage=passage,
                part=key.part if key else "",
                line=key.line if key else 0,
                gloss=texts.gloss(passage),
                put="; ".join(texts.term(one) for one in put),
                telling=telling if telling != draft.subject else "",
                terms=put,
                spellings=spelt.get(passage, ()),
            )
        )
    return Rival(value, label, tuple(sorted(accounts, key=lambda one: (_place(one.passage), one.telling))))


def _figure(row: Row, texts: _Texts) -> str:
    """Write a figure for people, such as ``about 59,000 (person)``."""
    number = row["amount"].value
    words = [f"{int(number):,}" if number.isdecimal() else number]
    if "bound" in row and row["bound"].value != _EXACTLY:
        words.insert(0, texts.term(row["bound"]))
    if "unit" in row:
        words.append(f"({texts.term(row['unit'])})")
    return " ".join(words)


def _place(passage: str) -> tuple[int, str]:
    key = passage_key(passage)
    return (key.line if key else 0, passage)
