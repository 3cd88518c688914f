"""The protocols case by case, over HTTP against a store that starts empty."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import graphs, querying, updating
from conformance.model import QUERY, Case, Step

CASES = [*querying.CASES, *updating.CASES, *graphs.CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(writable: Any, case: Case) -> None:
    start(writable, case)
    for step in case.steps:
        take(writable, step)


def test_there_are_many_cases_and_none_twice() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 300


def start(writable: Any, case: Case) -> None:
    """Let the store hold what the case begins with, and nothing else."""
    if writable.held == case.given:
        return
    data = " ".join(
        f"GRAPH <{name}> {{ {turtle} }}" if name else turtle for name, turtle in case.given.items()
    )
    reply = writable.write(
        "POST", "/update", f"DROP ALL ; INSERT DATA {{ {data} }}", "application/sparql-update"
    )
    assert reply.status == 204, reply.body
    writable.held = case.given


def take(writable: Any, step: Step) -> None:
    """Send a request and look at what comes back."""
    if step.method not in ("GET", "HEAD", "OPTIONS") and step.headers.get("Content-Type") != QUERY:
        writable.held = None
    origin = writable.url
    headers = {name: value.replace("ORIGIN", origin) for name, value in step.headers.items()}
    body = step.body.replace(b"ORIGIN", origin.encode()) if step.body else step.body
    path = step.path.replace("ORIGIN", origin)
    reply = writable.fetch(path, step.method, {**headers, **writable.authorization}, body)
    assert reply.status in step.status, (step.method, path, reply.status, reply.body[:500])
    for check in step.checks:
        check(reply, origin)
