"""Links to authority files are no statements of the page: they stand in one file, each in the checked table.

The table lives in a folder `shared` beside the checkout. Where that folder is absent the comparison with it
is left out; what needs no table is tested everywhere.
"""

import csv
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "graph" / "facts"
AUTHORITIES = FACTS / "portsmouth-th" / "authorities.ttl"
TABLE = ROOT.parent / "shared" / "reference" / "authorities.csv"

ENTITY = "https://w3id.org/portsmouth1905/id/"
WIKIDATA = "http://www.wikidata.org/entity/"
DBPEDIA = "http://dbpedia.org/resource/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
GEO = "http://www.opengis.net/ont/geosparql#"
EXACT, CLOSE, LABEL = (NamedNode(SKOS + name) for name in ("exactMatch", "closeMatch", "prefLabel"))
AS_WKT, WKT = NamedNode(GEO + "asWKT"), NamedNode(GEO + "wktLiteral")

# Which rows of the table speak of which entity; the first row gives the names and the point.
ROWS_OF = {
    "alexandra-feodorovna": ["alexandra-feodorovna"],
    "american-open-door-policy": ["open-door-policy"],
    "attack-on-warships-at-port-arthur": ["battle-of-port-arthur"],
    "battle-of-mukden": ["battle-of-mukden"],
    "battle-of-tsushima": ["battle-of-tsushima"],
    "bering-sea": ["bering-sea"],
    "capture-of-sakhalin-by-japan": ["japanese-invasion-of-sakhalin-1905"],
    "changchun": ["changchun"],
    "china": ["qing-dynasty"],
    "chinese-eastern-railway": ["chinese-eastern-railway"],
    "convention-1925": ["soviet-japanese-basic-convention"],
    "emperor-of-japan": ["emperor-meiji"],
    "first-world-war": ["world-war-i"],
    "france": ["france"],
    "franco-british-agreement": ["entente-cordiale"],
    "germany": ["german-empire"],
    "griscom": ["lloyd-griscom"],
    "instrument-of-surrender-1945": ["japanese-instrument-of-surrender"],
    "japan": ["empire-of-japan"],
    "japanese-navy": ["imperial-japanese-navy"],
    "japanese-occupation-of-manchuria": ["japanese-invasion-of-manchuria-1931"],
    "kodama": ["kodama-gentaro"],
    "komura": ["komura-jutaro"],
    "korea": ["korea", "korean-empire"],
    "korea-strait": ["korea-strait"],
    "kuril-islands": ["kuril-islands"],
    "la-perouse-strait": ["la-perouse-strait"],
    "lamsdorf": ["vladimir-lamsdorf"],
    "liaodong-peninsula": ["liaodong-peninsula"],
    "makarov": ["stepan-makarov"],
    "manchuria": ["manchuria"],
    "moroccan-crisis": ["first-moroccan-crisis"],
    "mukden": ["mukden"],
    "nebogatov": ["nikolai-nebogatov"],
    "new-york": ["new-york-city"],
    "nicholas-ii": ["nicholas-ii"],
    "nobel-peace-prize": ["nobel-peace-prize"],
    "oyama": ["oyama-iwao"],
    "pact-1941": ["soviet-japanese-neutrality-pact"],
    "port-arthur": ["port-arthur"],
    "portsmouth": ["portsmouth-new-hampshire"],
    "portsmouth-navy-yard": ["portsmouth-naval-shipyard"],
    "primorye": ["primorye"],
    "protest-in-tokyo": ["hibiya-incendiary-incident"],
    "reis": ["viktor-reis"],
    "revolution-in-russia": ["russian-revolution-of-1905"],
    "roosevelt": ["theodore-roosevelt"],
    "rosen": ["roman-rosen"],
    "rozhestvensky": ["zinovy-rozhestvensky"],
    "russia": ["russian-empire"],
    "russkoye-bogatstvo": ["russkoye-bogatstvo"],
    "russo-japanese-agreement-1907": ["russo-japanese-agreement-1907"],
    "russo-japanese-war": ["russo-japanese-war"],
    "saint-petersburg": ["saint-petersburg"],
    "sakhalin": ["sakhalin"],
    "sea-of-japan": ["sea-of-japan"],
    "sea-of-okhotsk": ["sea-of-okhotsk"],
    "second-world-war": ["world-war-ii"],
    "siege-of-port-arthur": ["siege-of-port-arthur"],
    "south-manchurian-railway": ["south-manchuria-railway"],
    "south-sakhalin": ["south-sakhalin-karafuto"],
    "soviet-union": ["soviet-union"],
    "stessel": ["anatoly-stessel"],
    "strait-of-tartary": ["strait-of-tartary"],
    "surrender-of-japan-1945": ["surrender-of-japan-1945"],
    "takahira": ["takahira-kogoro"],
    "talien": ["dalian"],
    "the-new-york-times": ["the-new-york-times"],
    "the-times": ["the-times"],
    "tokyo": ["tokyo"],
    "trans-siberian-railway": ["trans-siberian-railway"],
    "treaty-of-portsmouth": ["treaty-of-portsmouth"],
    "tsushima": ["tsushima"],
    "tsushima-strait": ["tsushima-strait"],
    "united-kingdom": ["united-kingdom"],
    "united-states": ["united-states"],
    "vladivostok": ["vladivostok"],
    "washington": ["washington-dc"],
    "witte": ["sergei-witte"],
}

