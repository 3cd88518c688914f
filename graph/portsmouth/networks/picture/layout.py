"""Where actors stand: the same place for the same network, no two on each other, nor their names.

Distances follow the Kamada-Kawai method (Information Processing Letters 31, 1989), in igraph, from a circle,
without chance. A point for each side, tied to all who stand on it and then left out, keeps sides together;
a point in the middle, to which those are tied, keeps pieces that nothing joins from drifting off. Boxes that
overlap are pushed apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import cos, hypot, pi, sin, sqrt
from typing import Any, Final, NamedTuple

from portsmouth.lazily import lazily

igraph = lazily("igraph")

Network = Any  # nx.MultiDiGraph, which has no type parameters

#: How much wider than high a picture is.
_ASPECT: Final = 1.45
#: How far actors stand from the point of their side, those from the middle, and who has no side from it.
_SIDE_DISTANCE: Final = 1.15
_HUB_DISTANCE: Final = 1.2
_OUTER_DISTANCE: Final = 2.4
#: Turns of pushing apart; so many boxes are apart long before.
_MOST_TURNS: Final = 2000


class Box(NamedTuple):
    """The room of an actor with its name, around the point where it stands.

    :param left: how far it reaches to the left; likewise the others.
    """

    left: float
    right: float
    up: float
    down: float


def place(
    network: Network, actors: Sequence[str], boxes: Mapping[str, Box], gap: float
) -> dict[str, tuple[float, float]]:
    """Find a place for each actor.

    :param network: the network.
    :param actors: those that are drawn, in a steady order.
    :param boxes: the room that each takes.
    :param gap: the room between two.
    :return: x and y of each, y downwards.
    """
    points = _kamada_kawai(network, actors)
    area = sum((box.left + box.right + gap) * (box.up + box.down + gap) for box in boxes.values())
    spread = max(1e-9, *(hypot(x, y) for x, y in points.values())) if len(points) > 1 else 1.0
    scale = sqrt(area) * 1.05 / spread
    apart = {actor: [x * scale * _ASPECT, y * scale] for actor, (x, y) in points.items()}
    _push_apart(apart, boxes, gap)
    return {actor: (round(x, 1), round(y, 1)) for actor, (x, y) in apart.items()}


def _kamada_kawai(network: Network, actors: Sequence[str]) -> dict[str, tuple[float, float]]:
    numbers = {actor: number for number, actor in enumerate(actors)}
    ties: Counter[tuple[int, int]] = Counter()
    for source, target in network.edges():
        if source in numbers and target in numbers and source != target:
            one, other = sorted((numbers[source], numbers[target]))
            ties[one, other] += 1
    sides = sorted({network.nodes[actor].get("side", "") for actor in actors} - {""})
    anchors = {side: len(numbers) + number for number, side in enumerate(sides)}
    busy = Counter(number for pair in ties.elements() for number in pair)
    # Who has much to do with others needs room for it.
    lengths = {pair: 1.0 + 0.1 * sqrt(busy[pair[0]] + busy[pair[1]]) for pair in sorted(ties)}
    hub = len(numbers) + len(anchors)
    for actor in actors:
        side = network.nodes[actor].get("side", "")
        end, length = (anchors[side], _SIDE_DISTANCE) if side else (hub, _OUTER_DISTANCE)
        lengths[numbers[actor], end] = length
    lengths |= {(anchor, hub): _HUB_DISTANCE for anchor in anchors.values()}
    total = hub + 1
    circle = [(cos(2 * pi * number / total), sin(2 * pi * number / total)) for number in range(total)]
    graph = igraph.Graph(n=total, edges=list(lengths))
    layout = graph.layout_kamada_kawai(
        seed=circle, maxiter=50 * max(total, 40), weights=list(lengths.values()) or None
    )
    middle = [sum(column) / len(actors) for column in zip(*layout.coords[: len(actors)], strict=True)]
    return {
        actor: (layout.coords[number][0] - middle[0], layout.coords[number][1] - middle[1])
        for actor, number in numbers.items()
    }


def _push_apart(points: dict[str, list[float]], boxes: Mapping[str, Box], gap: float) -> None:
    """Move overlapping boxes away from each other, each pair along the shorter way."""
    actors = list(points)
    for _ in range(_MOST_TURNS):
        moved = False
        for number, one in enumerate(actors):
            for other in actors[number + 1 :]:
                moved |= _part(points[one], boxes[one], points[other], boxes[other], gap)
        if not moved:
            return


def _part(one: list[float], box: Box, other: list[float], its: Box, gap: float) -> bool:
    across = min(one[0] + box.right, other[0] + its.right) - max(one[0] - box.left, other[0] - its.left) + gap
    down = min(one[1] + box.down, other[1] + its.down) - max(one[1] - box.up, other[1] - its.up) + gap
    if across <= 0 or down <= 0:
        return False
    axis, much = (0, across) if across < down else (1, down)
    way = 1 if one[axis] <= other[axis] else -1
    one[axis] -= way * (much / 2 + 0.05)
    other[axis] += way * (much / 2 + 0.05)
    return True
