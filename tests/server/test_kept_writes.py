"""Writing to a server as an operator runs it: what it says, what it keeps, what a kill leaves."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import RunningServer

#: How often the server is killed; the store alone is killed more often in ``tests/store/test_kills.py``.
KILLS = int(os.environ.get("PORTSMOUTH_SERVER_KILLS", "4"))
TOKEN = "a-token-of-the-tests-0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/sparql-update"}
PREFIX = "PREFIX : <http://e/> "

Serve = Callable[..., RunningServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start ``portsmouth serve`` with options."""
    started: list[RunningServer] = []

    def start(*options: str, **settings: object) -> RunningServer:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        command = ("portsmouth", "serve", "--no-data", *options)
        started.append(RunningServer(folder, command, token=TOKEN, **settings))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


def update(server: RunningServer, text: str) -> Any:
    return server.fetch("/update", "POST", HEADERS, (PREFIX + text).encode())


def rows(server: RunningServer, query: str) -> list[list[str]]:
    reply = server.ask(PREFIX + query, accept="text/csv")
    assert reply.status == 200, reply.body
    return [line.split(",") for line in reply.body.decode().split("\r\n")[1:] if line]


def test_a_write_is_seen_at_once_and_changes_the_snapshot(serve: Serve) -> None:
    server = serve()
    assert "ends with the server" in server.log.read_text()
    before = server.fetch("/health").body
    assert update(server, "INSERT DATA { GRAPH :g { :s :p 1 } }").status == 204
    assert rows(server, "SELECT ?o { :s :p ?o }") == [["1"]]
    assert server.fetch("/health").body != before
    refused = update(server, "INSERT DATA { :s :p 2 }")
    assert (refused.status, "GRAPH" in refused.problem["detail"]) == (409, True)
    assert rows(server, "SELECT ?o { :s :p ?o }") == [["1"]]


def test_a_plain_dataset_is_written_in_its_default_graph(serve: Serve) -> None:
    server = serve("--dataset", "plain")
    assert update(server, "INSERT DATA { :s :p 1 GRAPH :g { :s :p 2 } }").status == 204
    assert rows(server, "SELECT ?o { :s :p ?o }") == [["1"]]


def test_a_killed_server_comes_back_with_all_that_it_acknowledged(serve: Serve, tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    numbers = iter(range(1, 1_000_000))
    taking = threading.Lock()

    def write(server: RunningServer, over: threading.Event) -> None:
        while not over.is_set():
            with taking:
                n = next(numbers)
            text = f"INSERT DATA {{ GRAPH :a {{ :s{n} :n {n} }} GRAPH :b{n % 5} {{ :s{n} :n {n}, [] }} }}"
            try:
                if update(server, text).status == 204:
                    acknowledged.add(n)
            except (OSError, HTTPException):
                return

    for _ in range(KILLS):
        server = serve("--store", str(tmp_path / "store"))
        check(server, acknowledged)
        over = threading.Event()
        writers = [threading.Thread(target=write, args=(server, over)) for _ in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.2, 1))
        server.process.kill()
        server.process.wait()
        over.set()
        for writer in writers:
            writer.join()
    assert acknowledged
    server = serve("--store", str(tmp_path / "store"))
    check(server, acknowledged)
    assert "times and is served as it stands" in server.log.read_text()


def check(server: RunningServer, acknowledged: set[int]) -> None:
    """Check that everything acknowledged is there, each request wholly, and the default graph with it."""
    found = rows(
        server, "SELECT ?n (COUNT(?g) AS ?m) { GRAPH ?g { ?s :n ?n FILTER(!ISBLANK(?n)) } } GROUP BY ?n"
    )
    assert {int(n) for n, _ in found} >= acknowledged
    assert {m for _, m in found} <= {"2"}
    blank = rows(server, "SELECT (COUNT(*) AS ?m) { GRAPH ?g { ?s :n ?n FILTER(ISBLANK(?n)) } }")
    assert int(blank[0][0]) == len(found)
    default = rows(server, "SELECT (COUNT(*) AS ?m) { ?s ?p ?o }")
    assert int(default[0][0]) == 2 * len(found)
