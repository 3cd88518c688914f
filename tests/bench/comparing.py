"""Ours beside other servers: on the shipped graph, and on invented data of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from bench import goals, peers, throughput
from bench.compare import compare
from bench.context import Bench, entities_of, ours_at
from bench.peers import Data, Peer
from bench.throughput import Cell, Throughput
from bench.workload import Workload, workloads

#: Quads from which on scans and large answers are asked by one client and once: they take seconds.
_LARGE_DATA = 5_000_000


def shipped(bench: Bench) -> Iterator[str]:
    """Yield throughput on the graph that the program ships with."""
    data = bench.shipped()
    with ExitStack() as stack:
        own, result, said = _compared(bench, stack, data, [peers.ours()], bench.arguments.rounds)
    yield from throughput.table(result, _names(result, own[0]))
    yield ""
    yield from goals.verdicts(result, own[0], goals.SHIPPED)
    yield ""
    yield f"{data.quads:,} quads. {said}"


def synthetic(bench: Bench) -> Iterator[str]:
    """Yield throughput on invented data of several sizes."""
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        rounds = 1 if quads >= _LARGE_DATA else bench.arguments.rounds
        with ExitStack() as stack:
            own, result, said = _compared(bench, stack, data, ours_at(data), rounds)
        for name in own:
            wanted: Mapping[Cell, float] = {}
            if data.quads >= goals.FROM:
                wanted = goals.ON_DISK if "disk" in name else goals.IN_MEMORY
            yield f"### {data.name}, {name}"
            yield ""
            yield from throughput.table(result, _names(result, name, own))
            yield ""
            yield from goals.verdicts(result, name, wanted)
            yield ""
        yield said
        yield ""


def _compared(
    bench: Bench, stack: ExitStack, data: Data, ours: Sequence[Peer], rounds: int
) -> tuple[list[str], Throughput, str]:
    """Start our servers and the others on some data, compare their answers, and measure them."""
    failed, running = [], [bench.start(stack, peer, data) for peer in ours]
    slow: list[Peer] = []
    own = [server.name for server in running]
    for peer in peers.others(bench.arguments.peers):
        if bench.wanted(peer, data):
            try:
                running.append(bench.start(stack, peer, data))
                slow += [peer] if peer.slow else []
            except (RuntimeError, OSError) as error:
                failed.append(f"{peer.name} did not start on {data.name}: {str(error).splitlines()[0]}.")
    entities = entities_of(running[0])
    comparison = compare(running, entities, 2 if data.quads >= _LARGE_DATA else 5)
    # A server that was left waiting may still be at work on what nobody waits for.
    for peer in slow:
        place = next(i for i, server in enumerate(running) if server.name == peer.name)
        running[place].stop()
        running[place] = bench.start(stack, peer, data)
    result = throughput.measure(
        data.name, running, list(_cells(bench, data, entities)), comparison,
        rounds, bench.arguments.seconds, bench.folder,
    )  # fmt: skip
    return own, result, " ".join([comparison.said(), *failed])


def _cells(bench: Bench, data: Data, entities: Sequence[str]) -> Iterator[tuple[Workload, int]]:
    """Yield what is asked: on invented data no repeated questions, and few at once where they take long."""
    for workload in workloads(entities):
        if bench.arguments.only not in workload.name:
            continue
        if data.name != "shipped graph" and not workload.unique:
            continue
        for clients in bench.clients():
            long = workload.kind in ("scan", "large", "mix")
            if clients <= 8 or data.quads < 100_000:
                if data.quads >= _LARGE_DATA and long and (clients > 1 or workload.kind == "mix"):
                    continue
                yield workload, clients


def _names(result: Throughput, ours: str, own: Sequence[str] = ()) -> list[str]:
    """Return the names for a table: one of ours, then all that are not ours."""
    return [ours, *(name for name in result.memory if name != ours and name not in own)]
