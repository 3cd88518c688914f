"""The messages between a store and its worker processes.

A message is a one-byte kind, a four-byte length and a body. A worker answers
one ``QUERY`` with ``HEAD``, any number of ``DATA`` and ``END``, or with
``ERROR`` at any point. It answers ``UPDATE`` and ``WRITE`` the same way, with
what they would change (:class:`portsmouth.store.updates.changes.Change`) as the data, and
``VERSION`` with the version of a graph, or nothing; the body of ``END`` is ``UNTOUCHED``
if a worker that has evaluated a write is as it was before. ``KEEP`` has it write its
dataset to the file that is named. ``RULES`` says what holds for the writes that follow,
and ``FOLLOW`` is a write that the worker's dataset is to go along with; neither is answered.

``LANE`` has a worker serve connections by itself (:mod:`portsmouth.store.processes.borrowing`), and comes
back when it is ready for them. ``LEND`` brings one, ``BACK`` gives one back, ``SHARE`` asks for some
to be given back, ``SNAPSHOT`` names the snapshot after the writes that have been told, and ``HOME``
ends it, on both sides.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final, NamedTuple

from portsmouth import errors
from portsmouth.stance import Stance
from portsmouth.store.protocol import Dataset, Formats, GraphWrite, Query, Update

QUERY: Final = b"Q"
RULES: Final = b"R"
UPDATE: Final = b"U"
WRITE: Final = b"W"
VERSION: Final = b"V"
KEEP: Final = b"K"
FOLLOW: Final = b"F"
LANE: Final = b"L"
LEND: Final = b"l"
BACK: Final = b"b"
SHARE: Final = b"a"
SNAPSHOT: Final = b"s"
HOME: Final = b"h"
HEAD: Final = b"H"
DATA: Final = b"D"
END: Final = b"Z"
ERROR: Final = b"E"

UNTOUCHED: Final = b"untouched"

PREFIX: Final = struct.Struct("!cI")


class Frame(NamedTuple):
    """A message: its kind and its body."""

    kind: bytes
    body: bytes


def pack(kind: bytes, body: bytes = b"") -> bytes:
    """Write a message.

    >>> pack(DATA, b"ab")
    b'D\\x00\\x00\\x00\\x02ab'
    """
    return PREFIX.pack(kind, len(body)) + body


class Reader:
    """Cuts a stream of bytes into messages, however the bytes arrive.

    >>> reader = Reader()
    >>> reader.feed(b"D\\x00\\x00\\x00\\x02a"), reader.feed(b"bZ\\x00\\x00\\x00\\x00")
    ([], [Frame(kind=b'D', body=b'ab'), Frame(kind=b'Z', body=b'')])
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes and return the messages that they complete."""
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while len(self._buffer) - start >= PREFIX.size:
            kind, length = PREFIX.unpack_from(self._buffer, start)
            body = start + PREFIX.size
            if len(self._buffer) < body + length:
                break
            frames.append(Frame(kind, bytes(self._buffer[body : body + length])))
            start = body + length
        del self._buffer[:start]
        return frames


def pack_query(query: Query) -> bytes:
    """Write a query as a message; its deadline stays with the store, which enforces it."""
    body = {
        "text": query.text,
        "default": query.dataset.default,
        "named": query.dataset.named,
        "stance": str(query.dataset.stance or ""),
        "results": query.formats.results,
        "graphs": query.formats.graphs,
        "base": query.base,
        "max_rows": query.max_rows,
        "max_bytes": query.max_bytes,
        "known_prefixes": query.known_prefixes,
    }
    return pack(QUERY, json.dumps(body).encode())


def unpack_query(body: bytes) -> Query:
    """Read a query back.

    >>> query = Query("ASK {}", Dataset(("http://g",), stance=Stance(("s4",), without=True)))
    >>> unpack_query(pack_query(query)[PREFIX.size :]) == query
    True
    """
    value = json.loads(body)
    return Query(
        text=value["text"],
        dataset=Dataset(tuple(value["default"]), tuple(value["named"]), Stance.parse(value["stance"])),
        formats=Formats(value["results"], value["graphs"]),
        base=value["base"],
        max_rows=value["max_rows"],
        max_bytes=value["max_bytes"],
        known_prefixes=value["known_prefixes"],
    )


def pack_update(update: Update) -> bytes:
    """Write an update as a message; its deadline stays with the store."""
    using = update.using and {"default": update.using.default, "named": update.using.named}
    return pack(UPDATE, json.dumps({"text": update.text, "using": using, "base": update.base}).encode())


def unpack_update(body: bytes) -> Update:
    """Read an update back.

    >>> update = Update("CLEAR ALL", Dataset(("http://g",)))
    >>> unpack_update(pack_update(update)[PREFIX.size :]) == update
    True
    """
    value = json.loads(body)
    using = value["using"] and Dataset(tuple(value["using"]["default"]), tuple(value["using"]["named"]))
    return Update(value["text"], using, value["base"])


def pack_write(write: GraphWrite) -> bytes:
    """Write the change of a graph as a message; its deadline stays with the store."""
    head = {
        "graph": write.graph,
        "action": write.action,
        "only_if": None if write.only_if is None else sorted(write.only_if),
        "only_if_absent": write.only_if_absent,
    }
    return pack(WRITE, json.dumps(head).encode() + b"\n" + write.triples)


def unpack_write(body: bytes) -> GraphWrite:
    """Read the change of a graph back.

    >>> write = GraphWrite("http://g", "merge", b"<http://s> <http://p> 'a' .", frozenset("v"))
    >>> unpack_write(pack_write(write)[PREFIX.size :]) == write
    True
    """
    head, _, triples = body.partition(b"\n")
    value = json.loads(head)
    only_if = value["only_if"]
    return GraphWrite(
        graph=value["graph"],
        action=value["action"],
        triples=triples,
        only_if=None if only_if is None else frozenset(only_if),
        only_if_absent=value["only_if_absent"],
    )


def pack_error(error: errors.PortsmouthError) -> bytes:
    """Write an error as a message: its class, its arguments and the data that it carries."""
    body = {"class": type(error).__name__, "arguments": error.args, "data": vars(error)}
    return pack(ERROR, json.dumps(body).encode())


def unpack_error(body: bytes) -> errors.PortsmouthError:
    """Read an error back, as the class that it was.

    >>> frame = pack_error(errors.QuerySyntaxError("a", "b", 1, 2))
    >>> unpack_error(frame[PREFIX.size :])
    QuerySyntaxError('a', 'b')
    """
    value: dict[str, Any] = json.loads(body)
    error: errors.PortsmouthError = getattr(errors, value["class"])(*value["arguments"])
    vars(error).update(value["data"])
    return error
