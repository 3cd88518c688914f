"""What a small durable write takes, who sees it, and what it costs those who read meanwhile."""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bench import machine, peers
from bench.context import IN_MEMORY, ROOMY, Bench, entities_of
from bench.load import drive
from bench.peers import Data, Peer, Running
from bench.work import percentile
from bench.workload import Workload, workloads

_TOKEN = "a-token-of-the-bench-0123456789abcdef"
_WRITES, _LONGEST = 200, 20.0
#: Reads of one write, all at once, so that every worker has its turn.
_READERS, _READ_WRITES = 8, 25
#: Writes a second beside reads; the second is as many as one client can do.
_PACES = (10.0, float("inf"))
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Written:
    """What writes to one server came to.

    :param milliseconds: from the request to the acknowledgement, each write after the other.
    :param unseen: reads that missed a write that was acknowledged before they were sent, of how many.
    :param beside: by writes a second wanted, the writes a second that there were, and each round's rate of
        reads by that of reads alone just before.
    """

    milliseconds: Sequence[float]
    unseen: tuple[int, int]
    beside: dict[float, tuple[float, list[float]]]


def writing(bench: Bench) -> Iterator[str]:
    """Yield what writing takes at every size, beside Oxigraph's server that can be written."""
    rows = []
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        for peer in _writable(bench, data):
            with ExitStack() as stack:
                server = bench.start(stack, peer, data, copy=True)
                machine.settle(server.pid)
                rows.append((data, server.name, _measure(bench, server)))
                milliseconds = rows[-1][2].milliseconds
                print(
                    f"  {data.name}: {server.name}: {statistics.median(milliseconds):.1f} ms", file=sys.stderr
                )
    yield (
        "One `INSERT DATA` of a triple into a named graph, acknowledged when it is durable and every read "
        "sent from "
        "then on sees it. Wanted: a median under 15 ms at 20 thousand quads and under 50 ms at 10 million, "
        "and reads "
        "beside writes at 0.8 of reads alone or more."
    )
    yield ""
    head = [f"{pace:g} writes/s" if pace < float("inf") else "as many as one client can" for pace in _PACES]
    yield (
        "| data | server | median ms | p99 ms | reads that missed it | "
        + " | ".join(f"reads beside {word}" for word in head)
        + " |"
    )
    yield "|---|---|--:|--:|--:|" + "--:|" * len(_PACES)
    for data, name, found in rows:
        beside = [
            f"× {statistics.median(ratios):.2f} at {rate:,.0f} writes/s"
            for rate, ratios in found.beside.values()
        ]
        yield (
            f"| {data.name} | {name} | **{statistics.median(found.milliseconds):.1f}** "
            f"| {percentile(found.milliseconds, 0.99):.1f} | {found.unseen[0]} of {found.unseen[1]} "
            f"| {' | '.join(beside)} |"
        )
    yield ""
    yield (
        f"`fdatasync` alone takes {machine.sync_ms(bench.folder):.1f} ms on this disk (median). Oxigraph's "
        f"server calls "
        "nothing of the kind before it acknowledges (seen with strace): what it has written survives its "
        "own end, not "
        "that of the machine."
    )
    yield ""
    yield from _verdicts(rows)


def _verdicts(rows: Sequence[tuple[Data, str, Written]]) -> Iterator[str]:
    late, dropped = [], []
    for data, name, found in rows:
        if not name.startswith("portsmouth"):
            continue
        median, limit = statistics.median(found.milliseconds), 15 if data.quads < 1_000_000 else 50
        if median > limit:
            late.append(f"{name}, {data.name}: {median:.1f} of {limit} ms")
        ratio = statistics.median(found.beside[_PACES[0]][1])
        if ratio < 0.8:
            dropped.append(f"{name}, {data.name}: {ratio:.2f}")
    if late:
        yield (
            "Not reached: "
            + "; ".join(late)
            + ". A write waits for the disk to say that the journal is there."
        )
    else:
        yield "Every median is as wanted."
    yield ""
    if dropped:
        yield (
            f"Reads beside {_PACES[0]:g} writes a second fall below 0.8 of reads alone: "
            + "; ".join(dropped)
            + ". Workers of the old snapshot are replaced after a write, and the new ones start cold."
        )
    else:
        yield f"Reads beside {_PACES[0]:g} writes a second nowhere fall below 0.8 of reads alone."
    crowded = [
        f"{name}, {data.name}: {ratio:.2f} at {rate:,.0f} writes/s"
        for data, name, found in rows
        for rate, ratios in (found.beside[_PACES[-1]],)
        if name.startswith("portsmouth") and (ratio := statistics.median(ratios)) < 0.8
    ]
    if crowded:
        yield ""
        yield (
            "Beside as many writes as one client can send they fall below it: "
            + "; ".join(crowded)
            + ". Where readers wait for a processor, a write waits for twice the time of the one before it, "
            "10 ms at most; the client that writes, the server, the worker that evaluates it and all workers "
            "with connections share the processors with the load generator."
        )


