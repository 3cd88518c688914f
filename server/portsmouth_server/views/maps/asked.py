"""What a request wants of the map, read from its address, so that the address restores the view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from portsmouth.dates import Bounds
from portsmouth.errors import ParameterError
from portsmouth_server.parameters import known_parameters
from portsmouth_server.views.timeline.asked import read_days
from portsmouth_server.views.words import N_

#: What can be shown alone.
KINDS: Final = {
    "battles": N_("battles and sieges"),
    "changes": N_("what changed hands"),
    "railways": N_("railways"),
    "posts": N_("embassies and posts"),
    "events": N_("other happenings"),
}
_NAMES: Final = ("kind", "part", "since", "until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown.

    :param kind: only this kind, a key of :data:`KINDS`; all where empty.
    :param part: only what this part places.
    :param since: the first day as it was given.
    :param until: the last day as it was given.
    :param window: the days; of any time where it is ``None``.
    """

    kind: str = ""
    part: str = ""
    since: str = ""
    until: str = ""
    window: Bounds | None = None

    @classmethod
    def from_address(cls, query_string: bytes) -> Self:
        """Read the parameters of an address.

        :param query_string: what follows the question mark, still percent-encoded.
        :raises ParameterError: a parameter is unknown, given twice or malformed.

        >>> Asked.from_address(b"kind=battles&since=1905").window.earliest
        datetime.date(1905, 1, 1)
        """
        values = known_parameters(query_string, _NAMES)
        kind, part = values.get("kind", ""), values.get("part", "")
        if kind and kind not in KINDS:
            raise ParameterError(found=f"kind={kind[:100]!r}", expected=f"one of {', '.join(KINDS)}")
        since, until = values.get("since", ""), values.get("until", "")
        first, last = read_days(since, "since"), read_days(until, "until")
        window = None
        if first or last:
            window = Bounds(first.earliest if first else date.min, last.latest if last else date.max)
            if window.earliest > window.latest:
                raise ParameterError(
                    found=f"since={since} after until={until}", expected="the earlier one first"
                )
        return cls(kind, part, since, until, window)
