"""What receipts cost: for every named query, the time of a page with receipts beside the time without.

Run it by hand: ``python tests/receipts/bench_receipts.py [--questions]``. It asks the store with workers, as
the server does.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path

from portsmouth import queries
from portsmouth.build import build
from portsmouth.receipts import PAGE, explain, read_answers
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import GRAPH_FORMATS, Formats, Query

TIMES = 5
QUESTIONS = Path(__file__).parents[1] / "questions"


async def measure(store, text):
    """Return milliseconds of the query, and of the receipts of its first page; the best of some runs."""
    query = Query(text, formats=Formats(graphs=GRAPH_FORMATS["nt"]))
    plain, more = [], []
    for _ in range(TIMES):
        start = time.perf_counter()
        answer = await store.query(query)
        body = b"".join([chunk async for chunk in answer])
        plain.append(time.perf_counter() - start)
        rows = read_answers(answer.kind, body).rows[:PAGE]
        start = time.perf_counter()
        await explain(store, query, rows)
        more.append(time.perf_counter() - start)
    return 1000 * min(plain), 1000 * min(more), len(rows)


async def main():
    texts = {query.name: query.text for query in queries.catalogue()}
    if "--questions" in sys.argv:
        texts |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(QUESTIONS.glob("*/*.rq"))}
    ratios, extras, within = [], [], 0
    print(f"{'query':45} {'rows':>5} {'plain ms':>9} {'with receipts':>14} {'ratio':>6}")
    async with EmbeddedStore.from_nquads(build().nquads) as store:
        await measure(store, "ASK {}")
        for name, text in texts.items():
            plain, more, rows = await measure(store, text)
            ratios.append((plain + more) / plain)
            extras.append(more)
            within += more < plain + 10
            print(f"{name[:45]:45} {rows:5} {plain:9.1f} {plain + more:14.1f} {ratios[-1]:6.1f}")
    print(f"{within} of {len(texts)} cost less than twice the plain query and 10 ms")
    print(
        f"median ratio {statistics.median(ratios):.1f}, median extra {statistics.median(extras):.1f} ms, ",
        end="",
    )
    print(f"largest extra {max(extras):.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
