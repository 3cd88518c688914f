"""The original text, where the reader has it: a file of his own, checked against the catalogue line by line.

The page is no part of this work, so its text comes from a file that the reader gives. Every catalogued
passage must stand in it: at its line, from its code point, with its SHA-256. What a passage says in Thai is
then shown beside our gloss, with the lines around it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from portsmouth.build.catalogue import locate
from portsmouth.errors import SourceError
from portsmouth.iris import passage_key
from portsmouth.store.protocol import Query, Store
from portsmouth.store.rows import rows

#: The language of the page.
LANGUAGE: Final = "th"
_CATALOGUED: Final = """
SELECT ?passage ?line ?start ?sha256 {
  ?passage a pt:Passage ; pt:line ?line ; oa:start ?start ; spdx:checksumValue ?sha256
} ORDER BY ?line"""


class Catalogued(NamedTuple):
    """Where the catalogue says that a passage stands."""

    passage: str
    line: int
    start: int
    sha256: str


class Line(NamedTuple):
    """A line of the original.

    :param number: counted from 1.
    :param text: what stands there.
    :param marked: whether it is the passage itself, rather than a line around it.
    """

    number: int
    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Original:
    """A source document that has been checked.

    :param lines: its lines, the first at place 0.
    """

    lines: tuple[str, ...]

    @classmethod
    def from_text(cls, text: str, catalogued: Iterable[Catalogued], name: str = "the source") -> Self:
        """Check a text against the catalogue.

        :param text: the whole of it.
        :param catalogued: the passages that must stand in it.
        :param name: what errors call it.
        :raises SourceError: a passage does not stand where the catalogue says; names the first line.

        >>> import hashlib
        >>> sha256 = hashlib.sha256("b".encode()).hexdigest()
        >>> passage = "https://w3id.org/portsmouth1905/passage/s1-002"
        >>> original = Original.from_text("a\\nb\\nc", [Catalogued(passage, 2, 2, sha256)])
        >>> original.around(passage, 1)[1]
        Line(number=2, text='b', marked=True)
        """
        located = locate(text)
        expected = sorted(catalogued, key=lambda one: one.line)
        if not expected:
            raise SourceError(
                f"no passage in the catalogue with which to compare {name}", "a graph of the page"
            )
        for one in expected:
            if one.line > len(located):
                raise SourceError(
                    f"{name} with {len(located)} lines, so that line {one.line} is missing",
                    f"a line with SHA-256 {one.sha256}, as the catalogue has it",
                )
            locator = located[one.line - 1]
            if locator.sha256 != one.sha256:
                raise SourceError(
                    f"line {one.line} of {name} with SHA-256 {locator.sha256}",
                    f"{one.sha256}, as the catalogue has it; it is the first line that differs",
                )
            if locator.start != one.start:
                raise SourceError(
                    f"line {one.line} of {name} from code point {locator.start}",
                    f"code point {one.start}, as the catalogue has it; lines before it differ",
                )
        return cls(tuple(text.split("\n")))

    def line(self, passage: str) -> str | None:
        """Return what a passage says, ``None`` where the IRI names no line of this document."""
        key = passage_key(passage)
        return self.lines[key.line - 1] if key and key.line <= len(self.lines) else None

    def around(self, passage: str, reach: int = 2) -> tuple[Line, ...]:
        """Return a passage with the lines before and after it; blank lines are passed over.

        :param passage: its IRI.
        :param reach: how many lines on either side.
        """
        key = passage_key(passage)
        if not key or key.line > len(self.lines):
            return ()
        numbered = [
            Line(number, text, number == key.line)
            for number, text in enumerate(self.lines, 1)
            if text.strip() or number == key.line
        ]
        place = next(place for place, line in enumerate(numbered) if line.marked)
        return tuple(numbered[max(0, place - reach) : place + reach + 1])


async def read_catalogued(store: Store) -> tuple[Catalogued, ...]:
    """Read where the catalogue says that each passage stands.

    :param store: what answers.
    :raises StoreError: the store could not answer.
    """
    return tuple(
        Catalogued(row["passage"].value, int(row["line"].value), int(row["start"].value), row["sha256"].value)
        for row in await rows(store, Query(_CATALOGUED, known_prefixes=True))
    )


async def open_original(store: Store, path: Path) -> Original:
    """Read a source document and check it.

    :param store: whose catalogue it is checked against.
    :param path: the file, UTF-8.
    :raises SourceError: it is not the document that the catalogue describes.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"bytes that are not UTF-8 at offset {error.start} of {path}", "UTF-8") from None
    except OSError as error:
        raise SourceError(f"{error.strerror}: {path}", "a file that can be read") from None
    return Original.from_text(text, await read_catalogued(store), str(path))
