"""What a page shows of receipts: under every row its passages, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyoxigraph as ox

from portsmouth.iris import shorten
from portsmouth.receipts import Answered, Page, Receipt, Receipts
from portsmouth.receipts.evidence import PassageNote
from portsmouth.receipts.support import Support, support_of
from portsmouth_server.results import Cell, cell
from portsmouth_server.urls import Urls


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage as a page shows it.

    :param name: its short name.
    :param href: where it is described.
    :param note: part, line and gloss.
    :param needed: whether the row falls without it.
    """

    name: str
    href: str
    note: PassageNote
    needed: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of an answer with what supports it.

    :param number: its place in the answer, counted from 1.
    :param cells: its values, each with the variable's name.
    :param passages: in the order of the page.
    :param words: what else is to be said, a sentence each.
    """

    number: int
    cells: Sequence[tuple[str, Cell]]
    passages: Sequence[ShownPassage]
    words: Sequence[str]


def shown_rows(
    page: Page, receipts: Receipts, notes: Mapping[str, PassageNote], urls: Urls
) -> list[ShownRow]:
    """Prepare the rows of a page of receipts.

    :param page: the rows.
    :param receipts: one for each of them.
    :param notes: what is told of passages, by IRI.
    :param urls: for links.
    """
    shown = []
    for number, (row, receipt) in enumerate(zip(page.answers.rows, receipts.rows, strict=True)):
        support = support_of(receipts, receipt)
        needed = support.indispensable or frozenset()
        passages = [
            ShownPassage(shorten(iri), urls.thing(iri), notes[iri], iri in needed) for iri in support.passages
        ]
        words = [*_weight(support), *_echoing(support, receipts), *_remarks(receipts, receipt)]
        shown.append(ShownRow(page.first + number + 1, _cells(row, urls), passages, words))
    return shown


def _cells(row: Answered, urls: Urls) -> list[tuple[str, Cell]]:
    if isinstance(row, ox.Triple):
        terms = zip(("subject", "predicate", "object"), row, strict=True)
        return [(name, cell(term, urls)) for name, term in terms]
    return [(name, cell(term, urls)) for name, term in row.items()]


def _weight(support: Support) -> list[str]:
    """Say how many witnesses there are, and how many of them are needed."""
    if not support.passages:
        return []
    words = [f"{_counted(len(support.passages), 'passage')}, {_counted(support.texts, 'independent text')}."]
    least = len(support.smallest[0]) if support.smallest else 0
    if support.indispensable == frozenset() and least:
        enough = "One of them is" if least == 1 else f"{least} of them together are"
        words.append(f"{enough} enough; no single one is indispensable.")
    return words


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _echoing(support: Support, receipts: Receipts) -> list[str]:
    """Name the passages of a row that repeat each other."""
    pairs = combinations(support.passages, 2)
    return [
        f"{shorten(one)} and {shorten(other)} repeat each other nearly word for word."
        for one, other in pairs
        if other in receipts.echoes.get(one, ())
    ]


def _remarks(receipts: Receipts, receipt: Receipt) -> list[str]:
    facts = dict.fromkeys(fact for d in receipt.derivations for fact in receipts.facts_of(d))
    words = []
    if receipt.derivations and not any(fact.passages for fact in facts):
        kinds = ", ".join(dict.fromkeys(fact.kind for fact in facts))
        words.append(f"No passage is needed; it rests on what is {kinds}." if kinds else "No fact is needed.")
    for fact in facts:
        if fact.disputed:
            triple = " ".join(_written(term) for term in fact.cited[:3])
            words.append(f"Disputed between passages: {triple}")
    words += [f"Not found in the sources: {text}" for text in _each(d.absent for d in receipt.derivations)]
    words += [f"Note: {text}." for text in _each(d.notes for d in receipt.derivations)]
    if receipt.truncated:
        words.append("There are more ways to this row than were followed.")
    return words


def _written(term: object) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term)


def _each(texts: object) -> list[str]:
    return list(dict.fromkeys(text for some in texts for text in some))  # type: ignore[attr-defined]
