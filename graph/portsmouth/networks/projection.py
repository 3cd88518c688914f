"""Networks of actors, each arc with the event, the days and the passages that it rests on.

An act of influence becomes arcs along its chain of actors: from the principal (``pt:onBehalfOf``) to who acts
(``pt:from``), on to the intermediary (``pt:via``) and to who is acted on (``pt:to``). All arcs of one act
carry its IRI. With an intermediary there is no arc past it.

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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from portsmouth.errors import ParameterError
from portsmouth.iris import CONCEPT, DCTERMS, PASSAGE, PT, SCHEMA, passage_key, shorten
from portsmouth.networks import reading
from portsmouth.networks.hierarchy import Hierarchy, Level
from portsmouth.networks.reading import Span, Told
from portsmouth.stance import Stance
from portsmouth.store.protocol import Store
from portsmouth.store.stances import seen_from

if TYPE_CHECKING:
    from portsmouth.networks.network import Network

Kind = Literal["influence", "signing", "command", "negotiation", "offices"]
#: The networks that can be asked for.
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Leg = Literal["direct", "mandate", "dispatch", "delivery"]

_FROM, _TO, _VIA, _PRINCIPAL = PT + "from", PT + "to", PT + "via", PT + "onBehalfOf"
_MODE, _OUTCOME, _STANCE, _WHEN, _CERTAINTY = (
    PT + name for name in ("mode", "outcome", "stance", "when", "certainty")
)
_OFFICE, _SIGNED, _PARTY, _COMMANDED, _HEADED = (
    PT + name for name in ("office", "signedBy", "party", "commandedBy", "headedBy")
)
_AGENT, _PARTICIPANT, _SIDE, _KIND = SCHEMA + "agent", SCHEMA + "participant", PT + "side", DCTERMS + "type"
_REPORTED: Final = CONCEPT + "reported"

#: Outcomes of attempts that moved nobody.
FAILURES: Final = frozenset(CONCEPT + name for name in ("refused", "ignored", "none"))
_MEETINGS: Final = ", ".join(f"<{CONCEPT}{name}>" for name in ("conference", "session"))
_USUAL: Final = frozenset((_MODE, _OUTCOME, _STANCE, _WHEN, _CERTAINTY))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which network to make, and of what.

    :param kind: one of :data:`KINDS`. ``signing`` joins those who signed one thing, but no delegation with
        its own members; ``negotiation`` those who met at one conference or session for different states: both
        in either direction. ``command`` goes from the head to the body, ``offices`` from the holder to the
        state that he serves or is accredited to.
    :param effects: leave out what was refused, ignored or without effect; an act of which one passage says so
        and another does not stays.
    :param modes: only acts in one of these modes, as IRIs, ``c:funded`` or ``funded``.
    :param outcomes: only acts with one of these outcomes, written likewise.
    :param stances: only acts with one of these stances, written likewise.
    :param since: only acts that may lie on this day or later.
    :param until: only acts that may lie on this day or earlier. Either day leaves undated acts out.
    :param parts: only what these parts of the page say (``s5``), and what editors add to it.
    :param stance: the passages that there are at all: dates, disputes, mentions and who stands for whom are
        what these alone make of them, where ``parts`` only picks acts out of what the whole page tells.
    :param roll_up: whether, and how far, persons stand for their delegations, these for their governments,
        these for their states. One actor that several would stand for stays as it is.

    >>> Selection(modes=("funded",)).modes
    ('funded',)
    """

    kind: Kind = "influence"
    effects: bool = False
    modes: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    stances: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    parts: tuple[str, ...] = ()
    roll_up: Level | None = None
    stance: Stance | None = None

    def as_json(self) -> dict[str, object]:
        """Return what was selected, as JSON has it.

        >>> Selection(modes=("c:funded",), since=date(1905, 8, 1)).as_json()["modes"]
        ['funded']
        """
        return {
            "kind": self.kind,
            "effects": self.effects,
            "modes": [_short(name) for name in self.modes],
            "outcomes": [_short(name) for name in self.outcomes],
            "stances": [_short(name) for name in self.stances],
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "parts": list(self.parts),
            "roll_up": self.roll_up,
            "stance": str(self.stance) if self.stance else None,
        }


_Ends = list[tuple[str, str]]


class _Arc(NamedTuple):
    source: str
    target: str
    leg: Leg
    graphs: tuple[str, ...]


