"""Everything that was read, and the indexes that several steps of the build share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris
from portsmouth.build.catalogue import LOCATORS, Document, Locator, read_document, read_locators
from portsmouth.build.echoes import ECHOES, Echo, read_echoes
from portsmouth.build.read import Role, SourceFile, read_facts, read_ontology
from portsmouth.build.terms import PREF_LABEL
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.dates import read_span
from portsmouth.errors import Finding

_SILENCE: Final = iris.PT + "silence"


@dataclass(frozen=True)
class Facts:
    """The files of one document and of the ontology.

    :param name: the name of the document's folder.
    :param findings: what could not be read.
    :param echoes: the lines that repeat each other.
    """

    name: str
    files: tuple[SourceFile, ...]
    ontology: tuple[SourceFile, ...]
    document: Document | None
    findings: tuple[Finding, ...]
    echoes: tuple[Echo, ...] = ()

    @classmethod
    def from_folders(cls, facts: Path, ontology: Path) -> Facts:
        """Read a document's folder and the ontology.

        :param facts: the folder of one document.
        :param ontology: the ontology's folder.
        """
        files = tuple(read_facts(facts, facts.name))
        vocabulary = tuple(read_ontology(ontology))
        locators, findings = read_locators(facts / LOCATORS, f"{facts.name}/{LOCATORS}")
        described = next((file for file in files if file.role is Role.DOCUMENT), None)
        document = None
        if described is None:
            findings.append(
                Finding(f"{facts.name}/document.ttl", 0, "no such file", "the document and its parts")
            )
        elif not described.findings:
            document, more = read_document(described, locators)
            # Without its lines no finding about a passage would be sure.
            document = None if findings else document
            findings += more
        echoes: tuple[Echo, ...] = ()
        if document:
            echoes, more = read_echoes(facts / ECHOES, f"{facts.name}/{ECHOES}", document)
            findings += more
        for file in (*files, *vocabulary):
            findings += file.findings
        return cls(facts.name, files, vocabulary, document, tuple(findings), echoes)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the ontology declares."""
        return Vocabulary.from_quads(quad for file in self.ontology for quad in file.quads)

    @cached_property
    def quads(self) -> tuple[Quad, ...]:
        """Every quad of the facts, those of the ontology not included."""
        return tuple(dict.fromkeys(quad for file in self.files for quad in file.quads))

    @cached_property
    def stated(self) -> tuple[Quad, ...]:
        """The quads of the passage graphs."""
        return tuple(
            quad
            for quad in self.quads
            if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(iris.PASSAGE)
        )

    @cached_property
    def modelled(self) -> frozenset[str]:
        """The passages that state something."""
        return frozenset(
            quad.graph_name.value for quad in self.stated if isinstance(quad.graph_name, NamedNode)
        )

    @cached_property
    def silent(self) -> frozenset[str]:
        """The passages that are marked as stating nothing."""
        return frozenset(
            quad.subject.value
            for quad in self.quads
            if quad.predicate.value == _SILENCE and isinstance(quad.subject, NamedNode)
        )

    @cached_property
    def located(self) -> Mapping[str, Locator]:
        """Where each passage stands on the page, in the order of the page."""
        return dict(self.document.passages()) if self.document else {}

    @cached_property
    def unread(self) -> tuple[str, ...]:
        """The passages that are neither, in the order of the page."""
        return tuple(iri for iri in self.located if iri not in self.modelled and iri not in self.silent)

    @cached_property
    def labels(self) -> dict[tuple[str, str], str]:
        """The preferred label of everything that has one, by IRI and language."""
        return {
            (quad.subject.value, quad.object.language or ""): quad.object.value
            for quad in self.quads
            if quad.predicate == PREF_LABEL
            and isinstance(quad.subject, NamedNode)
            and isinstance(quad.object, Literal)
        }

    @cached_property
    def spans(self) -> frozenset[str]:
        """The time spans that are named, as far as their names are well-formed."""
        return frozenset(iri for iri in _named(self.quads, iris.TIME) if read_span(iri))

    @cached_property
    def entities(self) -> frozenset[str]:
        """Everything that the passages speak of under an IRI of the project, and the document itself."""
        document = {self.document.iri} if self.document else set()
        return frozenset(_named(self.stated, iris.ID)) | document


def _named(quads: Iterable[Quad], namespace: str) -> Iterator[str]:
    for quad in quads:
        for term in (quad.subject, quad.object):
            if isinstance(term, NamedNode) and term.value.startswith(namespace):
                yield term.value
