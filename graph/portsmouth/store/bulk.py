"""Loading large files of N-Quads into the engine, with the default graph that is derived from them.

The engine's bulk loader reads from a pipe: what passes through it is counted,
hashed, unpacked and rewritten by this process meanwhile. The file goes through
twice, first as the triples of its named graphs, then as it is, because that is
quicker than both at once. Nothing is held but the batch that the engine sorts.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import DocumentError
from portsmouth.store.deriving import (
    chunks,
    ground_triples,
    named_triples,
    with_blank_nodes_in_default_graph,
    with_default_graph,
)

#: The part of the whole time that goes into the default graph, where it is derived.
_DERIVING: Final = 0.37
#: ``fcntl`` command on Linux that sets how much fits into a pipe, and that many bytes.
_F_SETPIPE_SZ: Final = 1031
_PIPE: Final = 1 << 20
#: Bytes of memory for each quad, measured on a million quads of the program's own kind.
_BYTES_IN_MEMORY: Final = 560
#: The piece of a file, counted from 0, after which enough is known of it.
_SAMPLE: Final = 7
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a load has come.

    :param quads: quads of the file that are loaded, where work that is half done counts half.
    :param share: the part of the work that is done, from 0 to 1.
    :param seconds: since it began.
    """

    quads: int
    share: float
    seconds: float

    @property
    def rate(self) -> float:
        """Quads of the file that are loaded in a second.

        >>> Advance(quads=100, share=0.5, seconds=10).rate
        10.0
        """
        return self.quads / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float:
        """The seconds that are still to come, at the pace so far.

        >>> Advance(quads=100, share=0.25, seconds=10).left
        30.0
        """
        return self.seconds * (1 - self.share) / self.share if self.share else 0.0


