"""What the server should reach beside others, and what keeps it from it where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bench.throughput import Cell, Throughput

UNION: Final = "oxigraph, union"
#: Answers a second by those of Oxigraph's server that unites the graphs, on the shipped graph.
SHIPPED: Final[Mapping[Cell, float]] = {
    ("small, unique", 1): 1.1, ("small, unique", 8): 1.4, ("small, unique", 64): 1.9,
    **{("scan, unique", clients): 3.5 for clients in (1, 8, 64)},
    **{("large, unique", clients): 3 for clients in (1, 8, 64)},
    ("small, repeated", 1): 3.5, ("small, repeated", 8): 10, ("small, repeated", 64): 13,
    **{(f"{name}, repeated", clients): 40 for name in ("scan", "large") for clients in (1, 8, 64)},
}  # fmt: skip
#: The same on invented data of so many quads and more, in memory and on disk; of fewer nothing is wanted.
FROM: Final = 900_000
IN_MEMORY: Final[Mapping[Cell, float]] = {
    ("small, unique", 1): 1.2, ("small, unique", 8): 1.4,
    **{(f"{name}, unique", clients): 3 for name in ("scan", "large") for clients in (1, 8)},
}  # fmt: skip
ON_DISK: Final[Mapping[Cell, float]] = {
    **{("small, unique", clients): 1 for clients in (1, 8)},
    **{("scan, unique", clients): 1.5 for clients in (1, 8)},
    **{("large, unique", clients): 1.2 for clients in (1, 8)},
}
#: By those of rdflib-endpoint, in whatever is asked.
RDFLIB: Final = 10.0


def verdicts(result: Throughput, ours: str, wanted: Mapping[Cell, float]) -> Iterator[str]:
    """Yield Markdown that says which ratios are reached, which are not, and what keeps those down."""
    rounds = result.rounds
    aims = {cell: ratio for cell, ratio in wanted.items() if UNION in rounds.get(cell, {})}
    missed = [
        f"{cell[0]}, {cell[1]} clients: {found:.2f} of {ratio:g}. {_reason(result, ours, cell)}"
        for cell, ratio in aims.items()
        if (found := result.ratio(cell, ours, UNION)) < ratio
    ]
    if aims:
        yield f"Ratios to *{UNION}*: {len(aims) - len(missed)} of {len(aims)} are as wanted."
        yield ""
    if missed:
        yield (
            "Not reached, each with what a request takes of the processors here and there. Where ours takes "
            "less but is not as much faster, its workers wait: they share the processors with the load "
            "generator, and a worker answers one request after another."
        )
        yield ""
        yield from (f"- {line}" for line in missed)
        yield ""
    late = [
        f"{cell[0]}, {cell[1]} clients: {own:.2f} ms, its {other:.2f} ms"
        for cell in rounds
        if UNION in rounds[cell]
        and (own := result.median(cell, ours, "p99")) > (other := result.median(cell, UNION, "p99"))
    ]
    yield (
        f"p99 is above that of *{UNION}* in: " + "; ".join(late) + "."
        if late
        else f"p99 is nowhere above that of *{UNION}*."
    )
    slow = [
        f"{cell[0]}, {cell[1]} clients: {found:.1f}"
        for cell in rounds
        if "rdflib-endpoint" in rounds[cell]
        and (found := result.ratio(cell, ours, "rdflib-endpoint")) < RDFLIB
    ]
    if any("rdflib-endpoint" in figures for figures in rounds.values()):
        yield ""
        yield (
            f"Beside *rdflib-endpoint* below {RDFLIB:g}: " + "; ".join(slow) + "."
            if slow
            else f"Beside *rdflib-endpoint* nowhere below {RDFLIB:g}."
        )


def _reason(result: Throughput, ours: str, cell: Cell) -> str:
    """Say what a request costs here and there, and how much of it is not the engine's."""
    name, clients = cell
    own, other = result.median(cell, ours, "cpu"), result.median(cell, UNION, "cpu")
    said = f"{own:,.0f} µs here, {other:,.0f} there"
    plain = (f"lookup, {name.partition(', ')[2]}", clients)
    if ours in result.rounds.get(plain, {}) and "lookup" not in name:
        floor = min(own, result.median(plain, ours, "cpu"))
        if floor > own / 10:
            said += f"; {floor:,.0f} of ours are what a lookup pays too, most of it HTTP"
    return said + "."
