"""Files of any size: how their default graph is derived, and what an interrupted load leaves."""

import gzip
import io
import itertools
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.conftest import RunningServer

from portsmouth.errors import DocumentError, StoreError
from portsmouth.store.persistence import bulk, checkpoints, filling, progress
from portsmouth.store.persistence.bulk import estimated_mib, load_file, rewrite
from portsmouth.store.persistence.copies import reading_copy
from portsmouth.store.persistence.deriving import chunks, named_triples
from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.persistence.progress import Advance, Progress
from portsmouth.store.persistence.segments import Follower
from portsmouth.store.updates.changes import Change
from portsmouth.synthetic import Corpus

DEFAULT = ox.DefaultGraph()
OLD = b"<http://e/old> <http://e/p> <http://e/o> <http://e/g> .\n"

nodes = st.sampled_from([ox.NamedNode("http://e/a"), ox.NamedNode("http://e/b#_:x")])
blank = st.sampled_from([ox.BlankNode("x"), ox.BlankNode("y.z")])
literals = st.builds(ox.Literal, st.text(max_size=6)) | st.sampled_from(
    [
        ox.Literal(' <http://e/g> .\n<http://e/a> "'),
        ox.Literal("\\", language="th"),
        ox.Literal("_:x", datatype=ox.NamedNode("http://e/type")),
        ox.Literal("-07", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ]
)
quads = st.builds(ox.Quad, nodes | blank, nodes, nodes | blank | literals, nodes | blank | st.just(DEFAULT))
#: Ways to write a line that mean the same.
ways = st.sampled_from(
    [
        lambda line: line,
        lambda line: line,
        lambda line: line.replace(b"> ", b">\t", 1),
        lambda line: line + b" # <http://e/a> <http://e/a> <http://e/a> .",
        lambda line: line.removesuffix(b" .") + b".",
        lambda line: line.replace(b"> ", b">") if b'"' not in line else line,
        lambda line: line.replace(b" ", b"\t") if b'"' not in line else line,
        lambda line: b"  " + line + b"\r",
        lambda line: b"# a comment\n\n" + line,
    ]
)


def merged(content: list[ox.Quad]) -> set[ox.Quad]:
    """The oracle: the quads, and every triple of the named graphs in the default graph."""
    return {*content, *(ox.Quad(q.subject, q.predicate, q.object) for q in content)}


def canonical(content: Any) -> str:
    """Quads as one text, whatever their blank nodes are called."""
    dataset = ox.Dataset(content)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return "\n".join(sorted(map(str, dataset)))


def as_stored(content: Any) -> set[ox.Quad]:
    store = ox.Store()
    store.extend(content)
    return set(store)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(quads, ways), max_size=12), st.integers(1, 80))
def test_the_derived_default_graph_is_that_of_the_quads_however_they_are_written(lines, size):
    text = b"".join(
        way(ox.serialize([quad], format=ox.RdfFormat.N_QUADS).rstrip(b"\n")) + b"\n" for quad, way in lines
    )
    pieces = list(chunks(io.BytesIO(text), size))
    assert b"".join(pieces) == text
    triples = b"".join(triple + b" .\n" for piece in pieces for triple in named_triples(piece))
    found = set(ox.parse(triples, format=ox.RdfFormat.N_QUADS))
    named = [quad for quad, _ in lines if quad.graph_name != DEFAULT]
    assert found == {ox.Quad(q.subject, q.predicate, q.object) for q in named}


@settings(max_examples=25, deadline=None)
@given(st.lists(quads, max_size=10), st.booleans(), st.booleans(), st.booleans())
def test_a_loaded_file_is_what_a_brute_force_merge_gives_blank_nodes_shared(content, packed, derive, long):
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(bulk, "_SHORT", -1 if long else bulk._SHORT),
    ):
        path, target = Path(folder) / "data.nq", Path(folder) / "whole.nq"
        data = ox.serialize(content, format=ox.RdfFormat.N_QUADS)
        path.write_bytes(gzip.compress(data) if packed else data)
        store = ox.Store()
        load_file(store, path, merged=derive)
        expected = canonical(as_stored(merged(content) if derive else content))
        assert canonical(store) == expected
        rewrite(path, target, merged=derive)
        assert canonical(as_stored(ox.parse(path=target, format=ox.RdfFormat.N_QUADS))) == expected


