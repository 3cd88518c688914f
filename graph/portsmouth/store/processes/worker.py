"""The life of one worker: a forked process that shares the snapshot and answers from it.

It answers queries, and says what an update would change; it never changes what
others see, but goes along with the writes that it is told of.

A worker does one thing at a time and has no way to stop a query half-way, so the
store ends the whole process when a query overruns; see
:mod:`portsmouth.store.embedded`.
"""

from __future__ import annotations

import json
import os
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox

from portsmouth.errors import MemoryLimitError, PortsmouthError, StoreError
from portsmouth.store.persistence import bases
from portsmouth.store.processes import borrowing, frames
from portsmouth.store.processes.kinds import Kinds
from portsmouth.store.protocol import Query
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.bounds import Output
from portsmouth.store.updates.changes import Change
from portsmouth.store.updates.effects import Rules, place_of
from portsmouth.store.updates.evaluating import evaluate_update
from portsmouth.store.updates.graph_writes import evaluate_graph_write
from portsmouth.store.updates.graphs import version

#: Bytes of an answer that travel together; the engine itself writes pieces of 8 KiB.
CHUNK = 64 * 1024
_RECEIVE = 256 * 1024
#: Nice value of a worker that writes its dataset to a file.
_KEEPING = 10


def run(held: Held, channel: socket.socket, memory_mib: int) -> None:
    """Answer queries from a channel until its other end is closed.

    :param held: the snapshot.
    :param channel: a connected stream socket that speaks :mod:`portsmouth.store.processes.frames`.
    :param memory_mib: MiB that this process may take beyond what it has now.
    """
    _limit_memory(memory_mib)
    reader = frames.Reader()
    tasks = _Tasks(held)
    while data := channel.recv(_RECEIVE):
        for frame in reader.feed(data):
            if frame.kind == frames.RULES:
                tasks.obey(frame.body)
            elif frame.kind == frames.FOLLOW:
                held.follow(Change.from_bytes(frame.body))
            elif frame.kind == frames.LANE:
                if not tasks.serve(channel, json.loads(frame.body)):
                    return
            else:
                _answer(tasks, channel, frame, memory_mib)


