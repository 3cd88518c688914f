"""Clients that people write with: rdflib, SPARQLWrapper, curl."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore
from SPARQLWrapper import JSON, POST, POSTDIRECTLY, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, Unauthorized

G, S, P = (rdflib.URIRef(f"http://example.org/{name}") for name in ("g", "s", "p"))


@pytest.fixture
def store(writable: Any) -> Any:
    writable.write("POST", "/update", "DROP ALL", "application/sparql-update")
    return writable


def objects(store: Any) -> set[str]:
    data = store.fetch(f"/graphs?graph={G}", headers={"Accept": "text/turtle"}).body
    return {str(value) for value in rdflib.Graph().parse(data=data, format="turtle").objects(S, P)}


@pytest.mark.parametrize("update_path", ["/update", "/sparql"])
def test_rdflib(store: Any, update_path: str) -> None:
    remote = SPARQLUpdateStore(
        store.sparql, store.url + update_path, headers=store.authorization, autocommit=False
    )
    dataset = rdflib.Dataset(remote)
    graph = dataset.graph(G)
    graph.add((S, P, rdflib.Literal("ü โคมูระ")))
    graph.add((S, P, rdflib.Literal("gone")))
    remote.commit()
    graph.remove((S, P, rdflib.Literal("gone")))
    remote.commit()
    assert objects(store) == {"ü โคมูระ"}
    assert {str(o) for o in graph.objects(S, P)} == {"ü โคมูระ"}
    remote.update(f"DROP GRAPH <{G}>")
    remote.commit()
    assert store.fetch(f"/graphs?graph={G}").status == 404


def test_rdflib_without_the_token(store: Any) -> None:
    remote = SPARQLUpdateStore(store.sparql, store.url + "/update")
    with pytest.raises(Exception, match="401"):
        remote.update("CLEAR ALL")


@pytest.mark.parametrize("request_method", ["urlencoded", POSTDIRECTLY])
def test_sparqlwrapper(store: Any, request_method: str) -> None:
    client = SPARQLWrapper(store.sparql, store.url + "/update")
    client.addCustomHttpHeader("Authorization", store.authorization["Authorization"])
    client.setMethod(POST)
    client.setRequestMethod(request_method)
    client.setQuery(f"INSERT DATA {{ GRAPH <{G}> {{ <{S}> <{P}> 'a' }} }}")
    client.query()
    assert objects(store) == {"a"}
    client.setQuery("CLEAR NONSENSE")
    with pytest.raises(QueryBadFormed):
        client.query()
    client.setQuery(f"SELECT ?o {{ GRAPH ?g {{ <{S}> <{P}> ?o }} }}")
    client.setReturnFormat(JSON)
    rows = cast(Any, client.queryAndConvert())["results"]["bindings"]
    assert [row["o"]["value"] for row in rows] == ["a"]


def test_sparqlwrapper_without_the_token(store: Any) -> None:
    client = SPARQLWrapper(store.sparql, store.url + "/update")
    client.setMethod(POST)
    client.setQuery("CLEAR ALL")
    with pytest.raises(Unauthorized):
        client.query()


@pytest.fixture(scope="module")
def curl() -> str:
    found = shutil.which("curl")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("curl is missing, and CI skips nothing")
        pytest.skip("curl is missing; install it to run this test")
    return found


def test_curl(store: Any, curl: str, tmp_path: Path) -> None:
    file, more = tmp_path / "one.ttl", tmp_path / "two.nt"
    file.write_text(f"<{S}> <{P}> 'a' .")
    more.write_text(f'<{S}> <{P}> "b" .')
    token = f"Authorization: {store.authorization['Authorization']}"
    address = f"{store.url}/graphs?graph={G}"

    def run(*arguments: str) -> str:
        command = [curl, "-sS", "--fail", "-o", os.devnull, "-w", "%{http_code}", "-H", token, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    assert run("-T", str(file), "-H", "Content-Type: text/turtle", address) == "201"
    assert run("--data-binary", f"@{more}", "-H", "Content-Type: application/n-triples", address) == "200"
    assert objects(store) == {"a", "b"}
    assert run("-X", "DELETE", address) == "200"
    parts = ("-F", f"f=@{file};type=text/turtle", "-F", f"g=@{more};type=application/n-triples")
    assert run(*parts, address) == "201"
    assert objects(store) == {"a", "b"}
    assert run("--data-urlencode", "update=CLEAR ALL", f"{store.url}/update") == "204"
    assert run("-I", address) == "200"


def test_curl_asks_before_it_sends_a_long_body(store: Any, curl: str, tmp_path: Path) -> None:
    file = tmp_path / "long.nt"
    file.write_text("".join(f'<{S}> <{P}> "{n}" .\n' for n in range(20_000)))
    command = [
        curl,
        "-sS",
        "-o",
        os.devnull,
        "-w",
        "%{http_code}",
        "-T",
        str(file),
        "-H",
        "Expect: 100-continue",
    ]
    kind = ("-H", "Content-Type: application/n-triples", f"{store.url}/graphs?graph={G}")
    token = ("-H", f"Authorization: {store.authorization['Authorization']}")
    for arguments, status in ((kind, "401"), ((*token, *kind), "201")):
        run = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, timeout=30)
        assert run.stdout == status
    assert len(objects(store)) == 20_000
