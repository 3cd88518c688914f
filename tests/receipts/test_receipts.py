"""What a receipt says, on a graph whose receipts are known on paper.

Two passages say that Witte signed, one that Komura did. Witte stands for Russia; nothing is said of Komura's
side. Passages disagree about the number of the dead.
"""

import asyncio
import json

import pyoxigraph as ox
import pytest
from receipts.local import LocalStore

from portsmouth.errors import ParameterError, ReceiptUnsupportedError
from portsmouth.iris import PREFIXES
from portsmouth.receipts import Budget, explain, inline, read_answers, replay, support
from portsmouth.receipts.asking import Asker
from portsmouth.receipts.evidence import PassageNote, passage_notes
from portsmouth.receipts.parsing import parse
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import GRAPH_FORMATS, Dataset, Formats, Query

FACTS = """
    p:s1-039 { d:treaty pt:signedBy d:witte . d:witte pt:side d:russia . d:battle pt:dead 1 }
    p:s2-100 { d:treaty pt:signedBy d:witte , d:komura . d:battle pt:dead 2 }
    p:s3-173 { d:a pt:ledTo d:b . d:b pt:ledTo d:c . d:a pt:ledTo d:x . d:x pt:ledTo d:y . d:y pt:ledTo d:c }
    g:editorial { d:witte skos:prefLabel "Witte"@en . p:s1-039 rdfs:comment "Witte signs."@en .
                  p:s1 skos:prefLabel "Part 1"@en }
    g:catalogue { p:s1-039 dcterms:isPartOf p:s1 }
    g:derived { d:dispute pt:disputedSubject d:battle ; pt:disputedProperty pt:dead ; pt:disputedValue 1 , 2 }
"""


def nquads(more=""):
    prefixes = "\n".join(f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items())
    quads = set(ox.parse(prefixes + FACTS + more, format=ox.RdfFormat.TRIG))
    quads |= {ox.Quad(q.subject, q.predicate, q.object) for q in quads}
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS)


@pytest.fixture
def store():
    return LocalStore(nquads())


def asked(text, **options):
    formats = Formats(graphs=GRAPH_FORMATS["nt"])
    return Query(text, formats=formats, known_prefixes=True, **options)


def receipts_of(store, text, budget=None, **options):
    async def ask():
        query = asked(text, **options)
        answer = await store.query(query)
        rows = read_answers(answer.kind, answer.body).rows
        return rows, await explain(store, query, rows, budget)

    return asyncio.run(ask())


def told(receipts, row=0):
    """The facts of a row's derivations, as people write them."""
    from portsmouth.iris import shorten

    def word(term):
        return shorten(term.value) if isinstance(term, ox.NamedNode) else term.value

    derivations = receipts.rows[row].derivations
    return [{" ".join(map(word, f.cited[:3])) for f in receipts.facts_of(d)} for d in derivations]


def test_a_fact_names_every_passage_that_states_it(store):
    _, receipts = receipts_of(store, "SELECT ?who { d:treaty pt:signedBy ?who } ORDER BY DESC(?who)")
    assert told(receipts) == [{"d:treaty pt:signedBy d:witte"}]
    (fact,) = receipts.facts_of(receipts.rows[0].derivations[0])
    assert fact.as_json()["in"] == ["s1-039", "s2-100"]
    assert (fact.kind, fact.disputed) == ("passage", False)
    assert receipts.facts[1].as_json()["in"] == ["s2-100"]


def test_graph_cites_the_passage_it_names(store):
    rows, receipts = receipts_of(store, "SELECT ?p { GRAPH ?p { d:treaty pt:signedBy d:witte } } ORDER BY ?p")
    assert [receipts.facts[r.derivations[0].facts[0]].cited.graph for r in receipts.rows] == [
        row["p"] for row in rows
    ]


def test_a_label_is_an_editorial_fact(store):
    _, receipts = receipts_of(store, "SELECT ?l { d:witte skos:prefLabel ?l }")
    assert receipts.facts[0].kind == "editorial"
    assert receipts.facts[0].passages == ()


def test_disputed_values_are_flagged(store):
    _, receipts = receipts_of(store, "SELECT ?n { d:battle pt:dead ?n }")
    assert [fact.disputed for fact in receipts.facts] == [True, True]


