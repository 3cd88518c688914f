"""The named queries: how their files are read, how values go in, and that each gives its expected answer."""

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth import build, queries, resources
from portsmouth.errors import NotFoundError, ParameterError, QueriesError
from portsmouth.queries import Parameter, catalogue, get

FOLDER = resources.queries_folder()
CATALOGUE = catalogue()


@pytest.fixture(scope="module")
def store():
    store = ox.Store()
    store.bulk_load(build.build().nquads, format=ox.RdfFormat.N_QUADS)
    return store


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.rq").write_text(text, encoding="utf-8")


HEADER = "# title: T\n# description: D\n"


# --- Every query of the catalogue


def test_there_are_queries_for_every_kind_of_question():
    assert len(CATALOGUE) >= 15


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.name)
def test_a_query_gives_the_answer_that_stands_beside_it(store, query):
    results = store.query(query.text)
    if isinstance(results, ox.QueryTriples):
        expected = ox.parse((FOLDER / f"{query.name}.nt").read_bytes(), format=ox.RdfFormat.N_TRIPLES)
        assert set(results) == {quad.triple for quad in expected}
        return
    found = results.serialize(format=ox.QueryResultsFormat.TSV).decode().splitlines()
    expected = (FOLDER / f"{query.name}.tsv").read_text(encoding="utf-8").splitlines()
    assert found[0] == expected[0]
    if "ORDER BY" in query.source:
        assert found[1:] == expected[1:]
    else:
        assert sorted(found[1:]) == sorted(expected[1:])


def test_every_query_says_in_thai_what_it_asks():
    for query in CATALOGUE:
        said = [query.titles, query.descriptions, *(one.descriptions for one in query.parameters)]
        assert all(any("\u0e00" <= letter <= "\u0e7f" for letter in texts["th"]) for texts in said), (
            query.name
        )
        assert (query.titles["en"], query.descriptions["en"]) == (query.title, query.description)


def test_words_for_a_parameter_that_there_is_not_are_found(tmp_path):
    write(tmp_path, "one", HEADER + "# parameter@th: nobody \u0e04\u0e33\nSELECT * {}")
    with pytest.raises(QueriesError) as raised:
        catalogue(tmp_path)
    assert raised.value.findings[0].line == 3


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.name)
def test_a_query_has_an_answer_to_show(store, query):
    results = store.query(query.text)
    assert isinstance(results, ox.QueryBoolean) or next(iter(results), None) is not None


def test_every_expected_answer_belongs_to_a_query():
    names = {query.name for query in CATALOGUE}
    assert {path.stem for path in FOLDER.iterdir() if path.suffix in (".tsv", ".nt")} == names


# --- The format


def test_a_header_is_read(tmp_path):
    write(
        tmp_path,
        "who-signed",
        "# title: Who signed\n# description: All of them.\n# parameter: side iri d:japan A side.\n"
        "# view: network\nSELECT * { ?s <http://p> $side }",
    )
    (query,) = catalogue(tmp_path)
    assert (query.name, query.title, query.description, query.view) == (
        "who-signed",
        "Who signed",
        "All of them.",
        "network",
    )
    assert query.parameters == (Parameter("side", "iri", "d:japan", "A side."),)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a", "# title: T\nASK {}", "no description"),
        ("a", "# description: D\nASK {}", "no title"),
        ("a", HEADER + "# parameter: x whole 1 A number.\nASK { ?s ?p $x }", "'x whole 1 A number.'"),
        ("a", HEADER + "# parameter: x integer one A number.\nASK { ?s ?p $x }", "'x integer one A number.'"),
        ("a", HEADER + "ASK { ?s ?p $x }", "parameters [] declared and ['x'] used"),
        ("a", HEADER + "# parameter: x integer 1 A number.\nASK {}", "parameters ['x'] declared and [] used"),
        ("a", HEADER + "# view: hologram\nASK {}", "the view hologram"),
        ("A_b", HEADER + "ASK {}", "the name A_b"),
    ],
)
def test_a_broken_file_is_told_with_what_was_found(tmp_path, name, text, found):
    write(tmp_path, name, text)
    with pytest.raises(QueriesError) as caught:
        catalogue(tmp_path)
    assert found in [finding.found for finding in caught.value.findings]


def test_all_broken_files_are_told_at_once(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path, name, "ASK {}")
    with pytest.raises(QueriesError) as caught:
        catalogue(tmp_path)
    assert {finding.file for finding in caught.value.findings} == {"a.rq", "b.rq", "c.rq"}


def test_an_unknown_name_is_told_with_near_ones(tmp_path):
    write(tmp_path, "signatories", HEADER + "ASK {}")
    with pytest.raises(NotFoundError, match="signatories"):
        get("signatorys", tmp_path)


