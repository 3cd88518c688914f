"""A closer look than the build takes: the facts against the shapes, the locators against the page.

The same shapes are read in two tiers. On one passage graph a result is an authoring error. On all
passages merged it is a candidate for a disagreement, which :mod:`.disagreements` classifies.

pySHACL spends most of its time on starting a run, so all passages and both tiers go into one. Whatever
a passage speaks of gets an IRI of its own there (``d:witte-in-s5-229``), with the types that all passages
together state of it; the merged facts keep their IRIs. A result is then traced back to the passage, the
statement and its line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from pyshacl import validate as run_shacl

from portsmouth import iris, resources
from portsmouth.build.assemble import Progress, assemble, documents
from portsmouth.build.catalogue import LOCATORS, locate
from portsmouth.build.checks import check
from portsmouth.build.echoes import ECHOES, echoes_of
from portsmouth.build.facts import Facts
from portsmouth.build.read import Role, SourceFile
from portsmouth.build.terms import RDF_TYPE
from portsmouth.errors import Finding

_SHAPES: Final = "shapes.ttl"
_BUILT: Final = {iris.CATALOGUE, iris.CALENDAR, iris.DERIVED}
_CONTEXT: Final = {iris.SKOS + "inScheme", iris.RDFS + "subClassOf"}
_RESULT: Final = rdflib.URIRef(iris.SH + "ValidationResult")


@dataclass(frozen=True, slots=True)
class Validation:
    """What a closer look found.

    :param findings: errors: something has to be mended before the facts are right.
    :param cautions: what is worth a look and may be right.
    :param candidates: slots that the passages together fill otherwise than a shape expects of one passage.
    :param unread: the passages neither modelled nor marked silent, in the order of the page.
    """

    findings: tuple[Finding, ...]
    cautions: tuple[Finding, ...]
    candidates: tuple[Finding, ...]
    unread: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.findings


def validate(
    facts: Path | None = None,
    ontology: Path | None = None,
    *,
    source: Path | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Check the facts against the shapes and, where the page is at hand, against the page.

    :param facts: the folder that holds one folder a document; the package's own where not given.
    :param ontology: the ontology's folder; the package's own where not given.
    :param source: the page.
    :param progress: told each step as it begins.
    :return: everything found; the findings of :func:`~portsmouth.build.build` are among it.
    :raises MissingDataError: a folder is not there.
    """
    tell = progress or (lambda step: None)
    ontology = ontology or resources.ontology_folder()
    tell("reading")
    read = documents(facts or resources.facts_folder(), ontology)
    tell("checking")
    findings = {finding for document in read for finding in check(document)}
    cautions: set[Finding] = set()
    candidates: set[Finding] = set()
    if source:
        tell("comparing with the page")
        text = source.read_bytes()
        findings.update(finding for document in read for finding in compare_with_page(document, text))
    # pySHACL reads RDF 1.1, and a file half read would look wrong where it is not.
    readable = not any(document.findings or _has_triple_terms(document) for document in read)
    if readable and (ontology / _SHAPES).is_file():
        tell("checking against the shapes")
        for document in read:
            for tier, finding in _shape_results(document, ontology / _SHAPES):
                {"error": findings, "caution": cautions, "candidate": candidates}[tier].add(finding)
    return Validation(
        findings=tuple(sorted(findings)),
        cautions=tuple(sorted(cautions)),
        candidates=tuple(sorted(candidates)),
        unread=tuple(iri for document in read for iri in document.unread),
    )


# The page.


