"""The time spans that the facts name, with their first and last day as values that SPARQL compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import NamedNode, Quad

from portsmouth import iris
from portsmouth.build.terms import RDF_TYPE, day
from portsmouth.dates import Bounds

_CALENDAR: Final = NamedNode(iris.CALENDAR)
_EARLIEST: Final = NamedNode(iris.PT + "earliest")
_LATEST: Final = NamedNode(iris.PT + "latest")


def calendar(spans: Iterable[str]) -> Iterator[Quad]:
    """Describe time spans by the bounds that their names hold.

    :param spans: IRIs that :meth:`~portsmouth.dates.Bounds.from_iri` accepts.
    :return: the quads of g:calendar.

    >>> [quad.object.value for quad in calendar([iris.TIME + "1905-09-05"])][1:]
    ['1905-09-05', '1905-09-05']
    """
    for iri in spans:
        span, bounds = NamedNode(iri), Bounds.from_iri(iri)
        yield Quad(span, RDF_TYPE, NamedNode(iris.PT + "TimeSpan"), _CALENDAR)
        yield Quad(span, _EARLIEST, day(bounds.earliest), _CALENDAR)
        yield Quad(span, _LATEST, day(bounds.latest), _CALENDAR)
