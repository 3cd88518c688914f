"""What the server's other answers cost: beside its own cheapest route, and as the data grow."""

from __future__ import annotations

import json
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from bench import peers
from bench.context import IN_MEMORY, ROOMY, Bench
from bench.load import Figures, drive
from bench.machine import cpu_seconds
from bench.peers import Running
from bench.workload import PREFIXES, Workload

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
#: What a call costs that is no more than a table look-up beside an empty route.
LIMITS: Final[Mapping[str, str]] = {
    "entity page": "the page is kept, so what remains is its length: it is copied into the socket and out "
    "of it",
    "network": "the network is kept, so what remains is its length: it is copied into the socket and out of "
    "it",
}
#: Routes of a large dataset, with what grows in each; ``{a}`` and ``{b}`` are actors, ``{act}`` is an act.
GROWING: Final[Mapping[str, tuple[str, str]]] = {
    "an empty route": ("/health/live", "nothing"),
    "entity page": (
        "{page}.html",
        "first: all that is told of the busiest actor; then nothing, since the page is kept",
    ),
    "entity data": ("{page}.ttl", "the facts that name the thing: an actor has more acts in a larger corpus"),
    "network": (
        "/network.json",
        "first: all acts, with their dates and passages; then the length of the answer, which is kept packed",
    ),
    "path in time": (
        "/network/paths?from={a}&to={b}",
        "first: all acts; then the acts that may lie on a path, which is most of them between busy actors",
    ),
    "search": (
        "/search?q={word}&format=json",
        "first: an index of all names, where it is not made ahead; then the hits",
    ),
    "receipts of an act": ("/receipts?query={receipt}", "little: what one act rests on"),
    "receipts of an actor's acts": (
        "/receipts?query={receipts}",
        "the rows of the answer: each has its receipt",
    ),
    "conflicts": ("/conflicts?format=json", "the disagreements, of which a hundred are in one answer"),
}
_SIZES: Final = (20_000, 200_000, 1_000_000)
#: Seconds until a call is given up, and how many calls a figure is made of.
_PATIENCE, _CALLS = 120.0, 5


def features(bench: Bench) -> Iterator[str]:
    """Yield what pages, search, network, paths and receipts cost on the shipped graph, and on larger ones."""
    with ExitStack() as stack:
        server = bench.start(stack, peers.shipped(), bench.shipped())
        for clients in (1, 8):
            yield from _table(_measure(bench, server, clients), clients)
            yield ""
    yield "### As the data grow"
    yield ""
    yield from _growth(bench)


def _measure(bench: Bench, server: Running, clients: int) -> dict[str, list[Figures]]:
    """Load each route in turn, round by round."""
    found: dict[str, list[Figures]] = {name: [] for name in ROUTES}
    arguments = bench.arguments
    for path in ROUTES.values():
        # What is made at the first call and kept has its row where growth is told.
        _call(server, path)
    for _ in range(arguments.rounds):
        for name, path in ROUTES.items():
            workload = Workload(name, (path,), unique=False)
            figures = drive(
                server.root, server.pid, workload, clients, arguments.seconds, bench.folder, parameter=""
            )
            found[name].append(figures)
    return found


def _table(found: Mapping[str, list[Figures]], clients: int) -> Iterator[str]:
    who = f"{clients} client{'s' if clients > 1 else ''}"
    yield (
        f"{who}. Read the second column: answers a second by those of an empty route of the same server; "
        "wanted for the entity page and the network: 0.5."
    )
    yield ""
    columns = "requests/s | of an empty route's | p50 ms | p99 ms | CPU µs | failed"
    yield f"| answer, {who} | {columns} |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    missed = []
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
        if name in LIMITS and share < 0.5:
            missed.append(f"{name} reaches {share:.2f} of 0.5: {LIMITS[name]}.")
    if missed:
        yield ""
        yield " ".join(missed)


def _growth(bench: Bench) -> Iterator[str]:
    found: dict[str, list[str]] = {name: [] for name in GROWING}
    sizes = [size for size in _SIZES if size <= min(IN_MEMORY, max(bench.sizes()))]
    for quads in sizes:
        data = bench.synthetic(quads)
        with ExitStack() as stack:
            peer = peers.ours("portsmouth, in memory", **ROOMY)
            server = bench.start(stack, replace(peer, command=(*peer.command, "--named-queries")), data)
            words = _chosen(server)
            for name, (path, _) in GROWING.items():
                found[name].append(_called(server, path.format(**words)))
    yield (
        "One client. The first call / the median of the next, in ms, and CPU ms of those: what the server "
        "keeps after "
        "a first call is not made again."
    )
    yield ""
    yield f"| call | {' | '.join(f'{size:,} quads' for size in sizes)} | what grows |"
    yield "|---|" + "--:|" * len(sizes) + "---|"
    for name, cells in found.items():
        yield f"| {name} | {' | '.join(cells)} | {GROWING[name][1]} |"


def _chosen(server: Running) -> dict[str, str]:
    """Return what the routes are filled with: the actor that acted most often, and whom a second one acted "
    "on."""
    ask = PREFIXES + (
        "SELECT ?a ?c (SAMPLE(?one) AS ?act) (SAMPLE(?label) AS ?name) { "
        "{ SELECT ?a (COUNT(*) AS ?n) { ?act pt:from ?a } GROUP BY ?a ORDER BY DESC(?n) ?a LIMIT 1 } "
        "?one pt:from ?a ; pt:to ?b . ?two pt:from ?b ; pt:to ?c FILTER(?c != ?a) "
        "?c skos:prefLabel ?label FILTER(LANG(?label) = 'en') } GROUP BY ?a ?c ORDER BY ?c LIMIT 1"
    )
    row = json.loads(peers.fetch(server.url, ask))["results"]["bindings"][0]
    value = {name: term["value"] for name, term in row.items()}
    pt = "PREFIX pt: <https://w3id.org/portsmouth1905/ns#> "
    return {
        "page": "/id/" + value["a"].rpartition("/")[2],
        "a": quote(value["a"], safe=""), "b": quote(value["c"], safe=""),
        "word": quote(value["name"].split()[0]),
        "receipt": quote(pt + f"SELECT ?who {{ <{value['act']}> pt:from ?who }}"),
        "receipts": quote(pt + f"SELECT ?act ?to {{ ?act pt:from <{value['a']}> ; pt:to ?to }}"),
    }  # fmt: skip


def _called(server: Running, path: str) -> str:
    """Return what the first call of a path takes, and the following ones."""
    first, said = _call(server, path)
    if said:
        return said
    before, took = cpu_seconds(server.pid), list[float]()
    end = time.monotonic() + 10
    while len(took) < 4 * _CALLS and (len(took) < 1 or time.monotonic() < end):
        took.append(_call(server, path)[0])
    cpu = (cpu_seconds(server.pid) - before) / len(took)
    return f"{first:,.0f} / {statistics.median(took):,.1f}, {1000 * cpu:,.1f}"


def _call(server: Running, path: str) -> tuple[float, str]:
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(server.root + path, timeout=_PATIENCE) as reply:
            reply.read()
    except urllib.error.HTTPError as error:
        return 0.0, f"refused: {error.code}"
    except OSError:
        return 0.0, f"none in {_PATIENCE:g} s"
    return 1000 * (time.perf_counter() - began), ""
