"""What a page shows of receipts: under every row its passages, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyoxigraph as ox

from portsmouth.iris import shorten
from portsmouth.receipts import Answered, Page, Receipt, Receipts
from portsmouth.receipts.evidence import PassageNote
from portsmouth.receipts.explaining import UNSUPPORTED
from portsmouth.receipts.support import Support, support_of
from portsmouth_server.results import Cell, cell
from portsmouth_server.translation import gettext, ngettext
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


def said(note: str) -> str:
    """Say a note of a receipt in the reader's language.

    :param note: the note, as the library words it.

    >>> said("unsupported: no receipt can be given for 'DESCRIBE'")
    "unsupported: no receipt can be given for 'DESCRIBE'"
    """
    if note.startswith(UNSUPPORTED):
        what = note.removeprefix(UNSUPPORTED).strip()
        return gettext("unsupported: no receipt can be given for %(what)s") % {"what": gettext(what)}
    return gettext(note)


def _weight(support: Support) -> list[str]:
    """Say how many witnesses there are, and how many of them are needed."""
    passages, texts = len(support.passages), support.texts
    if not passages:
        return []
    counted = (
        ngettext("%(num)s passage", "%(num)s passages", passages) % {"num": passages},
        ngettext("%(num)s independent text", "%(num)s independent texts", texts) % {"num": texts},
    )
    words = [", ".join(counted)]
    least = len(support.smallest[0]) if support.smallest else 0
    if support.indispensable == frozenset() and least:
        one = gettext("One of them is enough; no single one is indispensable.")
        several = gettext("%(num)s of them together are enough; no single one is indispensable.")
        words.append(one if least == 1 else several % {"num": least})
    return words


def _echoing(support: Support, receipts: Receipts) -> list[str]:
    """Name the passages of a row that repeat each other."""
    sentence = gettext("%(one)s and %(other)s repeat each other nearly word for word.")
    return [
        sentence % {"one": shorten(one), "other": shorten(other)}
        for one, other in combinations(support.passages, 2)
        if other in receipts.echoes.get(one, ())
    ]


def _remarks(receipts: Receipts, receipt: Receipt) -> list[str]:
    facts = dict.fromkeys(fact for d in receipt.derivations for fact in receipts.facts_of(d))
    words = []
    if receipt.derivations and not any(fact.passages for fact in facts):
        kinds = ", ".join(dict.fromkeys(fact.kind for fact in facts))
        ours = gettext("No passage is needed; it rests on graphs of this project: %(kinds)s.")
        words.append(ours % {"kinds": kinds} if kinds else gettext("No fact is needed."))
    for fact in facts:
        if fact.disputed:
            triple = " ".join(_written(term) for term in fact.cited[:3])
            words.append(gettext("Disputed between passages: %(triple)s") % {"triple": triple})
    absent = dict.fromkeys(text for d in receipt.derivations for text in d.absent)
    words += [gettext("Not found in the sources: %(pattern)s") % {"pattern": text} for text in absent]
    notes = dict.fromkeys(note for d in receipt.derivations for note in d.notes)
    words += [f"{gettext('Note:')} {said(note)}" for note in notes]
    if receipt.truncated:
        words.append(gettext("There are more ways to this row than were followed."))
    return words


def _written(term: object) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term)
