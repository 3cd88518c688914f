"""Networks, paths and measures over HTTP, of the facts as they are."""

import asyncio
import csv
import io
import json
from urllib.parse import urlencode

import networkx as nx
import pytest

from portsmouth import networks
from portsmouth.build import build
from portsmouth.iris import PT
from portsmouth.networks import measures
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server.app import create_app
from portsmouth_server.openapi.networks import SCHEMAS

from .asgi import fetch

D = "https://w3id.org/portsmouth1905/id/"
NETWORK = "/network.json"


@pytest.fixture(scope="module")
def get(shipped):
    def fetch(path, headers=None, **values):
        query = urlencode([(name.replace("_", "-"), value) for name, value in values.items()], doseq=True)
        return shipped.fetch(path + (f"?{query}" if query else ""), headers=headers)

    return fetch


@pytest.fixture(scope="module")
def whole(get):
    return json.loads(get(NETWORK).body)


def fits(value, schema, where="$"):
    """Check a value against the part of JSON Schema that the interface is described in."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    names = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        int: "integer",
        type(None): "null",
    }
    assert not kinds or names[type(value)] in kinds, (where, value, kinds)
    assert "enum" not in schema or value in schema["enum"], (where, value)
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value), where
        for name, one in value.items():
            properties = schema.get("properties", {})
            fits(one, properties.get(name) or schema.get("additionalProperties") or {}, f"{where}.{name}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            fits(one, schema.get("items", {}), f"{where}[{number}]")


def test_the_document_can_be_drawn_without_asking_more(whole, shipped):
    fits(whole, SCHEMAS["Network"])
    nodes = {node["iri"]: node for node in whole["nodes"]}
    assert whole["meta"]["counts"]["nodes"] == len(nodes)
    assert whole["meta"]["counts"]["edges"] == len(whole["edges"])
    for edge in whole["edges"]:
        assert {edge["source"], edge["target"]} <= set(nodes)
        assert edge["event"]["label"]["en"] and edge["event"]["label"]["th"]
        assert edge["passages"]
        assert all(passage["gloss"]["en"] and passage["gloss"]["th"] for passage in edge["passages"])
        assert set(edge["modes"] + edge["outcomes"]) <= set(whole["concepts"])
    witte = nodes[D + "witte"]
    assert witte["label"]["ru"].startswith("Сергей") and witte["side"] == D + "russia"
    assert (witte["type"], nodes[D + "japan"]["type"]) == ("person", "state")
    assert {side["iri"] for side in whole["sides"]} >= {D + "russia", D + "japan"}
    for address in (witte["url"], whole["edges"][0]["passages"][0]["url"], whole["edges"][0]["event"]["url"]):
        assert shipped.fetch(address, headers={"Accept": "text/html"}).status in (200, 303)


def test_printed_dates_stand_beside_the_days_that_they_mean(whole):
    august = [edge for edge in whole["edges"] if edge["event"]["iri"] == D + "inf-roosevelt-tsar-august"]
    assert {edge["leg"] for edge in august} == {"dispatch", "delivery"}
    assert august[0]["stated"] == [{"date": "XXXX-08-22", "calendar": "edtfUnmarked", "passage": "s1-081"}]
    assert (august[0]["earliest"], august[0]["latest"]) == ("1905-08-22", "1905-09-04")


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ({"mode": "funded"}, lambda edge: "funded" in edge["modes"]),
        ({"mode": ["funded", "c:warned"]}, lambda edge: {"funded", "warned"} & set(edge["modes"])),
        ({"effects": "true"}, lambda edge: edge["effect"]),
        ({"part": "s4"}, lambda edge: {p["part"] for p in edge["passages"]} == {"s4"}),
        ({"since": "1905-08-01"}, lambda edge: edge["latest"] is None or edge["latest"] >= "1905-08-01"),
        ({"until": "1905-01-01"}, lambda edge: edge["earliest"] is None or edge["earliest"] <= "1905-01-01"),
        ({"outcome": "refused"}, lambda edge: "refused" in edge["outcomes"]),
    ],
)
def test_filters_narrow_the_network(get, whole, values, holds):
    told = json.loads(get(NETWORK, **values).body)
    assert 0 < len(told["edges"]) < len(whole["edges"])
    assert all(holds(edge) for edge in told["edges"])


def test_a_stance_reaches_networks_chains_and_measures(get, whole):
    text, memoir = (json.loads(get(NETWORK, parts=stance).body) for stance in ("s1,s2", "without-memoir"))
    assert {one["part"] for edge in text["edges"] for one in edge["passages"]} == {"s1", "s2"}
    assert {one["part"] for edge in memoir["edges"] for one in edge["passages"]} == {
        one["part"] for edge in whole["edges"] for one in edge["passages"]
    } - {"s4"}
    assert (text["meta"]["filter"]["stance"], memoir["meta"]["filter"]["stance"]) == ("s1,s2", "-s4")
    mentions = {node["iri"]: node["mentions"] for node in whole["nodes"]}
    assert all(0 < node["mentions"] <= mentions[node["iri"]] for node in memoir["nodes"])
    assert {node["iri"]: node["mentions"] for node in memoir["nodes"]} != mentions
    chain = json.loads(get("/network/paths", parts="s1", **{"from": "Roosevelt", "to": "Meyer"}).body)
    assert {one["part"] for hop in chain["chains"][0]["hops"] for one in hop["passages"]} == {"s1"}
    ranked = json.loads(get("/network/measures", parts="s1", measure="degree").body)
    assert ranked["witness"]["actors"] == len(json.loads(get(NETWORK, parts="s1").body)["nodes"])
    assert (
        json.loads(get("/network/paths", parts="s3", **{"from": "Roosevelt", "to": "Meyer"}).body).get(
            "chains", []
        )
        == []
    )
    assert "without s4" in get("/network.svg", parts="-s4").body.decode()
    assert get(NETWORK, parts="s99").status == 400


def test_actors_can_stand_for_their_states_and_other_networks_be_asked(get, whole):
    states = json.loads(get(NETWORK, roll_up="state").body)
    assert states["meta"]["counts"]["nodes"] < whole["meta"]["counts"]["nodes"]
    for kind in networks.KINDS:
        assert json.loads(get(NETWORK, kind=kind).body)["edges"], kind


@pytest.mark.parametrize("form", ["csv", "nodes.csv", "gexf", "graphml", "cyjs"])
def test_every_format_holds_the_same_arcs(get, whole, form):
    answer = get(f"/network.{form}")
    assert answer.status == 200
    if form == "nodes.csv":
        rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
        assert {row["id"] for row in rows} == {node["iri"] for node in whole["nodes"]}
        return
    read = networks.read(answer.body, {"cyjs": "cytoscape"}.get(form, form))
    assert isinstance(read, nx.MultiDiGraph)
    arcs = sorted((source, target, data["event"]) for source, target, data in read.edges(data=True))
    assert arcs == sorted((edge["source"], edge["target"], edge["event"]["iri"]) for edge in whole["edges"])


def test_each_format_leads_to_the_others_with_the_same_filter(get, shipped):
    answer = get("/network.gexf", mode="funded", part="s1")
    links = dict(link.split(">; ", 1) for link in answer.headers["link"].split(", "))
    assert links["</network.csv?mode=funded&part=s1"] == 'rel="alternate"; type="text/csv"'
    for link in links:
        assert shipped.fetch(link[1:]).status == 200


def test_a_copy_is_good_as_long_as_the_snapshot_and_the_question_are_the_same(get):
    first = get(NETWORK, mode="funded")
    tag = first.headers["etag"]
    assert get(NETWORK, headers={"If-None-Match": tag}, mode="funded").status == 304
    assert get(NETWORK, headers={"If-None-Match": tag}, mode="warned").status == 200
    assert first.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/network.json?mode=fundedd", "c:funded"),
        ("/network.json?kind=love", "influence"),
        ("/network.json?since=1905", "1905-08-01"),
        ("/network.json?effects=perhaps", "true or false"),
        ("/network.json?part=s99", "s1"),
        ("/network.json?since=1905-01-01&since=1906-01-01", "one value"),
        ("/network.json?color=red", "mode"),
        ("/network/measures?measure=fame", "pagerank"),
        ("/network/paths?from=Witte", "the parameter to"),
        ("/network/paths?from=Witte&to=d:witte", "two actors"),
        ("/network/paths?from=Witte&to=Komura&kind=signing", "influence"),
        ("/network/paths?from=Witte&to=Komura&limit=0", "from 1 to"),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_can(shipped, path, expected):
    answer = shipped.fetch(path)
    assert answer.status == 400
    assert expected in answer.problem["detail"]


def test_an_unknown_format_is_told_with_those_that_there_are(shipped):
    assert "/network.gexf" in shipped.fetch("/network.doc").problem["detail"]


def test_a_picture_is_served_in_the_language_and_colours_asked(get):
    picture = get("/network.svg", language="th", colours="dark", part="s1")
    assert picture.type == "image/svg+xml" and "วิตเต" in picture.body.decode() and b"#12181f" in picture.body
    assert "unsafe-inline" in picture.headers["content-security-policy"]
    assert get("/network.png", roll_up="state").body.startswith(b"\x89PNG")
    assert "one of en" in get("/network.svg", language="de").problem["detail"]
    assert "light or dark" in get("/network.png", colours="auto").problem["detail"]
    assert "kind" in get("/network.gexf", colours="dark").problem["detail"]


# --- paths


@pytest.mark.parametrize("name", ["Roosevelt", "รูสเวลต์", "Рузвельт", "d:roosevelt", D + "roosevelt"])
def test_actors_are_found_by_name_in_any_script(get, name):
    told = json.loads(get("/network/paths", **{"from": name, "to": "Nicholas II"}).body)
    fits(told, SCHEMAS["Paths"])
    assert told["from"]["iri"] == D + "roosevelt"
    (chain,) = told["chains"]
    assert [actor["iri"] for actor in chain["actors"]] == [D + "roosevelt", D + "meyer", D + "nicholas-ii"]
    first, second = [hop["event"]["iri"] for hop in chain["hops"]]
    question = f"ASK {{ GRAPH ?graph {{ <{first}> <{PT}ledTo> <{second}> }} }}"
    assert chain["led_to"] == [json.loads(get("/sparql", query=question).body)["boolean"]]
    for hop in chain["hops"]:
        assert hop["passages"][0]["id"].startswith("s1-") and hop["passages"][0]["gloss"]["th"]
        assert chain["first"] >= hop["earliest"]


def test_all_minimal_chains_are_given_on_request(get):
    one = json.loads(get("/network/paths", **{"from": "Japan", "to": "Witte"}).body)
    every = json.loads(get("/network/paths", **{"from": "Japan", "to": "Witte", "all": "true"}).body)
    assert len(one["chains"]) == 1
    assert one["more"] == (len(every["chains"]) > 1)


def test_a_chain_that_time_forbids_is_shown_with_the_reason(get):
    told = json.loads(get("/network/paths", **{"from": "Roosevelt", "to": "Witte", "certain": "1"}).body)
    fits(told, SCHEMAS["Paths"])
    assert told["chains"] == []
    assert told["forbidden"]["hops"][told["forbidden"]["late"]]
    assert told["reason"] == told["forbidden"]["reason"]


@pytest.mark.parametrize(
    ("name", "status", "candidate"),
    [("delegation", 400, "d:russian-delegation"), ("Rosevelt", 404, "d:roosevelt"), ("xyzzy", 404, None)],
)
def test_a_name_of_several_or_of_nobody_is_told_with_whom_it_may_mean(get, name, status, candidate):
    answer = get("/network/paths", **{"from": name, "to": "Witte"})
    assert answer.status == status
    candidates = [one["iri"] for one in answer.problem["candidates"]]
    assert candidate in candidates if candidate else candidates == []


# --- measures


@pytest.mark.parametrize("measure", [*networks.MEASURES, "communities", "modes"])
def test_every_measure_is_told_with_its_witness(get, whole, measure):
    told = json.loads(get("/network/measures", measure=measure).body)
    fits(told, SCHEMAS["Measured"])
    assert {row["iri"] for row in told["rows"]} == {node["iri"] for node in whole["nodes"]}
    if measure in networks.MEASURES:
        assert -1 <= told["witness"]["low"] <= told["witness"]["spearman"] <= told["witness"]["high"] <= 1
        assert told["sample"] is None
        scores = [row["score"] for row in told["rows"]]
        assert scores == sorted(scores, reverse=True)
    as_csv = get("/network/measures", measure=measure, format="csv")
    assert len(list(csv.DictReader(io.StringIO(as_csv.body.decode())))) == len(told["rows"])


def test_scores_of_a_sample_tell_their_errors(whole, monkeypatch):
    monkeypatch.setattr(measures, "MOST_FOLLOWED", 0)
    monkeypatch.setattr(measures, "LEAST_SOURCES", 20)

    async def work():
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            app = create_app(store)
            _, _, body = await fetch(app, "/network/measures?measure=brokers")
            _, _, table = await fetch(app, "/network/measures?measure=brokers&format=csv")
            _, _, exact = await fetch(app, "/network/measures?measure=reach")
            again = await fetch(app, "/network/measures?measure=brokers")
            assert again[2] == body
            return json.loads(body), table.decode(), json.loads(exact)

    told, table, exact = asyncio.run(work())
    fits(told, SCHEMAS["Measured"])
    assert (told["sample"]["beginnings"], told["sample"]["actors"]) == (20, len(whole["nodes"]))
    assert told["sample"]["standard_error"] == max(row["standard_error"] for row in told["rows"]) > 0
    assert [float(row["standard_error"]) for row in csv.DictReader(io.StringIO(table))] == [
        row["standard_error"] for row in told["rows"]
    ]
    assert exact["sample"] is None and "standard_error" not in exact["rows"][0]


# --- the interface


def test_the_interface_describes_every_address_and_parameter(shipped):
    described = json.loads(shipped.fetch("/openapi.json").body)["paths"]
    for path in ("/network.json", "/network.gexf", "/network/paths", "/network/measures"):
        names = [parameter["name"] for parameter in described[path]["get"]["parameters"]]
        assert {"kind", "mode", "part", "since", "until", "roll-up"} <= set(names)
    required = {p["name"] for p in described["/network/paths"]["get"]["parameters"] if p["required"]}
    assert required == {"from", "to"}


@pytest.mark.parametrize("more", ["", "&mode=funded", "&by=institution", "&since=1905-08-01"])
def test_paths_are_the_same_by_names_and_by_iris(shipped, more):
    base = "https%3A%2F%2Fw3id.org%2Fportsmouth1905%2Fid%2F"
    answers = {
        (reply.status, reply.body)
        for start, end in [
            ("Theodore+Roosevelt", "Nicholas+II"),
            ("d:roosevelt", "d:nicholas-ii"),
            ("+d:roosevelt", f"{base}nicholas-ii"),
            ("Theodore+Roosevelt", f"{base}nicholas-ii"),
        ]
        for reply in [shipped.fetch(f"/network/paths?from={start}&to={end}{more}")]
    }
    assert len(answers) == 1
