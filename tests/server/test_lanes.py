"""Connections that workers are lent: nobody can tell who answers, and no query stands in another's way."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from portsmouth.store.processes.lending import POSSIBLE

from .conftest import DEADLINE, Reply, RunningServer, WritableServer, eventually

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="connections are lent on Linux only")

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
USUAL = {"If-None-Match": '"never"'}


class Client:
    """A client that keeps its connection."""

    def __init__(self, server: RunningServer, timeout: float = 20) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
        self.numbers = iter(range(1, 1 << 30))

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
        self.connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        response = self.connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def ask(self, query: str, headers: dict[str, str] | None = None) -> Reply:
        return self.get("/sparql?" + urlencode({"query": query}), headers)

    def is_lent(self) -> bool:
        """Ask something new, and say whether a worker has answered it by itself."""
        return prefix(self.ask(f"SELECT ({next(self.numbers)} AS ?n) {{}}")) != self.usual

    def become_lent(self) -> Client:
        self.usual = prefix(self.get("/health/live"))
        eventually(self.is_lent)
        return self

    def close(self) -> None:
        self.connection.close()


def prefix(reply: Reply) -> str:
    """Return what the ids of requests have in common that were answered at the same place."""
    return reply.headers["x-request-id"].partition("-")[0]


def told(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    left_out = {"date", "transfer-encoding", "content-length", "x-request-id"}
    return reply.status, {k: v for k, v in reply.headers.items() if k not in left_out}, reply.body


@pytest.fixture
def lent(server: RunningServer) -> Iterator[Client]:
    client = Client(server).become_lent()
    yield client
    client.close()


def test_connections_that_were_lent_while_there_was_one_lane_are_shared_with_the_next(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(lanes=2)
    clients = [Client(server) for _ in range(10)]
    usual, served, done = prefix(clients[0].get("/health/live")), dict[Client, str](), threading.Event()

    def keep_asking(client: Client) -> None:
        while not done.is_set():
            served[client] = prefix(client.ask(f"SELECT ({next(client.numbers)} AS ?n) {{}}"))

    # All at once, so that the first lane has them before there is another.
    asking = [threading.Thread(target=keep_asking, args=(client,)) for client in clients]
    for thread in asking:
        thread.start()
    try:

        def shared() -> bool:
            now = list(served.values())
            return sorted(now.count(lane) for lane in {*now} - {usual}) in ([5, 5], [4, 6])

        eventually(shared)
    finally:
        done.set()
        for thread in asking:
            thread.join()
        for client in clients:
            client.close()


QUERIES = [
    "ASK { ?s ?p ?o }", "SELECT ?s { ?s a ?type } ORDER BY ?s",
    "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t }", "SELECT", "SELECT ?x { ?s ?p }", "", "   ",
    "SELECT ?n { BIND(1/0 AS ?n) }", "SELECT * { <relative> ?p ?o }",
    "SELECT (now() AS ?n) { FILTER(false) }",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "ASK { ?s ?p 'โปรตส์มัท 小村' }",
    "SELECT * FROM <https://w3id.org/portsmouth1905/passage/s1-001> { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "SELECT (<http://example.org/no-such>(1) AS ?n) {}", "SELECT ?g { GRAPH ?g { ?s a ?t } } ORDER BY ?g",
]  # fmt: skip


@pytest.mark.parametrize("accept", [None, "text/csv", "text/turtle", "text/html", "image/png"])
def test_a_worker_tells_what_the_usual_way_tells(
    lent: Client, server: RunningServer, accept: str | None
) -> None:
    headers = {"Accept": accept} if accept else {}
    for query in QUERIES:
        path = "/sparql?" + urlencode({"query": query})
        first, second, third = (lent.get(path, headers) for _ in range(3))
        assert told(first) == told(second) == told(third) == told(server.fetch(path, headers=headers | USUAL))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/id/witte", {}), ("/sparql?query=ASK+%7B%7D&lang=th", {}), ("/sparql", {}), ("/nothing", {}),
        ("/sparql?query=ASK+%7B%7D&parts=s3", {}), ("/sparql?query=ASK+%7B%7D&receipts=inline", {}),
        ("/sparql?query=%FF", {}), ("/sparql?query=ASK+%7B%7D&query=ASK+%7B%7D", {}),
        ("/sparql?query=ASK+%7B%7D", {"If-None-Match": "*"}),
        ("/sparql?query=ASK+%7B%7D", {"Range": "bytes=0-1"}),
        ("/sparql?query=ASK+%7B%7D%23<>&format=csv", {}),
    ],
)  # fmt: skip
def test_what_no_worker_knows_is_answered_as_ever(
    lent: Client, server: RunningServer, path: str, headers: dict[str, str]
) -> None:
    assert told(lent.get(path, headers)) == told(server.fetch(path, headers=headers))
    assert told(lent.get(path, headers, "HEAD")) == told(server.fetch(path, "HEAD", headers=headers))
    assert lent.ask("ASK {}").status == 200


def test_the_name_that_a_client_gives_its_request_comes_back(lent: Client) -> None:
    assert lent.ask("ASK { 1 a 2 }", {"X-Request-Id": "my-7"}).headers["x-request-id"] == "my-7"
    assert lent.ask("ASK { 1 a 2 }", {"X-Request-Id": "<b>"}).headers["x-request-id"] != "<b>"


def test_clients_that_say_that_they_stay_are_lent_too(lent: Client) -> None:
    reply = lent.ask("ASK { 1 a 2 }", {"Connection": "keep-alive", "Accept-Encoding": "gzip, deflate"})
    assert prefix(reply) != lent.usual
    assert "connection" not in reply.headers


def test_a_request_in_pieces_and_requests_sent_at_once_are_answered(lent: Client) -> None:
    stream = lent.connection.sock
    request = (
        f"GET /sparql?query={quote('SELECT (7 AS ?n) {}')} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n"
    )
    for at in range(0, len(request), 40):
        stream.sendall(request[at : at + 40].encode())
        time.sleep(0.005)
    received = b""
    while not received.endswith(b"n\r\n7\r\n"):
        received += stream.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 1
    stream.sendall(3 * request.encode())
    received = b""
    while received.count(b"n\r\n7\r\n") < 3:
        received += stream.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_what_is_no_http_is_answered_with_a_problem(lent: Client) -> None:
    stream = lent.connection.sock
    stream.sendall(b"\x16\x03\x01 hello\r\n\r\n")
    received = b""
    while part := stream.recv(65536):
        received += part
    assert received.startswith(b"HTTP/1.1 400 ")


def test_a_runaway_ends_at_its_deadline_and_stands_in_nobodys_way(server: RunningServer) -> None:
    clients = [Client(server).become_lent() for _ in range(6)]
    began = time.monotonic()
    outcome: list[Reply] = []
    runaway = threading.Thread(target=lambda: outcome.append(clients[0].ask(RUNAWAY)))
    runaway.start()
    answers = 0
    while runaway.is_alive():
        for client in clients[1:]:
            assert client.ask(f"SELECT ({next(client.numbers)} AS ?n) {{}}").status == 200
            answers += 1
    took = time.monotonic() - began
    assert outcome[0].problem["type"].endswith("/deadline")
    assert DEADLINE <= took < DEADLINE + 5
    assert answers > 20
    for client in clients:
        assert client.ask("ASK {}").status == 200
        client.close()


def test_a_client_that_leaves_ends_its_query(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(deadline=60, lanes=1)
    for _ in range(3):
        client = Client(server).become_lent()
        client.connection.request("GET", "/sparql?" + urlencode({"query": RUNAWAY}))
        eventually(lambda: "portsmouth_queries_running 1.0" in server.metrics())
        client.close()
        eventually(lambda: "portsmouth_queries_running 0.0" in server.metrics())
    eventually(lambda: 'portsmouth_queries_ended_total{end="cancelled"} 3.0' in server.metrics())


def test_a_worker_that_dies_costs_nobody_an_answer_but_who_asked_it(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(deadline=60, lanes=2)
    clients = [Client(server).become_lent() for _ in range(8)]
    # A worker may need a moment to note that it has answered.
    asked = sum(next(client.numbers) - 1 for client in clients)
    eventually(lambda: f'{{method="GET",route="/sparql",status="200"}} {asked}.0' in server.metrics())
    for pid in set(server.family()) - {server.process.pid}:
        # One that waits may have ended by itself.
        with suppress(FileNotFoundError, ProcessLookupError):
            command = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if int(command[1]) != server.process.pid:
                os.kill(pid, signal.SIGKILL)
    for client in clients:
        assert client.ask("SELECT (1 AS ?n) {}").status == 200
        client.close()


def test_memory_is_bounded_on_lent_connections(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(deadline=60, memory=60)
    client = Client(server).become_lent()
    triples = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(3))
    reply = client.ask(f"SELECT DISTINCT * {{ {triples} }} ORDER BY ?a0")
    assert reply.problem["type"].endswith("/memory")
    client.close()
    assert server.ask("ASK {}").status == 200


def test_a_long_answer_comes_whole_to_a_slow_reader(lent: Client) -> None:
    query = "SELECT * { ?a <http://example.org/n> ?b . ?c <http://example.org/n> ?d } LIMIT 30000"
    for _ in range(3):
        lent.connection.request("GET", "/sparql?" + urlencode({"query": query}))
        response = lent.connection.getresponse()
        parts = []
        while part := response.read(1 << 20):
            parts.append(part)
            time.sleep(0.02)
        assert len(json.loads(b"".join(parts))["results"]["bindings"]) == 30000
    assert lent.ask("ASK {}").status == 200


def test_every_answer_is_counted_once(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(lanes=2)
    clients = [Client(server) for _ in range(4)]
    for number in range(40):
        for client in clients:
            assert client.ask(f"SELECT ({number} AS ?n) {{}}").status == 200
    for client in clients:
        client.close()
    # A worker counts after it has answered.
    for counted in (
        'portsmouth_http_requests_total{method="GET",route="/sparql",status="200"} 160.0',
        'portsmouth_http_request_duration_seconds_count{route="/sparql"} 160.0',
    ):
        eventually(lambda counted=counted: counted in server.metrics())


def test_whoever_has_heard_of_a_write_sees_it_on_every_connection(
    start_writable: Callable[..., WritableServer],
) -> None:
    server = start_writable(lanes=2)
    clients = [Client(server).become_lent() for _ in range(6)]
    count = "SELECT (COUNT(*) AS ?n) { ?s <http://example.org/counted> ?o }"
    lent = 0
    for number in range(1, 40):
        update = f"INSERT DATA {{ <http://example.org/s> <http://example.org/counted> {number} }}"
        reply = server.write("POST", "/update", update, "application/sparql-update")
        assert reply.status == 204
        for client in clients:
            answer = client.ask(count)
            assert json.loads(answer.body)["results"]["bindings"][0]["n"]["value"] == str(number)
            lent += prefix(answer) != client.usual
    # A write does not take the connections back.
    assert lent > 100
    tags = {client.ask(count).headers["etag"] for client in clients} | {server.ask(count).headers["etag"]}
    assert len(tags) == 1
    for client in clients:
        client.close()


def test_no_write_keeps_a_client_waiting_for_the_next(start_writable: Callable[..., WritableServer]) -> None:
    server = start_writable(dataset="plain")
    clients = [Client(server).become_lent() for _ in range(6)]
    answers, stop = [0] * len(clients), threading.Event()

    def ask(number: int) -> None:
        while not stop.is_set():
            clients[number].is_lent()
            answers[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    try:
        for number in range(40):
            update = f"INSERT DATA {{ <http://example.org/s> <http://example.org/counted> {number} }}"
            assert server.write("POST", "/update", update, "application/sparql-update").status < 300
            before, end = list(answers), time.monotonic() + 15
            while any(now < then + 2 for now, then in zip(answers, before, strict=True)):
                assert time.monotonic() < end, "a client waits for an answer"
                time.sleep(0.001)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()


def test_a_great_write_is_seen_on_every_connection(start_writable: Callable[..., WritableServer]) -> None:
    server = start_writable(lanes=2)
    clients = [Client(server).become_lent() for _ in range(4)]
    for number in range(3):
        lines = "".join(f"<http://e/{number}/{n}> <http://e/p> <http://e/o> .\n" for n in range(3000))
        assert server.write("POST", "/graphs?default", lines, "application/n-triples").status in (
            200,
            201,
            204,
        )
        for client in clients:
            answer = client.ask("SELECT (COUNT(*) AS ?n) { ?s <http://e/p> ?o }")
            assert json.loads(answer.body)["results"]["bindings"][0]["n"]["value"] == str(3000 * (number + 1))
    for client in clients:
        client.close()


def test_a_server_that_stops_takes_its_leave_of_lent_connections(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(lanes=2)
    clients = [Client(server).become_lent() for _ in range(4)]
    began = time.monotonic()
    assert server.stop() in (0, -signal.SIGTERM)
    assert time.monotonic() - began < 10
    for client in clients:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            client.ask("ASK {}")


@pytest.mark.parametrize("settings", [{"lanes": 0}, {"access_log": "yes"}, {"rate": 1000}])
def test_nothing_is_lent_where_the_operator_wants_that(
    start_server: Callable[..., RunningServer], settings: dict[str, Any]
) -> None:
    client = Client(start_server(**settings))
    client.usual = prefix(client.get("/health/live"))
    assert not any(client.is_lent() for _ in range(20))
    client.close()
