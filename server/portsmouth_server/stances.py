"""The stances that pages offer: every part, those with names, one part alone, all but one, the chosen one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portsmouth.stance import NAMED, Stance

#: Keys of the parts that pages offer; any other can be written into the address.
PARTS: Final = tuple(f"s{number}" for number in range(1, 9))


@dataclass(frozen=True, slots=True)
class Option:
    """One stance to choose.

    :param value: as the parameter ``parts`` has it.
    :param label: in words.
    :param chosen: whether it is the present one.
    """

    value: str
    label: str
    chosen: bool


def offered(chosen: Stance | None) -> list[tuple[str, list[Option]]]:
    """Return the stances that a page offers, in groups.

    :param chosen: the present one, which is among them in any case.

    >>> [option.value for option in offered(Stance.parse("s1,s2"))[0][1]]
    ['', 's1,s2']
    """
    groups: dict[str, Iterable[Stance | None]] = {
        "Named": [Stance.parse(text) for text, _ in NAMED.values()],
        "One part alone": [Stance((part,)) for part in PARTS],
        "All but one": [Stance((part,), without=True) for part in PARTS],
    }
    seen: set[Stance | None] = {None}
    shown = [("", [_option(None, chosen)])]
    for name, group in groups.items():
        shown.append((name, [_option(stance, chosen) for stance in group if stance not in seen]))
        seen.update(group)
    if chosen not in seen:
        shown[0][1].append(_option(chosen, chosen))
    return shown


def _option(stance: Stance | None, chosen: Stance | None) -> Option:
    label = stance.label if stance else "every part"
    return Option(str(stance or ""), label, stance == chosen)
