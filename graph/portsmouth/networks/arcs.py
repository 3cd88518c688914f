"""Which arcs an event becomes, by kind of network.

An act of influence becomes arcs along its chain of actors: from the principal (``pt:onBehalfOf``) to who acts
(``pt:from``), on to the intermediary (``pt:via``) and to who is acted on (``pt:to``). With an intermediary
there is no arc past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Final, Literal, NamedTuple

from portsmouth.iris import CONCEPT, DCTERMS, PT, SCHEMA
from portsmouth.networks.hierarchy import Hierarchy
from portsmouth.networks.reading import Ends, Record
from portsmouth.networks.selection import Kind

#: Which piece of the chain of an act an arc is.
Leg = Literal["direct", "mandate", "dispatch", "delivery"]
#: From whom, to whom, by which piece of the chain, and the graphs that name either in its part.
Arc = tuple[str, str, Leg, tuple[str, ...]]
#: Gives the arcs of an event.
ArcsOf = Callable[[Record], list[Arc]]
#: The places of properties in records.
Places = Mapping[str, int]

MODE: Final = PT + "mode"
_FROM, _TO, _VIA, _PRINCIPAL = PT + "from", PT + "to", PT + "via", PT + "onBehalfOf"
_OFFICE, _SIGNED, _PARTY, _COMMANDED, _HEADED = (
    PT + name for name in ("office", "signedBy", "party", "commandedBy", "headedBy")
)
_AGENT, _PARTICIPANT, _SIDE, _KIND = SCHEMA + "agent", SCHEMA + "participant", PT + "side", DCTERMS + "type"
_MEETINGS: Final = ", ".join(f"<{CONCEPT}{name}>" for name in ("conference", "session"))


def _influence(places: Places, hierarchy: Hierarchy) -> ArcsOf:
    source, target, via, principal = (places[name] for name in (_FROM, _TO, _VIA, _PRINCIPAL))

    def arcs_of(event: Record) -> list[Arc]:
        if event[via]:
            arcs = _between(event[source], event[via], "dispatch")
            arcs += _between(event[via], event[target], "delivery")
        else:
            arcs = _between(event[source], event[target], "direct")
        return _between(event[principal], event[source], "mandate") + arcs if event[principal] else arcs

    return arcs_of


def _signing(places: Places, hierarchy: Hierarchy) -> ArcsOf:
    def arcs_of(event: Record) -> list[Arc]:
        signers = event[places[_SIGNED]]
        # A passage may say that a delegation signed and another who did it for it: nobody signs with himself.
        return [
            (source, target, leg, graphs)
            for source, target, leg, graphs in _between(signers, signers, "direct")
            if target not in hierarchy.members(source) and source not in hierarchy.members(target)
        ]

    return arcs_of


def _command(places: Places, hierarchy: Hierarchy) -> ArcsOf:
    def arcs_of(event: Record) -> list[Arc]:
        heads = _by_actor(event[places[_COMMANDED]] + event[places[_HEADED]])
        return [(head, event[0], "direct", graphs) for head, graphs in heads.items()]

    return arcs_of


def _offices(places: Places, hierarchy: Hierarchy) -> ArcsOf:
    def arcs_of(event: Record) -> list[Arc]:
        holders, sides, hosts = (event[places[name]] for name in (_AGENT, _SIDE, _TO))
        return [*_between(holders, sides, "direct"), *_between(holders, hosts, "delivery")]

    return arcs_of


def _negotiation(places: Places, hierarchy: Hierarchy) -> ArcsOf:
    """Join those of one rank who stand for different states: delegates with delegates, states with states."""

    def arcs_of(event: Record) -> list[Arc]:
        there = _by_actor(event[places[_PARTY]] + event[places[_PARTICIPANT]] + event[places[_SIGNED]])
        for body in list(there):
            for member in hierarchy.members(body):
                there[member] = (*there.get(member, ()), *there[body])
        arcs: list[Arc] = []
        for left, right in combinations(sorted(there), 2):
            sides = hierarchy.state(left), hierarchy.state(right)
            if None not in sides and sides[0] != sides[1] and hierarchy.kind(left) == hierarchy.kind(right):
                graphs = there[left] + there[right]
                arcs += [(left, right, "direct", graphs), (right, left, "direct", graphs)]
        return arcs

    return arcs_of


class Rule(NamedTuple):
    """How one kind of network is drawn.

    :param anchor: from which events: a SPARQL pattern that binds ``?event`` to each once.
    :param ends: IRIs of the properties that name the actors.
    :param manner: IRI of the property that tells how they acted.
    :param arcs: makes what gives the arcs of an event.
    """

    anchor: str
    ends: frozenset[str]
    manner: str
    arcs: Callable[[Places, Hierarchy], ArcsOf]


RULES: Final[Mapping[Kind, Rule]] = {
    "influence": Rule("?event a pt:Influence .", frozenset((_FROM, _TO, _VIA, _PRINCIPAL)), MODE, _influence),
    "signing": Rule(
        "{ SELECT DISTINCT ?event { ?event pt:signedBy ?signer } }", frozenset((_SIGNED,)), MODE, _signing
    ),
    "command": Rule(
        "{ SELECT DISTINCT ?event { ?event pt:commandedBy|pt:headedBy ?head . ?event a pt:Collective } }",
        frozenset((_COMMANDED, _HEADED)),
        MODE,
        _command,
    ),
    "negotiation": Rule(
        f"{{ SELECT DISTINCT ?event {{ ?event dcterms:type ?kind FILTER(?kind IN ({_MEETINGS})) }} }}",
        frozenset((_PARTY, _PARTICIPANT, _SIGNED)),
        _KIND,
        _negotiation,
    ),
    "offices": Rule(
        "{ SELECT DISTINCT ?event { ?event a pt:Tenure ; pt:office ?any } }",
        frozenset((_AGENT, _SIDE, _TO)),
        _OFFICE,
        _offices,
    ),
}


def anchor(kind: Kind) -> str:
    """Return the SPARQL pattern that binds ``?event`` to what a network is drawn from, once each.

    :param kind: the kind of network.

    >>> anchor("influence")
    '?event a pt:Influence .'
    """
    return RULES[kind].anchor


def rolled_up(arcs: Iterable[Arc], rolled: Mapping[str, str]) -> list[Arc]:
    """Draw arcs between those who are stood for.

    Two delegates through whom one act reached one state become one arc; an arc within one state goes.

    :param arcs: the arcs of one event.
    :param rolled: actor to what stands for it.

    >>> rolled_up([("witte", "komura", "direct", ("p1",))], {"witte": "russia"})
    [('russia', 'komura', 'direct', ('p1',))]
    """
    found: dict[tuple[str, str, Leg], tuple[str, ...]] = {}
    for source, target, leg, graphs in arcs:
        ends = rolled.get(source, source), rolled.get(target, target), leg
        if ends[0] != ends[1]:
            found[ends] = (*found.get(ends, ()), *graphs)
    return [(*ends, graphs) for ends, graphs in found.items()]


def _by_actor(ends: Ends) -> dict[str, tuple[str, ...]]:
    graphs: dict[str, tuple[str, ...]] = {}
    for actor, graph in ends:
        graphs[actor] = (*graphs.get(actor, ()), graph)
    return graphs


def _between(sources: Ends, targets: Ends, leg: Leg) -> list[Arc]:
    if len(sources) == 1 == len(targets):
        # Nearly all acts are of one actor on one other, told once.
        (source, said), (target, also) = sources[0], targets[0]
        graphs = (said,) if said == also else (said, also)
        return [(source, target, leg, graphs)] if source != target else []
    reached = _by_actor(targets).items()
    return [
        (source, target, leg, said + also)
        for source, said in _by_actor(sources).items()
        for target, also in reached
        if source != target
    ]
