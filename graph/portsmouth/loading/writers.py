"""The ways to write into another service: SPARQL 1.1 Update, and the Graph Store HTTP Protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol
from urllib.parse import quote

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.loading.state import PROGRESS, SECONDS, Line, State, record
from portsmouth.store.service.client import Service


class Writer(Protocol):
    """A way to write into a service."""

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, written as N-Triples."""

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Change what is told of the state; ``state`` is the whole of it after the change."""


class UpdateWriter:
    """Writes by SPARQL 1.1 Update.

    :param service: the service.
    :param url: the address at which it takes updates.
    """

    def __init__(self, service: Service, url: str) -> None:
        self._service = service
        self._url = url

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""
        for some in batches(graphs, 100):
            await self._update(" ;\n".join(f"DROP SILENT GRAPH {ox.NamedNode(graph)}" for graph in some))

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, in one request."""
        await self._update(f"INSERT DATA {{\n{_blocks(graphs)}\n}}")

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Delete the old statements and add the new ones."""
        for verb, lines in (("DELETE", list(old)), ("INSERT", list(new))):
            for some in batches(lines, 500):
                await self._update(f"{verb} DATA {{\n{_blocks({iris.LOADED: some})}\n}}")

    async def _update(self, text: str) -> None:
        # By form, since one engine waits for ever when it is sent the text itself.
        async with self._service.form(self._url, [("update", text)], "*/*", SECONDS) as response:
            await self._service.read(response, SECONDS)


class GraphStoreWriter:
    """Writes by the SPARQL 1.1 Graph Store HTTP Protocol.

    :param service: the service.
    :param url: the address of its graph store.
    """

    def __init__(self, service: Service, url: str) -> None:
        self._service = service
        self._url = url

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""
        for graph in graphs:
            # Not every service takes the deletion of a graph that is not there, or an empty one in its place.
            await self._send("PUT", graph, [record(graph, PROGRESS, "")])
            await self._send("DELETE", graph, [])

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, in one request a graph."""
        for graph, lines in graphs.items():
            await self._send("POST", graph, lines)

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Add the new statements, or put all in place of all where there are old ones."""
        if list(old):
            await self._send("PUT", iris.LOADED, list(state.lines()))
        elif added := list(new):
            await self._send("POST", iris.LOADED, added)

    async def _send(self, method: str, graph: str, lines: list[Line]) -> None:
        joint = "&" if "?" in self._url else "?"
        url = f"{self._url}{joint}graph={quote(graph, safe='')}"
        body = "\n".join([*lines, ""]).encode()
        sending = self._service.send(method, url, body, "application/n-triples", "*/*", SECONDS)
        async with sending as response:
            await self._service.read(response, SECONDS)


def _blocks(graphs: dict[str, list[Line]]) -> str:
    return "\n".join(
        f"GRAPH {ox.NamedNode(graph)} {{\n{chr(10).join(lines)}\n}}" for graph, lines in graphs.items()
    )


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield items so many at a time.

    :param items: the items.
    :param size: how many, but for the last ones.

    >>> list(batches("abc", 2))
    [['a', 'b'], ['c']]
    """
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