def test_an_optional_that_does_not_match_is_absent(store):
    _, receipts = receipts_of(store, "SELECT ?w { ?t pt:signedBy ?w OPTIONAL { ?w pt:side ?s } } ORDER BY ?w")
    komura, witte = (row.derivations[0] for row in receipts.rows)
    assert komura.absent == ("{ d:komura pt:side ?s . }",)
    assert witte.absent == ()
    assert told(receipts, 1) == [{"d:treaty pt:signedBy d:witte", "d:witte pt:side d:russia"}]


@pytest.mark.parametrize("negation", ["MINUS { ?w pt:side ?s }", "FILTER NOT EXISTS { ?w pt:side ?s }"])
def test_a_negation_is_an_absence(store, negation):
    _, receipts = receipts_of(store, f"SELECT ?w {{ ?t pt:signedBy ?w {negation} }}")
    assert told(receipts) == [{"d:treaty pt:signedBy d:komura"}]
    assert receipts.rows[0].derivations[0].absent == ("{ d:komura pt:side ?s . }",)


def test_exists_gives_an_example(store):
    _, receipts = receipts_of(store, "SELECT ?w { ?t pt:signedBy ?w FILTER EXISTS { ?w pt:side ?s } }")
    assert told(receipts) == [{"d:treaty pt:signedBy d:witte", "d:witte pt:side d:russia"}]
    assert receipts.rows[0].derivations[0].notes == ("one example of what the query asks to exist",)


def test_a_path_gives_the_shortest_way(store):
    _, receipts = receipts_of(store, "ASK { d:a pt:ledTo+ d:c }")
    assert told(receipts) == [{"d:a pt:ledTo d:b", "d:b pt:ledTo d:c"}]
    assert receipts.rows[0].derivations[0].notes == ("one shortest path; there may be others",)


def test_a_group_cites_all_its_members(store):
    rows, receipts = receipts_of(store, "SELECT ?t (COUNT(?w) AS ?n) { ?t pt:signedBy ?w } GROUP BY ?t")
    assert rows[0]["n"].value == "2"
    assert told(receipts) == [{"d:treaty pt:signedBy d:witte", "d:treaty pt:signedBy d:komura"}]


def test_members_beyond_the_budget_are_cut_and_said_so(store):
    text = "SELECT (COUNT(*) AS ?n) { ?s pt:ledTo ?o }"
    _, receipts = receipts_of(store, text, Budget(members=2))
    assert len(told(receipts)[0]) == 2
    assert receipts.truncated
    assert receipts.rows[0].derivations[0].notes == ("only the first members of the group",)


def test_a_group_of_nothing_says_what_was_not_found(store):
    _, receipts = receipts_of(store, "SELECT (COUNT(*) AS ?n) { ?s pt:mentions ?o }")
    assert told(receipts) == [set()]
    assert receipts.rows[0].derivations[0].absent == ("{ ?s pt:mentions ?o . }",)


def test_every_derivation_of_a_distinct_row_is_given_up_to_the_budget(store):
    text = "SELECT DISTINCT ?p { ?s ?p ?o FILTER(?p = pt:ledTo) }"
    _, receipts = receipts_of(store, text)
    assert len(receipts.rows[0].derivations) == 5
    assert not receipts.rows[0].truncated
    _, receipts = receipts_of(store, text, Budget(derivations=2))
    assert len(receipts.rows[0].derivations) == 2
    assert receipts.rows[0].truncated


def test_a_row_that_others_starve_is_asked_alone(store):
    text = (
        "SELECT ?p ?q { VALUES ?p { pt:ledTo pt:signedBy } ?s ?p ?o . ?a ?b ?c OPTIONAL { ?s pt:none ?q } }"
    )
    _, receipts = receipts_of(store, text, Budget(solutions=5))
    assert all(row.derivations for row in receipts.rows)
    assert receipts.truncated


def test_time_that_runs_out_is_told(store):
    _, receipts = receipts_of(store, "SELECT * { ?s ?p ?o }", Budget(seconds=0))
    assert receipts.truncated
    assert "the time for this receipt ran out" in receipts.notes
    assert not any(row.derivations for row in receipts.rows)


