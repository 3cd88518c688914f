"""What programs are told of the dataset and of the endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import rdflib
from rdflib import DCTERMS, FOAF, RDF, RDFS, SH, VOID, Namespace
from rdflib.plugins.sparql import prepareQuery

from portsmouth import queries
from portsmouth_server.inventory import Inventory
from portsmouth_server.service import add_examples, describe

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
SCHEMA = Namespace("https://schema.org/")
BASE = "https://w3id.org/portsmouth1905/"
DATASET = rdflib.URIRef(BASE + ".well-known/void#dataset")


def read(server: Any, path: str, accept: str = "text/turtle") -> rdflib.Graph:
    reply = server.fetch(path, headers={"Accept": accept})
    assert (reply.status, reply.type) == (200, accept)
    parser = {"application/ld+json": "json-ld", "application/rdf+xml": "xml"}.get(accept, accept)
    return rdflib.Graph().parse(data=reply.body, format=parser)


def count(server: Any, pattern: str) -> int:
    reply = server.ask(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", "text/csv")
    return int(reply.body.split()[1])


def test_void_counts_what_the_store_holds(server: Any) -> None:
    void = read(server, "/.well-known/void")
    assert void.value(DATASET, VOID.triples).toPython() == count(server, "?s ?p ?o")
    assert void.value(DATASET, VOID.distinctSubjects).toPython() == count(
        server, "{ SELECT DISTINCT ?s { ?s ?p ?o } }"
    )
    parts = {
        str(void.value(part, VOID.property)): void.value(part, VOID.triples).toPython()
        for part in void.objects(DATASET, VOID.propertyPartition)
    }
    signed = BASE + "ns#signedBy"
    assert parts[signed] == count(server, f"?s <{signed}> ?o")
    assert sum(parts.values()) == count(server, "?s ?p ?o")
    passages = rdflib.URIRef(BASE + ".well-known/void#passages")
    assert void.value(passages, VOID.triples).toPython() == count(
        server, f'GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{BASE}passage/"))'
    )


def test_void_leads_to_everything(server: Any, shipped: Any) -> None:
    void = read(server, "/.well-known/void")
    assert set(void.objects(None, FOAF.primaryTopic)) == {DATASET}
    ours = read(shipped, "/.well-known/void")
    assert str(ours.value(DATASET, DCTERMS.license)) == "https://creativecommons.org/licenses/by/4.0/"
    assert str(void.value(DATASET, VOID.sparqlEndpoint)) == server.sparql
    assert BASE + "ns#" in {str(v) for v in void.objects(DATASET, VOID.vocabulary)}
    dumps = [str(dump).removeprefix(server.url) for dump in void.objects(DATASET, VOID.dataDump)]
    assert len(dumps) == 6
    for dump in dumps:
        assert server.fetch(dump, "HEAD").status == 200
    examples = [str(thing).removeprefix(BASE) for thing in void.objects(DATASET, VOID.exampleResource)]
    assert examples
    for example in examples:
        assert server.fetch("/" + example).status == 303


@pytest.mark.parametrize("accept", ["application/ld+json", "application/rdf+xml", "application/n-triples"])
@pytest.mark.parametrize("path", ["/.well-known/void", "/sparql"])
def test_descriptions_in_every_format(server: Any, path: str, accept: str) -> None:
    reply = server.fetch(path, headers={"Accept": accept})
    assert (reply.status, reply.type) == (200, accept)
    parser = {"application/ld+json": "json-ld", "application/rdf+xml": "xml"}.get(accept, "nt")
    assert len(rdflib.Graph().parse(data=reply.body, format=parser)) == len(read(server, path))


@pytest.mark.parametrize("path", ["/.well-known/void", "/sparql"])
def test_descriptions_are_kept_and_headed(server: Any, path: str) -> None:
    reply = server.fetch(path, headers={"Accept": "text/turtle"})
    assert reply.headers["vary"] == "Accept"
    assert reply.headers["access-control-allow-origin"] == "*"
    tag = reply.headers["etag"]
    held = server.fetch(path, headers={"Accept": "text/turtle", "If-None-Match": tag})
    assert (held.status, held.body) == (304, b"")
    head = server.fetch(path, "HEAD", headers={"Accept": "text/turtle"})
    assert (head.status, head.body, head.type) == (200, b"", "text/turtle")


def test_people_read_of_the_dataset_what_programs_do(server: Any) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    reply = server.fetch("/.well-known/void", headers=browser)
    assert (reply.status, reply.type) == (200, "text/html")
    page, void = reply.body.decode(), read(server, "/.well-known/void")
    assert f"{void.value(DATASET, VOID.triples).toPython():,} statements" in page
    for part in void.objects(DATASET, VOID.classPartition):
        assert f'title="{void.value(part, VOID["class"])}"' in page
    for address in void.objects(DATASET, VOID.dataDump):
        assert f'href="{str(address).removeprefix(server.url)}"' in page
    for name in ("ttl", "jsonld", "html"):
        assert server.fetch(f"/.well-known/void.{name}", headers={"Accept": "*/*"}).status == 200
    assert rdflib.Graph().parse(server.url + "/.well-known/void.ttl").isomorphic(void)
    held = server.fetch("/.well-known/void", headers=browser | {"If-None-Match": reply.headers["etag"]})
    assert held.status == 304
    thai = server.fetch("/.well-known/void?lang=th", headers=browser)
    assert thai.headers["etag"] != reply.headers["etag"]
    assert "ชุดข้อมูล" in thai.body.decode()
    assert server.fetch("/.well-known/void.exe").status == 404


def test_rdflib_reads_the_address(server: Any) -> None:
    assert (DATASET, RDF.type, VOID.Dataset) in rdflib.Graph().parse(server.url + "/.well-known/void")


def test_addresses_are_those_of_the_public(start_server: Any) -> None:
    server = start_server(public_url="https://example.org/kg")
    void = read(server, "/kg/.well-known/void")
    assert str(void.value(DATASET, VOID.sparqlEndpoint)) == "https://example.org/kg/sparql"
    forged = server.fetch("/.well-known/void", headers={"Host": "evil.example"}).body
    assert b"evil" not in forged


def test_a_forged_host_cannot_break_out(server: Any) -> None:
    reply = server.fetch(
        "/.well-known/void", headers={"Host": "a> <http://evil.example", "Accept": "text/turtle"}
    )
    assert reply.status in (200, 400)
    assert b"evil" not in reply.body


# --- the endpoint


def test_the_endpoint_describes_itself(server: Any) -> None:
    service = read(server, "/sparql")
    endpoint = rdflib.URIRef(server.sparql)
    assert (endpoint, RDF.type, SD.Service) in service
    assert (endpoint, SD.endpoint, endpoint) in service
    assert set(service.objects(endpoint, SD.supportedLanguage)) == {SD.SPARQL10Query, SD.SPARQL11Query}
    assert {FORMATS.SPARQL_Results_JSON, FORMATS.Turtle} <= set(service.objects(endpoint, SD.resultFormat))
    # The default graph of the test's data repeats every named triple, and nothing else.
    assert set(service.objects(endpoint, SD.feature)) == {
        SD.UnionDefaultGraph,
        rdflib.URIRef(BASE + "profile/receipts"),
    }
    dataset = service.value(endpoint, SD.defaultDataset)
    default = service.value(dataset, SD.defaultGraph)
    assert service.value(default, VOID.triples).toPython() == count(server, "?s ?p ?o")
    named = {str(service.value(graph, SD.name)) for graph in service.objects(dataset, SD.namedGraph)}
    assert len(named) == count(server, "{ SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } }")
    assert BASE + "passage/s1-001" in named


def test_a_named_format_asks_for_the_description_too(server: Any) -> None:
    assert server.fetch("/sparql?format=ttl").type == "text/turtle"


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json, */*;q=0.1"}])
def test_a_program_that_asks_nothing_is_told_what_the_endpoint_is(server: Any, headers: Any) -> None:
    reply = server.fetch("/sparql", headers=headers)
    assert (reply.status, reply.type) == (
        200,
        "application/ld+json" if "json" in str(headers) else "text/turtle",
    )


def test_whoever_forgot_the_query_is_told_so(server: Any) -> None:
    only_results = {"Accept": "application/sparql-results+json"}
    assert server.fetch("/sparql", headers=only_results).problem["status"] == 400
    empty = server.fetch("/sparql?query=", headers={"Accept": "text/turtle"})
    assert empty.problem["status"] == 400
    posted = server.fetch(
        "/sparql", "POST", {"Accept": "text/turtle", "Content-Type": "application/sparql-query"}
    )
    assert posted.problem["status"] == 400


def test_federation_is_a_feature_only_where_it_is_allowed(start_server: Any) -> None:
    service = read(start_server(service_hosts="a.example"), "/sparql")
    assert SD.BasicFederatedQuery in set(service.objects(None, SD.feature))


def test_the_named_queries_are_examples() -> None:
    endpoint = "http://e/sparql"
    description = describe(Inventory(0, 0, 0, {}, {}, {}, False, ()), endpoint)
    catalogue = queries.catalogue()
    add_examples(description, catalogue, endpoint)
    graph = rdflib.Graph().parse(data=description.write("text/turtle"), format="turtle")
    for query in catalogue:
        example = rdflib.URIRef(f"{BASE}queries/{query.name}")
        assert (example, RDF.type, SH.SPARQLExecutable) in graph
        assert (example, SCHEMA.target, rdflib.URIRef(endpoint)) in graph
        assert str(graph.value(example, RDFS.comment)) == query.description
        forms = (SH.select, SH.construct, SH.ask)
        texts = {str(text) for form in forms for text in graph.objects(example, form)}
        assert texts == {query.text}
        # As tools use them: the declared prefixes stand before the query.
        prefixes = "".join(
            f"PREFIX {graph.value(d, SH.prefix)}: <{graph.value(d, SH.namespace)}>\n"
            for d in _declared(graph, example)
        )
        prepareQuery(prefixes + texts.pop())


def _declared(graph: rdflib.Graph, example: rdflib.URIRef) -> Iterator[Any]:
    yield from graph.objects(graph.value(example, SH.prefixes), SH.declare)