def compare_with_page(facts: Facts, page: bytes) -> Iterator[Finding]:
    """Compare the checksum of the document, every locator and every echo with the page itself.

    :param facts: the facts of one document.
    :param page: the page's bytes.
    :return: what differs.
    """
    if not facts.document:
        return
    digest = hashlib.sha256(page).hexdigest()
    if digest != facts.document.sha256:
        name = f"{facts.name}/document.ttl"
        yield Finding(name, 0, f"a page with SHA-256 {digest}", f"the page with {facts.document.sha256}")
    name = f"{facts.name}/{LOCATORS}"
    there, kept = locate(page.decode("utf-8", errors="replace")), facts.document.locators
    if len(there) != len(kept):
        yield Finding(name, 0, f"{len(kept)} lines", f"{len(there)} lines, as the page has")
    for row, (locator, is_there) in enumerate(zip(kept, there, strict=False), start=2):
        if locator != is_there:
            found, expected = (",".join(map(str, one)) for one in (locator, is_there))
            yield Finding(name, row, found, f"{expected}, as the page has")
    echoes = tuple(echoes_of(facts.document, page))
    if digest == facts.document.sha256 and echoes != facts.echoes:
        expected = f"the {len(echoes)} that 'portsmouth echoes' finds on the page"
        yield Finding(f"{facts.name}/{ECHOES}", 0, f"{len(facts.echoes)} echoes", expected)


# The shapes.


def _shape_results(facts: Facts, shapes: Path) -> Iterator[tuple[str, Finding]]:
    """Yield each result as ``error``, ``caution`` or ``candidate``."""
    run = _Run(facts)
    graph = rdflib.Graph().parse(shapes)
    _, results, _ = run_shacl(
        run.data, shacl_graph=graph, inference="none", inplace=True, allow_warnings=True
    )
    if not isinstance(results, rdflib.Graph):
        raise TypeError(f"pySHACL gave {type(results).__name__} where a graph of results is expected")
    yield from run.trace(results)


