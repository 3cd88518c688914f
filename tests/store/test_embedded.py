"""The embedded store as its callers meet it: answers, budgets, runaways, ends."""

import asyncio
import errno
import os
import signal
import time
from pathlib import Path

import pytest

from portsmouth.errors import (
    DeadlineError,
    MemoryLimitError,
    QueryNestingError,
    QuerySyntaxError,
    ReadOnlyError,
    ServiceRefusedError,
    StoreBusyError,
    StoreError,
)
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Dataset, Formats, GraphWrite, Query, Update

DATA = b"".join(
    b'<http://e/%d> <http://e/p> "%d" <http://e/g%d> .\n' % (i, i, i % 3) for i in range(3000)
) + b"".join(b'<http://e/%d> <http://e/p> "%d" .\n' % (i, i) for i in range(3000))
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"


def with_store(use, limits=None, make=None):
    """Run ``use(store)`` on a store of its own."""

    async def run():
        async with make() if make else EmbeddedStore.from_nquads(DATA, limits=limits) as store:
            return await use(store)

    return asyncio.run(run())


async def body(store, text, **options):
    answer = await store.query(Query(text, **options))
    return b"".join([chunk async for chunk in answer])


def processes(store):
    """The worker processes that are alive."""
    return [worker.pid for worker in store._nursery._workers.values() if Path(f"/proc/{worker.pid}").exists()]


def state_of(pid):
    """The letter of a process's state, nothing where it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("the condition never came true")


def test_an_answer_says_what_it_is_before_its_body_is_read():
    async def use(store):
        answer = await store.query(
            Query("CONSTRUCT WHERE { ?s ?p ?o }", formats=Formats(graphs="application/n-triples"))
        )
        assert (answer.kind, answer.media_type) == ("graph", "application/n-triples")
        lines = b"".join([chunk async for chunk in answer]).splitlines()
        assert len(lines) == 3000

    with_store(use)


def test_a_large_answer_comes_in_chunks():
    async def use(store):
        answer = await store.query(Query("SELECT * { ?s ?p ?o }"))
        assert len([chunk async for chunk in answer]) > 1

    with_store(use)


def test_workers_are_used_again():
    async def use(store):
        for _ in range(20):
            assert await body(store, "ASK {}") == b'{"head":{},"boolean":true}'
        assert len(processes(store)) == 1

    with_store(use)


def test_a_worker_serves_on_after_a_wrong_query():
    async def use(store):
        await body(store, "ASK {}")
        before = processes(store)
        for _ in range(5):
            with pytest.raises(QuerySyntaxError, match="line 1, column"):
                await body(store, "ASK { ?s ")
        assert processes(store) == before

    with_store(use)


def test_many_queries_at_once_get_their_own_answers():
    async def use(store):
        texts = [f"SELECT ?o {{ <http://e/{i}> ?p ?o }}" for i in range(100)]
        answers = await asyncio.gather(*(body(store, text, formats=Formats("text/csv")) for text in texts))
        assert answers == [b"o\r\n%d\r\n" % i for i in range(100)]

    with_store(use)


def test_a_runaway_ends_at_its_deadline_and_its_worker_is_replaced():
    async def use(store):
        await body(store, "ASK {}")
        (worker,) = processes(store)
        with pytest.raises(DeadlineError, match=r"0\.5 seconds"):
            await body(store, RUNAWAY, deadline=0.5)
        await until(lambda: worker not in processes(store))
        assert await body(store, "ASK {}")

    with_store(use)


def test_small_queries_are_answered_while_others_run_away():
    async def use(store):
        runaways = [asyncio.create_task(body(store, RUNAWAY)) for _ in range(6)]
        await asyncio.sleep(0.2)
        for _ in range(50):
            assert await body(store, "ASK {}")
        # Only a query that overran costs anything, and only its own caller.
        assert not any(task.done() for task in runaways)
        for task in runaways:
            task.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError)
            for end in await asyncio.gather(*runaways, return_exceptions=True)
        )
        await until(lambda: len(processes(store)) <= 1)

    with_store(use, Limits(deadline=60))


def test_a_query_that_needs_too_much_memory_costs_its_own_caller_an_error():
    async def use(store):
        with pytest.raises(MemoryLimitError, match="64 MiB"):
            await body(store, GREEDY)
        assert await body(store, "ASK {}")

    with_store(use, Limits(memory_mib=64))


def test_a_query_that_overflows_the_parser_costs_its_own_caller_an_error():
    async def use(store):
        with pytest.raises(QueryNestingError):
            await body(store, "ASK { FILTER(" + "!" * 500_000 + "true) }")
        assert await body(store, "ASK {}")

    with_store(use)


def test_an_answer_that_is_given_up_ends_its_query():
    async def use(store):
        answer = await store.query(Query("SELECT * { ?a ?b ?c . ?d ?e ?f }"))
        async for _ in answer:
            break
        await answer.aclose()
        await until(lambda: not processes(store))

    with_store(use)


def test_a_query_beyond_the_last_place_waits_and_is_told_that_the_store_is_busy():
    async def use(store):
        running = asyncio.create_task(body(store, RUNAWAY))
        await asyncio.sleep(0.1)
        with pytest.raises(StoreBusyError, match="1 queries running"):
            await body(store, "ASK {}")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await body(store, "ASK {}")

    with_store(use, Limits(workers=1, queue_seconds=0.2))


def test_a_failure_after_the_head_breaks_the_body_off():
    async def use(store):
        answer = await store.query(Query("SELECT * { ?a ?b ?c . ?d ?e ?f }", deadline=0.5))
        with pytest.raises(DeadlineError):
            async for _ in answer:
                pass

    with_store(use)


def test_no_query_calls_another_host():
    async def use(store):
        with pytest.raises(ServiceRefusedError):
            await body(store, "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }")

    with_store(use)


def test_the_requests_dataset_reaches_the_worker():
    async def use(store):
        text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        csv = Formats("text/csv")
        assert (
            await body(store, text, dataset=Dataset(("http://e/g1", "http://e/g2")), formats=csv)
            == b"n\r\n2000\r\n"
        )

    with_store(use)


def test_a_fork_server_that_dies_is_started_again():
    async def use(store):
        await body(store, "ASK {}")
        os.kill(store._nursery._process.pid, signal.SIGKILL)
        await until(lambda: not store._nursery.alive)
        assert await body(store, "ASK {}")

    with_store(use)


def test_a_worker_that_dies_idle_is_not_asked():
    async def use(store):
        await body(store, "ASK {}")
        (worker,) = processes(store)
        os.kill(worker, signal.SIGKILL)
        await until(lambda: not store._nursery._workers)
        assert await body(store, "ASK {}")

    with_store(use)


def threads_of(pid):
    """How many threads of a process there are, those of one that has gone counted as none."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0