@pytest.mark.parametrize("long", [False, True])
def test_a_generated_corpus_loses_nothing_when_its_default_graph_is_derived_anew(tmp_path, monkeypatch, long):
    if long:
        monkeypatch.setattr(bulk, "_SHORT", -1)
    whole = b"".join(Corpus(quads=30_000, seed=3))
    named = b"".join(
        str(quad).encode() + b" .\n"
        for quad in ox.parse(whole, format=ox.RdfFormat.N_QUADS)
        if quad.graph_name != DEFAULT
    )
    (tmp_path / "named.nq").write_bytes(named)
    told: list[Advance] = []
    filling.load(tmp_path / "store", tmp_path / "named.nq", merged=True, report=told.append)
    loaded = ox.Store.read_only(str(tmp_path / "store" / "checkpoint"))
    expected = ox.Store()
    expected.bulk_load(whole, format=ox.RdfFormat.N_QUADS)
    assert len(loaded) == len(expected)
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert [row["n"] for row in loaded.query(count)] == [row["n"] for row in expected.query(count)]
    assert all(0 < advance.share <= 1 and advance.rate >= 0 and advance.left >= 0 for advance in told)


@pytest.mark.parametrize(("lines", "least", "most"), [(100_000, 0.35, 0.45), (10_000_000, 0.9, 0.95)])
def test_what_has_been_read_is_not_told_as_loaded_since_the_engine_has_still_to_sort_it(
    monkeypatch, lines, least, most
):
    monkeypatch.setattr(progress.time, "perf_counter", itertools.count().__next__)
    told: list[Advance] = []
    passes = Progress(told.append, {"derived": 0.4, "whole": 0.6})
    for part in ("derived", "whole"):
        for tenth in range(1, 11):
            passes.tell(part, tenth / 10, lines * tenth // 10)
        assert told[-1].share < 1
        passes.end(part)
    shares = [advance.share for advance in told]
    assert shares == sorted(shares)
    assert least * 0.4 < shares[9] < most * 0.4
    assert 0.4 + least * 0.6 < shares[-1] < 0.4 + most * 0.6
    assert told[-1].quads == round(shares[-1] * lines)


def test_the_estimate_of_memory_follows_the_size_of_the_data(tmp_path):
    small, large, packed = (tmp_path / name for name in ("small.nq", "large.nq", "large.nq.gz"))
    small.write_bytes(b"".join(Corpus(quads=20_000, seed=1)))
    large.write_bytes(small.read_bytes() * 8)
    packed.write_bytes(gzip.compress(large.read_bytes()))
    one, eight = estimated_mib(small, merged=False), estimated_mib(large, merged=False)
    assert one * 7 < eight < one * 9
    assert eight * 0.5 < estimated_mib(packed, merged=False) < eight * 2
    assert estimated_mib(small, merged=True) > one


def test_what_is_no_n_quads_is_told_with_its_place_and_nothing_of_how_it_was_opened(tmp_path):
    path = tmp_path / "own.ttl"
    path.write_bytes(OLD + b"<http://e/s> <http://e/p> o .\n")
    with pytest.raises(DocumentError) as raised:
        filling.load(tmp_path / "new", path, merged=True)
    line = OLD.count(b"\n") + 1
    assert re.search(rf"at line {line} column \d+: [^()]+\); expected N-Quads", str(raised.value))


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        OLD + b"this is not a quad\n",
        OLD + b"<http://e/s> <http://e/p> <http://e/o> <http://e/g>",
        gzip.compress(OLD * 10_000)[:-20],
        b"\x1f\x8b is not gzip",
    ],
)
def test_a_file_that_cannot_be_read_leaves_what_was_there(tmp_path, monkeypatch, content, long):
    if long:
        monkeypatch.setattr(bulk, "_SHORT", -1)
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"data\.nq"):
        filling.load(store, path, merged=True)
    assert held(store) == as_stored(merged(list(ox.parse(OLD, format=ox.RdfFormat.N_QUADS))))
    assert not (store / "incoming").exists()


def held(directory: Path) -> set[ox.Quad]:
    copy = reading_copy(directory)
    assert copy
    store = checkpoints.private_copy(copy.path, copy.path.with_name("opened"))
    for record in Follower(copy.journals).fresh():
        record.change.apply(store)
    return set(store)


