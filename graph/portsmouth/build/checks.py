"""What must hold of the facts before a dataset is made of them.

Each check looks at one promise of the data model and yields every place that breaks it. None stops at
its first finding and none relies on another having passed: an author sees all that is wrong at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Set
from datetime import date
from functools import lru_cache
from typing import Final, TypeGuard

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from portsmouth import iris
from portsmouth.build.facts import Facts
from portsmouth.build.read import Role, SourceFile
from portsmouth.build.terms import DATE_AS_STATED, LANGUAGES, PREF_LABEL, RDF_TYPE, WHEN
from portsmouth.dates import Bounds, Calendar, Printed, agree_with, bounds, implied, is_edtf, read_span
from portsmouth.errors import DateError, Finding

Check = Callable[[Facts], Iterator[Finding]]

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_GLOSS: Final = NamedNode(iris.RDFS + "comment")
_SILENCE: Final = NamedNode(iris.PT + "silence")
_HEADING: Final = NamedNode(iris.CONCEPT + "silent-heading")
_NOTE: Final = NamedNode(iris.SKOS + "editorialNote")
_EDITORIAL: Final = NamedNode(iris.EDITORIAL)
_LANGUAGE_NAMES: Final = {"en": "an English", "th": "a Thai"}
_WELL_FORMED: Final = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    "double": re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"),
    "boolean": re.compile(r"true|false|1|0"),
    "date": re.compile(r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}"),
    "gYear": re.compile(r"-?[0-9]{4,}"),
}


def check(facts: Facts) -> list[Finding]:
    """Check everything.

    :param facts: what was read.
    :return: every finding, sorted by file and line; empty where a dataset can be made.
    """
    found = set(facts.findings)
    for one in CHECKS:
        found.update(one(facts))
    return sorted(found)


# Graphs.


def graphs_in_their_files(facts: Facts) -> Iterator[Finding]:
    """Every triple stands in a graph that its file may hold."""
    for file in facts.files:
        if file.role is Role.PASSAGES:
            expected, fits = f"p:s{file.part}-LLL {{ … }} around it", _passage_of(f"s{file.part}", facts)
        elif file.role is Role.EDITORIAL:
            expected, fits = "g:editorial { … } around it", _is_editorial
        else:
            continue
        judged: dict[NamedNode, str | None] = {}
        for quad in file.quads:
            graph = quad.graph_name
            if not isinstance(graph, NamedNode):
                yield file.finding(quad, "a triple outside a named graph", expected)
            elif graph not in judged:
                judged[graph] = fits(graph.value)
        for graph, better in judged.items():
            if better:
                line = file.outline.line_of_block(graph.value)
                yield Finding(file.name, line, f"the graph {iris.shorten(graph.value)}", better)


def _is_editorial(iri: str) -> str | None:
    return None if iri == iris.EDITORIAL else "g:editorial"


def _passage_of(part: str, facts: Facts) -> Callable[[str], str | None]:
    passages = facts.located
    span = (
        next((found for found in facts.document.parts if found.key == part), None) if facts.document else None
    )

    def better(iri: str) -> str | None:
        key = iris.passage_key(iri)
        if key is None or key.part != part:
            return f"the passage graphs of part {part}, such as p:{part}-001"
        if iris.passage(key.part, key.line) != iri:
            return iris.shorten(iris.passage(key.part, key.line))
        if span and not span.first <= key.line <= span.last:
            return f"a line of {part}, {span.first} to {span.last}"
        if facts.document and iri not in passages:
            return "a line that is not blank"
        return None

    return better


def graphs_given_once(facts: Facts) -> Iterator[Finding]:
    """A passage's graph stands in one block, which states something."""
    passages = [file for file in facts.files if file.role is Role.PASSAGES]
    if _plainly_once(passages, facts.modelled):
        return
    first: dict[str, str] = {}
    for file in passages:
        for name, line in file.outline.blocks:
            short = iris.shorten(name)
            if name in first:
                yield Finding(
                    file.name, line, f"{short} a second time", f"one block; the first is {first[name]}"
                )
            elif name not in facts.modelled and not file.findings:
                yield Finding(
                    file.name, line, f"{short} with nothing in it", "what the line states, or pt:silence"
                )
            first.setdefault(name, f"{file.name}:{line}")


