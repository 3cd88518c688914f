"""Choosing the format of an answer: the Accept header (RFC 9110, section 12.5.1) and ``?format=``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from portsmouth.errors import NotAcceptableError
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Formats
from portsmouth_server.media import WEIGHT, MediaRange, parse_accept, quality

HTML: Final = "text/html"

#: Names under which clients ask for a format that has a more exact name; they come after all exact ones.
_RESULT_ALIASES: Final[Mapping[str, str]] = {
    "application/json": RESULT_FORMATS["json"],
    "application/xml": RESULT_FORMATS["xml"],
    "text/xml": RESULT_FORMATS["xml"],
}
_GRAPH_ALIASES: Final[Mapping[str, str]] = {
    "application/json": GRAPH_FORMATS["jsonld"],
    "application/xml": GRAPH_FORMATS["rdf"],
    "text/xml": GRAPH_FORMATS["rdf"],
    "application/x-turtle": GRAPH_FORMATS["ttl"],
    "text/plain": GRAPH_FORMATS["nt"],
}
_RESULT_OFFERS: Final = {**{name: name for name in RESULT_FORMATS.values()}, **_RESULT_ALIASES}
_GRAPH_OFFERS: Final = {**{name: name for name in GRAPH_FORMATS.values()}, **_GRAPH_ALIASES}
_JSON: Final = RESULT_FORMATS["json"]
_DATA_TYPES: Final = (*RESULT_FORMATS.values(), *GRAPH_FORMATS.values())

#: Short names of graphs; ``format=json`` of a graph is JSON-LD, and some clients spell others out.
_GRAPH_NAMES: Final = {
    **GRAPH_FORMATS,
    "json": GRAPH_FORMATS["jsonld"],
    "json-ld": GRAPH_FORMATS["jsonld"],
    "xml": GRAPH_FORMATS["rdf"],
    "rdf+xml": GRAPH_FORMATS["rdf"],
    "turtle": GRAPH_FORMATS["ttl"],
    "n3": GRAPH_FORMATS["ttl"],
    "ntriples": GRAPH_FORMATS["nt"],
    "nquads": GRAPH_FORMATS["nq"],
}
HTML_NAME: Final = "html"

#: Formats of lists that are no answers of the store, by their short names.
_TABLES: Final = {"json": "application/json", "csv": "text/csv", HTML_NAME: HTML}

#: Extensions of documents that describe a thing in RDF. ``json`` is JSON-LD for programs that know JSON only.
DOCUMENTS: Final[Mapping[str, str]] = {**GRAPH_FORMATS, "json": "application/json"}
_EXTENSIONS: Final = {media_type: extension for extension, media_type in DOCUMENTS.items()}
# The more exact names first: who takes both application/json and JSON-LD knows JSON-LD.
_DOCUMENT_OFFERS: Final = {
    **{name: name for name in DOCUMENTS.values()},
    **{name: type_ for name, type_ in _GRAPH_ALIASES.items() if name not in _EXTENSIONS},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a caller wants to get.

    :param formats: media types by kind of answer.
    :param page: whether the caller reads a page rather than data.
    :param receipts: whether JSON is wanted in the profile that has receipts.
    """

    formats: Formats
    page: bool
    receipts: bool = False


@lru_cache(maxsize=512)
def choose_document(accept: str | None) -> str:
    """Choose the document that describes a thing, by its extension.

    :param accept: the Accept header, ``None`` where the request has none.
    :return: ``html`` or a key of :data:`DOCUMENTS`.
    :raises NotAcceptableError: a format in which nothing here is described.

    >>> choose_document("text/html,*/*;q=0.8"), choose_document("*/*"), choose_document("application/json")
    ('html', 'ttl', 'json')
    """
    ranges = parse_accept(accept or "") or parse_accept("*/*")
    if _prefers_page(ranges):
        return HTML_NAME
    best = _best(_DOCUMENT_OFFERS, ranges)
    if best is None and quality(HTML, ranges) > 0:
        return HTML_NAME
    if best is None:
        raise NotAcceptableError(
            found=f"Accept: {(accept or '')[:200]}",
            expected=f"one of {HTML}, {', '.join(DOCUMENTS.values())}, "
            f"or the extension .{', .'.join((HTML_NAME, *DOCUMENTS))} at the end of the address",
        )
    return _EXTENSIONS[best]


