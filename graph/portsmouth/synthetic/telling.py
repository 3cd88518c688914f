"""What happens in an invented world, and how passages tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Final

from portsmouth.build.disagreements import Amount, Kind, relate_amounts, relate_spans
from portsmouth.iris import ID
from portsmouth.synthetic.drawing import Dating, Dice, date_about, dated, dated_again
from portsmouth.synthetic.names import Name
from portsmouth.synthetic.world import Thing, World
from portsmouth.synthetic.writing import concept, term

#: How an influence is called, by its mode.
_MODES: Final = {
    "persuaded": Name("{} persuades {}", "{}โน้มน้าว{}"),
    "pressed": Name("{} presses {}", "{}กดดัน{}"),
    "instructed": Name("{} instructs {}", "{}สั่งการ{}"),
    "advised": Name("{} advises {}", "{}แนะนำ{}"),
    "funded": Name("{} funds {}", "{}ให้ทุนแก่{}"),
    "mediated": Name("{} mediates for {}", "{}ไกล่เกลี่ยให้{}"),
    "requested": Name("{} asks {}", "{}ร้องขอต่อ{}"),
    "informed": Name("{} informs {}", "{}แจ้งแก่{}"),
    "threatened": Name("{} threatens {}", "{}ข่มขู่{}"),
    "warned": Name("{} warns {}", "{}เตือน{}"),
    "supported": Name("{} supports {}", "{}สนับสนุน{}"),
    "constrained": Name("{} hinders {}", "{}ขัดขวาง{}"),
}
_MANNERS: Final = tuple(_MODES)
_OUTCOMES: Final = ("accepted", "acceptedConditionally", "refused", "ignored", "partlyAccepted")
_MEDIA: Final = ("telegram", "audience", "letter", "press", "privateMeeting")
_STANCES: Final = ("supports", "opposes", "hesitates", "insists")
_OFFICES: Final = ("consul", "general", "admiral", "ministerForForeignAffairs", "chiefOfStaff")
_TOPICS: Final = ("peace", "indemnity", "breakOff", "payment", "meeting")
_MEASURES: Final = ("dead", "captured", "troops")

_A: Final = term("rdf:type")
_FROM, _TO, _VIA, _PRINCIPAL, _MODE, _OUTCOME, _STANCE, _MEDIUM, _WHEN, _PRINTED, _LED_TO, _AFTER = (
    term(f"pt:{name}")
    for name in (
        "from", "to", "via", "onBehalfOf", "mode", "outcome", "stance", "medium", "when", "dateAsStated",
        "ledTo", "after",
    )
)  # fmt: skip
_CERTAINTY, _OFFICE, _SIDE, _ABOUT, _VICTOR, _DEFEATED, _OF, _MEASURE, _AMOUNT, _UNIT, _BOUND = (
    term(f"pt:{name}")
    for name in (
        "certainty", "office", "side", "about", "victor", "defeated", "of", "measure", "amount", "unit",
        "bound",
    )
)  # fmt: skip
_SIGNED, _PARTY = term("pt:signedBy"), term("pt:party")
_AGENT, _PARTICIPANT, _LOCATION = (term(f"schema:{name}") for name in ("agent", "participant", "location"))
_KIND: Final = term("dcterms:type")
_INTEGER: Final = f"^^{term('xsd:integer')}"


@dataclass(slots=True)
class Rivalry:
    """One slot that passages fill differently.

    :param slot: the property, with a prefix.
    :param name: what makes the IRI of the disagreement, after the subject's name.
    :param kind: how the values stand to each other.
    :param values: the values by the place of the passage among those that tell of it.
    """

    slot: str
    name: str
    kind: Kind
    values: Mapping[int, str]


@dataclass(slots=True)
class Record:
    """Something that passages tell of.

    :param key: its name in IRIs.
    :param kind: its class.
    :param label: what editors call it.
    :param accounts: what each passage states, triples as N-Triples.
    :param mentioned: the actors and places of which each speaks.
    :param rivalries: where they differ.
    :param datings: what they date, for the time spans.
    :param supplied: the span that an editor supplies, where no year is printed.
    :param iri: its IRI, as N-Triples.
    """

    key: str
    kind: str
    label: Name
    accounts: list[list[str]]
    mentioned: list[list[Thing]]
    rivalries: list[Rivalry] = field(default_factory=list)
    datings: list[Dating] = field(default_factory=list)
    supplied: Dating | None = None
    iri: str = ""

    def __post_init__(self) -> None:
        self.iri = f"<{ID}{self.key}>"

    def say(self, place: int, predicate: str, value: str) -> None:
        """Add a statement about it to what one passage states."""
        self.accounts[place].append(f"{self.iri} {predicate} {value}")

    def say_thing(self, place: int, predicate: str, thing: Thing) -> None:
        """Add a statement whose value is an actor or a place."""
        self.accounts[place].append(f"{self.iri} {predicate} {thing.iri}")
        self.mentioned[place].append(thing)


class Teller:
    """Invents what passages tell.

    :param dice: chance.
    :param world: who there is.
    """

    def __init__(self, dice: Dice, world: World) -> None:
        self._dice = dice
        self._world = world
        self._number = 0
        self._others: Sequence[tuple[float, Callable[[int, float], list[Record]]]] = (
            (0.06, self._battle),
            (0.08, self._tenure),
            (0.12, self._statement),
            (0.04, self._meeting),
            (0.03, self._treaty),
            (0.05, self._demand),
        )

    def episode(self, events: int, tellings: int, when: float) -> list[Record]:
        """Invent a few acts of influence that go together, and what else their passages tell.

        :param events: how many acts.
        :param tellings: how many passages tell of them.
        :param when: where in the time that the document tells of it lies, from 0 to 1.
        """
        dice = self._dice
        records: list[Record] = []
        before: tuple[Record, Thing] | None = None
        for _ in range(events):
            record, target = self._influence(tellings, when, before[1] if before else None)
            if before:
                earlier = before[0]
                chance = dice.random()
                for place in range(tellings if chance < 0.5 else 0):
                    if chance < 0.4:
                        earlier.say(place, _LED_TO, record.iri)
                    else:
                        record.say(place, _AFTER, earlier.iri)
            before = record, target
            records.append(record)
        for share, invent in self._others:
            if dice.chance(share):
                records += invent(tellings, when)
        return records

    # --- kinds of records

    def _influence(self, tellings: int, when: float, source: Thing | None) -> tuple[Record, Thing]:
        dice = self._dice
        if source is None or dice.chance(0.4):
            source = self._actor()
        target = self._actor(source)
        mode = dice.pick(_MANNERS)
        record = self._record("influence", "Influence", tellings, _MODES[mode], source, target)
        via = self._person(source, target) if dice.chance(0.1) else None
        principal = source.state if source.kind == "Person" and dice.chance(0.15) else None
        second = self._actor(source, target) if dice.chance(0.03) else None
        medium = dice.pick(_MEDIA) if dice.chance(0.4) else None
        stance = dice.pick(_STANCES) if dice.chance(0.1) else None
        reported = dice.chance(0.05)
        for place in range(tellings):
            record.say_thing(place, _FROM, source)
            record.say_thing(place, _TO, target)
            record.say(place, _MODE, concept(mode))
            if via:
                record.say_thing(place, _VIA, via)
            if principal and principal is not target:
                record.say_thing(place, _PRINCIPAL, principal)
            if second:
                record.say_thing(place, _TO, second)
            if medium and (place == 0 or dice.chance(0.5)):
                record.say(place, _MEDIUM, concept(medium))
            if stance:
                record.say(place, _STANCE, concept(stance))
            if reported:
                record.say(place, _CERTAINTY, concept("reported"))
        if dice.chance(0.4):
            self._valued(record, "outcome", _OUTCOME, _OUTCOMES, 0.15)
        if dice.chance(0.9):
            self._date(record, date_about(dice, when))
        return record, target

    def _tenure(self, tellings: int, when: float) -> list[Record]:
        holder = self._person()
        record = self._record("tenure", "Tenure", tellings, Name("{} in office", "{}ดำรงตำแหน่ง"), holder)
        for place in range(tellings):
            record.say_thing(place, _AGENT, holder)
            if holder.state:
                record.say_thing(place, _SIDE, holder.state)
        self._valued(record, "office", _OFFICE, _OFFICES, 0.3)
        return [record]

    def _battle(self, tellings: int, when: float) -> list[Record]:
        dice = self._dice
        place_of_it = dice.pick(self._world.places)
        one, other = self._states()
        record = self._record("battle", "Battle", tellings, Name("Battle of {}", "ยุทธการ{}"), place_of_it)
        turned = {place for place in range(1, tellings) if dice.chance(0.2)}
        for place in range(tellings):
            winner, loser = (other, one) if place in turned else (one, other)
            record.say_thing(place, _LOCATION, place_of_it)
            record.say_thing(place, _VICTOR, winner)
            record.say_thing(place, _DEFEATED, loser)
        if turned:
            values = {place: other.iri if place in turned else one.iri for place in range(tellings)}
            record.rivalries.append(Rivalry("pt:victor", "victor", Kind.INCOMPATIBLE, values))
        self._date(record, date_about(dice, when))
        return [record, *self._figures(record, one, tellings), *self._figures(record, other, tellings)]

    def _figures(self, battle: Record, side: Thing, tellings: int) -> list[Record]:
        dice = self._dice
        measure = dice.pick(_MEASURES)
        first = (dice.below(900) + 20) * 100
        amounts = [first]
        for _ in range(1, tellings):
            amounts.append(first + dice.pick((-1300, 700, 1000, 2000)) if dice.chance(0.4) else first)
        records = []
        for amount in dict.fromkeys(amounts):
            key = f"qty-{battle.key}-{side.key}-{measure}-{amount}"
            called = Name(f"{amount} {measure}, {side.label.latin}", f"{side.label.thai} จำนวน {amount}")
            record = Record(
                key, "Quantity", _of(battle, called), [[] for _ in amounts], [[] for _ in amounts]
            )
            for place, given in enumerate(amounts):
                if given == amount:
                    record.say(place, _A, term("pt:Quantity"))
                    record.say(place, _OF, battle.iri)
                    record.say_thing(place, _SIDE, side)
                    record.say(place, _MEASURE, concept(measure))
                    record.say(place, _AMOUNT, f'"{amount}"{_INTEGER}')
                    record.say(place, _UNIT, concept("person"))
                    record.say(place, _BOUND, concept(_bound(amount)))
            records.append(record)
        if len(records) > 1:
            kinds = [
                relate_amounts(*(Amount(Fraction(amount), _bound(amount)) for amount in pair))
                for pair in combinations(dict.fromkeys(amounts), 2)
            ]
            values = {
                place: f"<{ID}qty-{battle.key}-{side.key}-{measure}-{amount}>"
                for place, amount in enumerate(amounts)
            }
            name = f"{side.key}-{measure}-person"
            kind = max(kind for kind in kinds if kind)
            battle.rivalries.append(Rivalry("pt:amount", name, kind, values))
        return records

    def _statement(self, tellings: int, when: float) -> list[Record]:
        speaker, topic = self._person(), self._dice.pick(_TOPICS)
        called = Name("{} speaks", "{}กล่าวถึงเรื่อง")
        record = self._record("statement", "Statement", tellings, called, speaker)
        for place in range(tellings):
            record.say_thing(place, _AGENT, speaker)
            record.say(place, _ABOUT, concept(topic))
            record.say(place, _MEDIUM, concept("press"))
        return [record]

    def _meeting(self, tellings: int, when: float) -> list[Record]:
        dice = self._dice
        city = dice.pick(self._world.places)
        there = {id(person): person for person in (self._person() for _ in range(2 + dice.below(4)))}
        record = self._record("meeting", "Event", tellings, Name("Meeting at {}", "การประชุมที่{}"), city)
        for place in range(tellings):
            record.say(place, _KIND, concept("conference"))
            record.say_thing(place, _LOCATION, city)
            for person in there.values():
                record.say_thing(place, _PARTICIPANT, person)
        self._date(record, date_about(dice, when))
        return [record]

    def _treaty(self, tellings: int, when: float) -> list[Record]:
        dice = self._dice
        city, parties = dice.pick(self._world.places), self._states()
        record = self._record("treaty", "Treaty", tellings, Name("Treaty of {}", "สนธิสัญญา{}"), city)
        signers = {id(person): person for person in (self._person() for _ in range(4))}
        for place in range(tellings):
            record.say(place, _KIND, concept("peaceTreaty"))
            for party in parties:
                record.say_thing(place, _PARTY, party)
            for person in signers.values():
                record.say_thing(place, _SIGNED, person)
        self._date(record, date_about(dice, when))
        return [record]

    def _demand(self, tellings: int, when: float) -> list[Record]:
        one, other = self._states()
        called = Name("{} demands of {}", "{}เรียกร้องจาก{}")
        record = self._record("demand", "Demand", tellings, called, one, other)
        for place in range(tellings):
            record.say_thing(place, _FROM, one)
            record.say_thing(place, _TO, other)
            record.say(place, _ABOUT, concept("indemnity"))
        self._valued(record, "outcome", _OUTCOME, _OUTCOMES, 0.2)
        return [record]

    # --- slots

    def _record(self, stem: str, kind: str, tellings: int, called: Name, *of: Thing) -> Record:
        self._number += 1
        label = Name(
            f"{called.latin.format(*(thing.label.latin for thing in of))} ({self._number})",
            f"{called.thai.format(*(thing.label.thai for thing in of))} ({self._number})",
        )
        places = range(tellings)
        record = Record(f"{stem}-{self._number}", kind, label, [[] for _ in places], [[] for _ in places])
        for place in places:
            record.say(place, _A, term(f"pt:{kind}"))
        return record

    def _valued(
        self, record: Record, name: str, predicate: str, values: Sequence[str], rivals: float
    ) -> None:
        """Fill a slot of one value in every passage, in some otherwise than in the first."""
        first = concept(self._dice.pick(values))
        given = {0: first}
        for place in range(1, len(record.accounts)):
            if self._dice.chance(0.7):
                given[place] = concept(self._dice.pick(values)) if self._dice.chance(rivals) else first
        for place, value in given.items():
            record.say(place, predicate, value)
        if len(set(given.values())) > 1:
            record.rivalries.append(Rivalry(f"pt:{name}", name, Kind.INCOMPATIBLE, given))

    def _date(self, record: Record, day: date) -> None:
        dice = self._dice
        tellings = len(record.accounts)
        given = {0: dated(dice, day, year=tellings > 1)}
        for place in range(1, tellings):
            if dice.chance(0.7):
                again = dice.random()
                given[place] = given[0] if again < 0.6 else dated_again(dice, day, rival=again > 0.85)
        spans = {}
        for place, dating in given.items():
            for printed in dating.printed:
                record.say(place, _PRINTED, printed)
            record.datings.append(dating)
            if dating.supplied:
                record.supplied = dating
                continue
            spans[place] = dating
            record.say(place, _WHEN, dating.iri)
        different = dict.fromkeys(dating.span for dating in spans.values())
        if len(different) > 1:
            kind = max(relate_spans(one, other) for one, other in combinations(different, 2))
            values = {place: dating.iri for place, dating in spans.items()}
            record.rivalries.append(Rivalry("pt:when", "when", kind, values))

    # --- actors

    def _actor(self, *others: Thing) -> Thing:
        dice, world = self._dice, self._world
        kind = dice.random()
        among = world.persons if kind < 0.7 else world.states if kind < 0.85 else world.bodies
        while (actor := dice.often(among)) in others:
            pass
        return actor

    def _person(self, *others: Thing) -> Thing:
        while (person := self._dice.often(self._world.persons)) in others:
            pass
        return person

    def _states(self) -> tuple[Thing, Thing]:
        states = self._world.states
        place = self._dice.below(len(states))
        return states[place], states[(place + 1 + self._dice.below(len(states) - 1)) % len(states)]


def _bound(amount: int) -> str:
    return "about" if amount % 1000 == 0 else "exactly"


def _of(battle: Record, called: Name) -> Name:
    return Name(f"{called.latin}, {battle.label.latin}", f"{called.thai} {battle.label.thai}")
