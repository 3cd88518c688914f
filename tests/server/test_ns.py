"""The ontology as documentation and as data, on the graph that the program ships."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import Any

import pytest
import rdflib
from rdflib import OWL, RDF, RDFS, SKOS

from .conftest import RunningServer

BASE = "https://w3id.org/portsmouth1905/"
PT = BASE + "ns#"


@pytest.fixture(scope="module")
def address(shipped: RunningServer) -> str:
    """The address of a server with the shipped graph."""
    return shipped.url


def get(url: str, accept: str = "*/*", **headers: str) -> tuple[Any, bytes]:
    request = urllib.request.Request(url, headers={"Accept": accept, **headers})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply, reply.read()


@pytest.fixture(scope="module")
def ontology(address: str) -> rdflib.Graph:
    return rdflib.Graph().parse(address + "/ns.ttl")


@pytest.fixture(scope="module")
def page(address: str) -> str:
    return get(address + "/ns", "text/html")[1].decode()


def test_people_and_machines_are_told_apart(address: str) -> None:
    for accept, media_type in (
        ("text/html", "text/html"),
        ("*/*", "text/turtle"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/n-triples", "application/n-triples"),
    ):
        reply, _ = get(address + "/ns", accept)
        assert (reply.status, reply.headers.get_content_type()) == (200, media_type)
        assert reply.headers["vary"].startswith("Accept")
        assert reply.headers["content-location"].startswith("/ns.")
        with pytest.raises(urllib.error.HTTPError, match="304"):
            get(address + "/ns", accept, **{"If-None-Match": reply.headers["etag"]})


@pytest.mark.parametrize(
    ("extension", "parser"), [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"), ("jsonld", "json-ld")]
)
def test_every_format_says_the_same(
    address: str, ontology: rdflib.Graph, extension: str, parser: str
) -> None:
    graph = rdflib.Graph().parse(f"{address}/ns.{extension}", format=parser)
    assert len(graph) == len(ontology)


def test_terms_lead_to_the_ontology(address: str, ontology: rdflib.Graph) -> None:
    assert (rdflib.URIRef(BASE + "ns"), RDF.type, OWL.Ontology) in ontology
    # As rdflib does with a term's IRI, whose fragment stays at home.
    assert len(rdflib.Graph().parse(address + "/ns#Treaty")) == len(ontology)


def test_every_term_has_an_anchor_and_its_words(page: str, ontology: rdflib.Graph) -> None:
    from markupsafe import escape

    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    terms = {str(s) for s in ontology.subjects(RDFS.isDefinedBy, None) if str(s).startswith(PT)}
    assert len(terms) > 50
    for iri in terms:
        term = rdflib.URIRef(iri)
        assert iri.removeprefix(PT) in anchors
        for property_ in (RDFS.label, SKOS.definition, SKOS.example):
            for words in ontology.objects(term, property_):
                assert escape(str(words)) in page


def test_every_concept_stands_in_its_scheme(page: str, ontology: rdflib.Graph) -> None:
    for concept, scheme in ontology.subject_objects(SKOS.inScheme):
        entry = page.partition(f'id="c:{str(scheme).rpartition("/")[2]}"')[2].partition("<article")[0]
        assert f'href="/concept/{str(concept).rpartition("/")[2]}"' in entry


def test_domains_and_ranges_name_every_class(page: str) -> None:
    entry = page.partition('id="settledBy"')[2].partition("</article>")[0]
    for expected in ('href="#Proposal"', 'href="#Article"', 'href="#Treaty"', "points to", "said of"):
        assert expected in entry
    battle = page.partition('id="Battle"')[2].partition("</article>")[0]
    assert 'href="#Event"' in battle
    assert "E7_Activity" in battle


def test_links_within_the_page_arrive(page: str) -> None:
    anchors = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors


def test_no_script_no_style_no_other_host(page: str) -> None:
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)", page)
    assert "style=" not in page
    assert not re.search(r'(?:src|<link[^>]+href)="https?:', page)


def test_versions_and_slashes_lead_to_the_one_document(address: str) -> None:
    for path in ("/ns/0.1.0", "/ns/Treaty"):
        reply, _ = get(address + path, "text/html")
        assert reply.url.partition("#")[0] == address + "/ns"


@pytest.mark.parametrize("path", ["/ns.exe", "/ns.", "/ns.ttl/x", "/nsx"])
def test_what_is_not_there(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(address + path)


def test_a_store_without_ontology_says_so(server: Any) -> None:
    assert server.fetch("/ns").problem["status"] == 404


def test_a_reader_of_thai_reads_thai_first(address: str) -> None:
    page = get(address + "/ns?lang=th", "text/html")[1].decode()
    entry = page.partition('id="settledBy"')[2].partition("</article>")[0]
    heading = re.search(r"<h3><a[^>]*>([^<]*)</a>", entry)
    assert heading and re.search("[\u0e00-\u0e7f]", heading[1])
    assert not re.search("[A-Za-z]", "".join(re.findall(r"<dt>([^<]*)</dt>", entry)))
    for foreign in ("dcterms:isPartOf", "skos:broader", "schema:agent"):
        heading = re.search(r"<h3><a[^>]*>([^<]*)</a>", page.partition(f'id="{foreign}"')[2])
        assert heading and not re.search("[A-Za-z]", heading[1])
