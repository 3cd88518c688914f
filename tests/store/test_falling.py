"""The engine falls over: asked in another way it answers, and where it does not, that is told as it is."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from portsmouth.errors import DeadlineError, EngineError, MemoryLimitError, StoreError
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.processes import deaths
from portsmouth.store.protocol import Dataset, Query, Update
from portsmouth.store.sparql import fallen
from portsmouth.store.writable import WritableStore

KINDS = [
    "",
    "^^<http://www.w3.org/2001/XMLSchema#integer>",
    "^^<http://www.w3.org/2001/XMLSchema#gYear>",
    "@en",
]
DATA = "".join(
    f'<http://e/{number}> <http://e/p> "{number}"{kind} <https://w3id.org/portsmouth1905/passage/s1-001> .\n'
    for number in range(1000, 12000, 11)
    for kind in KINDS
).encode()
#: The engine falls over this: kinds of values that it sorts each in another way.
MIXED = "SELECT ?v { GRAPH ?g { ?s <http://e/p> ?v } } ORDER BY ?v"


def run(use: Callable[[Any], Awaitable[Any]], store: EmbeddedStore | None = None) -> Any:
    async def opened() -> Any:
        async with store or EmbeddedStore.from_nquads(DATA, limits=Limits(workers=2)) as used:
            return await use(used)

    return asyncio.run(opened())


async def values(store: EmbeddedStore, text: str, **options: Any) -> list[Any]:
    answer = await store.query(Query(text, **options))
    rows = json.loads(b"".join([chunk async for chunk in answer]))["results"]["bindings"]
    return [row["v"] for row in rows]


@pytest.fixture
def never_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store know no other way to ask."""
    monkeypatch.setattr(fallen, "ranked", lambda _: None)


def test_values_of_many_kinds_are_sorted() -> None:
    async def use(store: EmbeddedStore) -> None:
        for _ in range(2):
            rows = await values(store, MIXED)
            assert len(rows) == 4000
            numbers = [int(row["value"]) for row in rows if row.get("datatype", "").endswith("integer")]
            assert numbers == sorted(numbers)
            assert len(numbers) == 1000
        down = await values(store, MIXED.removesuffix("?v") + "DESC(?v)")
        assert [row["value"] for row in down] == [row["value"] for row in reversed(rows)]
        assert store.tally.ended == {"ok": 3}
        assert store.places.running == 0

    run(use)


def test_a_query_at_which_the_engine_fell_over_is_asked_the_other_way_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "portsmouth")

    async def use(store: EmbeddedStore) -> None:
        for _ in range(3):
            await values(store, MIXED)

    run(use)
    (line,) = caplog.messages
    assert "total order" in line
    assert "\n" not in line


def test_a_query_that_is_asked_once_more_has_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    product = "GRAPH ?g { ?a ?b ?c . ?d ?e ?f . ?h ?i ?j }"
    monkeypatch.setattr(fallen, "ranked", lambda _: f"ASK {{ {product} FILTER(CONCAT(?c, ?f, ?j) = '') }}")

    async def use(store: EmbeddedStore) -> None:
        with pytest.raises(DeadlineError):
            await values(store, MIXED, deadline=1.0)
        assert len(await values(store, "SELECT ?v { ?s ?p ?v }")) == 0

    run(use)


@pytest.mark.usefixtures("never_otherwise")
def test_an_engine_that_falls_over_is_not_called_short_of_memory(caplog: pytest.LogCaptureFixture) -> None:
    async def use(store: EmbeddedStore) -> None:
        with pytest.raises(EngineError, match="total order") as caught:
            await values(store, MIXED)
        assert "memory" not in str(caught.value)
        assert store.tally.ended == {"engine": 1}
        assert store.places.running == 0
        assert await values(store, "SELECT (1 AS ?v) {}")

    run(use)
    (record,) = caplog.records
    assert (record.levelname, "\n" in record.getMessage()) == ("ERROR", False)


