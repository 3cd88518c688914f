"""Which events a network is drawn from, and whose word for them counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from portsmouth.errors import ParameterError
from portsmouth.iris import PT, PassageKey, passage_key, shorten
from portsmouth.networks.reading import Facts, Record, values_of
from portsmouth.networks.selection import FAILURES, Selection, concept

OUTCOME: Final = PT + "outcome"
STANCE: Final = PT + "stance"


def check(facts: Facts, selection: Selection, manner: str) -> None:
    """Refuse a filter that could let nothing through.

    :param facts: what there is.
    :param selection: what was asked for.
    :param manner: IRI of the property that tells how actors acted.
    :raises ParameterError: a mode, outcome, stance or part that no event has.
    """
    for name, slot, chosen in _chosen(selection, manner):
        at = facts.values[slot]
        known = {value for event in facts.events for value in event[at]}
        for wanted in chosen:
            if concept(wanted) not in known:
                listed = ", ".join(sorted(shorten(value) for value in known)) or "none, for nothing has one"
                raise ParameterError(found=f"the {name} {wanted!r}", expected=f"one of {listed}")
    if selection.parts:
        graphs = {graph for event in facts.events for at in facts.told.values() for _, graph in event[at]}
        parts = {key.part for graph in graphs if (key := passage_key(graph))}
        for part in selection.parts:
            if part not in parts:
                listed = ", ".join(sorted(parts)) or "none"
                raise ParameterError(found=f"the part {part!r}", expected=f"one of {listed}")


def passing(facts: Facts, selection: Selection, manner: str) -> list[Record]:
    """Return the events that pass every filter but those of time and part.

    :param facts: what there is.
    :param selection: what was asked for.
    :param manner: IRI of the property that tells how actors acted.
    :return: them, in the order of the facts.
    """
    events = facts.events
    for _, slot, chosen in _chosen(selection, manner):
        wanted, at = frozenset(map(concept, chosen)), facts.values[slot]
        events = [event for event in events if not wanted.isdisjoint(event[at])]
    if selection.effects:
        at = facts.values[OUTCOME]
        # What has no outcome, as far as anybody tells, may have moved somebody.
        events = [event for event in events if not event[at] or not FAILURES.issuperset(event[at])]
    return events


def of_parts(facts: Facts, parts: Collection[str]) -> Facts:
    """Keep what some parts of the page tell, with what editors add to it.

    :param facts: what there is; all of it told by graphs.
    :param parts: the parts, as in ``s5``.
    :return: the events of which these parts speak, and what is then told of them.
    """
    keys = _Keys()
    kept = []
    for event in facts.events:
        record, spoken_of = event.copy(), False
        for at in facts.told.values():
            record[at] = tuple(end for end in event[at] if (key := keys[end[1]]) is None or key.part in parts)
            spoken_of = spoken_of or any(keys[graph] for _, graph in record[at])
        if spoken_of:
            for name, at in facts.values.items():
                record[at] = values_of(record[facts.told[name]])
            kept.append(record)
    return replace(facts, events=kept)


class _Keys(dict[str, PassageKey | None]):
    """The keys of passages, ``None`` for other graphs; the same graphs are told again and again."""

    def __missing__(self, graph: str) -> PassageKey | None:
        self[graph] = key = passage_key(graph)
        return key


def _chosen(selection: Selection, manner: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what each filter by concept is called, of which property it is, and what it lets through."""
    slots = (
        ("mode", manner, selection.modes),
        ("outcome", OUTCOME, selection.outcomes),
        ("stance", STANCE, selection.stances),
    )
    return [slot for slot in slots if slot[2]]
