"""Answers as they come: chunks, aborted bodies, clients that leave, slow or lying clients."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from portsmouth import errors
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import Query
from portsmouth_server.documents import send_graph

from .conftest import eventually

CROSS = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
RUNAWAY = f"SELECT (COUNT(*) AS ?n) {CROSS}"
ENDLESS = f"SELECT * {CROSS}"


def get(query: str, version: str = "1.1", **parameters: str) -> bytes:
    path = "/sparql?" + urlencode({"query": query, **parameters})
    return f"GET {path} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def processor_time(process: int) -> float:
    """Return the processor seconds that a process has used, 0 where it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100


def busy(server: Any, seconds: float = 0.3) -> float:
    """Return how many processors the server's processes use together."""
    before = {process: processor_time(process) for process in server.family()}
    time.sleep(seconds)
    return sum(max(0.0, processor_time(process) - used) for process, used in before.items()) / seconds


def wait_until_idle(server: Any) -> None:
    """Wait until no worker runs; what runs here would do so for much longer than this waits."""
    eventually(lambda: busy(server) <= 0.2)


def test_a_large_answer_comes_in_chunks(server: Any) -> None:
    query = "SELECT * { ?s <http://example.org/n> ?n . ?t <http://example.org/n> ?m FILTER(?m < 40) }"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/sparql?" + urlencode({"query": query}))
    response = connection.getresponse()
    assert response.headers["transfer-encoding"] == "chunked"
    assert len(json.loads(response.read())["results"]["bindings"]) == 1500 * 40
    connection.close()


def test_a_document_for_a_client_that_takes_not_even_its_head_keeps_no_worker() -> None:
    data = b"".join(b"<http://e/%d> <http://e/p> <http://e/o> .\n" % number for number in range(30_000))

    async def use() -> int:
        async with EmbeddedStore.from_nquads(data) as store:
            crossed = "CONSTRUCT { ?s ?a ?t } { ?s <http://e/p> ?x . ?t ?a ?y }"
            scope = {"type": "http", "method": "GET", "http_version": "1.1", "headers": [], "asgi": {}}
            request = Request(scope)
            response = await send_graph(request, store, Query(crossed), {}, 0.1)

            async def wait(*_: object) -> Any:
                await asyncio.Event().wait()

            with pytest.raises(TimeoutError):
                await response(scope, wait, wait)
            return store.places.running

    assert asyncio.run(use()) == 0


def test_a_small_answer_comes_in_one_piece(server: Any) -> None:
    reply = server.ask("SELECT * { ?s <http://example.org/n> 7 }")
    assert reply.headers["content-length"] == str(len(reply.body))


