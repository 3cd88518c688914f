"""Read the folders of facts and of the ontology; every error of every file at once.

What a file may hold follows from its name:

================== ======================================================
``document.ttl``    the document and its parts, into g:catalogue
``authorities.ttl`` identifiers of other people's registers, into g:authorities
``N-name.trig``     the passage graphs of part N
``*.labels.trig``   labels, glosses and decisions of one part, g:editorial
``editorial.trig``  the same for what several parts share, g:editorial
``locators.csv``    where each line of the page stands, see :mod:`.catalogue`
``echoes.csv``      which lines repeat each other, see :mod:`.echoes`
================== ======================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad

from portsmouth import iris
from portsmouth.build.trig import Outline, read_text
from portsmouth.errors import Finding


class Role(Enum):
    """What a file holds."""

    PASSAGES = auto()
    EDITORIAL = auto()
    AUTHORITIES = auto()
    DOCUMENT = auto()
    ONTOLOGY = auto()


@dataclass
class SourceFile:
    """One file, its quads, and where they stand.

    :param name: the file, relative to the facts folder.
    :param part: the number of the part, where the file is about one.
    """

    name: str
    text: str
    role: Role
    part: int | None = None
    quads: list[Quad] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @cached_property
    def outline(self) -> Outline:
        """The text cut into statements; computed when something has to be found in it."""
        return Outline(self.text)

    @cached_property
    def _lines(self) -> dict[Quad, int]:
        lines: dict[Quad, int] = {}
        for quad, line in self.outline.placed:
            lines.setdefault(_into(quad, self.target), line)
        return lines

    @property
    def target(self) -> NamedNode | None:
        """The graph that the file's triples go into, where the file does not name it itself."""
        graph = _TARGETS.get(self.role)
        return NamedNode(graph) if graph else None

    def line(self, quad: Quad) -> int:
        """Return the line of a quad; 0 where it cannot be told."""
        return self._lines.get(quad, 0)

    def finding(self, quad: Quad, found: str, expected: str) -> Finding:
        """Make a finding about a quad of this file."""
        return Finding(self.name, self.line(quad), found, expected)


_TARGETS: Final = {
    Role.AUTHORITIES: iris.AUTHORITIES,
    Role.DOCUMENT: iris.CATALOGUE,
    Role.ONTOLOGY: iris.ONTOLOGY_GRAPH,
}
_FIXED_NAMES: Final = {
    "document.ttl": Role.DOCUMENT,
    "authorities.ttl": Role.AUTHORITIES,
    "editorial.trig": Role.EDITORIAL,
}
_PART_NAME = re.compile(r"(?P<part>[1-9][0-9]*)-[a-z0-9-]+(?P<labels>\.labels)?\.trig")


def _into(quad: Quad, target: NamedNode | None) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object, target) if target else quad


def read_file(path: Path, name: str, role: Role, part: int | None = None) -> SourceFile:
    """Read one file; what cannot be read becomes a finding, the rest is kept.

    :param path: where it lies.
    :param name: how findings call it.
    :param role: what it holds.
    :param part: the part it is about.
    :return: the file with its quads and syntax findings.
    """
    try:
        source = SourceFile(name, path.read_text(encoding="utf-8"), role, part)
    except UnicodeDecodeError as error:
        broken = SourceFile(name, "", role, part)
        broken.findings.append(Finding(name, 0, f"byte {error.start} that is not UTF-8", "a text in UTF-8"))
        return broken
    try:
        source.quads = read_text(source.text, source.target)
    except SyntaxError as error:
        source.quads = [_into(placed.quad, source.target) for placed in source.outline.placed]
        source.findings = [
            Finding(name, line, found, expected) for line, found, expected in source.outline.findings
        ] or [Finding(name, error.lineno or 0, error.msg, "Turtle or TriG that can be read")]
    return source


def read_ontology(folder: Path) -> list[SourceFile]:
    """Read the ontology's files.

    :param folder: the folder with ``*.ttl``.
    :return: the files, sorted by name.
    """
    return [read_file(path, f"ontology/{path.name}", Role.ONTOLOGY) for path in sorted(folder.glob("*.ttl"))]


def read_facts(folder: Path, prefix: str) -> Iterator[SourceFile]:
    """Read the files of one document's folder.

    :param folder: the folder.
    :param prefix: how findings call the folder.
    :return: the files, sorted by name; a file whose name says nothing carries a finding and no quads.
    """
    for path in sorted([*folder.glob("*.trig"), *folder.glob("*.ttl")]):
        name = f"{prefix}/{path.name}"
        match = _PART_NAME.fullmatch(path.name)
        if path.name in _FIXED_NAMES:
            yield read_file(path, name, _FIXED_NAMES[path.name])
        elif match:
            yield read_file(
                path, name, Role.EDITORIAL if match["labels"] else Role.PASSAGES, int(match["part"])
            )
        else:
            unknown = SourceFile(name, "", Role.EDITORIAL)
            unknown.findings.append(
                Finding(
                    name,
                    0,
                    "a file of unknown name",
                    "document.ttl, authorities.ttl, editorial.trig, N-name.trig or N-name.labels.trig",
                )
            )
            yield unknown
