"""Plain queries: a GET that wants nothing but the answer of one query, and how that answer is headed.

Both ways to answer one read and head it here: the short way in the server itself
(:mod:`portsmouth_server.express`), and a worker that has been lent a connection
(:mod:`portsmouth_server.speaking`), which is why nothing here needs a framework.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from portsmouth.iris import PROV
from portsmouth.store.protocol import Query
from portsmouth.store.sparql.lexer import VOLATILE, glance
from portsmouth_server import protocol
from portsmouth_server.http import DATA_HEADERS, Header
from portsmouth_server.media import LONGEST_HEADER
from portsmouth_server.negotiation import choose

#: Headers that may ask for something that only the usual way knows.
_UNUSUAL: Final = frozenset(
    {
        b"if-none-match", b"if-match", b"if-modified-since", b"if-unmodified-since", b"range", b"connection",
        b"proxy-connection", b"expect", b"upgrade", b"content-length", b"transfer-encoding", b"authorization",
    }
)  # fmt: skip

#: Headers that say what becomes of the connection; the parser of HTTP takes the second for the first.
_OF_CONNECTIONS: Final = (b"connection", b"proxy-connection")

#: A query may give another answer each time; a word inside a string costs it only its ETag.
_CHANGING: Final = re.compile(rf"\b(?:{'|'.join((*sorted(VOLATILE), 'SERVICE'))})\b", re.IGNORECASE)

#: The longest address that a header leads to: proxies keep 4 KiB for all headers of an answer.
LONGEST_LINK: Final = 2048
# What may stand in the query of an address (RFC 3986, section 3.4), and so in a Link header as it came.
_SAFE: Final = (string.ascii_letters + string.digits + "%/?:@!$&'()*+,;=._~-").encode()
#: Parameters that are about the answer itself.
_OF_THE_ANSWER: Final = (b"format=", b"receipts=", b"rows=")
PROVENANCE: Final = f'>; rel="{PROV}has_provenance"'.encode()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an answer may have at most.

    :param rows: rows, or triples; 0 for any number.
    :param size: bytes; 0 for any number.
    """

    rows: int = 0
    size: int = 0


def is_usual(name: bytes, value: bytes) -> bool:
    """Say whether a header asks for nothing that only the usual way knows.

    :param name: its name in lower case.
    :param value: its value.

    >>> is_usual(b"user-agent", b"x"), is_usual(b"range", b"bytes=0-1")
    (True, False)
    >>> is_usual(b"connection", b"Keep-Alive"), is_usual(b"connection", b"close")
    (True, False)
    """
    # Many clients ask for what HTTP/1.1 does anyway.
    return name not in _UNUSUAL or (name in _OF_CONNECTIONS and value.lower() == b"keep-alive")


def could_be(url: bytes) -> bool:
    """Say whether a GET could be plain, as far as its address tells.

    It is not where it holds a reader's choice for pages, which the usual way remembers, nor where it has a
    fragment, which no client sends and the usual way leaves out.

    >>> could_be(b"/sparql?query=ASK+%7B%7D"), could_be(b"/sparql?query=ASK+%7B%7D&lang=th")
    (True, False)
    """
    return b"lang=" not in url and b"theme=" not in url and b"#" not in url


def is_lone(query_string: bytes) -> bool:
    """Say whether an address has the query for its one parameter.

    :param query_string: the parameters, still percent-encoded.

    >>> is_lone(b"query=ASK+%7B%7D"), is_lone(b"query=ASK+%7B%7D&format=csv")
    (True, False)
    """
    return query_string.startswith(b"query=") and b"&" not in query_string


def read(query_string: bytes, accept: bytes | None, bounds: Bounds) -> Query | None:
    """Return the query of a GET that wants nothing but its answer, ``None`` for any other request.

    :param query_string: the parameters, still percent-encoded.
    :param accept: the Accept header.
    :param bounds: what an answer may have at most.
    :raises PortsmouthError: the request deserves an error.

    >>> read(b"query=ASK+%7B%7D", None, Bounds()).text
    'ASK {}'
    >>> read(b"query=ASK+%7B%7D", b"text/html", Bounds()) is None
    True
    """
    request = protocol.from_address(query_string)
    choice = choose(accept[:LONGEST_HEADER].decode("latin-1") if accept else None, request.form)
    if choice.page or choice.receipts or request.receipts is not None:
        return None
    if not request.text or not request.text.strip() or protocol.has_relative_iri(request.text):
        return None
    return Query(request.text, request.dataset, choice.formats, max_rows=bounds.rows, max_bytes=bounds.size)


def tag(query: Query, snapshot: str) -> bytes | None:
    """Return the ETag of an answer, ``None`` where the next answer may differ.

    :param query: what is answered.
    :param snapshot: the snapshot that was asked.
    """
    if _may_change(query.text):
        return None
    digest = blake2b(query.text.encode("utf-8", "backslashreplace"), digest_size=16)
    digest.update(_around(snapshot, query.dataset, query.formats, query.base))
    # Weak: rows without ORDER BY may come in another order, and blank nodes be named anew.
    return b'W/"' + digest.hexdigest().encode() + b'"'


@lru_cache(maxsize=256)
def _around(*circumstances: object) -> bytes:
    """Return what an answer depends on beside its query, as bytes."""
    return repr(circumstances).encode()


def _may_change(text: str) -> bool:
    """Say whether a query may give another answer each time."""
    return not glance(text).plain and _CHANGING.search(text) is not None


def headings(etag: bytes | None, media_type: str, cors: tuple[Header, ...]) -> tuple[Header, ...]:
    """Return the headers of an answer, but for its length and its Link.

    :param etag: its ETag, if it has one.
    :param media_type: the media type of its body; empty where there is none.
    :param cors: the headers that let scripts of other origins read it.
    """
    typed = ((b"content-type", content_type(media_type)),) if media_type else ()
    return ((b"vary", b"Accept"), *DATA_HEADERS, *cors, *caching(etag), *typed)


def caching(etag: bytes | None) -> tuple[Header, ...]:
    """Return the headers that say how an answer may be kept.

    An answer may be kept, but the snapshot may change with the next start: ask again each time.
    """
    if etag is None:
        return ((b"cache-control", b"no-store"),)
    return ((b"cache-control", b"no-cache"), (b"etag", etag))


def content_type(media_type: str) -> bytes:
    """Return the Content-Type of a body.

    >>> content_type("text/csv")
    b'text/csv; charset=utf-8'
    """
    # CSV and TSV have no other way to say that they are UTF-8 (RFC 7111 leaves the default open).
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return (media_type + charset).encode()


def link_as_it_came(receipts: bytes, query_string: bytes) -> bytes | None:
    """Return the Link header that leads from an answer to its receipts, with the query as it came.

    That costs next to nothing and keeps every parameter that chooses a dataset.

    :param receipts: the address of the receipts.
    :param query_string: the parameters of the request, still percent-encoded.
    :return: its value; ``None`` where they cannot stand in a header as they are.

    >>> link_as_it_came(b"/receipts", b"query=ASK%20%7B%7D")
    b'</receipts?query=ASK%20%7B%7D>; rel="http://www.w3.org/ns/prov#has_provenance"'
    """
    if (
        len(query_string) >= LONGEST_LINK
        or query_string.translate(None, _SAFE)
        or (not is_lone(query_string) and any(name in query_string for name in _OF_THE_ANSWER))
    ):
        return None
    return b"<%s?%s%s" % (receipts, query_string, PROVENANCE)