def test_from_restricts_what_is_cited(store):
    text = "SELECT ?who FROM p:s1-039 { ?treaty pt:signedBy ?who }"
    query, (_, receipts) = asked(text), receipts_of(store, text)
    assert [fact.as_json()["in"] for fact in receipts.facts] == [["s1-039"]]
    alone = LocalStore(replay.dataset_for(query, receipts.facts))
    assert asyncio.run(replay.gives(alone, query, {"who": ox.NamedNode(PREFIXES["d"] + "witte")}))


def test_a_dataset_of_the_request_restricts_what_is_cited(store):
    dataset = Dataset(default=(PREFIXES["p"] + "s2-100",))
    _, receipts = receipts_of(store, "SELECT ?who { ?treaty pt:signedBy ?who }", dataset=dataset)
    assert {graph for fact in receipts.facts for graph in fact.graphs} == set(dataset.default)


def test_a_triple_of_construct_has_a_receipt(store):
    text = "CONSTRUCT { ?w pt:signed ?t . [] pt:about ?t } WHERE { ?t pt:signedBy ?w }"
    rows, receipts = receipts_of(store, text)
    assert len(rows) == 4
    assert all(row.derivations for row in receipts.rows)


def test_no_has_no_receipt_but_a_word(store):
    rows, receipts = receipts_of(store, "ASK { d:witte pt:side d:japan }")
    assert rows == ()
    assert receipts.notes == ("not found in the sources",)


def test_a_rank_is_not_explained(store):
    _, receipts = receipts_of(store, "SELECT ?w { ?t pt:signedBy ?w } ORDER BY ?w LIMIT 1 OFFSET 1")
    assert told(receipts) == [{"d:treaty pt:signedBy d:witte"}]
    assert receipts.notes == (
        "the receipt says why a row holds, not why it stands at its place in the order",
    )


def test_a_value_that_is_never_the_same_is_told(store):
    _, receipts = receipts_of(store, "SELECT (RAND() AS ?r) { d:witte pt:side ?s }")
    assert receipts.rows[0].derivations == ()
    assert receipts.notes[0].startswith("the row was not found again")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DESCRIBE d:witte", "'DESCRIBE'"),
        ("SELECT * { ?s ?p ?o LATERAL { ?o ?q ?r } }", "'LATERAL'"),
        ("SELECT * { << ?s ?p ?o >> ?q ?r }", "'<<'"),
        ("SELECT * { ?s ?p ?o {| ?q ?r |} }", "'{\\|'"),
        ("SELECT * { ?s ?p 'a'@en--ltr }", "'@en--ltr'"),
    ],
)
def test_what_is_beyond_sparql_1_1_is_unsupported(store, text, found):
    with pytest.raises(ReceiptUnsupportedError, match=found.strip("'")):
        parse(text, prefixes=PREFIXES)
    receipts = asyncio.run(explain(store, asked(text), [{}]))
    assert receipts.notes[0].startswith("unsupported: ")
    assert receipts.rows[0].derivations == ()


TRIPLES = """
    p:s1-039 {
      d:witte pt:side d:russia .
      _:r rdf:reifies <<( d:witte pt:side d:russia )>> ; pt:about d:witte .
    }
"""


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (TRIPLE(?s, ?p, ?o) AS ?t) { ?s ?p ?o FILTER(?p = pt:side) }",
        "SELECT ?t { ?r rdf:reifies ?t }",
        "SELECT ?x { ?r rdf:reifies ?t ; pt:about ?x }",
        "CONSTRUCT { ?r ?q ?t } WHERE { ?r ?q ?t FILTER(?q = rdf:reifies) }",
    ],
)
def test_a_triple_that_is_a_term_is_unsupported(text):
    rows, receipts = receipts_of(LocalStore(nquads(TRIPLES)), text)
    assert len(rows) == len(receipts.rows) > 0
    assert receipts.notes == ("unsupported: no receipt can be given for a triple that is itself a term",)
    assert not any(row.derivations for row in receipts.rows)


