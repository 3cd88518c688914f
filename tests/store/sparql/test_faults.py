"""What is told of a query that is no SPARQL: where it went wrong, and nothing of one that is."""

import random
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest

from portsmouth.iris import PREFIXES
from portsmouth.store.sparql.faults import fault
from portsmouth.store.sparql.faults.reading import places

ROOT = Path(__file__).resolve().parents[3]
PROLOGUE = "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in PREFIXES.items())
WRITTEN = [
    path.read_text()
    for path in sorted(ROOT.glob("queries/*.rq")) + sorted(ROOT.glob("tests/questions/*/*.rq"))
]
LEGAL = [
    "SELECT*{}", "ask{}", "SELECT REDUCED ?a { ?a a ?b }", "SELECT ($a AS ?b) { [] <p:> $a }",
    "SELECT (1+2*-3 AS ?x) (?x-1 AS ?y) (-?x AS ?z) (!true AS ?w) {}",
    "SELECT ?x (COUNT(DISTINCT *) AS ?n) (GROUP_CONCAT(?y ; separator = ',') AS ?l)"
    " { ?x <p:> ?y } GROUP BY ?x (STR(?y) AS ?k) LCASE(?y) <f:f>(?y) HAVING (COUNT(?y) > 1) (?n > 2)"
    " ORDER BY DESC(?n) ?x STR(?x) ASC (?k) OFFSET 3 LIMIT 2 VALUES ?x { <a:b> 1 'x'@en UNDEF }",
    "SELECT (SUM(IF(EXISTS { ?s <p:> ?w }, 1, 0)) AS ?n) { ?s a <c:> }",
    "SELECT ?k (MIN(?v) AS ?m) { ?s ?k ?v } GROUP BY ?k VALUES (?k ?x) { (1 2) (UNDEF 'a'^^<d:>) } ",
    "SELECT ?s { { SELECT ?s (SAMPLE(?o) AS ?one) { ?s ?p ?o } GROUP BY ?s LIMIT 1 } ?s ?p ?one . }",
    "SELECT * FROM <a:> FROM NAMED <b:> WHERE { GRAPH ?g { ?s ?p ?o } . SERVICE SILENT <c:> {} MINUS { } }",
    "SELECT * { ?s <p:>/^<q:>|(<r:>*/!(<s:>|^<t:>|a))? ?o ; ; <x:> 1 , -2.5 , +3e1 ; ."
    " [] <a:> () , (1 [] (2)) }",
    "SELECT * { [ <a:> [ <b:> ?c ] ] FILTER(?c) [ <d:> 1 ] . (1 2) <e:> ?f . (3) . } ",
    "SELECT * { ?s <p:> ?o ; FILTER(?o IN (1, 2) && ?o NOT IN () || NOT EXISTS { ?o ?p ?s }) }",
    "SELECT * { ?s <p:> ?o FILTER REGEX(?o, 'a', 'i')"
    " FILTER <f:>(?o) FILTER NOT EXISTS {} { } UNION { } }",
    "SELECT * { { BIND(1 AS ?x) } BIND(2 AS ?y) } # the end",
    "SELECT * { OPTIONAL { ?s ?p ?o FILTER(?z) } BIND(1 AS ?z) }",
    "SELECT * { ?s ?p ?o MINUS { ?s ?p ?z } BIND(1 AS ?z) }",
    "CONSTRUCT { ?s a [ <p:> ?o ] . ?o <q:> (?s) } FROM <g:> { ?s ?p ?o } LIMIT 1",
    "CONSTRUCT FROM <g:> WHERE { ?s ?p ?o . ?o ?q 1 } ORDER BY ?s", "CONSTRUCT {} {}",
    "DESCRIBE *{?s ?p ?o}", "DESCRIBE <a:> ?x <b:> FROM <g:> WHERE { ?x ?y ?z } LIMIT 2", "DESCRIBE <a:>",
    "BASE <http://x/> PREFIX : <y#> PREFIX a.b-c: <z> ASK FROM :a { <w> :b a.b-c:d\\.e . }",
    'SELECT (\'\'\'a\'b"c\'\'\' AS ?x) ("""a"b\nc""" AS ?y) ("\\"" AS ?z) {}',
    "SELECT * { ?s ?p ?o FILTER(?o<3&&?o>1) FILTER(?o=-1) FILTER((?o-1)=2) }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } HAVING COUNT(*) ORDER BY COUNT(*)",
    "SELECT (NOW() AS ?t) (RAND() AS ?r) (CONCAT() AS ?c) (COALESCE(1/0, 2) AS ?d) (BNODE() AS ?b) {}",
]  # fmt: skip


def refused(text: str) -> bool:
    with suppress(RuntimeError, ValueError, OSError):
        try:
            ox.Store().query(PROLOGUE + text, base_iri="http://e/")
        except SyntaxError:
            return True
    return False


@pytest.mark.parametrize("text", LEGAL)
def test_nothing_is_found_wrong_with_a_query_that_the_engine_takes(text):
    assert not refused(text)
    assert fault(text) is None


def test_nothing_is_found_wrong_with_any_query_of_the_catalogue_or_the_questions():
    assert len(WRITTEN) > 200
    assert [text for text in WRITTEN if fault(text) and not refused(text)] == []


