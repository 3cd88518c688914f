"""What any store must do to answer queries and to be written: the port between requests and engines.

A store takes a :class:`Query` and gives an :class:`Answer`, whose bytes the
engine itself has serialised, chunk by chunk. A store that is writable takes an
:class:`Update` or a :class:`GraphWrite` and tells what was :class:`Written`. Whether the engine is embedded
(:mod:`portsmouth.store.embedded`) or another SPARQL service is the store's own
affair.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal, Protocol, Self

from portsmouth.errors import NotAcceptableError
from portsmouth.stance import Stance

#: What an answer is: a table of solutions, a yes or no, or a set of triples.
AnswerKind = Literal["solutions", "boolean", "graph"]

#: Media types of solutions and booleans, in the server's order of preference, with their short names.
RESULT_FORMATS: Final[Mapping[str, str]] = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}

#: Media types of graphs, in the server's order of preference, with their short names.
GRAPH_FORMATS: Final[Mapping[str, str]] = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """The RDF dataset that a request asks for (SPARQL 1.1 Protocol, section 2.1.4).

    :param default: IRIs of the graphs whose set of triples is the default graph.
    :param named: IRIs of the graphs that ``GRAPH`` may name.

    :param stance: the parts of the page whose passages may answer; of every part where there is none.

    A dataset that names no graph leaves the choice to the query's own ``FROM``
    clauses; any other overrides them. Either way graphs are chosen among those
    that the stance keeps.
    """

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    stance: Stance | None = None

    def __bool__(self) -> bool:
        return bool(self.default or self.named)


@dataclass(frozen=True, slots=True)
class Formats:
    """The media type to answer in, by kind of answer; ``None`` where the caller accepts none.

    >>> Formats().pick("graph")
    'text/turtle'
    """

    results: str | None = RESULT_FORMATS["json"]
    graphs: str | None = GRAPH_FORMATS["ttl"]

    def pick(self, kind: AnswerKind) -> str:
        """Return the media type for an answer of this kind.

        :raises NotAcceptableError: the caller accepts none that can hold it.
        """
        chosen = self.graphs if kind == "graph" else self.results
        if chosen is None:
            fitting = GRAPH_FORMATS if kind == "graph" else RESULT_FORMATS
            raise NotAcceptableError(
                found=f"an Accept header or format that cannot hold {_KIND_NAMES[kind]}",
                expected="one of " + ", ".join(fitting.values()),
            )
        return chosen


_KIND_NAMES: Final[Mapping[AnswerKind, str]] = {
    "solutions": "a table of solutions",
    "boolean": "a yes or no",
    "graph": "a graph",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One question to a store.

    :param text: SPARQL 1.1 query text.
    :param dataset: the graphs to ask, where the request names them.
    :param formats: the media types to answer in.
    :param base: the base IRI for relative IRIs in the text.
    :param deadline: seconds until the query is ended; ``None`` takes the store's own.
    :param max_rows: rows or triples after which the answer fails; 0 for any number.
    :param max_bytes: bytes after which the answer fails; 0 for any number.
    :param known_prefixes: whether :data:`portsmouth.iris.PREFIXES` hold without being declared. SPARQL wants
        every prefix declared, so the protocol leaves this off; people who type a query need not repeat them.
    """

    text: str
    dataset: Dataset = field(default_factory=Dataset)
    formats: Formats = field(default_factory=Formats)
    base: str | None = None
    deadline: float | None = None
    max_rows: int = 0
    max_bytes: int = 0
    known_prefixes: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """A SPARQL 1.1 Update request: one or more operations, carried out wholly or not at all.

    :param text: the operations.
    :param using: the graphs that ``WHERE`` asks, where the request names them (``using-graph-uri`` and
        ``using-named-graph-uri``); the text must then have neither ``USING`` nor ``WITH``.
    :param base: the base IRI for relative IRIs in the text; without it they are refused.
    :param deadline: seconds until the update is ended; ``None`` takes the store's own.
    """

    text: str
    using: Dataset | None = None
    base: str = ""
    deadline: float | None = None


