"""Reading a request to ``/sparql``: the query operation of the SPARQL 1.1 Protocol, section 2.1.

Nothing here touches the network: bytes in, a :class:`SparqlRequest` out, or the
error that the request deserves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from portsmouth.errors import MediaTypeError, ReadOnlyError, RequestError
from portsmouth.store.protocol import Dataset
from portsmouth_server.negotiation import parse_media_type

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

#: Parameters that a request may have, lists of graphs included.
_MOST_PARAMETERS: Final = 2000
_BODY_TYPES: Final = f"{FORM} with a query parameter, or {QUERY} with the query as the body"


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


def from_address(query_string: bytes) -> SparqlRequest:
    """Read a query sent by GET (section 2.1.1).

    :param query_string: what follows the question mark, still percent-encoded.
    :raises RequestError: the parameters are not those of one query.

    >>> from_address(b"query=ASK+%7B%7D&default-graph-uri=http%3A%2F%2Fg").dataset.default
    ('http://g',)
    """
    return _request(parameters(query_string), RequestError)


def from_parameters(given: Sequence[tuple[str, str]]) -> SparqlRequest:
    """Read a query from parameters that came in another way than by GET or as a form.

    :param given: names and values.
    :raises RequestError: the parameters are not those of one query.

    >>> from_parameters([("query", "ASK {}")]).text
    'ASK {}'
    """
    return _request(given, RequestError)


def from_body(
    content_type: str | None, content_encoding: str | None, query_string: bytes, body: bytes
) -> SparqlRequest:
    """Read a query sent by POST, as a form (section 2.1.2) or directly (section 2.1.3).

    :param content_type: the Content-Type header.
    :param content_encoding: the Content-Encoding header.
    :param query_string: the parameters in the address.
    :param body: the body.
    :raises MediaTypeError: the body is of another type, or none is named.
    :raises RequestError: the parameters are not those of one query.

    >>> from_body("application/sparql-query", None, b"format=csv", b"ASK {}")
    SparqlRequest(text='ASK {}', dataset=Dataset(default=(), named=()), form='csv', receipts=None, rows=None)
    """
    _check_encoding(content_encoding)
    sent_as = _body_type(content_type)
    in_address = parameters(query_string)
    if sent_as == FORM:
        # The graphs of a form stand in its body; clients that put some into the address are understood too.
        return _request(in_address + parameters(body, "the form"), ReadOnlyError)
    text = _decode(body, "the body")
    if not text.strip():
        raise RequestError(found="an empty body", expected="a SPARQL query")
    return _request([*in_address, ("query", text)], ReadOnlyError)


def _request(parameters: Sequence[tuple[str, str]], update_error: type[RequestError]) -> SparqlRequest:
    def values(name: str) -> tuple[str, ...]:
        return tuple(value for key, value in parameters if key == name)

    if values("update"):
        # Section 2.2: an update is never sent by GET, so there it is no request at all.
        raise update_error(
            found="an update", expected="a query in a query parameter; this endpoint reads and never writes"
        )
    if values("using-graph-uri") or values("using-named-graph-uri"):
        raise RequestError(
            found="using-graph-uri, which belongs to updates",
            expected="default-graph-uri or named-graph-uri with a query",
        )
    dataset = Dataset(_graphs(values("default-graph-uri")), _graphs(values("named-graph-uri")))
    queries = values("query")
    if len(queries) > 1:
        raise RequestError(found=f"{len(queries)} queries", expected="exactly one")
    form = ",".join(values("format")) if values("format") else None
    return SparqlRequest(
        queries[0] if queries else None, dataset, form, _last(values("receipts")), _last(values("rows"))
    )


def _last(values: tuple[str, ...]) -> str | None:
    return values[-1] if values else None


def _graphs(iris: tuple[str, ...]) -> tuple[str, ...]:
    for iri in iris:
        # RFC 3987: an IRI here is absolute, and these characters must be percent-encoded in it.
        if ":" not in iri or any(character <= " " or character in '<>"{}|\\^`' for character in iri):
            raise RequestError(found=f"{iri[:200]!r} as the name of a graph", expected="an absolute IRI")
    return iris


def parameters(encoded: bytes, where: str = "the address") -> list[tuple[str, str]]:
    """Read the parameters of an address or a form.

    :param encoded: them, still percent-encoded.
    :param where: where they stand, for the error.
    :raises RequestError: they are not UTF-8, or too many.

    >>> parameters(b"number=9&name=K%C5%8Dmura")
    [('number', '9'), ('name', 'Kōmura')]
    """
    if not encoded:
        return []
    try:
        # One decoding only: a query that contains %20 was sent as %2520.
        return parse_qsl(
            _decode(encoded, where), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise _not_utf8(where) from None
    except ValueError:
        raise RequestError(
            found=f"too many parameters in {where}", expected=f"at most {_MOST_PARAMETERS}"
        ) from None


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _not_utf8(where) from None


def _not_utf8(where: str) -> RequestError:
    return RequestError(found=f"bytes in {where} that are not UTF-8", expected="UTF-8")


def _check_encoding(content_encoding: str | None) -> None:
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise MediaTypeError(
            found=f"a body with Content-Encoding {content_encoding[:100]}", expected="a plain body"
        )


@lru_cache(maxsize=128)
def _body_type(content_type: str | None) -> str:
    """Return the one of the two body types that a Content-Type names."""
    if content_type is None:
        raise MediaTypeError(found="a body without Content-Type", expected=_BODY_TYPES)
    media = parse_media_type(content_type)
    if media and media.name == UPDATE:
        raise MediaTypeError(
            found="an update", expected=f"{_BODY_TYPES}; this endpoint reads and never writes"
        )
    if not media or media.name not in (FORM, QUERY):
        raise MediaTypeError(found=f"Content-Type {content_type[:200]}", expected=_BODY_TYPES)
    charset = media.parameters.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise MediaTypeError(found=f"charset {charset[:100]}", expected="UTF-8, which SPARQL is written in")
    return media.name
