"""The document, its parts and its passages, and where each line of the page stands.

The page's text is no part of the project. ``locators.csv`` says where each line begins and ends, in
Unicode code points of the file without the line break, and the SHA-256 of the line's UTF-8 bytes, so
that anybody who has the page can find the passage and see that it is the same text.
"""

from __future__ import annotations

import csv
import hashlib
import io
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris
from portsmouth.build.read import SourceFile
from portsmouth.build.terms import RDF_TYPE, integer, string
from portsmouth.errors import Finding, SourceError

LOCATORS: Final = "locators.csv"
_HEADER: Final = ("line", "start", "end", "sha256")
_CATALOGUE: Final = NamedNode(iris.CATALOGUE)
_CHECKSUM: Final = iris.SPDX + "checksumValue"


class Locator(NamedTuple):
    """Where a line of the page stands.

    :param line: the line, counted from 1.
    :param start: the first code point of the line in the file, counted from 0.
    :param end: the code point after the line's last, the line break not included.
    :param sha256: of the line's UTF-8 bytes, in hexadecimal.
    """

    line: int
    start: int
    end: int
    sha256: str

    @property
    def blank(self) -> bool:
        """Whether the line holds nothing."""
        return self.start == self.end


class Part(NamedTuple):
    """A part of the page and its source lines, the last included."""

    key: str
    first: int
    last: int

    @property
    def iri(self) -> str:
        """The part's IRI."""
        return iris.part(self.key)


@dataclass(frozen=True, slots=True)
class Document:
    """One source document: what is known of it without its text."""

    iri: str
    sha256: str
    parts: tuple[Part, ...]
    locators: tuple[Locator, ...]

    def part_of(self, line: int) -> Part | None:
        """Return the part in which a line stands, or ``None`` between parts."""
        index = bisect_right(self.parts, line, key=lambda part: part.first) - 1
        return self.parts[index] if index >= 0 and line <= self.parts[index].last else None

    def passages(self) -> Iterator[tuple[str, Locator]]:
        """Yield the IRI and the locator of every line that is not blank, in the order of the page."""
        for locator in self.locators:
            part = self.part_of(locator.line)
            if part and not locator.blank:
                yield iris.passage(part.key, locator.line), locator


def locate(text: str) -> list[Locator]:
    """Find where each line of a page stands.

    :param text: the page.
    :return: one locator a line, blank lines too.

    >>> [(locator.line, locator.start, locator.end) for locator in locate("ab\\n\\nc")]
    [(1, 0, 2), (2, 3, 3), (3, 4, 5)]
    """
    locators, start = [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        end = start + len(line)
        locators.append(Locator(number, start, end, hashlib.sha256(line.encode()).hexdigest()))
        start = end + 1
    # A line break at the end of the file ends the last line and begins no other.
    return locators[:-1] if text.endswith("\n") else locators


def locators_csv(source: Path) -> str:
    """Make the text of ``locators.csv`` from a page.

    :param source: the page, UTF-8.
    :return: the table.
    :raises SourceError: it is not UTF-8.
    """
    try:
        text = source.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"bytes that are not UTF-8 at offset {error.start} of {source}", "UTF-8") from None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(locate(text))
    return out.getvalue()


def read_locators(path: Path, name: str) -> tuple[tuple[Locator, ...], list[Finding]]:
    """Read ``locators.csv``.

    :param path: the file.
    :param name: how findings call it.
    :return: the locators that can be read, and a finding for each row that cannot.
    """
    if not path.is_file():
        return (), [
            Finding(name, 0, "no such file", "the table that 'portsmouth locate' makes from the page")
        ]
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    if not rows or tuple(rows[0]) != _HEADER:
        return (), [Finding(name, 1, ",".join(rows[0]) if rows else "an empty file", ",".join(_HEADER))]
    locators: list[Locator] = []
    findings: list[Finding] = []
    end = -1
    for number, row in enumerate(rows[1:], start=2):
        try:
            line, start, stop, sha256 = row
            locator = Locator(int(line), int(start), int(stop), sha256)
        except ValueError:
            findings.append(Finding(name, number, ",".join(row), "three numbers and a SHA-256"))
            continue
        # Lines follow one another with one line break between them.
        if (locator.line, locator.start) != (number - 1, end + 1) or locator.end < locator.start:
            findings.append(
                Finding(name, number, ",".join(row), f"line {number - 1} from code point {end + 1}")
            )
        end = locator.end
        locators.append(locator)
    return tuple(locators), findings


def read_document(file: SourceFile, locators: tuple[Locator, ...]) -> tuple[Document | None, list[Finding]]:
    """Read the document and its parts from ``document.ttl``.

    :param file: the file.
    :param locators: where the lines stand.
    :return: the document, or ``None`` where the file does not describe one, and what is wrong.
    """
    values: dict[str, dict[str, str]] = {}
    first_quads: dict[str, Quad] = {}
    for quad in file.quads:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            values.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
            first_quads.setdefault(quad.subject.value, quad)
    documents = [iri for iri in values if iri.startswith(iris.ID) and _CHECKSUM in values[iri]]
    if len(documents) != 1:
        found = f"{len(documents)} documents with spdx:checksumValue"
        return None, [Finding(file.name, 0, found, "one document d:… with its SHA-256")]
    parts, findings = [], []
    for iri in values:
        if not iri.startswith(iris.PASSAGE):
            continue
        try:
            first, last = (int(values[iri][iris.PT + end]) for end in ("firstLine", "lastLine"))
        except (KeyError, ValueError):
            found = f"{iris.shorten(iri)} without lines"
            findings.append(file.finding(first_quads[iri], found, "pt:firstLine and pt:lastLine"))
            continue
        parts.append(Part(iri.removeprefix(iris.PASSAGE), first, last))
    parts.sort(key=lambda part: part.first)
    before = 0
    for part in parts:
        if not before < part.first <= part.last or (locators and part.last > locators[-1].line):
            found = f"p:{part.key} from line {part.first} to {part.last}"
            end = locators[-1].line if locators else "the last"
            expected = f"lines between {before + 1} and {end}, the first before the last"
            findings.append(file.finding(first_quads[part.iri], found, expected))
        before = part.last
    findings += [
        Finding(file.name, 0, f"line {locator.line}, which is not blank, in no part", "a part for every line")
        for locator in locators
        if not locator.blank and not any(part.first <= locator.line <= part.last for part in parts)
    ]
    iri = documents[0]
    return Document(iri, values[iri][_CHECKSUM], tuple(parts), locators), findings


def catalogue(document: Document, known: set[str]) -> Iterator[Quad]:
    """Describe the passages that are modelled or marked silent.

    :param document: the document.
    :param known: the IRIs of these passages.
    :return: the quads of g:catalogue beside those of ``document.ttl``. ``spdx:checksumValue`` is the
        SHA-256 of the line's UTF-8 bytes, ``oa:start`` and ``oa:end`` count code points of the file.
    """
    for iri, locator in document.passages():
        key = iris.passage_key(iri)
        if iri not in known or key is None:
            continue
        subject = NamedNode(iri)
        for predicate, value in (
            (RDF_TYPE, NamedNode(iris.PT + "Passage")),
            (NamedNode(iris.PT + "line"), integer(locator.line)),
            (NamedNode(iris.DCTERMS + "isPartOf"), NamedNode(iris.part(key.part))),
            (NamedNode(iris.OA + "start"), integer(locator.start)),
            (NamedNode(iris.OA + "end"), integer(locator.end)),
            (NamedNode(_CHECKSUM), string(locator.sha256)),
        ):
            yield Quad(subject, predicate, value, _CATALOGUE)
