"""Who stands for whom: person, delegation, government, state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal, get_args

from portsmouth.iris import PT, shorten
from portsmouth.networks.reading import Ties

Level = Literal["delegation", "government", "state"]
#: The levels to which actors can be rolled up, the lowest first.
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

_CLASS: Final[Mapping[Level, str]] = {
    "delegation": PT + "Delegation",
    "government": PT + "Government",
    "state": PT + "State",
}
#: The classes as nodes name them, the most telling first: what is a state is a state, whatever else it is.
_KINDS: Final = ("State", "Government", "Delegation", "Person", "Force", "Press", "Group")


class Hierarchy:
    """What stands above each actor, as the source states it.

    A person stands for the delegation or government to which he belongs or which he heads; a delegation for
    the one government of its side; anybody for the state on whose side he, or the body above him, stands.
    Near-identical bodies (``skos:closeMatch``) count as one: one with a stated head if there is, then the one
    that most actors are said to belong to or to side with. The source says nothing of when
    a membership began or ended, so it holds throughout.

    :param ties: what the source states.

    >>> d, none = "https://w3id.org/portsmouth1905/id/", {}
    >>> kinds = {d + "komura": frozenset([PT + "Person"]), d + "japan": frozenset([PT + "State"])}
    >>> sides = {d + "komura": frozenset([d + "japan"])}
    >>> Hierarchy(Ties(kinds, none, none, sides, frozenset(), none)).roll_up("state")
    {'https://w3id.org/portsmouth1905/id/komura': 'https://w3id.org/portsmouth1905/id/japan'}
    """

    def __init__(self, ties: Ties) -> None:
        self._ties = ties
        self._members: dict[str, set[str]] = {}
        for actor, bodies in ties.member.items():
            for body in bodies:
                self._members.setdefault(body, set()).add(actor)
        stood_for = Counter(body for bodies in ties.member.values() for body in bodies)
        stood_for.update(side for sides in ties.side.values() for side in sides)
        self._stood_for = stood_for
        self._governments: dict[str, set[str]] = {}
        for actor, sides in ties.side.items():
            if _CLASS["government"] in ties.kinds.get(actor, ()):
                for side in sides:
                    self._governments.setdefault(side, set()).add(actor)

    def label(self, actor: str) -> str:
        """Return the English name of an actor, or the short form of its IRI."""
        return self._ties.labels.get(actor) or shorten(actor)

    def kind(self, actor: str) -> str:
        """Return the name of the class of an actor, ``Actor`` where none is known."""
        classes = self._ties.kinds.get(actor, ())
        return next((kind for kind in _KINDS if PT + kind in classes), "Actor")

    def members(self, actor: str) -> set[str]:
        """Return who belongs to a delegation, or heads it; nobody for other bodies."""
        return self._members.get(actor, set()) if self._is(actor, "delegation") else set()

    def state(self, actor: str) -> str | None:
        """Return the one state on whose side an actor stands, itself if it is one."""
        states = self._above(actor, "state")
        return next(iter(states)) if len(states) == 1 else None

    def roll_up(self, level: Level | None) -> dict[str, str]:
        """Return what each actor stands for at a level, for those who stand for another.

        :param level: ``delegation``, ``government`` or ``state``; ``None`` rolls up nobody.
        """
        if level is None:
            return {}
        rolled = {actor: self._standing(actor, level) for actor in self._ties.kinds}
        return {actor: top for actor, top in rolled.items() if top != actor}

    def ambiguous(self, level: Level | None) -> tuple[str, ...]:
        """Return the actors who belong to several at one level on the way, and so stay below it."""
        below = LEVELS[: LEVELS.index(level) + 1] if level else ()
        return tuple(
            sorted(
                actor for actor in self._ties.kinds if any(len(self._above(actor, up)) > 1 for up in below)
            )
        )

    def _standing(self, actor: str, level: Level) -> str:
        for at in reversed(LEVELS[: LEVELS.index(level) + 1]):
            above = self._above(actor, at)
            if len(above) == 1:
                return next(iter(above))
        return actor

    def _above(self, actor: str, level: Level) -> set[str]:
        if self._is(actor, level):
            return {self._chief(actor, level)}
        if any(self._is(actor, higher) for higher in LEVELS[LEVELS.index(level) + 1 :]):
            return set()
        if level == "state":
            bodies = [actor, *self._ties.member.get(actor, ())]
            return {
                self._chief(side, level)
                for body in bodies
                for side in self._ties.side.get(body, ())
                if self._is(side, level)
            }
        found = {
            self._chief(body, level) for body in self._ties.member.get(actor, ()) if self._is(body, level)
        }
        if level == "government" and not found:
            for body in (actor, *self._ties.member.get(actor, ())):
                if self._is(body, "delegation"):
                    for side in self._ties.side.get(body, ()):
                        found |= {self._chief(one, level) for one in self._governments.get(side, ())}
        return found

    def _is(self, actor: str, level: Level) -> bool:
        return _CLASS[level] in self._ties.kinds.get(actor, ())

    def _chief(self, body: str, level: Level) -> str:
        """Return the one of a body and its twins that stands for them all."""
        twins = {body}
        new = {body}
        while new:
            new = {
                twin for one in new for twin in self._ties.twins.get(one, ()) if self._is(twin, level)
            } - twins
            twins |= new
        return min(twins, key=lambda one: (one not in self._ties.heads, -self._stood_for[one], one))
