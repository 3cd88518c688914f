"""What goes out comes back, with the evidence."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from datetime import date

import igraph
import networkx as nx
import pytest

from portsmouth.errors import ParameterError
from portsmouth.networks import FORMATS, read, write
from portsmouth.stance import Stance

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
    assert {edge.get("label") for edge in root.iterfind(".//g:edge", GEXF)} == {"m, n"}
    assert b"lastmodifieddate" not in write(network, "gexf")


def test_a_file_says_which_data_it_shows_and_what_was_chosen_of_them(of_the_facts):
    chosen = of_the_facts(modes=("funded",), stance=Stance(("s4",), without=True))
    selection = {"kind": "influence", "modes": ["funded"], "stance": "-s4"}
    told = ET.fromstring(write(chosen, "gexf")).findtext("g:meta/g:description", namespaces=GEXF)
    assert f"snapshot {chosen.graph['snapshot']}, selection " in told
    assert json.loads(told.partition("selection ")[2]) == selection
    for form in ("graphml", "json", "cytoscape"):
        graph = read(write(chosen, form), form).graph
        assert (graph["snapshot"], json.loads(graph["selection"])) == (chosen.graph["snapshot"], selection)


#: What GEXF 1.2 allows of the elements that are written: attributes, those that must be there, and children.
ALLOWED = {
    "gexf": ({"version", "variant"}, {"version"}, {"meta", "graph"}),
    "meta": ({"lastmodifieddate"}, set(), {"creator", "keywords", "description"}),
    "creator": (set(), set(), set()),
    "description": (set(), set(), set()),
    "graph": (
        {"defaultedgetype", "idtype", "mode", "timeformat", "start", "end"}, set(),
        {"attributes", "nodes", "edges"},
    ),
    "attributes": ({"class", "mode", "start", "end"}, {"class"}, {"attribute"}),
    "attribute": ({"id", "title", "type"}, {"id", "title", "type"}, {"default", "options"}),
    "nodes": ({"count"}, set(), {"node"}),
    "node": ({"id", "label", "start", "end", "pid"}, {"id", "label"}, {"attvalues", "spells"}),
    "edges": ({"count"}, set(), {"edge"}),
    "edge": (
        {"id", "type", "label", "source", "target", "weight", "start", "end"}, {"id", "source", "target"},
        {"attvalues", "spells"},
    ),
    "attvalues": (set(), set(), {"attvalue"}),
    "attvalue": ({"for", "value", "start", "end"}, {"for", "value"}, set()),
}  # fmt: skip


def test_gexf_keeps_to_its_schema(network):
    root = ET.fromstring(write(network, "gexf"))
    space = "{" + GEXF["g"] + "}"
    for element in root.iter():
        name = element.tag.removeprefix(space)
        attributes, needed, children = ALLOWED[name]
        here = {one for one in element.attrib if not one.startswith("{")}
        assert needed <= here <= attributes, (name, here)
        assert {child.tag.removeprefix(space) for child in element} <= children, name
    nodes = {node.get("id") for node in root.iter(space + "node")}
    for edge in root.iter(space + "edge"):
        assert {edge.get("source"), edge.get("target")} <= nodes
        if edge.get("start") and edge.get("end"):
            assert date.fromisoformat(edge.get("start")) <= date.fromisoformat(edge.get("end"))
    for kind in ("node", "edge"):
        (declared,) = root.iterfind(f".//g:attributes[@class='{kind}']", GEXF)
        types = {one.get("id"): one.get("type") for one in declared}
        assert set(types.values()) <= {"string", "boolean"}
        used = {
            value.get("for") for item in root.iter(space + kind) for value in item.iter(space + "attvalue")
        }
        assert used <= set(types)


def test_graphml_goes_through_igraph_and_back(network, tmp_path):
    there, back = tmp_path / "there.graphml", tmp_path / "back.graphml"
    there.write_bytes(write(network, "graphml"))
    graph = igraph.Graph.Read_GraphML(str(there))
    assert sorted(graph.vs["id"]) == sorted(network)
    for edge in graph.es:
        ends = graph.vs[edge.source]["id"], graph.vs[edge.target]["id"]
        arc = network.edges[(*ends, edge["key"])]
        assert (edge["event"], edge["passages"].split()) == (arc["event"], list(arc["passages"]))
    graph.write_graphml(str(back))
    again = read(back.read_bytes(), "graphml")
    assert dict(again.nodes(data=True)) == dict(network.nodes(data=True))
    assert {arc[:3]: arc[3] for arc in again.edges(keys=True, data=True)} == {
        arc[:3]: arc[3] for arc in network.edges(keys=True, data=True)
    }


@pytest.mark.parametrize("form", ["csv", "json", "cytoscape", "gexf", "graphml"])
def test_every_arc_of_the_facts_leaves_with_its_event_and_passages(of_the_facts, form):
    network = of_the_facts()
    read_back = read(write(network, form), form)
    assert read_back.number_of_edges() == network.number_of_edges()
    for *ends, data in read_back.edges(keys=True, data=True):
        arc = network.edges[tuple(ends)]
        assert data["event"] == arc["event"] and data["passages"] == arc["passages"] != ()


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
