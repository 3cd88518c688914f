"""What one answer may have: refused whole while that can be told, broken off afterwards."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from server.conftest import RunningServer

NUMBERS = "SELECT * { ?s <http://example.org/n> ?n }"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server that sends at most 200 rows and 300,000 bytes."""
    folder: Path = tmp_path_factory.mktemp("strict")
    running = RunningServer(folder, max_rows=200, max_answer_bytes=300_000)
    yield running
    running.stop()


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_as_many_rows_as_allowed_come_and_one_more_is_told(strict: Any, name: str) -> None:
    assert strict.ask(f"{NUMBERS} LIMIT 200", format=name).status == 200
    problem = strict.ask(f"{NUMBERS} LIMIT 201", format=name).problem
    assert problem["status"] == 422
    assert problem["type"].endswith("/answer-limit")
    assert "more than 200 rows" in problem["detail"]
    assert "LIMIT" in problem["detail"]


def test_a_graph_counts_its_triples(strict: Any) -> None:
    construct = f"CONSTRUCT {{ ?s <http://e> ?n }} WHERE {{ {{ {NUMBERS} LIMIT %d }} }}"
    assert strict.ask(construct % 200, format="nt").status == 200
    assert "more than 200 triples" in strict.ask(construct % 201, format="nt").problem["detail"]


def test_bytes_beyond_the_limit_break_the_body_off(strict: Any) -> None:
    copies = ", ".join(["STR(?s)"] * 60)
    wide = f"SELECT ?s (CONCAT({copies}) AS ?w) {{ {{ {NUMBERS} LIMIT 190 }} }}"
    connection = http.client.HTTPConnection("127.0.0.1", strict.port, timeout=20)
    connection.request("GET", "/sparql?" + urlencode({"query": wide}))
    try:
        response = connection.getresponse()
        # Whether the limit is met before the first bytes leave is the network's affair; half is never whole.
        if response.status == 200:
            with pytest.raises(http.client.IncompleteRead):
                response.read()
        else:
            assert (response.status, b"300,000 bytes" in response.read()) == (422, True)
    finally:
        connection.close()


def test_a_named_query_keeps_the_limits_too(call: Any, answer: Any, scripted_store: Any) -> None:
    from portsmouth_server import Settings

    store = scripted_store(answer(b"x"))
    call(store, settings=Settings(max_rows=7, max_answer_bytes=9))
    assert [(asked.max_rows, asked.max_bytes) for asked in store.asked] == [(7, 9)]


def test_http_1_0_gets_no_more_than_fits_in_memory(call: Any, answer: Any, scripted_store: Any) -> None:
    store = scripted_store(answer(b"x"))
    call(store, http_version="1.0")
    assert store.asked[0].max_bytes == 64 << 20


def test_pages_and_dumps_are_not_cut(strict: Any) -> None:
    assert strict.fetch("/dumps/portsmouth1905.nq").body.count(b"\n") > 3000
    assert strict.fetch("/", headers={"Accept": "text/html"}).status == 200
