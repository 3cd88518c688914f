"""Ten thousand hostile requests: none makes a fault of the server's own, none is kept in memory."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

REQUESTS = 10_000
THREADS = 16
#: What takes longer hangs.
SECONDS = 300
WORDS = """
SELECT * WHERE { } ( ) [ ] <http://a> <> <<( )>> << >> ?x $y _:b a . ; , | ^ / + * ! = < > && || OPTIONAL
FILTER GRAPH SERVICE SILENT MINUS UNION BIND AS VALUES UNDEF EXISTS NOT IN GROUP BY HAVING ORDER LIMIT
OFFSET FROM NAMED CONSTRUCT DESCRIBE ASK PREFIX BASE pt: rdf:type 'str' \"\"\" \\u0000 1e999 -1 true
COUNT SUM GROUP_CONCAT REGEX REPLACE SUBSTR STRDT IRI BNODE NOW INSERT DELETE LOAD CLEAR DROP #
<relative> "a"@en-- '1'^^xsd:date ?x?y 0x1 LATERAL
""".split()  # noqa: SIM905  # as a list it would fill a page
METHODS = [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"BREW"]
TYPES = [
    b"application/sparql-query", b"application/x-www-form-urlencoded", b"application/sparql-update",
    b"text/plain", b"multipart/form-data; boundary=x", b"application/sparql-query; charset=utf-7",
    b";;;", b"\xff\xfe", b"",
]  # fmt: skip
PATHS = [
    b"/",
    b"/health",
    b"/static/seal.svg",
    b"/static/%2e%2e/%2e%2e/x",
    b"/static/styles/..%2f..%2fsettings.py",
    b"/static/%252e%252e%252f%252e%252e%252fetc/passwd",
    b"/id/..%2f..%2f..%2fetc%2fpasswd%00.ttl",
    b"/id/witte",
    b"/passage/s5-235.jsonld",
    b"/queries/..%5c..%5cetc",
    b"/queries/provisions-of-article",
    b"/search",
    b"/dumps/%2e%2e/%2e%2e/etc/passwd",
    b"/ns/../ns",
    b"/update",
    b"/graphs",
    b"/graphs/%0d%0aX: y",
    b"/metrics",
    b"/problem/%3Cscript%3E",
    b"/conflicts",
    b"//evil.example/%2f..",
    b"http://evil.example/sparql",
    b"/%00",
    b"/\xff",
]
HEADERS = [
    b"Accept",
    b"Content-Length",
    b"If-None-Match",
    b"Transfer-Encoding",
    b"Expect",
    b"Cookie",
    b"Range",
    b"Host",
    b"Origin",
    b"X",
    b"X-Request-ID",
    b"X-Forwarded-For",
    b"X-Forwarded-Host",
    b"Authorization",
    b"Accept-Language",
    b"Accept-Encoding",
    b"If-Match",
]


def random_bytes(rng: random.Random, most: int) -> bytes:
    return rng.randbytes(rng.randrange(most))


def broken_text(rng: random.Random) -> bytes:
    pieces = [
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xf8\x88\x80\x80",
        b"%FF",
        b"%",
        b"%zz",
        b"\x00",
        "\U0001f6a2".encode(),
        "โค".encode(),
        b"\xff",
    ]
    return b"ASK { " + b" ".join(rng.choices(pieces, k=rng.randrange(1, 20)))


def nested(rng: random.Random) -> bytes:
    depth = rng.choice([10, 100, 1000, 10_000])
    opening, closing = rng.choice(
        [
            (b"{", b"}"),
            (b"(", b")"),
            (b"[", b"]"),
            (b"OPTIONAL{", b"}"),
            (b"!", b""),
            (b"<<(", b")>>"),
            (b"{SELECT*{", b"}}"),
        ]
    )
    return (
        b"SELECT * { "
        + rng.choice([b"", b"FILTER "])
        + opening * depth
        + b"1"
        + closing * rng.choice([depth, depth - 1, 0])
        + b" }"
    )


def huge(rng: random.Random) -> bytes:
    size = rng.choice([10_000, 70_000, 400_000, 1_100_000])
    return b"SELECT * { ?s ?p '" + rng.choice([b"x", b"\\", b"'", b"?", b"(", b" ", b"#", b"<"]) * size


def soup(rng: random.Random) -> bytes:
    return " ".join(rng.choices(WORDS, k=rng.randrange(1, 60))).encode()


def valid(rng: random.Random) -> bytes:
    return f"SELECT * {{ ?s ?p ?o FILTER(?o = {rng.randrange(10**9)}) }} LIMIT {rng.randrange(50)}".encode()


def query(rng: random.Random) -> bytes:
    makers = [soup, soup, soup, soup, valid, valid, valid, broken_text, broken_text, nested, huge]
    weights = [4, 4, 4, 4, 3, 3, 3, 4, 4, 3, 0.4]
    return rng.choices(makers, weights)[0](rng)


def request(rng: random.Random) -> bytes:
    """Make one request, or what only begins like one."""
    if rng.random() < 0.08:
        return random_bytes(rng, 3000) + b"\r\n\r\n"
    text = query(rng)
    method = rng.choices([b"GET", b"POST", rng.choice(METHODS)], [4, 5, 2])[0]
    path = b"/sparql" if rng.random() < 0.8 else rng.choice(PATHS)
    body = b""
    headers = [b"Host: x", b"Connection: close"]
    if method == b"GET":
        name = rng.choice(
            [
                b"query",
                b"query",
                b"query",
                b"update",
                b"default-graph-uri",
                b"format",
                random_bytes(rng, 9).hex().encode(),
            ]
        )
        encoded = (
            quote_from_bytes(text).encode()
            if rng.random() < 0.8
            else text.replace(b" ", b"+").replace(b"\n", b"")
        )
        path += (
            b"?"
            + name
            + b"="
            + encoded
            + rng.choice([b"", b"", b"&query=x", b"&format=csv", b"&default-graph-uri=%00", b"&&=&="])
        )
    elif method in (b"POST", b"PUT", b"PATCH"):
        content_type = rng.choices(TYPES, [6, 6, 1, 1, 1, 1, 1, 1, 1])[0]
        body = b"query=" + quote_from_bytes(text).encode() if b"form" in content_type else text
        headers.append(b"Content-Type: " + content_type)
        length = len(body) if rng.random() < 0.93 else rng.choice([0, len(body) // 2, len(body) + 10, 10**18])
        headers.append(b"Content-Length: %d" % length)
    for _ in range(rng.choice([0, 0, 0, 1, 3, 50])):
        value = rng.choice(
            [
                b"*/*",
                b"text/html",
                b'"' * 50,
                random_bytes(rng, 40).hex().encode(),
                b"a/b;q=x",
                b"chunked",
                b"y" * 5000,
            ]
        )
        headers.append(rng.choice(HEADERS) + b": " + value)
    return method + b" " + path + b" HTTP/1.1\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + body


def send(port: int, data: bytes) -> bytes:
    """Send bytes and return the beginning of what comes back until the server closes."""
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            while part := connection.recv(65536):
                if len(received) < 100_000:
                    received += part
    except TimeoutError:
        return b"TIMEOUT"
    except ConnectionError:
        # A server that has said no need not read the rest.
        pass
    return received


def status(received: bytes) -> str:
    lines = [
        line
        for line in received.split(b"\r\n")
        if line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 100")
    ]
    return lines[0][9:12].decode() if lines else received[:7].decode("latin-1") or "closed"


def memory(server: Any) -> float:
    """Return the MiB that the server's processes have for themselves, shared pages counted once."""
    total = 0
    for process in server.family():
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def test_ten_thousand_hostile_requests(start_server: Any) -> None:
    server = start_server(deadline=1, workers=8, client_seconds=0.4)
    statuses: Counter[str] = Counter()
    faults: list[tuple[bytes, bytes]] = []
    readings: list[float] = []
    begun = time.monotonic()
    numbers = iter(range(REQUESTS))
    lock = threading.Lock()

    def attack() -> None:
        while time.monotonic() - begun < SECONDS:
            with lock:
                number = next(numbers, None)
                if number is None:
                    return
                if number % 2000 == 1999:
                    readings.append(memory(server))
            data = request(random.Random(number))
            received = send(server.port, data)
            with lock:
                statuses[status(received)] += 1
                if status(received) in ("500", "TIMEOUT"):
                    faults.append((data, received))

    threads = [threading.Thread(target=attack) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    mebibytes = [round(reading) for reading in readings]
    print(f"{sum(statuses.values())} requests in {seconds:.0f} s: {dict(statuses)}; MiB {mebibytes}")
    assert not faults, [(data[:300], received[:600]) for data, received in faults[:3]]
    assert sum(statuses.values()) == REQUESTS
    assert server.process.poll() is None
    assert server.ask("ASK {}").status == 200
    # The first thousands fill caches and workers' heaps; after that nothing may grow.
    assert readings[-1] < readings[1] * 1.15 + 15, readings
    assert "Traceback" not in server.log.read_text()
