"""Accept and ``format``, by the rules of RFC 9110, section 12.5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.errors import NotAcceptableError
from portsmouth_server.media import parse_accept, parse_media_type, quality
from portsmouth_server.negotiation import choose, prefers_page

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


@pytest.mark.parametrize(
    ("accept", "results", "graphs"),
    [
        (None, JSON, "text/turtle"),
        ("", JSON, "text/turtle"),
        ("*/*", JSON, "text/turtle"),
        ("text/csv", "text/csv", None),
        ("TEXT/CSV", "text/csv", None),
        ("text/csv;charset=utf-8", "text/csv", None),
        ('text/csv; charset="UTF-8"', "text/csv", None),
        (XML, XML, None),
        ("text/turtle", None, "text/turtle"),
        ("application/n-triples, text/turtle;q=0.9", None, "application/n-triples"),
        # Ties fall to the server's order, whatever the order in the header.
        (f"{XML}, {JSON}", JSON, None),
        ("application/rdf+xml, text/turtle", None, "text/turtle"),
        # Quality decides.
        (f"{JSON};q=0.5, {XML};q=0.6", XML, None),
        ("text/*", "text/csv", "text/turtle"),
        # The most specific range decides, not the best quality.
        ("text/*;q=0.9, text/csv;q=0.1, */*;q=0.5", "text/tab-separated-values", "text/turtle"),
        (f"{JSON};q=0, */*", XML, "text/turtle"),
        (f"*/*;q=0, {JSON}", JSON, None),
        ("*/*;q=0.1, application/*;q=0", "text/csv", "text/turtle"),
        # Looser names of the same formats.
        ("application/json", JSON, "application/ld+json"),
        ("application/xml", XML, "application/rdf+xml"),
        ("application/json, text/csv;q=0.9", JSON, "application/ld+json"),
        # What is malformed is passed over, and does not void the rest.
        ("text, text/csv", "text/csv", None),
        ("text/csv;q=1.5, text/tab-separated-values;q=0.5", "text/tab-separated-values", None),
        ('text/csv;a="x,y";q=1, text/tab-separated-values', "text/tab-separated-values", None),
        (",,text/csv,,", "text/csv", None),
        ("nonsense", JSON, "text/turtle"),
        # SPARQLWrapper and rdflib.
        ("application/sparql-results+xml,application/rdf+xml;q=0.5", XML, "application/rdf+xml"),
    ],
)
def test_accept(accept: str | None, results: str | None, graphs: str | None) -> None:
    formats = choose(accept).formats
    assert (formats.results, formats.graphs) == (results, graphs)


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (None, False),
        ("*/*", False),
        ("text/*", False),
        ("text/html", True),
        ("text/html;q=0, */*", False),
        (FIREFOX, True),
        (JAVA, True),
        (f"text/html, {JSON}", False),
        ("text/html;q=0.5, */*", False),
        (f"text/html;q=0.5, {JSON};q=0.9", False),
        ("text/html, */*;q=0.1", True),
        ("text/html, text/plain, */*;q=0.01", True),
    ],
)
def test_page_only_for_who_prefers_it(accept: str | None, page: bool) -> None:
    assert choose(accept).page is page
    assert prefers_page(accept) is page


@pytest.mark.parametrize(
    ("form", "results", "graphs"),
    [
        ("json", JSON, "application/ld+json"),
        ("xml", XML, "application/rdf+xml"),
        ("csv", "text/csv", None),
        ("tsv", "text/tab-separated-values", None),
        ("ttl", None, "text/turtle"),
        ("nt", None, "application/n-triples"),
        ("nq", None, "application/n-quads"),
        ("trig", None, "application/trig"),
        ("jsonld", None, "application/ld+json"),
        ("rdf", None, "application/rdf+xml"),
        ("CSV", "text/csv", None),
        ("json-ld,application/ld+json,application/x-json+ld", None, "application/ld+json"),
        ("nonsense,turtle", None, "text/turtle"),
        (XML, XML, None),
        ("text/turtle", None, "text/turtle"),
    ],
)
def test_format_wins_over_accept(form: str, results: str | None, graphs: str | None) -> None:
    choice = choose(FIREFOX, form)
    assert (choice.formats.results, choice.formats.graphs, choice.page) == (results, graphs, False)


@pytest.mark.parametrize(
    ("accept", "form"), [("image/png", None), ("*/*;q=0", None), (None, "xls"), (None, "")]
)
def test_nothing_acceptable_names_what_there_is(accept: str | None, form: str | None) -> None:
    with pytest.raises(NotAcceptableError, match="csv, tsv, ttl"):
        choose(accept, form)


_TYPES = st.sampled_from(["text", "application", "*"])
_SUBTYPES = st.sampled_from(["csv", "turtle", "json", "*"])
_WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.3", "; q=0.7", ";Q=1", ";q=1.000"])
_RANGES = st.lists(st.tuples(_TYPES, _SUBTYPES, _WEIGHTS), max_size=6)


@given(_RANGES, st.sampled_from(["text/csv", "text/turtle", "application/json", "image/png"]))
def test_quality_against_the_definition(ranges: list[tuple[str, str, str]], offer: str) -> None:
    """Rank every matching range by how exact it is; the most exact one's weight is the answer."""
    header = ", ".join(f"{type_}/{subtype}{weight}" for type_, subtype, weight in ranges)
    matching = []
    for type_, subtype, weight in ranges:
        exactness = [(offer, 3), (offer.split("/")[0] + "/*", 2), ("*/*", 1)]
        for name, rank in exactness:
            if f"{type_}/{subtype}" == name:
                matching.append((rank, float(weight.lower().partition("q=")[2] or "1")))
    expected = max(matching)[1] if matching else 0.0
    assert quality(offer, parse_accept(header)) == expected


@given(st.text(max_size=200))
def test_any_text_is_an_accept_header(text: str) -> None:
    for media_range in parse_accept(text):
        assert 0 <= media_range.weight <= 1
    parse_media_type(text)


def test_a_hostile_header_is_read_fast() -> None:
    assert parse_accept('"\\' * 2048) == ()
