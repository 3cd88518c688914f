"""The invented actors and places of a corpus, and how they belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Final

from portsmouth.synthetic.names import Name, name

#: The bodies of each state, with the class of each and how it is called.
_BODIES: Final = (
    ("government", "Government", "Government of {}", "รัฐบาล{}"),
    ("first-delegation", "Delegation", "First delegation of {}", "คณะผู้แทนที่หนึ่งของ{}"),
    ("second-delegation", "Delegation", "Second delegation of {}", "คณะผู้แทนที่สองของ{}"),
    ("army", "Force", "Army of {}", "กองทัพ{}"),
    ("press", "Press", "Press of {}", "หนังสือพิมพ์{}"),
)


@dataclass(slots=True, eq=False)
class Thing:
    """An actor or a place.

    :param key: its name in IRIs.
    :param kind: its class.
    :param label: what it is called.
    :param above: what a passage that introduces it says of it: properties, each with another thing.
    :param state: the state on whose side it is; itself if it is one.
    """

    key: str
    kind: str
    label: Name
    above: list[tuple[str, Thing]] = field(default_factory=list)
    state: Thing | None = None
    iri: str = ""

    def __post_init__(self) -> None:
        self.iri = f"<https://w3id.org/portsmouth1905/id/{self.key}>"


@dataclass(frozen=True, slots=True)
class World:
    """Everybody, everywhere.

    :param states: the states.
    :param persons: the persons; those at the beginning are spoken of most.
    :param bodies: governments, delegations, armies and the press, five a state.
    :param places: settlements.
    """

    states: Sequence[Thing]
    persons: Sequence[Thing]
    bodies: Sequence[Thing]
    places: Sequence[Thing]

    @classmethod
    def of(cls, persons: int) -> World:
        """Invent a world.

        :param persons: how many live in it.
        :return: the world, the same for the same number.

        >>> world = World.of(50)
        >>> len(world.states), world.states[0].label.latin, world.persons[7].key
        (7, 'Ondvelia', 'zusaldai-risibjordai')
        """
        states = [_state(number) for number in range(min(40, 3 + isqrt(persons) // 2 + persons // 40))]
        bodies = [_body(state, *row) for state in states for row in _BODIES]
        everybody = []
        for number in range(persons):
            state = states[number % len(states)]
            person = _person(number, state)
            everybody.append(person)
            rank = number // len(states)
            # The first of each state head its bodies; of the others four of five belong to one.
            own = bodies[(number % len(states)) * len(_BODIES) :][: len(_BODIES)]
            if rank < len(_BODIES) - 1:
                own[rank].above.append(("commandedBy" if own[rank].kind == "Force" else "headedBy", person))
            elif rank % 5:
                person.above.append(("memberOf", own[rank % 5 % 3]))
        places = [_place(number) for number in range(max(6, persons // 4))]
        return cls(states, everybody, bodies, places)


def _state(number: int) -> Thing:
    called = name(number, 2)
    label = Name(f"{called.latin}ia", f"{called.thai}เอีย")
    thing = Thing(label.latin.lower(), "State", label)
    thing.state = thing
    return thing


def _body(state: Thing, key: str, kind: str, latin: str, thai: str) -> Thing:
    label = Name(latin.format(state.label.latin), thai.format(state.label.thai))
    return Thing(f"{key}-of-{state.label.latin.lower()}", kind, label, [("side", state)], state)


def _person(number: int, state: Thing) -> Thing:
    given, family = name(number, 3), name(number, 4)
    label = Name(f"{given.latin} {family.latin}", f"{given.thai} {family.thai}")
    return Thing(f"{given.latin.lower()}-{family.latin.lower()}", "Person", label, [("side", state)], state)


def _place(number: int) -> Thing:
    called = name(number, 3)
    label = Name(f"Port {called.latin}", f"เมืองท่า{called.thai}")
    return Thing(f"port-{called.latin.lower()}", "Settlement", label)
