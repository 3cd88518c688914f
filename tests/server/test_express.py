"""The short way for plain queries: nobody can tell it from the usual one, but by the time that it takes."""

from __future__ import annotations

import socket
import time
from urllib.parse import quote, urlencode

import pytest

from portsmouth.store.protocol import Query
from portsmouth_server.answers import KeptAnswer, KeptAnswers

from .conftest import eventually

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
EVERYTHING = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"
#: A header that sends a request the usual way and changes nothing else.
USUAL = {"If-None-Match": '"never"'}


def both_ways(server, path, accept=None):
    headers = {"Accept": accept} if accept else {}
    short = server.fetch(path, headers=headers)
    kept = server.fetch(path, headers=headers)
    usual = server.fetch(path, headers=headers | USUAL)
    return short, kept, usual


def told(reply):
    left_out = {"date", "transfer-encoding", "content-length", "x-request-id"}
    return reply.status, {k: v for k, v in reply.headers.items() if k not in left_out}, reply.body


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s ?p ?o }", "SELECT ?s { ?s a ?type } ORDER BY ?s", EVERYTHING,
        "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t }", "SELECT", "SELECT ?x { ?s ?p }", "", "   ",
        "SELECT ?n { BIND(1/0 AS ?n) }", "SELECT * { <relative> ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "ASK { ?s ?p 'โปรตส์มัท 小村' }",
        "SELECT * FROM <https://w3id.org/portsmouth1905/passage/s1-001> { ?s ?p ?o } ORDER BY ?s ?p ?o",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "accept", [None, "text/csv", "text/turtle", "application/sparql-results+xml", "image/png"]
)
def test_the_short_way_tells_what_the_usual_way_tells(server, query, accept):
    short, kept, usual = both_ways(server, "/sparql?" + urlencode({"query": query}), accept)
    assert told(short) == told(kept) == told(usual)


@pytest.mark.parametrize(
    "parameters",
    [
        "query=ASK+%7B%7D&query=ASK+%7B%7D", "query=%FF", "query=ASK+%7B%7D&format=xml", "quer=ASK", "query",
        "query=ASK+%7B%7D&default-graph-uri=nonsense", "update=CLEAR+ALL", "&&query=ASK+%7B%7D&",
        "query=ASK%20%7B%7D%23%3C%3E&format=csv", "query=SELECT+(1+AS+?n)+{}",
    ],
)  # fmt: skip
def test_odd_parameters_are_read_alike_on_both_ways(server, parameters):
    short, kept, usual = both_ways(server, "/sparql?" + parameters)
    assert told(short) == told(kept) == told(usual)


def test_an_answer_that_may_change_is_computed_each_time(server):
    path = "/sparql?" + urlencode({"query": "SELECT (STRUUID() AS ?x) {}"})
    first, second = server.fetch(path), server.fetch(path)
    assert first.body != second.body
    assert first.headers["cache-control"] == "no-store"


def test_a_runaway_is_ended_at_its_deadline_on_the_short_way(server):
    assert server.ask(RUNAWAY).problem["type"].endswith("/deadline")


def receive_all(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def request_of(query, *lines):
    head = [f"GET /sparql?query={quote(query)} HTTP/1.1", "Host: x", *lines, "", ""]
    return "\r\n".join(head).encode()


def test_requests_sent_at_once_are_answered_in_their_order(server):
    queries = [f"SELECT ({n} AS ?n) {{}}" for n in range(20)]
    # The sixth goes the usual way, the tenth takes long to compute.
    queries[9] = EVERYTHING
    lines = [[USUAL_LINE] if n == 5 else [] for n in range(20)]
    lines[-1] = ["Connection: close"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"".join(request_of(q, *more) for q, more in zip(queries, lines, strict=True)))
        received = receive_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 20
    places = [received.find(b'"value":"%d"' % n) for n in (0, 1, 4, 5, 6, 8, 10, 19)]
    # EVERYTHING has numbers of its own, so only those before it and after it are looked at.
    assert places[:6] == sorted(places[:6])
    assert -1 not in places


USUAL_LINE = 'If-None-Match: "never"'


def test_a_request_in_pieces_is_answered_as_one(server):
    request = request_of("SELECT (7 AS ?n) {}", "Accept: text/csv")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for at in range(0, len(request), 9):
            connection.sendall(request[at : at + 9])
            time.sleep(0.002)
        received = b""
        while not received.endswith(b"n\r\n7\r\n"):
            part = connection.recv(65536)
            assert part, received
            received += part
    assert received.count(b"HTTP/1.1 ") == 1


def test_a_client_that_leaves_frees_its_worker(start_server):
    server = start_server(workers=2, deadline=60)
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(request_of(RUNAWAY))
            time.sleep(0.1)
    # Long before any of them would have been ended.
    assert server.ask("ASK {}").status == 200
    eventually(lambda: "portsmouth_queries_running 0.0" in server.metrics())


def test_nothing_is_kept_where_the_operator_wants_that(start_server):
    server = start_server(cache=0)
    path = "/sparql?" + urlencode({"query": "ASK { ?s ?p ?o }"})
    short, again, usual = both_ways(server, path)
    assert told(short) == told(again) == told(usual)


def test_kept_answers_take_no_more_room_than_they_may_and_lose_the_oldest():
    answers = KeptAnswers(100_000)
    queries = [Query(f"ASK {{ {n} }}") for n in range(50)]
    for n, query in enumerate(queries):
        answers.keep("s", query, KeptAnswer((), bytes(3000)), name=n)
        assert answers.find("s", queries[0]) is not None
    held = [n for n, query in enumerate(queries) if answers.find("s", query)]
    assert len(held) * 3000 < 100_000
    assert held == [0, *range(50 - len(held) + 1, 50)]
    assert [n for n in range(50) if answers.named("s", n)] == held


def test_long_queries_and_addresses_take_room_too():
    answers = KeptAnswers(100_000)
    for n in range(20):
        long = f"ASK {{ {n} }} #" + "x" * 9_000
        answers.keep("s", Query(long), KeptAnswer((), b"{}"), name=b"/sparql?query=" + long.encode())
    assert 0 < len(answers) * 18_000 < answers.taken <= 100_000


def test_an_answer_too_large_to_keep_is_not_kept_and_drives_nothing_out():
    answers = KeptAnswers(100_000)
    answers.keep("s", Query("ASK {}"), KeptAnswer((), b""))
    answers.keep("s", Query("ASK { 1 }"), KeptAnswer((), bytes(60_000)))
    assert answers.find("s", Query("ASK {}"))
    assert not answers.find("s", Query("ASK { 1 }"))


def test_another_snapshot_forgets_everything():
    answers = KeptAnswers(100_000)
    answers.keep("s", Query("ASK {}"), KeptAnswer((), b"old"), name="n")
    answers.keep("t", Query("ASK {}"), KeptAnswer((), b"new"), name="n")
    assert answers.find("s", Query("ASK {}")) is None
    assert answers.named("t", "n")[0].body == b"new"
