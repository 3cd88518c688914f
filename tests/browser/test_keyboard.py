"""The pages under the keys of somebody without a mouse."""

from __future__ import annotations

from typing import Any

import pytest

PAGES = ("/", "/id/nicholas-ii", "/treaty", "/conflicts", "/sources", "/timeline", "/map")
#: Where the focus is, whether it can be seen, and where in the page's own order it stands.
FOCUSED = """() => {
  const on = document.activeElement, style = getComputedStyle(on), box = on.getBoundingClientRect();
  const every = (node) => [node, ...node.querySelectorAll("*")].map((one) => getComputedStyle(one));
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  // In pictures what is focused shows it by its mark or by a line under its name.
  const drawn = !!on.closest("svg") && every(on).some((one) => one.textDecorationLine === "underline"
    || parseFloat(one.strokeWidth) >= 4 && one.stroke !== "none");
  return {
    what: on.outerHTML.slice(0, 160), body: on === document.body, place: [...document.all].indexOf(on),
    seen: on.matches(":focus-visible") && (outlined || drawn) && box.width > 0 && box.height > 0,
    within: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    tag: on.tagName, href: on.getAttribute("href"),
  };
}"""


@pytest.mark.parametrize("address", PAGES)
def test_every_page_can_be_walked_through_with_the_keyboard(visit: Any, address: str) -> None:
    page = visit(address, reduced_motion="reduce")
    page.keyboard.press("Tab")
    first = page.evaluate(FOCUSED)
    assert first["href"] == "#main"
    assert first["seen"] and first["within"]
    page.keyboard.press("Enter")
    places = []
    for _ in range(40):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["body"]:
            break
        assert now["seen"], f"the focus cannot be seen: {now['what']}"
        assert now["within"], f"the focus is out of sight: {now['what']}"
        assert page.evaluate("!document.activeElement.closest('header.bar')"), "nothing was skipped"
        places.append(now["place"])
    assert len(places) > 3
    assert places == sorted(places)


def test_who_says_so_opens_with_the_keyboard(visit: Any) -> None:
    page = visit("/treaty")
    page.locator("#whole ~ dl a").first.focus()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('details.evidence > summary')"):
            break
    assert page.evaluate("document.activeElement.matches('details.evidence > summary')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('details[open] a.cite')")
