"""Requests a second, latency and cost of every class, server by server in turn."""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Figures, drive
from bench.machine import pss_mib
from bench.peers import Running
from bench.workload import Workload

Cell = tuple[str, int]


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
        """Return the median over the rounds of our rate by the peer's in the same round."""
        figures = self.rounds[cell]
        return statistics.median(
            a.rate / b.rate for a, b in zip(figures[ours], figures[peer], strict=True) if b.rate
        )

    def median(self, cell: Cell, server: str, value: str) -> float:
        """Return the median of one figure over the rounds."""
        return statistics.median(getattr(figures, value) for figures in self.rounds[cell][server])


def measure(
    data: str,
    servers: Sequence[Running],
    workloads: Sequence[Workload],
    clients: Sequence[int],
    rounds: int,
    seconds: float,
    folder: Path,
) -> Throughput:
    """Let every server answer every workload, one after the other, round by round.

    The servers take their turns within a round, so what else the machine does falls on all alike; each round
    begins with the next server.
    """
    result = Throughput(data)
    for round_ in range(rounds):
        for workload, count in _cells(workloads, clients):
            turn = round_ % len(servers)
            for server in [*servers[turn:], *servers[:turn]]:
                figures = drive(server.url, server.pid, workload, count, seconds, folder)
                result.rounds[workload.name, count][server.name].append(figures)
            print(
                f"  {data}, round {round_ + 1}: {workload.name}, {count} clients: "
                + ", ".join(
                    f"{server.name} {result.rounds[workload.name, count][server.name][-1].rate:.0f}/s"
                    for server in servers
                ),
                file=sys.stderr,
            )
    result.memory = {server.name: pss_mib(server.pid) for server in servers}
    return result


def _cells(workloads: Sequence[Workload], clients: Sequence[int]) -> Iterator[tuple[Workload, int]]:
    for workload in workloads:
        for count in clients:
            yield workload, count


def table(result: Throughput, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a Markdown table: ours, and how often that of each peer."""
    ours, *others = names
    yield (
        f"| {result.data} | clients | requests/s | p50 ms | p99 ms | CPU µs | failed | "
        + " | ".join(f"× {name} | its p99 | its CPU µs" for name in others)
        + " |"
    )
    yield "|---|--:" + "|--:" * (5 + 3 * len(others)) + "|"
    for cell, figures in result.rounds.items():
        if ours not in figures:
            continue
        row = [
            cell[0], str(cell[1]), f"{result.median(cell, ours, 'rate'):,.0f}",
            f"{result.median(cell, ours, 'p50'):.2f}", f"{result.median(cell, ours, 'p99'):.2f}",
            f"{result.median(cell, ours, 'cpu'):,.0f}", str(sum(f.failed for f in figures[ours])),
        ]  # fmt: skip
        for name in others:
            if name in figures:
                row += [
                    f"**{result.ratio(cell, ours, name):.2f}**",
                    f"{result.median(cell, name, 'p99'):.2f}",
                    f"{result.median(cell, name, 'cpu'):,.0f}",
                ]
            else:
                row += ["", "", ""]
        yield "| " + " | ".join(row) + " |"
    memory: Mapping[str, float] = result.memory
    yield ""
    yield "Memory (PSS) after the rounds: " + ", ".join(f"{n} {m:,.0f} MiB" for n, m in memory.items()) + "."


def growth(name: str, results: Sequence[Throughput]) -> Iterator[str]:
    """Yield the lines of a Markdown table: what a request takes of the processor at every size.

    :param name: the server.
    :param results: one for each size, the smallest first.
    """
    yield (
        f"| CPU µs a request: {name} | clients | " + " | ".join(result.data for result in results) + " | × |"
    )
    yield "|---|--:" + "|--:" * (len(results) + 1) + "|"
    for cell in results[0].rounds:
        costs = [result.median(cell, name, "cpu") for result in results if cell in result.rounds]
        yield (
            f"| {cell[0]} | {cell[1]} | "
            + " | ".join(f"{cost:,.0f}" for cost in costs)
            + f" | {costs[-1] / max(costs[0], 1):.1f} |"
        )
