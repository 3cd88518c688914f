"""Time the search of the shipped graph, and of one some times as large; print, never judge.

Run it from the checkout: ``python tests/search/bench_search.py [how many times as many]``.
"""

from __future__ import annotations

import statistics
import sys
import time

from portsmouth.build import build
from portsmouth.iris import ID
from portsmouth.search import Index

QUESTIONS = (
    "Komura", "Kōmura", "โคมูระ", "小村", "Комура", "Jutaro Komura", "Dzyutara", "มูระ", "村", "a", "e o",
    "the", "treaty", "rights of fishing", "a b c d e f g h i j k l m n o p", "zzz", '" OR *', "x" * 10_000,
)  # fmt: skip
ROUNDS = 200


def main(times: int) -> None:
    """Print the time to index and the time of each question: median, and the slowest of a hundred."""
    data = build().nquads
    copies = [data.replace(ID.encode(), f"{ID}copy-{n}-".encode()) for n in range(1, times)]
    whole = b"".join([data, *copies])
    start = time.perf_counter()
    index = Index.from_nquads(whole)
    print(f"{len(whole.splitlines()):,} quads, indexed in {(time.perf_counter() - start) * 1e3:.0f} ms")
    for text in QUESTIONS:
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            hits = index.search(text)
            taken.append((time.perf_counter() - start) * 1e3)
        median, slow = statistics.median(taken), statistics.quantiles(taken, n=100)[-1]
        print(f"{median:7.3f} ms  p99 {slow:7.3f} ms  {len(hits):3} hits  {text[:40]!r}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
