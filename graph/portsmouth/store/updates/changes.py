"""What a write changes, as a value: the quads and graphs that go and those that come.

A write is evaluated once, where its deadline and memory are bounded, and what
it changes is then carried to every place that holds the data. A change names
blank nodes as the store does, so they stay who they are, and applying it twice
gives what applying it once gives, so that a journal can be replayed.

What a large write changes is kept as text (:mod:`portsmouth.store.updates.blocks`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self, TypeAlias

import pyoxigraph as ox

from portsmouth.collecting import collector_paused
from portsmouth.store.updates.blocks import Blocks

GraphName: TypeAlias = ox.NamedNode | ox.BlankNode
Quads: TypeAlias = tuple[ox.Quad, ...] | Blocks

#: Quads that are taken out in one transaction of the engine.
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """What a write changes, against the dataset that it was evaluated on.

    :param removed: quads that were there and go.
    :param added: quads that were not there and come.
    :param dropped: named graphs that were there and go; their quads are among ``removed``.
    :param created: named graphs that were not there and come, empty ones among them.
    """

    removed: Quads = ()
    added: Quads = ()
    dropped: tuple[GraphName, ...] = ()
    created: tuple[GraphName, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.dropped or self.created)

    def graphs(self) -> set[str | None]:
        """Return the graphs whose content or existence changes: IRIs, and ``None`` for the default graph.

        >>> Change(dropped=(ox.NamedNode("http://g"),)).graphs()
        {'http://g'}
        """
        names = {*_graphs(self.removed), *_graphs(self.added), *self.dropped, *self.created}
        return {None if isinstance(name, ox.DefaultGraph) else name.value for name in names}

    def of_default_graph(self) -> Self:
        """Return what changes in the default graph.

        >>> Change(dropped=(ox.NamedNode("http://g"),)).of_default_graph()
        Change(removed=(), added=(), dropped=(), created=())
        """

        return type(self)(_of_default_graph(self.removed), _of_default_graph(self.added))

    def counts(self, *, derived: bool) -> tuple[int, int]:
        """Return how many quads come and how many go.

        :param derived: whether the default graph is derived; what only follows does not count.
        """
        added, removed = len(self.added), len(self.removed)
        if derived:
            added -= len(_of_default_graph(self.added))
            removed -= len(_of_default_graph(self.removed))
        return added, removed

    def apply(self, store: ox.Store, *, in_tables: bool = False) -> None:
        """Make a store hold what it holds after the change.

        :param store: holds the dataset as it was before, or as it is after.
        :param in_tables: as for :meth:`.blocks.Blocks.add_to`.

        >>> store = ox.Store()
        >>> quad = ox.Quad(ox.NamedNode("http://s"), ox.NamedNode("http://p"), ox.Literal("o"))
        >>> Change(added=(quad,)).apply(store)
        >>> quad in store
        True
        """
        for graph in self.dropped:
            store.remove_graph(graph)
        dropped = set(self.dropped)
        if isinstance(self.removed, Blocks):
            self.removed.but_of(dropped).remove_from(store)
        else:
            _remove(store, (quad for quad in self.removed if quad.graph_name not in dropped))
        for graph in self.created:
            store.add_graph(graph)
        if isinstance(self.added, Blocks):
            self.added.add_to(store, in_tables=in_tables)
        elif self.added:
            store.extend(self.added)

    def to_bytes(self) -> bytes:
        """Write the change: a line of JSON, then N-Quads, or the N-Triples of one graph after another."""
        (gone, removed), (come, added) = _written(self.removed), _written(self.added)
        head = {
            "removed": len(removed),
            "blocks": [gone, come],
            "dropped": [str(graph) for graph in self.dropped],
            "created": [str(graph) for graph in self.created],
        }
        if gone is None and come is None:
            del head["blocks"]
        return json.dumps(head).encode() + b"\n" + removed + added

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a change back.

        >>> change = Change(created=(ox.BlankNode("b"),))
        >>> Change.from_bytes(change.to_bytes()) == change
        True
        """
        line, _, quads = data.partition(b"\n")
        head = json.loads(line)
        gone, come = head.get("blocks", (None, None))
        return cls(
            removed=_read(gone, quads[: head["removed"]]),
            added=_read(come, quads[head["removed"] :]),
            dropped=tuple(map(_graph, head["dropped"])),
            created=tuple(map(_graph, head["created"])),
        )


def _remove(store: ox.Store, quads: Iterable[ox.Quad]) -> None:
    """Take quads out, many in one transaction where the engine's language can name them."""
    remaining = iter(quads)
    while batch := list(islice(remaining, _BATCH)):
        ground = [quad for quad in batch if not _has_blank_node(quad)] if len(batch) > 2 else []
        if ground:
            store.update("DELETE DATA {" + "".join(map(_data_of, ground)) + "}")
            batch = [quad for quad in batch if _has_blank_node(quad)]
        for quad in batch:
            store.remove(quad)


def _has_blank_node(quad: ox.Quad) -> bool:
    # A triple within a triple may have one, and is rare enough to be taken for one that has.
    return (
        not isinstance(quad.subject, ox.NamedNode)
        or not isinstance(quad.object, ox.NamedNode | ox.Literal)
        or (isinstance(quad.graph_name, ox.BlankNode))
    )


def _data_of(quad: ox.Quad) -> str:
    triple = f"{quad.subject} {quad.predicate} {quad.object} "
    if isinstance(quad.graph_name, ox.DefaultGraph):
        return triple + ". "
    return f"GRAPH {quad.graph_name} {{ {triple}}} "


def _graphs(quads: Quads) -> Iterable[GraphName | ox.DefaultGraph]:
    return quads.graphs if isinstance(quads, Blocks) else {quad.graph_name for quad in quads}


def _of_default_graph(quads: Quads) -> Quads:
    if isinstance(quads, Blocks):
        return quads.of_default_graph()
    return tuple(quad for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph))


def _written(quads: Quads) -> tuple[list[tuple[str, int]] | None, bytes]:
    """Return how long the parts are that quads are written in, if they are by graph, and the quads."""
    if isinstance(quads, Blocks):
        return quads.to_bytes()
    return None, ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def _read(parts: list[tuple[str, int]] | None, data: bytes) -> Quads:
    return _quads(data) if parts is None else Blocks.from_bytes(parts, data)


def _quads(data: bytes) -> tuple[ox.Quad, ...]:
    # All of them live on, and the collector would walk over a great change again and again.
    with collector_paused():
        return tuple(ox.parse(data, format=ox.RdfFormat.N_QUADS))


def _graph(text: str) -> GraphName:
    return ox.NamedNode(text[1:-1]) if text.startswith("<") else ox.BlankNode(text.removeprefix("_:"))
