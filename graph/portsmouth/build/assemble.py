"""From folders of facts to the bytes of the dataset, in one function."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, serialize

from portsmouth import iris, resources
from portsmouth.build.calendar import calendar
from portsmouth.build.catalogue import catalogue
from portsmouth.build.checks import check
from portsmouth.build.datings import describe_datings, find_datings
from portsmouth.build.derive import derive
from portsmouth.build.disagreements import describe, find_disagreements
from portsmouth.build.echoes import describe_echoes
from portsmouth.build.facts import Facts
from portsmouth.build.read import SourceFile
from portsmouth.build.terms import RDF_TYPE
from portsmouth.collecting import collector_paused
from portsmouth.errors import FactsError, MissingDataError

_DISAGREEMENT: Final = NamedNode(iris.PT + "Disagreement")
_TIME_SPAN: Final = NamedNode(iris.PT + "TimeSpan")
#: The end of a line of N-Quads.
_END: Final = b" .\n"
#: Told the name of each step as it begins.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Build:
    """A checked dataset.

    :param nquads: the dataset in canonical N-Quads, its lines sorted; the default graph holds every triple
        of every named graph once.
    :param snapshot: the SHA-256 of these bytes, in hexadecimal.
    :param counts: how much of what the dataset holds.
    :param unread: the passages that are neither modelled nor marked silent, in the order of the page.
    """

    nquads: bytes
    snapshot: str
    counts: Mapping[str, int]
    unread: tuple[str, ...]

    @property
    def summary(self) -> str:
        """How much it holds, in a line for people."""
        counts = self.counts
        return (
            f"{counts['facts']:,} facts from {counts['passages']:,} passages "
            f"about {counts['entities']:,} entities; {counts['quads']:,} quads; snapshot {self.snapshot[:12]}"
        )


def build(
    facts: Path | None = None, ontology: Path | None = None, *, progress: Progress | None = None
) -> Build:
    """Read, check and assemble the dataset.

    :param facts: the folder that holds one folder a document; the package's own where not given.
    :param ontology: the ontology's folder; the package's own where not given.
    :param progress: told each step as it begins.
    :return: the dataset, the same bytes for the same files.
    :raises FactsError: with every finding in every file.
    :raises MissingDataError: a folder is not there.

    >>> len(build().snapshot)
    64
    """
    # Quads all live to the end.
    with collector_paused():
        return _build(progress or (lambda step: None), facts, ontology)


def _build(tell: Progress, facts: Path | None, ontology: Path | None) -> Build:
    tell("reading")
    read = documents(facts or resources.facts_folder(), ontology or resources.ontology_folder())
    tell("checking")
    findings = {finding for document in read for finding in check(document)}
    if findings:
        raise FactsError(findings)
    tell("deriving")
    named: dict[Quad, None] = {}
    for document in read:
        named.update(dict.fromkeys(assemble(document)))
    named.update(dict.fromkeys(ontology_quads(read[0].ontology)))
    tell("writing")
    lines = _lines(named)
    default = {_without_graph(line) for line in lines}
    nquads = b"".join(sorted((*lines, *default)))
    kinds = Counter(quad.object for quad in named if quad.predicate == RDF_TYPE)
    counts = {
        "quads": len(named) + len(default),
        "triples": len(default),
        "facts": sum(len(document.stated) for document in read),
        "passages": sum(len(document.modelled) for document in read),
        "silent": sum(len(document.silent) for document in read),
        "unread": sum(len(document.unread) for document in read),
        "entities": len({entity for document in read for entity in document.entities}),
        "spans": kinds[_TIME_SPAN],
        "disagreements": kinds[_DISAGREEMENT],
    }
    return Build(
        nquads=nquads,
        snapshot=hashlib.sha256(nquads).hexdigest(),
        counts=MappingProxyType(counts),
        unread=tuple(iri for document in read for iri in document.unread),
    )


def documents(facts: Path, ontology: Path) -> list[Facts]:
    """Read every document's folder.

    :param facts: the folder that holds one folder a document.
    :param ontology: the ontology's folder.
    :return: the documents, sorted by name.
    :raises MissingDataError: there is no document.
    """
    folders = sorted(folder for folder in facts.glob("*") if folder.is_dir())
    if not folders:
        raise MissingDataError(folder="facts", looked_in=(facts,))
    return [Facts.from_folders(folder, ontology) for folder in folders]


def assemble(facts: Facts) -> Iterator[Quad]:
    """Yield what the dataset holds of one document: what its files state, and what the build makes of it.

    :param facts: one document's facts, checked.
    :return: quads of named graphs; one may come twice.
    """
    yield from facts.quads
    if facts.document:
        known = set(facts.modelled | facts.silent)
        yield from catalogue(facts.document, known)
        yield from describe_echoes(facts.document, facts.echoes, known)
    datings = find_datings(facts.quads)
    dated = {span.value for passages in datings.values() for spans in passages.values() for span in spans}
    yield from calendar(sorted(facts.spans | dated))
    yield from derive(facts.quads, facts.vocabulary)
    yield from describe_datings(datings)
    labels = {**facts.vocabulary.labels, **facts.labels}
    yield from describe(find_disagreements(facts.quads, facts.vocabulary, datings), labels)


def ontology_quads(files: Iterable[SourceFile]) -> Iterable[Quad]:
    """Return the ontology's quads, its blank nodes named by RDFC-1.0 so that equal files give equal bytes.

    :param files: the ontology's files.
    :return: quads of g:ontology.
    """
    dataset = Dataset(quad for file in files for quad in file.quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def _lines(quads: Iterable[Quad]) -> list[bytes]:
    """Write quads of named graphs as canonical N-Quads, a line each."""
    out = io.BytesIO()
    serialize(quads, out, format=RdfFormat.N_QUADS)
    return out.getvalue().splitlines(keepends=True)


def _without_graph(line: bytes) -> bytes:
    """Write the triple of a line: ``S P O G .`` without G, which has no space in it.

    >>> _without_graph(b'<http://e/s> <http://e/p> "a <b> ." <http://e/g> .\\n')
    b'<http://e/s> <http://e/p> "a <b> ." .\\n'
    """
    return line[: line.rindex(b" ", 0, -3)] + _END
