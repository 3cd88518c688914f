"""Networks of actors, each arc with the event, the days and the passages that it rests on.

An act of influence becomes arcs along its chain of actors, as :mod:`portsmouth.networks.arcs` tells; all of
them carry its IRI.

An arc has these attributes:

``event``
    IRI of the act; of the treaty, body, conference or tenure in the other networks.
``leg``
    which piece of the chain: ``direct``, ``mandate``, ``dispatch`` (to the intermediary), ``delivery`` (from
    it).
``modes``, ``outcomes``, ``stances``
    IRIs of concepts, sorted.
``earliest``, ``latest``
    the days between which it lies, or ``None``. Where passages date an act differently these are the days on
    which all of them agree; where there is no such day, the days from the first to the last that any of them
    gives.
``spans``
    what each passage or editor gives: triples of first day, last day, and the graph.
``passages``
    IRIs of the passages that name either end of the arc in its part.
``disputed``
    whether passages say different things of the event.
``reported``
    whether the page only passes it on (``pt:certainty c:reported``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from portsmouth.collecting import collector_paused
from portsmouth.iris import CONCEPT, PASSAGE, PT
from portsmouth.networks import reading
from portsmouth.networks.arcs import RULES, rolled_up
from portsmouth.networks.dating import Dates, meets
from portsmouth.networks.filtering import OUTCOME, STANCE, check, of_parts, passing
from portsmouth.networks.hierarchy import Hierarchy
from portsmouth.networks.reading import Facts
from portsmouth.networks.selection import Selection
from portsmouth.store.protocol import Store
from portsmouth.store.stances import seen_from

if TYPE_CHECKING:
    from portsmouth.networks.network import Network

_WHEN, _CERTAINTY = PT + "when", PT + "certainty"
_REPORTED: Final = CONCEPT + "reported"
_EVERY_ACT: Final = Selection()


async def project(store: Store, selection: Selection = _EVERY_ACT) -> Network:
    """Make a network of actors from what a store holds.

    :param store: an open store: embedded, remote, any that answers SPARQL.
    :param selection: which network, and of what.
    :return: a :class:`networkx.MultiDiGraph`, which notebooks show as a picture. Nodes are IRIs with
        ``label``, ``kind`` and ``side`` (the one state on whose side an actor stands, or ``""``); an arc's
        key is its event and leg, its attributes are told above. The graph's own attributes are ``kind``,
        ``selection``, ``snapshot``, ``undated`` (how many events have no date), ``left_out`` (events without
        an arc, by reason), ``rolled_up`` (actor to what stands for it), ``ambiguous`` (actors that could not
        be rolled up) and ``order`` (which event the source puts after which, by which property).
    :raises ParameterError: a mode, outcome, stance, part or level that nothing in the store has.
    :raises DateError: a time span bound by something that is no day.
    :raises StoreError: the store cannot answer.
    """
    rule = RULES[selection.kind]
    told = rule.ends | {_WHEN}
    values = {rule.manner, OUTCOME, STANCE, _CERTAINTY}
    if selection.parts:
        # Then it matters of everything which passage says it.
        told |= values
    seen, snapshot = seen_from(store, selection.stance), store.snapshot
    with collector_paused(settled=True):
        facts = await reading.read(seen, rule.anchor, told, values, ordered=selection.kind == "influence")
        # In a thread, so that a server goes on serving.
        network = await asyncio.to_thread(assemble, facts, selection)
    network.graph["snapshot"] = snapshot
    return network


def assemble(facts: Facts, selection: Selection) -> Network:
    """Draw the network of what a store answered.

    :param facts: what it answered.
    :param selection: which network, and of what.
    :return: the network, as :func:`project` returns it.
    :raises ParameterError: a mode, outcome, stance, part or level that nothing has.
    """
    # Here, in a thread, and not above: it loads networkx, which takes longer than a small network.
    from portsmouth.networks.network import Network

    rule = RULES[selection.kind]
    check(facts, selection, rule.manner)
    if selection.parts:
        facts = of_parts(facts, selection.parts)
    hierarchy = Hierarchy(facts.ties)
    rolled = hierarchy.roll_up(selection.roll_up)
    in_period = selection.since is not None or selection.until is not None
    left_out = {"without two actors": 0, "within one actor": 0}
    undated = 0
    arcs: list[tuple[str, str, str, dict[str, Any]]] = []
    arcs_of, dates, passages = rule.arcs(facts.told, hierarchy), Dates(facts.spans), _Passages()
    when = facts.told[_WHEN]
    modes, outcomes, stances, certainties = (
        facts.values[name] for name in (rule.manner, OUTCOME, STANCE, _CERTAINTY)
    )
    for record in passing(facts, selection, rule.manner):
        span, spans = dates.of(record[when])
        if in_period and not meets(span, selection.since, selection.until):
            continue
        drawn = arcs_of(record)
        if not drawn:
            left_out["without two actors"] += any(record[1:])
            continue
        if rolled:
            drawn = rolled_up(drawn, rolled)
            if not drawn:
                left_out["within one actor"] += 1
                continue
        earliest, latest = span.earliest, span.latest
        undated += earliest is None and latest is None
        event, reported = record[0], _REPORTED in record[certainties]
        disputed = event in facts.disputed
        for source, target, leg, graphs in drawn:
            attributes = {
                "leg": leg,
                "passages": passages[graphs],
                "event": event,
                "modes": record[modes],
                "outcomes": record[outcomes],
                "stances": record[stances],
                "earliest": earliest,
                "latest": latest,
                "spans": spans,
                "disputed": disputed,
                "reported": reported,
            }
            arcs.append((source, target, f"{event}#{leg}", attributes))
    network = Network()
    network.add_arcs(arcs)
    for actor, attributes in network.nodes(data=True):
        attributes["label"] = hierarchy.label(actor)
        attributes["kind"] = hierarchy.kind(actor)
        attributes["side"] = hierarchy.state(actor) or ""
    network.graph.update(
        kind=selection.kind,
        selection=selection,
        order=facts.order,
        undated=undated,
        left_out=left_out,
        rolled_up=rolled,
        ambiguous=hierarchy.ambiguous(selection.roll_up),
    )
    return network


class _Passages(dict[tuple[str, ...], tuple[str, ...]]):
    """The passages among graphs, sorted, each once; the same graphs are told again and again."""

    def __missing__(self, graphs: tuple[str, ...]) -> tuple[str, ...]:
        self[graphs] = found = tuple(sorted({graph for graph in graphs if graph.startswith(PASSAGE)}))
        return found
