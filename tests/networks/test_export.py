"""What goes out comes back, with the evidence."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from datetime import date

import networkx as nx
import pytest

from portsmouth.errors import ParameterError
from portsmouth.networks import FORMATS, read, write

E, P = "https://w3id.org/portsmouth1905/id/", "https://w3id.org/portsmouth1905/passage/"
GEXF = {"g": "http://www.gexf.net/1.2draft"}


@pytest.fixture
def network():
    made = nx.MultiDiGraph(kind="influence", snapshot="abc", order={("x", "y"): "after"})
    made.add_node(E + "a", label='A "quoted" & <odd>, ก', kind="Person", side=E + "b")
    made.add_node(E + "b", label="B", kind="State", side="")
    made.add_node(E + "alone", label="Alone", kind="Group", side="")
    arc = {
        "modes": (E + "m", E + "n"), "outcomes": (), "stances": (), "passages": (P + "s1-001", P + "s2-002"),
        "spans": (("1905-08-22", "1905-09-04", P + "s1-001"), ("", "1905-09-05", P + "s2-002")),
        "disputed": True, "reported": False, "leg": "direct",
    }  # fmt: skip
    days = {"earliest": date(1905, 8, 22), "latest": date(1905, 9, 4)}
    made.add_edge(E + "a", E + "b", E + "e#direct", event=E + "e", **arc, **days)
    made.add_edge(E + "a", E + "b", E + "f#direct", event=E + "f", **arc, earliest=None, latest=None)
    made.add_edge(E + "b", E + "a", E + "e#direct", event=E + "e", **arc, **days)
    return made


@pytest.mark.parametrize("form", ["gexf", "graphml", "json", "cytoscape", "csv"])
def test_arcs_come_back_with_dates_events_and_passages(network, form):
    back = read(write(network, form), form)
    assert isinstance(back, nx.MultiDiGraph)
    assert {arc[:3]: arc[3] for arc in back.edges(keys=True, data=True)} == {
        arc[:3]: arc[3] for arc in network.edges(keys=True, data=True)
    }
    if form != "csv":
        assert dict(back.nodes(data=True)) == dict(network.nodes(data=True))


@pytest.mark.parametrize("form", ["gexf", "graphml", "json", "cytoscape", "csv"])
def test_a_single_arc_comes_back_as_a_multigraph_too(form):
    made = nx.MultiDiGraph()
    made.add_edge("a", "b", "e#direct", event="e")
    back = read(write(made, form), form)
    assert list(back.edges(keys=True)) == [("a", "b", "e#direct")]


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_network_gives_the_same_bytes(network, form):
    assert write(network, form) == write(network, form)
    assert write(nx.MultiDiGraph(), form)


def test_gexf_is_dynamic_and_leaves_undated_arcs_open(network):
    root = ET.fromstring(write(network, "gexf"))
    graph = root.find("g:graph", GEXF)
    assert graph.attrib["mode"] == "dynamic" and graph.attrib["timeformat"] == "date"
    spans = sorted(
        (edge.get("start"), edge.get("end")) for edge in root.iterfind(".//g:edge", GEXF) if edge.get("start")
    )
    assert spans == [("1905-08-22", "1905-09-04")] * 2
    ids = [edge.get("id") for edge in root.iterfind(".//g:edge", GEXF)]
    assert len(ids) == len(set(ids)) == 3
    assert b"lastmodifieddate" not in write(network, "gexf")


def test_gexf_of_undated_arcs_alone_is_still_read(network):
    network.remove_edge(E + "a", E + "b", E + "e#direct")
    network.remove_edge(E + "b", E + "a", E + "e#direct")
    assert read(write(network, "gexf"), "gexf").number_of_edges() == 1


def test_cytoscape_has_ids_and_json_is_node_link(network):
    arcs = json.loads(write(network, "cytoscape"))["elements"]["edges"]
    assert [arc["data"]["id"] for arc in arcs] == ["e0", "e1", "e2"]
    assert arcs[0]["data"]["passages"] == f"{P}s1-001 {P}s2-002"
    assert nx.node_link_graph(json.loads(write(network, "json")), edges="edges").number_of_edges() == 3


def test_csv_of_nodes_has_their_names(network):
    rows = list(csv.DictReader(io.StringIO(write(network, "nodes").decode())))
    assert {row["id"]: row["kind"] for row in rows} == {
        E + "a": "Person",
        E + "b": "State",
        E + "alone": "Group",
    }


@pytest.mark.parametrize("call", [lambda n: write(n, "xls"), lambda n: read(b"", "nodes")])
def test_a_format_that_there_is_not(network, call):
    with pytest.raises(ParameterError, match="the format"):
        call(network)
