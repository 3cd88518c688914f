"""The pages of things on the program's own facts: what they say, who says so, and what they leave unsaid."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import pytest

VOID = {"meta", "link", "input", "br", "img", "hr", "line", "path", "circle", "rect"}


class Page(html.parser.HTMLParser):
    """A page's text by section, with the links and sources of each."""

    def __init__(self, source: bytes) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.links: dict[str, list[str]] = {}
        self.ids: list[str] = []
        self._open: list[str] = []
        self._sections: list[str] = [""]
        self.feed(source.decode())
        assert len(self.ids) == len(set(self.ids)), "an id stands twice"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("id"):
            self.ids.append(str(named["id"]))
        if tag == "section":
            self._sections.append(str(named.get("aria-labelledby") or ""))
        if tag == "a":
            self.links.setdefault(self._sections[-1], []).append(str(named.get("href")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._sections.pop()

    def handle_data(self, data: str) -> None:
        key = self._sections[-1]
        self.sections[key] = self.sections.get(key, "") + " " + data

    def said(self, section: str) -> str:
        """The text of a section, each gap one space."""
        return re.sub(r"\s+", " ", self.sections.get(section, ""))


def see(server: Any, path: str) -> Page:
    reply = server.fetch(path, headers={"Accept": "text/html"})
    assert reply.status == 200, (path, reply.body[:300])
    return Page(reply.body)


def test_a_person_has_offices_influence_and_words_each_with_the_passages_that_say_so(shipped: Any) -> None:
    page = see(shipped, "/id/roosevelt.html")
    assert "presidency of the United States" in page.said("offices")
    assert "Nicholas II" in page.said("exerted")
    for section in ("offices", "exerted", "received", "facts"):
        assert [link for link in page.links[section] if link.startswith("/passage/")], section


def test_an_act_of_influence_is_told_from_both_ends(shipped: Any) -> None:
    act = "/id/inf-roosevelt-tsar-august"
    assert act in see(shipped, "/id/roosevelt.html").links["exerted"]
    assert act in see(shipped, "/id/nicholas-ii.html").links["received"]
    assert act in see(shipped, "/id/meyer.html").links["between"]


def test_the_gloss_of_a_passage_is_on_the_page_in_words(shipped: Any) -> None:
    page = see(shipped, "/id/inf-roosevelt-instructs-meyer.html")
    assert "Part 1, line 39" in page.said("facts")
    assert "Roosevelt ordered the American envoy" in page.said("facts")


def test_a_disagreement_is_told_first_and_leads_to_the_desk(shipped: Any) -> None:
    page = see(shipped, "/id/refusal-of-french-mediation.html")
    assert "Russia" in page.said("disputes")
    assert "Japan" in page.said("disputes")
    desk = [link for link in page.links["disputes"] if link.startswith("/conflicts?at=")]
    assert desk
    anchor = desk[0].partition("#")[2]
    assert f'id="{anchor}"' in shipped.fetch("/conflicts", headers={"Accept": "text/html"}).body.decode()
    assert "disputed" in page.said("facts")


def test_a_date_is_told_as_printed_with_its_calendar_and_in_gregorian_days(shipped: Any) -> None:
    said = see(shipped, "/id/signing-of-treaty-of-portsmouth.html").said("when")
    assert "23 August 1905 Old Style (Julian) 5 September 1905" in said
    assert "5 September 38 Meiji era 5 September 1905" in said
    # A year of the Buddhist Era stays as it is printed.
    assert "2448 Buddhist Era" in said


def test_a_date_that_gives_no_days_says_so(shipped: Any) -> None:
    query = "SELECT ?s { ?s pt:dateAsStated ?d FILTER NOT EXISTS { ?s pt:when ?t } } ORDER BY ?s LIMIT 1"
    prefix = "PREFIX pt: <https://w3id.org/portsmouth1905/ns#> "
    rows = shipped.ask(prefix + query, "text/csv").body.decode().split()
    if len(rows) > 1:
        assert "not said" in see(
            shipped, rows[1].replace("https://w3id.org/portsmouth1905", "") + ".html"
        ).said("when")


@pytest.mark.parametrize(
    ("path", "section", "words"),
    [
        ("/id/treaty-of-portsmouth.html", "articles", "Article IX: cession of South Sakhalin"),
        ("/id/article-9.html", "provisions", "Government of Japan"),
        ("/id/article-9.html", "settled", "Sakhalin"),
        ("/id/battle-of-mukden.html", "figures", "59,000"),
        ("/id/south-sakhalin.html", "transferred", "Article IX"),
        ("/id/demands-klitin.html", "demands", "Japan"),
        ("/passage/s3-173.html", "content", "South Sakhalin"),
        ("/concept/persuaded.html", "uses", "Influence"),
        ("/time/1905-09-05.html", "within", "Signing"),
        ("/id/disagreement-inf-france-when.html", "disputes", "1905"),
    ],
)
def test_facts_stand_where_a_reader_looks_for_them(shipped: Any, path: str, section: str, words: str) -> None:
    assert words in see(shipped, path).said(section)


def test_what_the_page_does_not_say_is_not_on_the_page(shipped: Any) -> None:
    page = see(shipped, "/id/article-15.html")
    assert not {"settled", "disputes", "when"} & set(page.sections)


def test_long_sections_are_cut_and_can_be_had_whole(shipped: Any) -> None:
    short, whole = see(shipped, "/id/japan.html"), see(shipped, "/id/japan.html?all=about")
    assert "?all=about#about" in short.links["about"]
    assert "?all=about#about" not in whole.links["about"]
    assert len(whole.links["about"]) > len(short.links["about"])


def test_the_small_network_names_the_neighbours_and_leads_to_them(shipped: Any) -> None:
    source = shipped.fetch("/id/meyer.html").body.decode()
    network = source.partition('<svg class="ego"')[2].partition("</svg>")[0]
    assert 'href="/id/roosevelt"' in network
    assert "Theodore Roosevelt → George" in network or "Roosevelt" in network
    assert "style=" not in network


def test_a_page_says_how_to_cite_it_and_in_which_version(shipped: Any) -> None:
    said = see(shipped, "/id/witte.html").said("data")
    assert re.search(
        r"“Sergei Witte\.” Portsmouth 1905: .* data version [0-9a-f]{12}\. https://w3id\.org", said
    )


def test_a_hostile_section_name_is_refused(shipped: Any) -> None:
    reply = shipped.fetch("/id/witte.html?all=%22%3E%3Cscript%3E", headers={"Accept": "text/html"})
    assert (reply.status, reply.type) == (400, "text/html")
    assert b"<script>" not in reply.body


def test_a_thing_with_dates_around_it_has_a_small_timeline(shipped: Any) -> None:
    source = shipped.fetch("/id/roosevelt.html").body.decode()
    picture = source.partition('<svg class="timeline minor"')[2].partition("</svg>")[0]
    assert 'href="/id/inf-roosevelt-tsar-august"' in picture
    assert "Old Style" in picture
    assert "/timeline?actor=roosevelt" in source
    assert '<svg class="timeline' not in shipped.fetch("/id/nobel-peace-prize.html").body.decode()


def test_a_thing_with_a_place_has_a_small_map_and_one_without_has_none(shipped: Any) -> None:
    source = shipped.fetch("/id/battle-of-mukden.html").body.decode()
    assert re.search(r'<svg class="map small".*?href="/id/mukden" class="spot', source, re.S)
    # Portsmouth lies beyond the theatre of the war and has a map of its own.
    assert "Portsmouth, New Hampshire</text>" in shipped.fetch("/id/portsmouth.html").body.decode()
    assert '<svg class="map' not in shipped.fetch("/id/witte.html").body.decode()


def test_land_that_was_held_is_no_office(shipped: Any) -> None:
    page = see(shipped, "/id/japan.html")
    assert "Sakhalin" in page.said("holdings")
    assert "offices" not in page.sections or "Sakhalin" not in page.said("offices")


def test_every_line_that_names_a_thing_is_a_click_away(shipped: Any) -> None:
    lines = see(shipped, "/id/roosevelt.html").links["lines"]
    assert "/passage/s1-081" in lines
    assert "/passage/s8-362" in lines
    assert all(link.startswith("/passage/s") for link in lines)