# The table warns that these items are not the very thing: present-day places and states, a prefecture, a
# series; or they split what the page treats as one, or name what the page leaves unnamed.
ONLY_CLOSE = {
    "changchun", "china", "convention-1925", "emperor-of-japan", "france", "franco-british-agreement",
    "instrument-of-surrender-1945", "japanese-occupation-of-manchuria", "korea", "moroccan-crisis", "mukden",
    "pact-1941", "port-arthur", "protest-in-tokyo", "russo-japanese-agreement-1907", "south-sakhalin",
    "talien", "united-kingdom",
}  # fmt: skip

# The page prints no title or name of these, so none is borrowed from another language.
UNNAMED = {
    "convention-1925", "emperor-of-japan", "franco-british-agreement", "instrument-of-surrender-1945",
    "japanese-occupation-of-manchuria", "pact-1941", "protest-in-tokyo",
}  # fmt: skip


def fact_files():
    return sorted(path for path in FACTS.rglob("*") if path.suffix in {".ttl", ".trig"})


@cache
def quads_of(path):
    return list(parse(path=str(path), format=RdfFormat.from_extension(path.suffix.removeprefix("."))))


def authority_quads():
    return quads_of(AUTHORITIES)


def local(node):
    return node.value.removeprefix(ENTITY)


@cache
def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def codes(row):
    """The single letters of `verified`, and the languages of its n(...)."""
    names = re.search(r"n\(([^)]*)\)", row["verified"])
    letters = set(re.sub(r"n\([^)]*\)", "", row["verified"]).split())
    return letters, set(names[1].split("+")) if names else set()


def core(name):
    """A name without the qualifier in brackets, which is editorial."""
    return re.sub(r"\s*\([^()]*\)$", "", name)


def point(literal):
    """Longitude and latitude of a WKT point, or None where the text is something else."""
    match = re.fullmatch(r"POINT\((-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)\)", literal.value)
    return (float(match[1]), float(match[2])) if match else None


def stated(*predicates):
    """What the file says of each entity with these properties; an empty set where it says nothing."""
    said = {entity: set() for entity in ROWS_OF}
    for quad in authority_quads():
        if quad.predicate in predicates:
            said[local(quad.subject)].add(quad.object)
    return said


def seen_links(entity):
    """Every identifier of the entity that the table calls seen."""
    for key in ROWS_OF[entity]:
        row, (letters, _) = rows()[key], codes(rows()[key])
        if "q" in letters:
            yield NamedNode(WIKIDATA + row["wikidata"])
        if "d" in letters:
            yield NamedNode(DBPEDIA + row["dbpedia"])


def seen_names(entity):
    row = rows()[ROWS_OF[entity][0]]
    for language in codes(row)[1] & {"ru", "ja"}:
        yield Literal(core(row[f"label_{language}"]), language=language)


