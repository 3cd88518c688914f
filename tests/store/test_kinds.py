"""What is known of properties is shared by workers, and right whatever is written."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portsmouth.iris import XSD
from portsmouth.store.limits import Limits
from portsmouth.store.processes import kinds
from portsmouth.store.protocol import Query, Update
from portsmouth.store.writable import WritableStore

pytestmark = pytest.mark.skipif(not kinds.POSSIBLE, reason="kinds are counted on Linux only")

DATA = b"".join(
    b'<http://e/%d> <http://e/%s> %s .\n' % (n, prop, value)
    for n in range(50)
    for prop, value in ((b"name", b'"x"@en'), (b"knows", b"<http://e/0>"), (b"age", b'"7"'))
)  # fmt: skip
LINKS = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o FILTER(ISIRI(?o)) } GROUP BY ?p ORDER BY ?p"


@pytest.fixture(params=["memory", "disk"])
def store(request: Any, tmp_path: Path) -> WritableStore:
    limits = Limits(workers=2)
    if request.param == "memory":
        return WritableStore.in_memory(DATA, limits=limits, merged=False)
    return WritableStore.on_disk(tmp_path / "store", DATA, limits=limits, merged=False)


def counted() -> bool:
    """Say whether a fork server of this process has what has been counted."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"PPid:\t{os.getpid()}\n" in (entry / "status").read_text():
                pages = [file for file in (entry / "fd").iterdir() if "memfd:kinds" in str(file.readlink())]
                found += [file for file in pages if file.stat().st_size > 0]
        except OSError:
            continue
    return bool(found)


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "found nothing within 30 s; expected that the kinds have been counted"
        await asyncio.sleep(0.02)


async def links(store: WritableStore) -> dict[str, int]:
    answer = await store.query(Query(LINKS))
    rows = json.loads(b"".join([chunk async for chunk in answer]))["results"]["bindings"]
    return {row["p"]["value"].rpartition("/")[2]: int(row["n"]["value"]) for row in rows if "p" in row}


def test_answers_are_the_same_before_and_after_kinds_are_counted_and_follow_every_write(
    store: WritableStore,
) -> None:
    async def use() -> None:
        async with store:
            assert not counted()
            assert await links(store) == {"knows": 50}
            await until(counted)
            assert await links(store) == {"knows": 50}
            for n in range(1, 5):
                # A kind that the property did not have, and a property that was not there.
                triples = f"<http://e/{n}> <http://e/age> <http://e/0> ; <http://e/new{n}> <http://e/0>"
                await store.update(Update(f"INSERT DATA {{ {triples} }}"))
                new = {f"new{i}": 1 for i in range(1, n + 1)}
                found = await asyncio.gather(*(links(store) for _ in range(6)))
                assert found == [{"age": n, "knows": 50, **new}] * 6
            await store.update(Update("DELETE WHERE { ?s <http://e/knows> ?o }"))
            assert "knows" not in await links(store)

    asyncio.run(use())


def test_nothing_is_counted_for_queries_that_would_be_none_the_quicker(store: WritableStore) -> None:
    async def use() -> None:
        async with store:
            answer = await store.query(Query("SELECT ?o { <http://e/1> ?p ?o FILTER(ISIRI(?o)) }"))
            [chunk async for chunk in answer]
            await asyncio.sleep(0.3)
            assert not counted()

    asyncio.run(use())


def test_a_store_on_disk_is_counted_soon_though_nobody_asks(tmp_path: Path) -> None:
    async def use() -> None:
        async with WritableStore.on_disk(tmp_path / "store", DATA, limits=Limits(workers=2)):
            await until(counted)

    asyncio.run(use())


def test_a_property_whose_objects_are_of_many_kinds_is_sorted_by_value(tmp_path: Path) -> None:
    values = ("2", "10", '"10a"', "3", '"1a"', "20", '"5"')
    terms = [value if value.startswith('"') else f'"{value}"^^<{XSD}integer>' for value in values]
    data = "".join(f"<http://e/{n}> <http://e/value> {term} .\n" for n, term in enumerate(terms))
    queries = (
        "SELECT ?v { ?s <http://e/value> ?v } ORDER BY ?v",
        "PREFIX e: <http://e/> SELECT ?v { ?s e:value ?v } ORDER BY ASC(?v)",
        "PREFIX e: <http://e/> SELECT ?v { ?s a?/e:value ?v } ORDER BY ?v ?s",
    )

    async def ask(store: WritableStore, query: str) -> list[str]:
        answer = await store.query(Query(query))
        rows = json.loads(b"".join([chunk async for chunk in answer]))["results"]["bindings"]
        return [row["v"]["value"] for row in rows]

    async def use() -> None:
        limits = Limits(workers=2)
        store = WritableStore.on_disk(tmp_path / "store", data.encode(), limits=limits, merged=False)
        async with store:
            await until(counted)
            for query in queries:
                assert await ask(store, query) == ["2", "3", "10", "20", "10a", "1a", "5"]
            # What is written later counts as well.
            other = "SELECT ?v { ?s <http://e/other> ?v } ORDER BY DESC(?v)"
            written = "INSERT DATA { <http://e/s> <http://e/other> 2, 10, '10a', 3, '1a', 20 }"
            await store.update(Update(written))
            assert await ask(store, other) == ["1a", "10a", "20", "10", "3", "2"]

    asyncio.run(use())
