"""What a disagreement is: one slot, its rival values, and the passages that give each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from portsmouth.errors import NotFoundError, ParameterError
from portsmouth.iris import passage_key
from portsmouth.store.rows import Term

#: The kinds, from the strongest.
KINDS: Final = ("incompatible", "overlapping", "internal", "calendar", "narrower", "refinement")

_PART: Final = re.compile(r"s[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Account:
    """What one passage says.

    :param passage: the passage's IRI.
    :param part: the part's key, such as ``s5``.
    :param line: its line in the source.
    :param gloss: what it says, in our words.
    :param put: how it puts the value, where that differs: a date as printed, a government for its state.
    :param telling: the IRI under which it tells of the subject, where that is another.
    :param terms: the same as ``put``, as it stands in the graph.
    :param spellings: how the passage spells the value, where it names it.
    """

    passage: str
    part: str
    line: int
    gloss: str = ""
    put: str = ""
    telling: str = ""
    terms: tuple[Term, ...] = ()
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rival:
    """One of the values, with the passages that give it.

    :param term: the value.
    :param label: what it is called, or how it reads.
    :param accounts: the passages, in the order of the page.
    """

    term: Term
    label: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """An IRI and what it is called."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One slot that passages fill differently.

    :param iri: the disagreement's IRI.
    :param kind: one of :data:`KINDS`.
    :param kind_label: the name of the kind.
    :param explanation: the kind in a sentence.
    :param subject: of what passages say different things.
    :param slot: the property in dispute.
    :param values: the rival values.
    :param tellings: other IRIs under which passages tell of the subject.
    :param things: IRIs of everything that it concerns: subject, tellings, values, and what they are tied to.
    """

    iri: str
    kind: str
    kind_label: str
    explanation: str
    subject: Named
    slot: Named
    values: tuple[Rival, ...]
    tellings: tuple[Named, ...] = ()
    things: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What tells it from the others in an address.

        >>> Conflict("http://e/disagreement-x-when", "", "", "", Named("", ""), Named("", ""), ()).name
        'x-when'
        """
        return self.iri.rpartition("/")[2].removeprefix("disagreement-")

    @property
    def label(self) -> str:
        """What is in dispute, in words."""
        return f"{self.subject.label}: {self.slot.label}"

    @property
    def passages(self) -> tuple[str, ...]:
        """The passages that take part, in the order of the page."""
        return tuple(sorted({one.passage for value in self.values for one in value.accounts}, key=place))

    @property
    def parts(self) -> frozenset[str]:
        """The keys of the parts that take part."""
        return frozenset(one.part for value in self.values for one in value.accounts)

    def as_json(self) -> dict[str, Any]:
        """Write the disagreement for programs."""
        return {
            "iri": self.iri,
            "label": self.label,
            "kind": self.kind,
            "explanation": self.explanation,
            "subject": {"iri": self.subject.iri, "label": self.subject.label},
            "property": {"iri": self.slot.iri, "label": self.slot.label},
            "tellings": [{"iri": one.iri, "label": one.label} for one in self.tellings],
            "values": [
                {
                    "value": str(value.term),
                    "label": value.label,
                    "accounts": [
                        {
                            "passage": one.passage,
                            "part": one.part,
                            "line": one.line,
                            "gloss": one.gloss,
                            "put": one.put,
                            "spellings": list(one.spellings),
                            "telling": one.telling or self.subject.iri,
                        }
                        for one in value.accounts
                    ],
                }
                for value in self.values
            ],
        }


#: The columns of :func:`table`.
COLUMNS: Final = (
    "disagreement", "kind", "subject", "property", "value", "passage", "part", "line", "put", "gloss",
)  # fmt: skip


def table(conflicts: Iterable[Conflict]) -> list[tuple[str, ...]]:
    """Write disagreements as rows, one an account; see :data:`COLUMNS`.

    :param conflicts: the disagreements.
    """
    return [
        (
            conflict.iri, conflict.kind, conflict.subject.label, conflict.slot.label, value.label,
            account.passage, account.part, str(account.line), account.put, account.gloss,
        )
        for conflict in conflicts
        for value in conflict.values
        for account in value.accounts
    ]  # fmt: skip


def select(
    conflicts: Iterable[Conflict], *, entity: str = "", part: str = "", kind: str = ""
) -> tuple[Conflict, ...]:
    """Choose among disagreements.

    :param conflicts: the disagreements.
    :param entity: the IRI of something that they must concern.
    :param part: the key of a part that must take part, such as ``s5``.
    :param kind: one of :data:`KINDS`.
    :raises ParameterError: there is no such kind, or a part is no key.

    >>> select([], kind="contrary")
    Traceback (most recent call last):
    ...
    portsmouth.errors.ParameterError: found kind='contrary'; expected one of incompatible, overlapping, \
internal, calendar, narrower, refinement
    """
    if kind and kind not in KINDS:
        raise ParameterError(found=f"kind={kind[:100]!r}", expected=f"one of {', '.join(KINDS)}")
    if part and not _PART.fullmatch(part):
        raise ParameterError(found=f"part={part[:100]!r}", expected="the key of a part, such as s5")
    return tuple(
        one
        for one in conflicts
        if (not entity or entity in one.things)
        and (not part or part in one.parts)
        and (not kind or kind == one.kind)
    )


def find(conflicts: Iterable[Conflict], name: str) -> Conflict:
    """Return the disagreement of a name.

    :param conflicts: the disagreements.
    :param name: as :attr:`Conflict.name` gives it.
    :raises NotFoundError: there is none.
    """
    for conflict in conflicts:
        if conflict.name == name:
            return conflict
    raise NotFoundError(found=f"no disagreement named {name[:100]!r}", expected="one of those at /conflicts")


def place(passage: str) -> tuple[int, str]:
    """Return the place of a passage on the page, to sort by.

    :param passage: its IRI.

    >>> place("https://w3id.org/portsmouth1905/passage/s1-039")[0]
    39
    """
    key = passage_key(passage)
    return (key.line if key else 0, passage)