Report: TypeAlias = Callable[[Advance], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What has been loaded.

    :param lines: lines of the file, which are its quads where it has no comments.
    :param digest: the SHA-256 of the file, unpacked.
    """

    lines: int
    digest: str


def load_file(store: ox.Store, path: Path, *, merged: bool, report: Report = lambda _: None) -> Loaded:
    """Load a file into a store.

    :param store: an empty store; after an error it holds a part.
    :param path: N-Quads, packed by gzip or not.
    :param merged: whether the default graph is to hold every triple of the named graphs.
    :param report: is told about once a second how far the load has come.
    :raises DocumentError: the file is not N-Quads.
    :raises OSError: it cannot be read, or the store cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "data.nq"
    ...     _ = path.write_text("<http://s> <http://p> <http://o> <http://g> .\\n")
    ...     store = ox.Store()
    ...     load_file(store, path, merged=True).lines, len(store)
    (1, 2)
    """
    began = time.perf_counter()
    digest, lines = hashlib.sha256(), 0
    first_pass = _DERIVING if merged else 0.0
    told = began
    # Pieces of the file, by their place in it, that have a blank node.
    with_blank_nodes: set[int] = set()

    def tell(share: float, quads: float) -> None:
        nonlocal told
        now = time.perf_counter()
        if now - told >= 1:
            told = now
            report(Advance(round(quads * share), share, now - began))

    def derived() -> Iterator[bytes]:
        nonlocal lines
        with Source(path) as source:
            for number, chunk in enumerate(source):
                triples, others = ground_triples(chunk)
                if others:
                    with_blank_nodes.add(number)
                yield triples
                lines += chunk.count(b"\n")
                tell(first_pass * source.share, lines / source.share)

    def whole() -> Iterator[bytes]:
        nonlocal lines
        with Source(path) as source:
            for number, chunk in enumerate(source):
                digest.update(chunk)
                yield with_blank_nodes_in_default_graph(chunk) if number in with_blank_nodes else chunk
                if not merged:
                    lines += chunk.count(b"\n")
                tell(first_pass + (1 - first_pass) * source.share, lines if merged else lines / source.share)

    try:
        failure = None
        if merged:
            try:
                _through_pipe(store, derived(), ox.RdfFormat.N_TRIPLES, lenient=True)
            except SyntaxError as error:
                # The other pass tells the same of the file as it is, with the number of the line.
                failure = error
        _through_pipe(store, whole(), ox.RdfFormat.N_QUADS)
        if failure:
            raise failure
    except (SyntaxError, gzip.BadGzipFile, EOFError) as error:
        raise _unreadable(path, error) from error
    store.flush()
    return Loaded(lines, digest.hexdigest())


def rewrite(path: Path, target: Path, *, merged: bool) -> Loaded:
    """Write a file as one that can be loaded as it is: unpacked, with the default graph that is derived.

    :param path: N-Quads, packed by gzip or not; lines that are not N-Quads are left to whoever loads them.
    :param target: where it is written.
    :param merged: whether the default graph is to hold every triple of the named graphs.
    :raises DocumentError: the file cannot be unpacked, or a line was found not to be N-Quads.
    :raises OSError: a file cannot be read or written.
    """
    digest, lines = hashlib.sha256(), 0
    try:
        with Source(path) as source, target.open("wb") as out:
            for chunk in source:
                digest.update(chunk)
                lines += chunk.count(b"\n")
                out.write(with_default_graph(chunk) if merged else chunk)
    except (SyntaxError, gzip.BadGzipFile, EOFError) as error:
        raise _unreadable(path, error) from error
    return Loaded(lines, digest.hexdigest())


def estimated_mib(path: Path, *, merged: bool) -> int:
    """Estimate from its first lines what the data of a file take in memory.

    :param path: N-Quads, packed by gzip or not.
    :param merged: whether the default graph is to hold every triple of the named graphs, too.
    :return: MiB.
    :raises DocumentError: the file cannot be unpacked, or a line was found not to be N-Quads.
    :raises OSError: it cannot be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"<http://s> <http://p> <http://o> <http://g> .\\n" * 10_000)
    ...     file.flush()
    ...     estimated_mib(Path(file.name), merged=True)
    11
    """
    quads, share = 0, 1.0
    try:
        with Source(path) as source:
            for number, chunk in enumerate(source):
                quads += chunk.count(b"\n") + (len(named_triples(chunk)) if merged else 0)
                share = source.share
                if number == _SAMPLE:
                    break
    except (SyntaxError, gzip.BadGzipFile, EOFError) as error:
        raise _unreadable(path, error) from error
    return round(quads / (share or 1.0) * _BYTES_IN_MEMORY / 2**20)


def _unreadable(path: Path, error: Exception) -> DocumentError:
    return DocumentError(f"{path}, which cannot be read ({error})", "N-Quads, whole, as it is or in gzip")


class Source:
    """A file in pieces, unpacked, that knows how much of it has been read.

    :param path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        self._size = max(1, os.fstat(self._raw.fileno()).st_size)
        packed = self._raw.read(len(_GZIP)) == _GZIP
        self._raw.seek(0)
        self._file: IO[bytes] = gzip.open(self._raw) if packed else self._raw  # type: ignore[assignment]  # noqa: SIM115

    @property
    def share(self) -> float:
        """How much of the file, as it lies on the disk, has been read: from 0 to 1."""
        return min(1.0, max(self._raw.tell(), 1) / self._size)

    def __iter__(self) -> Iterator[bytes]:
        return chunks(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.close()


def _through_pipe(
    store: ox.Store, pieces: Iterator[bytes], rdf_format: ox.RdfFormat, *, lenient: bool = False
) -> None:
    """Load what an iterator gives, which runs while the engine loads."""
    reading, writing = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(writing, _F_SETPIPE_SZ, _PIPE)
    failures: list[BaseException] = []

    def feed() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                for piece in pieces:
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[pipe.write(rest) :]
        except BrokenPipeError:
            # The engine has stopped reading, and says why.
            return
        except BaseException as error:
            failures.append(error)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        store.bulk_load(path=f"/dev/fd/{reading}", format=rdf_format, lenient=lenient)
    except SyntaxError:
        os.close(reading)
        reading = -1
        feeder.join()
        if failures:
            # A file that ends too early is the cause, a line that is cut off what comes of it.
            raise failures[0] from None
        raise
    finally:
        if reading >= 0:
            os.close(reading)
        feeder.join()
    if failures:
        raise failures[0]
