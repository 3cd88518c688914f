"""Reading disagreements from any store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from portsmouth.conflicts import queries
from portsmouth.conflicts.model import KINDS, Account, Conflict, Named, Rival, place
from portsmouth.conflicts.texts import Texts
from portsmouth.iris import CONCEPT, PT, passage_key, shorten
from portsmouth.store.protocol import Query, Store
from portsmouth.store.rows import Row, Term, rows, values

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


async def read_conflicts(store: Store, *, language: str = "en") -> tuple[Conflict, ...]:
    """Read every disagreement that a store holds.

    :param store: what answers; :func:`portsmouth.store.stances.seen_from` gives it a stance.
    :param language: of labels and glosses; English stands in where there is none.
    :return: the disagreements, the strongest kind first.
    :raises StoreError: the store could not answer.
    """
    reader = _Reader(store, language)
    return await reader.read()


@dataclass
class _Draft:
    """A disagreement as its rows come."""

    kind: str
    subject: str
    slot: str
    values: dict[Term, None]
    tellings: dict[str, None]
    passages: dict[str, None]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the store tells of one disagreement beside what it is: the rows of each query."""

    said: Sequence[Row]
    printed: Sequence[Row]
    dated: Sequence[Row]
    figures: Sequence[Row]
    spelt: Sequence[Row]
    about: Sequence[Row]


_TOLD: Final = {
    "said": queries.SAID,
    "printed": queries.PRINTED,
    "dated": queries.DATED,
    "figures": queries.FIGURES,
    "spelt": queries.SPELT,
    "about": queries.ABOUT,
}


class _Reader:
    def __init__(self, store: Store, language: str) -> None:
        self._store = store
        self._language = language

    async def read(self) -> tuple[Conflict, ...]:
        drafts = _drafts(await self._ask(queries.FOUND))
        if not drafts:
            return ()
        told = {name: _by_draft(await self._ask(text)) for name, text in _TOLD.items()}
        sides: dict[Term, set[Term]] = {}
        for row in await self._ask(queries.SIDES):
            sides.setdefault(row["said"], set()).add(row["value"])
        texts = await self._texts(drafts, (told["said"], told["figures"]))
        conflicts = [
            _conflict(iri, draft, _Told(**{name: told[name].get(iri, ()) for name in _TOLD}), sides, texts)
            for iri, draft in drafts.items()
        ]
        order = {kind: number for number, kind in enumerate(KINDS)}
        return tuple(sorted(conflicts, key=lambda one: (order.get(one.kind, len(order)), one.label, one.iri)))

    async def _ask(self, text: str) -> list[Row]:
        return await rows(self._store, Query(text, known_prefixes=True))

    async def _texts(
        self, drafts: Mapping[str, _Draft], answers: Iterable[Mapping[str, Sequence[Row]]]
    ) -> Texts:
        named: set[str] = set()
        for draft in drafts.values():
            named |= {draft.kind, draft.subject, draft.slot, *draft.tellings, *draft.passages}
            named |= {value.value for value in draft.values if isinstance(value, ox.NamedNode)}
        for answer in answers:
            for row in (row for some in answer.values() for row in some):
                named |= {term.value for term in row.values() if isinstance(term, ox.NamedNode)}
        language = str(ox.Literal(self._language))
        found: dict[tuple[str, str], str] = {}
        for row in await self._ask(queries.NAMED.format(things=values(named), language=language)):
            key, text = (row["thing"].value, shorten(row["p"].value)), row["text"]
            if key not in found or getattr(text, "language", "") == self._language:
                found[key] = text.value
        return Texts(found, self._language)


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


def _conflict(
    iri: str, draft: _Draft, told: _Told, sides: Mapping[Term, set[Term]], texts: Texts
) -> Conflict:
    """Put together what is told of one disagreement."""
    givers = _givers(draft, told, sides)
    figures = {row["value"]: _figure(row, texts) for row in told.figures}
    spelt: dict[Term, dict[str, tuple[str, ...]]] = {}
    for row in told.spelt:
        of_value, passage = spelt.setdefault(row["value"], {}), row["passage"].value
        of_value[passage] = (*of_value.get(passage, ()), row["spelling"].value)
    rivals = [
        _rival(
            value,
            figures.get(value) or texts.term(value),
            givers[value],
            draft,
            texts,
            spelt.get(value, {}),
        )
        for value in draft.values
    ]
    refined = draft.kind == _REFINEMENT
    return Conflict(
        iri=iri,
        kind=draft.kind.removeprefix(CONCEPT),
        kind_label=texts.label(draft.kind),
        explanation=_REFINED.get(draft.slot, _NARROWER_CASE) if refined else texts.definition(draft.kind),
        subject=Named(draft.subject, texts.label(draft.subject)),
        slot=Named(draft.slot, texts.label(draft.slot)),
        values=tuple(sorted(rivals, key=lambda rival: [place(one.passage) for one in rival.accounts[:1]])),
        tellings=tuple(Named(one, texts.label(one)) for one in draft.tellings),
        things=frozenset(
            {
                draft.subject,
                *draft.tellings,
                *(value.value for value in draft.values if isinstance(value, ox.NamedNode)),
                *(row["thing"].value for row in told.about),
            }
        ),
    )


def _givers(draft: _Draft, told: _Told, sides: Mapping[Term, set[Term]]) -> dict[Term, dict[_Giver, None]]:
    """Tell which passage gives which value, under which name of the subject, and how it puts it."""
    givers: dict[Term, dict[_Giver, None]] = {value: {} for value in draft.values}
    prints: dict[tuple[str, str], tuple[Term, ...]] = {}
    for row in told.printed:
        where = row["passage"].value, row["telling"].value
        prints[where] = (*prints.get(where, ()), row["said"])
    for row in told.said:
        passage, telling, term = row["passage"].value, row["telling"].value, row["said"]
        meant = {term} if term in givers else sides.get(term, set()) & givers.keys()
        for value in meant:
            put = prints.get((passage, telling), ()) if draft.slot == _WHEN else (term,) * (value != term)
            givers[value][passage, telling, put] = None
    spoken = {(row["passage"].value, row["telling"].value) for row in told.said}
    # A value that is not among the draft's has been written since that was read.
    for row in told.dated:
        for (passage, telling), put in prints.items():
            # A span that follows from a printed date counts only where the passage states none itself.
            if (
                passage == row["passage"].value
                and (passage, telling) not in spoken
                and row["value"] in givers
            ):
                givers[row["value"]][passage, telling, put] = None
    if draft.slot == _AMOUNT:
        for row in told.figures:
            if row["value"] in givers:
                givers[row["value"]][row["passage"].value, draft.subject, ()] = None
    return givers


def _rival(
    value: Term,
    label: str,
    givers: Iterable[_Giver],
    draft: _Draft,
    texts: Texts,
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
    return Rival(value, label, tuple(sorted(accounts, key=lambda one: (place(one.passage), one.telling))))


def _figure(row: Row, texts: Texts) -> str:
    """Write a figure for people, such as ``about 59,000 (person)``."""
    number = row["amount"].value
    words = [f"{int(number):,}" if number.isdecimal() else number]
    if "bound" in row and row["bound"].value != _EXACTLY:
        words.insert(0, texts.term(row["bound"]))
    if "unit" in row:
        words.append(f"({texts.term(row['unit'])})")
    return " ".join(words)
