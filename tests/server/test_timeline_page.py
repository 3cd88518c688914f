"""The timeline on the program's own facts: what is drawn, how uncertain it is, what an address restores."""

from __future__ import annotations

import re
from typing import Any

import pytest


def see(server: Any, query: str = "") -> str:
    reply = server.fetch("/timeline" + query, headers={"Accept": "text/html"})
    assert reply.status == 200, reply.body[:500]
    return str(reply.body.decode())


def mark(page: str, name: str) -> str:
    """The mark of a thing in the picture."""
    marks = page.partition('<svg class="timeline"')[2].partition("</svg>")[0].split('<g class="mark')
    return next(one for one in marks if f'href="/id/{name}"' in one)


def lanes(page: str) -> list[str]:
    picture = page.partition('<svg class="timeline"')[2].partition("</svg>")[0]
    return re.findall(r'<g class="lane[^"]*" role="group" aria-label="([^"]*)"', picture)


def test_an_exact_day_is_a_point_and_an_unmarked_day_lies_somewhere_within(shipped: Any) -> None:
    page = see(shipped, "?part=s3")
    assert 'class="day"' in mark(page, "signing-of-treaty-of-portsmouth")
    page = see(shipped, "?part=s5")
    assert 'class="between"' in mark(page, "signing-of-treaty-of-portsmouth")


def test_what_lasts_is_a_firm_bar(shipped: Any) -> None:
    assert 'class="extent"' in mark(see(shipped), "russo-japanese-war")


def test_lanes_by_text_show_what_each_text_dates(shipped: Any) -> None:
    page = see(shipped)
    names = lanes(page)
    assert [name[:6] for name in names if name.startswith("Part")] == sorted(
        name[:6] for name in names if name.startswith("Part")
    )
    assert len(names) >= 7


def test_lanes_by_actor_are_states(shipped: Any) -> None:
    assert lanes(see(shipped, "?lanes=actor"))[:3] == ["Japan", "Russia", "United States"]


def test_both_calendars_are_on_the_axis(shipped: Any) -> None:
    page = see(shipped, "?since=1905-08-20&until=1905-09-10")
    assert "New Style" in page
    assert "Old Style" in page
    # The 27th of August of the New Style is the 14th of the Old.
    new, old = (
        re.findall(rf'<text class="{kind}" x="([\d.]+)"[^>]*>(\d+ \w+)<', page) for kind in ("", "old")
    )
    assert ("27 Aug" in [words for _, words in new]) and ("14 Aug" in [words for _, words in old])
    places = {words: x for x, words in new}, {words: x for x, words in old}
    assert places[0]["27 Aug"] == places[1]["14 Aug"]


def test_a_disputed_date_leads_to_the_desk(shipped: Any) -> None:
    assert "/conflicts?at=battle-of-tsushima-when#battle-of-tsushima-when" in mark(
        see(shipped), "battle-of-tsushima"
    )


def test_the_table_says_what_the_picture_shows(shipped: Any) -> None:
    page = see(shipped)
    picture = page.partition('<svg class="timeline"')[2].partition("</svg>")[0]
    table = page.partition('<table class="dates">')[2]
    drawn = set(re.findall(r'href="(/id/[^"]+)"', picture))
    assert drawn
    assert drawn <= set(re.findall(r'href="(/id/[^"]+)"', table))
    assert "Old Style (Julian)" in table
    assert "/passage/s5-233" in table


def test_filters_leave_what_they_name(shipped: Any) -> None:
    page = see(shipped, "?kind=Battle&since=1904&until=1905")
    assert "battle-of-mukden" in page
    assert 'href="/id/interview-of-rosen-with-new-york-times"' not in page
    page = see(shipped, "?actor=meyer")
    assert 'href="/id/inf-roosevelt-tsar-august"' in page
    assert 'href="/id/battle-of-mukden"' not in page


def test_what_lies_outside_the_window_is_not_drawn_but_counted(shipped: Any) -> None:
    page = see(shipped)
    assert "/id/convention-1925" not in page
    assert re.search(r"later \(\d+\)", page)
    assert "/id/convention-1925" in see(shipped, "?since=1830&until=2015")


def test_an_empty_period_says_so(shipped: Any) -> None:
    assert "Nothing that is chosen here has a date in this period." in see(shipped, "?since=1700&until=1701")


def test_every_link_that_moves_the_view_restores_one(shipped: Any) -> None:
    page = see(shipped, "?lanes=actor&since=1905-05&until=1905-09")
    moves = re.findall(
        r'href="(/timeline\?[^"]+)"', page.partition('<nav class="zoom"')[2].partition("</nav>")[0]
    )
    assert len(moves) >= 7
    for address in moves:
        assert "lanes=actor" in address
        assert shipped.fetch(address.replace("&amp;", "&")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "?since=x", "?since=1905-13", "?since=1905-02-30", "?until=99999", "?since=1906&until=1905",
        "?lanes=no",
        "?what=1", "?since=1905&since=1904", "?kind=%22%3E%3Cscript%3E", "?since=0000", "?part=<b>",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_what_was_expected(shipped: Any, query: str) -> None:
    reply = shipped.fetch("/timeline" + query)
    assert reply.status == 400
    assert "expected" in reply.problem["detail"]


@pytest.mark.parametrize(
    "query", ["?since=0001&until=9999", "?until=9999-12-31", "?since=9999", "?until=0001&since=0001"]
)
def test_the_ends_of_the_calendar_do_no_harm(shipped: Any, query: str) -> None:
    assert shipped.fetch("/timeline" + query).status == 200
