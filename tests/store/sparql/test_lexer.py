"""What is read off a query before the engine sees it."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.errors import QueryNestingError, ServiceRefusedError
from portsmouth.store.protocol import Query
from portsmouth.store.sparql.engine import refuse_services
from portsmouth.store.sparql.lexer import MAX_NESTING, ServiceCall, _outline, glance, outline, tokens


@pytest.mark.parametrize(
    ("text", "default", "named"),
    [
        ("SELECT * FROM <http://a> WHERE {}", ("http://a",), ()),
        ("select * from <http://a> from named <http://b> {}", ("http://a",), ("http://b",)),
        ("PREFIX : <http://x/> ASK FROM :a FROM :b FROM :a {}", ("http://x/a", "http://x/b"), ()),
        ("BASE <http://x/y/> ASK FROM <../z> {}", ("http://x/z",), ()),
        ("CONSTRUCT { ?s ?p ?o } FROM <http://a> WHERE { ?s ?p ?o }", ("http://a",), ()),
        ("SELECT * # FROM <http://no>\nFROM <http://yes> {}", ("http://yes",), ()),
        ("SELECT ('FROM <http://no>' AS ?x) ?from {}", (), ()),
        ('SELECT ("""\n"FROM <http://no>""" AS ?x) {}', (), ()),
        ("SELECT * FROM <http://\\u0061> {}", ("http://a",), ()),
        ("PREFIX from: <http://f/> SELECT * { from:FROM from:b ?FROM }", (), ()),
    ],
)
def test_from_clauses_are_read_wherever_they_stand_and_nowhere_else(text, default, named):
    found = outline(text)
    assert (found.default, found.named) == (default, named)


@pytest.mark.parametrize(
    ("text", "endpoints"),
    [
        ("SELECT * { SERVICE <http://a/> {} }", ["http://a/"]),
        ("SELECT * { service silent <http://a/> {} }", ["http://a/"]),
        ("PREFIX e: <http://a/> SELECT * { { SERVICE e:sparql {} } }", ["http://a/sparql"]),
        ("SELECT * { SERVICE ?where {} }", [None]),
        ("SELECT * { ?s ?p 'SERVICE <http://a/>' }", []),
        ("SELECT ?service { ?service ?p ?o } # SERVICE <http://a/>", []),
        ("PREFIX service: <http://a/> SELECT * { ?s service:SERVICE ?o }", []),
    ],
)
def test_every_service_call_is_found_and_nothing_else(text, endpoints):
    assert [call.endpoint for call in outline(text).services] == endpoints


def test_a_service_is_refused_unless_its_host_is_allowed():
    text = "SELECT * { SERVICE <http://Data.Example:8080/sparql> { ?s ?p ?o } }"
    refuse_services(Query(text), frozenset({"data.example:8080"}))
    for hosts in (frozenset(), frozenset({"data.example"}), frozenset({"example"})):
        with pytest.raises(ServiceRefusedError, match=r"Data\.Example"):
            refuse_services(Query(text), hosts)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://allowed@evil.example/",
        "http://evil.example/?allowed",
        "http://evil.example#allowed",
        "//evil.example/",
        "file:///etc/passwd",
    ],
)
def test_a_service_iri_cannot_pass_one_host_off_as_another(endpoint):
    query = Query(f"ASK {{ SERVICE <{endpoint}> {{}} }}", base="http://base.example/")
    with pytest.raises(ServiceRefusedError):
        refuse_services(query, frozenset({"allowed"}))


def test_volatile_functions_are_noticed_however_they_are_written():
    assert outline("SELECT (now() AS ?t) {}").volatile
    assert not outline("SELECT ('NOW()' AS ?now) { ?s ?p ?o }").volatile


def test_nesting_beyond_the_limit_is_refused_before_the_parser_sees_it():
    outline("{" * MAX_NESTING + "}" * MAX_NESTING)
    with pytest.raises(QueryNestingError, match=str(MAX_NESTING)):
        outline("{" * (MAX_NESTING + 1))