def test_a_worker_that_died_idle_and_of_whose_end_nothing_is_known_yet_costs_nobody_an_answer():
    async def use(store):
        await asyncio.gather(*(body(store, f"ASK {{ ?s ?p {n} }}") for n in range(3)))
        workers = processes(store)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        # What they had open is closed once the last of their threads has ended.
        while any(state_of(worker) not in ("", "Z") or threads_of(worker) > 1 for worker in workers):
            time.sleep(0.01)
        # Nothing has been heard of their ends, and nothing will be before the next query is handed over.
        assert len(store._nursery._workers) == len(workers)
        return await body(store, "ASK {}")

    assert with_store(use) == b'{"head":{},"boolean":true}'


def test_closing_leaves_no_process_and_no_file():
    async def use(store):
        await body(store, "ASK {}")
        return processes(store), store._path

    workers, path = with_store(use)
    assert not path.parent.exists()
    end = time.monotonic() + 30
    while any(state_of(pid) not in ("", "Z") for pid in workers):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_snapshot_that_is_not_n_quads_is_an_error_that_names_it():
    with pytest.raises(StoreError, match="snapshot"):
        with_store(
            lambda store: body(store, "ASK {}"), make=lambda: EmbeddedStore.from_nquads(b"not n-quads")
        )


def test_a_store_on_disk_answers_and_is_kept(tmp_path):
    async def use(store):
        return await body(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", formats=Formats("text/csv"))

    def make():
        return EmbeddedStore.from_directory(tmp_path / "kept", DATA)

    assert with_store(use, make=make) == b"n\r\n3000\r\n"
    first = (tmp_path / "kept" / "checkpoint").stat().st_ino
    assert with_store(use, make=make) == b"n\r\n3000\r\n"
    assert (tmp_path / "kept" / "checkpoint").stat().st_ino == first


def test_a_store_on_disk_follows_new_data(tmp_path):
    async def use(store):
        return await body(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", formats=Formats("text/csv"))

    with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA))
    more = DATA + b"<http://e/new> <http://e/p> <http://e/o> .\n"
    assert with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, more)) == b"n\r\n3001\r\n"