class Interrupted(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("written", [False, True])
def test_an_interruption_at_any_step_of_the_exchange_leaves_old_data_or_new_ones(
    tmp_path, monkeypatch, written
):
    new = OLD.replace(b"old", b"new")
    path, original = tmp_path / "data.nq", tmp_path / "original"
    path.write_bytes(OLD)
    filling.load(original, path, merged=True)
    if written:
        primary = DiskPrimary(original, b"", "", merged=True)
        opened = primary.open()
        quad = ox.Quad(*[ox.NamedNode("http://e/written")] * 4)
        primary.commit(opened.number + 1, Change(added=(quad,)).to_bytes())
        primary.close()
    before = held(original)
    path.write_bytes(new)
    after = as_stored(merged(list(ox.parse(new, format=ox.RdfFormat.N_QUADS))))
    outcomes = []
    for step in range(100):
        store = tmp_path / f"store-{step}"
        shutil.copytree(original, store)
        steps = iter(range(1000))

        def interrupting(real: Callable[..., Any], step: int = step, steps: Iterator[int] = steps) -> Any:
            def act(*arguments: Any, **options: Any) -> Any:
                if next(steps) == step:
                    raise Interrupted
                return real(*arguments, **options)

            return act

        with monkeypatch.context() as patch:
            for name in ("rename", "replace", "unlink", "rmdir"):
                patch.setattr(Path, name, interrupting(getattr(Path, name)))
            patch.setattr(shutil, "rmtree", interrupting(shutil.rmtree))
            try:
                filling.load(store, path, merged=True)
            except Interrupted:
                interrupted = True
            else:
                interrupted = False
        outcomes.append(held(store))
        assert outcomes[-1] in (before, after)
        primary = DiskPrimary(store, b"", "", merged=True)
        primary.open()
        primary.close()
        assert held(store) == outcomes[-1]
        if not interrupted:
            break
    assert outcomes[0] == before
    assert outcomes[-1] == after
    assert len(outcomes) > 6
    assert sorted(outcomes, key=lambda outcome: outcome == after) == outcomes


def test_a_killed_load_leaves_the_old_data_and_the_next_one_succeeds(tmp_path):
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    before = held(store)
    path.write_bytes(b"".join(Corpus(quads=60_000, seed=2)))
    command = [sys.executable, "-m", "portsmouth", "load", str(path), "--store", str(store)]
    rng = random.Random(8)
    killed = 0
    while killed < 3:
        loader = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while not (store / "incoming" / "primary").exists() and loader.poll() is None:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.2)
        loader.kill()
        if ended := loader.wait() == 0:
            # This process has slept for longer than it wanted: once more, from the same beginning.
            (tmp_path / "old.nq").write_bytes(OLD)
            filling.load(store, tmp_path / "old.nq", merged=True)
        killed += not ended
        assert held(store) == before
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert len(held(store)) > 60_000


def test_an_interrupted_load_ends_and_clears_away_what_it_had(tmp_path):
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    before = held(store)
    path.write_bytes(b"".join(Corpus(quads=60_000, seed=2)) * 6)
    command = [sys.executable, "-m", "portsmouth", "load", str(path), "--store", str(store)]
    loader = subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        # Whatever runs in the background of a script is begun with it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (store / "incoming" / "primary" / "CURRENT").exists() and loader.poll() is None:
        time.sleep(0.005)
    loader.send_signal(signal.SIGINT)
    assert loader.wait(timeout=60) == 130
    assert held(store) == before
    assert not (store / "incoming").exists()


def test_two_loads_into_one_folder_do_not_meet(tmp_path):
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    primary = DiskPrimary(store, b"", "", merged=True)
    primary.open()
    with pytest.raises(StoreError, match="another process"):
        filling.load(store, path, merged=True)
    primary.close()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    with pytest.raises(StoreError, match="other files"):
        filling.load(tmp_path / "other", path, merged=True)


def portsmouth(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "portsmouth", *words], capture_output=True, text=True, check=False
    )


