"""Many quads as text: what a large write changes is carried so, since single quads take ten times as long."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import pyoxigraph as ox

Place: TypeAlias = ox.NamedNode | ox.BlankNode | ox.DefaultGraph

#: Triples that are taken out in one transaction of the engine.
_BATCH: Final = 5000
#: Bytes of triples that are worth tables of their own.
_MANY_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Blocks:
    """Quads without blank nodes, as the N-Triples of each graph; they can be iterated over as quads.

    :param triples: for each graph its triples, a line each as the engine writes them.

    >>> triples = b'<http://s> <http://p> "o" .\\n'
    >>> [str(quad) for quad in Blocks(((ox.NamedNode("http://g"), triples),))]
    ['<http://s> <http://p> "o" <http://g>']
    """

    triples: tuple[tuple[Place, bytes], ...]

    def __len__(self) -> int:
        return sum(text.count(b"\n") for _, text in self.triples)

    def __iter__(self) -> Iterator[ox.Quad]:
        for graph, text in self.triples:
            for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)

    def __contains__(self, quad: object) -> bool:
        return any(quad == own for own in self)

    @property
    def graphs(self) -> list[Place]:
        """The graphs of which there are quads."""
        return [graph for graph, text in self.triples if text]

    def of_default_graph(self) -> Self:
        """Return the quads of the default graph alone."""
        return type(self)(tuple(block for block in self.triples if isinstance(block[0], ox.DefaultGraph)))

    def but_of(self, graphs: Collection[Place]) -> Self:
        """Return the quads of other graphs."""
        return type(self)(tuple(block for block in self.triples if block[0] not in graphs))

    def add_to(self, store: ox.Store, *, in_tables: bool = False) -> None:
        """Put the quads into a store.

        :param in_tables: whether many may be put beside what is there as tables of their own, which takes a
            store on disk a third of the time, but is seen by halves meanwhile, and stays so if interrupted.
        """
        for graph, text in self.triples:
            add = store.bulk_load if in_tables and len(text) >= _MANY_BYTES else store.load
            # The engine has written it itself.
            add(text, format=ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    def remove_from(self, store: ox.Store) -> None:
        """Take the quads out of a store."""
        if any(b"<<" in text for _, text in self.triples):
            for quad in self:
                store.remove(quad)
            return
        for graph, text in self.triples:
            around = ("", "") if isinstance(graph, ox.DefaultGraph) else (f"GRAPH {graph} {{", "}")
            lines = text.splitlines(keepends=True)
            for start in range(0, len(lines), _BATCH):
                data = b"".join(lines[start : start + _BATCH]).decode()
                store.update(f"DELETE DATA {{{around[0]}{data}{around[1]}}}")

    def to_bytes(self) -> tuple[list[tuple[str, int]], bytes]:
        """Return the graphs with the bytes of each, and the triples of all."""
        graphs = [
            ("" if isinstance(graph, ox.DefaultGraph) else str(graph), len(t)) for graph, t in self.triples
        ]
        return graphs, b"".join(text for _, text in self.triples)

    @classmethod
    def from_bytes(cls, graphs: list[tuple[str, int]], data: bytes) -> Self:
        """Read quads back.

        >>> blocks = Blocks(((ox.DefaultGraph(), b'<http://s> <http://p> "o" .\\n'),))
        >>> Blocks.from_bytes(*blocks.to_bytes()) == blocks
        True
        """
        triples: list[tuple[Place, bytes]] = []
        start = 0
        for graph, length in graphs:
            place = ox.NamedNode(graph[1:-1]) if graph else ox.DefaultGraph()
            triples.append((place, data[start : start + length]))
            start += length
        return cls(tuple(triples))
