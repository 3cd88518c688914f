"""What the page of the treaty shows, as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass

from portsmouth_server.views.words import Source, Value


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who owes or receives, with the state on whose side he stands.

    :param value: the actor.
    :param side: the key of the state's colour, empty where there is none.
    """

    value: Value
    side: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a clause says.

    :param key: the last part of the property, such as ``condition``.
    :param name: the property in words.
    :param values: what it says.
    :param dispute: where rival values are set side by side, empty where passages agree.
    :param differs: in a retelling: whether the treaty's own text says another thing here.
    """

    key: str
    name: str
    values: tuple[Value, ...]
    dispute: str = ""
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Retelling:
    """A clause as another part tells it.

    :param value: the clause.
    :param part: the number of the part.
    :param binds: who is bound there.
    :param benefits: who benefits there.
    :param slots: what else it says.
    :param bound_differs: whether others are bound than in the treaty's own text.
    :param benefit_differs: whether others benefit.
    :param silent: what the treaty's own clause has and this telling has not, in words.
    :param sources: who tells it.
    """

    value: Value
    part: int
    binds: tuple[Party, ...]
    benefits: tuple[Party, ...]
    slots: tuple[Slot, ...]
    bound_differs: bool
    benefit_differs: bool
    silent: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One duty, right, exception or condition of an article.

    :param anchor: its anchor on the page.
    :param value: its name and link.
    :param kinds: what it is: a duty, a right, a cession.
    :param binds: who is bound.
    :param benefits: who benefits.
    :param slots: what else it says.
    :param binds_dispute: where rival accounts of who is bound are set side by side.
    :param benefits_dispute: where rival accounts of who benefits are set side by side.
    :param retellings: how other parts tell it.
    :param sources: who says so.
    :param depth: how deep it is nested in other clauses.
    """

    anchor: str
    value: Value
    kinds: tuple[str, ...]
    binds: tuple[Party, ...]
    benefits: tuple[Party, ...]
    slots: tuple[Slot, ...]
    binds_dispute: str
    benefits_dispute: str
    retellings: tuple[Retelling, ...]
    sources: tuple[Source, ...]
    depth: int

    @property
    def differing(self) -> bool:
        """Whether any other telling says another thing than the treaty's own text."""
        return any(
            one.bound_differs or one.benefit_differs or any(slot.differs for slot in one.slots)
            for one in self.retellings
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand that an article settled.

    :param value: its name and link.
    :param outcome: the answer that it got, in words.
    :param sources: who tells of it.
    """

    value: Value
    outcome: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article.

    :param anchor: its anchor on the page.
    :param value: its name and link.
    :param numeral: its number in Roman numerals, empty for an additional article.
    :param printed: its number as printed, with who prints it.
    :param clauses: what it provides, in order.
    :param retellings: how other parts tell it as a whole.
    :param demands: what it settled.
    :param notes: what the editors decided.
    :param sources: the lines that are its text.
    :param bound: states bound by any of its clauses.
    :param benefiting: states that benefit from any of its clauses.
    :param disputes: how many of its slots are disputed.
    """

    anchor: str
    value: Value
    numeral: str
    printed: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    retellings: tuple[Retelling, ...]
    demands: tuple[Demand, ...]
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    bound: tuple[Party, ...]
    benefiting: tuple[Party, ...]
    disputes: int

    @property
    def told(self) -> int:
        """How many tellings other parts give of the article or of its clauses."""
        tellings = [*self.retellings, *(one for clause in self.clauses for one in clause.retellings)]
        return len({one.value.href for one in tellings})


@dataclass(frozen=True, slots=True)
class Treaty:
    """The whole page.

    :param value: the treaty.
    :param slots: what is said of the treaty as a whole.
    :param articles: its articles in order, the additional ones last.
    :param only_elsewhere: clauses that other parts tell and that match nothing in the treaty's own text.
    """

    value: Value
    slots: tuple[Slot, ...]
    articles: tuple[Article, ...]
    only_elsewhere: tuple[Retelling, ...]