def test_deep_nesting_is_unsupported_and_no_crash():
    with pytest.raises(ReceiptUnsupportedError):
        parse("ASK " + "{" * 5_000 + "}" * 5_000)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s ?p '''a'b\\n''', \"\\u0E01\"@th-TH, 1.5e3, -2, +.5, true, 'x'^^d:t ; a [ pt:of ( 1 2 ) ] }",
        "SELECT (GROUP_CONCAT(?s; SEPARATOR = ', ') AS ?a) { ?s !(a|^pt:of) ?o } GROUP BY (STR(?o))",
        "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 2 } VALUES ?s { d:a UNDEF } } VALUES (?s ?o) { (d:a 1) }",
        "SELECT ?s { ?s ^(pt:a/pt:b)|pt:c*/!pt:d ?o FILTER(?o IN (1, 2) || -?o < 3 && !BOUND(?x)) } OFFSET 1",
        "SELECT * { ?s d:x-1.y ?ชื่อ . FILTER(?a<?b && ?b NOT IN () && d:f(?a) = 1) SERVICE SILENT ?e {} }",
        "BASE <http://e/a/> CONSTRUCT WHERE { <b> <../c#d> _:x . _:x ?p () }",
    ],
)
def test_every_corner_of_the_grammar_goes_out_and_back(text):
    from portsmouth.receipts.algebra import write

    tree = parse(text, prefixes=PREFIXES)
    assert parse(write(tree)) == tree


def test_receipts_stand_between_head_and_results(store):
    query = asked("SELECT ?who { d:treaty pt:signedBy ?who }")
    body = asyncio.run(store.query(query)).body
    rows, receipts = receipts_of(store, query.text)
    inlined = inline(body, receipts)
    assert list(json.loads(inlined)) == ["head", "receipts", "results"]
    assert read_answers("solutions", inlined).rows == rows
    with pytest.raises(ParameterError):
        inline(b"<sparql/>", receipts)


def test_passages_are_noted_with_part_line_and_gloss(store):
    async def ask():
        asker = Asker(store, asked("ASK {}"), Budget())
        return await passage_notes(asker, [PREFIXES["p"] + "s1-039", PREFIXES["p"] + "s2-100"])

    notes = asyncio.run(ask())
    assert notes[PREFIXES["p"] + "s1-039"] == PassageNote("Part 1", 39, "Witte signs.")
    assert notes[PREFIXES["p"] + "s2-100"] == PassageNote("s2", 100, "")


def test_the_smallest_sets_of_passages_and_the_indispensable_one(store):
    _, receipts = receipts_of(store, "ASK { ?t pt:signedBy d:witte . d:witte pt:side ?s }")
    first, second = PREFIXES["p"] + "s1-039", PREFIXES["p"] + "s2-100"
    assert support.smallest_sets(receipts, receipts.rows[0]) == (frozenset({first}),)
    assert support.indispensable(receipts, receipts.rows[0]) == {first}
    _, receipts = receipts_of(store, "ASK { ?t pt:signedBy d:witte }")
    assert set(support.smallest_sets(receipts, receipts.rows[0])) == {frozenset({first}), frozenset({second})}
    assert support.indispensable(receipts, receipts.rows[0]) == frozenset()


def test_passages_that_repeat_each_other_are_one_text():
    echoing = "g:catalogue { p:s1-039 pt:echoes p:s2-100 . p:s2-100 pt:echoes p:s1-039 }"
    text = "ASK { d:treaty pt:signedBy d:witte }"
    _, apart = receipts_of(LocalStore(nquads()), text)
    _, copied = receipts_of(LocalStore(nquads(echoing)), text)
    assert (len(apart.facts[0].passages), apart.facts[0].texts) == (2, 2)
    assert (len(copied.facts[0].passages), copied.facts[0].texts) == (2, 1)
    assert copied.facts[0].as_json()["texts"] == 1
    assert support.support_of(copied, copied.rows[0]).texts == 1


def test_a_store_with_workers_explains_alike(store):
    text = "SELECT ?w { ?t pt:signedBy ?w FILTER EXISTS { ?w pt:side ?s } }"
    rows, expected = receipts_of(store, text)

    async def ask():
        async with EmbeddedStore.from_nquads(nquads()) as embedded:
            return await explain(embedded, asked(text), rows)

    assert asyncio.run(ask()) == expected
