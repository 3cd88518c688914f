"""Clients that send or read in the least convenient way, on connections of their own and on lent ones."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest

from portsmouth.store.processes.lending import POSSIBLE
from portsmouth_server.readers import MUCH, Readers

from .conftest import RunningServer, eventually
from .test_lanes import RUNAWAY, Client, prefix

LARGE = (
    "SELECT * {{ ?a <http://example.org/n> ?b . ?c <http://example.org/n> ?d FILTER(?d < {}) }} LIMIT 50000"
)
lending = pytest.mark.skipif(not POSSIBLE, reason="connections are lent on Linux only")


def request(query: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET /sparql?query={quote(query)} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with little patience, whose connections all go to one worker."""
    running = RunningServer(tmp_path_factory.mktemp("hasty"), lanes=1, client_seconds=1, deadline=3)
    yield running
    running.stop()


@lending
@pytest.mark.parametrize("lent", [False, True])
def test_a_client_that_reads_nothing_does_not_keep_its_connection(hasty: RunningServer, lent: bool) -> None:
    clients = []
    for number in range(3):
        client = Client(hasty)
        if lent:
            client.become_lent()
        else:
            client.connection.connect()
        client.connection.sock.sendall(request(LARGE.format(1000 + number)))
        clients.append(client)
    eventually(lambda: hasty.connections() == 0)
    for client in clients:
        received = b""
        with suppress(ConnectionError):
            while part := client.connection.sock.recv(1 << 20):
                received += part
        # What has come is the beginning of an answer: it was given up, and not refused.
        assert received.startswith(b"HTTP/1.1 200 ")
        assert not received.endswith(b"0\r\n\r\n")
        client.close()


class Transport:
    """A transport that has one byte to send, which the kernel does not take yet."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return 1

    def get_extra_info(self, name: str) -> socket.socket:
        assert name == "socket"
        return self.stream

    def is_closing(self) -> bool:
        return True

    def abort(self) -> None:
        self.aborted = True


@lending
def test_a_client_that_reads_little_at_a_time_keeps_its_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = socket.create_connection(listener.getsockname())
        writer, _ = listener.accept()
    with reader, writer:
        writer.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                writer.send(bytes(1 << 16))
        connection = SimpleNamespace(transport=Transport(writer), unsent=MUCH, is_full=True)

        looks: list[Callable[[], None]] = []
        loop = SimpleNamespace(call_later=lambda _, look, *arguments: looks.append(partial(look, *arguments)))
        Readers(30).watch([connection], loop)
        for _ in range(3):
            looks.pop()()
            assert not connection.transport.aborted
            received = 0
            while received < 1 << 20:
                received += len(reader.recv(1 << 16))
        looks.pop()()
        looks.pop()()
        assert connection.transport.aborted


def resident(server: RunningServer) -> int:
    """Return the KiB of memory that the server's own process has."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@lending
