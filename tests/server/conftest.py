"""A real server process for tests as users meet it, and a store that does as it is told for the rest."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from portsmouth.store.protocol import Answer, AnswerKind, Query
from portsmouth_server import Settings, create_app

ROOT = Path(__file__).parents[2]
DEADLINE = 2.0
T = TypeVar("T")
DATA = """
PREFIX pt: <https://w3id.org/portsmouth1905/ns#>
PREFIX d: <https://w3id.org/portsmouth1905/id/>
PREFIX p: <https://w3id.org/portsmouth1905/passage/>
PREFIX g: <https://w3id.org/portsmouth1905/graph/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
p:s1-001 { d:treaty a pt:Treaty ; pt:signedBy d:witte . d:witte a pt:Person . }
p:s1-002 { d:treaty a pt:Treaty ; pt:signedBy d:witte, d:komura . }
g:editorial {
  d:witte skos:prefLabel "Sergei Witte"@en, "เซียร์เกย์ วิตเต"@th, "Сергей Витте"@ru .
  d:komura skos:prefLabel "Komura Jutarō"@en, "小村壽太郎"@ja .
  d:hostile skos:prefLabel "<script>alert(1)</script>"@en, "\\"><img src=x onerror=alert(1)>" ;
    skos:altLabel "</textarea><b>" ;
    rdfs:seeAlso <javascript:alert(1)>, <http://example.org/a?b=c&d=%22> ;
    pt:amount 7, 1.5, "1905-09-05"^^xsd:date, true .
}
"""


def dataset() -> bytes:
    """Return the test dataset as N-Quads: passages, and a default graph with each of their triples once."""
    quads = list(ox.parse(DATA.encode(), format=ox.RdfFormat.TRIG))
    numbers = "https://w3id.org/portsmouth1905/id/number"
    in_graph, property_ = ox.NamedNode("http://example.org/numbers"), ox.NamedNode("http://example.org/n")
    quads += [
        ox.Quad(ox.NamedNode(f"{numbers}-{n}"), property_, ox.Literal(n), in_graph) for n in range(1500)
    ]
    merged = {ox.Quad(q.subject, q.predicate, q.object) for q in quads}
    data = ox.serialize([*quads, *merged], format=ox.RdfFormat.N_QUADS)
    assert data is not None
    return data


def eventually(condition: Callable[[], T], seconds: float = 30) -> T:
    """Wait until something holds, and return it.

    :param seconds: how long to wait at most: what fails only because the machine is busy tells nothing.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"found nothing that holds within {seconds:g} s"
        time.sleep(0.02)
    return found


@dataclass(frozen=True)
class Reply:
    """A response, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def problem(self) -> dict[str, Any]:
        """The problem details, checked to be such."""
        import json

        assert self.type == "application/problem+json", (self.status, self.headers, self.body[:300])
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["type"].startswith("https://w3id.org/portsmouth1905/problem/")
        assert problem["title"]
        assert problem["detail"]
        assert problem["status"] == self.status
        return problem


class RunningServer:
    """A server process of its own."""

    def __init__(self, folder: Path, command: Sequence[str] = (), **settings: object) -> None:
        path = folder / "dataset.nq"
        path.write_bytes(dataset())
        self.log = folder / "server.log"
        variables = {f"PORTSMOUTH_{name.upper()}": str(value) for name, value in settings.items()}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *(command or ("portsmouth_server", str(path)))],
                env=os.environ
                | {
                    "PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}",
                    # A port picked here could be another's by the time that the server asks for it.
                    "PORTSMOUTH_PORT": "0",
                }
                | variables,
                stderr=log,
                stdout=log,
            )
        try:
            self.url = eventually(self._address, 60)
            self.port = int(self.url.rpartition(":")[2])
            self.sparql = self.url + "/sparql"
            assert self.fetch("/health").status == 200, self.log.read_text()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _address(self) -> str:
        """Return where the server says that it answers, nothing as long as it does not."""
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"^Serving on (http://127\.0\.0\.1:\d+)\b.*\n", self.log.read_text(), re.MULTILINE)
        return found[1] if found else ""

    def fetch(
        self,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 30,
    ) -> Reply:
        """Send a request exactly as given and read its whole response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None and not {"Content-Length", "Transfer-Encoding"} & set(headers or {}):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def ask(self, query: str, accept: str | None = None, **parameters: Any) -> Reply:
        """Send a query by GET."""
        path = "/sparql?" + urlencode({"query": query, **parameters}, doseq=True)
        return self.fetch(path, headers={"Accept": accept} if accept else {})

    def raw(
        self, data: bytes, timeout: float = 10, half_close: bool = False, enough: bytes | None = None
    ) -> bytes:
        """Send bytes and return all that comes until the server closes or says nothing more.

        :param enough: what ends the reading as soon as it has come, where the server goes on to wait.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            # A server that has refused what came first need not read the rest.
            with suppress(ConnectionError):
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            received = bytearray()
            while True:
                try:
                    part = connection.recv(65536)
                except (TimeoutError, ConnectionError):
                    return bytes(received)
                if not part:
                    return bytes(received)
                received += part
                if enough and enough in received:
                    return bytes(received)

    def metrics(self) -> str:
        """Return what the server tells an operator of its figures."""
        return self.fetch("/metrics").body.decode()

    def connections(self) -> int:
        """Return how many connections of clients the server holds, whether or not the client still does."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        established, half_closed = "01", "08"
        return sum(
            int(row[1].partition(":")[2], 16) == self.port and row[3] in (established, half_closed)
            for row in rows
        )

    def family(self) -> list[int]:
        """Return the ids of the server's process and of all that descend from it."""
        children: dict[int, list[int]] = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def stop(self) -> int:
        """Stop the server as an operator would and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a short deadline."""
    running = RunningServer(tmp_path_factory.mktemp("server"), deadline=DEADLINE, client_seconds=3)
    yield running
    running.stop()


