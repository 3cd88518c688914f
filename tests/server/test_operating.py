"""What an operator sees: health, metrics, logs and request ids; and what none of them tells."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from portsmouth.errors import StoreBusyError
from portsmouth_server import Settings

from .conftest import eventually

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ID = re.compile(r"[0-9a-f]{12}-[0-9a-f]+")


def numbers(server: Any) -> dict[tuple[str, ...], float]:
    """Return the samples of ``/metrics`` by name and the values of their labels, by the labels' names."""
    text = server.fetch("/metrics").body.decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# --- health


def test_live_and_ready(server: Any) -> None:
    live, ready = server.fetch("/health/live"), server.fetch("/health/ready")
    assert (live.status, json.loads(live.body)) == (200, {"live": True})
    assert json.loads(ready.body).keys() == {"live", "ready", "snapshot"}
    assert ready.body == server.fetch("/health").body
    assert live.headers["cache-control"] == ready.headers["cache-control"] == "no-store"


def test_a_server_whose_store_cannot_answer_is_alive_but_not_ready(call: Any) -> None:
    busy = StoreBusyError("found all places taken; expected one")
    assert call(busy, "/health/live").reply.status == 200
    refused = call(busy, "/health/ready").reply
    assert (refused.status, refused.headers["retry-after"]) == (503, "2")


# --- metrics


