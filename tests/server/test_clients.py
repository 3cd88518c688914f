"""Clients that people have: rdflib, SPARQLWrapper, curl."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any, cast

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

PT = rdflib.Namespace("https://w3id.org/portsmouth1905/ns#")
D = rdflib.Namespace("https://w3id.org/portsmouth1905/id/")
SIGNED = f"SELECT ?who {{ <{D.treaty}> <{PT.signedBy}> ?who }} ORDER BY ?who"


def converted(client: SPARQLWrapper) -> Any:
    """Return what SPARQLWrapper makes of the answer, whose type depends on the format."""
    return client.queryAndConvert()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("returned", ["xml", "json"])
def test_rdflib(server: Any, method: str, returned: str) -> None:
    graph = rdflib.Graph(SPARQLStore(server.sparql, method=method, returnFormat=returned))
    assert set(graph.objects(D.treaty, PT.signedBy)) == {D.witte, D.komura}
    assert [str(row[0]) for row in cast(Any, graph.query(SIGNED))] == [str(D.komura), str(D.witte)]
    assert (D.treaty, rdflib.RDF.type, PT.Treaty) in graph
    assert len(graph) > 1500
    assert graph.query("ASK { ?s ?p ?o }").askAnswer


def test_rdflib_labels_keep_language(server: Any) -> None:
    graph = rdflib.Graph(SPARQLStore(server.sparql))
    assert rdflib.Literal("เซียร์เกย์ วิตเต", lang="th") in set(graph.objects(D.witte, rdflib.SKOS.prefLabel))


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("post", ["urlencoded", POSTDIRECTLY])
def test_sparqlwrapper_select(server: Any, method: str, post: str) -> None:
    client = SPARQLWrapper(server.sparql)
    client.setMethod(method)
    client.setRequestMethod(post)
    client.setQuery(SIGNED)
    client.setReturnFormat(JSON)
    rows = converted(client)["results"]["bindings"]
    assert [row["who"]["value"] for row in rows] == [str(D.komura), str(D.witte)]


@pytest.mark.parametrize("returned", [XML, CSV])
def test_sparqlwrapper_other_formats(server: Any, returned: str) -> None:
    client = SPARQLWrapper(server.sparql)
    client.setQuery(SIGNED)
    client.setReturnFormat(returned)
    assert client.queryAndConvert()


@pytest.mark.parametrize("returned", [XML, RDFXML, TURTLE, N3, JSONLD])
def test_sparqlwrapper_construct(server: Any, returned: str) -> None:
    client = SPARQLWrapper(server.sparql)
    client.setQuery("CONSTRUCT WHERE { ?s a ?class }")
    client.setReturnFormat(returned)
    graph = converted(client)
    if isinstance(graph, bytes):
        graph = rdflib.Graph().parse(data=graph, format="turtle")
    assert len(graph) == 2


def test_sparqlwrapper_bad_query(server: Any) -> None:
    client = SPARQLWrapper(server.sparql)
    client.setQuery("SELECT * {")
    with pytest.raises(QueryBadFormed, match="query-syntax"):
        client.query()


def test_sparqlwrapper_default_graph(server: Any) -> None:
    client = SPARQLWrapper(server.sparql)
    client.addDefaultGraph("https://w3id.org/portsmouth1905/passage/s1-001")
    client.setQuery(SIGNED)
    client.setReturnFormat(JSON)
    assert len(converted(client)["results"]["bindings"]) == 1


@pytest.fixture(scope="module")
def curl() -> str:
    found = shutil.which("curl")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("curl is missing, and CI skips nothing")
        pytest.skip("curl is missing; install it to run this test")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["-G", "--data-urlencode", "query=ASK {}"],
        ["--data-urlencode", "query=ASK {}"],
        ["-d", "query=ASK {}"],
        ["-H", "Content-Type: application/sparql-query", "-d", "ASK {}"],
        [
            "-H",
            "Content-Type: application/sparql-query",
            "-H",
            "Transfer-Encoding: chunked",
            "--data-binary",
            "ASK {}",
        ],
        ["--http1.0", "--data-urlencode", "query=ASK {}"],
    ],
)
def test_curl(server: Any, curl: str, arguments: list[str]) -> None:
    run = subprocess.run(
        [curl, "-sS", "--fail", *arguments, server.sparql], capture_output=True, check=True, timeout=20
    )
    assert json.loads(run.stdout)["boolean"] is True


def test_curl_notices_a_cut_answer(server: Any, curl: str) -> None:
    query = "query=SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    run = subprocess.run(
        [curl, "-sS", "-o", os.devnull, "--data-urlencode", query, server.sparql],
        capture_output=True,
        check=False,
        timeout=30,
    )
    # 18: partial file; 56: failure in receiving.
    assert run.returncode in (18, 56)
