"""Answers a second, latency and cost of every class, server by server in turn."""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from bench.compare import Comparison
from bench.load import Figures, drive, turn
from bench.machine import pss_mib
from bench.peers import Running
from bench.workload import Workload

Cell = tuple[str, int]
#: Seconds of an average answer from which on the comparison is the measurement.
_COMPARED = 2.0
#: Servers get the same list of long questions unless one takes so many times as long as the quickest.
_ALIKE: Final = 8
#: Seconds of the one turn of a server that is slow, and how long it may get.
_SLOW_TURN, _LONGEST_SLOW_TURN = 3.0, 40.0


@dataclass
class Throughput:
    """What the rounds of one dataset came to.

    :param data: the dataset's name.
    :param rounds: by workload and clients, then by server, the figures of each round.
    :param memory: MiB of each server after the rounds.
    """

    data: str
    rounds: dict[Cell, dict[str, list[Figures]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    memory: dict[str, float] = field(default_factory=dict)

    def ratio(self, cell: Cell, ours: str, peer: str) -> float:
        """Return the median over the rounds of our rate by the peer's in the same round.

        It is infinite where the peer gave no answer at all.
        """
        pairs = zip(self.rounds[cell][ours], self.rounds[cell][peer], strict=False)
        return statistics.median(a.rate / b.rate if b.rate else float("inf") for a, b in pairs)

    def median(self, cell: Cell, server: str, value: str) -> float:
        """Return the median of one figure over the rounds."""
        return statistics.median(getattr(figures, value) for figures in self.rounds[cell][server])


def measure(
    data: str,
    servers: Sequence[Running],
    cells: Sequence[tuple[Workload, int]],
    comparison: Comparison,
    rounds: int,
    seconds: float,
    folder: Path,
) -> Throughput:
    """Let every server answer every workload, one after the other, round by round.

    The servers take their turns within a round, so what else the machine does falls on all alike; each round
    begins with the next server. A slow server has one turn, in the first round.

    :param cells: workloads, each with a number of clients.
    :param comparison: how long each server takes for an answer.
    """
    result = Throughput(data)
    quick = [server for server in servers if not server.slow]
    for round_ in range(rounds):
        first = round_ % len(quick)
        for workload, clients in cells:
            name = workload.name, clients
            # What is kept is answered so often that half of the time tells as much.
            time = seconds if workload.unique else seconds / 2
            longest = comparison.longest(workload.kind, quick)
            if clients == 1 and workload.unique and longest > _COMPARED:
                # The comparison has asked each question, of each server in turn: to wait again tells no more.
                for server in quick:
                    if not round_ and (measured := comparison.figures(server, workload.kind)):
                        result.rounds[name][server.name].append(measured)
                continue
            times = {server.name: comparison.times(server, workload.kind) or longest for server in quick}
            shortest = min(times.values())
            slowest = max(own for own in times.values() if own <= _ALIKE * shortest)
            for server in [*quick[first:], *quick[:first]]:
                own = times[server.name]
                if server.keeps and not workload.unique and not round_:
                    # What is asked again has been asked before.
                    drive(server.url, server.pid, workload, clients, time, folder)
                if not workload.unique:
                    # Of repeated questions each gets what fits it.
                    requests = 0 if server.keeps else turn(workload, clients, time, own)
                elif own <= _ALIKE * shortest:
                    requests = turn(workload, clients, time, slowest, shortest)
                else:
                    requests = turn(workload, clients, time, own)
                figures = drive(server.url, server.pid, workload, clients, time, folder, requests=requests)
                result.rounds[name][server.name].append(figures)
            if not round_ and workload.unique:
                for server in servers:
                    if server.slow and (drives := _slow_turn(comparison, server, workload, clients)):
                        figures = drive(
                            server.url, server.pid, workload, clients, _SLOW_TURN, folder,
                            requests=drives.requests,
                        )  # fmt: skip
                        result.rounds[name][server.name].append(figures)
            rates = ", ".join(f"{who} {f[-1].rate:.1f}/s" for who, f in result.rounds[name].items())
            print(f"  {data}, round {round_ + 1}: {name[0]}, {clients} clients: {rates}", file=sys.stderr)
    result.memory = {server.name: pss_mib(server.pid) for server in servers}
    return result


class _Turn(NamedTuple):
    """How a server is driven: with a number of requests, or for a time where it is 0."""

    requests: int


def _slow_turn(comparison: Comparison, server: Running, workload: Workload, clients: int) -> _Turn | None:
    """Return the one turn of a slow server, if it can be expected to end."""
    seconds = comparison.times(server, workload.kind)
    if seconds is None:
        return None
    requests = turn(workload, clients, _SLOW_TURN, seconds, answers=1)
    # Such a server answers by one processor, whatever the number of clients.
    return _Turn(requests) if requests * seconds <= _LONGEST_SLOW_TURN else None


def table(result: Throughput, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of two Markdown tables: how often our rate is that of each peer, and what each takes.

    :param names: ours first, then the peers'.
    """
    ours, *others = names
    yield (
        "Read the columns × first: how many answers of ours there are for one of that server. "
        "Above 1 ours is faster."
    )
    yield ""
    yield f"| {result.data} | clients | answers/s | " + " | ".join(f"× {name}" for name in others) + " |"
    yield "|---|--:|--:" + "|--:" * len(others) + "|"
    cells = [(cell, figures) for cell, figures in result.rounds.items() if ours in figures]
    for cell, figures in cells:
        ratios = [f"**{result.ratio(cell, ours, name):.2f}**" if name in figures else "" for name in others]
        yield f"| {cell[0]} | {cell[1]} | {result.median(cell, ours, 'rate'):,.1f} | {' | '.join(ratios)} |"
    yield ""
    yield (
        "What a request takes: p50 ms / p99 ms / CPU µs, and how many failed. Much CPU beside little p50 "
        "means "
        "several processors; much p99 beside little CPU means waiting."
    )
    yield ""
    yield f"| {result.data} | clients | " + " | ".join(names) + " |"
    yield "|---|--:" + "|--:" * len(names) + "|"
    for cell, figures in cells:
        cost = [_cost(result, cell, name) if name in figures else "" for name in names]
        yield f"| {cell[0]} | {cell[1]} | {' | '.join(cost)} |"
    memory: Mapping[str, float] = result.memory
    yield ""
    yield "Memory (PSS) after the rounds: " + ", ".join(f"{n} {m:,.0f} MiB" for n, m in memory.items()) + "."


def _cost(result: Throughput, cell: Cell, name: str) -> str:
    if not any(figures.rate for figures in result.rounds[cell][name]):
        return f"no answer, {sum(f.failed for f in result.rounds[cell][name])} failed"
    p50, p99, cpu = (result.median(cell, name, value) for value in ("p50", "p99", "cpu"))
    failed = sum(figures.failed for figures in result.rounds[cell][name])
    return f"{p50:,.2f} / {p99:,.2f} / {cpu:,.0f}" + (f", {failed} failed" if failed else "")
