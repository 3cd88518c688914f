"""What an update changes: what SPARQL says, and what an engine does that carries the same text out."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.errors import (
    DerivedGraphError,
    GraphExistsError,
    LoadRefusedError,
    NotFoundError,
    PortsmouthError,
    RequestError,
    ServiceRefusedError,
    UpdateSyntaxError,
)
from portsmouth.store.protocol import Dataset, Update
from portsmouth.store.updates.changes import Change
from portsmouth.store.updates.effects import Rules
from portsmouth.store.updates.evaluating import evaluate_update

PREFIX = "PREFIX : <http://e/> "
PLAIN = Rules(merged=False)
START = "<a> <p> <b> , 1 . <g> { <a> <p> <b> . <x> <p> 01 } <h> { <a> <q> _:k }"


def dataset(trig: str) -> ox.Store:
    store = ox.Store()
    store.load(trig, format=ox.RdfFormat.TRIG, base_iri="http://e/")
    return store


def change_of(store: ox.Store, text: str, rules: Rules = PLAIN, **options: object) -> Change:
    """Evaluate on a copy, so that the store is as it was."""

    def copy() -> ox.Store:
        made = ox.Store()
        made.extend(store)
        for graph in store.named_graphs():
            made.add_graph(graph)
        return made

    return evaluate_update(store, Update(PREFIX + text, **options), rules, copy)  # type: ignore[arg-type]


def after(trig: str, text: str, rules: Rules = PLAIN, **options: object) -> ox.Store:
    store = dataset(trig)
    change_of(store, text, rules, **options).apply(store)
    return store


def canonical(store: ox.Store) -> set[ox.Quad]:
    found = ox.Dataset(store)
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(found)


def same(store: ox.Store, trig: str) -> bool:
    return canonical(store) == canonical(dataset(trig))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "INSERT DATA { _:n :p :o GRAPH :g { _:n :p :o } }",
            START + "_:n <p> <o> . <g> { _:n <p> <o> }",
        ),
        # Deletions come before insertions, and the pattern is asked once, before either.
        (
            "WITH :g DELETE { ?s :p ?o } INSERT { ?o :p ?s . :b :p ?s } WHERE { ?s :p ?o }",
            "<a> <p> <b>, 1 . <g> { <b> <p> <a>, <x> } <h> { <a> <q> _:k }",
        ),
        # Blank nodes of a template are new for each solution; a literal is no subject and is left out.
        (
            "INSERT { GRAPH :n { ?s :n [] . ?o :m ?s } } WHERE { ?s :p ?o }",
            START + "<n> { <a> <n> [], [] . <b> <m> <a> }",
        ),
        # Without variables in the template too: two solutions, two nodes.
        ("INSERT { GRAPH :n { [] :n 1 } } WHERE { ?s :p ?o }", START + "<n> { [] <n> 1 . [] <n> 1 }"),
        ("INSERT { GRAPH :n { :n :n 1 } } WHERE { ?s :p ?o }", START + "<n> { <n> <n> 1 }"),
        # An unbound variable makes no quad, be it a graph's.
        ("INSERT { GRAPH ?g { :n :n 1 } :n :m ?o } WHERE { OPTIONAL { :z :z ?g, ?o } }", START),
        ("INSERT { :n :n ?v } WHERE { BIND(:unknown(1) AS ?v) }", START),
        # A number is itself, however it is written.
        ("DELETE DATA { GRAPH :g { :x :p 001 } }", START.replace("<x> <p> 01", "")),
        ("DELETE { GRAPH :g { :x :p 1 } } INSERT { GRAPH :g { :x :p 01 } } WHERE {}", START),
        ("DELETE WHERE { GRAPH ?g { ?s ?p ?o } }", "<a> <p> <b>, 1 ."),
        # `<` before a variable is not an IRI, a comment ends nothing but itself, braces in strings are text.
        (
            'INSERT { :n :n "}" } WHERE { FILTER(1<2&&(3>2)) # }\n}; DELETE DATA { :n :n "}" } # end',
            START,
        ),
        ("INSERT { :n :n ?o } USING :g USING NAMED :h WHERE { ?s :p ?o GRAPH ?g { ?t :p ?o } }", START),
        ("INSERT { :n :n ?o } USING :g USING :h WHERE { ?s :p ?o }", START + "<n> <n> <b>, 1 ."),
        # WITH replaces the default graph and leaves the named ones; USING overrides it.
        ("WITH :h INSERT { :n :n ?o } WHERE { ?s :q ?x GRAPH :g { ?s :p ?o } }", START + "<h> {<n> <n> <b>}"),
        ("WITH :h INSERT { :n :n ?o } USING :g WHERE { ?s :p ?o }", START + "<h> { <n> <n> <b>, 1 }"),
        ("CLEAR DEFAULT", "<g> { <a> <p> <b> . <x> <p> 1 } <h> { <a> <q> _:k }"),
        ("CLEAR NAMED", "<a> <p> <b>, 1 ."),
        ("DROP ALL", ""),
        ("MOVE :g TO :g", START),
        ("COPY :g TO :g", START),
        ("MOVE :g TO :h", "<a> <p> <b>, 1 . <h> { <a> <p> <b> . <x> <p> 1 }"),
        ("ADD :missing TO :g", START),
        ("COPY SILENT :missing TO :g", START),
        ("ADD DEFAULT TO :h", START + "<h> { <a> <p> <b>, 1 }"),
        ("COPY :g TO DEFAULT", "<a> <p> <b> . <x> <p> 1 . <g> { <a> <p> <b> . <x> <p> 1 } <h> {<a> <q> _:k}"),
        # One operation sees what another has done, and may undo it.
        ("INSERT DATA { :n :n 1 } ; DELETE { ?s ?p ?o } WHERE { ?s :n ?o . ?s ?p ?o }", START),
        ("BASE <http://f/> INSERT DATA { <s> <p> 1 }", START + "<http://f/s> <http://f/p> 1 ."),
        # Declarations may stand between operations, and say another thing there.
        (
            "INSERT DATA { :n :n 1 } ; PREFIX : <http://f/> INSERT DATA { :n :n 1 }",
            START + "<n> <n> 1 . <http://f/n> <http://f/n> 1 .",
        ),
        (
            "INSERT { :n :n <<( :a :b ?o )>> } WHERE { GRAPH :g { :a :p ?o } }",
            START + "<n> <n> <<( <a> <b> <b> )>> .",
        ),
        ("", START),
    ],
)
def test_an_update_does_what_sparql_says(text: str, expected: str) -> None:
    assert same(after(START, text), expected)


def test_the_graphs_of_a_request_are_those_that_where_asks() -> None:
    text = "INSERT { :n :n ?o } WHERE { ?s :p ?o }"
    using = Dataset(("http://e/g", "http://e/h"))
    assert same(after("<a> <p> <z> . " + START, text, using=using), "<a> <p> <z>. <n> <n> <b>, 1 . " + START)
    for refused in ("WITH :g INSERT { :n :n 1 } WHERE {}", "INSERT { :n :n 1 } USING :g WHERE {}"):
        with pytest.raises(RequestError, match="using-graph-uri"):
            after(START, refused, using=using)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("CLEAR GRAPH :missing", NotFoundError),
        ("DROP GRAPH :missing", NotFoundError),
        ("COPY :missing TO :g", NotFoundError),
        ("MOVE :missing TO :g", NotFoundError),
        ("CREATE GRAPH :g", GraphExistsError),
        ("LOAD <http://elsewhere.example/x.ttl>", LoadRefusedError),
        ("LOAD SILENT <http://elsewhere.example/x.ttl> INTO GRAPH :g", LoadRefusedError),
        ("LOAD <file:///etc/hostname> INTO GRAPH :g", LoadRefusedError),
        (
            "INSERT { :n :n ?o } WHERE { SERVICE <http://elsewhere.example/> { ?s ?p ?o } }",
            ServiceRefusedError,
        ),
        ("INSERT DATA { :n :n }", UpdateSyntaxError),
        ("INSERT DATA { :n :n ?v }", UpdateSyntaxError),
        ("DELETE DATA { _:n :n 1 }", UpdateSyntaxError),
        ("INSERT DATA { x:n :n 1 }", UpdateSyntaxError),
        ("INSERT DATA { _:n :n 1 } ; INSERT DATA { _:n :n 2 }", UpdateSyntaxError),
        ("INSERT DATA { _:n :n 1 } ; PREFIX x: <http://x/> INSERT DATA { _:n :n 2 }", UpdateSyntaxError),
        ("INSERT DATA { :n :n 1 } ; PREFIX x: <http://x/> INSERT { :n :n ?o }", UpdateSyntaxError),
        ("SELECT * { ?s ?p ?o }", UpdateSyntaxError),
        ("INSERT { <<( :a :b ?o )>> :n 1 } WHERE { :a :p ?o }", UpdateSyntaxError),
        ("INSERT DATA { :n :n 1 } DROP ALL", UpdateSyntaxError),
    ],
)
def test_what_is_refused_is_refused_with_its_own_error(text: str, error: type[PortsmouthError]) -> None:
    with pytest.raises(error):
        after(START, "INSERT DATA { :n :n 9 } ; " + text)


def test_an_error_of_syntax_tells_its_place_in_the_text_as_it_was_sent() -> None:
    for text, line, column in (
        ("INSERT DATA {\n  <http://s> <http://p> <http://o> ;; : }", 2, 39),
        ("PREFIX : <http://e/>\nINSERT DATA { :n :n 1 } ;\nPREFIX x: <http://x/> FETCH ALL", 3, 23),
        ("CLEAR ALL ; FETCH ALL", 1, 19),
    ):
        with pytest.raises(UpdateSyntaxError) as caught:
            evaluate_update(ox.Store(), Update(text), PLAIN, ox.Store)
        assert (caught.value.line, caught.value.column) == (line, column), str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { :n :n 1 }",
        "INSERT DATA { GRAPH :g { :n :n 1 } :n :n 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(false) }",
        "INSERT { ?s ?p ?o } USING :g WHERE { ?s ?p ?o }",
        "CLEAR DEFAULT",
        "DROP SILENT DEFAULT",
        "COPY :g TO DEFAULT",
        "ADD :g TO DEFAULT",
        "MOVE DEFAULT TO :g",
        "MOVE :g TO DEFAULT",
    ],
)
def test_a_derived_default_graph_is_not_written(text: str) -> None:
    with pytest.raises(DerivedGraphError, match="GRAPH"):
        after(START, "INSERT DATA { GRAPH :g { :n :n 9 } } ; " + text, Rules(merged=True))


graphs = st.sampled_from(["g1", "g2", "g3"]).map(lambda name: f":{name}")
terms = st.sampled_from([":a", ":b", ":c", "1", "01", '"x"@en'])
names = st.sampled_from([":a", ":b", ":c"])
triples = st.lists(st.tuples(names, names, terms).map(" ".join), min_size=1, max_size=4).map(" . ".join)
variables = st.sampled_from(["?s", "?o", ":a"])
templates = st.tuples(variables, names, st.sampled_from(["?s", "?o", "1", ":b"])).map(" ".join)
operations = st.one_of(
    st.builds("INSERT DATA {{ GRAPH {} {{ {} }} }}".format, graphs, triples),
    st.builds("DELETE DATA {{ GRAPH {} {{ {} }} }}".format, graphs, triples),
    st.builds(
        "DELETE {{GRAPH ?g {{ {} }} }} INSERT {{GRAPH {} {{ {} }} }} WHERE {{GRAPH ?g {{?s ?p ?o}} }}".format,
        templates,
        graphs,
        templates,
    ),
    st.builds(
        "WITH {} DELETE {{ {} }} INSERT {{ {} }} WHERE {{ ?s {} ?o }}".format,
        graphs,
        templates,
        templates,
        names,
    ),
    st.builds("INSERT {{ GRAPH {} {{ {} }} }} WHERE {{ ?s {} ?o }}".format, graphs, templates, names),
    st.builds("DELETE WHERE {{ GRAPH {} {{ ?s {} ?o }} }}".format, graphs, names),
    st.builds("{} SILENT GRAPH {}".format, st.sampled_from(["CLEAR", "DROP", "CREATE"]), graphs),
    st.sampled_from(["CLEAR NAMED", "DROP ALL"]),
    st.builds("{} {} TO {}".format, st.sampled_from(["ADD", "COPY SILENT", "MOVE SILENT"]), graphs, graphs),
)


def carried_out(store: ox.Store, request: list[str]) -> None:
    """Let the engine carry a request out, except for what it does wrong."""
    for operation in request:
        verb, *rest = operation.split()
        if verb in ("COPY", "MOVE") and (
            rest[-1] == rest[-3] or not store.contains_named_graph(ox.NamedNode(f"http://e/{rest[-3][1:]}"))
        ):
            continue
        store.update(PREFIX + operation)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(operations, min_size=1, max_size=3), min_size=1, max_size=8))
def test_any_sequence_of_updates_changes_what_the_engine_would_change(requests: list[list[str]]) -> None:
    ours, engine = ox.Store(), ox.Store()
    for request in requests:
        change = change_of(ours, " ; ".join(request), Rules(merged=True))
        for quad in change.removed:
            assert quad in ours
        for quad in change.added:
            assert quad not in ours
        change = Change.from_bytes(change.to_bytes())
        change.apply(ours)
        change.apply(ours)
        # The engine derives nothing, so its default graph is made by hand before each request asks it.
        for operation in request:
            engine.clear_graph(ox.DefaultGraph())
            engine.extend([ox.Quad(q.subject, q.predicate, q.object) for q in engine])
            carried_out(engine, [operation])
        named = {quad for quad in engine if not isinstance(quad.graph_name, ox.DefaultGraph)}
        merged = {ox.Quad(q.subject, q.predicate, q.object) for q in named}
        assert set(ours) == named | merged
