"""The dataset as a whole: what it holds, and that it is the same bytes every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
)

from portsmouth import iris, resources
from portsmouth.build import build
from portsmouth.errors import FactsError, MissingDataError


def dataset(nquads: bytes) -> list[Quad]:
    return list(parse(nquads, format=RdfFormat.N_QUADS))


def in_graph(quads: list[Quad], graph: str) -> set[tuple[str, str, str]]:
    return {
        (value(quad.subject), iris.shorten(quad.predicate.value), value(quad.object))
        for quad in quads
        if quad.graph_name == NamedNode(graph) and not isinstance(quad.subject, BlankNode)
    }


def value(term: object) -> str:
    return iris.shorten(term.value) if isinstance(term, NamedNode) else str(getattr(term, "value", term))


def count(store: Store, text: str) -> int:
    answer = store.query(text)
    assert isinstance(answer, QuerySolutions)
    return int(value(next(answer)["n"]))


def promises_hold(quads: list[Quad]) -> None:
    """What the data model promises of every dataset."""
    named: dict[tuple[object, object, object], set[object]] = {}
    default = []
    for quad in quads:
        triple = (quad.subject, quad.predicate, quad.object)
        if isinstance(quad.graph_name, DefaultGraph):
            default.append(triple)
        else:
            named.setdefault(triple, set()).add(quad.graph_name)
    assert len(set(quads)) == len(quads)
    # The default graph holds every triple of every named graph, and each once.
    assert len(default) == len(set(default))
    assert set(default) == set(named)
    facts = [quad for quad in quads if quad.graph_name != NamedNode(iris.ONTOLOGY_GRAPH)]
    in_ontology = {
        term
        for quad in quads
        if quad.graph_name == NamedNode(iris.ONTOLOGY_GRAPH)
        for term in (quad.subject, quad.object)
    }
    blank = {term for quad in facts for term in (quad.subject, quad.object) if isinstance(term, BlankNode)}
    assert blank <= in_ontology
    # Every passage graph is in the catalogue, and every entity of a passage has two labels.
    graphs = {quad.graph_name for quad in quads if value(quad.graph_name).startswith("p:")}
    catalogued = {
        quad.subject for quad in quads if value(quad.object) == "pt:Passage" and quad.subject != quad.object
    }
    assert graphs <= catalogued
    languages: dict[object, set[object]] = {}
    for quad in quads:
        if value(quad.predicate) == "skos:prefLabel" and isinstance(quad.object, Literal):
            languages.setdefault(quad.subject, set()).add(quad.object.language)
    for quad in quads:
        if quad.graph_name in graphs:
            for term in (quad.subject, quad.object):
                if isinstance(term, NamedNode) and term.value.startswith(iris.ID):
                    assert {"en", "th"} <= languages[term], term
    # What is derived says from what.
    derived = [quad for quad in quads if quad.graph_name == NamedNode(iris.DERIVED)]
    assert {quad.subject for quad in derived} == {
        quad.subject for quad in derived if value(quad.predicate) == "prov:wasDerivedFrom"
    }


def test_the_promises_hold_of_the_sample(sample: Any) -> None:
    promises_hold(dataset(build(sample.facts, sample.ontology).nquads))


def test_the_promises_hold_of_the_real_facts() -> None:
    built = build()
    promises_hold(dataset(built.nquads))
    assert built.snapshot == hashlib.sha256(built.nquads).hexdigest()


def test_lines_are_sorted_and_single(sample: Any) -> None:
    lines = build(sample.facts, sample.ontology).nquads.splitlines(keepends=True)
    assert lines == sorted(set(lines))
    assert all(line.endswith(b" .\n") for line in lines)


def test_what_the_catalogue_says(sample: Any) -> None:
    built = build(sample.facts, sample.ontology)
    found = in_graph(dataset(built.nquads), iris.CATALOGUE)
    line = sample.page.read_text(encoding="utf-8").splitlines()[2]
    assert {(p, o) for s, p, o in found if s == "p:s1-003"} == {
        ("rdf:type", "pt:Passage"),
        ("pt:line", "3"),
        ("dcterms:isPartOf", "p:s1"),
        ("oa:start", "9"),
        ("oa:end", "23"),
        ("spdx:checksumValue", hashlib.sha256(line.encode()).hexdigest()),
    }
    # The heading is marked silent and catalogued; the unread line is neither.
    assert {s for s, p, o in found if o == "pt:Passage"} == {"p:s1-001", "p:s1-003", "p:s1-004", "p:s2-006"}
    assert ("p:s1", "pt:lastLine", "4") in found
    assert built.unread == (iris.passage("s2", 7),)


def test_what_the_calendar_says(sample: Any) -> None:
    found = in_graph(dataset(build(sample.facts, sample.ontology).nquads), iris.CALENDAR)
    assert {(p, o) for s, p, o in found if s == "t:1904-02-01--1904-02-29"} == {
        ("rdf:type", "pt:TimeSpan"),
        ("pt:earliest", "1904-02-01"),
        ("pt:latest", "1904-02-29"),
    }


def test_what_is_derived(sample: Any) -> None:
    found = in_graph(dataset(build(sample.facts, sample.ontology).nquads), iris.DERIVED)
    assert {(p, o) for s, p, o in found if s == "d:witte"} == {
        ("rdf:type", "pt:Actor"),
        ("prov:wasDerivedFrom", "p:s1-003"),
    }
    assert ("d:talk", "rdf:type", "pt:Event") in found
    assert ("d:war", "rdf:type", "pt:Event") not in found
    assert ("d:disagreement-war-when", "dcterms:type", "c:refinement") in found
    assert {o for s, p, o in found if s == "d:disagreement-war-when" and p == "prov:wasDerivedFrom"} == {
        "p:s1-003",
        "p:s2-006",
    }
    assert ("g:derived", "prov:wasDerivedFrom", "g:ontology") in found


def test_a_fact_of_two_passages_counts_once(sample: Any) -> None:
    """A union of named graphs is a bag: the default graph must be the set."""
    store = Store()
    store.bulk_load(build(sample.facts, sample.ontology).nquads, format=RdfFormat.N_QUADS)
    ask = f"SELECT (COUNT(*) AS ?n) {{ %s <{iris.ID}war> a <{iris.PT}Event> %s }}"
    plain, by_graph = (count(store, ask % around) for around in (("", ""), ("GRAPH ?g {", "}")))
    assert (plain, by_graph) == (1, 2)


def test_counts(sample: Any) -> None:
    built = build(sample.facts, sample.ontology)
    quads = dataset(built.nquads)
    assert built.counts["quads"] == len(quads)
    assert built.counts["triples"] == sum(isinstance(quad.graph_name, DefaultGraph) for quad in quads)
    assert {name: built.counts[name] for name in ("facts", "passages", "silent", "unread", "entities")} == {
        "facts": 17,
        "passages": 3,
        "silent": 1,
        "unread": 1,
        "entities": 6,
    }


def test_every_step_is_told(sample: Any) -> None:
    steps: list[str] = []
    build(sample.facts, sample.ontology, progress=steps.append)
    assert steps == ["reading", "checking", "deriving", "writing"]


def test_folders_that_are_not_there(sample: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        build(tmp_path / "nowhere", sample.ontology)
    with pytest.raises(FactsError):
        build(sample.facts, tmp_path / "nowhere")


@pytest.mark.parametrize("which", ["sample", "real"])
def test_the_same_bytes_in_every_process(which: str, sample: Any) -> None:
    facts, ontology = (
        (sample.facts, sample.ontology)
        if which == "sample"
        else (resources.facts_folder(), resources.ontology_folder())
    )
    script = (
        "import sys; from pathlib import Path; from portsmouth.build import build;"
        "print(build(Path(sys.argv[1]), Path(sys.argv[2])).snapshot)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script, str(facts), str(ontology)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert found == {build(facts, ontology).snapshot + "\n"}


def test_the_order_of_statements_and_files_does_not_matter(make_sample: Any) -> None:
    one, other = make_sample("one"), make_sample("other")
    other.replace("1-first.trig", "  d:komura a pt:Person .\n", "")
    other.replace("1-first.trig", "p:s1-003 {\n", "p:s1-003 {\n  d:komura a pt:Person .\n")
    # A blank node of the ontology has no name of its own: the build gives it one by its place.
    for path in other.ontology.glob("*.ttl"):
        path.rename(path.with_name(f"0-{path.name}"))
    assert build(one.facts, one.ontology).snapshot == build(other.facts, other.ontology).snapshot
