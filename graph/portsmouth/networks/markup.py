"""Networks written as GEXF 1.2 and GraphML, arc by arc.

The documents are those that networkx writes, which makes trees of them first and takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

Network = Any  # nx.MultiDiGraph, which has no type parameters

_OF_GRAPHS: Final = ("kind", "snapshot", "selection")
_OF_NODES: Final = ("kind", "side")
_OF_ARCS: Final = (
    "event", "leg", "modes", "outcomes", "stances", "passages", "earliest", "latest", "disputed", "reported",
    "spans",
)  # fmt: skip
_TRUTH: Final = frozenset(("disputed", "reported"))
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_GEXF: Final = (
    '<gexf xmlns="http://www.gexf.net/1.2draft" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.gexf.net/1.2draft http://www.gexf.net/1.2draft/gexf.xsd" version="1.2">\n'
)
_GRAPHML: Final = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
    '"http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


class _Written(dict[object, str]):
    """Values as they are written, which most are again and again.

    :param truth: how false and true are written.
    """

    def __init__(self, truth: tuple[str, str]) -> None:
        self[False], self[True] = truth

    def __missing__(self, value: object) -> str:
        special = {'"': "&quot;", "\n": "&#10;", "\t": "&#09;", "\r": "&#13;"}
        self[value] = written = escape(str(value), special)
        return written


def gexf(flat: Network) -> str:
    """Write a network as GEXF: dynamic, an arc that has days with ``start`` and ``end``.

    :param flat: as :func:`~portsmouth.networks.export.plain` returns it.
    :return: the document.
    """
    return "".join(_gexf(flat))


def graphml(flat: Network) -> str:
    """Write a network as GraphML.

    :param flat: as :func:`~portsmouth.networks.export.plain` returns it.
    :return: the document.
    """
    return "".join(_graphml(flat))


def _gexf(flat: Network) -> Iterator[str]:
    # GEXF wants an id of its own for each arc of the whole graph, and our keys are unique between two actors
    # only. networkx forgets keys when it reads a file without parallel arcs, so they stand in it twice.
    titles = (*_OF_ARCS, "arc", "networkx_key")
    written = _Written(("false", "true"))
    arcs = flat.edges(keys=True, data=True)
    dated = any(data["earliest"] or data["latest"] for _, _, _, data in arcs)
    yield f"{_DECLARATION}{_GEXF}  <meta>\n    <creator>Portsmouth 1905</creator>\n"
    # GEXF has no attributes of a graph; which data it shows, and which of them, stands in its description.
    told = f"Portsmouth 1905, snapshot {flat.graph['snapshot']}, selection {flat.graph['selection']}"
    yield f"    <description>{escape(told)}</description>\n  </meta>\n"
    timed = ' timeformat="date"' if dated else ""
    yield f'  <graph defaultedgetype="directed" mode="dynamic"{timed}>\n'
    if arcs:
        yield from _titles("edge", enumerate(titles, len(_OF_NODES)))
    if flat:
        yield from _titles("node", enumerate(_OF_NODES))
    yield "    <nodes>\n"
    for actor, data in flat.nodes(data=True):
        yield f'      <node id="{written[actor]}" label="{written[data["label"]]}">\n        <attvalues>\n'
        for number, name in enumerate(_OF_NODES):
            yield f'          <attvalue for="{number}" value="{written[data[name]]}" />\n'
        yield "        </attvalues>\n      </node>\n"
    yield "    </nodes>\n    <edges>\n"
    pattern = (
        '      <edge source="%s" target="%s" id="%s" label="%s"%s>\n        <attvalues>\n'
        + "".join(
            f'          <attvalue for="{n + len(_OF_NODES)}" value="%s" />\n' for n in range(len(titles))
        )
        + "        </attvalues>\n      </edge>\n"
    )
    for number, (source, target, key, data) in enumerate(arcs):
        first, last = data["earliest"], data["latest"]
        # What Gephi writes beside a line.
        label = ", ".join(map(_last, data["modes"].split())) or _last(data["event"])
        days = f' start="{first}"' * bool(first) + f' end="{last}"' * bool(last)
        values = [written[data[name]] for name in _OF_ARCS]
        ends = written[source], written[target], number, written[label], days
        yield pattern % (*ends, *values, written[key], written[key])
    yield "    </edges>\n  </graph>\n</gexf>\n"


def _titles(element: str, titles: Iterable[tuple[int, str]]) -> Iterator[str]:
    yield f'    <attributes mode="static" class="{element}">\n'
    for number, name in titles:
        yield f'      <attribute id="{number}" title="{name}" type="{_type(name)}" />\n'
    yield "    </attributes>\n"


def _graphml(flat: Network) -> Iterator[str]:
    written = _Written(("False", "True"))
    arcs = flat.edges(keys=True, data=True)
    of_elements = [("graph", name) for name in _OF_GRAPHS]
    of_elements += [("node", name) for name in ("label", *_OF_NODES)] if flat else []
    of_elements += [("edge", name) for name in (*_OF_ARCS, "key")] if arcs else []
    ids = {element: f"d{number}" for number, element in enumerate(of_elements)}
    yield _DECLARATION + _GRAPHML
    for (element, name), id_ in reversed(ids.items()):
        yield f'  <key id="{id_}" for="{element}" attr.name="{name}" attr.type="{_type(name)}" />\n'
    yield '  <graph edgedefault="directed">\n'
    for actor, data in flat.nodes(data=True):
        yield f'    <node id="{written[actor]}">\n'
        for name in ("label", *_OF_NODES):
            yield f'      <data key="{ids["node", name]}">{written[data[name]]}</data>\n'
        yield "    </node>\n"
    pattern = (
        '    <edge source="%s" target="%s" id="%s">\n'
        + "".join(f'      <data key="{id_}">%s</data>\n' for (one, _), id_ in ids.items() if one == "edge")
        + "    </edge>\n"
    )
    for source, target, key, data in arcs:
        values = [written[data[name]] for name in _OF_ARCS]
        yield pattern % (written[source], written[target], written[key], *values, written[key])
    for name in _OF_GRAPHS:
        yield f'    <data key="{ids["graph", name]}">{written[flat.graph[name]]}</data>\n'
    yield "  </graph>\n</graphml>\n"


def _type(name: str) -> str:
    return "boolean" if name in _TRUTH else "string"


def _last(iri: str) -> str:
    """Return the last piece of an IRI.

    >>> _last("https://w3id.org/portsmouth1905/id/inf-france")
    'inf-france'
    """
    return iri.rstrip("/#").rpartition("/")[2]