def test_the_commands_say_what_they_loaded_and_what_is_wrong(tmp_path):
    path, store = tmp_path / "data.nq.gz", str(tmp_path / "store")
    path.write_bytes(gzip.compress(OLD))
    done = portsmouth("load", str(path), "--store", store)
    assert (done.returncode, "1 lines of data.nq.gz" in done.stderr) == (0, True)
    path.write_bytes(b"nothing")
    for words, code, says in (
        (("load", str(path), "--store", store), 2, "data.nq.gz"),
        (("load", "--store", store), 2, "a file"),
        (("load", str(path), "--store", store, "--endpoint", "http://e/"), 2, "--store"),
        (("load", str(path), "--store", store, "--dataset", "none"), 2, "merged or plain"),
        (("serve", "--data", str(path), "--store", store), 2, "portsmouth load"),
    ):
        failed = portsmouth(*words)
        assert (failed.returncode, says in failed.stderr, "Traceback" in failed.stderr) == (code, True, False)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    started: list[RunningServer] = []

    def start(*options: str, **settings: object) -> RunningServer:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(RunningServer(folder, ("portsmouth", "serve", *options), **settings))
        return started[-1]

    yield start
    for running in started:
        running.stop()


def subjects(server: RunningServer) -> str:
    reply = server.ask("SELECT DISTINCT ?s { ?s ?p ?o } ORDER BY ?s", accept="text/csv")
    assert reply.status == 200, reply.body
    return reply.body.decode().replace("\r\n", " ").strip()


def test_a_loaded_folder_is_served_as_it_stands_also_while_it_is_loaded_anew(tmp_path, serve):
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    server = serve("--store", str(store))
    assert "data.nq: 1 lines" in server.log.read_text()
    assert subjects(server) == "s http://e/old"
    path.write_bytes(OLD.replace(b"old", b"new"))
    filling.load(store, path, merged=True)
    assert subjects(server) == "s http://e/old"
    assert subjects(serve("--store", str(store))) == "s http://e/new"


@pytest.mark.parametrize(("hold", "where"), [("auto", "memory"), ("memory", "memory"), ("disk", "disk")])
@pytest.mark.parametrize("token", [{}, {"token": "a-token-of-the-tests-0123456789abcdef"}])
def test_a_file_is_served_from_where_its_size_or_the_operator_decides(tmp_path, serve, hold, where, token):
    path = tmp_path / "data.nq"
    path.write_bytes(OLD)
    server = serve("--data", str(path), hold=hold, **token)
    assert f"held {'in' if where == 'memory' else 'on'} {where}" in server.log.read_text()
    assert subjects(server) == "s http://e/old"
    if token:
        headers = {
            "Authorization": f"Bearer {token['token']}",
            "Content-Type": "application/sparql-update",
        }
        update = b"INSERT DATA { GRAPH <http://e/h> { <http://e/one> <http://e/p> 1 } }"
        assert server.fetch("/update", "POST", headers, update).status == 204
        assert subjects(server) == "s http://e/old http://e/one"


def test_data_beyond_the_budget_go_on_disk(tmp_path, serve):
    path = tmp_path / "data.nq"
    path.write_bytes(b"".join(Corpus(quads=20_000, seed=1)))
    server = serve("--data", str(path), data_memory=5)
    assert "of 5 allowed: held on disk" in server.log.read_text()
    assert server.ask("ASK { ?s ?p ?o }", accept="text/csv").status == 200


def test_what_the_engine_merges_after_a_load_is_what_workers_start_from(tmp_path):
    path, store = tmp_path / "data.nq", tmp_path / "store"
    path.write_bytes(OLD)
    filling.load(store, path, merged=True)
    before = held(store)
    primary = DiskPrimary(store, b"", "", merged=True)
    loaded = primary.open()
    assert primary.look()
    assert not primary.wants_base
    primary._store.optimize()
    assert not primary.look()
    assert primary.look()
    assert primary.wants_base
    primary.begin_base(loaded.number)
    assert not primary.wants_base
    found = primary.finish_base(loaded.number)
    primary.settle(loaded.number)
    assert set(ox.Store.read_only(str(found))) == before
    primary.close()
    assert held(store) == before
    again = DiskPrimary(store, b"", "", merged=True)
    assert again.open()[:1] == (found,)
    again.close()
    path.write_bytes(OLD.replace(b"old", b"new"))
    filling.load(store, path, merged=True)
    assert held(store) != before
    assert not found.exists()
