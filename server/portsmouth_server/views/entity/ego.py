"""The small network around one thing: who is next to it, by which relation, laid out on an ellipse."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import DCTERMS, ID, PT, SCHEMA
from portsmouth_server.views.facts import ACTORS, Facts
from portsmouth_server.views.timeline.drawing import width_of

#: Neighbours that a small picture can show with their names.
MOST: Final = 14
WIDTH: Final = 700
#: Half the width of the ellipse, half its height, and half its height where neighbours are many.
_RADII: Final = (142, 160, 215)
_CROWDED: Final = 12
#: What lies above and below the ellipse: marks, and names of two rows.
_MARGIN: Final = 60
#: What a row of a name may measure beside the ellipse, and the height of a row.
_ROW: Final = 192
_LEADING: Final = 22
_MOST_ROWS: Final = 2
#: How much wider names are than those that a timeline measures, a little on the large side.
_SCALE: Final = 1.36
#: Relations that tie an actor to an actor or a treaty without an act between.
_DIRECT: Final = tuple(
    [PT + name for name in ("side", "headedBy", "commandedBy", "signedBy", "party", "onBehalfOf")]
    + [SCHEMA + "memberOf"]
)
_SILENT: Final = frozenset({PT + "disputedSubject", PT + "disputedValue", PT + "when"})
_PEOPLE: Final = frozenset({"Person"})
_STATES: Final = frozenset({"State", "Government"})
#: States that have a colour of their own.
SIDES: Final = (
    "japan", "russia", "united-states", "united-kingdom", "germany", "france", "china", "korea",
)  # fmt: skip
_STYLES: Final = {
    "persuaded": "persuaded", "advised": "persuaded", "pressed": "persuaded", "requested": "persuaded",
    "instructed": "instructed", "appointed": "instructed", "funded": "funded", "supported": "funded",
    "mediated": "mediated", "represented": "mediated", "threatened": "fought", "defeated": "fought",
    "constrained": "fought",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arc:
    """A relation to a neighbour.

    :param other: the neighbour's IRI.
    :param label: IRI of the relation: a mode of influence or a property.
    :param outwards: whether it leads from the thing in the middle.
    """

    other: str
    label: str
    outwards: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A neighbour as drawn.

    :param iri: who.
    :param x: across, in units of the picture.
    :param y: down.
    :param shape: ``circle``, ``square`` or ``lozenge``.
    :param side: the key of its colour, empty where it has none.
    :param rows: what it is called, in rows that fit.
    :param full: what it is called.
    :param href: its page.
    :param anchor: where its name stands: ``start``, ``middle`` or ``end``.
    :param label_x: where its name begins or ends.
    :param label_y: the baseline of its first row.
    """

    iri: str
    x: float
    y: float
    shape: str
    side: str
    rows: tuple[str, ...]
    full: str
    href: str
    anchor: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between the middle and a neighbour.

    :param x1: where it begins.
    :param y1: where it begins.
    :param x2: where it ends.
    :param y2: where it ends.
    :param style: how it is drawn.
    :param side: the key of the acting side's colour.
    :param heads: which ends have an arrow: ``end``, ``start``, ``both`` or nothing.
    :param title: what it says.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    style: str
    side: str
    heads: str
    title: str


@dataclass(frozen=True, slots=True)
class Ego:
    """A small network.

    :param middle: the thing of the page.
    :param nodes: its neighbours.
    :param edges: how they are joined.
    :param left_out: neighbours for whom there was no room.
    :param height: of the picture, which is 700 wide.
    """

    middle: Node
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int
    height: int


def arcs_around(facts: Facts, iri: str) -> list[Arc]:
    """Return who is next to a thing: of an actor those whom influence joins to it, else its neighbours.

    :param facts: the statements around the thing.
    :param iri: the thing.
    """
    if facts.kind(iri) in ACTORS:
        found = [*_by_influence(facts, iri), *_direct(facts, iri)]
    else:
        found = _any(facts, iri)
    return [arc for arc in dict.fromkeys(found) if arc.other != iri and arc.other.startswith(ID)]


def _by_influence(facts: Facts, iri: str) -> Iterable[Arc]:
    for subject in dict.fromkeys(subject for subject, _ in facts.pointing(iri)):
        if facts.kind(subject) != "Influence":
            continue
        givers = facts.iris(subject, PT + "from", SCHEMA + "agent")
        takers, between = facts.iris(subject, PT + "to"), facts.iris(subject, PT + "via")
        for mode in facts.iris(subject, PT + "mode") or [PT + "Influence"]:
            if iri in givers:
                yield from (Arc(other, mode, True) for other in takers or between)
            if iri in takers:
                yield from (Arc(other, mode, False) for other in givers)
            if iri in between:
                yield from (Arc(other, mode, False) for other in givers)
                yield from (Arc(other, mode, True) for other in takers)


def _direct(facts: Facts, iri: str) -> Iterable[Arc]:
    for property_ in _DIRECT:
        yield from (Arc(other, property_, True) for other in facts.iris(iri, property_))
    for subject, property_ in facts.pointing(iri):
        if property_ in _DIRECT and facts.kind(subject) in ACTORS | {"Treaty"}:
            yield Arc(subject, property_, False)


