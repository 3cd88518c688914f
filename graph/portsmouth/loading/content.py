"""A dataset that is ready to be sent to another service: no blank nodes, every graph with its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import DocumentError
from portsmouth.loading.state import Line

_GENID: Final = iris.BASE + ".well-known/genid/"
#: Graphs that loading adds.
_RESERVED: Final = frozenset({iris.MERGED, iris.LOADED})
_DEFAULT: Final = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Content:
    """A dataset that is ready to be sent.

    :param store: its named graphs, and in the default graph the triples of all graphs.
    :param graphs: the checksum and the number of triples of each graph, ``g:merged`` for the default graph.
    :param version: its version.
    """

    store: ox.Store
    graphs: dict[str, tuple[str, int]]
    version: str

    def triples(self, graph: str) -> Generator[Line, None, None]:
        """Yield the triples of a graph, each as a line of N-Triples."""
        name = _DEFAULT if graph == iris.MERGED else ox.NamedNode(graph)
        for quad in self.store.quads_for_pattern(None, None, None, name):
            yield f"{quad.subject} {quad.predicate} {quad.object} ."


def read_dataset(source: Path | bytes, store: ox.Store) -> ox.Store:
    """Read N-Quads into a store, with an IRI in place of each blank node, made of its label.

    :param source: a file, or the text itself.
    :param store: what takes them.
    :return: the same store.
    :raises DocumentError: it is no N-Quads.

    >>> (quad,) = read_dataset(b'_:b0 <http://e/p> "x" .', ox.Store())
    >>> quad.subject.value
    'https://w3id.org/portsmouth1905/.well-known/genid/b0'
    """
    try:
        # The labels of a file are the same the next time; those that a reader chooses would not be.
        quads = ox.parse(
            source if isinstance(source, bytes) else None,
            path=None if isinstance(source, bytes) else str(source),
            format=ox.RdfFormat.N_QUADS,
        )
        store.bulk_extend(map(_grounded, quads))
    except (SyntaxError, ValueError) as error:
        where = "" if isinstance(source, bytes) else f"{source}: "
        told = error.msg if isinstance(error, SyntaxError) else error
        raise DocumentError(f"{where}{told}", "a dataset in N-Quads") from None
    return store


def _grounded(quad: ox.Quad) -> ox.Quad:
    if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
        return quad
    return ox.Quad(_ground(quad.subject), quad.predicate, _ground(quad.object), quad.graph_name)


def _ground(term: Any) -> Any:
    match term:
        case ox.BlankNode():
            return ox.NamedNode(_GENID + quote(term.value, safe=""))
        case ox.Triple():
            return ox.Triple(_ground(term.subject), term.predicate, _ground(term.object))
        case _:
            return term


def prepare(store: ox.Store, version: str = "") -> Content:
    """Make a dataset ready to be sent.

    :param store: holds it; its default graph is completed to hold the triples of all graphs.
    :param version: its version; a checksum of it unless given.
    :raises DocumentError: it has a graph whose name is kept for what loading adds, or that is a blank node.

    >>> store = read_dataset(b"<http://e/a> <http://e/b> <http://e/c> <http://e/g> .", ox.Store())
    >>> list(prepare(store).graphs)
    ['http://e/g', 'https://w3id.org/portsmouth1905/graph/merged']
    """
    graphs: dict[str, tuple[str, int]] = {}
    for name in store.named_graphs():
        if not isinstance(name, ox.NamedNode) or name.value in _RESERVED:
            raise DocumentError(f"a graph named {name}", "graphs with IRIs, but for those that loading adds")
    # What is read is the dataset as it was before.
    store.bulk_extend(
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in store.quads_for_pattern(None, None, None, None)
        if quad.graph_name != _DEFAULT
    )
    content = Content(store, graphs, "")
    names = sorted(name.value for name in store.named_graphs())
    for graph in [*names, iris.MERGED]:
        graphs[graph] = _checksum(content.triples(graph))
    told = "".join(f"{graph} {checksum}\n" for graph, (checksum, _) in graphs.items())
    return Content(store, graphs, version or hashlib.sha256(told.encode()).hexdigest())


def _checksum(lines: Iterable[Line]) -> tuple[str, int]:
    """Return a checksum of a set of triples, in whatever order they come, and their number."""
    total = count = 0
    for line in lines:
        total += int.from_bytes(hashlib.sha256(line.encode()).digest())
        count += 1
    return f"{total % (1 << 256):064x}", count
