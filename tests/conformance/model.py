"""Cases in the manner of the W3C's suites for the protocols: a store, requests, what must come back.

``ORIGIN`` in an address, a header, a body or an expectation stands for the server's address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree

import pyoxigraph as ox

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
TURTLE = "text/turtle"
SUCCESS = frozenset(range(200, 400))
REFUSED = frozenset(range(400, 500))


class Reply(Protocol):
    """A response, whole."""

    status: int
    headers: dict[str, str]
    body: bytes


Check = Callable[[Reply, str], None]
"""Looks at a response, given the server's address."""


@dataclass(frozen=True)
class Step:
    """A request and what must come back."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    status: frozenset[int] = SUCCESS
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class Case:
    """What a graph store holds at first, by graph (the default graph's name is empty), and what is then done."""

    name: str
    steps: Sequence[Step]
    given: Mapping[str, str] = field(default_factory=dict)


def case(name: str, *steps: Step, **given: str) -> Case:
    """Make a case; the graphs ``a``, ``b``, ``c`` are ``http://example.org/a`` and so on."""
    return Case(
        name, steps, {"" if n == "default" else f"http://example.org/{n}": t for n, t in given.items()}
    )


def step(
    method: str,
    path: str,
    status: int | frozenset[int],
    *checks: Check,
    body: str | bytes | None = None,
    **headers: str,
) -> Step:
    """Make a step; names of headers are written with underscores."""
    data = body.encode() if isinstance(body, str) else body
    allowed = frozenset({status}) if isinstance(status, int) else status
    return Step(method, path, {n.replace("_", "-"): v for n, v in headers.items()}, data, allowed, checks)


def ask(query: str, expected: bool = True, via: str = "get", **parameters: Any) -> Step:
    """Ask a yes-or-no question by GET, as a form, or directly."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return _query(query, via, named, is_boolean(expected))


def select(query: str, *rows: Sequence[str | None], via: str = "get", **parameters: Any) -> Step:
    """Ask for solutions, which must be these rows of values, in any order."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return _query(query, via, named, has_rows(*rows))


def _query(query: str, via: str, named: Mapping[str, Any], check: Check) -> Step:
    if via == "get":
        return step("GET", f"/sparql?{urlencode({'query': query, **named}, doseq=True)}", 200, check)
    if via == "form":
        body = urlencode({"query": query, **named}, doseq=True)
        return step("POST", "/sparql", 200, check, body=body, Content_Type=FORM)
    path = "/sparql?" + urlencode(named, doseq=True)
    return step("POST", path, 200, check, body=query, Content_Type=QUERY)


def update(
    text: str,
    status: int | frozenset[int] = SUCCESS,
    via: str = "direct",
    path: str = "/update",
    **parameters: Any,
) -> Step:
    """Send an update directly or as a form."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    if via == "form":
        body = urlencode({"update": text, **named}, doseq=True)
        return step("POST", path, status, body=body, Content_Type=FORM)
    if named:
        path += "?" + urlencode(named, doseq=True)
    return step("POST", path, status, body=text, Content_Type=UPDATE)


def put(path: str, turtle: str, status: int | frozenset[int] = 201, *checks: Check, **headers: str) -> Step:
    """Send a graph in Turtle to stand in another's place."""
    return step("PUT", path, status, *checks, body=turtle, **{"Content_Type": TURTLE, **headers})


def post(path: str, turtle: str, status: int | frozenset[int] = 200, *checks: Check, **headers: str) -> Step:
    """Send a graph in Turtle to be added to another."""
    return step("POST", path, status, *checks, body=turtle, **{"Content_Type": TURTLE, **headers})


def read(path: str, turtle: str, **headers: str) -> Step:
    """Get a graph, which must be this one but for the names of blank nodes."""
    return step("GET", path, 200, is_graph(turtle), **headers)


def is_boolean(expected: bool) -> Check:
    """Expect a yes or no, in whichever format."""

    def check(reply: Reply, origin: str) -> None:
        found = ox.parse_query_results(reply.body, format=_results_format(reply))
        assert isinstance(found, ox.QueryBoolean)
        assert bool(found) is expected

    return check


def has_rows(*rows: Sequence[str | None]) -> Check:
    """Expect solutions with these values, in any order."""

    def check(reply: Reply, origin: str) -> None:
        found = ox.parse_query_results(reply.body, format=_results_format(reply))
        assert isinstance(found, ox.QuerySolutions)
        values = [tuple(value.value if value is not None else None for value in row) for row in found]
        wanted = [tuple(v and v.replace("ORIGIN", origin) for v in row) for row in rows]
        assert sorted(values, key=repr) == sorted(wanted, key=repr)

    return check


def is_graph(turtle: str) -> Check:
    """Expect a graph, the same but for the names of blank nodes."""

    def check(reply: Reply, origin: str) -> None:
        wanted = ox.parse(turtle.replace("ORIGIN", origin).encode(), format=ox.RdfFormat.TURTLE)
        assert _canonical(graph(reply)) == _canonical([quad.triple for quad in wanted])

    return check


def graph(reply: Reply) -> list[ox.Triple]:
    """Read the triples of a response in the format that it says it has."""
    rdf_format = ox.RdfFormat.from_media_type(media_type(reply))
    assert rdf_format is not None, media_type(reply)
    return [quad.triple for quad in ox.parse(reply.body, format=rdf_format)]


def has(name: str, value: str) -> Check:
    """Expect a header."""

    def check(reply: Reply, origin: str) -> None:
        assert reply.headers.get(name.lower()) == value.replace("ORIGIN", origin), reply.headers

    return check


def mentions(name: str, part: str) -> Check:
    """Expect a header that holds a text."""

    def check(reply: Reply, origin: str) -> None:
        assert part in reply.headers.get(name.lower(), ""), reply.headers

    return check


def is_type(*types: str) -> Check:
    """Expect one of these media types."""

    def check(reply: Reply, origin: str) -> None:
        assert media_type(reply) in types

    return check


def is_empty(reply: Reply, origin: str) -> None:
    """Expect no body."""
    assert reply.body == b""


def is_problem(kind: str) -> Check:
    """Expect problem details of a kind."""

    def check(reply: Reply, origin: str) -> None:
        assert media_type(reply) == "application/problem+json"
        told = json.loads(reply.body)
        assert told["type"].rpartition("/")[2] == kind, told
        assert told["status"] == reply.status

    return check


def is_json(reply: Reply, origin: str) -> None:
    """Expect results in JSON as the W3C has them."""
    assert set(json.loads(reply.body)) >= {"head"}


def is_xml(reply: Reply, origin: str) -> None:
    """Expect results in XML as the W3C has them."""
    assert ElementTree.fromstring(reply.body).tag == "{http://www.w3.org/2005/sparql-results#}sparql"


def says(text: str) -> Check:
    """Expect a body, to the letter."""

    def check(reply: Reply, origin: str) -> None:
        assert reply.body.decode() == text

    return check


def media_type(reply: Reply) -> str:
    """Return the media type without its parameters."""
    return reply.headers.get("content-type", "").partition(";")[0]


def _results_format(reply: Reply) -> ox.QueryResultsFormat:
    found = ox.QueryResultsFormat.from_media_type(media_type(reply))
    assert found is not None, media_type(reply)
    return found


def _canonical(triples: Sequence[ox.Triple]) -> set[str]:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}
