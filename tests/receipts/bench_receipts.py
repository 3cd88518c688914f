"""What receipts cost: for every named query, the time of a page with receipts beside the time without.

Run it by hand: ``python tests/receipts/bench_receipts.py [--questions] [--http]``. It asks the store with
workers, as the server does; with ``--http`` a server, for the answer alone and with ``receipts=inline``.
"""

import asyncio
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from portsmouth import queries
from portsmouth.build import build
from portsmouth.receipts import PAGE, explain, read_answers
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import GRAPH_FORMATS, Formats, Query

TIMES = 5
ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "tests" / "questions"


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
    return 1000 * min(plain), 1000 * (min(plain) + min(more))


async def in_process(texts):
    """Yield for each query its name, and milliseconds without and with receipts."""
    async with EmbeddedStore.from_nquads(build().nquads) as store:
        await measure(store, "ASK {}")
        return [(name, *await measure(store, text)) for name, text in texts.items()]


@contextmanager
def serving():
    """Run a server of the shipped graph and give a connection to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # An answer from memory would be compared with receipts that are computed.
    path = f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"
    variables = os.environ | {"PYTHONPATH": path, "PORTSMOUTH_CACHE": "0"}
    command = [sys.executable, "-m", "portsmouth", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port)
                    connection.request("GET", "/health")
                    if connection.getresponse().read():
                        break
                except OSError:
                    time.sleep(0.1)
            yield connection
        finally:
            server.terminate()


def fetch(connection, text, **parameters):
    """Return milliseconds of one request; a graph is asked for in a format that holds receipts."""
    path = "/sparql?" + urlencode({"query": text, **parameters})
    accept = "application/sparql-results+json, application/trig;q=0.5"
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept": accept})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status} for {path[:200]}")
    return 1000 * (time.perf_counter() - start)


def over_http(texts):
    """Return for each query its name, and milliseconds without and with receipts."""
    with serving() as connection:
        return [
            (
                name,
                min(fetch(connection, text) for _ in range(TIMES)),
                min(fetch(connection, text, receipts="inline") for _ in range(TIMES)),
            )
            for name, text in texts.items()
        ]


def main():
    texts = {query.name: query.text for query in queries.catalogue()}
    if "--questions" in sys.argv:
        texts |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(QUESTIONS.glob("*/*.rq"))}
    measured = over_http(texts) if "--http" in sys.argv else asyncio.run(in_process(texts))
    print(f"{'query':45} {'plain ms':>9} {'with receipts':>14} {'ratio':>6}")
    for name, plain, whole in measured:
        print(f"{name[:45]:45} {plain:9.1f} {whole:14.1f} {whole / plain:6.1f}")
    plain, whole = ([one[place] for one in measured] for place in (1, 2))
    within = sum(w < 2 * p + 10 for p, w in zip(plain, whole, strict=True))
    extra = [w - p for p, w in zip(plain, whole, strict=True)]
    print(f"{within} of {len(measured)} cost less than twice the plain query and 10 ms")
    print(
        f"medians: {statistics.median(plain):.1f} ms plain, {statistics.median(whole):.1f} ms with receipts"
    )
    print(f"extra: {statistics.median(extra):.1f} ms in the median, {max(extra):.1f} ms at most")


if __name__ == "__main__":
    main()
