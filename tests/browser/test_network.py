"""The page of who influenced whom, as people use it: by pointer, by keyboard, and without scripts."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

from browser.accessibility import found_by_axe
from browser.conftest import SCHEMES, overflow, until
from server.conftest import RunningServer

READY = "body[data-drawn]"
ROOSEVELT = '.actor[data-id="d:roosevelt"]'


def opened(visit: Any, query: str = "", **options: Any) -> Any:
    page = visit(f"/network{query}", **options)
    page.wait_for_selector(READY)
    return page


def drawn(page: Any) -> int:
    return int(page.locator(".act:not(.out) .hit").count())


def test_an_actor_then_an_act_then_the_passages_that_tell_of_it(visit: Any) -> None:
    page = opened(visit)
    assert drawn(page) == page.locator(".twin tr[data-act]:visible").count() > 50
    page.locator(ROOSEVELT).click()
    panel = page.locator(".chosen")
    assert panel.locator("h2").inner_text() == "Theodore Roosevelt"
    assert "actor=d%3Aroosevelt" in page.url
    lists = panel.locator("ul.acts")
    assert [lists.nth(0).locator("li").count() > 5, lists.nth(1).locator("li").count() > 0] == [True, True]
    lists.nth(0).locator("button", has_text="Meyer").first.click()
    quotes = panel.locator("blockquote")
    assert quotes.count() >= 1
    assert re.fullmatch(r"Part \d, line \d+", quotes.first.locator("cite").inner_text())
    assert "act=d%3Ainf-" in page.url
    passage = quotes.first.locator("cite a").get_attribute("href")
    assert passage.startswith("/passage/s")
    page.go_back()
    until(page, lambda: panel.locator("h2").inner_text() == "Theodore Roosevelt")
    page.go_back()
    panel.locator("h2").wait_for(state="detached")


def numbers(page: Any) -> dict[str, str]:
    """What the head of the page counts."""
    chips = page.locator(".chip").evaluate_all(
        "all => all.map(one => [one.querySelector('input').value, one.querySelector('.number').textContent])"
    )
    count = page.locator(".count").inner_text().split(". ")[0].strip(".\n ")
    return {"count": count, "sides": " ".join(page.locator(".sides").inner_text().split()), **dict(chips)}


def test_the_numbers_follow_what_is_drawn(visit: Any) -> None:
    page = opened(visit)
    every = numbers(page)
    page.locator("[name=parts]").select_option("s1")
    page.wait_for_function(
        "old => !document.querySelector('.count').textContent.includes(old)", arg=every["count"]
    )
    asked_anew = numbers(opened(visit, "?parts=s1"))
    assert {name: number for name, number in numbers(page).items() if number != "0"} == asked_anew != every
    page.locator(".chip", has_text="money").click()
    page.wait_for_url("**manner=money**")
    shown = f"Acts shown: {asked_anew['money']}."
    assert page.locator(".count").inner_text().endswith(shown)
    assert "manner=money" in page.locator(".take a", has_text="GEXF").get_attribute("href")
    assert (
        visit("/network?parts=s1&manner=money", scripts=False).locator(".count").inner_text().endswith(shown)
    )
    page.get_by_text("Show everything").click()
    page.wait_for_function(
        "old => document.querySelector('.count').textContent.includes(old)", arg=every["count"]
    )
    assert numbers(page) == every


def test_who_goes_back_finds_the_form_as_it_was(visit: Any) -> None:
    page = opened(visit)
    finder = page.locator(".paths")
    finder.locator("[name=from]").fill("Roosevelt")
    finder.locator("[name=to]").fill("Nicholas II")
    finder.locator("button").click()
    page.locator(".chosen h2").first.wait_for()
    page.go_back()
    page.locator(".chosen h2").first.wait_for(state="detached")
    assert finder.locator("[name=from]").input_value() == ""


def test_a_network_of_nobody_is_an_empty_picture(browsing: Any, tmp_path: Path) -> None:
    server = RunningServer(tmp_path, ("portsmouth", "serve", "--no-data"))
    page = browsing(server.url)("/network")
    page.wait_for_selector(READY)
    assert (drawn(page), page.locator(".twin td").inner_text()) == (0, "No act fits.")
    server.stop()


def test_on_a_telephone_what_is_chosen_in_the_picture_is_told_in_the_window(visit: Any) -> None:
    page = opened(visit, width=390, height=844, has_touch=True)
    page.locator(".leap a").first.click()
    page.locator(ROOSEVELT).click()
    name = page.locator(".chosen h2")
    assert name.inner_text() == "Theodore Roosevelt"
    box, mark = name.bounding_box(), page.locator(f"{ROOSEVELT} .mark").bounding_box()
    assert 0 < mark["y"] < box["y"] < 844 - box["height"]


def test_the_address_restores_the_view(visit: Any) -> None:
    page = opened(visit)
    page.locator(".chip", has_text="money").click()
    page.locator(ROOSEVELT).dispatch_event("click")
    page.locator("[name=parts]").select_option("s1")
    page.wait_for_url("**parts=s1**")
    page.locator(".twin tr[data-act]").nth(60).wait_for(state="detached")
    again = opened(visit, page.url.partition("/network")[2])

    def seen(view: Any) -> tuple[int, int]:
        return drawn(view), view.locator(".twin tr[data-act]:visible").count()

    until(page, lambda: seen(page) == seen(again))
    assert 0 < seen(again)[1] <= 60
    assert again.locator(".chip :checked").get_attribute("value") == "money"
    assert again.locator("[name=parts]").input_value() == "s1"


def test_a_filter_holds_though_somebody_goes_on_before_its_network_has_come(visit: Any) -> None:
    page, held = opened(visit), []
    page.route("**/network/view?parts=s1", lambda route: route.fallback() if held else held.append(route))
    page.locator("[name=parts]").select_option("s1")
    until(page, lambda: held)
    page.locator(ROOSEVELT).dispatch_event("click")
    page.wait_for_url("**actor=d%3Aroosevelt**")
    held[0].continue_()
    narrow = opened(visit, "?parts=s1&actor=d:roosevelt")
    until(page, lambda: drawn(page) == drawn(narrow))
    table = ".twin tr[data-act]"
    until(page, lambda: page.locator(table).count() == narrow.locator(table).count())


def test_time_narrows_the_picture_and_can_be_watched(visit: Any) -> None:
    page = opened(visit)
    every = drawn(page)
    last = page.get_by_label("to month")
    last.focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: 0 < drawn(page) < every)
    page.wait_for_url("**until=1905-**")
    assert "undated" in page.locator(".time small").inner_text()
    page.get_by_label("Play").click()
    page.get_by_label("Pause").click()
    page.get_by_text("Show everything").click()
    until(page, lambda: drawn(page) == every)


def test_a_chain_that_is_possible_and_one_that_time_forbids(visit: Any) -> None:
    page = opened(visit)
    finder = page.locator(".paths")
    finder.locator("[name=from]").fill("Roosevelt")
    finder.locator("[name=to]").fill("Nicholas II")
    finder.get_by_role("button").click()
    page.locator("ol.chain").wait_for()
    assert page.locator("ol.chain blockquote").count() >= 1
    assert page.locator(".act.chosen .hit").count() >= 1
    forbidden = opened(visit, "?from=Witte&to=Roosevelt&certain=true")
    forbidden.locator(".reason").wait_for()
    assert "no date" in forbidden.locator(".reason").inner_text()
    assert forbidden.locator("ol.chain .stroke").count() >= 1
    in_thai = opened(visit, "?from=Witte&to=Roosevelt&certain=true", locale="th")
    in_thai.locator(".reason").wait_for()
    assert not re.search("[A-Za-z]{4}", in_thai.locator(".reason").inner_text())
    page.locator(".paths [name=to]").fill("Nobody at all")
    visit.expect("404")
    finder.get_by_role("button").click()
    page.locator(".chosen [role=alert]").wait_for()


def test_the_keyboard_alone(visit: Any) -> None:
    page = opened(visit)
    page.locator(".actor[tabindex='0']").focus()
    seen = set()
    for key in ("ArrowRight",) * 3 + ("ArrowDown",) * 4 + ("ArrowLeft",) * 3:
        page.keyboard.press(key)
        seen.add(page.evaluate("document.activeElement.dataset.id"))
    assert len(seen) > 3
    page.keyboard.press("Enter")
    name = page.locator(".chosen h2").inner_text()
    assert name
    page.keyboard.press("Shift+Tab")
    assert "act" in page.evaluate("document.activeElement.getAttribute('class')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".chosen blockquote").first.wait_for()
    page.keyboard.press("Escape")
    until(page, lambda: page.locator(".chosen h2").first.inner_text() == name)
    page.keyboard.press("Escape")
    page.locator(".chosen h2").wait_for(state="detached")


def test_without_scripts_the_table_tells_all_and_the_filters_work(visit: Any) -> None:
    page = visit("/network", scripts=False)
    every = page.locator(".twin tr[data-act]").count()
    assert every > 50
    assert page.locator(".twin .passage").count() >= every
    page.locator("[name=manner][value=money]").check()
    page.locator(".apply").click()
    page.wait_for_url("**manner=money**")
    assert 0 < page.locator(".twin tr[data-act]").count() < every
    dated = visit("/network?since=1905-08-01&until=1905-08-31", scripts=False)
    assert 0 < dated.locator(".twin tr[data-act]").count() < every


def test_nothing_keeps_anybody_out(visit: Any) -> None:
    page = opened(visit, "?actor=d:roosevelt", reduced_motion="reduce")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert found_by_axe(page) == [], scheme
    page.locator("ul.acts button").first.click()
    assert found_by_axe(page) == []
    page.goto(visit.root + "/network?from=Roosevelt&to=Nicholas+II")
    page.locator("ol.chain").wait_for()
    assert found_by_axe(page) == []


def test_it_fits_windows_of_any_width_and_puts_the_list_first_on_a_telephone(visit: Any) -> None:
    page = opened(visit, "?actor=d:witte")
    for width in (360, 599, 1023, 2000):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, width
        order = page.evaluate(
            "['.twin', '.picture'].map(name => document.querySelector(name).getBoundingClientRect().top)"
        )
        assert (order[0] < order[1]) is (width < 600), width


def test_the_picture_is_taken_away_as_it_is_seen(visit: Any) -> None:
    page = opened(visit, "?actor=d:roosevelt")
    with page.expect_download() as taken:
        page.get_by_text("Picture as SVG").click()
    text = taken.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "Theodore Roosevelt" in text
    assert "class=" not in text
    with page.expect_download() as taken:
        page.get_by_text("Picture as PNG").click()
    assert taken.value.path().read_bytes().startswith(b"\x89PNG")


def test_exports_have_the_filters_of_the_view(visit: Any) -> None:
    page = opened(visit, "?part=s1&effects=true")
    links = page.locator(".take a")
    assert links.count() >= 5
    for at in range(links.count()):
        assert "part=s1&effects=true" in links.nth(at).get_attribute("href")


def test_in_thai(visit: Any) -> None:
    page = opened(visit, "?actor=d:roosevelt", locale="th")
    assert re.search("[\u0e00-\u0e7f]", page.locator(".chosen h2").inner_text())
    assert not re.search("[A-Za-z]{4}", page.locator(".heading").inner_text())


def test_an_actor_is_put_elsewhere_with_its_lines_and_whom_only_it_met(visit: Any) -> None:
    page = opened(visit)
    mark = page.locator(f"{ROOSEVELT} .mark")
    before = page.locator(".actor").evaluate_all("all => all.map(one => one.getAttribute('transform'))")
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y + 50, steps=4)
    page.mouse.up()
    there = mark.bounding_box()
    assert abs(there["x"] - box["x"] - 70) < 3 and abs(there["y"] - box["y"] - 50) < 3
    after = page.locator(".actor").evaluate_all("all => all.map(one => one.getAttribute('transform'))")
    moved = sum(one != other for one, other in zip(before, after, strict=True))
    assert 1 <= moved < len(after) / 2
    # It was dragged, not chosen; and can be chosen still.
    assert "actor=" not in page.url
    # Whatever the picture has put off by a moment.
    page.evaluate("new Promise(done => setTimeout(done))")
    page.mouse.click(there["x"] + there["width"] / 2, there["y"] + there["height"] / 2)
    page.wait_for_url("**actor=d%3Aroosevelt**")


def test_a_chain_says_that_dates_allow_it_and_whether_a_text_joins_its_acts(visit: Any) -> None:
    page = opened(visit, "?from=Roosevelt&to=Nicholas+II")
    page.locator("ol.chain").wait_for()
    said = page.locator(".chosen > .hint").inner_text()
    assert said.startswith(
        "Dates allow this chain." if page.locator("ol.chain li").count() > 1 else "One act"
    )


NAMES = """all => all.filter(one => getComputedStyle(one.parentElement).display !== 'none').map(one => {
  const box = one.getBoundingClientRect()
  return [box.left, box.top + 3, box.right, box.bottom - 3, one.parentElement.dataset.id]
})"""

#: How many of the actors within the picture have their names written, of one.
SHARE = """() => {
  const frame = document.querySelector('.picture').getBoundingClientRect()
  const seen = [...document.querySelectorAll('.actor')].filter(one => {
    const {left, right, top, bottom} = one.querySelector('.mark').getBoundingClientRect()
    return left > frame.left && right < frame.right && top > frame.top && bottom < frame.bottom
  })
  const named = new Set([...document.querySelectorAll('.title:not(.unnamed)')].map(one => one.dataset.id))
  return seen.filter(one => named.has(one.dataset.id)).length / seen.length
}"""


def test_no_name_in_the_picture_lies_on_another_and_nearer_more_are_written(visit: Any) -> None:
    page = opened(visit, width=1100, reduced_motion="reduce")
    names = page.eval_on_selector_all(".title text", NAMES)
    assert 15 < len(names) <= page.locator(".actor").count()
    for one, other in combinations(names, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    small = visit("/network", width=700, height=600, reduced_motion="reduce")
    small.wait_for_selector(READY)
    few = small.evaluate(SHARE)
    for _ in range(3):
        small.get_by_label("Zoom in").click()
    assert few < small.evaluate(SHARE)
    hidden = small.locator(".title.unnamed").first.get_attribute("data-id")
    small.goto(f"{visit.root}/network?actor={hidden}")
    small.wait_for_selector(READY)
    written = {name[4] for name in small.eval_on_selector_all(".title text", NAMES)}
    near = small.locator(".actor.near, .actor.chosen").evaluate_all("all => all.map(one => one.dataset.id)")
    assert {hidden, *near} <= written
