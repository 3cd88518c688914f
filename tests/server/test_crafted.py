"""Requests made with care: out of folders, under the name of another host, into headers, beyond limits."""

from __future__ import annotations

import itertools
import json
import re
import socket
import time
from contextlib import suppress
from typing import Any

import pytest

ROOTS = (
    b"/static/",
    b"/static/styles/",
    b"/dumps/",
    b"/queries/",
    b"/ns/",
    b"/id/",
    b"/passage/",
    b"/problem/",
    b"/",
    b"/graphs/",
    b"/.well-known/",
    b"/health/",
    b"/conflicts/",
)
CLIMBS = (
    b"../",
    b"..%2f",
    b"..%2F",
    b"%2e%2e/",
    b"%2e%2e%2f",
    b"%252e%252e%252f",
    b"..%252f",
    b"..\\",
    b"..%5c",
    b"....//",
    b"..;/",
    b"%c0%ae%c0%ae/",
    b"%c0%ae%c0%ae%c0%af",
    b"..%00/",
    b".%2e/",
    b"//",
    b"/./../",
    b"%2f..%2f",
)
TARGETS = (
    (4, b"settings.py"),
    (7, b"etc/passwd"),
    (9, b"etc/passwd%00.css"),
    (6, b"pyproject.toml"),
    (12, b"proc/self/environ"),
)
#: What stands in files that nobody may see.
SECRETS = (b"root:x:0", b"[build-system]", b"class Settings", b"PORTSMOUTH_PORT=", b"PYTHONPATH=")
CRLF = (
    "%0d%0aX-Injected:%20yes",
    "%0aX-Injected:yes",
    "%0dX-Injected:yes",
    "%e5%98%8d%e5%98%8aX-Injected:yes",
    "%00",
)


def heads(received: bytes) -> bytes:
    return received.partition(b"\r\n\r\n")[0]


def get(path: bytes, *headers: bytes, host: bytes = b"x") -> bytes:
    lines = [
        b"GET " + path + b" HTTP/1.1",
        *([b"Host: " + host] if host else []),
        b"Connection: close",
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@pytest.mark.parametrize("root", ROOTS)
def test_no_path_leads_out_of_its_folder(shipped: Any, root: bytes) -> None:
    for climb, (depth, target) in itertools.product(CLIMBS, TARGETS):
        path = root + climb * depth + target
        received = shipped.raw(get(path))
        status = received[9:12]
        assert status in (b"303", b"400", b"404", b"405", b"406", b"401", b"403"), (path, received[:300])
        assert not any(secret in received for secret in SECRETS), path
        if status == b"303":
            location = re.search(rb"\r\nlocation: ([^\r]*)", received, re.IGNORECASE)
            assert location and re.match(rb"/[^/\\]", location[1]), path


@pytest.mark.parametrize(
    "path", [b"/static", b"/static/", b"/static/styles", b"/static/styles/", b"/dumps", b"/dumps/"]
)
def test_folders_are_not_listed(shipped: Any, path: bytes) -> None:
    assert shipped.raw(get(path))[9:12] == b"404"


HOSTS = (
    b"evil.example",
    b"evil.example:80",
    b"evil.example@127.0.0.1",
    b'x"><script>alert(1)</script>',
    b"evil.example/x?",
    b"",
    b"[::1]:80",
    b"127.0.0.1\tevil.example",
    b"evil.example#",
    b"\xff\xfe",
    b"x" * 5000,
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path", [b"/", b"/id/witte", b"/nothing", b"/sparql?query=x", b"/queries", b"/static"]
)
def test_a_forged_host_leads_nobody_away(shipped: Any, path: bytes, host: bytes) -> None:
    forged = (b"X-Forwarded-Host: evil.example", b"Forwarded: host=evil.example", b"X-Forwarded-Proto: ftp")
    received = shipped.raw(get(path, b"Accept: text/html", b"X-Original-URL: /x", *forged, host=host))
    location = re.search(rb"\r\nlocation: ([^\r]*)", received, re.IGNORECASE)
    assert location is None or re.match(rb"/[^/\\]", location[1]), received[:400]
    assert b"evil.example" not in received
    assert b"<script>alert" not in received


def test_two_hosts_or_a_whole_address_confuse_nobody(shipped: Any) -> None:
    two = shipped.raw(get(b"/id/witte", b"Host: evil.example"))
    whole = shipped.raw(get(b"http://evil.example/id/witte"))
    for received in (two, whole):
        assert received[9:12] in (b"303", b"400", b"404")
        assert b"evil.example" not in heads(received)


def test_the_address_that_the_operator_names_wins_over_any_host(start_server: Any) -> None:
    server = start_server(public_url="https://example.org/p")
    for path in ("/.well-known/void", "/sparql", "/p/.well-known/void"):
        reply = server.fetch(path, headers={"Accept": "text/turtle", "X-Forwarded-Host": "evil.example"})
        assert reply.status == 200
        assert b"https://example.org/p" in reply.body
        assert b"127.0.0.1" not in reply.body
        assert b"evil" not in reply.body


@pytest.mark.parametrize("attack", CRLF)
@pytest.mark.parametrize(
    "path",
    [
        "/id/{}",
        "/id/{}.ttl",
        "/queries/{}",
        "/queries/signatories?format={}",
        "/search?q={}",
        "/{}",
        "/static/{}",
        "/sparql?query=ASK%7B%7D&format={}",
        "/sparql?query={}",
        "/sparql?query=ASK%7B%7D&default-graph-uri={}",
        "/problem/{}",
        "/conflicts?entity={}",
        "/ns.{}",
        "/dumps/{}",
    ],
)
def test_no_request_writes_a_header_of_its_own(shipped: Any, path: str, attack: str) -> None:
    received = shipped.raw(get(path.format("x" + attack).encode()))
    assert received.startswith(b"HTTP/1.1 ")
    assert b"x-injected" not in heads(received).lower().replace(b"%0d%0ax-injected", b"").replace(
        b"%0ax-injected", b""
    )
    assert received.count(b"HTTP/1.1 ") == 1
    assert received[9:12] != b"500"


@pytest.mark.parametrize(
    "name", [b"Accept", b"Origin", b"If-None-Match", b"X-Request-ID", b"Accept-Language", b"Cookie"]
)
@pytest.mark.parametrize(
    "value", [b"x\rX-Injected: yes", b"x\nX-Injected: yes", b"x\x00y", b"x\r\n X-Injected: yes", b"\x7f" * 9]
)
def test_no_header_comes_back_as_two(shipped: Any, name: bytes, value: bytes) -> None:
    received = shipped.raw(get(b"/id/witte", name + b": " + value))
    assert not re.search(rb"\r?\nx-injected:", heads(received), re.IGNORECASE)
    assert received[9:12] != b"500"


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (get(b"/", b"X: " + b"y" * 200_000), (b"431", b"400")),
        (get(b"/", *[b"X-%d: y" % n for n in range(20_000)]), (b"431", b"400")),
        (get(b"/search?q=" + b"x" * 200_000), (b"414", b"431")),
        (get(b"/" + b"a/" * 20_000), (b"404", b"414")),
        (get(b"/search?" + b"&".join(b"q=x" for _ in range(15_000))), (b"200", b"400", b"414")),
        (
            get(b"/", b"Accept: " + b",".join(b"a/b;q=0.%d" % n for n in range(5000))),
            (b"200", b"406", b"431"),
        ),
        (get(b"/", b"Cookie: " + b"a=b; " * 10_000), (b"200", b"431")),
        (get(b"/", b"Range: bytes=" + b"0-1," * 5000), (b"200", b"416", b"431")),
        (get(b"/static/seal.svg", b"Range: bytes=" + b"0-1," * 5000), (b"200", b"206", b"400", b"416")),
        (get(b"/sparql?query=ASK%7B%7D", b"If-None-Match: " + b'"x",' * 10_000), (b"200", b"431")),
    ],
)
def test_nothing_grows_beyond_its_bound(shipped: Any, data: bytes, statuses: tuple[bytes, ...]) -> None:
    received = shipped.raw(data)
    assert received[9:12] in statuses, received[:300]
    assert shipped.ask("ASK {}").status == 200


