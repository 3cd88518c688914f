"""From what operations ask for to what changes: the net change, and the default graph that follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import DerivedGraphError, ParameterError
from portsmouth.store.updates.blocks import Place
from portsmouth.store.updates.changes import Change, GraphName

_DEFAULT: Final = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every write to a store.

    :param merged: whether the default graph is derived: every triple of the named graphs, once.
    :param hosts: hosts that ``LOAD`` and ``SERVICE`` may call.
    :param seconds: how long another host may take to answer ``LOAD``.
    """

    merged: bool = True
    hosts: frozenset[str] = frozenset()
    seconds: float = 30.0


def derived(attempt: str) -> DerivedGraphError:
    """Say that the default graph cannot be written, and what can be done instead.

    :param attempt: what was attempted.
    """
    return DerivedGraphError(
        found=f"{attempt}, which is derived: it holds every triple of the named graphs once",
        expected="a named graph, as in INSERT DATA { GRAPH <…> { … } }, WITH <…>, LOAD … INTO GRAPH <…> or "
        "?graph=…; or a server that was started with --dataset plain",
    )


def place_of(graph: str | None) -> ox.NamedNode | ox.DefaultGraph:
    """Return a graph's name as the engine has it.

    :param graph: its IRI; ``None`` is the default graph.
    :raises ParameterError: it is no IRI.
    """
    if graph is None:
        return _DEFAULT
    try:
        return ox.NamedNode(graph)
    except ValueError:
        raise ParameterError(found=f"the graph name '{graph}'", expected="an absolute IRI") from None


def graph_exists(store: ox.Store, place: Place) -> bool:
    """Whether a graph exists; the default graph always does."""
    return isinstance(place, ox.DefaultGraph) or store.contains_named_graph(place)


def content_of(store: ox.Store, place: Place) -> Iterator[ox.Quad]:
    """Yield the quads of a graph."""
    return store.quads_for_pattern(None, None, None, place)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one operation asks for: quads to delete, then quads to insert, graphs to drop and to make.

    :param content: quads to delete that the store itself has just named, so that it need not be asked again.
    :param delete: quads to delete if they are there.
    :param insert: quads to insert.
    :param dropped: named graphs to drop.
    :param created: named graphs that are to exist.
    :param everything: whether ``content`` is all that the named graphs have.
    """

    content: Iterable[ox.Quad] = ()
    delete: Iterable[ox.Quad] = ()
    insert: Iterable[ox.Quad] = ()
    dropped: Iterable[GraphName] = ()
    created: Iterable[GraphName] = ()
    everything: bool = False


class Work:
    """The net change of the operations that have been done.

    :param store: the dataset.
    :param rules: what holds for the store.
    :param copy: makes a store of the same dataset that may be changed.
    """

    def __init__(self, store: ox.Store, rules: Rules, copy: Callable[[], ox.Store]) -> None:
        self._store = store
        self._rules = rules
        self._copy: Callable[[], ox.Store] | None = copy
        self._pending = Change()
        self._removed: dict[ox.Quad, None] = {}
        self._added: dict[ox.Quad, None] = {}
        # For every graph whose existence has been touched: whether it existed first, and whether it does now.
        self._graphs: dict[GraphName, tuple[bool, bool]] = {}

    @property
    def store(self) -> ox.Store:
        """The dataset as the operations so far have left it."""
        if self._pending:
            if self._copy:
                self._store, self._copy = self._copy(), None
            self._pending.apply(self._store)
            self._pending = Change()
        return self._store

    def do(self, effect: Effect) -> None:
        """Add an operation's effect, all of whose deletions come before its insertions."""
        store = self.store
        content, insert = set(effect.content), _canonical(effect.insert)
        removed = {quad for quad in _canonical(effect.delete) if quad in store and quad not in insert}
        removed |= content - insert
        graphs = {quad.graph_name for quad in insert if not isinstance(quad.graph_name, ox.DefaultGraph)}
        created = {graph for graph in {*effect.created, *graphs} if not store.contains_named_graph(graph)}
        added = {
            quad
            for quad in insert
            if quad.graph_name in created or (quad not in content and quad not in store)
        }
        dropped = [graph for graph in effect.dropped if store.contains_named_graph(graph)]
        if self._rules.merged:
            if effect.everything:
                removed |= set(content_of(store, _DEFAULT))
            else:
                self._mend(store, removed, added)
        self._pending = Change(tuple(removed), tuple(added), tuple(dropped), tuple(created))
        for quads, here, there in (
            (removed, self._removed, self._added),
            (added, self._added, self._removed),
        ):
            for quad in quads:
                if quad in there:
                    del there[quad]
                else:
                    here[quad] = None
        for named, exists in ((dropped, False), (list(created), True)):
            for graph in named:
                first, _ = self._graphs.get(graph, (not exists, True))
                self._graphs[graph] = (first, exists)

    def change(self) -> Change:
        """Return the net change."""
        return Change(
            removed=tuple(self._removed),
            added=tuple(self._added),
            dropped=tuple(graph for graph, (first, now) in self._graphs.items() if first and not now),
            created=tuple(graph for graph, (first, now) in self._graphs.items() if now and not first),
        )

    def _mend(self, store: ox.Store, removed: set[ox.Quad], added: set[ox.Quad]) -> None:
        """Let the default graph follow the named graphs: its cost is by what changes in them."""
        come = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in added}
        gone = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in removed} - come
        gone = {quad for quad in gone if is_orphan(store, quad, removed)}
        added |= {quad for quad in come if quad not in store}
        removed |= gone


def is_orphan(store: ox.Store, triple: ox.Quad, removed: set[ox.Quad]) -> bool:
    """Whether a triple of the default graph is in no named graph once quads have been removed."""
    derived = False
    for quad in store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None):
        if quad == triple:
            derived = True
        elif quad not in removed:
            return False
    return derived


def _canonical(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    """Return a set of quads as the engine writes their terms: it keeps numbers by value."""
    store = ox.Store()
    store.extend(quads)
    return set(store)


def emptied(store: ox.Store, places: Iterable[Place], *, drop: bool, everything: bool = False) -> Effect:
    """Return the effect of emptying graphs.

    :param places: the graphs.
    :param drop: whether they are to exist no more.
    :param everything: whether they are all the named graphs there are.
    """
    listed = list(places)
    named = [place for place in listed if not isinstance(place, ox.DefaultGraph)] if drop else []
    content = chain.from_iterable(content_of(store, place) for place in listed)
    return Effect(content=content, dropped=named, everything=everything)
