"""The manners of acts: how the page of influence draws a mode, and what it can be narrowed to.

A manner is coarser than a mode: words, orders, money, mediation, force, signature.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from portsmouth.networks import Selection, short
from portsmouth_server.kept_networks import Kept
from portsmouth_server.network_requests import Parameter

#: What a line looks like, by the mode of the act; any other mode is words.
MANNERS: Final[Mapping[str, frozenset[str]]] = {
    "words": frozenset(),
    "orders": frozenset(("instructed", "appointed", "represented", "dismissed", "ordered", "caused")),
    "money": frozenset(("funded", "rewarded")),
    "mediation": frozenset(("mediated",)),
    "force": frozenset(("defeated", "threatened", "warned", "pressed", "constrained", "attacked")),
    "signature": frozenset(("signed",)),
}
MANNER: Final = Parameter("manner", "string", "Only acts of this manner.", many=True, choices=tuple(MANNERS))


def manner(modes: Sequence[str]) -> str:
    """Return how an act is drawn.

    :param modes: its modes, by their short names.

    >>> manner(["funded"]), manner(["persuaded"]), manner([])
    ('money', 'words', 'words')
    """
    return next((name for name, members in MANNERS.items() if members.intersection(modes)), "words")


@dataclass(frozen=True, slots=True)
class OfManners(Selection):
    """What was chosen, the manners too.

    :param manners: only acts of these.
    """

    manners: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return what was selected, as JSON has it."""
        return {**Selection.as_json(self), "manners": list(self.manners)}


def of_manners(kept: Kept, selection: Selection, chosen: Collection[str]) -> tuple[Kept, Selection]:
    """Narrow a network to acts of some manners, and to who took part in them.

    :param kept: the network, which stays as it is.
    :param selection: what it was made of.
    :param chosen: the manners; all of them where there is none.
    :return: the narrower network, and what has been chosen, which it tells.
    """
    if not chosen:
        return kept, selection
    own = {field.name: getattr(selection, field.name) for field in fields(selection)}
    narrower = OfManners(**own, manners=tuple(sorted(set(chosen))))
    network: Any = kept.network
    arcs = [
        (source, target, key)
        for source, target, key, modes in network.edges(keys=True, data="modes")
        if manner([short(mode) for mode in modes or ()]) in chosen
    ]
    some = network.edge_subgraph(arcs).copy()
    some.graph["selection"] = narrower
    return replace(kept, network=some), narrower
