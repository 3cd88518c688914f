"""Problem details (RFC 9457) at every exit."""

from __future__ import annotations

import html
import json
import logging
import re
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from portsmouth import errors
from portsmouth_server import Settings, create_app
from portsmouth_server.app import Server
from portsmouth_server.errors import Problem
from portsmouth_server.urls import problem_type

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "method", "status", "kind"),
    [
        ("/nothing", "GET", 404, "not-found"),
        ("//sparql", "GET", 404, "not-found"),
        ("/static/nothing.css", "GET", 404, "not-found"),
        ("/static/../pages.py", "GET", 404, "not-found"),
        ("/static/%2e%2e/pages.py", "GET", 404, "not-found"),
        ("/static/", "GET", 404, "not-found"),
        ("/problem/nothing", "GET", 404, "not-found"),
        ("/docs", "GET", 404, "not-found"),
        ("/%ff%fe", "GET", 404, "not-found"),
        ("/", "POST", 405, "method"),
        ("/health", "DELETE", 405, "method"),
        ("/static/seal.svg", "POST", 405, "method"),
        ("/sparql", "PUT", 405, "method"),
        ("/sparql?query=", "GET", 400, "request"),
    ],
)
def test_refusals(server: Any, path: str, method: str, status: int, kind: str) -> None:
    reply = server.fetch(path, method)
    assert (reply.problem["status"], reply.problem["type"]) == (status, problem_type(kind))
    assert reply.headers["cache-control"] == "no-store"
    if status == 405:
        assert "GET" in reply.headers["allow"]


@pytest.mark.parametrize("path", ["/nothing", "/sparql?query=ASK&query=ASK", "/static/nothing.css"])
def test_browsers_get_a_page(server: Any, path: str) -> None:
    reply = server.fetch(path, headers=BROWSER)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<h1>" in reply.body
    assert "default-src 'none'" in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /sparql\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nASK {}",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    ],
)
def test_what_is_no_http(server: Any, request_bytes: bytes) -> None:
    received = server.raw(request_bytes)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), received
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["status"] == 400


def test_a_head_without_end(server: Any) -> None:
    received = server.raw(b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 1_000_000)
    assert received.startswith(b"HTTP/1.1 431 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["type"] == problem_type("too-large")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.StoreBusyError("found no place; expected one"), 503, "busy"),
        (errors.DeadlineError(3), 504, "deadline"),
        (errors.MemoryLimitError(64), 507, "memory"),
        (errors.EngineError("it goes round"), 500, "engine"),
        (errors.RemoteError("found nothing; expected something"), 502, "remote"),
        (errors.StoreError("found it broken; expected it whole"), 500, "store"),
        (errors.QueryNestingError("depth", "less"), 400, "query-nesting"),
        (errors.ServiceRefusedError("a", "b"), 403, "service-refused"),
        (errors.QuerySyntaxError("a", "b", 3, 14), 400, "query-syntax"),
    ],
)
def test_errors_of_the_store(
    call: Any, answer: Any, error: errors.PortsmouthError, status: int, kind: str
) -> None:
    before = call(error)
    assert (before.reply.problem["status"], before.reply.problem["type"]) == (status, problem_type(kind))
    assert (before.reply.headers.get("retry-after") is not None) == (status == 503)
    # The same while a small answer is collected, before anything has been sent.
    collected = call(answer(b"{", error, complete=True))
    assert collected.reply.problem["status"] == status


def test_the_parser_says_where(server: Any) -> None:
    query = "SELECT * {\n  ?s ?p "
    problem = server.ask(query).problem
    with pytest.raises(SyntaxError, match=f"error at {problem['line']}:{problem['column']}:"):
        ox.Store().query(query)
    assert problem["detail"].startswith("line 2, column 9: ")