def test_a_store_on_disk_stays_on_its_data_though_others_come_in_their_place(tmp_path):
    async def use(store):
        before = store.snapshot
        await body(store, "ASK {}")
        await EmbeddedStore.from_directory(tmp_path, b"<http://e/a> <http://e/p> <http://e/o> .\n").aclose()
        # A worker that is new opens the data for itself.
        for process in processes(store):
            os.kill(process, signal.SIGKILL)
        await until(lambda: not processes(store))
        answer = await body(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", formats=Formats("text/csv"))
        return answer, store.snapshot == before

    found = with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA))
    assert found == (b"n\r\n3000\r\n", True)
    assert list((tmp_path / "readers").iterdir()) == []


def test_a_folder_that_may_not_be_written_is_read_where_it_is(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    async def use(store):
        return await body(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", formats=Formats("text/csv"))

    with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA))
    monkeypatch.setattr("portsmouth.store.persistence.copies.clone", refuse)
    assert with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA)) == b"n\r\n3000\r\n"
    assert list((tmp_path / "readers").iterdir()) == []


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="other files"):
        EmbeddedStore.from_directory(tmp_path, DATA)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_interrupted_load_leaves_the_old_data(tmp_path):
    async def use(store):
        return await body(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", formats=Formats("text/csv"))

    with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA))
    with pytest.raises(StoreError):
        EmbeddedStore.from_directory(tmp_path, b"not n-quads")
    assert with_store(use, make=lambda: EmbeddedStore.from_directory(tmp_path, DATA)) == b"n\r\n3000\r\n"


def test_a_store_that_is_only_read_says_so_and_has_one_version_of_every_graph():
    async def use(store):
        assert not store.writable
        for attempt in (store.update(Update("CLEAR ALL")), store.write_graph(GraphWrite(None, "delete"))):
            with pytest.raises(ReadOnlyError):
                await attempt
        return [await store.graph_version(graph) for graph in ("http://e/g1", None, "http://e/missing")]

    present, default, missing = with_store(use)
    assert present
    assert default
    assert missing is None


@pytest.fixture
def forks(tmp_path, monkeypatch):
    """Let forks of the fork server succeed, be refused, or bring a worker that dies, one after another."""
    (tmp_path / "sitecustomize.py").write_text(
        """
import errno, os
fork, outcomes = os.fork, iter(os.environ.get("FORKS", "").split())
def another():
    outcome = next(outcomes, "")
    if outcome == "refused":
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    pid = fork()
    if pid == 0 and outcome == "dies":
        os._exit(3)
    return pid
os.fork = another
"""
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return lambda outcomes: monkeypatch.setenv("FORKS", outcomes)


def test_a_fork_server_that_ends_before_it_has_forked_costs_nobody_an_answer():
    async def use(store):
        nursery = await store._ready_nursery()
        os.kill(nursery._process.pid, signal.SIGSTOP)
        asking = asyncio.create_task(body(store, "ASK {}"))
        await until(lambda: nursery._forks)
        nursery._process.kill()
        assert await asking == b'{"head":{},"boolean":true}'
        assert store._nursery is not nursery

    with_store(use)


def test_a_fork_server_whose_end_nobody_has_heard_of_yet_is_replaced():
    async def use(store):
        nursery = await store._ready_nursery()
        nursery._process.kill()
        nursery._process.wait()
        assert nursery.alive
        worker = await store.new_worker()
        assert worker.nursery is store._nursery is not nursery
        store.give_back(worker, reusable=True)
        assert await body(store, "ASK {}") == b'{"head":{},"boolean":true}'

    with_store(use)


def test_a_fork_that_is_refused_costs_only_its_query(forks):
    async def use(store):
        running = asyncio.create_task(body(store, RUNAWAY))
        await until(lambda: processes(store))
        nursery = store._nursery
        with pytest.raises(StoreError, match="room for one more process"):
            await body(store, "ASK {}")
        with pytest.raises(DeadlineError):
            await running
        assert await body(store, "ASK {}")
        assert store._nursery is nursery

    forks("works refused")
    with_store(use, Limits(deadline=2))


def test_a_worker_that_dies_at_once_is_told_of_at_once(forks):
    async def use(store):
        asked = asyncio.create_task(body(store, "ASK {}"))
        for _ in range(5):
            await asyncio.sleep(0)
        # What is told of its start and of its end is read together.
        time.sleep(0.5)
        with pytest.raises(StoreError, match="status 3"):
            await asyncio.wait_for(asked, 10)
        assert not store._nursery.workers
        assert await body(store, "ASK {}")

    forks("dies")
    with_store(use)