#: What a :class:`GraphWrite` does with a graph: put other triples in place of its own, add some, or drop it.
GraphAction = Literal["replace", "merge", "delete"]


@dataclass(frozen=True, slots=True)
class GraphWrite:
    """A change of one whole graph (SPARQL 1.1 Graph Store HTTP Protocol, section 5).

    :param graph: the graph's IRI; ``None`` is the default graph.
    :param action: what is done with it.
    :param triples: N-Triples; their blank nodes become new ones.
    :param only_if: versions of which the graph must have one, ``{"*"}`` if it need only exist; see
        :meth:`Store.graph_version`. ``None`` asks nothing.
    :param only_if_absent: whether the graph must not exist.
    :param deadline: seconds until the write is ended; ``None`` takes the store's own.
    """

    graph: str | None
    action: GraphAction
    triples: bytes = b""
    only_if: frozenset[str] | None = None
    only_if_absent: bool = False
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    :param snapshot: the id of the snapshot that holds it.
    :param added: quads that were not there before; a derived default graph is not counted.
    :param removed: quads that are there no longer.
    :param created: whether a graph is there that was not there before.
    """

    snapshot: str
    added: int
    removed: int
    created: bool


class Answer(Protocol):
    """The serialised answer, whose head is known before its body has been computed.

    Iterate it to its end or close it: closing early ends the query.
    """

    @property
    def kind(self) -> AnswerKind:
        """What the answer is."""

    @property
    def media_type(self) -> str:
        """The media type of the body."""

    @property
    def complete(self) -> bool:
        """Whether the rest of the body is already here, so that reading it waits for nothing."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks.

        :raises StoreError: the query overran or failed after its head was sent.
        """

    async def aclose(self) -> None:
        """Give the answer up; a query that still runs is ended."""


class Store(Protocol):
    """Something that answers SPARQL queries about the present snapshot of a dataset, and may be written."""

    @property
    def snapshot(self) -> str:
        """The present snapshot's id: equal ids, equal answers."""

    @property
    def writable(self) -> bool:
        """Whether anything can be changed."""

    async def query(self, query: Query) -> Answer:
        """Answer a query.

        :raises QuerySyntaxError: the text is not SPARQL.
        :raises ServiceRefusedError: the text calls a host that is not allowed.
        :raises NotAcceptableError: no accepted format can hold the answer.
        :raises StoreError: the query overran its deadline or memory, or the store is busy.
        """

    async def update(self, update: Update) -> Written:
        """Carry out an update; a query that is begun after it has returned sees it.

        :raises ReadOnlyError: nothing can be changed here.
        :raises UpdateSyntaxError: the text is not SPARQL.
        :raises DerivedGraphError: it would write into a default graph that is derived.
        :raises LoadRefusedError: it would load from a place that is not allowed.
        :raises ServiceRefusedError: it calls a host that is not allowed.
        :raises NotFoundError: it clears or drops a graph that is not there, without ``SILENT``.
        :raises GraphExistsError: it creates a graph that is there, without ``SILENT``.
        :raises StoreError: it overran its deadline or memory, or the store is busy.
        """

    async def write_graph(self, write: GraphWrite) -> Written:
        """Replace, extend or drop one graph; a query that is begun after it has returned sees it.

        :raises ReadOnlyError: nothing can be changed here.
        :raises DerivedGraphError: the graph is a default graph that is derived.
        :raises PreconditionError: the graph has another version than the write asks for.
        :raises NotFoundError: it is to be dropped and is not there.
        :raises StoreError: it overran its deadline or memory, or the store is busy.
        """

    async def graph_version(self, graph: str | None) -> str | None:
        """Return what changes exactly when the content of a graph changes.

        :param graph: its IRI; ``None`` is the default graph.
        :return: the version; ``None`` where there is no such graph.
        """

    async def aclose(self) -> None:
        """Release processes, files and sockets."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
