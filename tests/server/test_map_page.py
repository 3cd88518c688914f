"""The map on the program's own facts: what is marked, what is only drawn by hand, what is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from portsmouth_server.views.maps.coast import coast
from portsmouth_server.views.maps.drawing import MAIN, Spot, ceded_land, place_names
from portsmouth_server.views.maps.projection import Conic, Frame


def see(server: Any, query: str = "") -> str:
    reply = server.fetch("/map" + query, headers={"Accept": "text/html"})
    assert reply.status == 200, reply.body[:500]
    return str(reply.body.decode())


def pictures(page: str) -> str:
    return "".join(
        re.findall(r'<svg class="map[^"]*" viewBox="0 0 [\d.]+ [\d.]+" role="group".*?</svg>', page, re.S)
    )


def listed(page: str, key: str) -> str:
    return page.partition(f'<h3 id="{key}">')[2].partition("<h3 ")[0]


def test_battles_are_marked_at_the_place_that_most_lines_name(shipped: Any) -> None:
    marked = pictures(see(shipped, "?kind=battles"))
    assert re.search(r'class="spot battles"><title>Mukden: Battle of Mukden', marked)
    assert re.search(r'class="spot battles"><title>Tsushima Strait: Battle of Tsushima', marked)
    # Three things happened at Port Arthur: the mark leads to the place.
    assert re.search(r'href="/id/port-arthur" class="spot battles"', marked)


def test_what_changed_hands_is_told_with_its_passages_and_what_was_only_wanted_is_not(shipped: Any) -> None:
    changes = listed(see(shipped), "changes")
    assert 'href="/id/article-9"' in changes
    assert 'href="/passage/s3-173"' in changes
    assert "/id/demand-" not in re.sub(r"<details.*?</details>", "", changes, flags=re.S)


def test_posts_and_capitals_beyond_the_theatre_have_insets(shipped: Any) -> None:
    page = see(shipped, "?kind=posts")
    assert pictures(page).count("<svg") == 3
    assert "Saint Petersburg" in pictures(page)
    assert "ambassador" in listed(page, "posts").lower()


def test_the_page_says_what_is_drawn_by_hand(shipped: Any) -> None:
    page = see(shipped)
    assert "drawn by hand, schematic" in page
    assert 'href="/id/railway-changchun-port-arthur" class="drawn ceded-railway"' in page
    assert 'href="/id/parallel-50n" class="drawn parallel"' in page


def test_all_that_is_marked_is_in_the_list_too(shipped: Any) -> None:
    page = see(shipped)
    spots = re.findall(r'class="spot \w+"><title>([^:<]+): ([^;<]+)', pictures(page))
    assert len(spots) >= 6
    names = page.partition('<section class="in-words"')[2]
    for _, first in spots:
        assert first in names


def test_filters_by_part_and_time(shipped: Any) -> None:
    assert "/id/battle-of-mukden" in see(shipped, "?part=s7")
    assert "/id/battle-of-mukden" not in see(shipped, "?part=s4")
    page = see(shipped, "?since=1904&until=1904-12&kind=battles")
    assert "/id/august-assault-on-port-arthur" in page
    assert "/id/battle-of-tsushima" not in page


@pytest.mark.parametrize("query", ["?kind=no", "?part=x", "?since=1905-99", "?since=1906&until=1905", "?x=1"])
def test_what_cannot_be_read_is_refused(shipped: Any, query: str) -> None:
    reply = shipped.fetch("/map" + query)
    assert reply.status == 400
    assert "expected" in reply.problem["detail"]


def test_a_graph_without_places_has_a_map_with_nothing_on_it(server: Any) -> None:
    page = see(server)
    assert 'class="spot' not in page
    assert "Nothing that is chosen here has a place." in page


def test_without_a_bundle_there_is_no_coastline(tmp_path: Path) -> None:
    assert coast(tmp_path) == ()
    assert ceded_land(()) == []


def test_the_projection_keeps_areas() -> None:
    """A patch of a degree has the share of the sphere that it has, wherever it lies."""
    import math

    conic = Conic(33, 52, 131, 42)
    for longitude, latitude in ((115, 33), (131, 45), (148, 54)):
        step = 0.01
        corners = [(longitude + a, latitude + b) for a, b in ((0, 0), (step, 0), (step, step), (0, step))]
        points = [conic(corner) for corner in corners]
        area = (
            abs(
                sum(
                    x1 * y2 - x2 * y1
                    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True)
                )
            )
            / 2
        )
        band = math.sin(math.radians(latitude + step)) - math.sin(math.radians(latitude))
        assert area == pytest.approx(math.radians(step) * band, rel=1e-3)


def test_names_do_not_meet_one_another() -> None:
    spots = [
        Spot(f"s{n}", (119 + (n % 4) * 1.6, 36 + (n // 4) * 1.1), f"Place number {n}", "", "", "events")
        for n in range(12)
    ]
    marks = [mark for mark in place_names(MAIN, spots) if mark.anchor]
    assert len(marks) >= 6
    boxes = []
    for mark in marks:
        width = len(mark.spot.name) * 6.5
        begin = mark.label_x - {"start": 0, "middle": width / 2, "end": width}[mark.anchor]
        boxes.append((begin, mark.label_y - 12, begin + width, mark.label_y))
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_a_frame_fits_what_it_was_made_around() -> None:
    corners = [(117.0, 32.5), (147.5, 54.0)]
    frame = Frame.around(Conic(33, 52, 131, 42), corners, 1100, 800)
    assert all(frame.shows(corner) for corner in corners)
    assert not frame.shows((30.0, 60.0))


def test_an_award_is_not_land_that_changed_hands(shipped: Any) -> None:
    changes = listed(see(shipped), "changes")
    assert "award-of-nobel-peace-prize" not in changes
    assert "/id/surrender-of-port-arthur" in changes
