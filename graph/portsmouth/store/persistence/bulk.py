"""Loading large files of N-Quads into the engine, with the default graph that is derived from them.

The engine's bulk loader reads from a pipe: what passes through it is counted,
hashed, unpacked and rewritten by this process meanwhile. The file goes through
twice, as the triples of its named graphs and as it is, because that is quicker
than both in one. The engine holds a batch of each before it sorts it: a file that
is no longer than a batch goes both ways side by side, a longer one in turn, so
that memory has one bound.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final, Self, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import DocumentError
from portsmouth.store.persistence.deriving import (
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
#: Bytes of a file that the engine takes in one batch or not much more, a million quads, and how many times
#: longer than it lies on the disk a packed one may be.
_SHORT: Final = 192 << 20
_PACKED: Final = 25
#: Quads that the engine still has to sort, on average, when it has read a long file, and how many times as
#: long that takes as to read them.
_UNSORTED: Final = 500_000
_SORTING: Final = 1.5
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
    digest, lines = hashlib.sha256(), 0
    progress = _Progress(report, {"derived": _DERIVING, "whole": 1 - _DERIVING} if merged else {"whole": 1.0})

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

    as_it_is = _Pass(store, whole(), ox.RdfFormat.N_QUADS, partial(progress.end, "whole"))
    try:
        if merged:
            ended = partial(progress.end, "derived")
            beside = _Pass(store, derived(), ox.RdfFormat.N_TRIPLES, ended, lenient=True)
            _run((beside, as_it_is), together=_is_short(path) and (os.cpu_count() or 1) > 1)
        else:
            _run((as_it_is,))
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


class _Progress:
    """Tells about once a second how far several passes have come together.

    :param report: is told.
    :param parts: what part of the whole work each pass is.
    """

    def __init__(self, report: Report, parts: dict[str, float]) -> None:
        self._report = report
        self._parts = parts
        self._shares = dict.fromkeys(parts, 0.0)
        self._began = self._told = time.perf_counter()

    def end(self, part: str) -> None:
        """Take note that a pass has ended."""
        self._shares[part] = 1.0

    def tell(self, part: str, share: float, lines: int) -> None:
        """Take note that a pass has read a share of the file, which has so many lines."""
        total = lines / share
        self._shares[part] = share * total / (total + _SORTING * min(total, _UNSORTED)) if lines else 0.0
        now = time.perf_counter()
        if now - self._told >= 1:
            self._told = now
            done = sum(self._parts[name] * self._shares[name] for name in self._parts)
            self._report(Advance(round(total * done), done, now - self._began))


class _Pass:
    """Something that the engine loads while an iterator still makes it, in another thread.

    :param store: where it is loaded.
    :param pieces: gives it.
    :param rdf_format: its format.
    :param ended: is called when all is loaded.
    :param lenient: whether the engine may take it for sound.
    """

    def __init__(
        self,
        store: ox.Store,
        pieces: Iterator[bytes],
        rdf_format: ox.RdfFormat,
        ended: Callable[[], None],
        *,
        lenient: bool = False,
    ) -> None:
        self._store = store
        self._pieces = pieces
        self._format = rdf_format
        self._ended = ended
        self._lenient = lenient
        self._stopped = False
        #: What went wrong.
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Load it all."""
        if self._stopped:
            return
        reading, writing = os.pipe()
        with suppress(OSError):
            fcntl.fcntl(writing, _F_SETPIPE_SZ, _PIPE)
        feeder = threading.Thread(target=self._feed, args=(writing,), daemon=True)
        feeder.start()
        failure: BaseException | None = None
        try:
            self._store.bulk_load(path=f"/dev/fd/{reading}", format=self._format, lenient=self._lenient)
        except BaseException as error:
            # Where it was stopped, there is nothing wrong with a line that was cut off.
            failure = None if self._stopped else error
        os.close(reading)
        feeder.join()
        # A file that ends too early is the cause, a line that is cut off what comes of it.
        self.failure = self.failure or failure
        self._ended()

    def stop(self) -> None:
        """Have it end soon; what the engine has by then it keeps."""
        self._stopped = True

    def _feed(self, writing: int) -> None:
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                for piece in self._pieces:
                    rest = memoryview(piece)
                    while rest and not self._stopped:
                        rest = rest[pipe.write(rest) :]
                    if self._stopped:
                        return
        except BrokenPipeError:
            # The engine has stopped reading, and says why.
            return
        except BaseException as error:
            self.failure = error


def _run(passes: Sequence[_Pass], *, together: bool = False) -> None:
    """Carry out passes, of which the last is the file as it is.

    :param together: whether all are under way at once.
    """

    def stop() -> None:
        for one in passes:
            one.stop()

    def carry_out(some: Sequence[_Pass], over: threading.Event) -> None:
        for one in some:
            try:
                one.run()
            except BaseException as error:
                one.failure = error
            # A wrong line the last one finds, too, and tells its number in the file.
            if one.failure and (one is passes[-1] or not isinstance(one.failure, SyntaxError)):
                stop()
        over.set()

    # The main thread is to be there for whoever interrupts it. What follows in one thread has its memory.
    lanes = {threading.Event(): lane for lane in ([(one,) for one in passes] if together else [passes])}
    for over, lane in lanes.items():
        threading.Thread(target=carry_out, args=(lane, over), daemon=True).start()
    # To be interrupted while it joins a thread makes Python take that for ended (until 3.13), hence events.
    try:
        for over in lanes:
            over.wait()
    except BaseException:
        stop()
        for over in lanes:
            over.wait()
        raise
    for one in reversed(passes):
        if one.failure:
            raise one.failure
