"""Networks for other programs, every arc with the IRIs of its event and its passages.

None of these formats has lists, and most have no dates. A list is written as its items with a space between
each two, as IRIs hold none; a date as ISO 8601. :func:`read` puts both back.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from portsmouth.errors import ParameterError
from portsmouth.lazily import lazily
from portsmouth.networks.markup import gexf, graphml

nx = lazily("networkx")

Network = Any  # nx.MultiDiGraph, which has no type parameters

_LISTS: Final = ("modes", "outcomes", "stances", "passages")
_DAYS: Final = ("earliest", "latest")
_FLAGS: Final = ("disputed", "reported")
_NODE_COLUMNS: Final = ("id", "label", "kind", "side")
_EDGE_COLUMNS: Final = (
    "source", "target", "key", "event", "leg", "modes", "outcomes", "stances",
    "earliest", "latest", "passages", "disputed", "reported", "spans",
)  # fmt: skip


def plain(network: Network) -> Network:
    """Return a network whose attributes are texts and truth values, in a steady order.

    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :return: a new multigraph. ``earliest`` and ``latest`` are ``""`` where there is none; its own attributes
        are ``kind``, ``snapshot`` and ``selection``, what was chosen as JSON.
    """
    selection = network.graph.get("selection")
    chosen = {name: value for name, value in selection.as_json().items() if value} if selection else {}
    flat = nx.MultiDiGraph(
        kind=network.graph.get("kind", ""),
        snapshot=network.graph.get("snapshot", ""),
        selection=json.dumps(chosen, ensure_ascii=False),
    )
    for actor, data in sorted(network.nodes(data=True)):
        flat.add_node(actor, **{name: data.get(name) or default for name, default in _named(actor)})
    for source, target, key, data in sorted(network.edges(keys=True, data=True), key=lambda arc: arc[:3]):
        flat.add_edge(source, target, key, **_plain(data))
    return flat


def write(network: Network, form: str) -> bytes:
    """Write a network in a format.

    ``gexf`` is dynamic: an arc with a date has ``start`` and ``end``, which Gephi's timeline reads; one
    without is always there. ``csv`` holds arcs, ``nodes`` the actors, both with a header. ``json`` is
    networkx' node-link form, ``cytoscape`` that of Cytoscape and Cytoscape.js.

    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :param form: one of :data:`FORMATS`.
    :return: the bytes, the same for the same network.
    :raises ParameterError: there is no such format.

    >>> network = nx.MultiDiGraph()
    >>> _ = network.add_edge("a", "b", "e#direct", event="e", passages=("p", "q"), earliest=date(1905, 9, 5))
    >>> print(write(network, "csv").decode().splitlines()[1])
    a,b,e#direct,e,,,,,1905-09-05,,p q,false,false,
    >>> read(write(network, "graphml"), "graphml").edges["a", "b", "e#direct"]["passages"]
    ('p', 'q')
    """
    if form not in FORMATS:
        raise ParameterError(found=f"the format {form!r}", expected=f"one of {', '.join(FORMATS)}")
    return FORMATS[form](plain(network)).encode("utf-8", "backslashreplace")


def read(body: bytes, form: str) -> Network:
    """Read back what :func:`write` wrote, through networkx.

    :param body: the bytes.
    :param form: ``gexf``, ``graphml``, ``json`` or ``cytoscape``; CSV of arcs too, but without the names of
        actors.
    :return: the network, lists and dates restored. The graph's own attributes are not all kept.
    :raises ParameterError: the format cannot be read back.
    """
    readers: Mapping[str, Callable[[bytes], Network]] = {
        "gexf": lambda data: _from_gexf(nx.read_gexf(io.BytesIO(data))),
        "graphml": lambda data: _from_graphml(nx.read_graphml(io.BytesIO(data), force_multigraph=True)),
        "json": lambda data: nx.node_link_graph(json.loads(data), edges="edges"),
        "cytoscape": lambda data: _from_cytoscape(json.loads(data)),
        "csv": _from_csv,
    }
    if form not in readers:
        raise ParameterError(found=f"the format {form!r}", expected=f"one of {', '.join(readers)}")
    network = readers[form](body)
    restored = nx.MultiDiGraph(**network.graph)
    for actor, data in network.nodes(data=True):
        restored.add_node(actor, **{name: data.get(name) or default for name, default in _named(actor)})
    for source, target, key, data in network.edges(keys=True, data=True):
        restored.add_edge(source, target, data.get("key", key), **_restored(data))
    return restored


# --- values


def _named(actor: str) -> tuple[tuple[str, str], ...]:
    return ("label", actor), ("kind", ""), ("side", "")


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {"event": data.get("event", ""), "leg": data.get("leg", "")}
    texts |= {name: " ".join(data.get(name, ())) for name in _LISTS}
    texts |= {name: data[name].isoformat() if data.get(name) else "" for name in _DAYS}
    texts |= {name: bool(data.get(name)) for name in _FLAGS}
    # A day, a bar, a day, a bar, who gives them: no part holds a space or a bar.
    texts["spans"] = " ".join("|".join(span) for span in data.get("spans", ()))
    return texts


def _restored(data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"event": data.get("event") or "", "leg": data.get("leg") or ""}
    values |= {name: tuple((data.get(name) or "").split()) for name in _LISTS}
    values |= {name: date.fromisoformat(data[name]) if data.get(name) else None for name in _DAYS}
    values |= {name: data.get(name) in (True, "true", "True") for name in _FLAGS}
    values["spans"] = tuple(tuple(span.split("|")) for span in (data.get("spans") or "").split())
    return values


# --- formats


def _json(flat: Network) -> str:
    return _dumped(nx.node_link_data(flat, edges="edges"))


def _cytoscape(flat: Network) -> str:
    data = nx.cytoscape_data(flat)
    for number, arc in enumerate(data["elements"]["edges"]):
        arc["data"]["id"] = f"e{number}"
    return _dumped(data)


def _csv(flat: Network) -> str:
    rows = (
        {"source": source, "target": target, "key": key, **data}
        for source, target, key, data in flat.edges(keys=True, data=True)
    )
    return _table(_EDGE_COLUMNS, rows)


def _nodes(flat: Network) -> str:
    return _table(_NODE_COLUMNS, ({"id": actor, **data} for actor, data in flat.nodes(data=True)))


def _table(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = tuple(columns)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return text.getvalue()


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _dumped(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _from_gexf(network: Network) -> Network:
    """Give arcs their keys back, which networkx forgets where it reads no two parallel arcs."""
    multi = nx.MultiDiGraph(**network.graph)
    multi.add_nodes_from(network.nodes(data=True))
    for source, target, data in network.edges(data=True):
        multi.add_edge(source, target, data["arc"], **_without_key(data))
    return multi


def _from_graphml(network: Network) -> Network:
    """Give actors their IRIs back where igraph wrote the file: it numbers them and keeps names apart."""
    names = {node: data["id"] for node, data in network.nodes(data=True) if data.get("id")}
    return nx.relabel_nodes(network, names) if len(names) == len(network) else network


def _from_cytoscape(data: Any) -> Network:
    return nx.cytoscape_graph(data)


def _from_csv(body: bytes) -> Network:
    network = nx.MultiDiGraph()
    for row in csv.DictReader(io.StringIO(body.decode())):
        network.add_edge(row["source"], row["target"], row["key"], **_without_key(row))
    return network


def _without_key(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ("arc", "key", "source", "target")}


#: The formats by name, each with its writer.
FORMATS: Final[Mapping[str, Callable[[Network], str]]] = {
    "csv": _csv,
    "nodes": _nodes,
    "json": _json,
    "cytoscape": _cytoscape,
    "gexf": gexf,
    "graphml": graphml,
}