def seen_points(entity):
    """The point of a place; events and treaties carry that of where they happened, which is not theirs."""
    row = rows()[ROWS_OF[entity][0]]
    if row["type"] == "place" and "c" in codes(row)[0]:
        yield Literal(f"POINT({row['lon']} {row['lat']})", datatype=WKT)


# --- with the table


@pytest.mark.reference
def test_every_entity_is_mapped_to_rows_that_exist():
    assert {local(quad.subject) for quad in authority_quads()} == set(ROWS_OF)
    assert {key for keys in ROWS_OF.values() for key in keys} <= set(rows())


@pytest.mark.reference
def test_links_are_those_that_the_table_has_seen():
    assert stated(EXACT, CLOSE) == {entity: set(seen_links(entity)) for entity in ROWS_OF}


@pytest.mark.reference
def test_names_are_those_that_the_table_has_seen():
    assert stated(LABEL) == {
        entity: set() if entity in UNNAMED else set(seen_names(entity)) for entity in ROWS_OF
    }


@pytest.mark.reference
def test_points_are_those_of_places_that_the_table_has_seen():
    assert stated(AS_WKT) == {entity: set(seen_points(entity)) for entity in ROWS_OF}


# --- without the table


def test_the_file_states_only_links_names_and_points_of_entities():
    for quad in authority_quads():
        assert isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(ENTITY), quad
        if quad.predicate in (EXACT, CLOSE):
            assert isinstance(quad.object, NamedNode) and quad.object.value.startswith((WIKIDATA, DBPEDIA)), (
                quad
            )
        elif quad.predicate == LABEL:
            assert isinstance(quad.object, Literal) and quad.object.language in {"ru", "ja"}, quad
        else:
            assert quad.predicate == AS_WKT, f"{quad.predicate} is neither a link, a name nor a point"
            assert isinstance(quad.object, Literal) and quad.object.datatype == WKT, quad


def test_wikidata_links_are_item_numbers():
    links = [quad.object.value for quad in authority_quads() if quad.object.value.startswith(WIKIDATA)]
    assert links
    assert [link for link in links if not re.fullmatch(r"Q[1-9]\d*", link.removeprefix(WIKIDATA))] == []


def test_no_item_stands_for_two_entities():
    entities = defaultdict(set)
    for quad in authority_quads():
        if quad.predicate == EXACT:
            entities[quad.object.value].add(local(quad.subject))
    assert {item: shared for item, shared in entities.items() if len(shared) > 1} == {}


def test_exact_matches_stand_in_this_file_alone():
    assert any(quad.predicate == EXACT for quad in authority_quads())
    elsewhere = [
        f"{path.relative_to(ROOT)}: {quad.subject} {quad.object}"
        for path in fact_files()
        if path != AUTHORITIES
        for quad in quads_of(path)
        if quad.predicate == EXACT
    ]
    assert elsewhere == []


def test_neighbours_of_an_entity_are_never_exact_matches():
    exact = {local(quad.subject) for quad in authority_quads() if quad.predicate == EXACT}
    assert exact & ONLY_CLOSE == set()


def test_one_name_a_language_and_one_point_a_place():
    slots = Counter(
        (local(quad.subject), quad.predicate.value, quad.object.language)
        for quad in authority_quads()
        if quad.predicate in (LABEL, AS_WKT)
    )
    assert [slot for slot, count in slots.items() if count > 1] == []


def test_every_entity_has_an_english_label():
    labelled = {
        quad.subject
        for path in fact_files()
        for quad in quads_of(path)
        if quad.predicate == LABEL and quad.object.language == "en"
    }
    assert {quad.subject.value for quad in authority_quads() if quad.subject not in labelled} == set()


def test_points_lie_on_the_globe():
    points = {
        local(quad.subject): point(quad.object) for quad in authority_quads() if quad.predicate == AS_WKT
    }
    assert points
    assert [entity for entity, place in points.items() if place is None] == []
    assert [entity for entity, (east, north) in points.items() if abs(east) > 180 or abs(north) > 90] == []
