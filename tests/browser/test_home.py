"""The first page and what stands on every page: search, language, colours."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from browser.accessibility import found_by_axe
from browser.conftest import SCHEMES, WIDTHS, overflow, until
from playwright.sync_api import Error

#: A page of every kind that has no test of its own.
PAGES = (
    "/", "/queries", "/queries/demands", "/sparql", "/search?q=Komura", "/id/witte", "/passage/s3-173", "/ns",
    "/nothing",
)  # fmt: skip
MOST_BYTES = 150_000
#: A page of every kind, those of things with the heaviest.
WEIGHED = (
    "/", "/network", "/id/japan", "/id/witte", "/passage/s3-173", "/treaty", "/map", "/timeline",
    "/conflicts", "/sources", "/queries", "/sparql", "/ns",
)  # fmt: skip


def test_five_questions_open_their_answers_with_the_lines_that_carry_them(visit: Any) -> None:
    page = visit("/")
    questions = page.locator(".asked details")
    assert questions.count() == 5
    for at in range(5):
        questions.nth(at).locator("summary").click()
        quotes = questions.nth(at).locator("blockquote")
        assert quotes.count() >= 1
        assert quotes.first.is_visible()
        assert quotes.first.locator("p").inner_text()
        assert quotes.first.locator("a").get_attribute("href").startswith("/passage/s")
    questions.nth(0).locator("summary").click()
    signatories = questions.nth(0).locator(".says").all_inner_texts()
    assert sorted(signatories) == ["Komura Jutarō", "Roman Rosen", "Sergei Witte", "Takahira Kogorō"]


def test_the_small_network_leads_to_the_great_one(visit: Any) -> None:
    page = visit("/")
    picture = page.locator(".glance img")
    until(page, lambda: picture.evaluate("image => image.complete && image.naturalWidth > 100"))
    picture.click()
    page.wait_for_url("**/network")


@pytest.mark.parametrize(
    ("typed", "found"), [("komur", "Komura Jutarō"), ("วิตเต", "Sergei Witte"), ("Портсм", "Portsmouth")]
)
def test_names_are_suggested_in_any_script_and_chosen_by_keyboard(visit: Any, typed: str, found: str) -> None:
    page = visit("/queries")
    field = page.locator(".bar input[type=search]")
    # At once: what is typed letter by letter is asked for whenever one pauses, and the list changes again.
    field.fill(typed)
    options = page.locator(".bar [role=option]")
    options.first.wait_for()
    assert found in options.first.inner_text()
    assert field.get_attribute("aria-expanded") == "true"
    field.press("ArrowDown")
    assert options.first.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Escape")
    assert not options.first.is_visible()
    field.press("ArrowDown")
    options.first.wait_for()
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url(re.compile(r"/id/"))


def test_suggestions_that_come_late_open_no_list_that_was_closed(visit: Any) -> None:
    page = visit("/queries")
    field, held, over = page.locator(".bar input[type=search]"), [], []
    page.route("**q=komura*", lambda route: held.append(route))
    page.on("requestfinished", lambda request: over.append(request.url))
    page.on("requestfailed", lambda request: over.append(request.url))
    field.fill("komur")
    page.locator(".bar [role=option]").first.wait_for()
    field.press("a")
    until(page, lambda: held)
    field.press("Escape")
    # Nobody may be waiting for it any more.
    with suppress(Error):
        held[0].continue_()
    until(page, lambda: any("komura" in url for url in over))
    # What the page does with what has come, it has done after a moment of its own.
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert page.locator(".bar [role=listbox]").is_hidden()


def test_enter_without_a_choice_searches(visit: Any) -> None:
    page = visit("/")
    page.locator(".bar input[type=search]").fill("Roosevelt")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=Roosevelt")


def test_the_language_stays_from_page_to_page(visit: Any) -> None:
    page = visit("/queries/provisions-of-article?number=9", locale="en-GB")
    page.locator(".bar .language").click()
    assert page.locator("html").get_attribute("lang") == "th"
    assert "number=9" in page.url
    page.locator(".bar .name").click()
    assert page.locator("html").get_attribute("lang") == "th"
    assert re.search("[\u0e00-\u0e7f]", page.locator(".asked summary").first.inner_text())
    page.locator(".bar input[type=search]").press_sequentially("komur")
    page.locator(".bar [role=option] small").first.wait_for()
    assert re.search("[\u0e00-\u0e7f]", page.locator(".bar [role=option] small").first.inner_text())


@pytest.mark.parametrize("scripts", [True, False])
def test_colours_are_chosen_at_once_and_for_later(visit: Any, scripts: bool) -> None:
    page = visit("/queries", scripts=scripts)
    page.locator("footer [data-choice=dark]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto(page.url.partition("/queries")[0] + "/sparql")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator("footer [data-choice=system]").click()
    assert page.locator("html").get_attribute("data-theme") is None


@pytest.mark.parametrize("path", PAGES)
def test_nothing_keeps_anybody_out_and_every_window_is_wide_enough(visit: Any, path: str) -> None:
    page = visit(path)
    assert page.locator("h1").count() == 1
    for detail in page.locator(".asked summary").all()[:1]:
        detail.click()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert found_by_axe(page) == [], scheme
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, width


@pytest.mark.parametrize("locale", ["en", "th"])
def test_the_first_view_of_every_page_is_light(visit: Any, locale: str) -> None:
    page = visit("about:blank", locale=locale)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    for path in WEIGHED:
        session.send("Network.clearBrowserCache")
        received.clear()
        page.goto(visit.root + path)
        # Fonts come last, when what needs them is laid out.
        page.evaluate("document.fonts.ready.then(() => null)")
        page.wait_for_timeout(50)
        assert 40_000 < sum(received) < MOST_BYTES, path


def test_without_scripts_the_search_and_the_questions_work(visit: Any) -> None:
    page = visit("/", scripts=False)
    page.locator(".asked summary").first.click()
    assert page.locator(".asked blockquote").first.is_visible()
    page.locator(".opening input").fill("Witte")
    page.locator(".opening button").click()
    assert "Sergei Witte" in page.locator(".hits").inner_text()
