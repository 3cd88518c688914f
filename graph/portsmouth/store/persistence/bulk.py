"""Loading large files of N-Quads into the engine, with the default graph that is derived from them.

The file goes into the engine twice, as the triples of its named graphs and as it
is, because that is quicker than both in one. The engine holds a batch of each
before it sorts it: a file that is no longer than a batch goes both ways side by
side, a longer one in turn, so that memory has one bound.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final, Self

import pyoxigraph as ox

from portsmouth.errors import DocumentError
from portsmouth.store.persistence.deriving import (
    chunks,
    ground_triples,
    named_triples,
    with_blank_nodes_in_default_graph,
    with_default_graph,
)
from portsmouth.store.persistence.passes import Pass, carry_out
from portsmouth.store.persistence.progress import Progress, Report

#: The part of the whole time that goes into the default graph, where it is derived.
_DERIVING: Final = 0.37
#: Bytes of a file that the engine takes in one batch or not much more, a million quads, and how many times
#: longer than it lies on the disk a packed one may be.
_SHORT: Final = 192 << 20
_PACKED: Final = 25
#: Bytes of memory for each quad, measured on a million quads of the program's own kind.
_BYTES_IN_MEMORY: Final = 560
#: The piece of a file, counted from 0, after which enough is known of it.
_SAMPLE: Final = 7
_GZIP: Final = b"\x1f\x8b"


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
    digest, lines = hashlib.sha256(), 0
    progress = Progress(report, {"derived": _DERIVING, "whole": 1 - _DERIVING} if merged else {"whole": 1.0})

    def derived() -> Iterator[bytes]:
        passed = 0
        with Source(path) as source:
            for chunk in source:
                yield ground_triples(chunk)
                passed += chunk.count(b"\n")
                progress.tell("derived", source.share, passed)

    def whole() -> Iterator[bytes]:
        nonlocal lines
        with Source(path) as source:
            for chunk in source:
                digest.update(chunk)
                yield with_blank_nodes_in_default_graph(chunk) if merged else chunk
                lines += chunk.count(b"\n")
                progress.tell("whole", source.share, lines)

    as_it_is = Pass(store, whole(), ox.RdfFormat.N_QUADS, partial(progress.end, "whole"))
    try:
        if merged:
            ended = partial(progress.end, "derived")
            beside = Pass(store, derived(), ox.RdfFormat.N_TRIPLES, ended, lenient=True)
            carry_out((beside, as_it_is), together=_is_short(path) and (os.cpu_count() or 1) > 1)
        else:
            carry_out((as_it_is,))
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
    # Python adds to a syntax error what it takes for a file's name, which is the number of an open file here.
    told = error.msg if isinstance(error, SyntaxError) else error
    return DocumentError(f"{path}, which cannot be read ({told})", "N-Quads, whole, as it is or in gzip")


class Source:
    """A file in pieces, unpacked, that knows how much of it has been read.

    :param path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        #: Bytes of the file as it lies on the disk, and whether it is packed.
        self.size = os.fstat(self._raw.fileno()).st_size
        self.packed = self._raw.read(len(_GZIP)) == _GZIP
        self._raw.seek(0)
        self._file: IO[bytes] = gzip.open(self._raw) if self.packed else self._raw  # type: ignore[assignment]  # noqa: SIM115

    @property
    def share(self) -> float:
        """How much of the file, as it lies on the disk, has been read: from 0 to 1."""
        return min(1.0, max(self._raw.tell(), 1) / max(self.size, 1))

    def __iter__(self) -> Iterator[bytes]:
        return chunks(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.close()


def _is_short(path: Path) -> bool:
    """Whether the engine takes a file in one batch or not much more."""
    with Source(path) as source:
        return source.size * (_PACKED if source.packed else 1) <= _SHORT
