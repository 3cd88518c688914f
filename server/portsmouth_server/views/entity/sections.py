"""Where on the page of a thing its neighbours stand: by their class and by how they point to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import DCTERMS, PT, SCHEMA, SKOS
from portsmouth_server.views.facts import ACTORS
from portsmouth_server.views.words import N_

_PREFIXES: Final = {"schema": SCHEMA, "dcterms": DCTERMS, "skos": SKOS}


def expand(name: str) -> str:
    """Return the IRI of a property: of the project's own, the local name is enough.

    :param name: its name, with a prefix unless it is the project's own.

    >>> expand("from").rpartition("/")[2], expand("schema:agent")
    ('ns#from', 'https://schema.org/agent')
    """
    prefix, colon, local = name.partition(":")
    return _PREFIXES[prefix] + local if colon else PT + name


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and who stands under it.

    :param key: the anchor.
    :param title: the heading; for the translators.
    :param properties: by which of these a thing points here; with ``^`` before it, by which it is pointed to
        from here.
    :param classes: of which class it must be; of any where there is none.
    :param plain: the property that the heading already says.
    """

    key: str
    title: str
    properties: frozenset[str]
    classes: frozenset[str] = frozenset()
    plain: str = ""

    def takes(self, property_: str, kind: str) -> bool:
        """Say whether a neighbour stands here.

        :param property_: the property's IRI, with ``^`` before it where it leads from here.
        :param kind: the neighbour's class.
        """
        return property_ in self.properties and (not self.classes or kind in self.classes)


def _section(key: str, title: str, properties: str, classes: str | Iterable[str] = "") -> Section:
    names = classes.split() if isinstance(classes, str) else classes
    expanded = ["^" * name.startswith("^") + expand(name.lstrip("^")) for name in properties.split()]
    return Section(key, title, frozenset(expanded), frozenset(names), expanded[0])


#: A tenure of land or goods, told apart from one of an office.
HOLDING: Final = "Holding"
#: In the order in which they stand on the page; a neighbour stands in the first that takes it.
SECTIONS: Final = (
    _section("articles", N_("Articles"), "dcterms:isPartOf supplements", "Article"),
    _section("provisions", N_("What it provides"), "dcterms:isPartOf", "Provision"),
    _section("demands", N_("Demands"), "dcterms:isPartOf", "Demand Proposal"),
    _section("holdings", N_("Holdings"), "schema:agent side", HOLDING),
    _section("offices", N_("Offices and titles"), "schema:agent office", "Tenure"),
    _section("exerted", N_("Influence exerted"), "from onBehalfOf initiatedBy schema:agent", "Influence"),
    _section("received", N_("Influence received"), "to", "Influence"),
    _section("between", N_("As go-between"), "via"),
    _section("statements", N_("Said and written"), "schema:agent from", "Statement"),
    _section("writings", N_("Texts"), "dcterms:creator dcterms:publisher schema:agent", "Text"),
    _section("proposals", N_("Proposed and demanded"), "from schema:agent", "Demand Proposal"),
    _section("asked", N_("Demands received"), "to binds", "Demand Proposal"),
    _section("replies", N_("Replies"), "inReplyTo"),
    _section("settled", N_("Demands settled"), "settledBy"),
    _section("deeds", N_("Deeds"), "schema:agent initiatedBy victor commandedBy from", "Event Battle"),
    _section("part", N_("Took part or was affected"),
             "schema:participant defeated victim to schema:agent", "Event Battle Statement"),
    _section("aims", N_("Aims and wishes"), "schema:agent", "Aim Condition"),
    _section("treaties", N_("Treaties"), "party signedBy", "Treaty"),
    _section("duties", N_("Obligations"), "binds", "Provision Article Treaty Condition"),
    _section("rights", N_("Benefits"), "benefits"),
    _section("bargain", N_("Clauses that give or take"), "from to", "Provision Article Treaty"),
    _section("members", N_("Members, bodies and forces"),
             "schema:memberOf side headedBy commandedBy dcterms:isPartOf onBehalfOf", ACTORS),
    _section("figures", N_("Figures"), "of side about", "Quantity"),
    _section("held", N_("Who held it"), "holds"),
    _section("transferred", N_("How it changed hands"), "transfers"),
    _section("causes", N_("What led to it"), "ledTo"),
    _section("effects", N_("What it led to"), "^ledTo"),
    _section("despite", N_("What it did not prevent"), "despite"),
    _section("began", N_("Begun and ended by"), "begins ends confirms violates fulfils supplements"),
    _section("circumstances", N_("Circumstances"), "of", "Situation Asset"),
    _section("belongings", N_("Held or owned"), "side schema:agent", "Tenure Asset"),
    _section("parts", N_("Its parts"), "dcterms:isPartOf"),
    _section("here", N_("What is or happened here"), "schema:location"),
    _section("retold", N_("Other tellings"), "skos:closeMatch ^skos:closeMatch"),
    _section("about", N_("As a topic"), "about mentions comparedWith"),
    _section("order", N_("Before and after"), "after during since"),
    _section("within", N_("What lies in it"), "when"),
    _section("uses", N_("Where it is used"),
             "mode outcome medium stance office manner certainty silence measure unit bound dcterms:type"),
    _section("terms", N_("On what terms"), "^condition ^exception ^aim condition exception aim limit"),
)  # fmt: skip

#: The rest.
ELSEWHERE: Final = Section("elsewhere", N_("Named elsewhere"), frozenset())

#: What readers look for first, by class; the others follow in the order above.
_FIRST: Final = {
    "Treaty": ("articles", "provisions", "began", "effects"),
    "Demand": ("replies",),
    "Battle": ("figures", "causes", "effects"),
    "Event": ("causes", "effects"),
    "Territory": ("transferred", "held", "bargain", "here"),
    "Influence": ("effects", "causes"),
}
_ORDER: Final = {section.key: place for place, section in enumerate((*SECTIONS, ELSEWHERE))}


def place(property_: str, kind: str) -> Section:
    """Return the section in which a neighbour stands.

    :param property_: how it is joined; see :meth:`Section.takes`.
    :param kind: its class.

    >>> place(PT + "via", "Influence").key, place("http://e/p", "Event").key
    ('between', 'elsewhere')
    """
    return next((section for section in SECTIONS if section.takes(property_, kind)), ELSEWHERE)


def rank(section: Section, kind: str) -> tuple[int, int]:
    """Return where a section stands on the page of a thing of a class.

    :param section: the section.
    :param kind: the local name of the thing's class.

    >>> rank(place(PT + "inReplyTo", "Statement"), "Demand")
    (0, 0)
    """
    first = _FIRST.get(kind, ())
    if section.key in first:
        return 0, first.index(section.key)
    return 1, _ORDER[section.key]