def _plainly_once(files: Iterable[SourceFile], modelled: Set[str]) -> bool:
    """Tell, without cutting the texts, that each block is of a graph of its own; ``False`` tells nothing.

    Every block has a brace, so where a text has no more of these than its triples have graphs, every block
    is of another graph and states something. Cutting all texts takes a tenth of a build.
    """
    seen: set[str] = set()
    for file in files:
        graphs = {quad.graph_name.value for quad in file.quads if isinstance(quad.graph_name, NamedNode)}
        if file.findings or file.text.count("{") != len(graphs) or not graphs <= modelled or graphs & seen:
            return False
        seen |= graphs
    return True


def everything_has_a_name(facts: Facts) -> Iterator[Finding]:
    """There are IRIs and literals only, so that two files or two builds can speak of the same thing."""
    for file in facts.files:
        if all(_nameless(quad) is None for quad in file.quads):
            continue
        # Placed quads, because a blank node has another name at every reading.
        for quad, line in file.outline.placed:
            if found := _nameless(quad):
                yield Finding(file.name, line, found, "an IRI d:…")


def _nameless(quad: Quad) -> str | None:
    if isinstance(quad.object, Triple):
        return "a triple as a term"
    blank = isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    return "a blank node" if blank else None


# Terms.


def terms_are_declared(facts: Facts) -> Iterator[Finding]:
    """Every class, property, datatype and concept is declared in the ontology."""
    known = facts.vocabulary
    for file, quad in _quads(facts):
        predicate, value = quad.predicate.value, quad.object
        if predicate not in known.properties:
            yield _undeclared(file, quad, predicate, "property", known.properties)
        if isinstance(value, Literal):
            kind = value.datatype.value
            if kind.startswith(iris.PT) and kind not in known.datatypes:
                yield _undeclared(file, quad, kind, "datatype", known.datatypes)
        elif isinstance(value, NamedNode):
            if quad.predicate == RDF_TYPE:
                if value.value not in known.classes:
                    yield _undeclared(file, quad, value.value, "class", known.classes)
            elif value.value.startswith(iris.CONCEPT) and value.value not in known.concepts:
                yield _undeclared(file, quad, value.value, "concept", known.concepts)
            elif value.value.startswith(iris.PT) and value.value not in known.classes | known.properties:
                yield _undeclared(file, quad, value.value, "term", known.classes | known.properties)


def _undeclared(file: SourceFile, quad: Quad, term: str, kind: str, declared: frozenset[str]) -> Finding:
    found = f"{iris.shorten(term)}, which the ontology does not declare as a {kind}"
    return file.finding(quad, found, f"a declared {kind}{_did_you_mean(term, declared)}")


@lru_cache(maxsize=1024)
def _did_you_mean(term: str, declared: frozenset[str], likeness: float = 0.8) -> str:
    names = {_local(other): other for other in sorted(declared)}
    close = difflib.get_close_matches(_local(term), names, n=1, cutoff=likeness)
    return f"; did you mean {iris.shorten(names[close[0]])}?" if close else ""


def _local(iri: str) -> str:
    return re.split("[/#]", iri)[-1]


def names_are_kebab_case(facts: Facts) -> Iterator[Finding]:
    """IRIs of the project are lower-case ASCII words joined by hyphens."""
    seen: set[str] = set()
    for file, quad in _quads(facts):
        for term in (quad.subject, quad.object):
            if isinstance(term, NamedNode) and term.value.startswith(iris.ID) and term.value not in seen:
                seen.add(term.value)
                if not _NAME.fullmatch(term.value.removeprefix(iris.ID)):
                    yield file.finding(quad, iris.shorten(term.value), "lower-case ASCII words joined by '-'")


# Entities.


