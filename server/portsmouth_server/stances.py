"""The stances that pages offer: every part, those with names, one part alone, all but one, the chosen one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portsmouth.stance import NAMED, Stance
from portsmouth_server.translation import gettext, ngettext

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
        gettext("With a name"): [Stance.parse(text) for text, _ in NAMED.values()],
        gettext("One part alone"): [Stance((part,)) for part in PARTS],
        gettext("All but one"): [Stance((part,), without=True) for part in PARTS],
    }
    seen: set[Stance | None] = {None}
    shown = [("", [_option(None, chosen)])]
    for name, group in groups.items():
        shown.append((name, [_option(stance, chosen) for stance in group if stance not in seen]))
        seen.update(group)
    if chosen not in seen:
        shown[0][1].append(_option(chosen, chosen))
    return shown


def stance_label(stance: Stance | None) -> str:
    """Say a stance in the reader's language.

    :param stance: the stance; ``None`` is every part.

    >>> stance_label(None), stance_label(Stance(("s4", "s8"), without=True))
    ('every part', 'without parts 4, 8')
    """
    if stance is None:
        return gettext("every part")
    if stance == Stance.parse("treaty-text"):
        return gettext("the text of the treaty alone")
    if stance == Stance.parse("without-memoir"):
        return gettext("without the memoir")
    numbers = {"parts": ", ".join(part[1:] for part in stance.parts)}
    many = len(stance.parts)
    if stance.without:
        return ngettext("without part %(parts)s", "without parts %(parts)s", many) % numbers
    return ngettext("part %(parts)s alone", "parts %(parts)s alone", many) % numbers


def _option(stance: Stance | None, chosen: Stance | None) -> Option:
    return Option(str(stance or ""), stance_label(stance), stance == chosen)
