"""From facts to arcs."""

from datetime import date

import pytest

from portsmouth.errors import DateError, ParameterError
from portsmouth.iris import CONCEPT, ID, PASSAGE, shorten
from portsmouth.networks import KINDS, Timeline
from portsmouth.stance import Stance

SPANS = """
g:calendar {
  t:1905 pt:earliest "1905-01-01"^^xsd:date ; pt:latest "1905-12-31"^^xsd:date .
  t:april pt:earliest "1905-04-05"^^xsd:date ; pt:latest "1905-04-18"^^xsd:date .
  t:may pt:earliest "1905-05-01"^^xsd:date ; pt:latest "1905-05-31"^^xsd:date .
}
"""
FRANCE = (
    SPANS
    + """
p:s5-235 { d:e a pt:Influence ; pt:from d:france ; pt:to d:japan ; pt:mode c:mediated ; pt:outcome c:refused ;
             pt:when t:april . }
p:s8-360 { d:e a pt:Influence ; pt:from d:france ; pt:mode c:offered ; pt:when t:1905 . }
g:editorial { d:france skos:prefLabel "France"@en , "ฝรั่งเศส"@th . }
p:s5-001 { d:france a pt:State . }
g:derived { d:dis a pt:Disagreement ; pt:disputedSubject d:e . }
"""
)


def arcs(network):
    return sorted(
        (shorten(source)[2:], shorten(target)[2:], data["leg"])
        for source, target, data in network.edges(data=True)
    )


def only_arc(network):
    ((_, _, data),) = network.edges(data=True)
    return data


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_arc_keeps_what_it_rests_on(drawn, line_end):
    network = drawn(FRANCE, line_end)
    arc = only_arc(network)
    assert arc["event"] == ID + "e"
    assert arc["modes"] == (CONCEPT + "mediated", CONCEPT + "offered")
    assert arc["outcomes"] == (CONCEPT + "refused",)
    assert arc["passages"] == (PASSAGE + "s5-235", PASSAGE + "s8-360")
    assert arc["disputed"] and not arc["reported"]
    assert (arc["earliest"], arc["latest"]) == (date(1905, 4, 5), date(1905, 4, 18))
    assert arc["spans"] == (
        ("1905-01-01", "1905-12-31", PASSAGE + "s8-360"),
        ("1905-04-05", "1905-04-18", PASSAGE + "s5-235"),
    )
    assert network.nodes[ID + "france"] == {"label": "France", "kind": "State", "side": ID + "france"}
    assert network.nodes[ID + "japan"] == {"label": "d:japan", "kind": "Actor", "side": ""}
    assert network.graph["snapshot"] == "hand-made"


def test_accounts_that_cannot_all_be_right_leave_all_days_open(drawn):
    arc = only_arc(drawn(FRANCE.replace("pt:when t:1905", "pt:when t:may")))
    assert (arc["earliest"], arc["latest"]) == (date(1905, 4, 5), date(1905, 5, 31))


def test_intermediaries_and_principals_become_legs_of_one_act(drawn):
    network = drawn(
        "p:s1-001 { d:e a pt:Influence ; pt:onBehalfOf d:p ; pt:from d:a ; pt:via d:m , d:n ; pt:to d:b . }"
    )
    assert arcs(network) == [
        ("a", "m", "dispatch"), ("a", "n", "dispatch"), ("m", "b", "delivery"), ("n", "b", "delivery"),
        ("p", "a", "mandate"),
    ]  # fmt: skip
    assert {data["event"] for _, _, data in network.edges(data=True)} == {ID + "e"}


def test_without_an_intermediary_the_act_is_one_arc_for_each_pair(drawn):
    network = drawn("p:s1-001 { d:e a pt:Influence ; pt:from d:a , d:b ; pt:to d:b , d:c . }")
    assert arcs(network) == [("a", "b", "direct"), ("a", "c", "direct"), ("b", "c", "direct")]


def test_an_act_on_nobody_is_counted_as_left_out(drawn):
    network = drawn(
        "p:s1-001 { d:e a pt:Influence ; pt:from d:a . d:f a pt:Influence ; pt:from d:a ; pt:to d:b . }"
    )
    assert network.number_of_edges() == 1
    assert network.graph["left_out"] == {"without two actors": 1, "within one actor": 0}
    assert network.graph["undated"] == 1


