"""Reading a request to ``/sparql`` or ``/update``: the SPARQL 1.1 Protocol, section 2.

Nothing here touches the network: bytes in, a :class:`SparqlRequest` or an
:class:`UpdateRequest` out, or the error that the request deserves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from portsmouth.errors import MediaTypeError, ReadOnlyError, RequestError
from portsmouth.stance import Stance
from portsmouth.store.protocol import Dataset
from portsmouth.store.sparql.lexer import query_form, tokens
from portsmouth_server.media import MediaType, parse_media_type
from portsmouth_server.near import refuse_slips
from portsmouth_server.parameters import check_receipts, decoded, parameters, value

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")
_RELATIVE: Final = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^\x00-\x20<>\"{}|^`]*>")
_ONE_QUERY: Final = b"query="
#: The dataset of a request that names no graphs.
_NO_CHOICE: Final = Dataset()
#: The parameters that mean something here; others are passed over, but for slips in these.
_OF_A_QUERY: Final = ("query", "default-graph-uri", "named-graph-uri", "parts", "format", "receipts", "rows")
_OF_AN_UPDATE: Final = ("update", "using-graph-uri", "using-named-graph-uri")
_BODY_TYPES: Final = (
    f"{FORM} with a query or update parameter, or {QUERY} or {UPDATE} with its text as the body"
)


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """What a request to the endpoint asks.

    :param text: the query, ``None`` where the request has none.
    :param dataset: the graphs that the request names.
    :param form: the format that the request names, such as ``csv``; several with commas between.
    :param receipts: where the receipts of the answer go: ``inline``, or nowhere.
    :param rows: the rows whose receipts are asked for, such as ``0-49``.
    """

    text: str | None
    dataset: Dataset
    form: str | None
    receipts: str | None = None
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """What a request asks to be changed.

    :param text: the update.
    :param using: the graphs that the request names; the update's own ``USING`` and ``WITH`` may then not.
    """

    text: str
    using: Dataset | None = None


def from_address(query_string: bytes) -> SparqlRequest:
    """Read a query sent by GET (section 2.1.1).

    :param query_string: what follows the question mark, still percent-encoded.
    :raises RequestError: the parameters are not those of one query.

    >>> from_address(b"query=ASK+%7B%7D&default-graph-uri=http%3A%2F%2Fg").dataset.default
    ('http://g',)
    """
    if query_string.startswith(_ONE_QUERY) and b"&" not in query_string:
        # Most requests are this and nothing else.
        return SparqlRequest(value(query_string[len(_ONE_QUERY) :]), _NO_CHOICE, None)
    return _read_query(parameters(query_string))


def from_parameters(given: Sequence[tuple[str, str]]) -> SparqlRequest:
    """Read a query from parameters that came in another way than by GET or as a form.

    :param given: names and values.
    :raises RequestError: the parameters are not those of one query.

    >>> from_parameters([("query", "ASK {}")]).text
    'ASK {}'
    """
    return _read_query(given)


def _read_query(given: Sequence[tuple[str, str]]) -> SparqlRequest:
    if _values(given, "update"):
        # Section 2.2: an update is never sent by GET.
        raise RequestError(found="an update", expected="a query, or an update sent by POST")
    return _query(given)


def from_body(
    content_type: str | None, content_encoding: str | None, query_string: bytes, body: bytes
) -> SparqlRequest | UpdateRequest:
    """Read a query or an update sent by POST, as a form or directly (sections 2.1.2, 2.1.3, 2.2.1, 2.2.2).

    :param content_type: the Content-Type header.
    :param content_encoding: the Content-Encoding header.
    :param query_string: the parameters in the address.
    :param body: the body.
    :raises MediaTypeError: the body is of another type, or none is named.
    :raises RequestError: the parameters are not those of one query or one update.

    >>> request = from_body("application/sparql-query", None, b"format=csv&parts=s3", b"ASK {}")
    >>> request.text, request.form, str(request.dataset.stance)
    ('ASK {}', 'csv', 's3')
    >>> from_body("application/x-www-form-urlencoded", None, b"", b"update=CLEAR+ALL")
    UpdateRequest(text='CLEAR ALL', using=None)
    """
    check_encoding(content_encoding)
    sent_as = body_type(content_type)
    given = parameters(query_string)
    if sent_as == FORM:
        # The graphs of a form stand in its body; clients that put some into the address are understood too.
        given += parameters(body, "the form")
    else:
        text = decoded(body, "the body")
        if sent_as == QUERY and not text.strip():
            # An update may be empty: it changes nothing.
            raise RequestError(found="an empty body", expected="a SPARQL query")
        given.append(("update" if sent_as == UPDATE else "query", text))
    return _update(given) if _values(given, "update") else _query(given)


def query_from_body(
    content_type: str | None, content_encoding: str | None, query_string: bytes, body: bytes
) -> SparqlRequest:
    """Read a query sent by POST to what takes no updates; see :func:`from_body`.

    :param content_type: the Content-Type header.
    :param content_encoding: the Content-Encoding header.
    :param query_string: the parameters of the address, still percent-encoded.
    :param body: the body.
    :raises ReadOnlyError: it is an update.
    """
    request = from_body(content_type, content_encoding, query_string, body)
    if isinstance(request, UpdateRequest):
        raise ReadOnlyError(found="an update", expected="a query; nothing is written here")
    return request


def _query(given: Sequence[tuple[str, str]]) -> SparqlRequest:
    _refuse(
        given, ("using-graph-uri", "using-named-graph-uri"), "update", "default-graph-uri or named-graph-uri"
    )
    refuse_slips((name for name, _ in given), _OF_A_QUERY, "a query")
    named = _dataset(given, "default-graph-uri", "named-graph-uri")
    dataset = replace(named, stance=Stance.parse(",".join(_values(given, "parts"))))
    queries = _values(given, "query")
    if len(queries) > 1:
        raise RequestError(found=f"{len(queries)} queries", expected="exactly one")
    form = ",".join(_values(given, "format")) or None
    receipts, rows = (_last(_values(given, name)) for name in ("receipts", "rows"))
    check_receipts(receipts, rows)
    return SparqlRequest(queries[0] if queries else None, dataset, form, receipts, rows)


def _last(values: tuple[str, ...]) -> str | None:
    return values[-1] if values else None


def _update(given: Sequence[tuple[str, str]]) -> UpdateRequest:
    if _values(given, "query"):
        raise RequestError(found="a query and an update", expected="one of them")
    _refuse(
        given, ("default-graph-uri", "named-graph-uri"), "query", "using-graph-uri or using-named-graph-uri"
    )
    refuse_slips((name for name, _ in given), _OF_AN_UPDATE, "an update")
    updates = _values(given, "update")
    if len(updates) > 1:
        raise RequestError(found=f"{len(updates)} updates", expected="exactly one")
    using = _dataset(given, "using-graph-uri", "using-named-graph-uri")
    if using:
        _check_conflict(updates[0])
    return UpdateRequest(updates[0], using or None)


def _check_conflict(text: str) -> None:
    """Refuse an update that names its graphs twice (section 2.2.3)."""
    words = {token.text.upper() for token in tokens(text) if token.kind == "word"}
    if named := words & {"USING", "WITH"}:
        raise RequestError(
            found=f"{' and '.join(sorted(named))} in the update beside using-graph-uri or "
            "using-named-graph-uri in the request",
            expected="the graphs in one of the two places",
        )


def _refuse(given: Sequence[tuple[str, str]], names: Sequence[str], other: str, expected: str) -> None:
    for name in names:
        if _values(given, name):
            article = "an" if other == "update" else "a"
            raise RequestError(found=f"{name}, which belongs to {article} {other}", expected=expected)


def _dataset(given: Sequence[tuple[str, str]], default: str, named: str) -> Dataset:
    return Dataset(_graphs(_values(given, default)), _graphs(_values(given, named)))


def _values(given: Sequence[tuple[str, str]], name: str) -> tuple[str, ...]:
    return tuple(value for key, value in given if key == name)


def _graphs(iris: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(absolute(iri) for iri in iris)


def has_relative_iri(text: str) -> bool:
    """Say whether a query may have an IRI that is not absolute.

    :param text: the query. What only looks like an IRI counts too.

    >>> has_relative_iri("ASK { <a> ?p ?o }"), has_relative_iri("ASK { <urn:a> ?p ?o FILTER(1 < 2) }")
    (True, False)
    """
    return _RELATIVE.search(text) is not None


def gives_graph(text: str) -> bool:
    """Say whether a query asks for a graph rather than for solutions.

    :param text: the query.

    >>> gives_graph("# SELECT\\nPREFIX a: <http://e/> CONSTRUCT WHERE { ?s a:select ?o }")
    True
    """
    return query_form(text) in ("CONSTRUCT", "DESCRIBE")


def absolute(iri: str) -> str:
    """Return the name of a graph if it can be one.

    :param iri: an absolute IRI; RFC 3987 has certain characters percent-encoded in it.
    :raises RequestError: it is none.

    >>> absolute("http://e/g")
    'http://e/g'
    """
    if not _ABSOLUTE.fullmatch(iri):
        raise RequestError(found=f"{iri[:200]!r} as the name of a graph", expected="an absolute IRI")
    return iri


def check_encoding(content_encoding: str | None) -> None:
    """Refuse a body that is compressed, whose length would say nothing of its size.

    :param content_encoding: the Content-Encoding header.
    :raises MediaTypeError: it names an encoding.
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise MediaTypeError(
            found=f"a body with Content-Encoding {content_encoding[:100]}", expected="a plain body"
        )


@lru_cache(maxsize=128)
def body_type(content_type: str | None) -> str:
    """Return the one of the three body types that a Content-Type names.

    :param content_type: the header.
    :raises MediaTypeError: it names none of them, or another encoding of characters.

    >>> body_type("application/sparql-query; charset=UTF-8")
    'application/sparql-query'
    """
    if content_type is None:
        raise MediaTypeError(found="a body without Content-Type", expected=_BODY_TYPES)
    media = parse_media_type(content_type)
    if not media or media.name not in (FORM, QUERY, UPDATE):
        raise MediaTypeError(found=f"Content-Type {content_type[:200]}", expected=_BODY_TYPES)
    check_charset(media)
    return media.name


def check_charset(media: MediaType) -> None:
    """Refuse a body in another encoding of characters than UTF-8.

    :param media: the body's media type.
    :raises MediaTypeError: its charset is another.
    """
    charset = media.parameters.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeError(found=f"charset {charset[:100]}", expected="UTF-8")
