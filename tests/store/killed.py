"""A process that writes to a kept dataset until it is killed, again and again: see ``test_kills.py``.

``python killed.py DIR`` forks a writer for each line that it reads: one that kills itself before some line of
the code that keeps the dataset, one that is killed after a time, or one that is let be. The writer checks
what it finds and says ``opened N``, where ``N`` is the last request that it found carried out, and ``done N``
after each other.
"""

import hashlib
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import pyoxigraph as ox

from portsmouth.store.persistence import (
    bases,
    checkpoints,
    contents,
    copies,
    directories,
    disk,
    filling,
    forms,
    journal,
    memory,
    replacing,
    segments,
    state,
)
from portsmouth.store.persistence.copies import reading_copy
from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.persistence.memory import MemoryPrimary
from portsmouth.store.persistence.primary import Primary
from portsmouth.store.persistence.segments import Follower
from portsmouth.store.protocol import Update
from portsmouth.store.updates.effects import Rules
from portsmouth.store.updates.evaluating import evaluate_update

#: The code that keeps a dataset.
KEEPING = (
    bases,
    checkpoints,
    contents,
    copies,
    directories,
    disk,
    filling,
    forms,
    journal,
    memory,
    replacing,
    segments,
    state,
)
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


def say(line: str) -> None:
    """Write a line at once, whole or not at all."""
    os.write(1, f"{line}\n".encode())


def write(directory: Path, form: str) -> None:
    """Open the dataset, check it, write to it, give it new bases, and close it, telling what is done."""
    empty = hashlib.sha256(b"").hexdigest()
    primary: Primary
    if form == "memory":
        forms.into_memory(directory, merged=True)
        primary = MemoryPrimary(b"", empty, directory)
    else:
        forms.out_of_memory(directory)
        primary = DiskPrimary(directory, b"", empty, merged=True)
    opened = primary.open()
    base, number = opened.path, opened.number
    copy = reading_copy(directory)
    assert copy is None or copy.snapshot == opened.snapshot(number)
    # As the fork server and its workers do it: the base, and what came after it.
    store = ox.Store()
    if base.is_dir():
        store.bulk_extend(ox.Store.read_only(str(base)))
    else:
        bases.load(base, store, same_names=True)
    for record in Follower(opened.journals).fresh():
        if base.is_file() or record.number > number:
            record.change.apply(store)
    found = number_of(store)
    assert found == number, f"request {found} stands where {number} were counted"
    say(f"opened {number}")
    for _ in range(2):
        for _ in range(2):
            number += 1
            text = PREFIX + REQUEST.format(graph=number % 3, n=number)
            change = evaluate_update(store, Update(text), Rules(), ox.Store)
            primary.commit(number, change.to_bytes())
            change.apply(store)
            say(f"done {number}")
        if file := primary.begin_base(number):
            bases.save(store, file)
        former, base = base, primary.finish_base(number)
        primary.settle(number)
        primary.release(former)
    primary.close()


def kill_at_line(left: int) -> None:
    """Kill this process before it comes to so many more lines of the code that keeps a dataset."""
    files = {module.__file__ for module in KEEPING}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def main() -> None:
    """Fork a writer for each line of input: ``FORM lines N``, ``FORM seconds N`` or ``FORM never 0``."""
    directory = Path(sys.argv[1])
    for line in sys.stdin:
        form, measure, amount = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                if measure == "lines":
                    kill_at_line(int(amount))
                write(directory, form)
                os._exit(0)
            except BaseException as error:
                say(f"failed {type(error).__name__}: {error}")
                raise
            finally:
                os._exit(1)
        if measure == "seconds":
            time.sleep(float(amount))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        say("killed" if os.WIFSIGNALED(status) else "ended")


if __name__ == "__main__":
    main()