def _any(facts: Facts, iri: str) -> list[Arc]:
    out = [
        Arc(other, property_, True)
        for property_ in facts.properties(iri)
        if property_.startswith((PT, SCHEMA, DCTERMS)) and property_ not in _SILENT
        for other in facts.iris(iri, property_)
    ]
    into = [
        Arc(subject, property_, False)
        for subject, property_ in facts.pointing(iri)
        if property_.startswith((PT, SCHEMA, DCTERMS)) and property_ not in _SILENT
    ]
    return out + into


def lay_out(
    facts: Facts,
    iri: str,
    arcs: list[Arc],
    name: Callable[[str], str],
    href: Callable[[str], str],
) -> Ego | None:
    """Place a thing in the middle and its neighbours around it, those of one side together.

    :param facts: classes and sides of all.
    :param iri: the thing.
    :param arcs: how its neighbours are joined to it.
    :param name: what a thing is called.
    :param href: where its page is.
    :return: the picture, ``None`` where there are fewer than two neighbours.
    """
    by_other: dict[str, list[Arc]] = {}
    for arc in arcs:
        by_other.setdefault(arc.other, []).append(arc)
    if len(by_other) < 2:
        return None
    ranked = sorted(
        by_other, key=lambda other: (-len(by_other[other]), facts.kind(other) not in ACTORS, name(other))
    )
    shown = sorted(ranked[:MOST], key=lambda other: (side_of(facts, other), name(other)))
    across, down = _RADII[0], _RADII[2 if len(shown) > _CROWDED else 1]
    cx, cy = WIDTH / 2, down + _MARGIN
    middle = Node(
        iri, cx, cy, shape_of(facts, iri), side_of(facts, iri), rows_of(name(iri)), name(iri), "", "middle",
        cx, cy + 32,
    )  # fmt: skip
    nodes, edges = [], []
    for place, other in enumerate(shown):
        # Half a step off the vertical: the name of the middle stands below it.
        angle = 2 * math.pi * (place + 0.5) / len(shown) - math.pi / 2
        x, y = cx + across * math.cos(angle), cy + down * math.sin(angle)
        anchor, dx = ("start", 14) if x > cx + 1 else ("end", -14) if x < cx - 1 else ("middle", 0)
        rows = rows_of(name(other))
        dy = 6 - _LEADING * (len(rows) - 1) / 2 if dx else 28
        node = Node(
            other, round(x, 1), round(y, 1), shape_of(facts, other), side_of(facts, other),
            rows, name(other), href(other), anchor, round(x + dx, 1), round(y + dy, 1),
        )  # fmt: skip
        nodes.append(node)
        edges.append(_edge(middle, node, by_other[other], name))
    return Ego(middle, tuple(nodes), tuple(edges), len(by_other) - len(shown), 2 * cy)


def _edge(middle: Node, node: Node, arcs: list[Arc], name: Callable[[str], str]) -> Edge:
    outwards, inwards = any(arc.outwards for arc in arcs), any(not arc.outwards for arc in arcs)
    length = math.hypot(node.x - middle.x, node.y - middle.y)
    ux, uy = (node.x - middle.x) / length, (node.y - middle.y) / length
    style = next(
        (_STYLES[mode] for arc in arcs if (mode := arc.label.rpartition("/")[2]) in _STYLES), "plain"
    )
    heads = "both" if outwards and inwards else "end" if outwards else "start"
    said = "; ".join(
        dict.fromkeys(
            f"{middle.full} → {node.full}: {name(arc.label)}"
            if arc.outwards
            else f"{node.full} → {middle.full}: {name(arc.label)}"
            for arc in arcs
        )
    )
    return Edge(
        round(middle.x + 16 * ux, 1), round(middle.y + 16 * uy, 1),
        round(node.x - 13 * ux, 1), round(node.y - 13 * uy, 1),
        style, middle.side if outwards else node.side, heads, said,
    )  # fmt: skip


def shape_of(facts: Facts, iri: str) -> str:
    """Return the mark of a thing: a person's is a circle, a state's a square, an institution's a lozenge.

    :param facts: what is said of the thing.
    :param iri: the thing.

    >>> shape_of(Facts([]), "http://e/x")
    'dot'
    """
    kind = facts.kind(iri)
    if kind in _PEOPLE:
        return "circle"
    if kind in _STATES:
        return "square"
    return "lozenge" if kind in ACTORS else "dot"


def side_of(facts: Facts, iri: str) -> str:
    """Return the key of the state on whose side a thing stands, empty where it is on none that has a colour.

    :param facts: what is said of the thing.
    :param iri: the thing.

    >>> side_of(Facts([]), ID + "japan")
    'japan'
    """
    for candidate in (iri, *facts.iris(iri, PT + "side")):
        key = candidate.removeprefix(ID).removeprefix("government-of-")
        if key in SIDES:
            return key
    return ""


def rows_of(text: str) -> tuple[str, ...]:
    """Break a name between words into two rows that have room, and shorten it only where it must be.

    :param text: the name.

    >>> rows_of("Plenipotentiaries of the Emperor of Russia")
    ('Plenipotentiaries of', 'the Emperor of Russia')
    >>> rows_of("Witte")
    ('Witte',)
    """
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and (_fits(longer) or len(rows) == _MOST_ROWS):
            rows[-1] = longer
        else:
            rows.append(word)
    return tuple(_shortened(row) for row in rows)


def _fits(row: str) -> bool:
    return width_of(row) * _SCALE <= _ROW


def _shortened(row: str) -> str:
    if _fits(row):
        return row
    while row and not _fits(row + "…"):
        row = row[:-1]
    return row.rstrip() + "…"