def test_http_1_0_knows_no_chunks(server: Any) -> None:
    query = "SELECT * { ?s <http://example.org/n> ?n }"
    head, _, body = server.raw(get(query, "1.0")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert f"content-length: {len(body)}".encode() in head
    assert len(json.loads(body)["results"]["bindings"]) == 1500


def test_keep_alive_and_pipelining(server: Any) -> None:
    one = get("ASK {}").replace(b"Connection: close\r\n", b"")
    assert server.raw(one + one + get("ASK { <http://a> ?p ?o }")).count(b"HTTP/1.1 200") == 3


def test_a_query_that_overruns_is_told_so(server: Any) -> None:
    begun = time.monotonic()
    problem = server.ask(RUNAWAY).problem
    assert (problem["status"], problem["type"].rpartition("/")[2]) == (504, "deadline")
    assert 1.5 < time.monotonic() - begun < 8
    wait_until_idle(server)


def test_an_answer_cut_by_the_deadline_is_no_whole_answer(server: Any) -> None:
    received = server.raw(get(ENDLESS), timeout=20)
    assert received.startswith(b"HTTP/1.1 200")
    # The last chunk of a whole answer is empty (RFC 9112, section 7.1).
    assert not received.endswith(b"0\r\n\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/sparql?" + urlencode({"query": ENDLESS}))
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_others_are_answered_beside_a_runaway(server: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as runaway:
        runaway.sendall(get(RUNAWAY))
        times = []
        for _ in range(30):
            begun = time.monotonic()
            assert server.ask("ASK {}").status == 200
            times.append(time.monotonic() - begun)
    assert sorted(times)[-2] < 1


@pytest.mark.parametrize("query", [RUNAWAY, ENDLESS], ids=["before the head", "in the middle"])
def test_a_client_that_leaves_frees_its_worker(start_server: Any, query: str) -> None:
    server = start_server(deadline=60, client_seconds=60)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(get(query))
        if query == ENDLESS:
            connection.recv(1000)
        # Whose reader takes nothing may have stopped already, to go on when there is room again.
        eventually(lambda: "portsmouth_queries_running 1.0" in server.metrics())
    eventually(lambda: "portsmouth_queries_running 0.0" in server.metrics())
    wait_until_idle(server)


def test_a_client_that_reads_no_further_frees_its_worker(start_server: Any) -> None:
    server = start_server(deadline=60, client_seconds=1)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(get(ENDLESS))
        connection.recv(10)
        eventually(lambda: "portsmouth_queries_running 0.0" in server.metrics())
        # No connection but this one is there, and this one neither.
        eventually(lambda: server.connections() == 0)
        connection.settimeout(5)
        received = b"x"
        with suppress(ConnectionResetError):
            while received:
                received = connection.recv(1 << 20)


@pytest.mark.parametrize("workers", [1])
def test_leaving_makes_room(start_server: Any, workers: int) -> None:
    server = start_server(deadline=60, workers=workers)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(get(RUNAWAY))
            eventually(lambda: "portsmouth_queries_running 1.0" in server.metrics())
        # Nobody who waits in vain is answered so.
        assert server.ask("ASK {}").status == 200


def test_a_failure_after_the_head_aborts_the_body(call: Any, answer: Any) -> None:
    cut = answer(b'{"head"', errors.DeadlineError(1))
    exchange = call(cut)
    assert (exchange.reply.status, exchange.ended, cut.closed) == (200, False, True)


def test_an_unforeseen_failure_after_the_head_aborts_too(call: Any, answer: Any) -> None:
    cut = answer(b'{"head"', RuntimeError("secret"))
    with pytest.raises(RuntimeError):
        call(cut)
    assert cut.closed


def test_an_answer_to_head_is_closed_unread(call: Any, answer: Any) -> None:
    unread = answer(errors.DeadlineError(1))
    exchange = call(unread, method="HEAD")
    assert (exchange.reply.status, exchange.ended, unread.closed) == (200, True, True)


# --- requests that do not come as they should


def test_half_a_head_is_waited_for_and_given_up(server: Any) -> None:
    begun = time.monotonic()
    assert server.raw(b"GET /sparql HTTP/1.1\r\nHo").startswith(b"HTTP/1.1 408 ")
    assert 2 < time.monotonic() - begun < 6


def test_a_silent_connection_is_closed(server: Any) -> None:
    assert server.raw(b"").startswith(b"HTTP/1.1 408 ")


POST = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"


def test_a_body_shorter_than_announced(server: Any) -> None:
    received = server.raw(POST + b"Connection: close\r\nContent-Length: 100\r\n\r\nASK {}")
    assert received.startswith(b"HTTP/1.1 408 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["status"] == 408


def test_a_body_shorter_than_announced_and_then_closed(server: Any) -> None:
    assert server.raw(POST + b"Content-Length: 100\r\n\r\nASK {}", half_close=True) == b""
    assert server.ask("ASK {}").status == 200


def test_a_body_longer_than_announced_is_the_next_request(server: Any) -> None:
    received = server.raw(POST + b"Content-Length: 6\r\n\r\nASK {}garbage")
    assert received.startswith(b"HTTP/1.1 ")
    assert received.count(b"HTTP/1.1 200") <= 1


def test_an_announced_length_beyond_the_limit_is_refused_at_once(server: Any) -> None:
    begun = time.monotonic()
    received = server.raw(POST + b"Connection: close\r\nContent-Length: 99999999999\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 413 ")
    # Whoever waited for it would have been patient for 3 seconds.
    assert time.monotonic() - begun < 2.5


def test_chunks_beyond_the_limit_are_refused(server: Any) -> None:
    chunk = b"10000\r\n" + b"#" * 0x10000 + b"\r\n"
    received = server.raw(
        POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 20 + b"0\r\n\r\n"
    )
    assert received.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_not_drained_for_ever(server: Any) -> None:
    chunk = b"10000\r\n" + b"#" * 0x10000 + b"\r\n"
    # The server throws away what comes for 3 seconds.
    end = time.monotonic() + 10
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            while time.monotonic() < end:
                connection.sendall(chunk)
    assert time.monotonic() < end


@pytest.mark.parametrize("ends", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("announced", [True, False])
def test_who_sends_all_of_a_long_body_before_he_reads_sees_why_it_is_refused(
    server: Any, announced: bool, ends: bytes
) -> None:
    piece, times = b"#" * (1 << 20), 30
    length = b"Content-Length: %d\r\n" % (len(piece) * times)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            POST + ends + (length if announced else b"Transfer-Encoding: chunked\r\n") + b"\r\n"
        )
        for _ in range(times):
            connection.sendall(piece if announced else b"%x\r\n%b\r\n" % (len(piece), piece))
        if not announced:
            connection.sendall(b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_expect_continue(server: Any) -> None:
    received = server.raw(
        POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\nASK {}"
    )
    assert received.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 " in received


# --- clients that dawdle

#: Some 15 MB, which no socket's buffers hold.
LARGE = "SELECT * { ?s <http://example.org/n> ?n . ?t <http://example.org/n> ?m FILTER(?m < 30) }"


@pytest.mark.parametrize("spool", [1024, 1], ids=["with room for its answer", "without"])
def test_a_slow_reader_gets_its_whole_answer(start_server: Any, spool: int) -> None:
    server = start_server(workers=1, spool=spool, deadline=60)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(get(LARGE))
        received = [connection.recv(1000)]
        time.sleep(1)
        if spool == 1024:
            # The only worker is free although its answer has not been read.
            assert server.ask("ASK {}").status == 200
        while part := connection.recv(1 << 20):
            received.append(part)
    head, _, chunks = b"".join(received).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        body, chunks = body + chunks[: int(size, 16)], chunks[int(size, 16) + 2 :]
    assert len(json.loads(body)["results"]["bindings"]) == 1500 * 30


def test_many_readers_that_stop_keep_nobody_waiting(start_server: Any) -> None:
    server = start_server(workers=2, deadline=60, client_seconds=60)
    readers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    for reader in readers:
        reader.sendall(get(LARGE))
    begun = time.monotonic()
    assert server.ask("ASK {}").status == 200
    assert time.monotonic() - begun < 10
    for reader in readers:
        reader.close()
    wait_until_idle(server)
    assert server.ask("ASK {}").status == 200
