"""What Prometheus is told: requests, queries, workers, the snapshot, and the process.

Counting a request costs about a microsecond, since nothing is done then but
adding to plain numbers; they become metrics when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from portsmouth.store.processes.tally import BOUNDS, Counted, Tally
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.answers import KeptAnswers

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
#: First segments of the server's paths.
_SEGMENTS: Final = frozenset(
    value.split("/")[1]
    for name, value in vars(urls).items()
    if name.isupper() and isinstance(value, str) and value.startswith("/")
)
#: What stands for a status where the client left before there was one.
GONE: Final = "client gone"


def route_class(path: str) -> str:
    """Return the class of a path, of which there are few whatever clients ask for.

    :param path: the path of a request.

    >>> [route_class(path) for path in ("/", "/sparql", "/queries/x", "/id/witte", "/wp-admin")]
    ['/', '/sparql', '/queries', '/{thing}', 'other']
    """
    segment = path[1:].partition("/")[0]
    if segment in _SEGMENTS:
        return "/" + segment
    if segment in urls.THINGS:
        return "/{thing}"
    # A document of what the segment names, such as /ns.ttl.
    name = segment.partition(".")[0]
    return "/" + name if name and name in _SEGMENTS else "other"


class Metrics(Collector):
    """The numbers of one server.

    :param store: whose queries and workers are told.
    :param kept: answers that need not be computed again.
    """

    def __init__(self, store: Store, kept: KeptAnswers) -> None:
        self._store = store
        self._kept = kept
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._durations: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that has been answered.

        :param method: its method.
        :param path: its path, without what a proxy put before it.
        :param status: the status of the response; 0 where the client left before it.
        :param seconds: from the request's head to the end of the answer.
        """
        route = route_class(path)
        self._requests[route, method if method in _METHODS else "other", str(status or GONE)] += 1
        self._durations[route][bisect_left(BOUNDS, seconds)] += 1
        self._seconds[route] += seconds

    def write(self, accept: str) -> tuple[bytes, str]:
        """Return all numbers, and the media type in which they are written.

        :param accept: the Accept header; OpenMetrics is written to those who name it.
        """
        encoder, media_type = choose_encoder(accept)
        return encoder(self._registry), media_type

    def collect(self) -> Iterator[Metric]:
        """Give the numbers as metrics."""
        yield from self._collect_requests()
        yield from self._collect_cache()
        yield from self._collect_store()

    @property
    def _counted(self) -> Counted:
        """What workers have answered on connections that they were lent."""
        tally: Tally | None = getattr(self._store, "tally", None)
        return tally.counted if tally else Counted()

    def _collect_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "portsmouth_http_requests", "Requests answered.", labels=("route", "method", "status")
        )
        counted = self._counted
        told = self._requests + Counter({(urls.SPARQL, "GET", "200"): counted.answers})
        for labels, number in sorted(told.items()):
            requests.add_metric(labels, number)
        yield requests
        durations = HistogramMetricFamily(
            "portsmouth_http_request_duration_seconds",
            "Seconds from the head of a request to the end of its answer.",
            labels=("route",),
        )
        routes = sorted({*self._durations, *((urls.SPARQL,) if counted.answers else ())})
        for route in routes:
            numbers, seconds = self._durations[route], self._seconds[route]
            if route == urls.SPARQL:
                numbers = [*map(sum, zip(numbers, counted.durations, strict=True))]
                seconds += counted.seconds
            total, buckets = 0, []
            for bound, number in zip([*map(str, BOUNDS), "+Inf"], numbers, strict=True):
                total += number
                buckets.append((bound, total))
            durations.add_metric((route,), buckets, seconds)
        yield durations

    def _collect_cache(self) -> Iterator[Metric]:
        kept = self._kept
        yield CounterMetricFamily(
            "portsmouth_cache_hits",
            "Requests answered without asking the store.",
            value=kept.hits + self._counted.found,
        )
        yield GaugeMetricFamily("portsmouth_cache_answers", "Answers that are kept.", value=len(kept))
        yield GaugeMetricFamily("portsmouth_cache_bytes", "Bytes that kept answers take.", value=kept.taken)

    def _collect_store(self) -> Iterator[Metric]:
        snapshot = GaugeMetricFamily(
            "portsmouth_snapshot_info", "The snapshot that is served.", labels=("snapshot",)
        )
        snapshot.add_metric((self._store.snapshot,), 1)
        yield snapshot
        # A store that tells nothing of itself, such as one at another host, has no such numbers.
        tally: Tally | None = getattr(self._store, "tally", None)
        if tally is None:
            return
        ended = CounterMetricFamily(
            "portsmouth_queries_ended", "Queries that the store has ended, by how.", labels=("end",)
        )
        for end, number in sorted(
            {"ok": 0, "deadline": 0, "memory": 0, "engine": 0, "cancelled": 0, **tally.ended}.items()
        ):
            ended.add_metric((end,), number)
        yield ended
        for name, help_text, number in (
            ("portsmouth_queries_running", "Queries that workers are answering.", tally.running),
            ("portsmouth_workers", "Worker processes.", tally.workers),
            ("portsmouth_workers_most", "Queries that may run at once.", tally.most),
            ("portsmouth_spool_bytes", "Bytes of answers that wait for slow clients.", tally.waiting),
        ):
            yield GaugeMetricFamily(name, help_text, value=number)