def test_an_accident_tells_nothing(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        exchange = call(RuntimeError("secret /etc/passwd"))
    assert (exchange.reply.problem["status"], exchange.ended) == (500, True)
    assert b"secret" not in exchange.reply.body


def test_an_accident_on_another_route(call: Any) -> None:
    exchange = call(RuntimeError("secret"), path="/health", query_string="")
    assert (exchange.reply.problem["status"], exchange.ended) == (500, True)
    assert b"secret" not in exchange.reply.body


def test_a_wrong_parameter_of_a_route(scripted_store: Any, answer: Any) -> None:
    """FastAPI's own refusal of parameters, on a route made for the test."""
    import asyncio

    app: Server = create_app(scripted_store(answer(b"{}")))

    @app._rest.get("/typed")  # type: ignore[attr-defined,untyped-decorator]
    async def typed(number: int) -> int:
        return number

    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": "/typed", "query_string": b"number=many", "headers": [],
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("h", 80), "client": None,
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    problem = json.loads(messages[1]["body"])
    assert (messages[0]["status"], problem["type"]) == (422, problem_type("parameter"))
    assert "number" in problem["detail"]


def test_not_ready(call: Any) -> None:
    reply = call(
        errors.StoreBusyError("found 8 queries running; expected a place"), path="/health", query_string=""
    ).reply
    assert reply.problem["status"] == 503
    assert reply.headers["retry-after"]


def test_ready(server: Any) -> None:
    reply = server.fetch("/health")
    health = json.loads(reply.body)
    assert (health["live"], health["ready"], len(health["snapshot"])) == (True, True, 64)


def test_every_problem_type_has_a_page(server: Any) -> None:
    kinds = {
        value.kind
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.PortsmouthError)
    }
    assert len(kinds) > 15
    for kind in kinds:
        assert server.fetch(f"/problem/{kind}").status == 200


def test_a_long_detail_is_cut() -> None:
    problem = Problem.from_error(errors.RequestError(found="x" * 100_000, expected="less"))
    assert len(problem.detail) <= 2000


def test_detail_is_never_broken_unicode() -> None:
    json.loads(Problem.from_error(errors.RequestError(found="\ud800", expected="text")).body())


def test_the_query_is_not_thrown_back_whole(server: Any) -> None:
    reply = server.fetch("/sparql?" + urlencode({"query": "ASK { '" + "x" * 30_000}))
    assert len(reply.body) < 5000
    assert reply.problem["status"] == 400


def test_a_store_that_does_not_open(scripted_store: Any, answer: Any) -> None:
    import asyncio

    app = create_app(
        scripted_store(answer(), open_error=errors.StoreError("found no data; expected some")), Settings()
    )
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert messages == [{"type": "lifespan.startup.failed", "message": "found no data; expected some"}]
    assert str(app.failure) == "found no data; expected some"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/id/nobody",
        "/id/witte.xyz",
        "/queries/nobody",
        "/network?since=1905-13-01",
        "/timeline?since=abc",
        "/sparql?query=SELEC",
        "/sparql?query=SELECT+?a,+?b+{}",
        "/sparql?query=SELECT+?a+(COUNT(*)+AS+?n)+{}",
        "/sparql?query=ASK+{+?a+?b+'c+}",
        "/sparql?query=ASK+{+?a+?b+",
        "/sparql?query=ASK+{+FILTER+?a+}",
        "/cite",
        "/cite?query=ASK%7B%7D&version=deadbeefdeadbeef",
        "/ns.exe",
        "/.well-known/void.exe",
        "/problem/deadline",
    ],
)
def test_readers_of_thai_are_told_in_thai(shipped: Any, path: str) -> None:
    reply = shipped.fetch(path, headers=BROWSER | {"Accept-Language": "th"})
    page = reply.body.decode()
    said = re.search(r'class="lead"[^>]*>(.*?)</p>|id="problem-title">.*?<p>(.*?)</p>', page, re.DOTALL)
    assert said, page
    words = html.unescape(said[1] or said[2])
    assert re.search("[\u0e00-\u0e7f]{5}", words), words
    assert not re.search(r"\b(found|expected|such as|one of|the)\b", words), words
    for asked in ("th", "en", "fr", None):
        accepted = {"Accept-Language": asked} if asked else {}
        told = shipped.fetch(path, headers={"Accept": "application/json"} | accepted)
        if told.status != 200:
            thai = asked == "th"
            assert told.headers["content-language"] == ("th" if thai else "en")
            assert bool(re.search("[\u0e00-\u0e7f]{5}", told.problem["detail"])) == thai
            assert bool(re.search("[\u0e00-\u0e7f]{5}", told.problem["title"])) == thai