def test_effects_leave_out_what_moved_nobody(drawn):
    outcomes = ["accepted", "refused", "ignored", "none", "withdrawn"]
    facts = "p:s1-001 {" + "".join(
        f"d:e-{name} a pt:Influence ; pt:from d:a ; pt:to d:b ; pt:outcome c:{name} . " for name in outcomes
    )
    facts += (
        "d:e-open a pt:Influence ; pt:from d:a ; pt:to d:b . "
        "d:e-rival a pt:Influence ; pt:from d:a ; pt:to d:b ; pt:outcome c:accepted , c:refused . }"
    )
    events = {data["event"].rpartition("-")[2] for *_, data in drawn(facts, effects=True).edges(data=True)}
    assert events == {"accepted", "withdrawn", "open", "rival"}
    assert drawn(facts).number_of_edges() == 7


def test_filters_by_mode_outcome_stance_and_period(drawn):
    facts = (
        FRANCE
        + "p:s1-009 { d:f a pt:Influence ; pt:from d:a ; pt:to d:b ; pt:mode c:funded ; "
        + "pt:stance c:opposes . }"
    )
    for selection in (
        {"modes": ("offered",)},
        {"modes": ("c:mediated", "c:offered")},
        {"outcomes": (CONCEPT + "refused",)},
        {"since": date(1905, 4, 18)},
        {"until": date(1905, 4, 5)},
        {"parts": ("s5",)},
    ):
        assert only_arc(drawn(facts, **selection))["event"] == ID + "e", selection
    assert only_arc(drawn(facts, stances=("opposes",)))["event"] == ID + "f"
    assert drawn(facts, since=date(1905, 4, 19)).number_of_edges() == 0
    assert drawn(facts, until=date(1905, 4, 4)).number_of_edges() == 0


def test_a_stance_knows_of_no_other_passage(drawn):
    facts = FRANCE + "p:s8-361 { d:f a pt:Influence ; pt:from d:a ; pt:to d:b . }"
    arc = only_arc(drawn(facts, stance=Stance(("s5",))))
    assert (arc["passages"], arc["modes"]) == ((PASSAGE + "s5-235",), (CONCEPT + "mediated",))
    # A part only picks: that passages disagree is known still. From the stance there is but one account.
    assert (only_arc(drawn(facts, parts=("s5",)))["disputed"], arc["disputed"]) == (True, False)
    without = drawn(facts, stance=Stance(("s8",), without=True))
    assert arcs(without) == arcs(drawn(FRANCE, parts=("s5",)))
    assert without.graph["snapshot"] == drawn(facts).graph["snapshot"]
    with pytest.raises(ParameterError, match="part s3, of which there is no passage"):
        drawn(facts, stance=Stance(("s3",)))


def test_a_part_tells_its_own_version(drawn):
    arc = only_arc(drawn(FRANCE, parts=("s5",)))
    assert arc["passages"] == (PASSAGE + "s5-235",)
    assert arc["modes"] == (CONCEPT + "mediated",)
    # In part 8 nobody is acted on.
    assert drawn(FRANCE, parts=("s8",)).number_of_edges() == 0


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"modes": ("bribed",)}, "expected one of c:mediated, c:offered"),
        ({"outcomes": ("accepted",)}, "expected one of c:refused"),
        ({"stances": ("opposes",)}, "none, for nothing has one"),
        ({"parts": ("s3",)}, "expected one of s5, s8"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_refused(drawn, selection, said):
    with pytest.raises(ParameterError, match=said):
        drawn(FRANCE, **selection)


def test_a_bound_that_is_no_day_is_told(drawn):
    with pytest.raises(DateError, match="expected a day such as 1905-09-05"):
        drawn('g:calendar { t:x pt:earliest "spring" ; pt:latest "1905-12-31"^^xsd:date }')


DELEGATES = """
p:s1-001 {
  d:witte a pt:Person , pt:Actor ; schema:memberOf d:delegation , d:plenipotentiaries .
  d:delegation a pt:Delegation , pt:Actor ; pt:headedBy d:witte ; pt:side d:russia .
  d:plenipotentiaries a pt:Delegation , pt:Actor ; pt:side d:russia .
  d:cabinet a pt:Government , pt:Actor ; pt:side d:russia .
  d:russia a pt:State , pt:Actor . d:japan a pt:State , pt:Actor .
  d:komura a pt:Person , pt:Actor ; pt:side d:japan .
  d:spy a pt:Person , pt:Actor ; pt:side d:japan , d:russia .
  d:e a pt:Influence ; pt:from d:witte ; pt:to d:komura .
  d:f a pt:Influence ; pt:from d:witte ; pt:to d:cabinet .
  d:h a pt:Influence ; pt:from d:spy ; pt:to d:komura .
}
g:editorial { d:plenipotentiaries skos:closeMatch d:delegation . }
"""


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, [("spy", "komura"), ("witte", "cabinet"), ("witte", "komura")]),
        ("delegation", [("delegation", "cabinet"), ("delegation", "komura"), ("spy", "komura")]),
        ("government", [("cabinet", "komura"), ("spy", "komura")]),
        ("state", [("russia", "japan"), ("spy", "japan")]),
    ],
)
def test_rolling_up(drawn, level, expected):
    network = drawn(DELEGATES, roll_up=level)
    assert sorted(arc[:2] for arc in arcs(network)) == expected
    assert network.graph["left_out"]["within one actor"] == (level in ("government", "state"))
    assert network.graph["ambiguous"] == ((ID + "spy",) if level == "state" else ())


