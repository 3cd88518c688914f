"""How strongly passages carry a row: the smallest sets that do, and the passages that it cannot lose.

Only passages count. Labels, calendar and derived statements are this project's own and are taken as given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import passage_key
from portsmouth.receipts.independence import independent_texts
from portsmouth.receipts.model import Fact, Receipt, Receipts

#: Notes of derivations that are one way of several, of which the others were not looked for.
ONE_EXAMPLE: Final = "one example of what the query asks to exist"
ONE_PATH: Final = "one shortest path; there may be others"

#: Sets that are weighed at once; beyond them no set that is told is too large, but some may not be told.
_MOST: Final = 256
#: Sets times facts that are weighed: a group of hundreds of facts has too many sets to follow.
_EFFORT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Support:
    """What passages do for a row.

    :param passages: all that state one of its facts, in the order of the page.
    :param smallest: sets of passages that carry the row, none of which could do with less, the smallest
        first; the empty set alone where no passage is needed.
    :param indispensable: those of which each alone, if it were wrong, would take the row away; ``None`` where
        that cannot be said, because there may be further ways to the row than those that were found.
    :param texts: how many independent texts these passages are.
    :param complete: whether there are no further such sets.
    """

    passages: tuple[str, ...]
    texts: int
    smallest: tuple[frozenset[str], ...]
    indispensable: frozenset[str] | None
    complete: bool = True


def support_of(receipts: Receipts, row: Receipt) -> Support:
    """Weigh what passages do for a row.

    The sets are the minimal hitting sets of the alternatives that every fact has, found one fact after
    another (C. Berge, Hypergraphs, 1989, chapter 2).

    :param receipts: where the row stands.
    :param row: the row's receipt.

    >>> from portsmouth.iris import passage
    >>> from portsmouth.receipts.model import Cited, Derivation
    >>> import pyoxigraph as ox
    >>> iri = ox.NamedNode("http://e/a")
    >>> fact = Fact(Cited(iri, iri, iri), (passage("s1", 39), passage("s5", 235)))
    >>> receipt = Receipt((Derivation((0,)),))
    >>> weighed = support_of(Receipts((fact,), (receipt,)), receipt)
    >>> len(weighed.smallest), weighed.indispensable
    (2, frozenset())
    """
    facts = [fact for derivation in row.derivations for fact in receipts.facts_of(derivation)]
    passages = {passage for fact in facts for passage in fact.passages}
    carriers = [least(_carriers(receipts.facts_of(derivation))) for derivation in row.derivations]
    found: set[frozenset[str]] = set()
    complete = True
    for each in carriers:
        sets, whole = _minimal(each)
        found |= sets
        complete = complete and whole
    smallest = tuple(sorted(least(found), key=_size))
    return Support(
        tuple(sorted(passages, key=_place)),
        independent_texts(passages, receipts.echoes),
        smallest[:_MOST],
        _indispensable(row, carriers),
        complete and len(smallest) <= _MOST and not _others(row),
    )


def smallest_sets(receipts: Receipts, row: Receipt) -> tuple[frozenset[str], ...]:
    """Return the sets of passages that carry a row, none of which could do with less.

    :param receipts: where the row stands.
    :param row: the row's receipt.
    :return: sets of passages' IRIs, the smallest first; the empty set alone where no passage is needed.
    """
    return support_of(receipts, row).smallest


def indispensable(receipts: Receipts, row: Receipt) -> frozenset[str]:
    """Return the passages of which each alone, if it were wrong, would take the row away.

    :param receipts: where the row stands.
    :param row: the row's receipt; none can be named where there may be further ways to the row, because it
        was cut, or because one witness of several was taken.
    :return: passages' IRIs.
    """
    return support_of(receipts, row).indispensable or frozenset()


def _indispensable(row: Receipt, carriers: list[set[frozenset[str]]]) -> frozenset[str] | None:
    if _others(row):
        return None
    needed = [frozenset(only for one in each if len(one) == 1 for only in one) for each in carriers]
    return frozenset.intersection(*needed)


def _others(row: Receipt) -> bool:
    """Whether there may be ways to a row beside those that were found."""
    witnessed = any(note in (ONE_PATH, ONE_EXAMPLE) for d in row.derivations for note in d.notes)
    return row.truncated or witnessed or not row.derivations


def _carriers(facts: Iterable[Fact]) -> set[frozenset[str]]:
    """Return for each fact that passages alone state the passages that can carry it."""
    found = set()
    for fact in facts:
        if fact.cited.graph is not None:
            if fact.cited.graph.value in fact.passages:
                found.add(frozenset({fact.cited.graph.value}))
        elif fact.passages and len(fact.passages) == len(fact.graphs):
            found.add(frozenset(fact.passages))
    return found


def _minimal(carriers: set[frozenset[str]]) -> tuple[set[frozenset[str]], bool]:
    """Return the smallest sets with a passage of every carrier, and whether they are all."""
    sets: set[frozenset[str]] = {frozenset()}
    complete = True
    most = max(4, min(_MOST, _EFFORT // max(1, len(carriers))))
    for carrier in sorted(carriers, key=_size):
        sets = least({one if one & carrier else one | {p} for one in sets for p in carrier})
        if len(sets) > most:
            complete = False
            sets = set(sorted(sets, key=_size)[:most])
    # A set that lost those that it was compared with may hold more than it needs.
    return (sets if complete else {_thinned(one, carriers) for one in sets}), complete


def _thinned(one: frozenset[str], carriers: set[frozenset[str]]) -> frozenset[str]:
    for passage in sorted(one):
        if all((one - {passage}) & carrier for carrier in carriers):
            one -= {passage}
    return one


def least(sets: set[frozenset[str]]) -> set[frozenset[str]]:
    """Leave out every set that contains another.

    >>> least({frozenset("a"), frozenset("ab")})
    {frozenset({'a'})}
    """
    kept: list[frozenset[str]] = []
    for one in sorted(sets, key=len):
        if not any(other <= one for other in kept):
            kept.append(one)
    return set(kept)


def _size(one: frozenset[str]) -> tuple[int, list[str]]:
    return len(one), sorted(one)


def _place(passage: str) -> tuple[int, str]:
    key = passage_key(passage)
    return (key.line if key else 0, passage)