def entities_are_known(facts: Facts) -> Iterator[Finding]:
    """Every entity has a class, an English and a Thai label; a slip in a name makes one that has neither."""
    typed = {
        quad.subject.value for quad in facts.quads if quad.predicate == RDF_TYPE and _is_named(quad.subject)
    }
    labels = _labels(facts)
    known = frozenset(iri for iri in typed | set(labels) if iri.startswith(iris.ID))
    labelled = frozenset(labels)
    told: set[str] = set()
    for file, quad in _quads(facts):
        for term in (quad.subject, quad.object):
            if not isinstance(term, NamedNode) or not term.value.startswith(iris.ID):
                continue
            iri = term.value
            if iri in told:
                continue
            short = iris.shorten(iri)
            if iri not in typed and iri not in labels:
                expected = f"an entity that something types{_did_you_mean(iri, known)}"
                yield file.finding(quad, f"{short}, which nothing types or labels", expected)
            elif iri in facts.entities:
                told.add(iri)
                if iri not in typed:
                    yield file.finding(
                        quad, f"{short} without a class", "a pt:… in a passage that speaks of it"
                    )
                # Names of one family are alike; only a slip of a letter is worth a question.
                hint = "" if iri in labels else _did_you_mean(iri, labelled, 0.9)
                for language in LANGUAGES:
                    if language not in labels.get(iri, ()):
                        found = f"{short} without {_LANGUAGE_NAMES[language]} label"
                        yield file.finding(quad, found, f'skos:prefLabel "…"@{language} in g:editorial{hint}')


