"""How what a question takes grows with the data, question by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from bench import peers
from bench.context import Bench, entities_of, ours_at
from bench.load import Figures, drive
from bench.workload import CLASSES, Workload, addresses

#: What each question is called, and why it grows as it does.
EXPLAINED: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "lookup": (
        ("facts of a thing", "to be filled in"),
        ("its English name", ""),
        ("whom it acted on", ""),
        ("any fact at all", ""),
    ),
    "small": (
        ("its acts, dated", ""),
        ("passages that name it", ""),
        ("who acted on those who acted on it", ""),
        ("acts on it by mode", ""),
        ("what it is linked to", ""),
        ("its acts with their passages", ""),
    ),
    "scan": (
        ("classes", ""),
        ("properties", ""),
        ("statements of the documents", ""),
        ("a word in names", ""),
        ("dates by year", ""),
        ("what most is linked to", ""),
    ),
    "large": (
        ("all names", ""),
        ("the facts as they come", ""),
        ("statements with their lines", ""),
        ("edges with names", ""),
    ),
}
#: Answers that a figure is made of, at most and at least.
_MOST, _LEAST = 200, 3


def growth(bench: Bench) -> Iterator[str]:
    """Yield what each question takes at every size, and why it grows."""
    columns: list[str] = []
    found: dict[tuple[str, int], list[Figures]] = {}
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        for peer in ours_at(data):
            with ExitStack() as stack:
                server = bench.start(stack, peer, data)
                entities = entities_of(server)
                columns.append(f"{data.name.removesuffix(' quads')} {server.name.rpartition(', ')[2]}")
                for name, templates in CLASSES.items():
                    for place, template in enumerate(templates):
                        asked = Workload(name, addresses([template], entities), unique=True)
                        found.setdefault((name, place), []).append(one(bench, server, asked))
    yield "One client, unique questions: CPU µs / p50 ms of a request. *×*: the last CPU by the first."
    yield ""
    yield f"| question | {' | '.join(columns)} | × | what grows |"
    yield "|---|" + "--:|" * (len(columns) + 1) + "---|"
    for (name, place), figures in found.items():
        called, why = EXPLAINED[name][place]
        cells = [f"{f.cpu:,.0f} / {f.p50:,.2f}" + (" failed" if f.failed else "") for f in figures]
        times = figures[-1].cpu / max(1, figures[0].cpu)
        yield f"| {name}: {called} | {' | '.join(cells)} | {times:,.1f} | {why} |"


def one(bench: Bench, server: peers.Running, asked: Workload) -> Figures:
    """Ask a workload by one client, as often as the time allows but several times."""
    first = drive(server.url, server.pid, asked, 1, 0, bench.folder, requests=_LEAST)
    fitting = bench.arguments.seconds * 1000 / max(first.p50, 0.01) if first.p50 == first.p50 else 0
    if fitting < _LEAST:
        return first
    requests = int(min(_MOST, fitting))
    return drive(server.url, server.pid, asked, 1, 0, bench.folder, requests=requests)