def test_metrics_count_requests_and_queries(start_server: Any) -> None:
    server = start_server(deadline=0.5, workers=2, memory=64)
    before = numbers(server)
    for n in range(3):
        assert server.ask(f"ASK {{ BIND({n} AS ?n) }}").status == 200
    assert server.ask("ASK {").status == 400
    assert server.ask(RUNAWAY).status == 504
    assert server.fetch("/wp-admin/x").status == 404
    assert server.fetch("/", method="PATCH").status == 405
    assert server.fetch("/health").status == 200
    after = numbers(server)

    def grown(*name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("portsmouth_http_requests_total", "GET", "/sparql", "200") == 3
    assert grown("portsmouth_http_requests_total", "GET", "/sparql", "400") == 1
    assert grown("portsmouth_http_requests_total", "GET", "/sparql", "504") == 1
    assert grown("portsmouth_http_requests_total", "GET", "other", "404") == 1
    assert grown("portsmouth_http_requests_total", "other", "/", "405") == 1
    assert grown("portsmouth_http_request_duration_seconds_count", "/sparql") == 5
    assert grown("portsmouth_http_request_duration_seconds_bucket", "+Inf", "/sparql") == 5
    assert 0.5 <= grown("portsmouth_http_request_duration_seconds_sum", "/sparql") < 30
    assert grown("portsmouth_queries_ended_total", "ok") >= 3
    assert grown("portsmouth_queries_ended_total", "deadline") == 1
    assert grown("portsmouth_queries_ended_total", "query-syntax") == 1
    assert after["portsmouth_queries_ended_total", "memory"] == 0
    assert after["portsmouth_workers_most",] == 2
    assert after["portsmouth_workers",] >= 1
    assert after["process_open_fds",] > 5
    snapshot = json.loads(server.fetch("/health").body)["snapshot"]
    assert after["portsmouth_snapshot_info", snapshot] == 1


def test_metrics_tell_what_is_answered_from_memory(start_server: Any) -> None:
    server = start_server()
    for _ in range(4):
        assert server.ask("ASK {}").status == 200
    after = numbers(server)
    # What is asked once is worth keeping only where it took long.
    assert after["portsmouth_cache_hits_total",] in (2, 3)
    assert after["portsmouth_cache_answers",] == 1
    assert 0 < after["portsmouth_cache_bytes",] < 10_000


def test_metrics_tell_what_runs_and_what_was_given_up(start_server: Any) -> None:
    server = start_server(deadline=30)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET /sparql?query={quote(RUNAWAY)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        eventually(lambda: numbers(server)["portsmouth_queries_running",] == 1)
    eventually(lambda: numbers(server)["portsmouth_queries_running",] == 0)
    eventually(lambda: numbers(server)["portsmouth_queries_ended_total", "cancelled"] == 1)
    gone = "portsmouth_http_requests_total", "GET", "/sparql", "client gone"
    eventually(lambda: numbers(server).get(gone) == 1)


def test_metrics_in_the_format_that_is_asked_for(server: Any) -> None:
    assert server.fetch("/metrics").headers["content-type"].startswith("text/plain")
    reply = server.fetch("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert reply.type == "application/openmetrics-text"
    assert reply.body.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("networks", "client", "forwarded", "proxies", "status"),
    [
        ("127.0.0.0/8, ::1", "127.0.0.1", None, "", 200),
        ("127.0.0.0/8, ::1", "::1", None, "", 200),
        ("127.0.0.0/8, ::1", "203.0.113.5", None, "", 403),
        # A proxy on the same machine must not lend its address to the whole world …
        ("127.0.0.0/8, ::1", "127.0.0.1", "203.0.113.5", "", 403),
        ("127.0.0.0/8, ::1", "127.0.0.1", "203.0.113.5", "127.0.0.1", 403),
        # … nor may the world claim to be at home.
        ("127.0.0.0/8, ::1", "127.0.0.1", "127.0.0.1, 203.0.113.5", "127.0.0.1", 403),
        ("10.0.0.0/8", "127.0.0.1", "10.1.2.3", "127.0.0.1", 200),
        ("10.0.0.0/8", "::ffff:10.1.2.3", None, "", 200),
        ("", "127.0.0.1", None, "", 403),
    ],
)
def test_metrics_are_for_those_whom_the_operator_names(
    call: Any, answer: Any, networks: str, client: str, forwarded: str | None, proxies: str, status: int
) -> None:
    settings = Settings.load(words=[f"metrics_from={networks}", f"trusted_proxies={proxies}"], environment={})
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    reply = call(answer(b""), "/metrics", headers=headers, settings=settings, client=(client, 1)).reply
    assert reply.status == status
    if status == 403:
        assert reply.problem["type"].endswith("/access-refused")


# --- request ids


def test_every_answer_has_an_id_and_no_two_the_same(server: Any) -> None:
    paths = ["/sparql?query=ASK%7B%7D", "/sparql?query=x", "/", "/nothing", "/health", "/static/seal.svg"]
    ids = [server.fetch(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
    assert all(ID.fullmatch(name) for name in ids)


def test_a_name_that_the_client_gives_is_kept(server: Any) -> None:
    for path in ("/sparql?query=ASK%7B%7D", "/nothing"):
        assert (
            server.fetch(path, headers={"X-Request-ID": "trace/1.2_3-a"}).headers["x-request-id"]
            == "trace/1.2_3-a"
        )


@pytest.mark.parametrize("name", [b"", b"a b", b"x" * 101, b"a\tb", "é".encode(), b"<script>", b'"', b"a;b"])
def test_what_is_no_name_is_replaced(server: Any, name: bytes) -> None:
    received = server.raw(
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-ID: " + name + b"\r\n\r\n"
    )
    (told,) = re.findall(rb"x-request-id: ([^\r]*)\r", received)
    assert ID.fullmatch(told.decode())


# --- logs


def lines(server: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def test_json_lines_tell_of_every_request_but_not_what_it_asks(start_server: Any) -> None:
    server = start_server(log_format="json", access_log="yes", deadline=1.5)
    secret = "s3cret-word"
    headers = {"X-Request-ID": "mine", "Authorization": f"Bearer {secret}", "Cookie": secret}
    assert server.fetch(f"/sparql?query=ASK%7B%22{secret}%22%7D", headers=headers).status == 400
    for name in ("first", "again"):
        assert server.fetch("/sparql?query=ASK%7B%7D", headers={"X-Request-ID": name}).status == 200
    with suppress(http.client.IncompleteRead):
        server.fetch(f"/sparql?query={quote(ENDLESS)}&x={secret}", headers={"X-Request-ID": "plain"})
    server.fetch(f"/search?q={secret}")
    server.fetch("/sparql", "POST", {"Content-Type": "application/sparql-query"}, f"ASK{{ <{secret}".encode())
    address = f"/sparql?query={quote(ENDLESS)}&x={secret}"
    server.raw(f"GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    server.stop()
    told = lines(server)
    named = [line["request_id"] for line in told if line["message"] == "request"]
    assert len(named) == len(set(named)), "a request that ended in an error is told of twice"
    requests = {line["request_id"]: line for line in told if line["message"] == "request"}
    mine = requests["mine"]
    assert (mine["level"], mine["logger"], mine["method"], mine["path"]) == (
        "info", "portsmouth_server.access", "GET", "/sparql",
    )  # fmt: skip
    assert (mine["status"], mine["client"]) == (400, "127.0.0.1")
    assert 0 < mine["milliseconds"] < 10_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", mine["time"])
    assert {"mine", "first", "again", "plain"} <= requests.keys()
    cut = [line["request_id"] for line in told if "cut off" in line["message"]]
    assert len(cut) == 2
    assert "plain" in cut
    assert set(cut) <= requests.keys()
    assert secret not in server.log.read_text()


def test_lines_for_people_cannot_be_forged(start_server: Any) -> None:
    server = start_server(access_log="yes")
    server.raw(
        b"GET /a%0a2026-01-01%20ERROR%20forged%1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    server.stop()
    (line,) = [line for line in server.log.read_text().splitlines() if "forged" in line]
    assert "request method=GET path=/a\\n2026-01-01 ERROR forged\\x1b[31m status=404" in line


def test_nothing_is_logged_of_ordinary_requests_unless_wanted(start_server: Any) -> None:
    server = start_server()
    server.ask("ASK {}")
    server.fetch("/nothing")
    server.stop()
    assert server.log.read_text().splitlines()[1:] == []


def test_an_accident_is_logged_with_its_request_and_told_with_nothing(tmp_path: Any) -> None:
    program = """
import asyncio, sys
from portsmouth_server import Settings, create_app
from portsmouth_server.operating import logs
logs.configure("json", "warning", False)
class Broken:
    snapshot = "s"
    async def query(self, query): raise RuntimeError("inside")
async def receive(): return {"type": "http.request", "body": b""}
sent = []
async def send(message): sent.append(message)
scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/sparql",
         "raw_path": b"/sparql", "query_string": b"query=ASK%7B%7D", "root_path": "",
         "client": ("127.0.0.1", 1),
         "server": ("127.0.0.1", 80), "headers": [(b"x-request-id", b"abc")]}
asyncio.run(create_app(Broken())(scope, receive, send))
assert b"inside" not in sent[1]["body"]
"""
    from server.conftest import ROOT

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30,
        env={"PYTHONPATH": f"{ROOT / 'graph'}:{ROOT / 'server'}"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    line = json.loads(ended.stderr)
    assert (line["level"], line["request_id"]) == ("error", "abc")
    assert "RuntimeError: inside" in line["exception"]


# --- how often, and how many


def test_a_client_that_asks_too_often_is_told_when_to_come_back(start_server: Any) -> None:
    server = start_server(rate=0.5, burst=5)
    began, replies = time.monotonic(), [server.ask("ASK {}")]
    while replies[-1].status != 429:
        replies.append(server.ask("ASK {}"))
        # On a slow machine time gives some back.
        assert len(replies) <= 7 + (time.monotonic() - began) * 0.5
    assert [reply.status for reply in replies[:-1]] == [200] * (len(replies) - 1)
    assert len(replies) > 5
    problem = replies[-1].problem
    assert problem["type"].endswith("/rate-limit")
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 2
    # What pages are made of, and what tells whether the server is well, is for everybody.
    for path in ("/health", "/health/live", "/metrics", "/static/seal.svg"):
        assert [server.fetch(path).status for _ in range(8)] == [200] * 8
    time.sleep(int(replies[-1].headers["retry-after"]))
    assert server.ask("ASK {}").status == 200


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("::1", "::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_is_who_trusted_proxies_say(
    proxies: str, peer: str, forwarded: str | None, client: str
) -> None:
    from portsmouth_server.operating.door import Door

    door = Door(Settings.load(words=[f"trusted_proxies={proxies}"], environment={}))
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    assert door.client(peer, headers) == client


def test_each_client_has_tokens_of_its_own_and_gets_them_back() -> None:
    from portsmouth.errors import RateLimitError
    from portsmouth_server.operating.door import Door

    now, waits = [0.0], []
    door = Door(Settings(rate=2, burst=3), clock=lambda: now[0])

    def ask(client: str) -> bool:
        try:
            door.admit({"path": "/sparql", "client": (client, 1), "headers": []})
        except RateLimitError as error:
            waits.append(error.wait)
            return False
        return True

    assert [ask("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert ask("192.0.2.2")
    now[0] += 1
    assert [ask("192.0.2.1") for _ in range(3)] == [True, True, False]
    now[0] += 100
    assert [ask("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert set(waits) == {1}
    # One IPv6 client has more addresses than anybody can count.
    assert [ask(f"2001:db8::{n}") for n in range(4)] == [True, True, True, False]


def test_memory_for_clients_is_bounded() -> None:
    from portsmouth_server.operating.door import Door

    door = Door(Settings(rate=1))
    for number in range(25_000):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        door.admit({"path": "/", "client": (address, 1), "headers": []})
    assert len(door._buckets) == 20_000


def test_one_connection_too_many_is_told(start_server: Any) -> None:
    server = start_server(max_connections=5)
    eventually(lambda: server.connections() == 0)
    # They are taken in the order in which they come.
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    received = server.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 2" in received
    assert json.loads(received.partition(b"\r\n\r\n")[2])["type"].endswith("/busy")
    for connection in held:
        connection.close()
    eventually(lambda: server.connections() == 0)
    assert server.ask("ASK {}").status == 200


def test_one_address_may_not_take_every_connection(start_server: Any) -> None:
    server = start_server(client_connections=3)
    eventually(lambda: server.connections() == 0)
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
    assert server.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 429 ")
    held.pop().close()
    eventually(lambda: server.connections() == 2)
    assert server.ask("ASK {}").status == 200
    for connection in held:
        connection.close()


def test_hundreds_of_half_open_connections_keep_nobody_waiting(start_server: Any) -> None:
    server = start_server(client_seconds=1.5)
    beginnings = (
        b"",
        b"GET /spar",
        b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 99\r\n\r\nASK",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nASK",
    )
    half = []
    for number in range(400):
        half.append(socket.create_connection(("127.0.0.1", server.port)))
        half[-1].sendall(beginnings[number % len(beginnings)])
    dripping = threading.Event()

    def drip() -> None:
        # The slowest way to send a head: each byte on its own, none of them in vain for the timer of a byte.
        while not dripping.wait(0.2):
            for connection in half[1::5]:
                try:
                    connection.sendall(b"x")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for _ in range(20):
            assert server.ask("ASK {}").status == 200
        end = time.monotonic() + 30
        closed = 0
        for connection in half:
            connection.settimeout(max(0.1, end - time.monotonic()))
            try:
                while connection.recv(65536):
                    pass
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            closed += 1
        assert closed == len(half)
    finally:
        dripping.set()
        thread.join()
        for connection in half:
            connection.close()
    assert server.ask("ASK {}").status == 200
