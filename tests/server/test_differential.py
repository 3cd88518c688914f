"""The same bytes to a server that lends connections and to one that does not: nobody can tell them apart."""

from __future__ import annotations

import random
import re
import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest

from portsmouth.store.processes.lending import POSSIBLE

from .conftest import RunningServer

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="connections are lent on Linux only")

CONVERSATIONS = 160
AT_ONCE = 8
QUERIES = [
    "ASK { ?s ?p ?o }", "ASK{}", "SELECT (1 AS ?n) {}", "SELECT ?s { ?s a ?t } ORDER BY ?s LIMIT 5",
    "SELECT", "",
    "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t }", "SELECT ('โปรต a+b%20c#d' AS ?x) {}", "SELECT (1/0 AS ?x) {}",
    "DESCRIBE <http://example.org/zz>", "SELECT * { <relative> ?p ?o }", "INSERT DATA { <a:b> <a:c> 1 }",
    "ASK {} # &%", "BASE <http://x/> ASK { <a> <b> <c> }", "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "SELECT * { SERVICE <http://127.0.0.1:1/> {} }", "SELECT (<http://x/f>(1) AS ?y) {}",
]  # fmt: skip
ACCEPTS = [
    b"text/csv", b"*/*", b"text/turtle", b"text/html", b"image/png",
    b"text/csv;q=0.9, application/json;q=0.1",
    b"", b"text/html;q=0.3,*/*;q=0.2", b"text/*", b"a/b;q=2", b"\xff\xfe", b"text/csv;q=0", b",,,",
]  # fmt: skip
PARAMETERS = [
    b"format=csv", b"format=xml", b"format=nonsense", b"default-graph-uri=http%3A%2F%2Fg", b"parts=s3",
    b"parts=zz",
    b"default-graph-uri=relative", b"receipts=inline", b"unknown=1", b"quer=ASK", b"", b"=",
    b"update=CLEAR+ALL",
    b"lang=th", b"query=ASK%7B%7D", b"%71uery=ASK%7B%7D", b"x=%", b"x=%zz", b"x=%ff", b"a;b=c",
]  # fmt: skip
ADDRESSES = [
    b"/id/witte", b"/sparql", b"/nothing", b"/queries/demands?format=csv", b"*", b"sparql?query=ASK{}",
    b"/sparql?",
    b"/sparql/?query=ASK%7B%7D", b"/SPARQL?query=ASK%7B%7D", b"/./sparql?query=ASK%7B%7D", b"/update",
]  # fmt: skip
HEADERS = [
    b"Accept-Encoding: gzip, br", b"User-Agent: \xe9\xff x", b"X-Request-Id: my-7", b"X-Request-ID: <b>",
    b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade", b"Upgrade: websocket",
    b"Connection: TE",
    b"Connection: keep-alive, Upgrade", b"Expect: 100-continue", b"Range: bytes=0-3", b"If-None-Match: *",
    b"Origin: https://a.example", b"Access-Control-Request-Method: POST", b"Cookie: lang=th",
    b"Content-Length: 0",
    b"Content-Length: 5", b"Content-Length: +1", b"Content-Length: 0\r\nContent-Length: 0",
    b"X: a\r\n folded",
    b"Transfer-Encoding: chunked", b"X : y", b"X:y", b"X:\ty\t ", b": novalue", b"noname", b"X: a\x00b",
    b"X: a\rb",
    b"X: a\x01b", b"Proxy-Connection: close", b"Proxy-Connection: keep-alive", b"X: " + b"a" * 3000,
    b"(bad): x",
    b"X\xff: y", b"Authorization: Bearer x", b"If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT", b"",
]  # fmt: skip
METHODS = [b"HEAD", b"POST", b"OPTIONS", b"PUT", b"DELETE", b"get", b"TRACE", b"CONNECT", b"BREW"]
VERSIONS = [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.2", b"http/1.1", b"", b"HTTP/1.1 "]
ONE = "GET /sparql?query=SELECT+({}+AS+%3Fn)%7B%7D HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n"
LAST = ONE.format("'the+end'").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode()


def encoded(rng: random.Random, query: str) -> bytes:
    ways: list[Callable[[], str]] = [
        lambda: quote(query, safe=""),
        lambda: quote_plus(query),
        lambda: "".join(f"%{byte:02x}" for byte in query.encode()),
        lambda: quote(query, safe="/{}?:'()*"),
    ]
    return rng.choice(ways)().encode()


def address(rng: random.Random) -> bytes:
    if rng.random() < 0.2:
        return rng.choice(ADDRESSES)
    parts = [b"query=" + encoded(rng, rng.choice(QUERIES))]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(PARAMETERS))
    whole = b"/sparql?" + b"&".join(parts)
    odd = [
        b"/" + whole, b"http://127.0.0.1" + whole, whole + b"#fragment&format=csv", whole + b"\xc3\xa9",
        whole + b'"',
        whole.replace(b"sparql", b"%73parql", 1), whole + b"%", whole + b"%00",
        whole + b"%23" + b"a" * 30_000,
        whole.replace(b"query=", b"query=" + b"%20" * 900, 1), whole + b"%23" + b"a" * 70_000,
    ]  # fmt: skip
    return rng.choice(odd) if rng.random() < 0.15 else whole


def request(rng: random.Random) -> bytes:
    method = b"GET" if rng.random() < 0.85 else rng.choice(METHODS)
    version = b"HTTP/1.1" if rng.random() < 0.94 else rng.choice(VERSIONS)
    lines = [method + b" " + address(rng) + b" " + version]
    if rng.random() < 0.9:
        lines.append(b"Host: 127.0.0.1")
    if rng.random() < 0.5:
        lines.append(rng.choice([b"Accept: ", b"accept:", b"ACCEPT:  "]) + rng.choice(ACCEPTS))
    if rng.random() < 0.25:
        lines.append(rng.choice(HEADERS))
    body = b""
    if method in (b"POST", b"PUT"):
        sent = rng.choice([b"ASK{}", b"query=ASK%7B%7D", b"", b"update=CLEAR+ALL"])
        lines.append(b"Content-Type: application/" + rng.choice([b"sparql-query", b"x-www-form-urlencoded"]))
        length, chunked = b"Content-Length: %d" % len(sent), b"Transfer-Encoding: chunked"
        in_chunks = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (sent[:2], sent[2:]) if p) + b"0\r\n\r\n"
        more, body = rng.choice(
            [([length], sent), ([chunked], in_chunks), ([length, chunked], sent), ([], sent)]
        )
        lines += more
    end = b"\r\n" if rng.random() < 0.98 else b"\n"
    return end.join([*lines, b"", b""]) + body


