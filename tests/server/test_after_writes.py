"""Whatever the server keeps of a snapshot follows a write: nothing that is shown is older than the data."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
import rdflib

THING = "https://w3id.org/portsmouth1905/id/newcomer"
PREFIXES = (
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX pt: <https://w3id.org/portsmouth1905/ns#>"
)
EDITORIAL = "https://w3id.org/portsmouth1905/graph/editorial"
DATASET = rdflib.URIRef("https://w3id.org/portsmouth1905/.well-known/void#dataset")
VOID = rdflib.Namespace("http://rdfs.org/ns/void#")


@pytest.fixture
def store(writable: Any) -> Any:
    writable.write("POST", "/update", "DROP ALL", "application/sparql-update")
    return writable


def add(store: Any, label: str) -> None:
    stated = f"<{THING}> a pt:Person ; skos:prefLabel '{label}'@en"
    text = f"{PREFIXES} INSERT DATA {{ {stated} GRAPH <{EDITORIAL}> {{ {stated} }} }}"
    assert store.write("POST", "/update", text, "application/sparql-update").status == 204


def names_found(store: Any, name: str) -> list[str]:
    return [hit["iri"] for hit in json.loads(store.fetch(f"/search?q={name}").body)["hits"]]


def test_the_search_finds_what_has_just_been_written_and_not_what_is_gone(store: Any) -> None:
    assert names_found(store, "Newcomer") == []
    add(store, "Newcomer")
    assert names_found(store, "Newcomer") == [THING]
    store.write("POST", "/update", "DROP ALL", "application/sparql-update")
    assert names_found(store, "Newcomer") == []


def test_the_description_of_the_dataset_counts_anew(store: Any) -> None:
    def triples() -> int:
        data = store.fetch("/.well-known/void", headers={"Accept": "text/turtle"}).body
        graph = rdflib.Graph().parse(data=data, format="turtle")
        return int(str(graph.value(DATASET, VOID.triples)))

    assert triples() == 0
    add(store, "Newcomer")
    assert triples() == 2


def test_dumps_and_their_checksums_are_those_of_the_present(store: Any) -> None:
    for label in ("First", "Second"):
        add(store, label)
        dump = store.fetch("/dumps/portsmouth1905.nt").body
        assert label.encode() in dump
        packed = store.fetch("/dumps/portsmouth1905.trig", headers={"Accept-Encoding": "gzip"}).body
        assert label.encode() in gzip.decompress(packed)
        assert hashlib.sha256(dump).hexdigest() in store.fetch("/dumps/SHA256SUMS").body.decode()


def test_a_thing_has_a_page_and_data_as_soon_as_it_is_there(store: Any) -> None:
    assert store.fetch("/id/newcomer.ttl").status == 404
    add(store, "Newcomer")
    assert b"Newcomer" in store.fetch("/id/newcomer.ttl").body
    assert b"Newcomer" in store.fetch("/id/newcomer.html").body
    before = store.fetch("/id/newcomer.ttl").headers["etag"]
    add(store, "Incomer")
    after = store.fetch("/id/newcomer.ttl", headers={"If-None-Match": before})
    assert (after.status, b"Incomer" in after.body) == (200, True)


def test_answers_are_given_anew_and_the_same_ones_are_not(store: Any) -> None:
    path = "/sparql?query=SELECT%20%2A%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
    first = store.fetch(path)
    assert store.fetch(path, headers={"If-None-Match": first.headers["etag"]}).status == 304
    add(store, "Newcomer")
    second = store.fetch(path, headers={"If-None-Match": first.headers["etag"]})
    assert (second.status, b"Newcomer" in second.body) == (200, True)


def test_the_first_page_and_the_catalogue_live_on_an_empty_store(store: Any) -> None:
    browser = {"Accept": "text/html,*/*;q=0.8"}
    for path in ("/", "/queries", "/search?q=x", "/sparql", "/conflicts"):
        assert store.fetch(path, headers=browser).status == 200, path
    add(store, "Newcomer")
    assert b"2" in store.fetch("/", headers=browser).body
    assert json.loads(store.fetch("/health").body)["ready"]
