"""The store that is written, in memory and on disk: what is acknowledged is seen and kept, all or nothing."""

import asyncio
import gc
import json
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from portsmouth.errors import (
    DeadlineError,
    DerivedGraphError,
    LoadRefusedError,
    MemoryLimitError,
    NotFoundError,
    PreconditionError,
    RemoteError,
    StoreBusyError,
    StoreError,
)
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.persistence import disk, memory, segments
from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.persistence.forms import estimated_mib
from portsmouth.store.persistence.journal import Journal, Record, read
from portsmouth.store.persistence.segments import Follower, Segments
from portsmouth.store.protocol import Dataset, Formats, GraphWrite, Query, Update, Written
from portsmouth.store.updates.changes import Change
from portsmouth.store.writable import WritableStore

DATA = b"".join(
    b'<http://e/%d> <http://e/p> "%d" <http://e/g%d> .\n<http://e/%d> <http://e/p> "%d" .\n'
    % (i, i, i % 3, i, i)
    for i in range(300)
)
PREFIX = "PREFIX : <http://e/> "
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
RUNAWAY = (
    "INSERT { GRAPH :x { :x :x ?n } } WHERE { SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } }"
)

Make = Callable[..., WritableStore]


@pytest.fixture(params=["memory", "kept", "disk"])
def make(request: Any, tmp_path: Path) -> Make:
    """Make a store; one on disk in the same place each time."""

    def made(data: bytes = DATA, **options: Any) -> WritableStore:
        if request.param == "memory":
            return WritableStore.in_memory(data, **options)
        if request.param == "kept":
            return WritableStore.kept(tmp_path / "store", data, **options)
        return WritableStore.on_disk(tmp_path / "store", data, **options)

    return made


def run(store: WritableStore, use: Callable[[WritableStore], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        async with store:
            return await use(store)

    return asyncio.run(opened())


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def count(store: EmbeddedStore, text: str = COUNT) -> int:
    answer = await store.query(
        Query(PREFIX + text, formats=Formats(results="application/sparql-results+json"))
    )
    body = b"".join([chunk async for chunk in answer])
    return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])


async def content(store: EmbeddedStore) -> set[str]:
    """Return every quad, in N-Quads."""
    text = "SELECT * { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }"
    answer = await store.query(Query(text, formats=Formats(results="application/sparql-results+json")))
    rows: Any = ox.parse_query_results(
        b"".join([chunk async for chunk in answer]), format=ox.QueryResultsFormat.JSON
    )
    return {" ".join(map(str, (row["s"], row["p"], row["o"], row["g"] or ""))) for row in rows}


async def update(store: WritableStore, text: str, **options: Any) -> Written:
    return await store.update(Update(PREFIX + text, **options))


