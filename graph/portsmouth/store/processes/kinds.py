"""Which kinds of objects each property has, for the rewriting of queries.

To count them is to read all of a default graph. In memory nobody does until a query would be the quicker for
it, and rings; a store on disk is counted soon after it has been opened. The fork server has a process of its
own count, and every worker reads what that has written. Writes are noted as they come, with what they take
away: what is known is never too little for any snapshot since the fork server began, but may be too much.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import chain
from typing import Any, Final, cast

import pyoxigraph as ox

from portsmouth.store.sparql.ranks import are_mixed
from portsmouth.store.sparql.rewriting import BLANK_NODE, IRI, TRIPLE, Test
from portsmouth.store.updates.changes import Change

#: Pairs of a property and a kind beyond which nothing is told: no query is the quicker for so many.
_MOST: Final = 5000
# One look at each object, which on disk is what takes long: what has no datatype may be any kind of node.
_COUNT: Final = f"SELECT DISTINCT ?p (DATATYPE(?o) AS ?datatype) {{ ?s ?p ?o }} LIMIT {_MOST + 1}"
_NODES: Final = (IRI, BLANK_NODE, TRIPLE)
#: Whether the processes that share what is counted can be made here (memfd_create(2), eventfd(2)).
POSSIBLE: Final = hasattr(os, "memfd_create") and hasattr(os, "eventfd")
#: Stands before what has been counted, once all of it is there.
_WHOLE: Final = b"1"
_NO_PROPERTIES: Final[frozenset[str]] = frozenset()


class Kinds:
    """What is known of a default graph, in the fork server and in each worker that it forks.

    >>> kinds = Kinds()
    >>> kinds.properties(lambda kind: True) is None, kinds.is_wanted()
    (True, True)
    >>> store = ox.Store()
    >>> store.update("INSERT DATA { <http://s> <http://p> 1 ; <http://q> <http://o> ; <http://r> 'x' }")
    >>> kinds.count(store)
    >>> kinds.properties(lambda kind: kind == IRI)
    ['http://q']
    >>> triple = ox.Triple(ox.NamedNode("http://s"), ox.NamedNode("http://p"), ox.NamedNode("http://o"))
    >>> kinds.note(Change(added=(ox.Quad(*triple),)))
    >>> kinds.properties(lambda kind: kind == IRI)
    ['http://p', 'http://q']
    """

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        self._mixed: frozenset[str] | None = None
        self._counted = self._rung = self._too_many = False
        self._page = os.memfd_create("kinds") if POSSIBLE else -1
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) if POSSIBLE else -1

    def note(self, change: Change) -> None:
        """Note a write.

        :param change: what it changes; whatever is not in the default graph is passed over.
        """
        own = change.of_default_graph()
        self._mixed = None
        for quad in chain(own.removed, own.added):
            self._known.setdefault(quad.predicate.value, set()).add(_kind(quad.object))

    def properties(self, test: Test) -> list[str] | None:
        """Return the properties that have objects of a kind, in the order of their IRIs.

        :param test: says whether an object of a kind is wanted.
        :return: ``None`` where that is not known, or not worth knowing: of all properties, or of too many.
        """
        if not (self._counted or self._read()) or self._too_many:
            return None
        found = sorted(iri for iri, kinds in self._known.items() if any(map(test, kinds)))
        return found if len(found) < len(self._known) else None

    def mixed(self) -> frozenset[str]:
        """Return the properties whose objects are compared in different ways, as far as that is known.

        >>> kinds, store = Kinds(), ox.Store()
        >>> store.update("INSERT DATA { <http://s> <http://p> 1 , 'x' ; <http://q> 1 , 1.5 }")
        >>> kinds.count(store)
        >>> sorted(kinds.mixed())
        ['http://p']
        """
        # Nobody counts for this: few data have such properties, and it would be all of them for every server.
        if not (self._counted or self._read(wanted=False)) or self._too_many:
            return _NO_PROPERTIES
        if self._mixed is None:
            self._mixed = frozenset(iri for iri, kinds in self._known.items() if are_mixed(kinds))
        return self._mixed

    def _read(self, *, wanted: bool = True) -> bool:
        """Read what has been counted, or have it counted where it is wanted; return whether it was there."""
        if not POSSIBLE:
            return False
        if os.pread(self._page, 1, 0) != _WHOLE:
            if wanted and not self._rung:
                self._rung = True
                os.eventfd_write(self.bell, 1)
            return False
        counted = json.loads(os.pread(self._page, os.fstat(self._page).st_size, 1))
        self._counted, self._too_many = True, counted is None
        for iri, kind in counted or ():
            self._known.setdefault(iri, set()).add(kind)
        return True

    def is_wanted(self) -> bool:
        """Say whether anybody has rung since this was last asked, and nothing has been counted yet."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.bell)
            return os.pread(self._page, 1, 0) != _WHOLE
        return False

    def count(self, store: ox.Store) -> None:
        """Count, for all who share this.

        :param store: holds the default graph of a snapshot since this was made; what came and went by then
            has been noted.
        """
        counted: set[tuple[str, str]] = set()
        for prop, datatype in cast(Any, store.query(_COUNT)):
            counted.update((prop.value, kind) for kind in ([datatype.value] if datatype else _NODES))
        counted.update((iri, kind) for iri, kinds in self._known.items() for kind in kinds)
        body = json.dumps(sorted(counted) if len(counted) <= _MOST else None).encode()
        os.pwrite(self._page, body, 1)
        os.pwrite(self._page, _WHOLE, 0)


def _kind(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    match term:
        case ox.Literal():
            return term.datatype.value
        case ox.NamedNode():
            return IRI
        case ox.BlankNode():
            return BLANK_NODE
        case _:
            return TRIPLE
