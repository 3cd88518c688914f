"""Speaking HTTP on connections that workers are lent: whole plain queries, and nothing else.

What is read here is read exactly as :mod:`portsmouth_server.express` reads it, and
answered with the same headers. Everything that is in the least unusual (another
method or path, a body, a condition, a head in two pieces, a choice of language)
is left to the server, which gets the connection back with every byte.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from portsmouth.store.protocol import Query
from portsmouth_server import plain
from portsmouth_server.answers import KeptAnswer, KeptAnswers, header_lines
from portsmouth_server.http import REQUEST_ID, REQUEST_ID_VALUE, Header

_METHOD: Final = b"GET "
_END: Final = b"\r\n\r\n"
_VERSION: Final = b" HTTP/1.1"
#: A field line (RFC 9112, section 5), without the obsolete folding.
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*")
#: Blocks of headers that are remembered; a client sends the same with every request.
_BLOCKS: Final = 256


@dataclass(frozen=True, slots=True)
class _Block:
    """The headers of a request: what of them matters here.

    :param accept: the Accept header.
    :param name: the name that the client gives the request.
    """

    accept: bytes | None
    name: bytes | None


@dataclass(slots=True)
class PlainRequest:
    """A request for the answer to a plain query.

    :param query: what is asked.
    :param link: the Link header of a response.
    :param name: under what the answer may be kept.
    :param snapshot: the snapshot that answers.
    :param heading: the first lines of a response.
    :param called: what the client calls it; empty where it gives it no name.
    """

    query: Query
    link: bytes
    name: tuple[bytes, bytes | None]
    snapshot: str
    heading: bytes
    called: bytes = b""


class Speaker:
    """Reads plain queries and writes their answers, for one worker.

    :param settings: ``heads``: how targets begin; ``receipts``: where receipts are; ``cors``: headers for
        other origins, as pairs; ``rows`` and ``size``: what an answer may have at most; ``cache``: bytes of
        answers that may be kept; ``longest``: bytes of a head.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._heads = tuple(head.encode() for head in settings["heads"])
        self._receipts = settings["receipts"].encode()
        self._cors: tuple[Header, ...] = tuple(
            (name.encode(), value.encode()) for name, value in settings["cors"]
        )
        self._bounds = plain.Bounds(settings["rows"], settings["size"])
        self._longest = settings["longest"]
        self._kept = KeptAnswers(settings["cache"], share=2)
        self._blocks: dict[bytes, _Block | None] = {}
        # Unlike those of any other worker.
        self._prefix = secrets.token_hex(6).encode() + b"-"
        self._numbers = itertools.count(1)
        self._date = (0, b"")
        #: Header lines by media type, and whether there is an ETag: what comes before it, and after.
        self._lines: dict[tuple[str, bool], tuple[bytes, bytes]] = {}

    def read(self, data: bytes, snapshot: str) -> PlainRequest | tuple[bytes, bytes] | None:
        """Read a request; see :meth:`portsmouth.store.processes.borrowing.Speaker.read`.

        :raises PortsmouthError: the request deserves an error.
        """
        if not data.startswith(_METHOD) or data.find(_END) != len(data) - len(_END):
            return None
        line, _, rest = data.partition(b"\r\n")
        block = self._block(rest)
        if block is None or not line.endswith(_VERSION) or len(data) > self._longest:
            return None
        target = line[len(_METHOD) : -len(_VERSION)]
        name = (target, block.accept)
        if known := self._kept.named(snapshot, name):
            answer, kept_link = known
            return self._heading(block) + _link(kept_link) + answer.head, answer.body
        if not target.startswith(self._heads):
            return None
        address = target.partition(b"?")[2]
        # With which no character passes that a target must not have (RFC 9112, section 3.2.1).
        link = plain.link_as_it_came(self._receipts, address)
        if link is None or not (plain.is_lone(address) or plain.could_be(target)):
            return None
        query = plain.read(address, block.accept, self._bounds)
        if query is None or query.dataset.stance:
            return None
        return PlainRequest(query, link, name, snapshot, self._heading(block), block.name or b"")

    def head(self, request: PlainRequest, media_type: str, body: bytes, seconds: float) -> bytes:
        """Return the head of a response; see :meth:`portsmouth.store.processes.borrowing.Speaker.head`."""
        etag = plain.tag(request.query, request.snapshot)
        if etag is not None and self._kept.worth(request.name, seconds, len(body)):
            answer = KeptAnswer(plain.headings(etag, media_type, self._cors), body)
            self._kept.keep(request.snapshot, request.query, answer, request.name, request.link)
        before, after = self._lines_around(media_type, etag is not None)
        return b"%b%b%b%b%b%d\r\n\r\n" % (
            request.heading, _link(request.link), before, etag or b"", after, len(body),
        )  # fmt: skip

    def _lines_around(self, media_type: str, tagged: bool) -> tuple[bytes, bytes]:
        """Return the header lines before and after an ETag, up to the length: they are the same each time."""
        try:
            return self._lines[media_type, tagged]
        except KeyError:
            headings = plain.headings(_PLACE if tagged else None, media_type, self._cors)
            lines = header_lines([*headings, (b"content-length", b"")]).removesuffix(_END)
            before, _, after = lines.partition(_PLACE)
            self._lines[media_type, tagged] = before, after
            return before, after

    def _block(self, lines: bytes) -> _Block | None:
        """Return what matters of a block of headers, ``None`` where it asks for something unusual."""
        try:
            return self._blocks[lines]
        except KeyError:
            if len(self._blocks) >= _BLOCKS:
                self._blocks.clear()
            block = self._blocks[lines] = _read_block(lines)
            return block

    def _heading(self, block: _Block) -> bytes:
        now = int(time.time())
        if now != self._date[0]:
            self._date = now, formatdate(now, usegmt=True).encode()
        name = block.name or self._prefix + b"%x" % next(self._numbers)
        return b"HTTP/1.1 200 OK\r\ndate: %b\r\n%b: %b\r\n" % (self._date[1], REQUEST_ID, name)


#: Where an ETag stands in header lines, which have no such character.
_PLACE: Final = b"\0"


def _link(link: bytes) -> bytes:
    return b"link: %b\r\n" % link if link else b""


def _read_block(lines: bytes) -> _Block | None:
    """Read a block of headers, as it stands between the first line and the end of the head.

    >>> _read_block(b"Host: a\\r\\nAccept: text/csv\\r\\n\\r\\n")
    _Block(accept=b'text/csv', name=None)
    >>> _read_block(b"Host: a\\r\\nRange: bytes=0-1\\r\\n\\r\\n") is None
    True
    """
    accept = name = None
    for line in lines.removesuffix(_END).split(b"\r\n") if lines != b"\r\n" else ():
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        key, value = field[1].lower(), field[2]
        if not plain.is_usual(key, value):
            return None
        if key == b"accept":
            if accept is not None:
                return None
            accept = value
        elif key == REQUEST_ID and name is None and REQUEST_ID_VALUE.fullmatch(value):
            name = value
    return _Block(accept, name)
