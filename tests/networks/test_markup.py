"""GEXF and GraphML are the documents that networkx writes."""

import re
import xml.etree.ElementTree as ET
from datetime import date

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.networks.export import plain, write


def last(iri):
    return iri.rstrip("/#").rpartition("/")[2]


def by_networkx(network, form):
    flat = plain(network)
    if form == "graphml":
        for *_, key, data in flat.edges(keys=True, data=True):
            data["key"] = key
        return "\n".join(nx.generate_graphml(flat))
    told = f"Portsmouth 1905, snapshot {flat.graph['snapshot']}, selection {flat.graph['selection']}"
    flat.graph["mode"] = "dynamic"
    for number, (_, _, key, data) in enumerate(flat.edges(keys=True, data=True)):
        label = ", ".join(map(last, data["modes"].split())) or last(data["event"])
        data |= {"id": str(number), "arc": key, "label": label}
        data |= {bound: data[day] for bound, day in (("start", "earliest"), ("end", "latest")) if data[day]}
    text = "\n".join(nx.generate_gexf(flat, version="1.2draft")).replace(' name=""', "", 1)
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1)
    root = ET.fromstring(text)
    meta = root.find("{*}meta")
    meta[0].text = "Portsmouth 1905"
    ET.SubElement(meta, "{http://www.gexf.net/1.2draft}description").text = told
    return ET.tostring(root, encoding="unicode")


def same(network, form):
    ours, theirs = (
        ET.canonicalize(text, strip_text=True, rewrite_prefixes=True)
        for text in (write(network, form).decode(), by_networkx(network, form))
    )
    return ours == theirs


words = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Co", "Cn"]), max_size=6)
iris = st.text("abc/#<&>\"'é", min_size=1, max_size=3)
days = st.none() | st.dates()
arcs = st.fixed_dictionaries(
    {
        "event": iris, "leg": words, "modes": st.tuples(iris), "outcomes": st.just(()),
        "stances": st.just(()), "passages": st.tuples(iris, iris), "earliest": days, "latest": days,
        "disputed": st.booleans(), "reported": st.booleans(), "spans": st.tuples(st.tuples(iris, iris, iris)),
    }
)  # fmt: skip


@pytest.mark.parametrize("form", ["gexf", "graphml"])
@given(st.dictionaries(iris, words, max_size=3), st.lists(st.tuples(iris, iris, iris, arcs), max_size=4))
def test_a_network_is_written_as_networkx_writes_it(form, actors, told):
    network = nx.MultiDiGraph(kind="influence", snapshot="<&>")
    for actor, label in actors.items():
        network.add_node(actor, label=label, kind="Person", side="")
    for source, target, key, data in told:
        network.add_edge(source, target, key, **data)
    assert same(network, form)


@pytest.mark.parametrize("form", ["gexf", "graphml"])
def test_the_network_of_the_facts_is_written_as_networkx_writes_it(of_the_facts, form):
    assert same(of_the_facts(), form)


@pytest.mark.parametrize("form", ["gexf", "graphml"])
def test_line_breaks_in_names_stay(form):
    network = nx.MultiDiGraph()
    network.add_node("a", label="one\ntwo\tthree\rfour")
    network.add_edge("a", "a", "e#direct", earliest=date(1905, 9, 5))
    node = ET.fromstring(write(network, form)).find(".//{*}node")
    assert (node.get("label") or node[0].text) == "one\ntwo\tthree\rfour"