def conversation(rng: random.Random) -> tuple[list[bytes], bool]:
    """Return what is sent, in pieces, and whether an answer is waited for after each."""
    requests = [request(rng) for _ in range(rng.choice([1, 1, 2, 3, 5]))]
    way = rng.random()
    if way < 0.4:
        return requests, True
    whole = b"".join(requests)
    if way < 0.7:
        return [whole], False
    cuts = [0, *sorted(rng.randrange(len(whole) + 1) for _ in range(rng.randint(1, 3))), len(whole)]
    return [whole[start:end] for start, end in pairwise(cuts) if start < end], False


def become_lent(stream: socket.socket, lent: bool) -> None:
    """Ask plain queries until a worker answers them, or as many as that may take."""
    usual = None
    end = time.monotonic() + 15
    for number in range(1 << 20):
        stream.sendall(ONE.format(number).encode())
        received = b""
        while not received.endswith(b"\r\nn\r\n%d\r\n" % number):
            received += stream.recv(65536)
        name = received.partition(b"x-request-id: ")[2].partition(b"-")[0]
        usual = usual or name
        if name != usual or (number > 3 and not lent):
            return
        assert time.monotonic() < end, "the connection is never lent"


def talk(server: RunningServer, pieces: list[bytes], wait: bool, lent: bool) -> bytes:
    """Send pieces on one connection, and return all that comes back until it is closed."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=15) as stream,
        suppress(ConnectionError),
    ):
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        become_lent(stream, lent)
        received = bytearray()
        with suppress(ConnectionError):
            for piece in [*pieces, LAST]:
                stream.sendall(piece)
                patience = 0.2 if wait else 0.005
                while select.select([stream], [], [], patience)[0]:
                    if not (part := stream.recv(1 << 20)):
                        return bytes(received)
                    received += part
                    patience = 0.01
            while part := stream.recv(1 << 20):
                received += part
    return bytes(received)


def told(received: bytes) -> list[tuple[object, ...]]:
    """Return the responses: status, headers, body; without what differs from one time to the next."""
    responses: list[tuple[object, ...]] = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines if b": " in line)
        name, length = headers.pop(b"x-request-id", b""), int(headers.pop(b"content-length", b"0"))
        dated = headers.pop(b"date", None) is not None
        body, chunked = b"", headers.pop(b"transfer-encoding", None)
        if re.match(rb"HTTP/1\.1 \d\d\d ", received):
            # What comes at once is the next response: this one was to HEAD, or has no body.
            pass
        elif chunked:
            while chunk := int(received.partition(b"\r\n")[0], 16):
                start = received.index(b"\r\n") + 2
                body, received = body + received[start : start + chunk], received[start + chunk + 2 :]
            received = received.partition(b"\r\n\r\n")[2]
        else:
            body, received = received[:length], received[length:]
        responses.append((status, name if name == b"my-7" else bool(name), dated, headers, body))
    return responses


def test_nobody_can_tell_who_answers(start_server: Callable[..., RunningServer]) -> None:
    settings = {"client_seconds": 5, "max_head_bytes": 60_000, "deadline": 20}
    usual, lending = start_server(lanes=0, **settings), start_server(**settings)

    def converse(seed: int) -> tuple[int, list[bytes], list[tuple[object, ...]], list[tuple[object, ...]]]:
        pieces, wait = conversation(random.Random(seed))
        return seed, pieces, told(talk(usual, pieces, wait, False)), told(talk(lending, pieces, wait, True))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        outcomes = list(threads.map(converse, range(CONVERSATIONS)))
    for seed, pieces, expected, found in outcomes:
        assert found == expected, (seed, [piece[:500] for piece in pieces])
    statuses = {response[0] for _, _, _, found in outcomes for response in found}
    assert {status.split()[1] for status in statuses if isinstance(status, bytes)} > {
        b"200",
        b"400",
        b"404",
        b"405",
    }
