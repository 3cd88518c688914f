"""Answers that are kept, so that what is asked again need not be computed again.

An answer follows from the snapshot, the query, its dataset and its formats; as
long as the store shows the same snapshot, the same bytes can be sent. A request
that is byte for byte one that was answered need not even be read: it is known by
its *name*, the address and the Accept header as they came.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from portsmouth_server.http import Header

#: What requests for one answer may be called.
_NAMES = 4
#: Seconds that it takes to be worth keeping at once.
_LONG = 0.005
#: Bytes from which on an answer is kept only when it is asked for again, however long it took.
_SHORT = 128 << 10
#: Requests that are remembered for having come once.
_REMEMBERED = 10_000
#: What an answer takes beside its body, its query and its names: its headers, its places in tables.
_OVERHEAD = 2048


@dataclass(slots=True)
class KeptAnswer:
    """A whole answer.

    :param headers: its headers but for Content-Length and Link.
    :param body: its body.
    :param names: what requests for it were called.
    """

    headers: tuple[Header, ...]
    body: bytes
    names: list[Hashable] = field(default_factory=list)
    #: Characters of its query and of its names, of which a request may make thousands.
    named: int = 0
    _head: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that keeping it takes, roughly."""
        return len(self.body) + self.named + _OVERHEAD

    @property
    def head(self) -> bytes:
        """The header lines of a response, Content-Length and the empty line included.

        >>> KeptAnswer(((b"vary", b"Accept"),), b"ab").head
        b'vary: Accept\\r\\ncontent-length: 2\\r\\n\\r\\n'
        """
        if not self._head:
            self._head = header_lines([*self.headers, (b"content-length", str(len(self.body)).encode())])
        return self._head


def header_lines(headers: list[Header]) -> bytes:
    """Write headers as they go over the wire, with the empty line after them.

    :param headers: names with values.

    >>> header_lines([(b"a", b"b")])
    b'a: b\\r\\n\\r\\n'
    """
    return b"".join([part for name, value in headers for part in (name, b": ", value, b"\r\n")]) + b"\r\n"


class KeptAnswers:
    """A table of answers that takes no more room than it may; what was not asked for longest goes first.

    :param size: bytes; 0 keeps nothing.
    :param share: the part of them that one answer may take, as its denominator.

    >>> from portsmouth.store.protocol import Query
    >>> answers = KeptAnswers(10_000)
    >>> answers.keep("s1", Query("ASK {}"), KeptAnswer((), b"{}"), name=b"/sparql?query=ASK+{}")
    >>> answers.named("s1", b"/sparql?query=ASK+{}")[0] is answers.find("s1", Query("ASK {}"))
    True
    >>> answers.find("s2", Query("ASK {}")) is None
    True
    """

    def __init__(self, size: int, share: int = 4) -> None:
        self._size = size
        self._largest = size // share
        self._taken = 0
        #: How often an answer was found here.
        self.hits = 0
        self._snapshot = ""
        # Marks of requests that came once: two generations, so that the older can be forgotten at once.
        self._asked: set[int] = set()
        self._asked_before: set[int] = set()
        self._answers: OrderedDict[Hashable, KeptAnswer] = OrderedDict()
        self._by_name: dict[Hashable, tuple[Hashable, bytes]] = {}

    @property
    def taken(self) -> int:
        """Bytes that all answers here take, roughly."""
        return self._taken

    def __len__(self) -> int:
        return len(self._answers)

    def room_for(self, length: int) -> bool:
        """Say whether a body of this length would be kept.

        :param length: its bytes.
        """
        return length + _OVERHEAD <= self._largest

    def worth(self, name: Hashable, seconds: float, length: int) -> bool:
        """Say whether an answer is worth keeping: it took long, or it is not asked for the first time.

        Most queries are asked once, and keeping their answers would only push out others.

        :param name: the name of the request.
        :param seconds: how long the answer took.
        :param length: bytes of its body; long ones would push out many.
        """
        if seconds >= _LONG and length < _SHORT:
            return True
        mark = hash(name)
        if mark in self._asked or mark in self._asked_before:
            return True
        self._asked.add(mark)
        if len(self._asked) >= _REMEMBERED:
            self._asked, self._asked_before = set(), self._asked
        return False

    def find(self, snapshot: str, key: Hashable) -> KeptAnswer | None:
        """Return an answer.

        :param snapshot: the snapshot that the store shows now.
        :param key: what it answers: a query, or what names a page or document.
        """
        if snapshot != self._snapshot:
            return None
        answer = self._answers.get(key)
        if answer is not None:
            self.hits += 1
            self._answers.move_to_end(key)
        return answer

    def named(self, snapshot: str, name: Hashable) -> tuple[KeptAnswer, bytes] | None:
        """Return the answer to a request that came with this name before, and its Link header.

        :param snapshot: the snapshot that the store shows now.
        :param name: the name of the request.
        """
        if (known := self._by_name.get(name)) is None:
            return None
        key, link = known
        answer = self.find(snapshot, key)
        return None if answer is None else (answer, link)

    def keep(
        self, snapshot: str, key: Hashable, answer: KeptAnswer, name: Hashable = None, link: bytes = b""
    ) -> None:
        """Keep an answer, if there is room for one of its size.

        :param snapshot: the snapshot that it was computed from.
        :param key: what it answers.
        :param answer: the answer.
        :param name: a name of the request.
        :param link: the Link header of answers to requests of that name.
        """
        if not self.room_for(len(answer.body)):
            return
        if snapshot != self._snapshot:
            self._clear(snapshot)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = answer
            answer.named = _length(key)
            self._taken += answer.size
        if name is not None and name not in self._by_name and len(known.names) < _NAMES:
            known.names.append(name)
            self._by_name[name] = (key, link)
            more = _length(name) + len(link)
            known.named += more
            self._taken += more
        while self._taken > self._size:
            _, oldest = self._answers.popitem(last=False)
            self._taken -= oldest.size
            for old in oldest.names:
                del self._by_name[old]

    def _clear(self, snapshot: str) -> None:
        self._snapshot = snapshot
        self._taken = 0
        self._answers.clear()
        self._by_name.clear()


def _length(key: Hashable) -> int:
    """Return how long a key of a table is, roughly: a client chooses how much it says in one request."""
    return len(repr(key))