def test_two_delegates_of_one_act_become_one_arc_with_the_passages_of_both(drawn):
    facts = DELEGATES + (
        "p:s2-001 { d:x a pt:Influence ; pt:from d:witte ; pt:to d:komura . } "
        "p:s2-002 { d:x a pt:Influence ; pt:from d:delegation ; pt:to d:komura . }"
    )
    network = drawn(facts, roll_up="delegation")
    assert network.edges[ID + "delegation", ID + "komura", ID + "x#direct"]["passages"] == (
        PASSAGE + "s2-001", PASSAGE + "s2-002",
    )  # fmt: skip


OTHERS = """
p:s1-001 {
  d:witte a pt:Person , pt:Actor ; schema:memberOf d:r ; pt:side d:russia .
  d:komura a pt:Person , pt:Actor ; schema:memberOf d:j ; pt:side d:japan .
  d:r a pt:Delegation , pt:Actor , pt:Collective ; pt:side d:russia ; pt:headedBy d:witte .
  d:j a pt:Delegation , pt:Actor ; pt:side d:japan .
  d:russia a pt:State , pt:Actor . d:japan a pt:State , pt:Actor .
  d:talks a pt:Event ; dcterms:type c:conference ; schema:participant d:r , d:j .
  d:treaty a pt:Treaty ; pt:signedBy d:witte , d:komura .
  d:office a pt:Tenure ; schema:agent d:witte ; pt:office c:minister ; pt:side d:russia ; pt:to d:japan .
}
"""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("signing", [("komura", "witte", "direct"), ("witte", "komura", "direct")]),
        ("command", [("witte", "r", "direct")]),
        ("offices", [("witte", "japan", "delivery"), ("witte", "russia", "direct")]),
        (
            "negotiation",
            [
                ("j", "r", "direct"), ("komura", "witte", "direct"),
                ("r", "j", "direct"), ("witte", "komura", "direct"),
            ],
        ),
    ],
)  # fmt: skip
def test_other_networks_of_actors(drawn, kind, expected):
    network = drawn(OTHERS, kind=kind)
    assert arcs(network) == expected
    assert all(data["passages"] == (PASSAGE + "s1-001",) for *_, data in network.edges(data=True))


def test_nobody_signs_with_the_delegation_that_he_belongs_to(drawn):
    together = drawn(OTHERS + "p:s1-001 { d:treaty pt:signedBy d:r . }", kind="signing")
    assert arcs(together) == [
        ("komura", "r", "direct"), ("komura", "witte", "direct"), ("r", "komura", "direct"),
        ("witte", "komura", "direct"),
    ]  # fmt: skip


def test_an_empty_store_gives_an_empty_network(drawn):
    for kind in KINDS:
        assert drawn("", kind=kind).number_of_nodes() == 0


# --- the facts as they are


def test_roosevelt_reaches_the_tsar_through_meyer_in_august_1905(of_the_facts):
    network = of_the_facts(parts=("s1",))
    timeline = Timeline(network)
    chains = timeline.minimal(ID + "roosevelt", ID + "nicholas-ii", certain=True)
    assert all(chain.certain for chain in chains)
    august = [chain for chain in timeline.minimal(ID + "roosevelt", ID + "nicholas-ii") if not chain.undated]
    assert all(ID + "meyer" in chain.actors for chain in august)
    assert {chain.first for chain in august} == {date(1905, 8, 22)}
    assert all(hop.passages for chain in august for hop in chain.hops)


@pytest.mark.parametrize("kind", KINDS)
def test_every_network_of_the_facts_has_arcs_with_passages(of_the_facts, kind):
    network = of_the_facts(kind=kind)
    assert network.number_of_edges()
    assert all(data["passages"] for *_, data in network.edges(data=True))
    assert all(not data["label"].startswith("d:") for _, data in network.nodes(data=True))


def test_a_roll_up_of_the_facts_ends_at_states_that_are_no_names_for_others(of_the_facts):
    rolled = of_the_facts(roll_up="state").graph["rolled_up"]
    assert rolled[ID + "witte"] == ID + "russia"
    assert rolled[ID + "komura"] == ID + "japan"
