"""What queries that never end cost those beside them."""

from __future__ import annotations

import statistics
import threading
import time
import urllib.error
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import drive
from bench.machine import pss_mib
from bench.peers import Running, fetch
from bench.workload import Workload

#: Joins every triple with every other, thrice.
CROSS_JOIN = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@dataclass(frozen=True)
class Beside:
    """Small queries beside a number of runaways.

    :param runaways: clients that send runaways, one after the other.
    :param p99: 99th percentile of the small queries in milliseconds.
    :param rate: small queries a second.
    :param ended: runaways that were ended.
    :param late: milliseconds between the deadline and the end of the latest of them.
    """

    runaways: int
    p99: float
    rate: float
    ended: int
    late: float


def measure(
    server: Running,
    workload: Workload,
    deadline: float,
    counts: Sequence[int],
    seconds: float,
    rounds: int,
    folder: Path,
) -> Iterator[Beside]:
    """Load a server with small queries beside runaways.

    :param deadline: the server's deadline in seconds.
    :param counts: numbers of clients that send runaways; 0 is the undisturbed measure.
    """
    for count in counts:
        stop, lateness = threading.Event(), list[float]()

        def run_away(stop: threading.Event = stop, lateness: list[float] = lateness) -> None:
            while not stop.is_set():
                began = time.perf_counter()
                try:
                    fetch(server.url, CROSS_JOIN, deadline + 30)
                except urllib.error.HTTPError as error:
                    # 503 would say that there was no place for the query, so that it never ran.
                    if error.code == 504:
                        lateness.append(1000 * (time.perf_counter() - began - deadline))

        threads = [threading.Thread(target=run_away, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        if count:
            time.sleep(deadline / 2)
        figures = [drive(server.url, server.pid, workload, 4, seconds, folder) for _ in range(rounds)]
        stop.set()
        for thread in threads:
            thread.join()
        yield Beside(
            count,
            statistics.median(f.p99 for f in figures),
            statistics.median(f.rate for f in figures),
            len(lateness),
            max(lateness, default=0.0),
        )


@dataclass(frozen=True)
class Left:
    """What a number of runaways left.

    :param before: MiB of the server before.
    :param early: MiB after the first fifth of them, when every place for a query has had its turn.
    :param after: MiB after all.
    :param ended: how many ended at their deadline.
    :param refused: how many found no place, so that they never ran.
    """

    before: float
    early: float
    after: float
    ended: int
    refused: int


def leak(server: Running, number: int, at_once: int = 16) -> Left:
    """Return what the server's memory is before, amid and after a number of runaways."""
    before = pss_mib(server.pid)
    first = _run_away(server, number // 5, at_once)
    early = pss_mib(server.pid)
    then = _run_away(server, number - number // 5, at_once)
    codes = first + then
    return Left(before, early, pss_mib(server.pid), codes.count(504), codes.count(503))


def _run_away(server: Running, number: int, at_once: int) -> list[int]:
    left, lock, codes = iter(range(number)), threading.Lock(), list[int]()

    def run() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            try:
                fetch(server.url, CROSS_JOIN, 120)
                codes.append(200)
            except urllib.error.HTTPError as error:
                codes.append(error.code)
            except OSError:
                codes.append(0)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Workers that were ended are replaced by and by.
    time.sleep(1)
    return codes


def table(results: Sequence[Beside], deadline: float) -> Iterator[str]:
    """Yield the lines of a Markdown table, and whether its figures are as wanted."""
    yield (
        f"Read *× undisturbed*: the p99 of small queries by that without runaways; wanted: 2. Runaways have "
        f"a deadline "
        f"of {deadline:g} s; wanted: their end at most 100 ms later."
    )
    yield ""
    columns = "small queries: p99 ms | × undisturbed | requests/s | ended | latest end after its deadline, ms"
    yield f"| clients that send runaways | {columns} |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for result in results:
        yield (
            f"| {result.runaways} | {result.p99:.1f} | {result.p99 / results[0].p99:.2f} "
            f"| {result.rate:,.0f} | {result.ended} | {result.late:.0f} |"
        )
    slow = [str(r.runaways) for r in results if r.p99 > 2 * results[0].p99]
    late = [str(r.runaways) for r in results if r.late > 100]
    if slow or late:
        yield ""
    if slow:
        yield (
            f"p99 is not within twice the undisturbed beside {', '.join(slow)} clients with runaways: each "
            "runaway takes a processor that the small queries and the load generator share."
        )
    if late:
        yield (
            f"Ends are more than 100 ms late beside {', '.join(late)} clients: they are measured by the "
            f"clients, which "
            "wait for a processor too when there are more runaways than processors."
        )
