"""``/network`` over HTTP: the page, its filters, the data of its picture, and great networks."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import networkx as nx

from portsmouth.networks import Selection
from portsmouth.networks.annotations import Annotations
from portsmouth_server.kept_networks import Kept
from portsmouth_server.manners import manner
from portsmouth_server.network_page import FIRST_DRAWN, MOST_ACTS, MOST_DRAWN, View
from portsmouth_server.urls import Urls

BROWSER = {"Accept": "text/html"}
D = "https://w3id.org/portsmouth1905/id/"


def rows(page: bytes) -> int:
    return len(re.findall(rb"<tr data-act=", page))


def star(actors: int) -> Kept:
    """A network in which everybody acts on one, and the first few on each other, too."""
    network = nx.MultiDiGraph(kind="influence", snapshot="s", undated=0, left_out={}, rolled_up={})
    for number in range(actors):
        network.add_node(f"{D}a{number}", label=f"A{number}", kind="Person", side="")
    pairs = [(number, 0) for number in range(1, actors)]
    pairs += [(one, other) for one in range(1, 40) for other in range(1, 40) if one != other]
    for one, other in pairs:
        network.add_edge(
            f"{D}a{one}", f"{D}a{other}", f"{D}e{one}-{other}#direct",
            event=f"{D}e{one}-{other}", leg="direct", modes=(), outcomes=(), stances=(),
            earliest=date(1905, 1, 1), latest=date(1905, 1, 2), passages=(), disputed=False, reported=False,
            spans=(),
        )  # fmt: skip
    told = Annotations({}, {}, {}, {}, {}, {})
    return Kept(network, told, None)  # type: ignore[arg-type]  # no chain is asked


def test_a_great_network_begins_with_those_who_act_most_and_grows_by_whom_one_met() -> None:
    kept = star(MOST_DRAWN * 2)
    view = View(kept, Selection(), Urls())
    drawn = view.drawn()
    assert drawn["partial"]
    assert 1 < len(drawn["actors"]) <= FIRST_DRAWN
    assert len(drawn["acts"]) == MOST_ACTS
    assert drawn["counts"]["nodes"] == MOST_DRAWN * 2
    around = view.around("d:a499")
    assert {actor["id"] for actor in around["actors"]} == {"d:a0", "d:a499"}


def test_what_is_taken_away_holds_what_is_shown(shipped: Any) -> None:
    page = shipped.fetch("/network?parts=s1&manner=money&manner=orders", headers=BROWSER).body.decode()
    (address,) = re.findall(r'href="(/network.json[^"]*)"', page)
    told = json.loads(shipped.fetch(address.replace("&amp;", "&")).body)
    assert 0 < len(told["edges"]) == rows(page.encode())
    assert {manner(edge["modes"]) for edge in told["edges"]} == {"money", "orders"}
    assert {node["iri"] for node in told["nodes"]} == {
        edge[end] for edge in told["edges"] for end in ("source", "target")
    }
    assert told["meta"]["filter"]["manners"] == ["money", "orders"]
    gexf = shipped.fetch(address.replace("&amp;", "&").replace(".json", ".gexf")).body
    assert (gexf.count(b"<edge "), b"manners" in gexf) == (len(told["edges"]), True)
    whole = json.loads(shipped.fetch("/network.json?parts=s1").body)
    assert len(whole["edges"]) > len(told["edges"]) and "manners" not in whole["meta"]["filter"]
    assert shipped.fetch("/network.csv?manner=magic").status == 400


def test_a_small_network_is_drawn_whole(shipped: Any) -> None:
    told = json.loads(shipped.fetch("/network/view").body)
    assert not told["partial"]
    assert len(told["actors"]) == told["counts"]["nodes"]
    ends = {act[end] for act in told["acts"] for end in ("source", "target")}
    assert ends == {actor["id"] for actor in told["actors"]}
    named = {passage for act in told["acts"] for passage in act["passages"]}
    assert named == set(told["passages"])
    assert all(passage["gloss"] for passage in told["passages"].values())


def test_the_page_lists_every_act_that_its_data_hold(shipped: Any) -> None:
    told = json.loads(shipped.fetch("/network/view").body)
    assert rows(shipped.fetch("/network", headers=BROWSER).body) == len(told["acts"])


def test_what_a_form_leaves_empty_is_not_asked(shipped: Any) -> None:
    whole = rows(shipped.fetch("/network", headers=BROWSER).body)
    empty = shipped.fetch("/network?part=&effects=&roll-up=&since=&until=", headers=BROWSER)
    assert (empty.status, rows(empty.body)) == (200, whole)
    some = shipped.fetch("/network?part=s1&manner=money", headers=BROWSER)
    assert 0 < rows(some.body) < whole
    assert b'name="part" value="s1">' in some.body


def test_time_leaves_out_what_cannot_lie_in_it(shipped: Any) -> None:
    told = json.loads(shipped.fetch("/network/view").body)["acts"]
    august = [
        act
        for act in told
        if (act["earliest"] or act["latest"])
        and (act["earliest"] or "") <= "1905-08-31"
        and (act["latest"] or "9") >= "1905-08-01"
    ]
    page = shipped.fetch("/network?since=1905-08-01&until=1905-08-31", headers=BROWSER)
    assert rows(page.body) == len(august) > 0


def test_what_is_wrong_is_told(shipped: Any) -> None:
    for address, status in (
        ("/network/view?part=s99", 400),
        ("/network?manner=magic", 400),
        ("/network?since=yesterday", 400),
        ("/network?nonsense=1", 400),
        ("/network/view?actor=d:nobody", 404),
    ):
        assert shipped.fetch(address, headers={"Accept": "application/json"}).problem["status"] == status


def test_programs_are_led_to_the_data(shipped: Any) -> None:
    reply = shipped.fetch("/network?part=s1&actor=d:witte", headers={"Accept": "application/json"})
    assert (reply.status, reply.headers["location"]) == (303, "/network.json?part=s1")


def test_the_form_of_a_line_follows_the_mode() -> None:
    assert [manner([mode]) for mode in ("funded", "mediated", "appointed", "warned", "persuaded")] == [
        "money", "mediation", "orders", "force", "words",
    ]  # fmt: skip


def test_names_are_in_the_readers_language(shipped: Any) -> None:
    thai = json.loads(shipped.fetch("/network/view?lang=th").body)
    assert all(re.search("[\u0e00-\u0e7f]", actor["name"]) for actor in thai["actors"])


def test_hostile_names_stay_text(server: Any) -> None:
    # The data of the picture stand in the page as JSON: nothing in them may end the element that holds them.
    page = server.fetch("/network", headers=BROWSER).body.decode()
    assert page.count("<script") == page.count("</script>")
