"""How what a question takes grows with the data, question by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from bench import peers
from bench.context import Bench, entities_of, ours_at
from bench.load import Figures, drive
from bench.machine import settle
from bench.workload import CLASSES, Workload, addresses

#: What each question is called, and why it grows as it does. An actor of the invented world has more acts the
#: larger the corpus, since its actors are as many as the square root of its acts, and 12,000 at most.
EXPLAINED: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "lookup": (
        ("facts of a thing", "its facts, 50 at most"),
        ("its English name", "nothing but the depth of the index"),
        ("whom it acted on", "its acts, 20 at most"),
        ("any fact at all", "nothing: it ends at the first"),
    ),
    "small": (
        ("its acts, dated", "its acts; all are sorted"),
        ("passages that name it", "the statements that name it; all are sorted before 20 are taken"),
        (
            "who acted on those who acted on it",
            "acts until there are 20 names; to sort them all would be a scan",
        ),
        ("acts on it by mode", "the acts on it"),
        ("what it is linked to", "nothing: a thing has no more links in a larger corpus"),
        (
            "its acts with their passages",
            "its acts; each is looked up in the named graphs, and all are sorted",
        ),
    ),
    "scan": (
        ("classes", "all types, with a set of things for each"),
        ("properties", "all facts, with a set of things for each property"),
        (
            "statements of the documents",
            "all statements of passages; at 20 thousand quads most are the ontology's, so they grow faster",
        ),
        ("a word in names", "all names; each is read, which on disk is a look-up, and compared"),
        (
            "dates by year",
            "the facts of properties that have dates: which these are is known, so that nothing else is read",
        ),
        (
            "what most is linked to",
            "the facts of properties that have IRIs; each object is read to see whether it is one, and has a "
            "set of things",
        ),
    ),
    "large": (
        ("all names", "rows until there are 10,000, then nothing; on disk each term is a look-up"),
        ("the facts as they come", "nothing from 20 thousand quads on; on disk each term is a look-up"),
        ("statements with their lines", "rows until there are 10,000, then nothing"),
        ("edges with names", "rows until there are 10,000, then nothing; each reads four names to keep two"),
    ),
}
#: Answers that a figure is made of, at most and at least.
_MOST, _LEAST = 200, 3
#: Seconds of an answer that is asked for only once.
_LONG = 3.0


def growth(bench: Bench) -> Iterator[str]:
    """Yield what each question takes at every size, and why it grows."""
    columns: list[str] = []
    found: dict[tuple[str, int], list[Figures]] = {}
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        for peer in ours_at(data):
            with ExitStack() as stack:
                server = bench.start(stack, peer, data)
                settle(server.pid)
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
    """Ask a workload by one client, as often as the time allows, but several times unless it takes long."""

    def ask(requests: int) -> Figures:
        return drive(server.url, server.pid, asked, 1, 0, bench.folder, requests=requests)

    first = ask(1)
    if first.failed or first.p50 > 1000 * _LONG:
        return first
    return ask(int(max(_LEAST, min(_MOST, bench.arguments.seconds * 1000 / max(first.p50, 0.01)))))