def _limit_memory(memory_mib: int) -> None:
    """Bound the address space: growth beyond the budget fails inside this process alone."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[0])
        bound = pages * resource.getpagesize() + (memory_mib << 20)
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    # A worker that dies by a limit is expected and needs no core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass
class Held:
    """The dataset as one worker holds it, which nobody else sees change.

    :param store: the dataset: in memory by copy-on-write, or on disk as a copy of its own.
    :param default: its default graph once more by itself, if it is held so.
    :param kinds: what is known of its default graph.
    """

    store: ox.Store
    default: ox.Store | None
    kinds: Kinds
    #: Whether the store is what everybody else sees.
    untouched: bool = True

    def follow(self, change: Change) -> None:
        """Go along with a write."""
        change.apply(self.store)
        if self.default is not None:
            change.of_default_graph().apply(self.default)
        self.kinds.note(change)
        engine.forget_stances()

    def evaluation(self, query: Query) -> engine.Evaluation:
        """Return a query as the engine (:func:`portsmouth.store.sparql.engine.evaluate`) has accepted it."""
        return engine.evaluate(self.store, query, self.default, self.kinds.properties, self.kinds.mixed)

    def to_try_on(self) -> ox.Store:
        """Return the store to try a write on, after which this process is good for nothing else."""
        self.untouched = False
        return self.store


class _Tasks:
    """What a worker does with its snapshot.

    :param held: the snapshot.
    """

    def __init__(self, held: Held) -> None:
        self._held = held
        self._rules = Rules()
        self._speakers: dict[str, borrowing.Speaker] = {}

    def serve(self, channel: socket.socket, lane: dict[str, Any]) -> bool:
        """Serve connections that are lent; return whether the store is still there after that."""
        name = lane["speaker"]
        if name not in self._speakers:
            module, _, factory = name.partition(":")
            self._speakers[name] = getattr(import_module(module), factory)(lane["settings"])

        def evaluate(query: Query, output: Output) -> str:
            # Whoever may call other hosts has to ask the store itself.
            engine.refuse_services(query, frozenset())
            evaluation = self._held.evaluation(query)
            evaluation.write(output)
            return evaluation.media_type

        return borrowing.borrow(
            channel,
            Path(lane["slot"]),
            self._speakers[name],
            lane["snapshot"],
            evaluate,
            lambda data: self._held.follow(Change.from_bytes(data)),
        )

    def obey(self, body: bytes) -> None:
        """Take the rules for the writes that follow."""
        value = json.loads(body)
        self._rules = Rules(value["merged"], frozenset(value["hosts"]), value["seconds"])

    def evaluate(self, frame: frames.Frame) -> tuple[str, Callable[[Output], object]]:
        """Return the head of the answer to a message, and what writes its body."""
        store = self._held.store
        if frame.kind == frames.QUERY:
            evaluation = self._held.evaluation(frames.unpack_query(frame.body))
            return f"{evaluation.kind} {evaluation.media_type}", evaluation.write
        if frame.kind == frames.VERSION:
            found = version(store, place_of(json.loads(frame.body))) or ""
            return "version text/plain", lambda output: output.write(found.encode())
        if frame.kind == frames.KEEP:
            # Whoever waits for an answer goes first.
            os.nice(_KEEPING)
            self._held.untouched = False
            bases.save(store, Path(os.fsdecode(frame.body)))
            return "kept text/plain", lambda _: None
        if frame.kind == frames.UPDATE:
            update = frames.unpack_update(frame.body)
            change = evaluate_update(store, update, self._rules, self._held.to_try_on)
        else:
            change = evaluate_graph_write(store, frames.unpack_write(frame.body), self._rules)
        effect = json.dumps(self._effect(change))
        return f"change {effect}", lambda output: output.write(change.to_bytes())

    def _effect(self, change: Change) -> dict[str, object]:
        """Return what is told of a change; a default graph that only follows does not count."""
        added, removed = change.counts(derived=self._rules.merged)
        return {
            "added": added,
            "removed": removed,
            "created": bool(change.created),
            "graphs": list(change.graphs()),
        }

    @property
    def farewell(self) -> bytes:
        """What is told at the end of an answer."""
        return frames.UNTOUCHED if self._held.untouched else b""


def _answer(tasks: _Tasks, channel: socket.socket, frame: frames.Frame, memory_mib: int) -> None:
    try:
        head, write = tasks.evaluate(frame)
        output = _ChannelFile(channel, frames.pack(frames.HEAD, head.encode()))
        write(output)
        output.finish(tasks.farewell)
    except MemoryError:
        channel.sendall(frames.pack_error(MemoryLimitError(memory_mib)))
    except PortsmouthError as error:
        channel.sendall(frames.pack_error(error))
    except OSError:
        raise
    except Exception as error:  # whatever it is, the client is told and this worker goes on
        told = StoreError(f"found {type(error).__name__}: {error}; expected an answer")
        channel.sendall(frames.pack_error(told))


class _ChannelFile:
    """A binary file whose bytes go out as ``DATA``, the head before the first of them.

    Keeping the head until there is a chunk lets an error that comes before any
    output still be told as an error.
    """

    def __init__(self, channel: socket.socket, head: bytes) -> None:
        self._channel = channel
        self._head = head
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._pending += data
        if len(self._pending) >= CHUNK:
            self._channel.sendall(self._take())
        return len(data)

    def flush(self) -> None:
        """Do nothing: the engine flushes at the end of an answer, and so does :meth:`finish`."""

    def finish(self, farewell: bytes) -> None:
        self._channel.sendall(self._take() + frames.pack(frames.END, farewell))

    def _take(self) -> bytes:
        data = self._head + (frames.pack(frames.DATA, bytes(self._pending)) if self._pending else b"")
        self._head = b""
        self._pending.clear()
        return data


def open_snapshot(path: Path, *, same_names: bool = False) -> ox.Store:
    """Load a snapshot: an N-Quads file into memory, a directory read-only from disk.

    :param path: what :mod:`portsmouth.store.embedded` names as the snapshot.
    :param same_names: whether blank nodes have to be named as in the file, as what is written names them so.
    """
    if path.is_dir():
        return ox.Store.read_only(str(path))
    store = ox.Store()
    with suppress(FileNotFoundError):
        bases.load(path, store, same_names=same_names)
    return store


def default_graph_of(store: ox.Store) -> ox.Store:
    """Copy the default graph of a snapshot into a store in memory of its own.

    What is told by one property lies together, as whoever reads much of a graph goes through it.

    :param store: the snapshot; its blank nodes keep their names.

    >>> store = ox.Store()
    >>> store.update("INSERT DATA { <http://s> <http://p> 1 GRAPH <http://g> { <http://s> <http://p> 2 } }")
    >>> len(default_graph_of(store))
    1
    """
    alone, graph = ox.Store(), ox.DefaultGraph()
    properties = cast(ox.QuerySolutions, store.query("SELECT DISTINCT ?p { ?s ?p ?o }"))
    # In one go, which takes half as long as one property after another.
    alone.bulk_extend(
        chain.from_iterable(store.quads_for_pattern(None, prop, None, graph) for (prop,) in properties)
    )
    return alone
