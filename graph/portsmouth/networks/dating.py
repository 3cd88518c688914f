"""The days of events, by all that is said of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from portsmouth.networks.reading import Ends, Span

#: What each passage or editor gives: first day, last day, graph.
Accounts = tuple[tuple[str, str, str], ...]

_UNDATED: Final = Span(None, None)


class Dates:
    """The days of events, and who gives them.

    :param spans: the bounds of time spans, by IRI.

    >>> dates = Dates({"t:1905": Span(date(1905, 1, 1), date(1905, 12, 31))})
    >>> dates.of((("t:1905", "p:s8-360"),))[1]
    (('1905-01-01', '1905-12-31', 'p:s8-360'),)
    """

    def __init__(self, spans: Mapping[str, Span]) -> None:
        self._spans = {name: (span, _iso(span.earliest), _iso(span.latest)) for name, span in spans.items()}

    def of(self, whens: Ends) -> tuple[Span, Accounts]:
        """Return the days of one event.

        :param whens: its time spans, each with a graph that states it.
        :return: the first and the last day by all accounts, and the accounts, sorted.
        """
        if not whens:
            return _UNDATED, ()
        if len(whens) == 1 and (only := self._spans.get(whens[0][0])):
            # Nearly all events are dated once.
            span, first, last = only
            return span, ((first, last, whens[0][1]),)
        known = [(*self._spans[value], graph) for value, graph in whens if value in self._spans]
        told = {(first, last, graph) for _, first, last, graph in known}
        return agreed([span for span, *_ in known]), tuple(sorted(told))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def agreed(spans: Collection[Span]) -> Span:
    """Return the days on which an event may lie by all that is said of it.

    Where all accounts can be right at once, it lies on a day that they share. Where they cannot, no winner is
    chosen: it lies anywhere between the first and the last day that one of them gives.

    :param spans: what each account gives.
    :return: the first and the last day.

    >>> day = date.fromisoformat
    >>> year, april = Span(day("1905-01-01"), day("1905-12-31")), Span(day("1905-04-05"), day("1905-04-18"))
    >>> agreed([year, april]) == april
    True
    >>> agreed([april, Span(day("1905-05-01"), day("1905-05-01"))]).latest.isoformat()
    '1905-05-01'
    """
    first = [span.earliest for span in spans if span.earliest]
    last = [span.latest for span in spans if span.latest]
    shared = Span(max(first, default=None), min(last, default=None))
    if shared.earliest and shared.latest and shared.earliest > shared.latest:
        return Span(min(first), max(last))
    return shared


def meets(span: Span, since: date | None, until: date | None) -> bool:
    """Tell whether something may lie within a period; of what has no date nobody knows.

    :param span: the days on which it may lie.
    :param since: the first day of the period, if it has one.
    :param until: its last day, if it has one.

    >>> meets(Span(date(1905, 8, 22), date(1905, 9, 4)), date(1905, 9, 1), None)
    True
    >>> meets(Span(None, None), None, date(1905, 9, 1))
    False
    """
    if span.earliest is None and span.latest is None:
        return False
    too_early = since and span.latest and span.latest < since
    too_late = until and span.earliest and span.earliest > until
    return not too_early and not too_late