def test_answers_that_nobody_reads_do_not_pile_up(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(deadline=60, lanes=0)
    client = Client(server)
    query = LARGE.format(60).replace("50000", "150")
    # By now it is kept, and takes no time.
    length = max(len(client.get(f"/sparql?query={quote(query)}").body) for _ in range(4))
    before, many = resident(server), 1000
    client.connection.sock.sendall(many * request(query))
    time.sleep(0.5)
    assert many * length > 40 << 20
    assert resident(server) - before < 20 << 10
    # Whoever reads after all gets everything.
    assert received_by(client.connection.sock, many) == many
    client.close()


def received_by(stream: socket.socket, most: int) -> int:
    """Read until as many answers have begun, and return how many have."""
    count, last = 0, b""
    while count < most and (part := stream.recv(1 << 20)):
        # What has been counted leaves too little of itself to be counted again.
        data = last + part
        count += data.count(b"HTTP/1.1 200 OK")
        last = data[-14:]
    return count


@pytest.mark.parametrize("lanes", [0, 2])
def test_any_number_of_requests_may_come_at_once(
    start_server: Callable[..., RunningServer], lanes: int
) -> None:
    stream, many = Client(start_server(lanes=lanes)).connection, 3000
    stream.connect()
    data = many * request("ASK { 1 a 2 }", "X-Padding: " + "x" * 100)
    sending = threading.Thread(target=stream.sock.sendall, args=(data,))
    sending.start()
    assert received_by(stream.sock, many) == many
    sending.join()
    stream.close()


def test_what_comes_with_a_request_has_as_long_to_be_answered(
    start_server: Callable[..., RunningServer],
) -> None:
    client = Client(start_server(deadline=5.5, lanes=0))
    for _ in range(3):
        client.get(f"/sparql?query={quote('ASK { 1 a 2 }')}")
    client.connection.sock.sendall(request("ASK { 1 a 2 }") + request(RUNAWAY))
    received = b""
    while b"HTTP/1.1 504" not in received:
        part = client.connection.sock.recv(65536)
        assert part, "the connection is closed in the middle"
        received += part
    client.close()


@lending
def test_a_quiet_connection_is_closed_although_others_are_busy(hasty: RunningServer) -> None:
    quiet, busy, stop = Client(hasty).become_lent(), Client(hasty).become_lent(), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            busy.is_lent()
            time.sleep(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        quiet.connection.sock.settimeout(15)
        assert quiet.connection.sock.recv(1) == b""
    finally:
        stop.set()
        thread.join()
        quiet.close()
        busy.close()


@lending
def test_nothing_is_lost_that_a_worker_gave_back_before_it_took_long(hasty: RunningServer) -> None:
    asking, other = Client(hasty).become_lent(), Client(hasty).become_lent()
    # Neither is closed for having been quiet.
    assert asking.is_lent()
    assert other.is_lent()
    # For a while the server itself does nothing, as when it reads what it needs for the first time.
    os.kill(hasty.process.pid, signal.SIGSTOP)
    try:
        other.connection.request("GET", "/health/live")
        time.sleep(0.1)
        asking.connection.request("GET", "/sparql?" + urlencode({"query": RUNAWAY}))
        time.sleep(0.5)
    finally:
        os.kill(hasty.process.pid, signal.SIGCONT)
    assert other.connection.getresponse().status == 200
    assert asking.connection.getresponse().status == 504
    for client in (asking, other):
        client.close()


@lending
def test_an_overrun_on_a_lent_connection_has_its_name_and_is_counted(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(deadline=0.5)
    for name in ("my-7", None):
        client = Client(server).become_lent()
        reply = client.ask(RUNAWAY, {"X-Request-Id": name} if name else {})
        assert reply.problem["status"] == 504
        if name:
            assert reply.headers["x-request-id"] == name
        else:
            assert prefix(reply) == client.usual
        assert reply.headers["date"]
        client.close()
    counted = 'portsmouth_http_requests_total{method="GET",route="/sparql",status="504"} 2.0'
    eventually(lambda: counted in server.metrics())


@lending
def test_nothing_stays_of_workers_that_were_ended(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(deadline=0.2, lanes=1)

    def files() -> int:
        return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))

    def overrun(times: int) -> None:
        for _ in range(times):
            client = Client(server).become_lent()
            assert client.ask(RUNAWAY).status == 504
            client.close()

    overrun(1)
    # With a worker in the place of that one.
    client = Client(server).become_lent()
    before = files()
    client.close()
    overrun(5)
    eventually(lambda: files() <= before + 2)


@pytest.mark.parametrize("line", ["Proxy-Connection: close", "Connection: close"])
def test_a_connection_that_is_to_be_closed_is_closed(server: RunningServer, line: str) -> None:
    received = server.raw(request("ASK {}", line) + request("ASK {}"))
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"connection: close" in received


@pytest.mark.parametrize("end", [b"\x16\x03\x01 hello\r\n\r\n", b"CONNECT a?b HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("usual", [(), ('If-None-Match: "never"',)])
def test_what_was_asked_before_is_answered_before_what_is_no_http(
    server: RunningServer, end: bytes, usual: tuple[str, ...]
) -> None:
    first, second = (request(LARGE.format(n), "Accept: text/csv", *usual) for n in (20, 21))
    received = server.raw(first + second + end)
    found = [received.find(b"HTTP/1.1 200"), received.rfind(b"HTTP/1.1 200"), received.find(b"HTTP/1.1 400")]
    assert -1 not in found
    assert found == sorted(set(found))


@pytest.mark.parametrize("usual", [(), ('If-None-Match: "never"',)])
def test_a_client_that_asks_much_at_once_and_leaves_ends_its_query(
    start_server: Callable[..., RunningServer], usual: tuple[str, ...]
) -> None:
    server = start_server(deadline=60)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request(RUNAWAY, *usual) + 3 * request("ASK {}"))
        eventually(lambda: "portsmouth_queries_running 1.0" in server.metrics())
    eventually(lambda: "portsmouth_queries_running 0.0" in server.metrics())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01 hello\r\n\r\n", b"400"),
        (b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 70_000), b"414"),
        (b"GET / HTTP/1.1\r\nX: %b\r\n\r\n" % (b"a" * 70_000), b"431"),
        (b"GET / HTTP/1.1\r\n", b"408"),
    ],
)
def test_what_is_refused_before_it_is_read_is_dated_and_named(
    hasty: RunningServer, request_: bytes, status: bytes
) -> None:
    head = hasty.raw(request_).partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"\r\ndate: " in head
    assert b"\r\nx-request-id: " in head


def test_a_fragment_is_no_part_of_what_is_asked(server: RunningServer) -> None:
    path = "/sparql?query=SELECT+(1+AS+?n)%7B%7D"
    types = {
        server.fetch(path + more, headers=headers).type
        for more in ("", "#&format=csv")
        for headers in ({}, {"If-None-Match": '"never"'})
    }
    assert types == {"application/sparql-results+json"}


def test_the_methods_of_a_page_are_told_in_the_same_order_everywhere(server: RunningServer) -> None:
    assert server.fetch("/", "PUT").headers["allow"] == "GET, HEAD"
    assert json.loads(server.fetch("/", "PUT").body)["status"] == 405


@pytest.mark.parametrize(
    "other",
    ["CONNECT /sparql HTTP/1.1\r\n", "GET /health/live HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"],
)
def test_what_comes_with_a_request_for_another_protocol_is_answered(
    server: RunningServer, other: str
) -> None:
    last = "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = server.raw(f"{other}Host: x\r\n\r\n{last}".encode())
    assert received.count(b"HTTP/1.1 ") == 2
    assert received.endswith(b'"boolean":true}')
