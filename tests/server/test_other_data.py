"""A server on other data: it says of them what they say, and nothing that is true of ours alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib import DCTERMS, RDF, RDFS, VOID
from server.conftest import RunningServer

EX, FOAF = "http://example.org/", "http://xmlns.com/foaf/0.1/"
DATA = f"""\
<{EX}anna> <{RDF.type}> <{FOAF}Person> <{EX}g1> .
<{EX}anna> <{RDFS.label}> "Anna" <{EX}g1> .
<{EX}anna> <{FOAF}knows> <{EX}ben> <{EX}g2> .
"""
BROWSER = {"Accept": "text/html"}
ADDRESSES = (
    "/", "/search?q=Anna", "/network", "/map", "/timeline", "/conflicts", "/sources", "/queries", "/sparql",
    "/.well-known/void",
)  # fmt: skip
#: What is true of the program's own data alone.
CLAIMS = ("CC BY", "creativecommons.org", "Thai", "ight texts", "peace of 1905", "Article IX", "Manchuria")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("other")
    data: Path = folder / "other.nq"
    data.write_text(DATA)
    running = RunningServer(folder, ("portsmouth", "serve", "--data", str(data)))
    yield running
    running.stop()


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_page_claims_for_other_data_what_is_true_of_ours(other: Any, shipped: Any, path: str) -> None:
    assert other.fetch("/", headers=BROWSER).status == 200
    reply = other.fetch(path, headers=BROWSER)
    assert reply.status == 200
    text = reply.body.decode()
    # The questions of the catalogue are about this work's graph, and say so.
    if path not in ("/queries", "/sparql"):
        assert [claim for claim in CLAIMS if claim in text] == []
    assert "creativecommons.org" not in text
    ours = shipped.fetch(path, headers=BROWSER).body.decode()
    assert "creativecommons.org" in ours and 'href="/ns"' in ours
    assert 'href="/ns"' not in text


def test_void_gives_other_data_no_licence_and_no_name(other: Any, shipped: Any) -> None:
    void, ours = (
        rdflib.Graph().parse(data=server.fetch("/.well-known/void.ttl").body) for server in (other, shipped)
    )
    for told in (DCTERMS.license, DCTERMS.description, VOID.uriSpace):
        assert (len(list(void.subject_objects(told))), len(list(ours.subject_objects(told))) > 0) == (0, True)
    assert [int(number) for number in void.objects(None, VOID.distinctSubjects)] == [1]


def test_the_map_draws_what_the_data_name(other: Any, shipped: Any) -> None:
    drawn = [server.fetch("/map", headers=BROWSER).body.count(b'class="drawn') for server in (other, shipped)]
    assert drawn[0] == 0 < drawn[1]