class _Run:
    """The graph that pySHACL reads, and the way back from it to the facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._apart: dict[str, tuple[str, str]] = {}
        self._spoken_of = {quad.subject.value for quad in facts.stated if isinstance(quad.subject, NamedNode)}
        self.data = rdflib.Graph()
        classes = facts.vocabulary.classes_of(facts.stated)
        self._add_context(classes)
        self._add_apart(classes)

    def _add_context(self, classes: dict[str, set[str]]) -> None:
        for file in self._facts.ontology:
            for quad in file.quads:
                concept = isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(iris.CONCEPT)
                if quad.predicate.value in _CONTEXT or (concept and quad.predicate == RDF_TYPE):
                    self._add(quad)
        for quad in assemble(self._facts):
            if isinstance(quad.graph_name, NamedNode) and (
                quad.graph_name.value in _BUILT or quad.graph_name.value.startswith(iris.PASSAGE)
            ):
                self._add(quad)
        for entity, names in classes.items():
            for name in names:
                self.data.add((rdflib.URIRef(entity), rdflib.RDF.type, rdflib.URIRef(name)))

    def _add_apart(self, classes: dict[str, set[str]]) -> None:
        speakers: dict[NamedNode, set[str]] = {}
        for quad in self._facts.stated:
            if isinstance(quad.graph_name, NamedNode) and isinstance(quad.subject, NamedNode):
                speakers.setdefault(quad.graph_name, set()).add(quad.subject.value)
        for quad in self._facts.stated:
            if not isinstance(quad.graph_name, NamedNode):
                continue
            own = speakers.get(quad.graph_name, set())
            subject, value = (
                self._rename(term, quad.graph_name, own) for term in (quad.subject, quad.object)
            )
            self.data.add((subject, rdflib.URIRef(quad.predicate.value), value))
        for renamed, (entity, _) in self._apart.items():
            for name in classes.get(entity, ()):
                self.data.add((rdflib.URIRef(renamed), rdflib.RDF.type, rdflib.URIRef(name)))

    def _rename(self, term: object, graph: NamedNode, own: set[str]) -> rdflib.term.Node:
        if isinstance(term, NamedNode) and term.value in own and term.value.startswith(iris.ID):
            renamed = f"{term.value}-in-{graph.value.removeprefix(iris.PASSAGE)}"
            self._apart[renamed] = (term.value, graph.value)
            return rdflib.URIRef(renamed)
        return _term(term)

    def _add(self, quad: Quad) -> None:
        self.data.add((_term(quad.subject), rdflib.URIRef(quad.predicate.value), _term(quad.object)))

    # The way back.

    def trace(self, results: rdflib.Graph) -> Iterator[tuple[str, Finding]]:
        """Yield each result with its tier."""
        places = _Places(self._facts)
        sh = rdflib.Namespace(iris.SH)
        apart: set[tuple[str, str, str]] = set()
        merged: list[tuple[tuple[str, str, str], str, str | None, str | None]] = []
        for result in results.subjects(rdflib.RDF.type, _RESULT):
            focus = str(results.value(result, sh.focusNode))
            message = _message(results, result)
            path = results.value(result, sh.resultPath)
            predicate = str(path) if isinstance(path, rdflib.URIRef) else None
            value = self._back(results.value(result, sh.value))
            entity, passage = self._apart.get(focus, (focus, None))
            key = (entity, predicate or "", message)
            if passage is None:
                merged.append((key, message, predicate, value))
                continue
            apart.add(key)
            tier = "error" if results.value(result, sh.resultSeverity) == sh.Violation else "caution"
            file, line = places.find(entity, predicate, value, passage)
            yield tier, Finding(file, line, _found(entity, predicate, value, passage), message)
        for key, message, predicate, value in merged:
            # What a passage breaks alone is told already; what only the sum of them breaks is a candidate.
            if key in apart:
                continue
            entity = key[0]
            file, line = places.find(entity, predicate, value, None)
            tier = "candidate" if entity in self._spoken_of else "error"
            yield tier, Finding(file or "build", line, _found(entity, predicate, value, None), message)

    def _back(self, value: object) -> str | None:
        if value is None:
            return None
        return self._apart.get(str(value), (str(value), ""))[0]


class _Places:
    """Where something is stated."""

    def __init__(self, facts: Facts) -> None:
        self._quads: dict[str, list[tuple[SourceFile, Quad]]] = {}
        for file in facts.files:
            if file.role in (Role.PASSAGES, Role.DOCUMENT):
                for quad in file.quads:
                    if isinstance(quad.subject, NamedNode):
                        self._quads.setdefault(quad.subject.value, []).append((file, quad))

    def find(
        self, entity: str, predicate: str | None, value: str | None, passage: str | None
    ) -> tuple[str, int]:
        """Return file and line of the statement that fits best; an empty name where none does."""
        best: tuple[int, SourceFile, Quad] | None = None
        for file, quad in self._quads.get(entity, ()):
            if passage and not (isinstance(quad.graph_name, NamedNode) and quad.graph_name.value == passage):
                continue
            same_value = isinstance(quad.object, NamedNode | Literal) and quad.object.value == value
            score = 2 * (quad.predicate.value == predicate) + same_value
            if best is None or score > best[0]:
                best = (score, file, quad)
        return (best[1].name, best[1].line(best[2])) if best else ("", 0)


def _has_triple_terms(facts: Facts) -> bool:
    """Tell whether a fact is about a triple, which RDF 1.1 has no term for."""
    return any(isinstance(quad.object, Triple) for quad in facts.quads)


def _message(results: rdflib.Graph, result: rdflib.term.Node) -> str:
    """Return the shape's message, in English where there are several."""
    messages = [
        (message.language != "en", str(message))
        for message in results.objects(result, rdflib.URIRef(iris.SH + "resultMessage"))
        if isinstance(message, rdflib.Literal)
    ]
    return min(messages)[1] if messages else "what the shape says"


def _found(entity: str, predicate: str | None, value: str | None, passage: str | None) -> str:
    shown = "" if value is None or value == entity else f" {_shown(value)}"
    slot = f"{iris.shorten(predicate)}{shown} of " if predicate else ""
    return f"{slot}{iris.shorten(entity)}" + (f" in {iris.shorten(passage)}" if passage else "")


def _shown(value: str) -> str:
    return iris.shorten(value) if "://" in value else f'"{value}"'


def _term(term: object) -> rdflib.term.Node:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype)
    raise TypeError(f"{type(term).__name__} is no term of RDF 1.1")
