"""What the engine gets wrong on its own, seen over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

P = "https://w3id.org/portsmouth1905/passage/"
PT = "PREFIX pt: <https://w3id.org/portsmouth1905/ns#> PREFIX d: <https://w3id.org/portsmouth1905/id/> "


def rows(reply: Any) -> list[dict[str, str]]:
    assert reply.status == 200, reply.body
    return [{k: v["value"] for k, v in row.items()} for row in json.loads(reply.body)["results"]["bindings"]]


def test_a_fact_of_two_passages_counts_once(server: Any) -> None:
    assert rows(server.ask(PT + "SELECT (COUNT(*) AS ?n) { d:treaty pt:signedBy d:witte }")) == [{"n": "1"}]
    assert rows(server.ask(PT + "SELECT (COUNT(*) AS ?n) { GRAPH ?g { d:treaty pt:signedBy d:witte } }")) == [
        {"n": "2"}
    ]


def test_numbers_among_texts_come_by_their_value(server: Any) -> None:
    for values in ("2 10 '1a'", "10 '1a' 2", "'1a' 2 10"):
        listed = f"VALUES ?v {{ {values} }}"
        ordered = rows(server.ask(f"SELECT ?v {{ {listed} }} ORDER BY ?v"))
        assert [row["v"] for row in ordered] == ["2", "10", "1a"]
        assert rows(server.ask(f"SELECT (MIN(?v) AS ?n) {{ {listed} }}")) == [{"n": "2"}]


def test_several_from_are_a_set(server: Any) -> None:
    query = PT + f"SELECT ?s FROM <{P}s1-001> FROM <{P}s1-002> {{ ?s a pt:Treaty }}"
    assert len(rows(server.ask(query))) == 1
    graphs = {"default-graph-uri": [P + "s1-001", P + "s1-002"]}
    assert len(rows(server.ask(PT + "SELECT ?s { ?s a pt:Treaty }", **graphs))) == 1


def test_from_is_not_overridden_by_the_whole(server: Any) -> None:
    assert rows(server.ask(PT + f"SELECT ?s FROM <{P}s1-001> {{ d:treaty pt:signedBy ?s }}")) == [
        {"s": "https://w3id.org/portsmouth1905/id/witte"}
    ]


@pytest.mark.parametrize(
    "call", ["<http://example.org/f>(1)", "<http://example.org/f>()", "<urn:x>(?unbound, 'a')"]
)
def test_an_unknown_function_has_no_value(server: Any, call: str) -> None:
    assert rows(server.ask(f"SELECT ({call} AS ?x) (1 AS ?y) {{}}")) == [{"y": "1"}]
    assert rows(server.ask(f"SELECT * {{ FILTER({call}) }}")) == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://a.example/sparql> { ?s ?p ?o } }",
        "SELECT * { VALUES ?e { <http://a.example/> } SERVICE ?e { ?s ?p ?o } }",
        "PREFIX a: <http://a.example/> ASK { SERVICE a:sparql {} }",
    ],
)
def test_no_call_to_another_host(server: Any, query: str) -> None:
    problem = server.ask(query).problem
    assert (problem["status"], problem["type"].rpartition("/")[2]) == (403, "service-refused")


def test_the_word_service_is_no_call(server: Any) -> None:
    assert server.ask("ASK { ?SERVICE ?p 'SERVICE <http://a>' } # SERVICE <http://a>").status == 200


def test_from_relative_or_odd_graphs_is_no_fault(server: Any) -> None:
    for clause in ("FROM <relative>", "FROM <http://a/%zz>", "FROM NAMED <x:>", "FROM <>"):
        assert server.ask(f"SELECT * {clause} {{ ?s ?p ?o }}").status in (200, 400)


@pytest.mark.parametrize(
    ("opening", "closing"), [("{", "}"), ("(", ")"), ("OPTIONAL {", "}"), ("!", ""), ("-", "")]
)
def test_deep_nesting_is_refused_or_answered(server: Any, opening: str, closing: str) -> None:
    for depth in (50, 399, 5000, 60_000):
        inner = opening * depth + ("?s ?p ?o" if "{" in opening else "1") + closing * depth
        query = f"ASK {{ {inner} }}" if "{" in opening else f"ASK {{ FILTER({inner}) }}"
        reply = server.fetch("/sparql", "POST", {"Content-Type": "application/sparql-query"}, query.encode())
        assert reply.status in (200, 400, 504, 507), (depth, reply.body)
    assert server.ask("ASK {}").status == 200