def test_an_acknowledged_write_is_seen_by_every_query_that_begins_after_it(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        first = store.snapshot
        running = [asyncio.create_task(count(store)) for _ in range(4)]
        await asyncio.gather(*running)
        seen = {first}
        for n in range(1, 6):
            written = await update(store, f"INSERT DATA {{ GRAPH :new {{ :s{n} :p {n} }} }}")
            assert (written.added, written.removed, written.created) == (1, 0, n == 1)
            assert written.snapshot == store.snapshot
            assert written.snapshot not in seen
            seen.add(written.snapshot)
            found = await asyncio.gather(*(count(store) for _ in range(4)))
            assert found == [300 + n] * 4
        same = await update(store, "INSERT DATA { GRAPH :new { :s1 :p 1 } }")
        assert same == Written(store.snapshot, 0, 0, created=False)
        assert store.snapshot in seen

    run(make(), use)


def test_workers_that_have_waited_and_new_ones_see_every_write(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        written = 0
        # As few as none has been told of, more, and more than any of them can catch up with.
        for times in (1, 20, 100):
            await asyncio.gather(*(count(store) for _ in range(4)))
            for _ in range(times):
                written += 1
                await store.update(Update(PREFIX + f"INSERT DATA {{ GRAPH :g0 {{ :s{written} :p 'w' }} }}"))
            seen = await asyncio.gather(*(count(store) for _ in range(8)))
            assert seen == [300 + written] * 8

    run(make(limits=Limits(workers=8, short=4)), use)


def test_a_follower_of_the_journal_goes_no_further_than_it_is_told(tmp_path: Path) -> None:
    journal, follower = Segments(tmp_path, durable=False, number=0), Follower(tmp_path)
    for number in range(1, 4):
        journal.append(number, b"%d" % number)
    assert [record.number for record in follower.fresh(2)] == [1, 2]
    journal.begin(3)
    journal.append(4, b"4")
    journal.close()
    assert [record.number for record in follower.fresh(3)] == [3]
    assert [record.number for record in follower.fresh()] == [4]


def test_a_journal_that_goes_on_in_another_segment_while_it_is_read_is_read_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Segments(tmp_path, durable=False, number=0)
    journal.append(1, b"1")
    written, follower = [1], Follower(tmp_path)
    seen = [record.number for record in follower.fresh()]

    def read_while_it_is_written(path: Path, offset: int = 0) -> Iterator[Record]:
        yield from read(path, offset)
        # The writer gets on just when the reader has come to the end.
        if written[-1] < 5:
            written.append(written[-1] + 1)
            journal.append(written[-1], b"more")
            journal.begin(written[-1])

    monkeypatch.setattr(segments, "read", read_while_it_is_written)
    while seen[-1] < 5:
        last = written[-1]
        seen += [record.number for record in follower.fresh(last)]
        assert seen[-1] == last
    journal.close()
    assert seen == [1, 2, 3, 4, 5]


def test_a_query_finishes_on_the_snapshot_on_which_it_began(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        begun = await store.query(Query("SELECT * { GRAPH ?g { ?s ?p ?o } }"))
        chunks = begun.__aiter__()
        read_first = await anext(chunks)
        await update(store, "DROP ALL")
        rest = [chunk async for chunk in chunks]
        assert len(json.loads(b"".join([read_first, *rest]))["results"]["bindings"]) == 300
        assert await count(store) == 0

    run(make(), use)


def test_the_default_graph_follows_the_named_graphs(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        await update(store, "INSERT DATA { GRAPH :a { :s :p :o, :q } GRAPH :b { :s :p :o } }")
        only = "SELECT (COUNT(*) AS ?n) { :s :p ?o }"
        assert await count(store, only) == 2
        await update(store, "DELETE DATA { GRAPH :a { :s :p :o } }")
        assert await count(store, only) == 2
        await update(store, "DROP GRAPH :b")
        assert await count(store, only) == 1
        await update(store, "MOVE :a TO :c ; COPY :c TO :d ; DROP GRAPH :c")
        assert await count(store, only) == 1
        written = await update(store, "DELETE WHERE { GRAPH ?g { :s ?p ?o } }")
        assert (written.removed, await count(store, only)) == (1, 0)

    run(make(), use)


def test_a_plain_default_graph_is_written_like_any_other(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        written = await update(store, "INSERT DATA { :s :p :o GRAPH :g { :s :p :q } }")
        assert written.added == 2
        assert await count(store) == 1
        await store.write_graph(GraphWrite(None, "merge", b"<http://e/s> <http://e/p> <http://e/r> ."))
        assert await count(store) == 2
        await update(store, "CLEAR DEFAULT")
        assert await content(store) == {"<http://e/s> <http://e/p> <http://e/q> <http://e/g>"}

    run(make(b"", merged=False), use)


def test_a_request_of_several_operations_is_carried_out_wholly_or_not_at_all(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        before, snapshot = await content(store), store.snapshot
        with pytest.raises(NotFoundError):
            await update(store, "INSERT DATA { GRAPH :n { :n :n 1 } } ; CLEAR NAMED ; DROP GRAPH :missing")
        with pytest.raises(DerivedGraphError):
            await update(store, "DROP NAMED ; INSERT DATA { :n :n 1 }")
        assert (await content(store), store.snapshot) == (before, snapshot)
        text = "INSERT DATA { GRAPH :n { :n :n 1 } } ; INSERT { GRAPH :m { ?s :m ?o } } WHERE { ?s :n ?o }"
        assert (await update(store, text)).added == 2
        assert await count(store, "SELECT (COUNT(*) AS ?n) { GRAPH :m { :n :m 1 } }") == 1

    run(make(), use)


def test_a_write_that_overruns_changes_nothing_and_costs_nobody_else_anything(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        before = store.snapshot
        with pytest.raises(DeadlineError):
            await update(store, RUNAWAY, deadline=0.3)
        assert store.snapshot == before
        assert await count(store) == 300
        product = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f"
        greedy = f"INSERT {{ GRAPH :x {{ ?a :x ?f }} }} WHERE {{ {product} }}"
        with pytest.raises(MemoryLimitError):
            await update(store, greedy, deadline=60)
        assert (await update(store, "INSERT DATA { GRAPH :n { :n :n 1 } }")).added == 1

    run(make(limits=Limits(memory_mib=96)), use)


def test_writes_take_turns(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        one = [update(store, f"INSERT DATA {{ GRAPH :n {{ :n :n {n} }} }}") for n in range(8)]
        written = await asyncio.gather(*one)
        assert len({w.snapshot for w in written}) == 8
        assert await count(store, "SELECT (COUNT(*) AS ?n) { GRAPH :n { ?s ?p ?o } }") == 8

    run(make(), use)


def test_a_write_waits_for_its_turn_only_so_long(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        slow = asyncio.create_task(update(store, RUNAWAY, deadline=1))
        await asyncio.sleep(0.1)
        with pytest.raises(StoreBusyError):
            await update(store, "CLEAR NAMED")
        with pytest.raises(DeadlineError):
            await slow

    run(make(limits=Limits(queue_seconds=0.3)), use)


def test_a_client_that_leaves_while_its_write_is_kept_leaves_no_half_of_it(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        for n in range(20):
            task = asyncio.create_task(
                update(store, f"INSERT DATA {{ GRAPH :n {{ :a{n} :p 1 . :b{n} :p 1 }} }}")
            )
            await asyncio.sleep(n * 0.002)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            ones = await count(store, f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ :a{n} :b{n} }} ?s :p 1 }}")
            assert ones in (0, 2)
        assert (await update(store, "INSERT DATA { GRAPH :n { :n :n 1 } }")).added == 1

    run(make(), use)


def test_a_graph_is_replaced_extended_and_dropped(make: Make) -> None:
    triple = "<http://e/s> <http://e/p> {} .\n"

    async def use(store: WritableStore) -> None:
        def write(action: Any, *values: str, **options: Any) -> Awaitable[Written]:
            body = "".join(map(triple.format, values)).encode()
            return store.write_graph(GraphWrite("http://e/new", action, body, **options))

        assert await store.graph_version("http://e/new") is None
        with pytest.raises(NotFoundError):
            await write("delete")
        with pytest.raises(PreconditionError):
            await write("replace", '"1"', only_if=frozenset("*"))
        made = await write("replace", '"1"', '"2"', only_if_absent=True)
        assert (made.added, made.removed, made.created) == (2, 0, True)
        first = await store.graph_version("http://e/new")
        assert first
        with pytest.raises(PreconditionError):
            await write("replace", '"1"', only_if_absent=True)
        merged = await write("merge", '"2"', '"3"', only_if=frozenset({first, "other"}))
        assert (merged.added, merged.created) == (1, False)
        second = await store.graph_version("http://e/new")
        assert second not in (first, None)
        with pytest.raises(PreconditionError):
            await write("delete", only_if=frozenset({first}))
        # Writing another graph, or the same again, leaves the version as it is.
        await update(store, "INSERT DATA { GRAPH :other { :a :b :c } }")
        await write("merge", '"2"')
        assert await store.graph_version("http://e/new") == second
        await write("replace", '"1"', '"2"')
        assert await store.graph_version("http://e/new") == first
        await write("replace")
        assert await store.graph_version("http://e/new")
        assert (await write("delete", only_if=frozenset("*"))).removed == 0
        assert await store.graph_version("http://e/new") is None
        with pytest.raises(DerivedGraphError):
            await store.write_graph(GraphWrite(None, "delete"))

    run(make(), use)


def test_blank_nodes_keep_who_they_are(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        await update(store, "INSERT DATA { GRAPH :a { _:x :name 1 ; :knows [ :name 2 ] } }")
        await update(store, "INSERT { GRAPH :b { ?x :met ?y } } WHERE { ?x :knows ?y }")
        assert await count(store, "SELECT (COUNT(*) AS ?n) { ?x :met ?y . ?x :name 1 . ?y :name 2 }") == 1
        await update(store, "DELETE WHERE { GRAPH ?g { ?x :knows ?y } }")
        # The fork server is started anew and reads everything again.
        assert store._nursery
        store._nursery._process.kill()
        await until(lambda: not store._nursery.alive)
        assert await count(store, "SELECT (COUNT(*) AS ?n) { ?x :met ?y . ?x :name 1 . ?y :name 2 }") == 1
        await update(
            store, "DELETE { GRAPH ?g { ?x ?p ?o } } WHERE { GRAPH ?g { ?x ?p ?o FILTER(ISBLANK(?x)) } }"
        )
        assert await content(store) == set()

    run(make(b"_:old <http://e/p> _:old <http://e/g> .\n_:old <http://e/p> _:old .\n"), use)


def test_the_graphs_of_a_request_are_honoured(make: Make) -> None:
    async def use(store: WritableStore) -> None:
        using = Dataset(("http://e/g1", "http://e/g2"))
        written = await update(store, "INSERT { GRAPH :n { ?s :n ?o } } WHERE { ?s ?p ?o }", using=using)
        assert written.added == 200

    run(make(), use)


def test_what_is_on_disk_outlives_the_store_and_the_facts_it_was_made_of(tmp_path: Path) -> None:
    async def write(store: WritableStore) -> tuple[set[str], str]:
        await update(store, "INSERT DATA { GRAPH :a { :s :p :o, [] } } ; CREATE GRAPH :empty")
        await update(store, "DROP GRAPH :g0")
        return await content(store), store.snapshot

    async def look(store: WritableStore) -> tuple[set[str], str]:
        return await content(store), store.snapshot

    before = run(WritableStore.on_disk(tmp_path, DATA), write)
    again = WritableStore.on_disk(tmp_path, b"<http://e/s> <http://e/p> 'other' .\n")
    assert again.writes == 2
    assert run(again, look) == before
    assert run(WritableStore.on_disk(tmp_path, DATA), lambda store: store.graph_version("http://e/empty"))

    async def only_read() -> tuple[set[str], str]:
        async with EmbeddedStore.from_directory(tmp_path, DATA) as store:
            return await content(store), store.snapshot

    assert asyncio.run(only_read()) == before


def test_a_reader_keeps_its_snapshot_while_another_process_writes(tmp_path: Path) -> None:
    async def use(store: WritableStore) -> None:
        await update(store, "INSERT DATA { GRAPH :n { :n :n 1 } }")
        async with EmbeddedStore.from_directory(tmp_path, DATA, limits=Limits(patience=0)) as reader:
            first = store.snapshot
            for n in range(3):
                await update(store, f"INSERT DATA {{ GRAPH :n {{ :n :n 2{n} }} }}")
                # Workers that have been patient are not used again, so each of these opens the snapshot anew.
                assert (await count(reader), reader.snapshot) == (301, first)
        assert not list((tmp_path / "readers").iterdir())

    run(WritableStore.on_disk(tmp_path, DATA), use)


def test_ids_of_snapshots_are_never_shared(tmp_path: Path) -> None:
    async def one(store: WritableStore) -> list[str]:
        return [store.snapshot, (await update(store, "INSERT DATA { GRAPH :n { :n :n [] } }")).snapshot]

    stores = [WritableStore.on_disk(tmp_path / str(n % 2), DATA) for n in range(2)]
    seen = [
        run(store, one) for store in (*stores, WritableStore.in_memory(DATA), WritableStore.in_memory(DATA))
    ]
    assert len({first for first, _ in seen}) == 1
    assert len({second for _, second in seen}) == 4


def test_one_process_writes_a_directory(tmp_path: Path) -> None:
    async def use(_: WritableStore) -> None:
        with pytest.raises(StoreError, match="another process writes"):
            WritableStore.on_disk(tmp_path, DATA)
        with pytest.raises(StoreError, match="another process writes"):
            EmbeddedStore.from_directory(tmp_path, DATA + b"<http://e/s> <http://e/p> 'other' .\n")

    run(WritableStore.on_disk(tmp_path, DATA), use)


def test_a_directory_keeps_its_mode(tmp_path: Path) -> None:
    run(WritableStore.on_disk(tmp_path, DATA), lambda store: update(store, "CREATE GRAPH :n"))
    with pytest.raises(StoreError, match="--dataset merged"):
        WritableStore.on_disk(tmp_path, DATA, merged=False)


@pytest.mark.parametrize("lost", range(1, 60, 7))
def test_a_record_that_was_cut_off_is_dropped_and_the_others_hold(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, durable=True)
    journal.append(1, b"one" * 10)
    journal.append(2, b"two" * 10)
    journal.close()
    path.write_bytes(path.read_bytes()[:-lost] if lost < 50 else b"\xff" * 30)
    assert [record.number for record in read(path)] == ([1] if lost < 50 else [])
    journal = Journal(path, durable=True)
    journal.append(3, b"three")
    journal.close()
    assert [record.data for record in read(path)][-1] == b"three"


class _Documents(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to?"))
            self.end_headers()
            return
        known = self.path in ("/data.ttl", "/broken")
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/turtle")
        self.end_headers()
        if known:
            self.wfile.write(b"<#a> <#b> [] ." if self.path == "/data.ttl" else b"<#a> <#b")

    def log_message(self, *_: object) -> None: ...


def test_load_reads_from_allowed_hosts_only_wherever_they_lead(make: Make) -> None:
    with HTTPServer(("127.0.0.1", 0), _Documents) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{web.server_port}"

        async def use(store: WritableStore) -> None:
            into = "INTO GRAPH :loaded"
            assert (await update(store, f"LOAD <http://{host}/data.ttl> {into}")).added == 1
            assert (await update(store, f"LOAD <http://{host}/to?/data.ttl> {into}")).added == 1
            assert await count(store, f"SELECT (COUNT(*) AS ?n) {{ <http://{host}/data.ttl#a> ?p ?o }}") == 2
            for elsewhere in ("http://localhost:1/", "file:///etc/hostname", "http://169.254.0.1/"):
                with pytest.raises(LoadRefusedError):
                    await update(store, f"LOAD <http://{host}/to?{elsewhere}> {into}")
            for missing in ("none", "broken"):
                with pytest.raises(RemoteError):
                    await update(store, f"LOAD <http://{host}/{missing}> {into}")
                assert (await update(store, f"LOAD SILENT <http://{host}/{missing}> {into}")).added == 0
            with pytest.raises(DerivedGraphError):
                await update(store, f"LOAD <http://{host}/data.ttl>")

        run(make(limits=Limits(service_hosts=frozenset({host}))), use)
        web.shutdown()


def test_sustained_writes_beside_reads_let_neither_disk_nor_workers_grow_without_end(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The size at which the journal is folded into the data, so small that it happens again and again.
    monkeypatch.setattr(memory, "JOURNAL_BYTES", 4000)
    monkeypatch.setattr(disk, "JOURNAL_BYTES", 4000)

    async def use(store: WritableStore) -> None:
        folder, sizes, n = store._opened.journals, [0], 0
        await update(store, "INSERT DATA { GRAPH :n { _:one :is _:two } } ; CREATE GRAPH :empty")
        # Each fall of the size is a journal that has been folded.
        while sum(after < before for before, after in pairwise(sizes)) < 3:
            n += 1
            assert n < 2000
            old, new = f"GRAPH :n {{ :s{n % 7} ?p ?o }}", f"GRAPH :n {{ :s{n % 7} :p {n}, :q }}"
            await update(store, f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ OPTIONAL {{ {old} }} }}")
            assert await count(store, f"SELECT (COUNT(*) AS ?n) {{ :s{n % 7} :p {n} }}") == 1
            assert store._nursery
            assert store._nursery.workers <= 4
            sizes.append(sum(size_of(entry) for entry in folder.iterdir()))
        before = await content(store)
        assert len(before) == 40 + 2 + 4 * 7
        assert await store.graph_version("http://e/empty")
        # Whoever starts from the last base has the same.
        store._nursery._process.kill()
        await until(lambda: not store._nursery.alive)
        assert await content(store) == before
        await store._rebasing.finished()
        assert len(list(store._path.parent.iterdir())) <= 2

    def size_of(path: Path) -> int:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    run(make(b"".join(DATA.splitlines(keepends=True)[:40])), use)


def test_a_folder_is_held_in_memory_or_on_disk_by_turns_and_loses_nothing(tmp_path: Path) -> None:
    makers = [WritableStore.kept, WritableStore.on_disk]
    seen: set[str] = set()

    async def use(store: WritableStore) -> None:
        n = store.writes
        assert await count(store) == 300 + n
        assert store._path.is_dir() == bool(n % 2)
        written = await update(store, f"INSERT DATA {{ GRAPH :n {{ [] :p {n} }} }} ; CREATE GRAPH :empty{n}")
        seen.add(written.snapshot)
        assert [await store.graph_version(f"http://e/empty{m}") is None for m in range(n + 1)] == [False] * (
            n + 1
        )

    async def only_read() -> None:
        async with EmbeddedStore.from_directory(tmp_path, DATA) as store:
            assert (await count(store), store.snapshot in seen) == (300 + len(seen), True)

    for n in range(4):
        run(makers[n % 2](tmp_path, DATA), use)
        asyncio.run(only_read())
    assert len(seen) == 4


def test_a_write_that_the_engine_cannot_carry_out_is_whole_when_the_store_is_next_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply_half(change: Change, store: ox.Store, **_: Any) -> None:
        store.add(next(iter(change.added)))
        raise OSError("No space left on device")

    async def fail(store: WritableStore) -> None:
        await update(store, "INSERT DATA { GRAPH :n { :s :p 1 } }")
        with monkeypatch.context() as full:
            full.setattr(Change, "apply", apply_half)
            with pytest.raises(StoreError, match="start the server anew"):
                await update(store, "INSERT DATA { GRAPH :n { :s :p 2, 3 } }")
        with pytest.raises(StoreError, match="start the server anew"):
            await update(store, "INSERT DATA { GRAPH :n { :s :p 4 } }")

    async def see(store: WritableStore) -> None:
        assert store.writes == 2
        assert await count(store, "SELECT (COUNT(*) AS ?n) { GRAPH :n { :s :p ?o } }") == 3
        assert await count(store, "SELECT (COUNT(*) AS ?n) { :s :p ?o }") == 3

    run(WritableStore.on_disk(tmp_path / "store", DATA), fail)
    # The errors' tracebacks hold the engine's store, which no two may have open.
    gc.collect()
    run(WritableStore.on_disk(tmp_path / "store", DATA), see)


def test_a_base_that_could_not_be_made_is_not_tried_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary = DiskPrimary(tmp_path / "store", DATA, "", merged=True)
    primary.open()
    monkeypatch.setattr(disk, "_REWRITTEN", -1)
    assert primary.look()
    assert primary.wants_base
    primary.postpone()
    assert not primary.wants_base
    primary.close()


@pytest.mark.parametrize("state", ["", "{", "[]", "{}", '{"form": "tape"}'])
def test_a_folder_whose_state_cannot_be_understood_is_refused(tmp_path: Path, state: str) -> None:
    (tmp_path / "state").write_text(state)
    for open_ in (WritableStore.kept, WritableStore.on_disk, EmbeddedStore.from_directory, estimated_mib):
        with pytest.raises(StoreError, match="state cannot be understood"):
            open_(tmp_path, b"")


@pytest.mark.parametrize("forms", [("kept", "on_disk"), ("on_disk", "kept")])
def test_what_an_interrupted_change_of_form_left_is_removed(tmp_path: Path, forms: tuple[str, str]) -> None:
    async def write(store: WritableStore) -> None:
        await update(store, "INSERT DATA { GRAPH :n { [] :p 1 } }")

    async def see(store: WritableStore) -> None:
        assert await count(store) == 301

    former, now = (getattr(WritableStore, form) for form in forms)
    own = "bases" if forms[0] == "kept" else "primary"
    run(former(tmp_path / "store", DATA), write)
    shutil.copytree(tmp_path / "store" / own, tmp_path / "left")
    run(now(tmp_path / "store", DATA), see)
    names = {entry.name for entry in (tmp_path / "store").iterdir()}
    (tmp_path / "left").rename(tmp_path / "store" / own)
    run(now(tmp_path / "store", DATA), see)
    assert {entry.name for entry in (tmp_path / "store").iterdir()} == names


def test_writes_that_wait_while_a_store_is_closed_are_refused_and_start_nothing_anew(make: Make) -> None:
    async def write_and_close() -> list[asyncio.Task[Written]]:
        store = make()
        async with store:
            said = [
                asyncio.create_task(update(store, f"INSERT DATA {{ GRAPH :n {{ :s :p {n} }} }}"))
                for n in range(8)
            ]
            await said[0]
        await asyncio.wait(said)
        assert store._nursery is None
        return said

    async def see(store: WritableStore) -> None:
        if store.writes:
            found = await count(store, "SELECT (COUNT(*) AS ?n) { GRAPH :n { :s :p ?o } }")
            assert found == store.writes == len(written)

    said = asyncio.run(write_and_close())
    written = [task.result() for task in said if not task.exception()]
    assert len(written) < 8
    assert all(isinstance(task.exception(), StoreError | None) for task in said)
    run(make(), see)


def test_a_write_that_is_evaluated_while_a_store_is_closed_is_kept_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, drop = Change.apply, Segments.drop
    dropped = threading.Event()

    def apply_late(change: Change, store: ox.Store, **options: Any) -> None:
        dropped.wait(1)
        apply(change, store, **options)

    def drop_and_rest(segments: Segments, number: int) -> None:
        drop(segments, number)
        dropped.set()
        time.sleep(0.5)

    async def write_and_close() -> bool:
        store = WritableStore.on_disk(tmp_path / "store", DATA)
        await update(store, "INSERT DATA { GRAPH :n { :s :q 1 } }")
        with monkeypatch.context() as patch:
            patch.setattr(Change, "apply", apply_late)
            patch.setattr(Segments, "drop", drop_and_rest)
            # Closing waits for it.
            patch.setattr(store._rebasing, "aclose", partial(asyncio.sleep, 0.5))
            closing = asyncio.create_task(store.aclose())
            await asyncio.sleep(0)
            written = await asyncio.gather(
                update(store, "INSERT DATA { GRAPH :n { :s :p 1 } }"), return_exceptions=True
            )
            await closing
        return isinstance(written[0], Written)

    async def see(store: WritableStore) -> None:
        assert bool(await count(store, "SELECT (COUNT(*) AS ?n) { :s :p ?o }")) is kept

    kept = asyncio.run(write_and_close())
    gc.collect()
    run(WritableStore.on_disk(tmp_path / "store", DATA), see)