def one_label_a_language(facts: Facts) -> Iterator[Finding]:
    """No entity has two preferred labels in one language (SKOS, integrity condition S14)."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for file, quad in _quads(facts):
        if (
            quad.predicate != PREF_LABEL
            or not isinstance(quad.object, Literal)
            or not _is_named(quad.subject)
        ):
            continue
        key = (quad.subject.value, quad.object.language or "")
        text, name = first.setdefault(key, (quad.object.value, file.name))
        if text != quad.object.value:
            found = f"a second label {quad.object} of {iris.shorten(key[0])}"
            yield file.finding(quad, found, f'one; "{text}" stands in {name}')


def no_labels_in_passages(facts: Facts) -> Iterator[Finding]:
    """A passage graph states what the line says; names, glosses and decisions are ours and stand apart."""
    for file, quad in _quads(facts, Role.PASSAGES):
        predicate = quad.predicate.value
        if predicate.startswith(iris.SKOS) or predicate in _OURS:
            yield file.finding(quad, f"{iris.shorten(predicate)} in a passage graph", "it in g:editorial")


_OURS: Final = {iris.RDFS + "label", iris.RDFS + "comment", iris.PT + "silence"}


def _labels(facts: Facts) -> dict[str, set[str]]:
    labels: dict[str, set[str]] = {}
    for quad in facts.quads:
        if quad.predicate == PREF_LABEL and isinstance(quad.object, Literal) and _is_named(quad.subject):
            labels.setdefault(quad.subject.value, set()).add(quad.object.language or "")
    return labels


# Passages.


def passages_are_known(facts: Facts) -> Iterator[Finding]:
    """Whatever is said about a passage or a part is said about one that the page has."""
    if not facts.document:
        return
    known = facts.modelled | facts.silent
    passages = set(facts.located) | {part.iri for part in facts.document.parts}
    for file, quad in _quads(facts):
        about_it = isinstance(quad.subject, NamedNode) and quad.predicate in (_GLOSS, _SILENCE)
        for term in (quad.subject, quad.object):
            if not isinstance(term, NamedNode) or not term.value.startswith(iris.PASSAGE):
                continue
            if term.value not in passages:
                expected = f"a passage or part of the page{_did_you_mean(term.value, frozenset(passages))}"
                yield file.finding(quad, iris.shorten(term.value), expected)
            elif about_it and iris.passage_key(term.value) and term.value not in known:
                found = f"a gloss of {iris.shorten(term.value)}, which states nothing"
                yield file.finding(quad, found, "its graph, or pt:silence with the reason")


def modelled_or_silent(facts: Facts) -> Iterator[Finding]:
    """No passage both states something and is marked as stating nothing."""
    for file, quad in _quads(facts, Role.EDITORIAL):
        if quad.predicate == _SILENCE and _is_named(quad.subject) and quad.subject.value in facts.modelled:
            found = f"pt:silence of {iris.shorten(quad.subject.value)}, which has a graph"
            yield file.finding(quad, found, "the graph or the mark, not both")


def passages_have_glosses(facts: Facts) -> Iterator[Finding]:
    """Every passage that states something, and every heading, says in English and Thai what it is about."""
    glosses: dict[str, set[str]] = {}
    for quad in facts.quads:
        if quad.predicate == _GLOSS and isinstance(quad.object, Literal) and _is_named(quad.subject):
            glosses.setdefault(quad.subject.value, set()).add(quad.object.language or "")
    for file in facts.files:
        if file.role is not Role.PASSAGES:
            continue
        for graph in dict.fromkeys(quad.graph_name for quad in file.quads):
            if not isinstance(graph, NamedNode):
                continue
            for language in LANGUAGES:
                if language not in glosses.get(graph.value, ()):
                    line = file.outline.line_of_block(graph.value)
                    found = f"{iris.shorten(graph.value)} without {_LANGUAGE_NAMES[language]} gloss"
                    yield Finding(file.name, line, found, f'rdfs:comment "…"@{language} in g:editorial')
    for file, quad in _quads(facts, Role.EDITORIAL):
        if quad.predicate == _SILENCE and quad.object == _HEADING and _is_named(quad.subject):
            for language in LANGUAGES:
                if language not in glosses.get(quad.subject.value, ()):
                    found = f"{iris.shorten(quad.subject.value)} without {_LANGUAGE_NAMES[language]} gloss"
                    yield file.finding(quad, found, f'rdfs:comment "…"@{language} beside it')


# Dates.


def dates_are_edtf(facts: Facts) -> Iterator[Finding]:
    """A printed date is EDTF, typed by a calendar that has such a day."""
    for file, quad in _quads(facts):
        if quad.predicate == DATE_AS_STATED:
            printed = _printed(quad)
            if printed is None:
                expected = '"EDTF"^^ one of ' + ", ".join(f"pt:{calendar.value}" for calendar in Calendar)
                yield file.finding(quad, f"pt:dateAsStated {quad.object}", expected)
                continue
            try:
                bounds(*printed)
            except DateError as error:
                yield file.finding(quad, error.found, error.expected)


def spans_are_well_formed(facts: Facts) -> Iterator[Finding]:
    """A time span is named by its first and last day; ``pt:when`` points to one."""
    for file, quad in _quads(facts):
        value = quad.object
        if isinstance(value, NamedNode) and value.value.startswith(iris.TIME):
            try:
                Bounds.from_iri(value.value)
            except DateError as error:
                yield file.finding(quad, error.found, error.expected)
        elif quad.predicate == WHEN:
            yield file.finding(quad, f"pt:when {_short(value)}", "a time span t:…")


def when_follows(facts: Facts) -> Iterator[Finding]:
    """In a passage, ``pt:when`` follows by rule from what the passage prints of the same thing."""
    printed: dict[tuple[object, object], list[Printed]] = {}
    broken: set[tuple[object, object]] = set()
    for quad in facts.stated:
        if quad.predicate == DATE_AS_STATED:
            key, value = (quad.graph_name, quad.subject), _printed(quad)
            if value and is_edtf(*value):
                printed.setdefault(key, []).append(value)
            else:
                broken.add(key)
    for file, quad in _quads(facts, Role.PASSAGES):
        key = (quad.graph_name, quad.subject)
        if quad.predicate != WHEN or not isinstance(quad.object, NamedNode) or key in broken:
            continue
        dates = printed.get(key, [])
        spans = {span.iri for span in implied(dates)}
        if quad.object.value in spans:
            continue
        found = f"pt:when {_short(quad.object)} of {_short(quad.subject)}"
        if not dates:
            expected = "the printed date as pt:dateAsStated, or an editor's date in g:editorial with a note"
        elif not spans:
            expected = "none, since no year is printed; an editor's date stands in g:editorial with a note"
        else:
            follows = " or ".join(sorted(map(iris.shorten, spans)))
            expected = f"{follows}, which follows from {_quote(dates, 'and')}"
        yield file.finding(quad, found, expected)


def editors_dates_have_notes(facts: Facts) -> Iterator[Finding]:
    """A date that an editor supplies says why, and does not go against what is printed."""
    noted = {
        quad.subject for quad in facts.quads if quad.predicate == _NOTE and quad.graph_name == _EDITORIAL
    }
    printed: dict[object, set[Printed]] = {}
    for quad in facts.stated:
        value = _printed(quad) if quad.predicate == DATE_AS_STATED else None
        if value and is_edtf(*value):
            printed.setdefault(quad.subject, set()).add(value)
    for file, quad in _quads(facts, Role.EDITORIAL):
        if quad.predicate != WHEN:
            continue
        if quad.subject not in noted:
            yield file.finding(
                quad, f"an editor's date of {_short(quad.subject)}", "a skos:editorialNote beside it"
            )
        span = read_span(quad.object.value) if isinstance(quad.object, NamedNode) else None
        dates = sorted(printed.get(quad.subject, ()))
        if span and dates and not any(agree_with(value, span) for value in dates):
            yield file.finding(
                quad, f"an editor's date {_short(quad.object)}", f"one that {_quote(dates, 'or')} can mean"
            )


def _quote(dates: Iterable[Printed], joined_by: str) -> str:
    return f" {joined_by} ".join(f'"{value.lexical}"^^pt:{value.calendar.value}' for value in dates)


def _printed(quad: Quad) -> Printed | None:
    if not isinstance(quad.object, Literal):
        return None
    calendar = Calendar.from_datatype(quad.object.datatype.value)
    return Printed(quad.object.value, calendar) if calendar else None


# Literals.


def literals_are_canonical(facts: Facts) -> Iterator[Finding]:
    """A number or day is written as the store gives it back, so that no answer differs from its source."""
    places: dict[Literal, tuple[SourceFile, Quad]] = {}
    for file, quad in _quads(facts):
        if isinstance(quad.object, Literal) and quad.object.datatype.value.startswith(iris.XSD):
            places.setdefault(quad.object, (file, quad))
    kept = _stored(places)
    for literal, (file, quad) in places.items():
        kind = literal.datatype.value.removeprefix(iris.XSD)
        pattern = _WELL_FORMED.get(kind)
        if pattern and not (pattern.fullmatch(literal.value) and (kind != "date" or _is_day(literal.value))):
            yield file.finding(quad, f'"{literal.value}"^^xsd:{kind}', f"a value of xsd:{kind}")
        elif kept[literal] != literal.value:
            yield file.finding(
                quad, f'"{literal.value}"^^xsd:{kind}', f'"{kept[literal]}", the canonical form'
            )


def _stored(literals: Iterable[Literal]) -> dict[Literal, str]:
    """Return what Oxigraph keeps of each literal: numbers and times by value, not as written."""
    store, subjects, predicate = Store(), {}, NamedNode(iris.RDF + "value")
    for number, literal in enumerate(literals):
        subjects[NamedNode(f"urn:literal:{number}")] = literal
    store.extend(Quad(subject, predicate, literal, DefaultGraph()) for subject, literal in subjects.items())
    return {
        subjects[quad.subject]: quad.object.value
        for quad in store
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# Helpers.


def _quads(facts: Facts, *roles: Role) -> Iterator[tuple[SourceFile, Quad]]:
    for file in facts.files:
        if not roles or file.role in roles:
            for quad in file.quads:
                yield file, quad


def _is_named(term: object) -> TypeGuard[NamedNode]:
    return isinstance(term, NamedNode)


def _short(term: object) -> str:
    return iris.shorten(term.value) if isinstance(term, NamedNode) else str(term)


#: Every check, in the order in which the data model names the promises.
CHECKS: Final[tuple[Check, ...]] = (
    graphs_in_their_files,
    graphs_given_once,
    everything_has_a_name,
    terms_are_declared,
    names_are_kebab_case,
    entities_are_known,
    one_label_a_language,
    no_labels_in_passages,
    passages_are_known,
    modelled_or_silent,
    passages_have_glosses,
    dates_are_edtf,
    spans_are_well_formed,
    when_follows,
    editors_dates_have_notes,
    literals_are_canonical,
)
