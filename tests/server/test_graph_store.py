"""The graph store beyond single requests: lost updates, names behind a proxy, documents that are traps."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portsmouth.errors import DeadlineError
from portsmouth_server.graph_store.payloads import payload_type, read_payload

from .conftest import eventually

G = "/graphs?graph=http://example.org/store"
TURTLE = "text/turtle"
ONE, TWO, THREE = "<urn:s> <urn:p> 1 .", "<urn:s> <urn:p> 2 .", "<urn:s> <urn:p> 1 , 2 , 3 ."


@pytest.fixture
def store(writable: Any) -> Any:
    writable.write("POST", "/update", "DROP ALL", "application/sparql-update")
    return writable


def tag(store: Any, accept: str = TURTLE) -> str:
    return str(store.fetch(G, headers={"Accept": accept}).headers["etag"])


def test_a_tag_is_good_until_the_graph_changes(store: Any) -> None:
    store.write("PUT", G, ONE, TURTLE)
    first = tag(store)
    assert re.fullmatch(r'"[^"]+"', first)
    assert store.fetch(G, headers={"Accept": TURTLE, "If-None-Match": first}).status == 304
    store.write("PUT", "/graphs?graph=http://example.org/other", ONE, TURTLE)
    assert tag(store) == first
    store.write("POST", G, TWO, TURTLE)
    assert tag(store) != first
    assert store.fetch(G, headers={"Accept": TURTLE, "If-None-Match": first}).status == 200
    assert store.fetch(G, headers={"Accept": TURTLE, "If-Match": first}).status == 412
    assert store.fetch(G, headers={"Accept": TURTLE, "If-Match": tag(store)}).status == 200


def test_tags_of_formats_differ_and_each_will_do_for_a_write(store: Any) -> None:
    store.write("PUT", G, ONE, TURTLE)
    assert tag(store) != tag(store, "application/n-triples")
    reply = store.write("PUT", G, TWO, TURTLE, If_Match=tag(store, "application/ld+json"))
    assert reply.status == 204


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_whoever_has_seen_an_older_graph_writes_nothing(store: Any, method: str) -> None:
    store.write("PUT", G, ONE, TURTLE)
    old = tag(store)
    assert store.write("PUT", G, TWO, TURTLE, If_Match=old).status == 204
    reply = store.write(method, G, ONE, TURTLE, If_Match=old)
    assert (reply.status, reply.problem["type"].rpartition("/")[2]) == (412, "precondition")
    assert b" 2 " in store.fetch(G, headers={"Accept": TURTLE}).body
    assert store.write(method, G, ONE, TURTLE, If_Match=f'"x", {tag(store)}').status in (200, 204)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_conditions_on_whether_the_graph_is_there(store: Any, method: str) -> None:
    assert store.write(method, G, ONE, TURTLE, If_Match="*").status == 412
    assert store.fetch(G).status == 404
    assert store.write(method, G, ONE, TURTLE, If_None_Match="*").status == 201
    assert store.write(method, G, TWO, TURTLE, If_None_Match="*").status == 412
    assert store.write(method, G, TWO, TURTLE, If_None_Match=tag(store)).status == 412
    assert store.write(method, G, TWO, TURTLE, If_None_Match='"other"').status in (200, 204)
    assert store.write(method, G, ONE, TURTLE, If_Match="*").status in (200, 204)
    assert store.write(method, G, ONE, TURTLE, If_Match=f"W/{tag(store)}").status == 412


def test_a_counter_that_many_raise_at_once_loses_no_step(store: Any) -> None:
    store.write("PUT", G, "<urn:s> <urn:p> 0 .", TURTLE)

    def raise_counter(steps: int) -> int:
        tries = 0
        while steps:
            tries += 1
            seen = store.fetch(G, headers={"Accept": TURTLE})
            number = int(seen.body.decode().split("urn:p> ")[1].split(" ")[0])
            turtle = f"<urn:s> <urn:p> {number + 1} ."
            reply = store.write("PUT", G, turtle, TURTLE, If_Match=seen.headers["etag"])
            assert reply.status in (204, 412)
            steps -= reply.status == 204
        return tries

    with ThreadPoolExecutor(4) as pool:
        tries = list(pool.map(raise_counter, [5] * 4))
    assert f" {20} " in store.fetch(G, headers={"Accept": TURTLE}).body.decode()
    assert sum(tries) > 20


def test_a_graph_is_named_by_the_address_that_the_public_sees(configured: Any) -> None:
    running = configured
    for number, path in enumerate(("/graphs/x", "/p/graphs/y")):
        reply = running.write("PUT", path, f"<#a> <urn:p> {number} .", TURTLE)
        name = f"https://example.org/p/graphs/{'xy'[number]}"
        assert (reply.status, reply.headers["location"]) == (201, name)
        found = running.ask(f"ASK {{ GRAPH <{name}> {{ <{name}#a> ?p {number} }} }}")
        assert json.loads(found.body)["boolean"]
    created = running.write("POST", "/graphs", ONE, TURTLE).headers["location"]
    assert created.startswith("https://example.org/p/graphs/")
    assert running.fetch(created.removeprefix("https://example.org")).status == 200


def test_a_forged_host_names_no_graph_that_is_no_iri(store: Any) -> None:
    request = (
        "PUT /graphs/x HTTP/1.1\r\nHost: a b<>\r\nContent-Type: text/turtle\r\n"
        f"Content-Length: {len(ONE)}\r\n"
        f"Authorization: Bearer {store.TOKEN}\r\nConnection: close\r\n\r\n{ONE}"
    )
    assert b"location: http://localhost/graphs/x" in store.raw(request.encode())


def test_a_new_graph_of_the_collection_has_an_address_of_its_own(store: Any) -> None:
    places = {store.write("POST", "/graphs", ONE, TURTLE).headers["location"] for _ in range(3)}
    assert len(places) == 3
    for place in places:
        path = place.removeprefix(store.url)
        assert store.fetch(path).status == 200
        assert store.write("POST", path, "", TURTLE).status == 200
        assert store.write("DELETE", path, "", TURTLE).status == 200
        assert store.fetch(path).status == 404


def test_a_write_tells_those_who_take_json_what_it_did(store: Any) -> None:
    text = "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 , 2 } }"
    reply = store.write("POST", "/update", text, "application/sparql-update", Accept="application/json")
    told = json.loads(reply.body)
    assert (reply.status, told["added"], told["removed"]) == (200, 2, 0)
    assert told["snapshot"] == json.loads(store.fetch("/health").body)["snapshot"]
    posted = json.loads(store.write("POST", "/graphs?graph=urn:g", THREE, TURTLE).body)
    assert (posted["added"], posted["created"]) == (1, False)
    assert json.loads(store.write("DELETE", "/graphs?graph=urn:g", "", TURTLE).body)["removed"] == 3


def test_a_document_that_overruns_costs_nobody_else_anything(configured: Any) -> None:
    running = configured
    running.write("POST", "/update", "DROP ALL", "application/sparql-update")
    head = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x:">'
    depth = 40_000
    slow = head + "<rdf:Description><x:p>" * depth + "</x:p></rdf:Description>" * depth + "</rdf:RDF>"
    with ThreadPoolExecutor(1) as pool:
        runaway = pool.submit(running.write, "PUT", G, slow, "application/rdf+xml")
        assert running.ask("ASK {}").status == 200
        assert running.write("PUT", G, ONE, TURTLE).status == 201
        assert runaway.result().problem["type"].endswith("/deadline")
    assert b" 1 " in running.fetch(G, headers={"Accept": TURTLE}).body
    assert running.write("PUT", G, TWO, TURTLE).status == 204


def test_no_helper_outlives_the_server(start_writable: Any) -> None:
    running = start_writable()
    running.write("PUT", G, ONE, TURTLE)
    helpers = [pid for pid in running.family() if b"portsmouth.sandbox" in command(pid)]
    assert len(helpers) == 1
    running.stop()
    # One that has ended and that nobody has waited for has no command any more.
    eventually(lambda: [command(pid) for pid in helpers] == [b""])


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Slow:
    """Reads a document in a tenth of a second."""

    async def to_ntriples(self, *_: object) -> bytes:
        await asyncio.sleep(0.1)
        return b""


def test_a_body_of_many_documents_has_one_deadline() -> None:
    kind = payload_type("multipart/form-data; boundary=x")
    part = b"--x\r\nContent-Type: text/turtle\r\n\r\n<a> <b> 1 .\r\n"
    sandbox: Any = Slow()
    with pytest.raises(DeadlineError):
        asyncio.run(read_payload(sandbox, kind, part * 100 + b"--x--\r\n", "http://e/", 0.5))
    assert asyncio.run(read_payload(sandbox, kind, part * 2 + b"--x--\r\n", "http://e/", 30)) == b""