@dataclass(slots=True)
class Facts:
    """What a store answered, ready to be drawn.

    :param events: what is told of each event.
    :param spans: the bounds of time spans.
    :param disputed: things of which passages disagree.
    :param order: which event the source puts after which.
    :param hierarchy: who stands for whom.
    """

    events: Mapping[str, Told]
    spans: Mapping[str, Span]
    disputed: frozenset[str]
    order: Mapping[tuple[str, str], str]
    hierarchy: Hierarchy


async def project(store: Store, selection: Selection = Selection()) -> Network:
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
    drawn = _DRAWN[selection.kind]
    seen, snapshot = seen_from(store, selection.stance), store.snapshot
    with reading.collector_paused():
        facts = Facts(
            await reading.told(seen, drawn.anchor, drawn.properties | _USUAL),
            await reading.spans(seen),
            await reading.disputed(seen),
            await reading.order(seen) if selection.kind == "influence" else {},
            Hierarchy(await reading.ties(seen)),
        )
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

    _check(facts.events, selection)
    network = Network()
    left_out = {"without two actors": 0, "within one actor": 0}
    rolled = facts.hierarchy.roll_up(selection.roll_up)
    dates = _Dates(facts.spans)
    arcs, manner = _DRAWN[selection.kind].arcs, _DRAWN[selection.kind].manner
    undated = 0
    for event, told in _selected(facts.events, selection):
        span, spans = dates.of(told.get(_WHEN))
        if (selection.since or selection.until) and not _meets(span, selection.since, selection.until):
            continue
        drawn = arcs(event, told, facts.hierarchy)
        if not drawn:
            left_out["without two actors"] += 1
            continue
        shared = {
            "event": event,
            "modes": _values(told, manner),
            "outcomes": _values(told, _OUTCOME),
            "stances": _values(told, _STANCE),
            "earliest": span.earliest,
            "latest": span.latest,
            "spans": spans,
            "disputed": event in facts.disputed,
            "reported": _CERTAINTY in told and _REPORTED in _values(told, _CERTAINTY),
        }
        if rolled:
            drawn = _rolled_up(drawn, rolled)
            if not drawn:
                left_out["within one actor"] += 1
                continue
        undated += span.earliest is None and span.latest is None
        for source, target, leg, graphs in drawn:
            network.add_edge(source, target, f"{event}#{leg}", leg=leg, passages=_passages(graphs), **shared)
    for actor, attributes in network.nodes(data=True):
        attributes["label"] = facts.hierarchy.label(actor)
        attributes["kind"] = facts.hierarchy.kind(actor)
        attributes["side"] = facts.hierarchy.state(actor) or ""
    network.graph.update(
        kind=selection.kind,
        selection=selection,
        order=facts.order,
        undated=undated,
        left_out=left_out,
        rolled_up=rolled,
        ambiguous=facts.hierarchy.ambiguous(selection.roll_up),
    )
    return network


def _rolled_up(arcs: Iterable[_Arc], rolled: Mapping[str, str]) -> list[_Arc]:
    """Draw arcs between those who are stood for.

    Two delegates through whom one act reached one state become one arc; an arc within one state goes.
    """
    found: dict[tuple[str, str, Leg], tuple[str, ...]] = {}
    for source, target, leg, graphs in arcs:
        ends = rolled.get(source, source), rolled.get(target, target), leg
        if ends[0] != ends[1]:
            found[ends] = (*found.get(ends, ()), *graphs)
    return [_Arc(*ends, graphs) for ends, graphs in found.items()]


# --- arcs of one event, by network

_Arcs = Callable[[str, Told, Hierarchy], list[_Arc]]
_NONE: Final[_Ends] = []


def _influence(event: str, told: Told, hierarchy: Hierarchy) -> list[_Arc]:
    source, target = told.get(_FROM, _NONE), told.get(_TO, _NONE)
    via, principal = told.get(_VIA), told.get(_PRINCIPAL)
    if not via and not principal:
        return _between(source, target, "direct")
    if not via:
        arcs = _between(source, target, "direct")
    else:
        arcs = _between(source, via, "dispatch") + _between(via, target, "delivery")
    return _between(principal, source, "mandate") + arcs if principal else arcs


def _signing(event: str, told: Told, hierarchy: Hierarchy) -> list[_Arc]:
    signers = told.get(_SIGNED, _NONE)
    # A passage may say that a delegation signed and another who did it for it: nobody signs with himself.
    return [
        arc
        for arc in _between(signers, signers, "direct")
        if arc.target not in hierarchy.members(arc.source) and arc.source not in hierarchy.members(arc.target)
    ]


def _command(event: str, told: Told, hierarchy: Hierarchy) -> list[_Arc]:
    heads = told.get(_COMMANDED, []) + told.get(_HEADED, [])
    return [_Arc(head, event, "direct", graphs) for head, graphs in _by_actor(heads).items()]


