"""The query page as people use it: writing, errors, answers and their pictures, and without scripts."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from browser.accessibility import found_by_axe
from browser.conftest import SCHEMES, overflow, until
from playwright.sync_api import Error

PROLOGUE = "PREFIX pt: <https://w3id.org/portsmouth1905/ns#>\n"
TREATIES = PROLOGUE + "SELECT ?t WHERE { ?t a pt:Treaty } ORDER BY ?t"


def address(query: str, **more: str) -> str:
    return (
        "/sparql?query=" + quote(query) + "".join(f"&{name}={quote(value)}" for name, value in more.items())
    )


def writing(visit: Any, text: str = "", **options: Any) -> Any:
    """The page with the editor in it, its text replaced."""
    page = visit("/sparql", **options)
    page.locator("#query").focus()
    box = page.get_by_role("textbox", name="SPARQL query")
    page.locator(".cm-content").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    if text:
        # As pasted: the editor would close brackets while one types.
        page.keyboard.insert_text(text)
        assert page.locator("#query").input_value() == text
    assert box.is_visible()
    return page


def answered(page: Any) -> Any:
    page.locator(".answered").wait_for()
    return page.locator(".answered")


def named(visit: Any, name: str, **options: Any) -> Any:
    page = visit(f"/queries/{name}/edit", **options)
    answered(page)
    return page


def test_a_query_is_written_with_names_from_the_graph_and_run(visit: Any) -> None:
    page = writing(visit)
    page.keyboard.type("SELECT ?t WHERE { ?t a treat", delay=20)
    listed = page.locator(".cm-tooltip-autocomplete li", has_text="pt:Treaty")
    listed.first.wait_for()
    assert "Treaty" in listed.first.locator(".cm-completionDetail").inner_text()
    # The list follows what is typed; on a busy machine a moment later.
    chosen = page.locator(".cm-tooltip-autocomplete li[aria-selected] .cm-completionLabel")
    chosen.filter(has_text=re.compile("^pt:Treaty$")).wait_for()
    page.locator(".cm-completionInfo").wait_for()
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    text = page.locator("#query").input_value()
    assert text == "PREFIX pt: <https://w3id.org/portsmouth1905/ns#>\nSELECT ?t WHERE { ?t a pt:Treaty}"
    page.keyboard.press("Control+Enter")
    shown = answered(page)
    assert shown.locator("tbody tr").count() >= 3
    assert (
        shown.locator("tbody a", has_text="Treaty of Portsmouth")
        .get_attribute("href")
        .startswith("/id/treaty")
    )
    assert re.fullmatch(r"\d+ rows in \d+(\.\d)? m?s", page.locator(".status").inner_text())
    assert parse_qs(urlsplit(page.url).query)["query"] == [text]


def test_what_a_name_means_is_told_where_it_stands(visit: Any) -> None:
    page = writing(visit, TREATIES)
    place = page.evaluate(
        """() => {
          const lines = document.querySelector(".editor").shadowRoot.querySelectorAll(".cm-line");
          const walker = document.createTreeWalker(lines[1], NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("Treaty");
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + 3);
            const box = range.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
          }
        }"""
    )
    page.mouse.move(place[0], place[1], steps=3)
    told = page.locator(".cm-tooltip-hover .explained")
    told.wait_for()
    assert told.locator("b").inner_text() == "Treaty"
    assert "pt:Treaty" in told.inner_text()


def test_an_error_is_marked_where_the_parser_stopped(visit: Any) -> None:
    page = writing(visit, PROLOGUE + "SELECT ?t WHERE {\n  ?t a px:Treaty\n}")
    mark = page.locator(".cm-lintRange-error")
    mark.wait_for()
    assert mark.inner_text() == "px:Treaty"
    assert page.locator(".cm-lint-marker-error").count() == 1
    said = page.locator(".faults").inner_text()
    assert said.startswith("Line 3, column 8: Found")
    page.keyboard.press("Control+Enter")
    problem = page.get_by_role("alert")
    assert problem.locator("h2").inner_text() == "The query is not SPARQL"
    problem.get_by_role("button", name="Go to line 3, column 8").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    page.keyboard.insert_text("t")
    page.locator(".cm-lintRange-error").wait_for(state="detached")
    page.locator(".faults").wait_for(state="hidden")
    page.keyboard.press("Control+Enter")
    answered(page)
    assert page.locator("#problem").count() == 0


def test_a_row_tells_the_passages_that_support_it(visit: Any) -> None:
    page = named(visit, "battles")
    button = page.locator("button.why").first
    button.click()
    receipt = page.locator(".receipt")
    receipt.wait_for()
    first = receipt.locator(".passages > li").first
    assert first.locator("a").first.get_attribute("href").startswith("/passage/s")
    assert re.search(r"Part \d.*, line \d+", first.inner_text())
    assert first.locator("p").inner_text()
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    receipt.wait_for(state="detached")


def test_every_picture_comes_with_its_table(visit: Any) -> None:
    for name, mark in (
        ("losses", ".chart .plotted-bar rect"),
        ("map-of-places", ".map circle"),
        ("dates-as-printed", ".times rect"),
        ("influence", ".joined circle"),
        ("article-as-graph", ".joined circle"),
    ):
        page = named(visit, name)
        until(page, lambda page=page, mark=mark: page.locator(mark).count() > 5)
        assert page.locator(".rows tbody tr").count() > 5, name
        assert page.get_by_role("button", name="Picture as SVG").count() >= 1
        if name == "losses":
            # Figures of several texts are not added up, and each unit has a scale of its own.
            assert page.locator(mark).count() == page.locator(".rows tbody tr").count()
            assert page.locator(".chart svg").count() == 3
        page.context.close()


def test_a_link_restores_the_whole_view(visit: Any) -> None:
    page = visit(address("SELECT ?s ?o { ?s a ?o } ORDER BY ?s ?o LIMIT 120"))
    answered(page)
    page.locator("[name=parts]").select_option("s3")
    page.wait_for_url("**parts=s3**")
    page.locator("th", has_text="o").locator(".sort").last.click()
    page.locator("th[aria-sort=ascending]").wait_for()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**page=2**")
    again = visit("/sparql?" + urlsplit(page.url).query)
    answered(again)
    assert again.locator("[name=parts]").input_value() == "s3"
    assert again.locator("th[aria-sort=ascending]").inner_text().startswith("o")
    first = again.locator(".rows tbody tr").first.inner_text()
    # The address comes before the answer.
    until(page, lambda: page.locator(".rows tbody tr").first.inner_text() == first)
    page.go_back()
    page.wait_for_url(lambda url: "parts=s3" not in url)
    page.locator("th[aria-sort]").wait_for(state="detached")
    assert page.locator("[name=parts]").input_value() == ""


def test_who_goes_back_to_the_beginning_finds_it_as_it_was(visit: Any) -> None:
    beginning = visit("/sparql").locator("#query").input_value()
    page = writing(visit, "SELECT * { ?s ?p ?o } LIMIT 3")
    page.keyboard.press("Control+Enter")
    answered(page)
    page.go_back()
    page.locator(".rows").wait_for(state="detached")
    assert page.locator("#query").input_value() == beginning != ""
    assert "rows" not in page.locator("form .status").inner_text()
    page.go_forward()
    answered(page)
    assert page.locator(".rows tbody tr").count() == 3


def test_an_answer_that_comes_after_one_went_back_is_not_shown(visit: Any) -> None:
    page, held, over = visit(address("SELECT (1 AS ?n) {}")), [], []
    answered(page)
    page.route("**/sparql?*parts=s3*", lambda route: held.append(route))
    page.on("requestfinished", lambda request: over.append(request.url))
    page.on("requestfailed", lambda request: over.append(request.url))
    page.locator("[name=parts]").select_option("s3")
    until(page, lambda: held)
    page.go_back()
    with suppress(Error):
        # Nobody may be waiting for it any more.
        held[0].continue_()
    until(page, lambda: any("parts=s3" in url for url in over))
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert page.locator("[name=parts]").input_value() == ""
    assert page.get_by_role("button", name="Cancel").is_hidden()
    assert page.evaluate("document.querySelector('.status').textContent") == ""


def test_on_paper_stand_the_question_the_names_of_columns_and_nothing_else(visit: Any) -> None:
    query = "SELECT ?thing ?kind { ?thing a ?kind } LIMIT 3"
    for scripts in (True, False):
        page = visit(address(query, parts="s3"), scripts=scripts)
        page.locator("table").first.wait_for()
        page.emulate_media(media="print")
        told = page.locator("main").inner_text()
        assert query in told and "According to: the text of the treaty alone" in told
        heads = page.locator("main th:visible").all_inner_texts()
        assert [head.strip() for head in heads] == ["thing", "kind"]
        assert "Questions to begin with" not in told and "Prefixes of this graph" not in told
        assert "Queries run before" not in told and "curl" not in told


def test_a_chart_restores_what_it_shows(visit: Any) -> None:
    page = named(visit, "losses")
    page.locator("[name=chart-mark]").select_option("dot")
    page.wait_for_url("**mark=dot**")
    again = visit("/sparql?" + urlsplit(page.url).query)
    answered(again)
    assert again.locator("[name=chart-mark]").input_value() == "dot"
    again.get_by_role("button", name="Table", exact=True).click()
    again.locator(".chart").wait_for(state="detached")
    again.go_back()
    again.locator(".chart").wait_for()


def test_a_question_of_the_gallery_opens_with_its_values_bound(visit: Any) -> None:
    page = visit("/sparql")
    page.get_by_role("searchbox", name="Filter the questions").fill("article")
    cards = page.locator("#gallery > li:visible")
    assert 1 <= cards.count() < 10
    card = page.locator("#gallery > li", has=page.locator("[href='/queries/provisions-of-article/edit']"))
    card.locator("summary").click()
    card.get_by_role("textbox").fill("11")
    card.get_by_role("button", name="Open in the editor").click()
    answered(page)
    assert '"11"^^' in page.locator("#query").input_value()


def test_queries_run_before_stay_in_the_browser_and_can_be_forgotten(visit: Any) -> None:
    page = named(visit, "battles")
    page.goto(page.url.partition("/sparql")[0] + "/sparql")
    past = page.locator(".past")
    past.locator("summary").click()
    past.get_by_role("button").first.click()
    answered(page)
    assert "pt:" in page.locator("#query").input_value()
    past.get_by_role("button", name="Forget them all").click()
    assert past.is_hidden()
    assert page.evaluate("localStorage.length") == 0


def test_code_samples_ask_this_very_question(visit: Any) -> None:
    page = visit(address('SELECT * { ?s ?p "it\'s" }', parts="s3"))
    answered(page)
    page.locator("details.code summary").click()
    code = page.locator("details.code pre")
    assert "'query=SELECT * { ?s ?p \"it'\\''s\" }'" in code.inner_text()
    for language, words in (
        ("python", "import requests"),
        ("r", "library(httr2)"),
        ("javascript", "await fetch"),
    ):
        page.locator("details.code select").select_option(language)
        until(page, lambda words=words: words in code.inner_text())
        assert "s3" in code.inner_text()


def test_a_running_query_can_be_given_up(visit: Any, shipped: Any) -> None:
    page = writing(visit, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?g) }")
    page.keyboard.press("Control+Enter")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click()
    page.get_by_text("Cancelled.").wait_for()
    assert cancel.is_hidden()
    page.get_by_role("button", name="Run").is_enabled()


def test_a_query_that_takes_too_long_says_so(visit: Any) -> None:
    visit.expect("console error: Failed to load resource: the server responded with a status of 504")
    page = visit("/sparql")
    page.route(
        "**/sparql?query=*",
        lambda route: route.fulfill(
            status=504,
            content_type="application/problem+json",
            body='{"title": "The query took too long", "detail": "found no answer after 30 seconds"}',
        ),
    )
    page.get_by_role("button", name="Run").click()
    problem = page.get_by_role("alert")
    problem.wait_for()
    assert problem.inner_text().split("\n")[0] == "The query took too long"
    assert "30 seconds" in problem.inner_text()


def test_the_page_works_by_keyboard_alone(visit: Any) -> None:
    page = visit("/sparql")
    page.locator("#query").focus()
    page.locator(".cm-content").wait_for()
    assert page.evaluate("document.activeElement.className") == "editor"
    page.keyboard.press("Tab")
    # Tab leaves the editor; it is no trap.
    assert page.evaluate("document.activeElement.id") == "parts"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"
    page.keyboard.press("Enter")
    answered(page)
    page.locator(".sort").first.focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending]").wait_for()
    until(page, lambda: "sort" in page.evaluate("document.activeElement.className"))
    page.locator("button.why").first.focus()
    page.keyboard.press("Enter")
    page.locator(".receipt").wait_for()


def test_without_scripts_the_form_asks_and_the_gallery_binds(visit: Any) -> None:
    page = visit("/sparql", scripts=False)
    page.get_by_label("SPARQL query").fill(TREATIES)
    page.get_by_role("button", name="Run").click()
    assert page.locator("#outcome tbody tr").count() >= 3
    card = page.locator("#gallery > li", has=page.locator("[href='/queries/provisions-of-article/edit']"))
    card.locator("summary").click()
    card.get_by_role("button", name="Open in the editor").click()
    assert page.locator("#outcome tbody tr").count() >= 1
    assert '"9"^^' in page.get_by_label("SPARQL query").input_value()


def test_axe_finds_nothing_severe(visit: Any) -> None:
    page = named(visit, "losses")
    page.mouse.move(5, 5)
    page.locator(".cm-content").wait_for()
    page.locator("button.why").first.click()
    page.locator(".receipt").wait_for()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert found_by_axe(page) == [], scheme


def test_nothing_is_wider_than_the_window(visit: Any) -> None:
    for width in (360, 2000):
        page = named(visit, "losses", width=width)
        page.mouse.move(5, 5)
        page.locator(".cm-content").wait_for()
        page.locator(".chart svg").first.wait_for()
        assert overflow(page) == 0, width
        page.context.close()


def test_the_page_speaks_thai(visit: Any) -> None:
    page = named(visit, "influence", locale="th")
    page.mouse.move(5, 5)
    page.locator(".cm-content").wait_for()
    assert page.locator("[data-view=network]").inner_text() == "เครือข่าย"
    assert "แถว" in page.locator(".status").inner_text()
    assert re.search("[\u0e00-\u0e7f]", page.locator(".rows tbody td a").first.inner_text())


def test_values_never_become_markup(visit: Any) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    query = f'SELECT ?a ("{hostile}" AS ?b) (5 AS ?n) {{ VALUES ?a {{ <javascript:alert(1)> }} }}'
    page = visit(address(query, view="chart"))
    shown = answered(page)
    assert hostile in shown.locator(".rows").inner_text()
    assert shown.locator("a[href^=javascript], img").count() == 0


def test_the_first_view_is_light(visit: Any) -> None:
    page = visit("about:blank")
    sizes: list[int] = []
    watching = page.context.new_cdp_session(page)
    watching.send("Network.enable")
    watching.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(visit.root + "/sparql", wait_until="networkidle")
    assert 20_000 < sum(sizes) < 150_000