class WritableServer(RunningServer):
    """A server whose graph starts empty and may be written, with the token that this takes."""

    TOKEN = "open-sesame-1905"

    def __init__(self, folder: Path, **settings: object) -> None:
        command = ("portsmouth", "serve", "--dataset", "plain", "--no-data")
        super().__init__(folder, command, token=self.TOKEN, **settings)
        self.authorization = {"Authorization": f"Bearer {self.TOKEN}"}
        #: What a test knows the store to hold, which the next one then need not write.
        self.held: object = None

    def write(self, method: str, path: str, body: str, content_type: str, **headers: str) -> Reply:
        """Send a change as its owner does."""
        self.held = None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.fetch(
            path, method, {"Content-Type": content_type, **self.authorization, **named}, body.encode()
        )


@pytest.fixture(scope="session")
def writable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritableServer]:
    """A server whose graph starts empty and may be written."""
    running = WritableServer(tmp_path_factory.mktemp("writable"), deadline=10)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritableServer]:
    """A server that may be written, behind a proxy, with narrow limits and a full log."""
    running = WritableServer(
        tmp_path_factory.mktemp("configured"),
        public_url="https://example.org/p",
        cors_origin="https://a.example",
        max_request_bytes=1000,
        max_write_bytes=3_000_000,
        # Whose helper starts on a busy machine beside one that runs away needs some of it.
        deadline=3,
        access_log="yes",
        log_level="debug",
    )
    yield running
    running.stop()


@pytest.fixture
def start_writable(tmp_path: Path) -> Iterator[Callable[..., WritableServer]]:
    """Start servers that may be written, with settings of the test's own."""
    started: list[WritableServer] = []

    def start(**settings: object) -> WritableServer:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(WritableServer(folder, **settings))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Start servers with settings of the test's own."""
    started: list[RunningServer] = []

    def start(**settings: object) -> RunningServer:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(RunningServer(folder, **settings))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


@dataclass
class ScriptedAnswer:
    """Chunks to give, exceptions among them to raise."""

    chunks: Sequence[bytes | BaseException]
    kind: AnswerKind = "solutions"
    media_type: str = "application/sparql-results+json"
    complete: bool = False
    closed: bool = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class ScriptedStore:
    """A store that gives the answer, or raises the error, that it was made with."""

    outcome: Answer | BaseException
    snapshot: str = "s1"
    asked: list[Query] = field(default_factory=list)
    open_error: BaseException | None = None
    closed: bool = False

    async def query(self, query: Query) -> Answer:
        self.asked.append(query)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    async def aclose(self) -> None:
        self.closed = True

    async def __aenter__(self) -> ScriptedStore:
        if self.open_error:
            raise self.open_error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


@dataclass
class Exchange:
    """What an application sent for one request."""

    messages: list[dict[str, Any]]

    @property
    def ended(self) -> bool:
        """Whether the response was brought to its proper end."""
        last = self.messages[-1]
        return last["type"] == "http.response.body" and not last.get("more_body")

    @property
    def reply(self) -> Reply:
        start = self.messages[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], headers, b"".join(m.get("body", b"") for m in self.messages[1:]))


@pytest.fixture
def call() -> Callable[..., Exchange]:
    """Send one request to a tiny application over a scripted store."""

    def send_request(
        outcome: Answer | BaseException | ScriptedStore,
        path: str = "/sparql",
        query_string: str = "query=ASK%7B%7D",
        headers: dict[str, str] | None = None,
        method: str = "GET",
        settings: Settings | None = None,
        **scope: object,
    ) -> Exchange:
        store = outcome if isinstance(outcome, ScriptedStore) else ScriptedStore(outcome)
        app = create_app(store, settings)
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        full = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query_string.encode(), "root_path": "",
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), **scope,
        }  # fmt: skip
        asyncio.run(app(full, receive, send))
        return Exchange(messages)

    return send_request


def answer_of(*chunks: bytes | BaseException, **properties: Any) -> ScriptedAnswer:
    return ScriptedAnswer(chunks, **properties)


@pytest.fixture
def answer() -> Callable[..., ScriptedAnswer]:
    """Make a scripted answer of chunks and errors."""
    return answer_of


@pytest.fixture
def scripted_store() -> type[ScriptedStore]:
    """The class of stores that do as they are told."""
    return ScriptedStore
