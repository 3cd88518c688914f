"""Which time span each passage gives a thing that it dates without stating a span.

Mostly the year is not printed, and an editor supplies it: then the span stands in g:editorial, and where
several passages print days of one thing, several spans stand there together. Each passage is matched here
with the span that its own printed date means. An open year comes from another date that the passage prints
of the thing, or else from an editor's spans; a date that this leaves with more than one year has no span.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris
from portsmouth.build.derive import DERIVED_GRAPH
from portsmouth.build.terms import DATE_AS_STATED, DERIVED_FROM, WHEN
from portsmouth.dates import Bounds, Calendar, Printed, bounds, implied, is_edtf, read_span, supply_year

#: By thing and passage, the spans that the passage's printed dates have.
Datings = Mapping[NamedNode, Mapping[NamedNode, frozenset[NamedNode]]]


def find_datings(quads: Collection[Quad]) -> Datings:
    """Match passages with the spans that follow from the dates that they print.

    :param quads: the facts: what the passages state, and the dates that editors supply in g:editorial.
    :return: the spans; passages that state a span themselves are left out.

    >>> from portsmouth.build.trig import read_text
    >>> quads = read_text('''@prefix p: <https://w3id.org/portsmouth1905/passage/> .
    ... @prefix d: <https://w3id.org/portsmouth1905/id/> .
    ... @prefix g: <https://w3id.org/portsmouth1905/graph/> .
    ... @prefix pt: <https://w3id.org/portsmouth1905/ns#> .
    ... @prefix t: <https://w3id.org/portsmouth1905/time/> .
    ... p:s5-245 { d:opening pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked }
    ... g:editorial { d:opening pt:when t:1905-08-09--1905-08-22 }''')
    >>> [[span.value for span in spans] for spans in find_datings(quads).popitem()[1].values()]
    [['https://w3id.org/portsmouth1905/time/1905-08-09--1905-08-22']]
    """
    dates: dict[NamedNode, dict[NamedNode, set[Literal]]] = {}
    dated: set[tuple[NamedNode, NamedNode]] = set()
    editors: dict[NamedNode, set[Bounds]] = {}
    for quad in quads:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if not (isinstance(subject, NamedNode) and isinstance(graph, NamedNode)):
            continue
        if quad.predicate == DATE_AS_STATED and isinstance(value, Literal):
            dates.setdefault(subject, {}).setdefault(graph, set()).add(value)
        elif quad.predicate == WHEN and isinstance(value, NamedNode):
            dated.add((subject, graph))
            if graph.value == iris.EDITORIAL and (span := read_span(value.value)):
                editors.setdefault(subject, set()).add(span)
    found: dict[NamedNode, dict[NamedNode, frozenset[NamedNode]]] = {}
    for subject, passages in dates.items():
        for passage, values in passages.items():
            spans = _spans(printed_dates(values), editors.get(subject, ()))
            if spans and (subject, passage) not in dated:
                found.setdefault(subject, {})[passage] = spans
    return found


def describe_datings(datings: Datings) -> Iterator[Quad]:
    """Write down, in g:derived, which passages a span was derived from.

    :param datings: the spans by thing and passage.
    """
    for passages in datings.values():
        for passage, spans in passages.items():
            for span in spans:
                yield Quad(span, DERIVED_FROM, passage, DERIVED_GRAPH)


def printed_dates(values: Iterable[object]) -> list[Printed]:
    """Read the literals that are dates in a calendar.

    :param values: terms of any kind; what is no EDTF date is left out.
    """
    return [
        Printed(value.value, calendar)
        for value in values
        if isinstance(value, Literal)
        and (calendar := Calendar.from_datatype(value.datatype.value))
        and is_edtf(value.value, calendar)
    ]


def _spans(printed: Collection[Printed], editors: Collection[Bounds]) -> frozenset[NamedNode]:
    own = [span for value in printed if (span := bounds(*value))]
    closed = (supply_year(value, own) or supply_year(value, editors) for value in printed)
    return frozenset(
        NamedNode(_decided(span, editors).iri) for span in implied(value for value in closed if value)
    )


def _decided(span: Bounds, editors: Collection[Bounds]) -> Bounds:
    """Take an editor's word for what a date means more narrowly than the rule, such as its calendar."""
    if span in editors:
        return span
    narrower = [decision for decision in editors if span.contains(decision)]
    return narrower[0] if len(narrower) == 1 else span
