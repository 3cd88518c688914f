"""Labels for blank nodes that depend on the graph alone (RDF Dataset Canonicalization, RDFC-1.0).

Nodes that look alike are told apart by trying the orders in which they can be visited. That takes a moment
for any graph that somebody means, and for ever for one that is made to take so long (RDFC-1.0, section 7.1,
"Dataset poisoning"); nor can the engine be interrupted. So what it would take is estimated first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import factorial
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import AnswerLimitError

#: What may be tried, as :func:`work` reckons; about a second.
MOST_WORK: Final = 10_000_000

_Alike = dict[ox.BlankNode, dict[object, set[ox.BlankNode]]]


def canonical(quads: Iterable[ox.Quad]) -> list[str]:
    """Return quads as N-Quads without the full stop, their blank nodes labelled by RDFC-1.0.

    :param quads: the quads, each of which counts once.
    :return: a text for each, in no order.
    :raises AnswerLimitError: too many blank nodes look too much alike.

    >>> quad = ox.Quad(ox.BlankNode("x"), ox.NamedNode("http://e/p"), ox.Literal("o"))
    >>> canonical([quad])
    ['_:c14n0 <http://e/p> "o"']
    """
    once = set(quads)
    if work(once) > MOST_WORK:
        raise AnswerLimitError(
            "found blank nodes that look too much alike to be told apart in time; expected fewer of them, "
            "or ones that differ in what is said of them"
        )
    dataset = ox.Dataset(once)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [str(quad) for quad in dataset]


def work(quads: Iterable[ox.Quad]) -> int:
    """Estimate what telling the blank nodes of some quads apart takes.

    Nodes that differ in the quads that mention them cost nothing. For each set of others that hang together
    it is the cube of their number, times the orders in which alike neighbours can be visited.

    :param quads: the quads.
    :return: steps, of which the engine does about ten million in a second.

    >>> node, knows = [ox.BlankNode(f"n{n}") for n in range(9)], ox.NamedNode("http://e/knows")
    >>> work(ox.Quad(one, knows, other) for one, other in zip(node, node[1:]))
    343
    >>> work(ox.Quad(one, knows, other) for one in node for other in node if one != other)
    264539520
    """
    alike = _alike(list(quads))
    total = 0
    for together in _connected(alike):
        ways = 1
        for node in together:
            for group in alike[node].values():
                ways *= _orders(len(group))
            if ways > MOST_WORK:
                break
        total += len(together) ** 3 * min(ways, _orders(len(together)))
    return total


def _orders(count: int) -> int:
    """Return in how many orders things can be visited; enough, where they are too many."""
    return factorial(min(count, 20))


def _alike(quads: list[ox.Quad]) -> _Alike:
    """Return the blank nodes that look like others, each with those of them that it is mentioned with.

    These are in groups of which nothing in a quad tells one from the other.
    """
    looks: dict[ox.BlankNode, list[str]] = defaultdict(list)
    for quad in quads:
        for node in _blank_nodes(quad).values():
            looks[node].append(" ".join(_looked_at(term, node) for term in quad))
    faces = {node: tuple(sorted(lines)) for node, lines in looks.items()}
    counted = Counter(faces.values())
    alike: _Alike = {node: defaultdict(set) for node, face in faces.items() if counted[face] > 1}
    for quad in quads:
        nodes = {place: node for place, node in _blank_nodes(quad).items() if node in alike}
        for node in nodes.values():
            for place, other in nodes.items():
                if other != node:
                    alike[node][place, quad.predicate, faces[other]].add(other)
    return alike


def _blank_nodes(quad: ox.Quad) -> Mapping[int, ox.BlankNode]:
    return {place: term for place, term in enumerate(quad) if isinstance(term, ox.BlankNode)}


def _looked_at(term: object, node: ox.BlankNode) -> str:
    if isinstance(term, ox.BlankNode):
        return "_:a" if term == node else "_:z"
    return str(term)


def _connected(alike: _Alike) -> Iterator[set[ox.BlankNode]]:
    """Yield the sets of nodes that hang together."""
    left = set(alike)
    while left:
        together = {left.pop()}
        fresh = list(together)
        while fresh:
            found = {other for group in alike[fresh.pop()].values() for other in group} - together
            together |= found
            fresh += found
        left -= together
        yield together
