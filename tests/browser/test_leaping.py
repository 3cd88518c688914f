"""On a telephone, where the list comes first, the way to the picture and back."""

from __future__ import annotations

from typing import Any

import pytest
from browser.conftest import until


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/network", "See the network"),
        ("/map", "See the map"),
        ("/timeline", "See the timeline"),
        ("/map?lang=th", "ดูแผนที่"),
    ],
)
def test_a_telephone_finds_the_picture_and_the_way_back(visit: Any, path: str, words: str) -> None:
    page = visit(path, width=360, scripts=False)
    there = page.locator(".leap a").first
    assert words in there.inner_text()
    assert there.bounding_box()["y"] < 700
    there.click()
    figure = page.locator("figure.picture, figure.chart").first
    until(page, lambda: -1 <= figure.bounding_box()["y"] < 500)
    page.locator(".leap.back a").click()
    until(page, lambda: 0 <= there.bounding_box()["y"] < 700)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator(".leap:visible").count() == 0