def _offices(event: str, told: Told, hierarchy: Hierarchy) -> list[_Arc]:
    holders = told.get(_AGENT, _NONE)
    return [
        *_between(holders, told.get(_SIDE, _NONE), "direct"),
        *_between(holders, told.get(_TO, _NONE), "delivery"),
    ]


def _negotiation(event: str, told: Told, hierarchy: Hierarchy) -> list[_Arc]:
    """Join those of one rank who stand for different states: delegates with delegates, states with states."""
    there = _by_actor(told.get(_PARTY, []) + told.get(_PARTICIPANT, []) + told.get(_SIGNED, []))
    for body in list(there):
        for member in hierarchy.members(body):
            there[member] = (*there.get(member, ()), *there[body])
    arcs = []
    for left, right in combinations(sorted(there), 2):
        sides = hierarchy.state(left), hierarchy.state(right)
        if None not in sides and sides[0] != sides[1] and hierarchy.kind(left) == hierarchy.kind(right):
            graphs = there[left] + there[right]
            arcs += [_Arc(left, right, "direct", graphs), _Arc(right, left, "direct", graphs)]
    return arcs


class _Drawn(NamedTuple):
    """How one kind of network is drawn: from which events, which property tells how, which arcs."""

    anchor: str
    properties: frozenset[str]
    manner: str
    arcs: _Arcs


_DRAWN: Final[Mapping[Kind, _Drawn]] = {
    "influence": _Drawn(
        "?event a pt:Influence .", frozenset((_FROM, _TO, _VIA, _PRINCIPAL)), _MODE, _influence
    ),
    "signing": _Drawn(
        "{ SELECT DISTINCT ?event { ?event pt:signedBy ?signer } }", frozenset((_SIGNED,)), _MODE, _signing
    ),
    "command": _Drawn(
        "{ SELECT DISTINCT ?event { ?event pt:commandedBy|pt:headedBy ?head . ?event a pt:Collective } }",
        frozenset((_COMMANDED, _HEADED)),
        _MODE,
        _command,
    ),
    "negotiation": _Drawn(
        f"{{ SELECT DISTINCT ?event {{ ?event dcterms:type ?kind FILTER(?kind IN ({_MEETINGS})) }} }}",
        frozenset((_PARTY, _PARTICIPANT, _SIGNED, _KIND)),
        _KIND,
        _negotiation,
    ),
    "offices": _Drawn(
        "{ SELECT DISTINCT ?event { ?event a pt:Tenure ; pt:office ?any } }",
        frozenset((_AGENT, _SIDE, _TO, _OFFICE)),
        _OFFICE,
        _offices,
    ),
}


def anchor(kind: Kind) -> str:
    """Return the SPARQL pattern that binds ``?event`` to what a network is drawn from, once each.

    >>> anchor("influence")
    '?event a pt:Influence .'
    """
    return _DRAWN[kind].anchor


def _by_actor(ends: _Ends) -> dict[str, tuple[str, ...]]:
    graphs: dict[str, tuple[str, ...]] = {}
    for actor, graph in ends:
        graphs[actor] = (*graphs.get(actor, ()), graph)
    return graphs


def _between(sources: _Ends, targets: _Ends, leg: Leg) -> list[_Arc]:
    if len(sources) == 1 == len(targets):
        # Nearly all acts are of one actor on one other, told once.
        (source, said), (target, also) = sources[0], targets[0]
        graphs = (said,) if said == also else (said, also)
        return [_Arc(source, target, leg, graphs)] if source != target else []
    reached = _by_actor(targets).items()
    return [
        _Arc(source, target, leg, said + also)
        for source, said in _by_actor(sources).items()
        for target, also in reached
        if source != target
    ]


# --- filters


def _selected(events: Mapping[str, Told], selection: Selection) -> Iterator[tuple[str, Told]]:
    """Give the events that pass every filter but that of time, with what the chosen parts tell of them."""
    manner = _DRAWN[selection.kind].manner
    slots = ((manner, selection.modes), (_OUTCOME, selection.outcomes), (_STANCE, selection.stances))
    wanted = [(name, frozenset(map(_concept, chosen))) for name, chosen in slots if chosen]
    for event, all_told in events.items():
        told = _of_parts(all_told, selection.parts) if selection.parts else all_told
        if not told or any(chosen.isdisjoint(_values(told, name)) for name, chosen in wanted):
            continue
        if selection.effects and _OUTCOME in told and FAILURES.issuperset(_values(told, _OUTCOME)):
            continue
        yield event, told


