"""A process that writes to a store on disk until it is killed, again and again: see ``test_kills.py``.

``python killed.py DIR`` forks a writer for each line that it reads, and kills it at the next one. The writer
checks what it finds and says ``opened N``, where ``N`` is the last request that it found carried out, and
``done N`` after each further request.
"""

import os
import signal
import sys
from pathlib import Path

import pyoxigraph as ox

from portsmouth.store.disk import DiskPrimary
from portsmouth.store.evaluating import Rules, evaluate_update
from portsmouth.store.protocol import Update

PREFIX = "PREFIX : <http://e/> "
#: Moves a counter to another graph and notes its number: one request, whose parts belong together.
REQUEST = """
DELETE {{ GRAPH ?g {{ :counter ?p ?o }} }}
INSERT {{
  GRAPH :g{graph} {{ :counter :a {n} ; :b {n} ; :c [ :d {n} ] }}
  GRAPH :log {{ :counter :said {n} }}
}}
WHERE {{ OPTIONAL {{ GRAPH ?g {{ :counter ?p ?o }} FILTER(?g != :log) }} }}"""


def number_of(store: ox.Store) -> int:
    """Return the last request that was carried out, once everything has been found whole."""
    quads = set(store)
    named = {quad for quad in quads if not isinstance(quad.graph_name, ox.DefaultGraph)}
    merged = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in named}
    assert quads - named == merged, "the default graph is not the union of the named graphs"
    rows = list(store.query(PREFIX + "SELECT ?n { GRAPH :log { :counter :said ?n } }"))
    said = sorted(int(row["n"].value) for row in rows)
    last = len(said)
    assert said == list(range(1, last + 1)), f"requests are missing: {said}"
    now = f"SELECT DISTINCT ?g {{ GRAPH ?g {{ :counter :a {last} ; :b {last} ; :c/:d {last} }} }}"
    assert last == 0 or len(list(store.query(PREFIX + now))) == 1, f"request {last} is torn"
    assert len(list(store.query(PREFIX + "SELECT ?o { GRAPH ?g { :counter :a ?o } }"))) == min(last, 1)
    return last


def write(directory: Path) -> None:
    """Open the store, check it, and write until the end comes."""
    primary = DiskPrimary(directory, b"", "empty", merged=True)
    opened = primary.open()
    path, number = opened.path, opened.number
    found = number_of(ox.Store.read_only(str(path)))
    assert found == number, f"request {found} stands where {number} were counted"
    print(f"opened {number}", flush=True)
    while True:
        number += 1
        store = ox.Store.read_only(str(path))
        text = PREFIX + REQUEST.format(graph=number % 3, n=number)
        change = evaluate_update(store, Update(text), Rules(), ox.Store)
        del store
        before, path = path, primary.commit(number, change.to_bytes())
        primary.release(before)
        print(f"done {number}", flush=True)


def main() -> None:
    directory = Path(sys.argv[1])
    while sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            try:
                write(directory)
            except BaseException as error:
                print(f"failed {type(error).__name__}: {error}", flush=True)
                raise
            finally:
                os._exit(1)
        sys.stdin.readline()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print("killed", flush=True)


if __name__ == "__main__":
    main()