def test_the_other_way_to_ask_is_never_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(store: EmbeddedStore) -> None:
        for other in ("SELECT ?v {", MIXED + " LIMIT 4000"):
            monkeypatch.setattr(fallen, "ranked", lambda _, other=other: other)
            with pytest.raises(EngineError):
                await values(store, f"{MIXED} # {len(other)}")

    run(use)


def test_a_stance_and_a_query_in_a_query_are_sorted_too() -> None:
    async def use(store: EmbeddedStore) -> None:
        dataset = Dataset(stance=Stance.parse("s1"))
        assert len(await values(store, "SELECT ?v { ?s ?p ?v } ORDER BY ?v", dataset=dataset)) == 4000
        inner = f"SELECT ?v {{ {{ {MIXED} LIMIT 7 }} }}"
        assert [int(row["value"]) for row in await values(store, inner)] == list(range(1000, 1077, 11))

    run(use)


@pytest.mark.parametrize("made", ["in_memory", "on_disk"])
def test_an_update_that_sorts_is_carried_out(
    tmp_path: Path, made: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portsmouth")

    async def use(store: WritableStore) -> None:
        into = "GRAPH <http://e/all> { <http://e/f> <http://e/p> ?v }"
        update = Update(f"INSERT {{ {into} }} WHERE {{ {{ {MIXED} }} }}")
        assert (await store.update(update)).added == 4000
        assert len(await values(store, "SELECT ?v { GRAPH <http://e/all> { ?s ?p ?v } }")) == 4000

    if made == "in_memory":
        run(use, WritableStore.in_memory(DATA))
    else:
        run(use, WritableStore.on_disk(tmp_path / "store", DATA))
    assert "once more" in caplog.text


@pytest.mark.usefixtures("never_otherwise")
def test_an_update_at_which_the_engine_falls_over_changes_nothing() -> None:
    async def use(store: WritableStore) -> None:
        before = store.snapshot
        into = "GRAPH <http://e/all> { <http://e/f> <http://e/p> ?v }"
        with pytest.raises(EngineError):
            await store.update(Update(f"INSERT {{ {into} }} WHERE {{ {{ {MIXED} }} }}"))
        assert store.snapshot == before
        assert (await store.update(Update(f"INSERT DATA {{ {into.replace('?v', '1')} }}"))).added == 1

    run(use, WritableStore.in_memory(DATA))


@contextmanager
def said(words: bytes):
    file = deaths.listen()
    os.write(file, words)
    yield file


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (
            b"\nthread '<unnamed>' (7) panicked at /x/y/sort.rs:8:5:\nit goes\tround\nstack backtrace:\n",
            EngineError,
        ),
        (
            b"thread 'main' panicked at lib.rs:8:5:\nfailed to spawn thread: Os { code: 11 }\n",
            MemoryLimitError,
        ),
        (b"memory allocation of 4096 bytes failed\n", MemoryLimitError),
        (b"terminate called after throwing an instance of 'std::bad_alloc'\n", MemoryLimitError),
        (b"", MemoryLimitError),
    ],
)
def test_what_a_worker_says_last_tells_why_it_was_aborted(
    words: bytes, cause: type[StoreError], capfd: pytest.CaptureFixture[str]
) -> None:
    with said(words) as file:
        told = deaths.last_words(file, -signal.SIGABRT)
    error = deaths.cause_of_death(-signal.SIGABRT, Limits(), told)
    assert type(error) is cause
    assert "\n" not in told
    assert capfd.readouterr().err == ""
    if cause is EngineError:
        assert "it goes round (sort.rs:8:5)" in str(error)


def test_what_a_worker_says_of_anything_else_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with said(b"DeprecationWarning: old\n") as file:
        assert deaths.last_words(file, 0) == ""
    assert capfd.readouterr().err == "DeprecationWarning: old\n"
