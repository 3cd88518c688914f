"""What a service tells of what has been loaded into it: the triples of ``g:loaded``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import RemoteError
from portsmouth.store.protocol import RESULT_FORMATS
from portsmouth.store.service.client import Service

#: A triple as a line of N-Triples, without its end.
Line: TypeAlias = str

#: The checksum of a graph that is whole.
CHECKSUM: Final = iris.SPDX + "checksumValue"
VERSION: Final = iris.DCTERMS + "hasVersion"
#: How far a graph has come that is sent in several requests: checksum, triples, and whose order they are in.
PROGRESS: Final = iris.DCTERMS + "extent"
#: Seconds that a service may take over a request of a load.
SECONDS: Final = 600.0


@dataclass(slots=True)
class State:
    """What a service says has been loaded into it.

    :param complete: the checksum of each graph that is whole.
    :param partial: how far each graph has come that is not.
    :param version: the version of the data; empty while they are not whole.
    """

    complete: dict[str, str] = field(default_factory=dict)
    partial: dict[str, str] = field(default_factory=dict)
    version: str = ""

    def lines(self) -> Iterator[Line]:
        """Yield the state as triples."""
        for predicate, told in ((CHECKSUM, self.complete), (PROGRESS, self.partial)):
            for graph, value in told.items():
                yield record(graph, predicate, value)
        if self.version:
            yield record(iris.MERGED, VERSION, self.version)


def record(subject: str, predicate: str, value: str) -> Line:
    """Write one statement about what has been loaded.

    >>> record("http://e/g", "http://e/p", "x")
    '<http://e/g> <http://e/p> "x" .'
    """
    return f"{ox.NamedNode(subject)} {ox.NamedNode(predicate)} {ox.Literal(value)} ."


async def read_state(service: Service, url: str, seconds: float = SECONDS) -> State:
    """Ask a service what has been loaded into it.

    :param service: the service.
    :param url: the address at which it answers queries.
    :param seconds: until it must have answered.
    :raises StoreError: it does not answer.
    """
    query = f"SELECT ?s ?p ?o WHERE {{ GRAPH <{iris.LOADED}> {{ ?s ?p ?o }} }}"
    state = State()
    asking = service.form(url, [("query", query)], RESULT_FORMATS["json"], seconds, repeatable=True)
    async with asking as response:
        body = await service.read(response, seconds)
    try:
        results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        rows = [(row["s"].value, row["p"].value, row["o"].value) for row in results]  # type: ignore[union-attr]
    except (SyntaxError, ValueError, TypeError):
        raise RemoteError(
            "found an answer that is not SPARQL results in JSON; expected a SPARQL service at that address"
        ) from None
    for subject, predicate, value in rows:
        if predicate == CHECKSUM:
            state.complete[subject] = value
        elif predicate == PROGRESS:
            state.partial[subject] = value
        elif predicate == VERSION:
            state.version = value
    return state
