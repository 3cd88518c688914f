"""Writing the whole dataset in a format, once a snapshot, and keeping it compressed.

What ``portsmouth export`` writes from files, this writes from the store: N-Quads
carry every graph and the default graph, line by line in order, so that the
SHA-256 of the file is the snapshot's id where the data are the program's own;
TriG and JSON-LD carry the named graphs, from which the default graph follows;
Turtle, N-Triples and RDF/XML carry the default graph.

An engine names blank nodes anew whenever it loads them. So that one snapshot
gives the same bytes at every server, they are named by RDFC-1.0 and their
statements come last. Where somebody has written nodes that look so much alike
that this would hold the server, they keep the names that the engine gave them:
the dump is as whole, and the same for as long as this server keeps the snapshot.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.canonical import MOST_WORK, work
from portsmouth.errors import StoreError
from portsmouth.formats import PREFIXED, RDF_FORMATS
from portsmouth.iris import PREFIXES
from portsmouth.store.protocol import RESULT_FORMATS, Answer, Formats, Query, Store
from portsmouth_server.asking import Row, quads, rows

log = logging.getLogger("portsmouth_server")

_GROUND: Final = "FILTER(!ISBLANK(?s) && !ISBLANK(?o))"
_TRIPLES: Final = f"SELECT ?g ?s ?p ?o WHERE {{ ?s ?p ?o {_GROUND} }} ORDER BY ?s ?p ?o"
# A statement of no named graph stands in none of the formats' named graphs, and must not be lost.
_NAMED: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{
  {{ GRAPH ?g {{ ?s ?p ?o }} }} UNION {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?h {{ ?s ?p ?o }} }} }}
  {_GROUND}
}} ORDER BY ?g ?s ?p ?o"""
_EVERYTHING: Final = (
    f"SELECT ?g ?s ?p ?o WHERE {{ {{ GRAPH ?g {{ ?s ?p ?o }} }} UNION {{ ?s ?p ?o }} {_GROUND} }}"
)
_BLANK: Final = """
SELECT ?g ?s ?p ?o WHERE {
  { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } FILTER(ISBLANK(?s) || ISBLANK(?o))
}"""
#: Where one write follows another faster than a dump is written, one of a former snapshot must do.
_TRIES: Final = 3
#: Nobody's request waits for a worker here but the server's own, once a snapshot and format.
_SECONDS: Final = 600.0
#: zlib's way to ask for the gzip format; no time of day goes into the bytes.
_GZIP: Final = 31
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Dump:
    """A dataset written in one format.

    :param compressed: the bytes in gzip, in pieces.
    :param size: how many bytes there are before compression.
    :param sha256: the checksum of the bytes before compression, in hexadecimal.
    """

    compressed: tuple[bytes, ...]
    size: int
    sha256: str

    @property
    def compressed_size(self) -> int:
        """How many bytes there are in gzip."""
        return sum(map(len, self.compressed))

    def plain(self) -> Iterator[bytes]:
        """Yield the bytes without compression, never many at once."""
        inflate = zlib.decompressobj(_GZIP)
        for piece in self.compressed:
            while piece:
                yield inflate.decompress(piece, _CHUNK)
                piece = inflate.unconsumed_tail
        yield inflate.flush()