@pytest.mark.parametrize(
    "before",
    ["FILTER(1<2&&'>'=", "FILTER(1<?b#>'''\n||''=", "OPTIONAL { <<?s?p'>'>> ?q ?r } FILTER('x'="],
)
def test_brackets_hide_in_no_string_that_only_looks_like_one(before: str) -> None:
    deep = "(" * (MAX_NESTING + 1) + "1" + ")" * (MAX_NESTING + 1)
    with pytest.raises(QueryNestingError):
        outline(f"ASK {{ {before}{deep}&&'x'='x') }} # '''")


def test_many_brackets_beside_one_another_may_stand_beside_any_iri() -> None:
    pattern = "?s (<http://e/#a>|<http://e/O'B>) <#x> FILTER(?s = <#x'>) "
    outline(f"ASK {{ {pattern * MAX_NESTING} }}")


@given(st.text())
def test_the_lexer_reads_any_text_and_loses_no_visible_character_outside_comments(text):
    seen = "".join(token.text for token in tokens(text))
    assert set("".join(text.split())) - set(seen) == set() or "#" in text


_IRIS = st.sampled_from(["http://e/a", "http://e/b", "http://e/c"])


@given(
    st.lists(st.tuples(st.booleans(), _IRIS), max_size=4),
    st.sampled_from(["# FROM <http://no>\n", " ", "\n"]),
)
def test_the_dataset_read_off_a_query_is_the_one_that_the_engine_reads(clauses, gap):
    """The engine is the oracle: it is asked which graphs it sees, one triple a graph."""
    text = "SELECT DISTINCT ?g " + gap.join(
        f"FROM {'NAMED ' if named else ''}<{iri}>{gap}" for named, iri in clauses
    )
    store = ox.Store()
    for iri in ("http://e/a", "http://e/b", "http://e/c"):
        store.add(ox.Quad(*[ox.NamedNode(iri)] * 3, ox.NamedNode(iri)))
    found = outline(text)
    if clauses:
        default = store.query(text + "{ ?g ?p ?o }")
        named = store.query(text + "{ GRAPH ?g { ?s ?p ?o } }")
        assert {row["g"].value for row in default} == set(found.default)
        assert {row["g"].value for row in named} == set(found.named)
    else:
        assert (found.default, found.named, found.services) == ((), (), ())


def test_a_service_call_names_its_endpoint():
    assert outline("ASK { SERVICE <http://a> {} }").services == (ServiceCall("http://a"),)


WORDS = st.sampled_from(
    [
        "SELECT",
        "*",
        "FROM",
        "from",
        "FROM NAMED",
        "<http://g>",
        "a:FROM",
        "?FROM",
        "$from",
        ":from",
        "{",
        "}",
        "(",
        "SERVICE",
        "service",
        "SILENT",
        "'FROM'",
        "#",
        "NOW()",
        "snow",
        "<http://x/FROM>",
        "\\u0046ROM",
        "\n",
        "BASE",
        "PREFIX a: <http://a/>",
        "prefix now: <http://service/rand>",
        "'PREFIX b: <http://b/>",
        "# PREFIX c: <http://c/>",
        "a:b",
        "1.",
        "?s",
        "?p",
    ]
)


def test_the_quick_look_begins_behind_the_prefixes():
    declared = "PREFIX from: <http://service/>\nPREFIX : <http://e/graph#>"
    assert glance(declared + " ASK {}") == (len(declared), " ASK {}", True, False)
    for text in (f"# {declared} ASK {{}}", f"ASK {{ ?s ?p 'PREFIX' }} {declared}", "PREFIX a: <\\u0061>"):
        assert glance(text).start == 0


@given(st.lists(WORDS, max_size=12), st.sampled_from(["", " "]))
def test_the_quick_look_at_a_query_sees_what_the_lexer_sees(words, gap):
    text = gap.join(words)
    assert outline(text) == _outline(text, None, ())