@lru_cache(maxsize=512)
def choose_data(accept: str | None) -> str:
    """Choose the format of what is told in RDF only, by its extension.

    :param accept: the Accept header, ``None`` where the request has none.
    :return: a key of :data:`DOCUMENTS`; browsers, which take anything, get Turtle.
    :raises NotAcceptableError: no format of RDF is among those accepted.

    >>> choose_data("text/html,*/*;q=0.8"), choose_data("application/ld+json")
    ('ttl', 'jsonld')
    """
    best = _best(_DOCUMENT_OFFERS, parse_accept(accept or "") or parse_accept("*/*"))
    if best is None:
        raise NotAcceptableError(
            found=f"Accept: {(accept or '')[:200]}", expected=f"one of {', '.join(DOCUMENTS.values())}"
        )
    return _EXTENSIONS[best]


def choose_graph(accept: str | None, form: str | None = None) -> tuple[str, str]:
    """Choose the format of a graph.

    :param accept: the Accept header, ``None`` where the request has none.
    :param form: the ``format`` parameter, which wins over the header.
    :return: its extension and its media type.
    :raises NotAcceptableError: no format of RDF is among those accepted.

    >>> choose_graph(None), choose_graph("text/html", "nt")
    (('ttl', 'text/turtle'), ('nt', 'application/n-triples'))
    """
    if form is None:
        extension = choose_data(accept)
        return extension, GRAPH_FORMATS["jsonld" if extension == "json" else extension]
    media_type = _by_name(form).formats.pick("graph")
    return _EXTENSIONS[media_type], media_type


def takes(accept_encoding: str | None, coding: str) -> bool:
    """Say whether a caller takes a body in a coding (RFC 9110, section 12.5.3).

    :param accept_encoding: the Accept-Encoding header, ``None`` where the request has none.
    :param coding: ``gzip`` or ``br``.

    >>> takes("br, gzip;q=0.5", "br"), takes("br;q=0, *", "br"), takes("*", "br"), takes(None, "br")
    (True, False, True, False)
    """
    weights: dict[str, float] = {}
    for element in (accept_encoding or "").lower().split(","):
        name, _, parameter = (part.strip() for part in element.partition(";"))
        weight = parameter.removeprefix("q=").strip() or "1"
        weights[name.removeprefix("x-")] = float(weight) if WEIGHT.fullmatch(weight) else 0.0
    return weights.get(coding, weights.get("*", 0.0)) > 0


def takes_gzip(accept_encoding: str | None) -> bool:
    """Say whether a caller takes a body compressed with gzip.

    :param accept_encoding: the Accept-Encoding header.

    >>> takes_gzip("br, gzip;q=0.5"), takes_gzip("gzip;q=0, *"), takes_gzip("x-gzip"), takes_gzip(None)
    (True, False, True, False)
    """
    return takes(accept_encoding, "gzip")


def names_rdf(accept: str | None) -> bool:
    """Say whether a caller names a format of graphs, rather than taking whatever comes.

    :param accept: the Accept header.

    >>> names_rdf("text/turtle, */*;q=0.1"), names_rdf("*/*"), names_rdf("application/json")
    (True, False, False)
    """
    ranges = parse_accept(accept or "")
    return any(r.media.name in GRAPH_FORMATS.values() and r.weight > 0 for r in ranges)


@lru_cache(maxsize=512)
def choose(accept: str | None, form: str | None = None) -> Choice:
    """Choose the format of an answer.

    :param accept: the Accept header, ``None`` where the request has none.
    :param form: the ``format`` parameter, several values with commas between, which wins over the header.
    :raises NotAcceptableError: a format that nothing here is written in.

    >>> choose("text/csv, text/turtle;q=0.5").formats
    Formats(results='text/csv', graphs='text/turtle')
    >>> choose("text/html, */*;q=0.8").page, choose("*/*").page, choose(None, "html").page
    (True, False, True)
    """
    if form is not None:
        return _by_name(form)
    # RFC 9110, section 12.5.1: no header means that any type will do; so does one that says nothing.
    ranges = parse_accept(accept or "") or parse_accept("*/*")
    formats = Formats(_best(_RESULT_OFFERS, ranges), _best(_GRAPH_OFFERS, ranges))
    page = _prefers_page(ranges)
    if not page and formats.results is None and formats.graphs is None:
        raise _not_acceptable(f"Accept: {(accept or '')[:200]}")
    return Choice(formats, page, _wants_receipts(ranges) if "profile" in (accept or "") else False)