class Dumps:
    """The dumps of a store, each written when it is first asked for.

    :param store: what is dumped.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshot = ""
        self._writing: dict[str, asyncio.Task[Dump]] = {}

    async def get(self, extension: str) -> tuple[str, Dump]:
        """Return the id of the snapshot that the store has now, and its dump in a format.

        :param extension: a key of :data:`~portsmouth.store.protocol.GRAPH_FORMATS`.
        :raises StoreError: the store could not answer.
        """
        for _ in range(_TRIES):
            snapshot, dump = await self._get(extension)
            # A dump is made of two questions; a write between them would let it see half of either snapshot.
            if snapshot == self._store.snapshot:
                break
        return snapshot, dump

    async def _get(self, extension: str) -> tuple[str, Dump]:
        if self._snapshot != self._store.snapshot:
            self._snapshot, self._writing = self._store.snapshot, {}
        snapshot = self._snapshot
        writing = self._writing.get(extension)
        if writing is None or (writing.done() and (writing.cancelled() or writing.exception())):
            writing = self._writing[extension] = asyncio.create_task(write_dump(self._store, extension))
        # Others may be waiting for the same dump when a client leaves.
        return snapshot, await asyncio.shield(writing)


async def write_dump(store: Store, extension: str) -> Dump:
    """Write the dataset of a store.

    :param store: what is dumped.
    :param extension: the format.
    :raises StoreError: the store could not answer.
    """
    blank = await asyncio.to_thread(_canonical, await rows(store, _BLANK))
    text = {"nq": _EVERYTHING, "trig": _NAMED, "jsonld": _NAMED}.get(extension, _TRIPLES)
    answer = await store.query(
        Query(text, formats=Formats(results=RESULT_FORMATS["json"]), deadline=_SECONDS)
    )
    try:
        source = io.BufferedReader(_Pipe(answer), _CHUNK)
        return await asyncio.to_thread(_write, source, blank, extension)
    finally:
        await answer.aclose()


def _canonical(solutions: Iterable[Row]) -> tuple[ox.Quad, ...]:
    """Name blank nodes so that the same statements have the same names, wherever they were loaded.

    :param solutions: every statement with a blank node, in every graph.
    """
    statements = set(quads(solutions))
    named = {quad for quad in statements if not isinstance(quad.graph_name, ox.DefaultGraph)}
    merged = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in named}
    derived = merged == statements - named
    # A derived default graph repeats what the named graphs hold and must not take part in the naming.
    counted = named if derived else statements
    if work(counted) > MOST_WORK:
        log.warning("blank nodes look too much alike to be named in time; dumps name them as the store does")
        return tuple(sorted(statements, key=_place))
    dataset = ox.Dataset(counted)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    result = set(dataset)
    if derived:
        result |= {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in result}
    return tuple(sorted(result, key=_place))


def _place(quad: ox.Quad) -> tuple[str, ...]:
    return (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))


def _write(source: Any, blank: tuple[ox.Quad, ...], extension: str) -> Dump:
    """Read solutions and write them as quads, both by the engine's own hand."""
    packer = _Packer()
    solutions: Any = ox.parse_query_results(source, format=ox.QueryResultsFormat.JSON)
    statements = chain(quads(solutions), _wanted(blank, extension))
    rdf_format = RDF_FORMATS[extension]
    if extension == "nq":
        written = ox.serialize(statements, format=rdf_format) or b""
        for line in sorted(written.splitlines(keepends=True)):
            packer.write(line)
    elif rdf_format.supports_datasets:
        ox.serialize(statements, packer, rdf_format, prefixes=_prefixes(extension))  # type: ignore[arg-type]
    else:
        triples = (quad.triple for quad in statements)
        ox.serialize(triples, packer, rdf_format, prefixes=_prefixes(extension))  # type: ignore[arg-type]
    return packer.finish()


def _wanted(blank: tuple[ox.Quad, ...], extension: str) -> list[ox.Quad]:
    """Choose the statements that a format carries, as the queries choose the others."""
    by_default = {quad.triple: quad for quad in blank if isinstance(quad.graph_name, ox.DefaultGraph)}
    if extension == "nq":
        return list(blank)
    if not RDF_FORMATS[extension].supports_datasets:
        return list(by_default.values())
    named = [quad for quad in blank if not isinstance(quad.graph_name, ox.DefaultGraph)]
    for quad in named:
        by_default.pop(quad.triple, None)
    return [*by_default.values(), *named]


def _prefixes(extension: str) -> dict[str, str] | None:
    return PREFIXES if RDF_FORMATS[extension] in PREFIXED else None


class _Packer:
    """A file that compresses what is written into it and remembers its checksum."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._size = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        if len(self._waiting) >= _CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        self._hash.update(data)
        self._size += len(data)
        if piece := self._deflate.compress(data):
            self._pieces.append(piece)

    def finish(self) -> Dump:
        self.flush()
        self._pieces.append(self._deflate.flush())
        return Dump(tuple(self._pieces), self._size, self._hash.hexdigest())


class _Pipe(io.RawIOBase):
    """An answer as a file that a thread reads; the event loop fetches each chunk when it is wanted."""

    def __init__(self, answer: Answer) -> None:
        self._loop = asyncio.get_running_loop()
        self._chunks = answer.__aiter__()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            fetched = asyncio.run_coroutine_threadsafe(_next(self._chunks), self._loop)
            try:
                self._rest = memoryview(fetched.result(timeout=_SECONDS))
            except TimeoutError:
                raise StoreError("found no further part of the dataset in time; expected one") from None
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the next chunk that holds something, and nothing at the end."""
    async for chunk in chunks:
        if chunk:
            return bytes(chunk)
    return b""
