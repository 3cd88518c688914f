"""Pictures of networks as a browser sets them, with the fonts that it has."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from portsmouth.networks.picture import LANGUAGES

BOXES = """all => all.map(text => {
  const box = text.getBoundingClientRect()
  return [box.left, box.top, box.right, box.bottom, text.textContent]
})"""
PICTURE = """() => {
  const box = document.documentElement.getBoundingClientRect()
  return [box.right, box.bottom]
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_names_touch_and_all_stand_on_the_picture(visit: Any, language: str) -> None:
    page = visit(f"/network.svg?language={language}&colours=light", width=2400, height=1800)
    boxes = page.eval_on_selector_all("text:not([aria-hidden])", BOXES)
    right, bottom = page.evaluate(PICTURE)
    assert len(boxes) > 40
    for box in boxes:
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= right and box[3] <= bottom, box
    for one, other in combinations(boxes, 2):
        # Boxes of letters reach a little above and below what is printed.
        above = one[3] - 3 <= other[1] or other[3] - 3 <= one[1]
        assert above or one[2] <= other[0] or other[2] <= one[0], (one, other)


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(245, 247, 248)"), ("dark", "rgb(18, 24, 31)")])
def test_a_picture_of_the_server_keeps_its_colours(visit: Any, scheme: Any, ground: str) -> None:
    page = visit("/network.svg?part=s1", scheme=scheme)
    assert page.evaluate("getComputedStyle(document.querySelector('rect')).fill") == ground
