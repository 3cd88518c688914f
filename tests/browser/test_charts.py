"""The pages of things, the treaty, the map and the timeline as a browser meets them."""

from __future__ import annotations

from typing import Any

import pytest
from browser.accessibility import found_by_axe
from browser.conftest import WIDTHS, overflow, until

PAGES = ["/id/roosevelt", "/id/battle-of-tsushima", "/passage/s3-173", "/treaty", "/timeline", "/map"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_nobody_out_and_needs_no_sideways_scrolling(visit: Any, path: str) -> None:
    page = visit(path, scheme="dark" if path in ("/map", "/treaty") else "light")
    assert found_by_axe(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, width


def test_the_evidence_of_a_fact_is_one_click_away_without_scripts(visit: Any) -> None:
    page = visit("/id/roosevelt", scripts=False)
    evidence = page.locator("#offices ~ .cards .evidence").first
    assert not evidence.locator("ul").is_visible()
    evidence.locator("summary").click()
    assert "Part" in evidence.locator(".cite").first.inner_text()
    assert evidence.locator(".gloss").first.is_visible()


def test_what_a_passage_says_is_read_wherever_it_is_cited(visit: Any) -> None:
    page = visit("/id/japan")
    address = page.evaluate(
        """() => {
          const seen = new Set();
          for (const {href} of document.querySelectorAll(".evidence a.cite")) {
            if (seen.has(href)) return new URL(href).pathname;
            seen.add(href);
          }
        }"""
    )
    cited = page.locator(f".evidence:has(a.cite[href='{address}'])")
    glosses = []
    for at in (0, 1):
        cited.nth(at).locator("summary").click()
        entry = cited.nth(at).locator("li", has=page.locator(f"a.cite[href='{address}']"))
        glosses.append(entry.locator(".gloss").inner_text())
    assert glosses[0] == glosses[1] != ""
    line = page.locator(f".lines a[href='{address}']")
    line.hover()
    until(page, lambda: line.get_attribute("title") == glosses[0])


def test_a_neighbour_in_the_small_network_is_reached_by_keyboard(visit: Any) -> None:
    page = visit("/id/meyer")
    page.locator("svg.ego a", has_text="Roosevelt").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/roosevelt.html")
    assert page.locator("h1").inner_text() == "Theodore Roosevelt"


def test_the_overview_of_the_treaty_leads_to_an_article_and_its_passages(visit: Any) -> None:
    page = visit("/treaty", scripts=False)
    page.locator(".overview a", has_text="Article IX").click()
    article = page.locator("#article-9")
    assert article.is_visible()
    clause = page.locator("#provision-9-cession-of-south-sakhalin")
    clause.locator("summary", has_text="Told").click()
    assert "Part 8" in clause.inner_text()


def test_filters_of_the_timeline_restore_themselves_from_the_address(visit: Any) -> None:
    page = visit("/timeline", scripts=False)
    page.locator("[name=lanes]").select_option("actor")
    page.locator("[name=since]").fill("1905-05")
    page.locator("[name=until]").fill("1905-09")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**lanes=actor**")
    assert page.locator("[name=lanes]").input_value() == "actor"
    assert page.locator("svg.timeline .lane").count() >= 3
    page.locator("svg.timeline .mark a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/*.html")


def test_a_mark_on_the_map_leads_to_its_thing(visit: Any) -> None:
    page = visit("/map?kind=battles", scripts=False)
    page.locator("svg.map a.spot", has_text="Mukden").locator(".dot").click()
    page.wait_for_url("**/id/battle-of-mukden.html")


@pytest.mark.parametrize("path", ["/timeline", "/map"])
def test_on_a_telephone_the_words_come_before_the_picture(visit: Any, path: str) -> None:
    page = visit(path, width=360)
    words, picture = (
        page.locator(selector).first.bounding_box()["y"] for selector in (".in-words", "figure.chart")
    )
    assert words < picture


def test_names_on_the_map_do_not_cover_one_another(visit: Any) -> None:
    page = visit("/map")
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg.map a.spot text')].map(text => text.getBoundingClientRect())"
        ".map(({left, right, top, bottom}) => [left, right, top + 3, bottom - 3])"
    )
    assert len(boxes) >= 5
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def test_names_on_the_timeline_do_not_cover_one_another(visit: Any) -> None:
    page = visit("/timeline?lang=en", width=1200)
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg.timeline .mark text')].map(text => text.getBoundingClientRect())"
        ".map(({left, right, top, bottom}) => [left, right, top + 3, bottom - 3])"
    )
    assert len(boxes) >= 30
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def test_on_paper_the_timeline_keeps_to_the_sheet(visit: Any) -> None:
    page = visit("/timeline", width=720)
    page.emulate_media(media="print")
    assert overflow(page) == 0
    assert page.locator("svg.timeline").first.bounding_box()["width"] <= 720
    assert not page.locator(".zoom").is_visible()


def test_on_paper_a_question_tells_what_it_was_asked_with(visit: Any) -> None:
    page = visit("/queries/provisions-of-article?number=9&parts=s3", scripts=False)
    page.emulate_media(media="print")
    told = page.locator("main").inner_text()
    assert "number: 9" in told and "According to: the text of the treaty alone" in told
    sizes = page.locator("main td, main td *").evaluate_all(
        "all => all.map(one => getComputedStyle(one).fontSize)"
    )
    assert set(sizes) == {"12px"}