def test_a_long_head_is_refused_in_whatever_pieces_it_comes(shipped: Any) -> None:
    head = get(b"/", b"X: " + b"y" * 100_000)
    for cut in (20, 40_000, 70_000, len(head) - 10):
        with socket.create_connection(("127.0.0.1", shipped.port), timeout=10) as connection:
            connection.sendall(head[:cut])
            time.sleep(0.1)
            # Whoever is refused need not be able to say the rest.
            with suppress(ConnectionError):
                connection.sendall(head[cut:])
            assert connection.recv(65536)[9:12] == b"431", cut


def test_smuggled_requests_are_refused_or_answered_as_one(shipped: Any) -> None:
    hidden = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    for headers in (
        b"Content-Length: 6\r\nTransfer-Encoding: chunked",
        b"Content-Length: 6\r\nContent-Length: 60",
        b"Content-Length: +6",
        b"Content-Length: 0x6",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: chunked, identity",
    ):
        head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n" + headers
        received = shipped.raw(head + b"\r\n\r\n0\r\n\r\n" + hidden, timeout=3)
        assert b'"ready"' not in received or b"HTTP/1.1 400" in received, headers


def test_every_page_keeps_scripts_and_frames_of_others_out(shipped: Any) -> None:
    for path in (
        "/",
        "/queries",
        "/queries/signatories",
        "/sparql",
        "/search?q=witte",
        "/id/witte",
        "/ns",
        "/x",
        "/conflicts",
    ):
        reply = shipped.fetch(path + "", headers={"Accept": "text/html"})
        while reply.status == 303:
            reply = shipped.fetch(reply.headers["location"], headers={"Accept": "text/html"})
        policy = dict(
            part.strip().partition(" ")[::2] for part in reply.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'", path
        assert policy.get("script-src", "'self'") == policy["style-src"] == "'self'", path
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
        assert "unsafe" not in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_problems_are_told_as_problems_at_every_exit(shipped: Any) -> None:
    for path in (
        "/nothing",
        "/id/nothing",
        "/queries/nothing",
        "/dumps/nothing",
        "/static/nothing",
        "/sparql?query=x",
    ):
        assert json.loads(shipped.fetch(path).body)["status"] >= 400