def _writable(bench: Bench, data: Data) -> list[Peer]:
    """Return servers that can be written, as data of that size are held."""
    token = {"token": _TOKEN, **ROOMY}
    on_disk = peers.from_disk("portsmouth, on disk", **token)
    on_disk = replace(on_disk, command=(*on_disk.command, "--set", "hold=disk"))
    found = [on_disk, peers.oxigraph_written(bench.arguments.peers)]
    if data.quads <= IN_MEMORY:
        kept = peers.ours("portsmouth, in memory with a journal", hold="memory", **token)
        command = (sys.executable, "-m", "bench.kept", "{file}", "{folder}/kept")
        path = kept.environment["PYTHONPATH"] + f":{peers.ROOT / 'tests'}"
        found.insert(0, replace(kept, command=command, environment={**kept.environment, "PYTHONPATH": path}))
    return found


def _measure(bench: Bench, server: Running) -> Written:
    arguments = bench.arguments
    entities = entities_of(server)
    small = next(w for w in workloads(entities) if w.name == "small, unique")
    milliseconds: list[float] = []
    end = time.monotonic() + _LONGEST
    with _writer(server) as write:
        for _ in range(5):
            write()
        while len(milliseconds) < _WRITES and time.monotonic() < end:
            began = time.perf_counter()
            write()
            milliseconds.append(1000 * (time.perf_counter() - began))
        unseen = _unseen(server, write)
    rates: dict[float, list[float]] = {pace: [] for pace in _PACES}
    ratios: dict[float, list[float]] = {pace: [] for pace in _PACES}
    for _ in range(arguments.rounds):
        for pace in _PACES:
            alone = _reads(bench, server, small)
            with _writes(server, pace) as count:
                began = time.monotonic()
                beside = _reads(bench, server, small)
                rates[pace].append(count() / (time.monotonic() - began))
            ratios[pace].append(beside / alone)
    return Written(
        milliseconds, unseen, {pace: (statistics.median(rates[pace]), ratios[pace]) for pace in _PACES}
    )


def _reads(bench: Bench, server: Running, small: Workload) -> float:
    return drive(server.url, server.pid, small, 8, max(2, bench.arguments.seconds), bench.folder).rate


@contextmanager
def _writer(server: Running) -> Iterator[Callable[[], int]]:
    """Yield a function that writes one triple and returns its number."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/sparql-update"}

    def write() -> int:
        number = next(_numbers)
        triple = f"<http://bench.example/{number}> a {number}"
        body = f"INSERT DATA {{ GRAPH <http://bench.example/g> {{ {triple} }} }}"
        connection.request("POST", "/update", body, headers)
        reply = connection.getresponse()
        said = reply.read()
        if reply.status not in (200, 204):
            raise RuntimeError(f"{server.name} answers a write with {reply.status}: {said[:500]!r}")
        return number

    try:
        yield write
    finally:
        connection.close()


def _unseen(server: Running, write: Callable[[], int]) -> tuple[int, int]:
    """Return how many reads missed a write that was acknowledged before, and how many reads there were."""
    missed: list[int] = []

    def read(number: int) -> None:
        if b"true" not in peers.fetch(server.url, f"ASK {{ GRAPH ?g {{ ?s a {number} }} }}"):
            missed.append(number)

    for _ in range(_READ_WRITES):
        number = write()
        readers = [threading.Thread(target=read, args=(number,), daemon=True) for _ in range(_READERS)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    return len(missed), _READ_WRITES * _READERS


@contextmanager
def _writes(server: Running, pace: float) -> Iterator[Callable[[], int]]:
    """Write all the while, and yield a function that returns how many writes were acknowledged so far."""
    stop, done, slips = threading.Event(), list[int](), list[Exception]()

    def work() -> None:
        try:
            with _writer(server) as write:
                due = time.monotonic()
                while not stop.is_set():
                    done.append(write())
                    due += 1 / pace
                    stop.wait(max(0.0, due - time.monotonic()))
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            slips.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield lambda: len(done)
    finally:
        stop.set()
        thread.join()
    if slips:
        raise RuntimeError(f"{server.name} stopped taking writes: {slips[0]}")
