"""The sections of the report that are short to tell: start, runaways, loading."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from bench import machine, peers, runaways, sizes
from bench.context import Bench, entities_of
from bench.workload import workloads

#: Seconds that a query may run where runaways are tried.
_DEADLINE, _SHORT_DEADLINE = 2.0, 0.2
_RUNAWAYS = 500
#: Rounds of loading a file of moderate size, at least.
_LOADS = 5


def start(bench: Bench) -> Iterator[str]:
    """Yield the time to the first answer and the idle memory of the server on the shipped graph."""
    seconds, memory = [], []
    for _ in range(max(3, bench.arguments.rounds)):
        with ExitStack() as stack:
            server = bench.start(stack, peers.shipped(), bench.shipped())
            seconds.append(server.seconds_to_first_answer)
            memory.append(machine.pss_mib(server.pid))
    first, idle = statistics.median(seconds), statistics.median(memory)
    yield (
        f"`portsmouth serve`: first answer after {first:.2f} s (wanted: 1), idle memory {idle:.0f} MiB "
        f"(PSS; wanted: 120)."
    )
    if first > 1:
        yield ""
        yield (
            "The first second is not reached: the facts are read and the graph is built and checked at "
            "every start, "
            "by one process while another loads the server."
        )
    if idle > 120:
        yield ""
        yield "The memory is not reached: Python with its web framework, and the graph in a second process."


def beside_runaways(bench: Bench) -> Iterator[str]:
    """Yield what small queries take beside queries that never end, and what those leave."""
    data = bench.shipped()
    with ExitStack() as stack:
        server = bench.start(stack, peers.ours(deadline=_DEADLINE), data)
        small = next(w for w in workloads(entities_of(server)) if w.name == "small, unique")
        results = list(
            runaways.measure(
                server, small, _DEADLINE, (0, 1, 2, 8), 2 * _DEADLINE, bench.arguments.rounds, bench.folder
            )
        )
    yield from runaways.table(results, _DEADLINE)
    with ExitStack() as stack:
        server = bench.start(stack, peers.ours(deadline=_SHORT_DEADLINE), data)
        left = runaways.leak(server, _RUNAWAYS)
    yield ""
    yield (
        f"{_RUNAWAYS} runaways, 16 at once, with a deadline of {_SHORT_DEADLINE:g} s: {left.ended} ended at "
        f"it, "
        f"{left.refused} found no place. Memory before {left.before:.0f} MiB, after the first fifth "
        f"{left.early:.0f}, after all {left.after:.0f}: "
        + ("no leak." if left.after <= left.early * 1.05 + 2 else "more than at first, so something is kept.")
    )


def loading(bench: Bench) -> Iterator[str]:
    """Yield what loading files takes: the engine alone, and with all that we do."""
    yield (
        "`engine alone` is pyoxigraph's `bulk_load` in a process of its own. Wanted: `--dataset plain` "
        "within "
        "1 / 0.9 = 1.11 of its time, with the derived default graph within 1.6 of it."
    )
    yield ""
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        with data.named.open("rb") as file:
            lines = sum(1 for _ in file)
        # A load of seconds may meet anything else that the machine does; one of a minute tells by itself.
        rounds = 1 if quads >= 5_000_000 else max(_LOADS, bench.arguments.rounds)
        found = sizes.loads(data, rounds, bench.folder)
        yield from sizes.table(f"{lines:,} quads in named graphs", lines, found)
        yield ""
        yield sizes.verdict(found, data.quads / lines)
        yield ""
    vain = bench.synthetic(min(1_000_000, max(bench.sizes())))
    yield from sizes.interrupted(vain, bench.arguments.cache)
