"""Writes of many triples at once: whole or not at all whenever the writer is killed, and seen by all."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest

from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.protocol import Formats, GraphWrite, Query, Update
from portsmouth.store.updates.blocks import Blocks
from portsmouth.store.updates.changes import Change
from portsmouth.store.writable import WritableStore

GRAPH = ox.NamedNode("http://e/great")
#: Enough to be put into tables of their own on disk, and to make a new base at once.
MANY = 20_000
OLD = b'<http://e/s> <http://e/p> "old" <http://e/g> .\n<http://e/s> <http://e/p> "old" .\n'
WRITER = """
import sys
from pathlib import Path
from portsmouth.store.persistence.disk import DiskPrimary
primary = DiskPrimary(Path(sys.argv[1]), Path(sys.argv[3]).read_bytes(), "old", merged=True)
primary.open()
data = Path(sys.argv[2]).read_bytes()
print("go", flush=True)
primary.commit(1, data)
print("done", flush=True)
sys.stdin.read()
"""


def triples(first: int, last: int) -> bytes:
    line = b'<http://example.org/a/thing/%d> <http://example.org/a/property> "the value %d of a thing" .\n'
    return b"".join(line % (i, i) for i in range(first, last))


@pytest.mark.parametrize("seconds", [0.02, 0.06, 0.1, 0.15, 0.25, None])
def test_a_great_write_that_is_interrupted_is_there_wholly_or_not_at_all(
    tmp_path: Path, seconds: float | None
) -> None:
    folder, file = tmp_path / "store", tmp_path / "change"
    many = triples(0, MANY)
    change = Change(added=Blocks(((GRAPH, many), (ox.DefaultGraph(), many))), created=(GRAPH,))
    file.write_bytes(change.to_bytes())
    old = tmp_path / "old"
    old.write_bytes(OLD)
    primary = DiskPrimary(folder, OLD, "old", merged=True)
    primary.open()
    primary.close()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(file), str(old)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"go\n"
        done = b""
        if seconds is None:
            done = writer.stdout.readline()
        else:
            with suppress(subprocess.TimeoutExpired):
                writer.wait(seconds)
        writer.kill()
        done = done or writer.stdout.readline()
    primary = DiskPrimary(folder, OLD, "old", merged=True)
    number = primary.open().number
    try:
        assert primary._store is not None
        found = len(primary._store)
        assert (number, found) in ([(1, 2 + 2 * MANY)] if done else [(0, 2), (1, 2 + 2 * MANY)])
    finally:
        primary.close()


def test_a_great_write_is_acknowledged_though_the_journal_cannot_be_shortened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room")

    async def use() -> None:
        ask = Query(f"ASK {{ GRAPH {GRAPH} {{ ?s ?p ?o }} }}", formats=Formats(results="text/csv"))
        async with WritableStore.on_disk(tmp_path, OLD) as store:
            with monkeypatch.context() as patched:
                patched.setattr(DiskPrimary, "settle", fail)
                written = await store.write_graph(GraphWrite(GRAPH.value, "replace", triples(0, MANY)))
            assert written.added == MANY
            for _ in range(2):
                answer = await store.query(ask)
                assert b"".join([chunk async for chunk in answer]).strip() == b"true"
                # What starts from the new base has it too.
                assert store._nursery is not None
                nursery = store._nursery
                nursery._process.kill()
                while nursery.alive:
                    await asyncio.sleep(0.01)

    asyncio.run(use())


@pytest.mark.parametrize("form", ["memory", "disk"])
def test_great_and_small_writes_are_seen_by_whoever_asks_after_them(tmp_path: Path, form: str) -> None:
    opened = WritableStore.kept if form == "memory" else WritableStore.on_disk
    formats = Formats(results="application/sparql-results+json")

    async def count(store: WritableStore, text: str) -> int:
        answer = await store.query(Query(f"SELECT (COUNT(*) AS ?n) {{ {text} }}", formats=formats))
        body = b"".join([chunk async for chunk in answer])
        return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])

    async def counted(store: WritableStore) -> set[tuple[int, int]]:
        pairs = [(count(store, "?s ?p ?o"), count(store, f"GRAPH {GRAPH} {{ ?s ?p ?o }}")) for _ in range(3)]
        found = await asyncio.gather(*(one for pair in pairs for one in pair))
        return set(zip(found[::2], found[1::2], strict=True))

    async def small(store: WritableStore, number: int) -> None:
        await store.update(
            Update(f"INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/s> <http://e/n> {number} }} }}")
        )

    async def use() -> None:
        async with opened(tmp_path, OLD) as store:
            assert await counted(store) == {(1, 0)}
            await small(store, 1)
            await store.write_graph(GraphWrite(GRAPH.value, "replace", triples(0, MANY)))
            assert await counted(store) == {(2 + MANY, MANY)}
            await small(store, 2)
            assert await counted(store) == {(3 + MANY, MANY)}
            await store.write_graph(GraphWrite(GRAPH.value, "merge", triples(MANY - 5, 2 * MANY)))
            await small(store, 3)
            assert await counted(store) == {(4 + 2 * MANY, 2 * MANY)}
            await store.write_graph(GraphWrite(GRAPH.value, "replace", triples(MANY, MANY + 10)))
            assert await counted(store) == {(14, 10)}
            await small(store, 4)
            assert await counted(store) == {(15, 10)}
        async with opened(tmp_path, OLD) as store:
            assert await counted(store) == {(15, 10)}

    asyncio.run(use())