def test_only_what_is_no_string_and_no_comment_is_a_parameter(tmp_path):
    write(tmp_path, "a", HEADER + "# parameter: x integer 1 A number.\nASK { ?s ?p $x, '$x' } # $x")
    assert (
        get("a", tmp_path)
        .bind({"x": "7"})
        .endswith("""ASK { ?s ?p "7"^^<http://www.w3.org/2001/XMLSchema#integer>, '$x' } # $x""")
    )


# --- Values


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("iri", "d:japan> } #"),
        ("iri", "Japan"),
        ("iri", "http://e/{x}"),
        ("iri", ""),
        ("integer", "1.5"),
        ("integer", "1 UNION"),
        ("decimal", "NaN"),
        ("decimal", "1,5"),
        ("date", "1905-13-01"),
        ("date", "5 September 1905"),
    ],
)
def test_a_value_of_another_type_is_refused(kind, value):
    with pytest.raises(ParameterError, match="expected"):
        Parameter("x", kind, "-", "").term(value)


def test_an_unknown_parameter_is_refused_with_the_known_ones(tmp_path):
    write(tmp_path, "a", HEADER + "# parameter: x integer 1 A number.\nASK { ?s ?p $x }")
    with pytest.raises(ParameterError, match="one of x"):
        get("a", tmp_path).bind({"y": "1"})


@given(st.text())
def test_no_text_can_become_syntax(value):
    """Whatever is typed comes back as the value of one literal."""
    term = Parameter("x", "string", "-", "").term(value)
    (row,) = ox.Store().query(f"SELECT ?x {{ VALUES ?x {{ {term} }} }}")
    assert row["x"] == ox.Literal(value)


@given(st.text())
def test_no_iri_can_become_syntax(value):
    try:
        term = Parameter("x", "iri", "-", "").term(value)
    except ParameterError:
        return
    (row,) = ox.Store().query(f"SELECT ?x {{ VALUES ?x {{ {term} }} }}")
    assert isinstance(row["x"], ox.NamedNode)


def test_the_catalogue_is_found_in_the_package(tmp_path, monkeypatch):
    shutil.copytree(FOLDER, tmp_path / "queries")
    monkeypatch.setattr(resources, "queries_folder", lambda: tmp_path / "queries")
    assert [query.name for query in queries.catalogue()] == [query.name for query in CATALOGUE]


@pytest.mark.parametrize(
    ("one", "other", "rival"),
    [
        ("pt:amount 50 ; pt:bound c:moreThan", "pt:amount 60", False),
        ("pt:amount 60 ; pt:bound c:moreThan", "pt:amount 50", True),
        ("pt:amount 60 ; pt:bound c:moreThan", "pt:amount 60", True),
        ("pt:amount 60 ; pt:bound c:atLeast", "pt:amount 60", False),
        ("pt:amount 50 ; pt:bound c:exactly", "pt:amount 60 ; pt:bound c:exactly", True),
        ("pt:amount 50 ; pt:bound c:upTo", "pt:amount 60", True),
        ("pt:amount 50 ; pt:bound c:about", "pt:amount 60", False),
        ("pt:amount 50 ; pt:side d:a", "pt:amount 60", False),
        ("pt:amount 50 ; pt:side d:a", "pt:amount 60 ; pt:side d:a", True),
        ("pt:amount 50 ; pt:side d:a", "pt:amount 60 ; pt:side d:b", False),
    ],
)
def test_figures_rival_where_they_cannot_both_hold_of_one_side(one: str, other: str, rival: bool) -> None:
    store = ox.Store()
    told = """
        @prefix d: <https://w3id.org/portsmouth1905/id/> .
        @prefix c: <https://w3id.org/portsmouth1905/concept/> .
        @prefix p: <https://w3id.org/portsmouth1905/passage/> .
        @prefix pt: <https://w3id.org/portsmouth1905/ns#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        p:s1-001 { d:q1 pt:of d:war ; pt:measure c:dead ; pt:unit c:person ; %s . }
        p:s2-001 { d:q2 pt:of d:war ; pt:measure c:dead ; pt:unit c:person ; %s . }
        p:s1-002 { d:war a pt:Event ; skos:prefLabel "War"@en . c:dead skos:prefLabel "dead"@en .
                   d:a skos:prefLabel "A"@en . d:b skos:prefLabel "B"@en . }"""
    for quad in ox.parse((told % (one, other)).encode(), format=ox.RdfFormat.TRIG):
        store.add(quad)
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    results = store.query(get("rival-figures").text)
    assert isinstance(results, ox.QuerySolutions)
    assert bool(list(results)) is rival
