"""SERVICE calls the hosts that the operator names, and is led nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

SECRET = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"literal","value":"secret"}}]}}'
Host = Callable[..., ThreadingHTTPServer]


@pytest.fixture
def host() -> Iterator[Host]:
    """Start hosts that answer, or that send those who ask elsewhere; each keeps count of its requests."""
    running: list[ThreadingHTTPServer] = []

    def start(status: int = 200, location: str = "") -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.server.asked.append(self.path)  # type: ignore[attr-defined]
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Type", "application/sparql-results+json")
                self.send_header("Content-Length", str(len(SECRET)))
                self.end_headers()
                self.wfile.write(SECRET)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Be silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def calling(host: ThreadingHTTPServer, name: str = "127.0.0.1") -> str:
    return f"SELECT * {{ SERVICE <http://{name}:{host.server_port}/sparql> {{ ?s ?p ?o }} }}"


def test_an_allowed_host_is_asked_and_led_nowhere_else(start_server: Any, host: Host) -> None:
    private = host()
    target = f"http://127.0.0.1:{private.server_port}/private"
    redirecting = {status: host(status, target) for status in (301, 302, 303, 307, 308)}
    friendly = host()
    allowed = [f"localhost:{each.server_port}" for each in (*redirecting.values(), friendly)]
    server = start_server(service_hosts=",".join(allowed))
    reply = server.ask(calling(friendly, "localhost"))
    assert (reply.status, b"secret" in reply.body) == (200, True)
    for status, each in redirecting.items():
        reply = server.ask(calling(each, "localhost"))
        assert (reply.problem["status"], each.asked) == (502, ["/sparql"]), status
        assert b"secret" not in reply.body
    assert private.asked == []


def test_silent_does_not_open_another_way(start_server: Any, host: Host) -> None:
    private = host()
    leading = host(302, f"http://127.0.0.1:{private.server_port}/private")
    server = start_server(service_hosts=f"localhost:{leading.server_port}")
    silent = calling(leading, "localhost").replace("SERVICE", "SERVICE SILENT")
    assert b"secret" not in server.ask(silent).body
    refused = calling(private).replace("SERVICE", "SERVICE SILENT")
    assert server.ask(refused).problem["type"].endswith("/service-refused")
    assert private.asked == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "file:///etc/passwd", "ftp://localhost:{port}/", "http://127.0.0.1:{port}/", "http://[::1]:{port}/",
        "http://localhost:{port}@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@localhost:{port}/",
        "http://127.0.0.1:{port}?@localhost:{port}", "http://localhost.:{port}/", "http://2130706433:{port}/",
        "http://0x7f.1:{port}/", "//127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}",
        "data:application/sparql-results+json,{{}}", "urn:x", "",
    ],
)  # fmt: skip
def test_no_spelling_leads_to_a_host_that_is_not_allowed(server: Any, host: Host, endpoint: str) -> None:
    private = host()
    address = endpoint.format(port=private.server_port)
    for text in (
        f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ VALUES ?e {{ <{address or 'http://e/'}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
        f"BASE <{address or 'http://e/'}> ASK {{ {{ SELECT * {{ SERVICE SILENT <> {{ ?s ?p ?o }} }} }} }}",
    ):
        problem = server.ask(text).problem
        assert problem["status"] in (400, 403), text
    assert private.asked == []
