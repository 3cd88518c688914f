"""The pages of the shipped graph as a browser meets them."""

from __future__ import annotations

from typing import Any

import pytest
from browser.conftest import SCHEMES, until


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_page_follows_the_colours_that_the_reader_prefers(visit: Any, scheme: str) -> None:
    background = visit("/", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in background.strip("rgba()").split(",")[:3])
    assert (red + green + blue > 3 * 128) == (scheme == "light")


def test_the_watch_sees_what_a_page_must_not_do(browsing: Any, shipped: Any) -> None:
    watched = browsing(shipped.url)
    page = watched("/")
    page.evaluate("() => { console.error('oh'); setTimeout(() => { throw new Error('ah') }) }")
    page.evaluate("() => { setTimeout(() => alert('uh')) }")
    page.goto("data:text/html,<img src=http://example.org/x.png>")
    for complaint in (
        "console error: oh",
        "uncaught error: ah",
        "dialog: uh",
        "another host: http://example.org/x.png",
    ):
        until(page, lambda complaint=complaint: complaint in "\n".join(watched.complaints))
    # As is what comes of a request that is not let out.
    until(page, lambda: len(watched.complaints) > 4)
    watched.complaints = []
