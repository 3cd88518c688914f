"""Every parameter of every address refuses what is none of its values: silence is only ever the source's."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
NOTHING = "no-such-thing"
ASK = "SELECT ?who { ?treaty <https://w3id.org/portsmouth1905/ns#signedBy> ?who } LIMIT 1"
#: What pages take beside what the description of the interface tells of.
OF_PAGES = {
    "/map": ("kind", "part", "since", "until"),
    "/timeline": ("lanes", "since", "until", "kind", "part", "actor"),
    "/network": (
        "kind", "effects", "mode", "outcome", "stance", "part", "parts", "since", "until", "roll-up",
        "manner", "actor", "act", "certain",
    ),
    "/network/view": ("part", "parts", "mode", "manner", "actor", "certain"),
    "/id/witte.html": ("all",),
    "/queries/persons": ("bom",),
}  # fmt: skip
#: Texts that may be anything, and graphs, of which a dataset may have none.
ANYTHING = {"query", "q", "default-graph-uri", "named-graph-uri", "default", "graph"}
#: What else must be said for the parameter to count.
BESIDE = {
    "/sparql": {"query": ASK},
    "/cite": {"query": ASK},
    "/receipts": {"query": ASK},
    "/stances": {"query": ASK},
    "/search": {"q": "witte"},
    "/network/paths": {"from": "d:witte", "to": "d:komura-jutaro"},
}


def addresses(server: Any) -> list[tuple[str, str, str]]:
    """Return the addresses that ask for what is not there, with the path and the parameter."""
    described = json.loads(server.fetch("/openapi.json").body)["paths"]
    pairs = {
        (path, one["name"])
        for path, methods in described.items()
        for one in methods.get("get", {}).get("parameters", ())
        # Of the named queries one stands for all.
        if not path.startswith("/queries/") or path == "/queries/within-days"
    }
    pairs |= {(path, name) for path, names in OF_PAGES.items() for name in names}
    values = {"part": ("s99",), "parts": (NOTHING, "s99", "-s99"), "a": ("s99",), "b": ("s1,s99",)}
    return [
        (f"{path}?{urlencode({**BESIDE.get(path, {}), name: value})}", path, name)
        for path, name in sorted(pairs)
        if name not in ANYTHING
        for value in values.get(name, (NOTHING,))
    ]


def test_every_parameter_refuses_what_is_none_of_its_values(shipped: Any) -> None:
    asked = addresses(shipped)
    assert {path for _, path, _ in asked} >= {"/conflicts", "/sources", "/map", "/timeline", "/sparql"}
    for address, _, _ in asked:
        for accept in (BROWSER, "application/json, */*;q=0.1"):
            reply = shipped.fetch(address, headers={"Accept": accept})
            if reply.status == 303:
                # The network is led to in the form that a program takes.
                reply = shipped.fetch(reply.headers["location"], headers={"Accept": accept})
            assert reply.status in (400, 404, 406), (address, accept, reply.status)
            if accept is BROWSER:
                assert reply.type == "text/html", address
                assert "xpected" in reply.body.decode(), address
            else:
                assert "; expected " in reply.problem["detail"], address


@pytest.mark.parametrize("path", ["/conflicts", "/timeline", "/map", "/sources"])
def test_a_part_that_is_not_there_is_refused_alike_everywhere(shipped: Any, path: str) -> None:
    reply = shipped.fetch(path + "?part=s99", headers={"Accept": "application/json"})
    assert reply.status == 400
    assert reply.problem["detail"] == "found part='s99'; expected one of s1, s2, s3, s4, s5, s6, s7, s8"
    assert shipped.fetch(path + "?part=s7", headers={"Accept": BROWSER}).status == 200


def test_what_a_page_offers_is_never_refused(shipped: Any) -> None:
    for address in (
        "/timeline?kind=Battle", "/timeline?actor=witte", "/network?actor=d:witte",
        "/conflicts?part=s1&kind=",
        "/stances?a=s3&b=-s4", "/queries/persons?receipts=inline&rows=0-9", "/sparql?rows=0-9&query=ASK{}",
        "/id/witte.html?all=",
    ):  # fmt: skip
        assert shipped.fetch(address, headers={"Accept": BROWSER}).status == 200, address
