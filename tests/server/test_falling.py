"""The engine falls over, seen over HTTP: whoever asks is answered, or told what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portsmouth.store.processes.lending import POSSIBLE

from .conftest import Reply, RunningServer
from .test_lanes import USUAL, Client, told

NUMBERS = "?s <http://example.org/n> ?n"
XSD = "http://www.w3.org/2001/XMLSchema#"
#: Kinds of values that the engine sorts each in another way, and so falls over sorting them together.
SEEN = f"""SELECT ?v {{ {{ {NUMBERS} BIND(?n AS ?v) }} UNION {{ {NUMBERS} BIND(STR(?n) AS ?v) }}
UNION {{ {NUMBERS} BIND(STRDT(STR(?n + 1000), <{XSD}gYear>) AS ?v) }}
UNION {{ {NUMBERS} BIND(STRLANG(STR(?n), "en") AS ?v) }} }} ORDER BY """
#: The same in a way in which it is not seen before.
MIXED = SEEN.replace(" AS ?v", " AS # a note\n ?v")


def numbers(reply: Reply) -> list[int]:
    """Return the numbers among the values of an answer, as they come."""
    assert reply.status == 200, reply.body
    rows = [row["v"] for row in json.loads(reply.body)["results"]["bindings"]]
    assert len(rows) == 6000
    return [int(row["value"]) for row in rows if row.get("datatype") == f"{XSD}integer"]


def asked(server: RunningServer, query: str, way: str) -> Reply:
    if way == "post":
        return server.fetch(
            "/sparql", "POST", {"Content-Type": "application/sparql-query"}, query.encode(), timeout=60
        )
    client = Client(server)
    if way == "lent":
        client.become_lent()
    try:
        return client.ask(query, USUAL if way == "usual" else None)
    finally:
        client.close()


WAYS = [
    "express",
    "usual",
    "post",
    pytest.param("lent", marks=pytest.mark.skipif(not POSSIBLE, reason="Linux")),
]


@pytest.mark.parametrize("way", WAYS)
def test_values_of_many_kinds_are_sorted(server: RunningServer, way: str) -> None:
    # No two alike, so that each meets the fault anew.
    assert numbers(asked(server, f"{MIXED} ?v # {way}", way)) == list(range(1500))
    assert numbers(asked(server, f"{MIXED} DESC(?v) # {way}", way)) == list(reversed(range(1500)))
    assert asked(server, f"{SEEN} ?v # {way}", way).body == asked(server, f"{MIXED} ?v # {way}", way).body


@pytest.mark.skipif(not POSSIBLE, reason="connections are lent on Linux only")
def test_a_lent_connection_lives_on(server: RunningServer) -> None:
    client, other = Client(server).become_lent(), Client(server).become_lent()
    query = f"{MIXED} ?v # lent, and once more"
    for _ in range(2):
        first = client.ask(query)
        assert numbers(first) == list(range(1500))
        assert other.ask("SELECT (1 AS ?n) {}").status == 200
    assert told(client.ask(query, USUAL)) == told(first)
    client.become_lent()
    client.close()
    other.close()


def test_what_the_engine_says_of_its_insides_is_logged_nowhere(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server()
    assert numbers(asked(server, f"{MIXED} ?v", "express")) == list(range(1500))
    log = server.log.read_text()
    assert "panicked" not in log
    assert "backtrace" not in log


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose store knows no other way to ask."""
    folder = tmp_path_factory.mktemp("unmended")
    module = f"{Path(__file__).parent.parent.name}.server.unmended"
    running = RunningServer(folder, (module, str(folder / "dataset.nq")), token="t" * 16)
    yield running
    running.stop()


@pytest.mark.parametrize("way", WAYS)
def test_a_fault_of_the_engine_is_told_as_one(unmended: RunningServer, way: str) -> None:
    before = len(unmended.log.read_text().splitlines())
    reply = asked(unmended, f"{MIXED} ?v # {way}", way)
    assert (reply.status, reply.problem["type"].rpartition("/")[2]) == (500, "engine")
    assert "total order" in reply.problem["detail"]
    assert "memory" not in reply.problem["detail"]
    assert unmended.ask("ASK {}").status == 200
    lines = [line for line in unmended.log.read_text().splitlines()[before:] if "fell over" in line]
    assert len(lines) == 1
    assert "panicked" not in unmended.log.read_text()


def test_a_fault_of_the_engine_is_counted_as_one(unmended: RunningServer) -> None:
    asked(unmended, f"{MIXED} ?v # counted", "post")
    metrics = unmended.fetch("/metrics").body.decode()
    assert 'portsmouth_queries_ended_total{end="engine"}' in metrics
    assert 'portsmouth_queries_ended_total{end="memory"} 0.0' in metrics