def _check(events: Mapping[str, Told], selection: Selection) -> None:
    """Refuse a filter that could let nothing through."""
    manner = _DRAWN[selection.kind].manner
    for name, slot, chosen in (
        ("mode", manner, selection.modes),
        ("outcome", _OUTCOME, selection.outcomes),
        ("stance", _STANCE, selection.stances),
    ):
        if chosen:
            known = {value for told in events.values() for value, _ in told.get(slot, ())}
            for wanted in chosen:
                if _concept(wanted) not in known:
                    listed = (
                        ", ".join(sorted(shorten(value) for value in known)) or "none, for nothing has one"
                    )
                    raise ParameterError(found=f"the {name} {wanted!r}", expected=f"one of {listed}")
    if selection.parts:
        graphs = {graph for told in events.values() for ends in told.values() for _, graph in ends}
        parts = {key.part for graph in graphs if (key := passage_key(graph))}
        for part in selection.parts:
            if part not in parts:
                listed = ", ".join(sorted(parts)) or "none"
                raise ParameterError(found=f"the part {part!r}", expected=f"one of {listed}")


def _concept(name: str) -> str:
    """Return the IRI of a concept.

    >>> _concept("funded") == _concept("c:funded") == _concept(CONCEPT + "funded")
    True
    """
    return name if "://" in name else CONCEPT + name.removeprefix("c:")


def _short(name: str) -> str:
    return _concept(name).removeprefix(CONCEPT)


def _of_parts(told: Told, parts: Collection[str]) -> Told:
    """Keep what some parts of the page tell, with what editors add; nothing where they are silent."""
    kept: Told = {}
    spoken = False
    for name, ends in told.items():
        for value, graph in ends:
            key = passage_key(graph)
            if key is None or key.part in parts:
                kept.setdefault(name, []).append((value, graph))
                spoken = spoken or key is not None
    return kept if spoken else {}


def _meets(span: Span, since: date | None, until: date | None) -> bool:
    """Tell whether something may lie within a period; of what has no date nobody knows.

    >>> _meets(Span(date(1905, 8, 22), date(1905, 9, 4)), date(1905, 9, 1), None)
    True
    >>> _meets(Span(None, None), None, date(1905, 9, 1))
    False
    """
    if span.earliest is None and span.latest is None:
        return False
    too_early = since and span.latest and span.latest < since
    too_late = until and span.earliest and span.earliest > until
    return not too_early and not too_late


# --- values


def _values(told: Told, name: str) -> tuple[str, ...]:
    ends = told.get(name)
    if not ends:
        return ()
    return (ends[0][0],) if len(ends) == 1 else tuple(sorted({value for value, _ in ends}))


@lru_cache(maxsize=4096)
def _passages(graphs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({graph for graph in graphs if graph.startswith(PASSAGE)}))


_Spans = tuple[tuple[str, str, str], ...]


class _Dates:
    """The days of events, and who gives them."""

    def __init__(self, spans: Mapping[str, Span]) -> None:
        self._spans = {name: (span, _iso(span.earliest), _iso(span.latest)) for name, span in spans.items()}

    def of(self, whens: _Ends | None) -> tuple[Span, _Spans]:
        if not whens:
            return _UNDATED, ()
        if len(whens) == 1 and (only := self._spans.get(whens[0][0])):
            # Nearly all events are dated once.
            span, first, last = only
            return span, ((first, last, whens[0][1]),)
        known = [(*self._spans[value], graph) for value, graph in whens if value in self._spans]
        told = {(first, last, graph) for _, first, last, graph in known}
        return agreed([span for span, *_ in known]), tuple(sorted(told))


_UNDATED: Final = Span(None, None)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def agreed(spans: Collection[Span]) -> Span:
    """Return the days on which an event may lie by all that is said of it.

    Where all accounts can be right at once, it lies on a day that they share. Where they cannot, no winner is
    chosen: it lies anywhere between the first and the last day that one of them gives.

    :param spans: what each account gives.
    :return: the first and the last day.

    >>> day = date.fromisoformat
    >>> year, april = Span(day("1905-01-01"), day("1905-12-31")), Span(day("1905-04-05"), day("1905-04-18"))
    >>> agreed([year, april]) == april
    True
    >>> agreed([april, Span(day("1905-05-01"), day("1905-05-01"))]).latest.isoformat()
    '1905-05-01'
    """
    first = [span.earliest for span in spans if span.earliest]
    last = [span.latest for span in spans if span.latest]
    shared = Span(max(first, default=None), min(last, default=None))
    if shared.earliest and shared.latest and shared.earliest > shared.latest:
        return Span(min(first), max(last))
    return shared
