"""Ending an answer that grows beyond what may be sent, counted in rows and in bytes.

The engine serialises rows itself and tells nobody how many, so they are counted
in what it writes: exactly, by each format's own grammar, whatever stands in
their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Final, Protocol, TypeVar

from portsmouth.errors import AnswerLimitError
from portsmouth.store.protocol import RESULT_FORMATS

T = TypeVar("T")


class Output(Protocol):
    """A binary file, as far as the engine needs one."""

    def write(self, data: bytes, /) -> int:
        """Take bytes and return how many were taken."""

    def flush(self) -> None:
        """Pass on what has been taken."""


class _Marks:
    """Counts a mark that begins or ends each row, and that no value can contain.

    :param mark: the bytes.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._tail = b""
        self.count = 0

    def feed(self, data: bytes) -> None:
        data = self._tail + data
        self.count += data.count(self._mark)
        self._tail = data[1 - len(self._mark) :] if len(self._mark) > 1 else b""


class _Quoted:
    """Passes on what stands outside double quotes.

    :param escapes: whether a backslash escapes a quote; else a doubled quote stands for one, which changes
        nothing of what is outside.
    :param marks: what counts in it.
    """

    def __init__(self, escapes: bool, *marks: _Marks) -> None:
        self._escapes = escapes
        self._marks = marks
        self._inside = self._escaped = False

    @property
    def count(self) -> int:
        return sum(mark.count for mark in self._marks)

    def feed(self, data: bytes) -> None:
        if self._escapes:
            if self._escaped:
                data = data[1:]
            # In a run of backslashes the first of each two escapes the second.
            data = data.replace(b"\\\\", b"")
            self._escaped = data.endswith(b"\\")
            data = data.replace(b'\\"', b"")
        parts = data.split(b'"')
        outside = b"".join(parts[self._inside :: 2])
        self._inside ^= len(parts) % 2 == 0
        for mark in self._marks:
            mark.feed(outside)


class _Lines:
    """Counts lines but for the first, which names the columns."""

    def __init__(self, lines: _Marks | _Quoted) -> None:
        self._lines = lines

    @property
    def count(self) -> int:
        return self._lines.count - 1

    def feed(self, data: bytes) -> None:
        self._lines.feed(data)


class Counter(Protocol):
    """Counts rows in what it is fed."""

    @property
    def count(self) -> int:
        """The rows so far."""

    def feed(self, data: bytes, /) -> None:
        """Take the next bytes of an answer."""


#: How the rows of a format are counted. In JSON, outside of strings, ``[{`` begins the first and ``},{`` each
#: further one, since the members of a row, and of a triple in it, are named.
_COUNTERS: Final[Mapping[str, Callable[[], Counter]]] = {
    RESULT_FORMATS["json"]: lambda: _Quoted(True, _Marks(b"[{"), _Marks(b"},{")),
    RESULT_FORMATS["xml"]: lambda: _Marks(b"<result>"),
    RESULT_FORMATS["csv"]: lambda: _Lines(_Quoted(False, _Marks(b"\r\n"))),
    RESULT_FORMATS["tsv"]: lambda: _Lines(_Marks(b"\n")),
}


def row_counter(media_type: str) -> Counter:
    """Return what counts the rows of a table of solutions while it is written.

    :param media_type: one of :data:`~portsmouth.store.protocol.RESULT_FORMATS`.

    >>> counter = row_counter("text/csv")
    >>> counter.feed(b'x\\r\\n"a\\r\\nb"\\r\\n')
    >>> counter.count
    1
    """
    return _COUNTERS[media_type]()


class Bounded:
    """An output that refuses more than an answer may have.

    :param output: where the bytes go.
    :param most_bytes: bytes; 0 for any number.
    :param most_rows: rows; 0 for any number.
    :param media_type: the format in which rows are counted.
    """

    def __init__(self, output: Output, most_bytes: int, most_rows: int = 0, media_type: str = "") -> None:
        self._output = output
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._rows = row_counter(media_type) if most_rows else None
        self._bytes = 0

    def write(self, data: bytes) -> int:
        """Pass bytes on.

        :raises AnswerLimitError: there are more than there may be, or they hold more rows.
        """
        self._bytes += len(data)
        if self._most_bytes and self._bytes > self._most_bytes:
            raise AnswerLimitError(f"{self._most_bytes:,} bytes")
        if self._rows:
            self._rows.feed(data)
            if self._rows.count > self._most_rows:
                raise AnswerLimitError(f"{self._most_rows:,} rows")
        return self._output.write(data)

    def flush(self) -> None:
        """Pass on what has been taken."""
        self._output.flush()


def at_most(items: Iterable[T], most: int) -> Iterator[T]:
    """Give as many items as an answer may have.

    :param items: the triples of a graph.
    :param most: how many.
    :raises AnswerLimitError: there is one more.

    >>> list(at_most("ab", 2))
    ['a', 'b']
    """
    iterator = iter(items)

    def refuse() -> Iterator[T]:
        for _ in iterator:
            raise AnswerLimitError(f"{most:,} triples")
        yield from ()

    return chain(islice(iterator, most), refuse())