def test_of_queries_with_a_terminal_lost_doubled_or_changed_nearly_all_faults_are_told_and_no_other():
    rng = random.Random(1905)
    texts = [text for text in WRITTEN + LEGAL if len(text) < 1500]
    told = silent = 0
    for _ in range(1200):
        text = rng.choice(texts)
        terminals = places(text)
        place, other = rng.choice(terminals), rng.choice(terminals)
        instead = rng.choice(["", f"{place.text} {place.text}", other.text])
        changed = f"{text[: place.start]}{instead}{text[place.start + len(place.text) :]}"
        found = fault(changed)
        if not refused(changed):
            assert found is None, changed
        elif found:
            assert 0 <= found.start <= len(changed)
            assert found.found, changed
            told += 1
        else:
            silent += 1
    assert told > 500
    assert silent < told / 50


@pytest.mark.parametrize(
    ("text", "start", "found", "expected"),
    [
        ("SELECT ?s, ?p { ?s ?p ?o }", 9, "','", "spaces alone"),
        ("SELECT COUNT(*) { ?s ?p ?o }", 7, "'COUNT'", "(COUNT(…) AS ?name)"),
        ("SELECT (COUNT(*)) { ?s ?p ?o }", 16, "')'", "(COUNT(*) AS ?name)"),
        ("SELECT ?s AS ?x { ?s ?p ?o }", 10, "'AS'", "(… AS ?name)"),
        ("SELECT TOP 5 ?s { ?s ?p ?o }", 7, "'TOP'", "LIMIT 5"),
        ("SELECT s { ?s ?p ?o }", 7, "'s'", "?x"),
        ("SELECT ?s ?s { ?s ?p ?o }", 10, "?s, which is selected already", "once"),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", 9, "SELECT *", "by name"),
        ("SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }", 7, "?s, which is neither", "GROUP BY ?s, or"),
        ("SELECT (STR(?s) AS ?x) (COUNT(?o) AS ?n) { ?s ?p ?o }", 12, "?s, which is neither", "aggregate"),
        ("SELECT (COUNT(*) AS ?n) (?n + 1 AS ?m) {}", 25, "?n, which the same SELECT names", "its exp"),
        ("SELECT ?s { ?s a <x:y>", 22, "the end of the query", '"}" for the "{" of line 1, column 11'),
        ("ASK { ?s ?p 'open }", 12, "'open, a string without an end", "' at its end"),
        ("ASK { ?s ?p “x” }", 12, "'“', a typographic", "around a string"),
        ("ASK { ?s http://x/y ?o }", 9, "'http://x/y', an IRI without brackets", "< and >"),
        ("ASK { ?s <http://x/y ?o }", 9, "'<http://x/y', an IRI without an end", ">"),
        ("ASK { ?s ?p ?o FILTER ?o > 5 }", 22, "'?o'", "FILTER (…)"),
        ("ASK { ?s ?p ?o FILTER (?o > 5) && (?o < 9) }", 31, "'&&'", "whole condition"),
        ("ASK { ?s ?p ?o FILTER(?o > 1 AND ?o < 3) }", 29, "'AND', which SPARQL does not have", "&&"),
        ("ASK { ?s ?p ?o FILTER(?o == 1) }", 26, "'=='", "= alone"),
        ("ASK { ?s ?p ?o FILTER(CONTAIN(?o, 'x')) }", 22, "'CONTAIN', no such function", "mean CONTAINS?"),
        ("ASK { ?s ?p ?o FILTER(REGEX(?o)) }", 22, "1 argument", "2 to 3 for REGEX"),
        ("ASK { ?s ?p ?o ?x }", 15, "'?x'", '"." between triples'),
        ("ASK { ?s ?p }", 12, "'}'", "an object"),
        ("ASK { BIND(1 AS ?x) BIND(2 AS ?x) }", 30, "BIND to ?x, which stands", "nothing in its group"),
        ("ASK { VALUES (?x ?y) { (1) } }", 23, "1 values in a row", "2, one for each"),
        ("ASK {} ORDER BY ?o DESC", 19, "'DESC' without parentheses", "DESC(?o)"),
        ("ASK {} LIMIT 5 GROUP BY ?o", 15, "'GROUP'", "in this order"),
        ("ASK {} LIMIT ten", 13, "'ten'", "a whole number"),
        ("ASK {} LIMIT 10, 20", 15, "','", "LIMIT 10 OFFSET 20"),
        ("ASK {};", 6, "';'", "the end of the query"),
        ("ASK {} }", 7, "'}', for which no '{' stands before", "the end of the query"),
        ("ASK {} ASK {}", 7, "'ASK', which begins another query", "one query"),
        ("PREFIX a <http://b/> ASK {}", 7, "'a'", "PREFIX a: <…>"),
        ("PREFIX a: <http://b/>. ASK {}", 21, "'.'", "without '.'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands_with_what_was_expected(text, start, found, expected):
    assert refused(text)
    told = fault(text)
    assert told is not None
    assert told.start == start
    assert told.found.startswith(found)
    assert expected in told.expected


@pytest.mark.parametrize(
    "text",
    ["SELECT * { << ?s ?p ?o >> ?q }", "SELECT * { ?s ?p ?o LATERAL }", "ASK { ?s ?p 'x'@ar--rtl ?o }"],
)
def test_what_is_beyond_sparql_1_1_is_left_to_the_engines_own_word(text):
    assert refused(text)
    assert fault(text) is None


def test_a_text_of_any_depth_or_length_is_read_or_left_without_an_error():
    fault("ASK { FILTER(" + "(" * 10_000)
    fault("ASK " + "{" * 10_000)
    fault("ASK { ?s ?p " + "?o, " * 200_000)
    fault("ASK { FILTER(" + "?a<3&&?b>1 && " * 10_000 + ") } }")
