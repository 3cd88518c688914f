"""Pictures: the same for the same network, readable, true to the visual language."""

import asyncio
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from datetime import date
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.build import build
from portsmouth.errors import ParameterError
from portsmouth.networks import Selection, annotate, project
from portsmouth.networks.picture import LANGUAGES, THEMES, draw, png
from portsmouth.networks.picture.layout import Box, place
from portsmouth.store.embedded import EmbeddedStore

D, C, P = (f"https://w3id.org/portsmouth1905/{name}/" for name in ("id", "concept", "passage"))
SVG = {"s": "http://www.w3.org/2000/svg"}


@pytest.fixture(scope="module")
def facts_with_names():
    built = build()

    async def ask():
        async with EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot) as store:
            network = await project(store, Selection())
            return network, await annotate(store, network)

    return asyncio.run(ask())


def two(mode="funded", outcome=(), **graph):
    network = nx.MultiDiGraph(**graph)
    network.add_node(D + "japan", label="Japan", kind="State", side=D + "japan")
    network.add_node(D + "witte", label="Sergei <Witte>", kind="Person", side=D + "russia")
    days = {"earliest": date(1905, 8, 1), "latest": date(1905, 8, 3)}
    how = {"modes": (C + mode,), "outcomes": tuple(C + one for one in outcome)}
    told = {"event": D + "e", "passages": (P + "s1-001",), "disputed": True}
    network.add_edge(D + "japan", D + "witte", "k", **days, **how, **told)
    return network


def texts(svg):
    return [" ".join("".join(t.itertext()).split()) for t in ET.fromstring(svg).iterfind(".//s:text", SVG)]


def pixels(image):
    """Return the width of a PNG and the set of its colours."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colours = struct.unpack(">IIBB", image[16:26])
    assert (depth, colours) == (8, 6)
    data, at = b"", 8
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        if image[at + 4 : at + 8] == b"IDAT":
            data += image[at + 8 : at + 8 + length]
        at += length + 12
    rows = zlib.decompress(data)
    return width, len(rows) // height


def test_a_picture_facts_with_names_is_the_same_each_time_and_names_everybody(facts_with_names):
    network, told = facts_with_names
    svg = draw(network, told)
    assert svg == draw(network, told)
    shown = " ".join(texts(svg))
    for actor in network:
        assert all(word in shown for word in told.actors[actor]["en"].split())
    assert network.graph["snapshot"][:12] in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_written_in_the_language_or_in_english(facts_with_names, language):
    network, told = facts_with_names
    shown = " ".join(texts(draw(network, told, language=language)))
    for actor in network:
        name = told.actors[actor].get(language) or told.actors[actor]["en"]
        assert all(word in shown for word in name.split())


def test_marks_tell_kinds_lines_tell_manners_colours_tell_sides():
    svg = draw(two())
    root = ET.fromstring(svg)
    assert root.find(".//s:rect[@class='f-japan s-ground']", SVG) is not None
    assert root.find(".//s:circle[@class='f-russia s-ground']", SVG) is not None
    act = next(g for g in root.iterfind(".//s:g", SVG) if (g.findtext("s:title", "", SVG)).startswith("d:e"))
    assert act.findtext("s:title", "", SVG) == "d:e · 1905-08-01 – 1905-08-03 · p:s1-001 · passages disagree"
    line = act.find("s:path", SVG)
    assert line.get("stroke-dasharray") == "0.1 4.6" and line.get("class") == "s-japan"
    assert "funded, rewarded (1)" in texts(svg)
    for mode, dashes, width in (
        ("mediated", "7 4", "1.7"),
        ("instructed", None, "2.8"),
        ("advised", None, "1.3"),
    ):
        drawn = ET.fromstring(draw(two(mode))).findall(".//s:path[@fill='none']", SVG)
        assert (drawn[0].get("stroke-dasharray"), drawn[0].get("stroke-width")) == (dashes, width), mode
    assert 'opacity="0.4"' in draw(two(outcome=["refused"])) and "faint" in draw(two(outcome=["refused"]))
    assert 'opacity="0.4"' not in draw(two(outcome=["refused", "accepted"]))


def test_the_caption_says_what_was_selected():
    selection = Selection(effects=True, modes=("c:funded",), since=date(1905, 1, 1), roll_up="state")
    shown = " ".join(texts(draw(two(selection=selection, snapshot="0123456789abcdef"))))
    for told in ("only what was not refused", "mode: funded", "from 1905-01-01", "rolled up to state"):
        assert told in shown
    assert "snapshot 0123456789ab" in shown


def test_a_large_network_is_drawn_as_far_as_it_can_be_read_and_says_so():
    network = nx.MultiDiGraph(
        [(f"a{number}", "middle") for number in range(300)],
        undated=0, left_out={},
    )  # fmt: skip
    for *_, data in network.edges(data=True):
        data |= {"event": "e", "passages": (), "disputed": False}
    svg = draw(network)
    assert svg.count('class="f-ink name"') == 90
    assert "the 90 of 301 actors with most acts" in " ".join(texts(svg))


def test_themes_are_chosen_by_style_alone():
    network = two()
    light, dark, auto = (draw(network, theme=theme) for theme in ("light", "dark", "auto"))
    assert "#f5f7f8" in light and "#12181f" in dark
    assert "prefers-color-scheme:dark" in auto and "var(--portsmouth-ground," in auto
    assert len({re.sub("<style>.*</style>", "", svg) for svg in (light, dark, auto)}) == 1


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme != "auto"])
def test_a_png_is_made_of_a_picture(theme):
    svg = draw(two(), theme=theme)
    width = float(re.search(r'width="(\d+)"', svg)[1])
    assert pixels(png(svg))[0] == 2 * width


def test_nothing_to_draw_is_drawn_as_nothing():
    assert ET.fromstring(draw(nx.MultiDiGraph())).findall(".//s:circle", SVG) == []


@pytest.mark.parametrize("wrong", [{"language": "de"}, {"theme": "pink"}])
def test_a_language_or_theme_that_there_is_not_is_refused(wrong):
    with pytest.raises(ParameterError, match="one of"):
        draw(two(), **wrong)


def test_a_notebook_shows_a_network_as_a_picture(facts_with_names):
    network, _ = facts_with_names
    shown = network._repr_mimebundle_()
    assert ET.fromstring(shown["image/svg+xml"]).tag.endswith("svg")
    assert shown["text/plain"].startswith("<Network: ")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=60),
    st.lists(st.tuples(st.integers(4, 180), st.integers(6, 40)), min_size=25, max_size=25),
)
def test_no_two_actors_stand_on_each_other(pairs, sizes):
    network = nx.MultiDiGraph()
    network.add_nodes_from(
        (f"a{number}", {"side": f"s{number % 3}" if number % 4 else ""}) for number in range(25)
    )
    network.add_edges_from((f"a{one}", f"a{other}") for one, other in pairs)
    boxes = {f"a{number}": Box(8, wide, high, high) for number, (wide, high) in enumerate(sizes)}
    places = place(network, sorted(network), boxes, 10)
    for one, other in combinations(places, 2):
        (x, y), (u, v), a, b = places[one], places[other], boxes[one], boxes[other]
        beside = x + a.right <= u - b.left or u + b.right <= x - a.left
        above = y + a.down <= v - b.up or v + b.down <= y - a.up
        assert beside or above
