"""Turning an answer of another service, while it comes, into the format that is asked for.

Services differ in how they write even the standard formats: one writes a yes
or no as a table, one loses languages in TSV, and a connection that breaks leaves half
an answer that looks like a whole one. So every answer is read by the engine's
parsers and written by its serialisers, in a thread of its own, a piece at a time.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.errors import PortsmouthError, RemoteError
from portsmouth.formats import PREFIXED, RDF_FORMATS
from portsmouth.iris import PREFIXES
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, AnswerKind
from portsmouth.store.sparql.bounds import Bounded, Output, at_most

#: What is asked of a service: the formats that carry everything and can be read while they come.
ACCEPTED: Final = {
    "solutions": f"{RESULT_FORMATS['json']}, {RESULT_FORMATS['xml']};q=0.9",
    "boolean": f"{RESULT_FORMATS['json']}, {RESULT_FORMATS['xml']};q=0.9",
    "graph": f"{GRAPH_FORMATS['nt']}, {GRAPH_FORMATS['ttl']};q=0.9, {GRAPH_FORMATS['rdf']};q=0.8",
}

_RESULTS: Final = {
    RESULT_FORMATS["json"]: ox.QueryResultsFormat.JSON,
    RESULT_FORMATS["xml"]: ox.QueryResultsFormat.XML,
    RESULT_FORMATS["csv"]: ox.QueryResultsFormat.CSV,
    RESULT_FORMATS["tsv"]: ox.QueryResultsFormat.TSV,
}
_GRAPHS: Final = {GRAPH_FORMATS[name]: rdf_format for name, rdf_format in RDF_FORMATS.items()}
_PIECE: Final = 1 << 16
#: Seconds for which what has been written may wait for more.
_PATIENCE: Final = 0.1
_TRUE: Final = frozenset({"1", "true"})


class Input(io.RawIOBase):
    """What comes from the service, as the parsers read it.

    :param take: waits for the next bytes; none at the end.
    :param before: called before it is waited for.
    """

    def __init__(self, take: Callable[[], bytes], before: Callable[[], None]) -> None:
        super().__init__()
        self._take = take
        self._before = before
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, as many as are asked for at most."""
        if not self._left:
            self._before()
            self._left = memoryview(self._take())
        size = len(self._left) if size < 0 else size
        found, self._left = bytes(self._left[:size]), self._left[size:]
        return found


class Pieces:
    """What is written, gathered into pieces.

    :param put: takes a piece, and whether it is the last.
    """

    def __init__(self, put: Callable[[bytes, bool], None]) -> None:
        self._put = put
        self._gathered = bytearray()
        self._since = time.monotonic()

    def write(self, data: bytes, /) -> int:
        """Take bytes."""
        self._gathered += data
        if len(self._gathered) >= _PIECE:
            self._send(False)
        return len(data)

    def flush(self) -> None:
        """Leave it to :meth:`hurry` and :meth:`end`: a piece for each row would be dear."""

    def hurry(self) -> None:
        """Send what has waited for long, since nobody knows when more will come."""
        if self._gathered and time.monotonic() - self._since > _PATIENCE:
            self._send(False)

    def end(self) -> None:
        """Send the last piece."""
        self._send(True)

    def _send(self, last: bool) -> None:
        piece = bytes(self._gathered)
        self._gathered.clear()
        self._put(piece, last)
        self._since = time.monotonic()


def convert(
    source: Any,
    come: str,
    output: Output,
    wanted: str,
    kind: AnswerKind,
    max_rows: int = 0,
    max_bytes: int = 0,
) -> None:
    """Read an answer and write it in another format.

    :param source: a binary file, or bytes.
    :param come: the media type in which it comes.
    :param output: where it is written.
    :param wanted: the media type in which it is written.
    :param kind: what it is.
    :param max_rows: rows or triples after which it fails; 0 for any number.
    :param max_bytes: bytes after which it fails; 0 for any number.
    :raises RemoteError: it is not what it is said to be, or ends half-way.
    :raises AnswerLimitError: it has more rows or bytes than it may have.

    >>> out = io.BytesIO()
    >>> convert(b'{"head":{},"boolean":true}', RESULT_FORMATS["json"], out, "text/csv", "boolean")
    >>> out.getvalue()
    b'true'
    """
    table = kind == "solutions"
    if max_bytes or (max_rows and table):
        output = Bounded(output, max_bytes, max_rows if table else 0, wanted)
    try:
        if kind == "graph":
            _convert_graph(source, come, output, wanted, max_rows)
        else:
            _convert_results(source, come, output, wanted, kind)
    except PortsmouthError:
        raise
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise RemoteError(
            f"found an answer of the service behind this server that is not {come} ({_first_line(error)}); "
            "expected a whole one"
        ) from error


def _convert_results(source: Any, come: str, output: Output, wanted: str, kind: AnswerKind) -> None:
    read_as = ox.QueryResultsFormat.from_media_type(come)
    if read_as is None:
        raise _another_type(come, "SPARQL results")
    results: Any = ox.parse_query_results(source, format=read_as)
    if isinstance(results, ox.QueryBoolean) is not (kind == "boolean"):
        if kind != "boolean":
            raise RemoteError("found a yes or no from the service; expected a table of solutions")
        # Virtuoso writes a yes or no as a table of one cell.
        yes = any(cell is not None and cell.value in _TRUE for row in results for cell in row)
        results = ox.Store().query(f"ASK {{ FILTER({str(yes).lower()}) }}")
    results.serialize(output, _RESULTS[wanted])


def _convert_graph(source: Any, come: str, output: Output, wanted: str, max_rows: int) -> None:
    read_as = ox.RdfFormat.from_media_type(come)
    if read_as is None:
        raise _another_type(come, "a graph")
    triples: Iterator[ox.Triple] = (quad.triple for quad in ox.parse(source, format=read_as))
    if max_rows:
        triples = at_most(triples, max_rows)
    write_as = _GRAPHS[wanted]
    prefixes = PREFIXES if write_as in PREFIXED else None
    ox.serialize(triples, output, write_as, prefixes=prefixes)  # type: ignore[arg-type]


def _another_type(come: str, expected: str) -> RemoteError:
    return RemoteError(
        f"found {come[:100] or 'no media type'} from the service behind this server; expected {expected}"
    )


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]


class Bridge:
    """Lets a thread wait for what happens in the event loop.

    :param loop: the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        #: What went wrong in the loop; the parser in between may have made something else of it.
        self.failure: BaseException | None = None

    def wait(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Return what comes of some work that is done in the loop."""

        async def done() -> Any:
            return await work()

        if self.failure:
            raise self.failure
        try:
            return asyncio.run_coroutine_threadsafe(done(), self._loop).result()
        except BaseException as error:
            self.failure = error
            raise
