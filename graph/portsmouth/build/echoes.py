"""Which passages of different parts repeat each other nearly word for word.

Eight texts on one page are not eight witnesses where one copies another. The page's text is no part of the
project, so what was found is kept as ``echoes.csv``: two lines, how many shingles they share, and how much of
the shorter line that is.

A shingle is a run of :data:`SHINGLE` letters, digits and vowel signs, spaces and punctuation left out: Thai
sets no spaces between words. A line echoes another if they share at least :data:`LEAST` shingles and these
are at least the part :data:`CONTAINED` of those of the shorter line (containment: A. Broder, On the
resemblance and containment of documents, 1997). Names alone, which are short, do not make an echo.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

from pyoxigraph import NamedNode, Quad

from portsmouth import iris
from portsmouth.build.catalogue import Document
from portsmouth.errors import Finding, ParameterError

ECHOES: Final = "echoes.csv"
#: Letters in a shingle: more than a name's syllable, fewer than a phrase.
SHINGLE: Final = 8
#: Shingles that two lines must share, so that a name in common is no echo.
LEAST: Final = 20
#: The part of the shorter line's shingles that must be shared.
CONTAINED: Final = 0.5

_HEADER: Final = ("line", "echoed", "shared", "containment")
_PROPERTY: Final = NamedNode(iris.PT + "echoes")
_CATALOGUE: Final = NamedNode(iris.CATALOGUE)


class Echo(NamedTuple):
    """Two lines that repeat each other; which of them is the older, nobody says.

    :param line: the first line, counted from 1.
    :param echoed: the line further down.
    :param shared: the shingles that both have.
    :param containment: these as a part of the shorter line's, from 0 to 1, to three decimals.
    """

    line: int
    echoed: int
    shared: int
    containment: float


def shingles(text: str, length: int = SHINGLE) -> frozenset[str]:
    """Return every run of letters of a text.

    :param text: the text.
    :param length: letters in a run.

    >>> sorted(shingles("To Portsmouth.", 8))
    ['oportsmo', 'ortsmout', 'portsmou', 'rtsmouth', 'toportsm']
    """
    letters = "".join(
        character
        for character in unicodedata.normalize("NFC", text).casefold()
        if unicodedata.category(character)[0] in "LNM"
    )
    return frozenset(letters[start : start + length] for start in range(len(letters) - length + 1))


def find_echoes(texts: Mapping[int, tuple[str, str]]) -> list[Echo]:
    """Find the lines of different parts that repeat each other.

    :param texts: by line, the part in which it stands and its text.
    :return: the pairs, in the order of the page.

    >>> said = "From now on there shall be peace and amity between the two emperors."
    >>> lines = {1: ("s1", f"It reads: '{said}'"), 2: ("s1", said), 9: ("s3", said)}
    >>> [(echo.line, echo.echoed, echo.containment) for echo in find_echoes(lines)]
    [(1, 9, 1.0), (2, 9, 1.0)]
    """
    of_line = {line: shingles(text) for line, (_, text) in texts.items()}
    holders: dict[str, list[int]] = {}
    for line in sorted(of_line):
        for shingle in of_line[line]:
            holders.setdefault(shingle, []).append(line)
    shared = Counter(pair for lines in holders.values() for pair in combinations(lines, 2))
    found = []
    for (line, echoed), count in sorted(shared.items()):
        if count < LEAST or texts[line][0] == texts[echoed][0]:
            continue
        containment = count / min(len(of_line[line]), len(of_line[echoed]))
        if containment >= CONTAINED:
            found.append(Echo(line, echoed, count, round(containment, 3)))
    return found


def echoes_of(document: Document, page: bytes) -> list[Echo]:
    """Find the echoes of a page.

    :param document: its parts.
    :param page: its bytes, UTF-8.
    """
    lines = page.decode("utf-8", errors="replace").split("\n")
    texts = {
        number: (part.key, text)
        for number, text in enumerate(lines, start=1)
        if (part := document.part_of(number))
    }
    return find_echoes(texts)


def echoes_csv(documents: Iterable[Document], source: Path) -> str:
    """Make the text of ``echoes.csv`` from a page.

    :param documents: the documents that are known; the page must be one of them.
    :param source: the page, UTF-8.
    :return: the table.
    :raises ParameterError: the page is none of them.
    """
    page = source.read_bytes()
    digest = hashlib.sha256(page).hexdigest()
    known = {document.sha256: document for document in documents}
    if digest not in known:
        raise ParameterError(
            found=f"a page with SHA-256 {digest}",
            expected=f"one that document.ttl describes: {', '.join(known) or 'there is none'}",
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows((*echo[:3], f"{echo.containment:.3f}") for echo in echoes_of(known[digest], page))
    return out.getvalue()


def read_echoes(path: Path, name: str, document: Document) -> tuple[tuple[Echo, ...], list[Finding]]:
    """Read ``echoes.csv``, which a document may lack.

    :param path: the file.
    :param name: how findings call it.
    :param document: the parts in which the lines stand.
    :return: the echoes that can be read, and a finding for each row that cannot.
    """
    if not path.is_file():
        return (), []
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    if not rows or tuple(rows[0]) != _HEADER:
        return (), [Finding(name, 1, ",".join(rows[0]) if rows else "an empty file", ",".join(_HEADER))]
    passages = {locator.line for _, locator in document.passages()}
    echoes: list[Echo] = []
    findings: list[Finding] = []
    for number, row in enumerate(rows[1:], start=2):
        try:
            line, echoed, shared, containment = row
            echo = Echo(int(line), int(echoed), int(shared), float(containment))
        except ValueError:
            findings.append(Finding(name, number, ",".join(row), "three numbers and a part from 0 to 1"))
            continue
        if not {echo.line, echo.echoed} <= passages or _part(document, echo.line) == _part(
            document, echo.echoed
        ):
            findings.append(Finding(name, number, ",".join(row), "lines of two different parts"))
            continue
        echoes.append(echo)
    return tuple(echoes), findings


def describe_echoes(document: Document, echoes: Iterable[Echo], known: set[str]) -> Iterator[Quad]:
    """Describe in the catalogue which passages echo each other, in both directions.

    :param document: the parts in which the lines stand.
    :param echoes: the pairs of lines.
    :param known: the IRIs of passages that are modelled or marked silent.
    """
    for echo in echoes:
        pair = [iris.passage(_part(document, line), line) for line in (echo.line, echo.echoed)]
        if known.issuperset(pair):
            one, other = (NamedNode(iri) for iri in pair)
            yield Quad(one, _PROPERTY, other, _CATALOGUE)
            yield Quad(other, _PROPERTY, one, _CATALOGUE)


def _part(document: Document, line: int) -> str:
    part = document.part_of(line)
    return part.key if part else ""