def _wants_receipts(ranges: Sequence[MediaRange]) -> bool:
    """Say whether SPARQL JSON is wanted in the profile that has receipts, as much as without."""
    best = {
        profiled: max(
            (r.weight for r in ranges if r.receipts is profiled and r.media.name == _JSON), default=0.0
        )
        for profiled in (True, False)
    }
    return 0 < best[True] >= best[False]


def wants_page(accept: str | None, form: str | None = None) -> bool:
    """Choose between a page and JSON, where nothing else is to be had.

    :param accept: the Accept header, ``None`` where the request has none.
    :param form: the ``format`` parameter, which wins over the header.
    :raises NotAcceptableError: another format is asked for.

    >>> wants_page("text/html,*/*;q=0.8"), wants_page("*/*"), wants_page("text/html", "json")
    (True, False, False)
    """
    if form is not None:
        if form.strip().lower() not in ("json", HTML_NAME):
            raise NotAcceptableError(found=f"format={form[:100]}", expected=f"json or {HTML_NAME}")
        return form.strip().lower() == HTML_NAME
    ranges = parse_accept(accept or "") or parse_accept("*/*")
    if _prefers_page(ranges):
        return True
    if quality("application/json", ranges) == 0:
        if quality(HTML, ranges) > 0:
            return True
        raise NotAcceptableError(
            found=f"Accept: {(accept or '')[:200]}", expected=f"application/json or {HTML}"
        )
    return False


def choose_table(accept: str | None, form: str | None = None) -> str:
    """Choose between a page, JSON and CSV, where a list is told.

    :param accept: the Accept header, ``None`` where the request has none.
    :param form: the ``format`` parameter, which wins over the header.
    :return: ``html``, ``json`` or ``csv``.
    :raises NotAcceptableError: another format is asked for.

    >>> choose_table("text/html,*/*;q=0.8"), choose_table("text/csv"), choose_table("*/*")
    ('html', 'csv', 'json')
    """
    if form is not None:
        if form.strip().lower() not in _TABLES:
            raise NotAcceptableError(found=f"format={form[:100]}", expected=f"one of {', '.join(_TABLES)}")
        return form.strip().lower()
    ranges = parse_accept(accept or "") or parse_accept("*/*")
    if _prefers_page(ranges):
        return HTML_NAME
    offers = {media_type: name for name, media_type in _TABLES.items()}
    best = max(offers, key=lambda offer: quality(offer, ranges))
    if quality(best, ranges) == 0:
        raise NotAcceptableError(
            found=f"Accept: {(accept or '')[:200]}", expected=f"one of {', '.join(offers)}"
        )
    return offers[best]


def prefers_page(accept: str | None) -> bool:
    """Say whether a caller names HTML and likes no data format as much, as browsers do.

    :param accept: the Accept header.

    >>> prefers_page("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    True
    >>> prefers_page("text/html, application/json")
    False
    """
    return _prefers_page(parse_accept(accept)) if accept else False


def _prefers_page(ranges: Sequence[MediaRange]) -> bool:
    html = max((r.weight for r in ranges if r.media.name == HTML), default=0.0)
    # A tie falls to data, as the server's order has it: programs that name HTML too want data.
    return html > 0 and all(quality(data, ranges) < html for data in (*_DATA_TYPES, "application/json"))


def _best(offers: Mapping[str, str], ranges: Sequence[MediaRange]) -> str | None:
    # max() keeps the first of equals: ties fall to the server's order.
    best = max(offers, key=lambda offer: quality(offer, ranges))
    return offers[best] if quality(best, ranges) > 0 else None


def _by_name(form: str) -> Choice:
    # SPARQLWrapper sends its own name for a format and media types beside it: the first known one counts.
    for name in (part.strip().lower() for part in form.split(",")):
        if name in (HTML_NAME, HTML):
            return Choice(Formats(), page=True)
        results = RESULT_FORMATS.get(name) or _RESULT_OFFERS.get(name)
        graphs = _GRAPH_NAMES.get(name) or _GRAPH_OFFERS.get(name)
        if results or graphs:
            return Choice(Formats(results, graphs), page=False)
    raise _not_acceptable(f"format={form[:100]}")


def _not_acceptable(found: str) -> NotAcceptableError:
    names = ", ".join((*RESULT_FORMATS, *GRAPH_FORMATS, HTML_NAME))
    return NotAcceptableError(
        found=found, expected=f"a format among {names}, or a media type among {', '.join(_DATA_TYPES)}"
    )
