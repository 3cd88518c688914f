"""No query calls a host that is not allowed, however it writes that it does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from portsmouth.errors import ServiceRefusedError
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Query
from portsmouth.store.sparql.lexer import outline

DATA = (
    b'<http://s> <http://p> "x", "x"@en, <http://e/>, <http://h:8>, <http://o> .'.replace(
        b", ", b" .\n<http://s> <http://p> "
    )
    + b'\n<http://s> <http://p> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n'
    + b'<http://s> <http://p> "1e0"^^<http://www.w3.org/2001/XMLSchema#double> .\n'
)
CALL = "SERVICE <URL> { ?x ?y ?z }"
HIDDEN = [
    "ASK { BIND(1 AS ?a) SERVICESILENT <URL> { ?x ?y ?z } }",
    "PREFIX : <URL> ASK { SERVICE:{ ?x ?y ?z } }",
    "PREFIX : <URL> PREFIX SERVICE: <http://e/> ASK { service:{ ?x ?y ?z } }",
    "PREFIX : <URL> ASK { ?s ?p true.SERVICE:{ ?x ?y ?z } }",
    "PREFIX e: <http://e/> ASK { ?s ?p e:.SERVICE<URL>{ ?x ?y ?z } }",
    f"PREFIX e: <http://h:8> ASK {{ ?s ?p e:{CALL} }}",
    "ASK { ?s ?p 1e0SERVICE<URL>{ ?x ?y ?z } }",
    "ASK { ?s ?p trueSERVICE<URL>{ ?x ?y ?z } }",
    f"ASK {{ FILTER(?a<?b&&'>'=?c||true) {CALL} FILTER('x'='x') }}",
    f"ASK {{ FILTER(?a<?b#>'''\n||true) {CALL} FILTER('x'='x' # '''\n) }}",
    f"PREFIX e: <http://e/> ASK {{ FILTER(?a<e:x#>'''\n||true) {CALL} FILTER('x'='x' # '''\n) }}",
    f"SELECT (1<2&&'>'='>' AS ?n) {{ {CALL} FILTER('x'='x') }}",
    f"ASK {{ OPTIONAL {{ <<?s?p'>'>> ?q ?r }} {CALL} FILTER('x'='x') }}",
    f'PREFIX e: <http://e/> ASK {{ VALUES ?x {{ """ a" e:\\- }} {CALL} VALUES ?y {{ """ b" }} }}',
]
HARMLESS = [
    "PREFIX s: <http://service.example/> ASK { ?service s:SERVICE 'service', \"SERVICE\" } # SERVICE",
    "PREFIX service: <http://e/> ASK { ?Service service:x ?SERVICE ; a <http://e/service#x> }",
    "SELECT (GROUP_CONCAT(STR(?o) ; separator=' SERVICE ') AS ?service) { ?s ?p ?o FILTER(1<2&&'>'='>') }",
]


@pytest.fixture
def host() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine, and what it was asked for."""
    asked: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Host) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("hosts", [frozenset(), frozenset({"allowed.example"})])
def test_a_call_that_is_hidden_is_refused(host: tuple[str, list[str]], hosts: frozenset[str]) -> None:
    url, asked = host

    async def use() -> None:
        async with EmbeddedStore.from_nquads(DATA, limits=Limits(workers=2, service_hosts=hosts)) as store:
            for text in HIDDEN:
                with pytest.raises(ServiceRefusedError):
                    await store.query(Query(text.replace("URL", url)))
            for text in HARMLESS:
                await (await store.query(Query(text))).aclose()

    asyncio.run(use())
    assert asked == []


def test_an_endpoint_is_the_one_that_the_engine_would_call() -> None:
    allowed, other = "PREFIX SILENT: <http://a.example/>", "PREFIX : <http://b.example/>"
    (call,) = outline(f"{allowed} {other} ASK {{ SERVICE SILENT:x {{ }} }}").services
    assert call.endpoint is None
    (call,) = outline(
        "PREFIX e:<http://a.example/> PREFIXe:<http://b.example/> ASK { SERVICE e:x { } }"
    ).services
    assert call.endpoint == "http://b.example/x"
