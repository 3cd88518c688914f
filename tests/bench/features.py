"""What the server's other answers cost, beside its own cheapest route."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.load import Figures, drive
from bench.peers import Running
from bench.workload import Workload

_SIGNERS: Final = (
    "PREFIX d: <https://w3id.org/portsmouth1905/id/> PREFIX pt: <https://w3id.org/portsmouth1905/ns#> "
    "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who }"
)
EMPTY: Final = "an empty route"
ROUTES: Final[Mapping[str, str]] = {
    EMPTY: "/health/live",
    "entity page": "/id/witte.html",
    "entity data": "/id/witte.ttl",
    "network": "/network.json",
    "path in time": "/network/paths?from=Roosevelt&to=Nicholas+II",
    "search, Latin": "/search?q=Komura&format=json",
    "search, Thai": f"/search?q={quote('โคมูระ')}&format=json",
    "a named query": "/queries/signatories?format=json",
    "receipts of a page": f"/receipts?query={quote(_SIGNERS)}",
    "conflicts": "/conflicts?format=json",
}


def measure(
    server: Running, clients: int, rounds: int, seconds: float, folder: Path
) -> dict[str, list[Figures]]:
    """Load each route in turn, round by round."""
    root = server.url.rpartition("/")[0]
    found: dict[str, list[Figures]] = {name: [] for name in ROUTES}
    for _ in range(rounds):
        for name, path in ROUTES.items():
            workload = Workload(name, (path,), unique=False)
            found[name].append(drive(root, server.pid, workload, clients, seconds, folder, parameter=""))
    return found


def table(found: Mapping[str, list[Figures]], clients: int) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    columns = "requests/s | of an empty route's | p50 ms | p99 ms | CPU µs | failed"
    yield f"| answer, {clients} clients | {columns} |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, figures in found.items():
        share = statistics.median(a.rate / b.rate for a, b in zip(figures, found[EMPTY], strict=True))
        median = {
            value: statistics.median(getattr(f, value) for f in figures)
            for value in ("rate", "p50", "p99", "cpu")
        }
        yield (
            f"| {name} | {median['rate']:,.0f} | {share:.2f} | {median['p50']:.2f} | {median['p99']:.2f} "
            f"| {median['cpu']:,.0f} | {sum(f.failed for f in figures)} |"
        )
