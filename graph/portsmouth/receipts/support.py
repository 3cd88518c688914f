"""How strongly passages carry a row: the smallest sets that do, and the passages that it cannot lose.

Only passages count. Labels, calendar and derived statements are this project's own and are taken as given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from portsmouth.receipts.lineage import ONE_EXAMPLE
from portsmouth.receipts.model import Fact, Receipt, Receipts
from portsmouth.receipts.paths import ONE_PATH

#: Sets that are weighed at once; beyond them the smallest set is a small one, perhaps not the smallest.
_MOST: Final = 1_000


def smallest_sets(receipts: Receipts, row: Receipt) -> tuple[frozenset[str], ...]:
    """Return the sets of passages that carry a row, none of which could do with less.

    :param receipts: where the row stands.
    :param row: the row's receipt.
    :return: sets of passages' IRIs, the smallest first; the empty set alone where no passage is needed.
    """
    found: set[frozenset[str]] = set()
    for derivation in row.derivations:
        found |= _minimal(_carriers(receipts.facts_of(derivation)))
    return tuple(sorted(_least(found), key=lambda passages: (len(passages), sorted(passages))))


def indispensable(receipts: Receipts, row: Receipt) -> frozenset[str]:
    """Return the passages of which each alone, if it were wrong, would take the row away.

    :param receipts: where the row stands.
    :param row: the row's receipt; none can be named where there may be further ways to the row, because it
        was cut, or because one witness of several was taken.
    :return: passages' IRIs.
    """
    witnessed = any(note in (ONE_PATH, ONE_EXAMPLE) for d in row.derivations for note in d.notes)
    if row.truncated or witnessed or not row.derivations:
        return frozenset()
    needed = [
        frozenset(
            only for carriers in _carriers(receipts.facts_of(d)) if len(carriers) == 1 for only in carriers
        )
        for d in row.derivations
    ]
    return frozenset.intersection(*needed)


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


def _minimal(carriers: set[frozenset[str]]) -> set[frozenset[str]]:
    """Return the smallest sets with a passage of every carrier."""
    sets: set[frozenset[str]] = {frozenset()}
    for carrier in sorted(carriers, key=lambda one: (len(one), sorted(one))):
        grown = {one if one & carrier else one | {p} for one in sets for p in carrier}
        least = sorted(_least(grown), key=lambda one: (len(one), sorted(one)))
        sets = set(least[:_MOST])
    return sets


def _least(sets: set[frozenset[str]]) -> set[frozenset[str]]:
    """Leave out every set that contains another."""
    kept: list[frozenset[str]] = []
    for one in sorted(sets, key=len):
        if not any(other <= one for other in kept):
            kept.append(one)
    return set(kept)
