"""A network with all that is told of it, as one JSON document that can be drawn and read without another.

``meta``
    ``kind``, ``snapshot``, ``filter`` (the selection), ``counts``.
``nodes``
    ``iri``, ``url``, ``label`` by language, ``type`` (``person``, ``institution`` or ``state``), ``class``,
    ``side`` (the IRI of the state on whose side it stands, or ``null``), ``mentions`` (passages that speak
    of it).
``edges``
    ``id``, ``event`` (``iri``, ``url``, ``label``), ``source`` and ``target`` (IRIs of nodes), ``leg``,
    ``mode`` and ``outcome`` (the first of each, or ``null``), ``modes``, ``outcomes``, ``stances``,
    ``earliest`` and ``latest`` (days or ``null``), ``stated`` (``date``, ``calendar``, ``passage``),
    ``passages`` (``id``, ``iri``, ``url``, ``part``, ``line``, ``gloss`` by language), ``disputed``,
    ``reported``, ``effect`` (whether it is not said to have failed).
``sides``
    the states on whose side nodes stand, whether nodes or not: ``iri``, ``url``, ``label``.
``concepts``
    by the short names that edges use: ``iri``, ``url``, ``label`` by language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from portsmouth.iris import CONCEPT, PASSAGE, passage_key
from portsmouth.networks.annotations import Annotations
from portsmouth.networks.selection import FAILURES, Selection

Network = Any  # nx.MultiDiGraph, which has no type parameters
JsonObject = dict[str, Any]

_TYPES = {"Person": "person", "State": "state"}


def document(
    network: Network, told: Annotations, selection: Selection, address: Callable[[str], str] = lambda iri: iri
) -> JsonObject:
    """Return a network as a document.

    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :param told: what is told beside it.
    :param selection: what it was made of.
    :param address: gives the address at which a thing is described; its IRI unless given.
    :return: the document, ready for JSON; the module says what it holds.
    """
    return _document(network, told, selection, address, list(_edges(network, told, address)))


def document_json(
    network: Network, told: Annotations, selection: Selection, address: Callable[[str], str] = lambda iri: iri
) -> Iterator[bytes]:
    """Write a network as a document in JSON, a piece at a time, of which the whole need not be in memory.

    :param network: as for :func:`document`, whose JSON this is.
    :param told: what is told beside it.
    :param selection: what it was made of.
    :param address: gives the address at which a thing is described; its IRI unless given.
    """
    head, mark, tail = _json(_document(network, told, selection, address, [])).partition(b'"edges":[')
    yield head + mark
    edges, first = _edges(network, told, address), True
    while some := list(islice(edges, _AT_ONCE)):
        yield _json(some)[1:-1] if first else b"," + _json(some)[1:-1]
        first = False
    yield tail


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


#: Edges that are written at once.
_AT_ONCE = 256


def _document(
    network: Network,
    told: Annotations,
    selection: Selection,
    address: Callable[[str], str],
    edges: list[JsonObject],
) -> JsonObject:
    concepts = sorted({iri for *_, data in network.edges(data=True) for slot in _SLOTS for iri in data[slot]})
    return {
        "meta": {
            "kind": network.graph["kind"],
            "snapshot": network.graph["snapshot"],
            "filter": selection.as_json(),
            "counts": counts(network),
        },
        "nodes": [
            {
                "iri": actor,
                "url": address(actor),
                "label": dict(told.actors.get(actor) or {"en": data["label"]}),
                "type": _TYPES.get(data["kind"], "institution"),
                "class": data["kind"],
                "side": data["side"] or None,
                "mentions": told.mentions.get(actor, 0),
            }
            for actor, data in sorted(network.nodes(data=True))
        ],
        "edges": edges,
        "sides": [
            {"iri": side, "url": address(side), "label": dict(told.actors.get(side, {}))}
            for side in sorted({data["side"] for _, data in network.nodes(data=True)} - {""})
        ],
        "concepts": {
            short(iri): {"iri": iri, "url": address(iri), "label": dict(told.concepts.get(iri, {}))}
            for iri in concepts
        },
    }


def _edges(network: Network, told: Annotations, address: Callable[[str], str]) -> Iterator[JsonObject]:
    named = sorted({iri for *_, data in network.edges(data=True) for iri in data["passages"]})
    shown = dict(zip(named, passages(named, told, address), strict=True))
    arcs = sorted(network.edges(keys=True, data=True), key=lambda arc: arc[:3])
    return (_edge(number, arc, told, shown, address) for number, arc in enumerate(arcs))


def counts(network: Network) -> JsonObject:
    """Count what a network holds and what it leaves out.

    :param network: the network.
    :return: ``nodes``, ``edges``, ``events``, ``passages``, ``disputed`` and ``undated`` (events), and
        ``left_out`` by reason.
    """
    arcs = [(data.get("event", ends), data) for *ends, data in network.edges(keys=True, data=True)]
    undated = {str(event) for event, data in arcs if not (data.get("earliest") or data.get("latest"))}
    return {
        "nodes": network.number_of_nodes(),
        "edges": network.number_of_edges(),
        "events": len({str(event) for event, _ in arcs}),
        "passages": len({passage for _, data in arcs for passage in data.get("passages", ())}),
        "disputed": len({str(event) for event, data in arcs if data.get("disputed")}),
        "undated": len(undated),
        "left_out": dict(network.graph.get("left_out", {})),
    }


_SLOTS = ("modes", "outcomes", "stances")


def _edge(
    number: int,
    arc: tuple[str, str, str, JsonObject],
    told: Annotations,
    shown: dict[str, JsonObject],
    address: Callable[[str], str],
) -> JsonObject:
    source, target, _, data = arc
    event = data["event"]
    slots = {slot: [short(iri) for iri in data[slot]] for slot in _SLOTS}
    return {
        "id": f"e{number}",
        "event": {"iri": event, "url": address(event), "label": dict(told.events.get(event, {}))},
        "source": source,
        "target": target,
        "leg": data["leg"],
        "mode": next(iter(slots["modes"]), None),
        "outcome": next(iter(slots["outcomes"]), None),
        **slots,
        "earliest": data["earliest"].isoformat() if data["earliest"] else None,
        "latest": data["latest"].isoformat() if data["latest"] else None,
        "stated": stated(told, event),
        "passages": [shown[iri] for iri in data["passages"]],
        "disputed": data["disputed"],
        "reported": data["reported"],
        "effect": not data["outcomes"] or not FAILURES.issuperset(data["outcomes"]),
    }


def stated(told: Annotations, event: str) -> list[JsonObject]:
    """Return the dates of an event as passages print them.

    :param told: what is told beside a network.
    :param event: the event's IRI.
    """
    return [
        {"date": one.date, "calendar": one.calendar, "passage": one.passage.removeprefix(PASSAGE)}
        for one in told.printed.get(event, ())
    ]


def passages(
    iris: Iterable[str], told: Annotations, address: Callable[[str], str] = lambda iri: iri
) -> list[JsonObject]:
    """Describe passages.

    :param iris: their IRIs.
    :param told: what is told beside a network.
    :param address: gives the address at which a thing is described.
    :return: an object each: ``id``, ``iri``, ``url``, ``part``, ``line``, ``gloss`` by language.
    """
    return [_passage(iri, told, address) for iri in iris]


def _passage(iri: str, told: Annotations, address: Callable[[str], str]) -> JsonObject:
    key = passage_key(iri)
    return {
        "id": iri.removeprefix(PASSAGE),
        "iri": iri,
        "url": address(iri),
        "part": key.part if key else None,
        "line": key.line if key else None,
        "gloss": dict(told.glosses.get(iri, {})),
    }


def short(iri: str) -> str:
    """Return the short name of a concept.

    >>> short("https://w3id.org/portsmouth1905/concept/funded")
    'funded'
    """
    return iri.removeprefix(CONCEPT)
