"""A corpus is what the build would make of its passages, and holds what the real one holds."""

import hashlib
import re
from collections import defaultdict

import pyoxigraph as ox
import pytest

from portsmouth import iris
from portsmouth.build import build
from portsmouth.build.validate import validate
from portsmouth.cli import run
from portsmouth.errors import ParameterError
from portsmouth.synthetic import Corpus

BUILT = {iris.CALENDAR, iris.DERIVED, iris.ONTOLOGY_GRAPH}


def read(corpus):
    return b"".join(corpus)


def folders(quads, root):
    """Write the passages, labels and catalogue of a corpus as its authors would have: a folder a document."""
    graphs = defaultdict(list)
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs[quad.graph_name.value].append(quad)
    of_document, lines = {}, defaultdict(dict)
    for quad in graphs[iris.CATALOGUE]:
        if quad.predicate.value == iris.DCTERMS + "isPartOf" and quad.object.value.startswith(iris.ID):
            of_document[quad.subject.value] = quad.object.value
    described = defaultdict(list)
    for quad in graphs[iris.CATALOGUE]:
        key = iris.passage_key(quad.subject.value)
        if key:
            name = quad.predicate.value.rpartition("/")[2].rpartition("#")[2]
            lines[of_document[iris.part(key.part)]].setdefault(key.line, {})[name] = quad.object.value
        else:
            described[of_document.get(quad.subject.value, quad.subject.value)].append(quad)
    parts = defaultdict(lambda: defaultdict(list))
    for name, told in graphs.items():
        if key := iris.passage_key(name):
            parts[of_document[iris.part(key.part)]][key.part] += told
    for document, quads_of_it in described.items():
        folder = root / document.rpartition("/")[2]
        folder.mkdir()
        triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads_of_it]
        ox.serialize(triples, folder / "document.ttl", format=ox.RdfFormat.TURTLE)
        for part, told in parts[document].items():
            ox.serialize(told, folder / f"{part[1:]}-part.trig", format=ox.RdfFormat.TRIG)
        spoken = {
            term.value for told in parts[document].values() for quad in told for term in (quad[0], quad[2])
        }
        spoken |= {quad.subject.value for quad in quads_of_it}
        labels = [
            quad
            for quad in graphs[iris.EDITORIAL]
            if quad.subject.value in spoken
            or (
                (key := iris.passage_key(quad.subject.value)) and of_document[iris.part(key.part)] == document
            )
        ]
        ox.serialize(labels, folder / "editorial.trig", format=ox.RdfFormat.TRIG)
        (folder / "locators.csv").write_text(locators(lines[document]), encoding="utf-8")
    return root


def locators(lines):
    rows, start = ["line,start,end,sha256"], 0
    for number in range(1, max(lines) + 1):
        told = lines.get(number)
        end = int(told["end"]) if told else start
        digest = told["checksumValue"] if told else hashlib.sha256(b"").hexdigest()
        rows.append(f"{number},{start},{end},{digest}")
        start = end + 1
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    body = read(Corpus(events=130, seed=7))
    return body, folders(ox.parse(body, format=ox.RdfFormat.N_QUADS), tmp_path_factory.mktemp("facts"))


def test_the_build_makes_the_same_quads_of_its_passages(small):
    body, facts = small
    assert len(list(facts.iterdir())) == 2
    built = build(facts).nquads.splitlines()
    assert sorted(set(built) ^ set(body.splitlines())) == []
    assert len(built) == len(body.splitlines()), "a quad twice"


def test_it_passes_every_check_and_every_shape(small):
    found = validate(small[1])
    assert found.findings == ()
    assert found.unread == ()


def test_passages_disagree_in_several_ways(small):
    kinds = set(
        re.findall(rb"disagreement-\S+ <http://purl.org/dc/terms/type> <\S+/concept/(\w+)>", small[0])
    )
    assert {b"incompatible", b"refinement"} <= kinds


def test_acts_have_what_networks_are_made_of(small):
    for name in (b"via", b"onBehalfOf", b"outcome", b"when", b"stance", b"headedBy", b"commandedBy"):
        assert small[0].count(b"ns#" + name + b">") >= 2, name
    assert b"schema.org/memberOf" in small[0]
    for calendar in (b"Julian", b"Gregorian", b"Unmarked", b"Buddhist", b"Meiji"):
        assert b"ns#edtf" + calendar in small[0]
    for kind in (b"Battle", b"Quantity", b"Tenure", b"Treaty", b"Demand", b"Statement", b"Delegation"):
        assert b"ns#" + kind + b"> <" in small[0], kind


def test_equal_seeds_give_equal_bytes_and_others_do_not():
    one, same, other = (read(Corpus(events=60, seed=seed)) for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_the_bytes_of_a_seed_stay_as_they_are_from_version_to_version_of_python():
    # The ontology may grow; what is invented may not change unnoticed.
    lines = [line for line in read(Corpus(events=40, seed=1)).splitlines() if b"/id/influence-" in line]
    digest = hashlib.sha256(b"\n".join(line for line in lines if b"prefLabel" not in line)).hexdigest()
    assert digest == "142ef75a0ce4ef75cd41b5f97241c42dcf6bac833f739665dbfc29fe71a671d5"


def test_a_corpus_has_as_many_events_or_quads_as_asked():
    corpus = Corpus(events=150)
    assert sum(chunk.count(b"\n") for chunk in corpus) == corpus.counts.quads
    assert corpus.counts.events == 150
    corpus = Corpus(quads=60_000)
    written = sum(chunk.count(b"\n") for chunk in corpus)
    assert 60_000 <= written == corpus.counts.quads < 62_000


@pytest.mark.parametrize("size", [{}, {"events": 1, "quads": 1}, {"events": 0}, {"quads": -5}])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ParameterError):
        Corpus(**size)


def test_the_command_writes_what_the_library_makes(tmp_path):
    file = tmp_path / "corpus.nq"
    assert run(["synthesize", "--events", "30", "--seed", "5", "-o", str(file)]) == 0
    assert file.read_bytes() == read(Corpus(events=30, seed=5))
    assert run(["synthesize", "--events", "30", "--quads", "9"]) == 2
