"""Writing the tree of a query back to SPARQL text.

The writer decides nothing: every group keeps its braces, every expression its
brackets, every term is written by the engine. Writers that go through the
algebra must invent groups, and a filter in the wrong group is a different query
without being a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from portsmouth.receipts import syntax as s

#: How a term is written; people read shortened names, engines whole ones.
TermWriter = Callable[[s.Term], str]


def write(query: s.Parsed | s.Select | s.Group, term: TermWriter = str) -> str:
    """Write a query, or a part of one, as SPARQL text.

    :param query: the tree.
    :param term: how terms are written.
    :return: text that parses to the same tree.

    >>> from portsmouth.receipts.parsing import parse
    >>> write(parse("SELECT * { ?s ?p 1 . FILTER(?p != ?s) }"))
    'SELECT * WHERE { ?s ?p "1"^^<http://www.w3.org/2001/XMLSchema#integer> . FILTER((?p != ?s)) }'
    """
    writer = _Writer(term)
    if isinstance(query, s.Group):
        return writer.group(query)
    if isinstance(query, s.Select):
        return writer.select(query)
    if query.form == "SELECT":
        return writer.select(query.select)
    if query.form == "ASK":
        return f"ASK {writer.body(query.select)}"
    template = " ".join(writer.triple(triple) for triple in query.template)
    return f"CONSTRUCT {{ {template} }} WHERE {writer.body(query.select)}"


class _Writer:
    """The productions of the grammar, written instead of read."""

    def __init__(self, term: TermWriter) -> None:
        self.term = term

    def select(self, select: s.Select) -> str:
        head = "SELECT"
        if select.modifier:
            head += f" {select.modifier}"
        if select.projection is None:
            head += " *"
        for item in select.projection or ():
            head += f" {self.projected(item)}"
        return f"{head} WHERE {self.body(select)}"

    def body(self, select: s.Select) -> str:
        parts = [self.group(select.where)]
        if select.grouping:
            parts.append("GROUP BY " + " ".join(self.projected(item) for item in select.grouping))
        if select.having:
            parts.append("HAVING " + " ".join(f"({self.expression(e)})" for e in select.having))
        if select.order:
            parts.append("ORDER BY " + " ".join(f"{word}({self.expression(e)})" for word, e in select.order))
        if select.limit is not None:
            parts.append(f"LIMIT {select.limit}")
        if select.offset is not None:
            parts.append(f"OFFSET {select.offset}")
        if select.values:
            parts.append(self.values(select.values))
        return " ".join(parts)

    def projected(self, item: s.Projected) -> str:
        if item.alias is not None:
            return f"({self.expression(item.expression)} AS {item.alias})"
        if isinstance(item.expression, ox.Variable):
            return str(item.expression)
        return f"({self.expression(item.expression)})"

    def group(self, group: s.Group) -> str:
        match group.elements:
            case (s.Select() as only,):
                return f"{{ {self.select(only)} }}"
        inner = " ".join(self.element(element) for element in group.elements)
        return f"{{ {inner} }}" if inner else "{ }"

    def element(self, element: s.Element) -> str:
        match element:
            case s.Triples():
                return " ".join(self.triple(triple) for triple in element.triples)
            case s.Union():
                return " UNION ".join(self.group(branch) for branch in element.branches)
            case s.Optional():
                return f"OPTIONAL {self.group(element.group)}"
            case s.Minus():
                return f"MINUS {self.group(element.group)}"
            case s.GraphPattern():
                return f"GRAPH {self.term(element.name)} {self.group(element.group)}"
            case s.Service():
                silent = "SILENT " if element.silent else ""
                return f"SERVICE {silent}{self.term(element.name)} {self.group(element.group)}"
            case s.Filter():
                return f"FILTER({self.expression(element.condition)})"
            case s.Bind():
                return f"BIND({self.expression(element.expression)} AS {element.variable})"
            case s.Values():
                return self.values(element)
            case s.Select():
                # A subquery stands alone between its braces; here it has neighbours, so it needs its own.
                return f"{{ {self.select(element)} }}"

    def values(self, values: s.Values) -> str:
        names = " ".join(str(variable) for variable in values.variables)
        rows = " ".join(
            "(" + " ".join("UNDEF" if value is None else self.term(value) for value in row) + ")"
            for row in values.rows
        )
        return f"VALUES ({names}) {{ {rows} }}"

    def triple(self, triple: s.Triple) -> str:
        verb = triple.verb
        written = self.term(verb) if isinstance(verb, ox.Variable) else self.path(verb)
        return f"{self.term(triple.subject)} {written} {self.term(triple.object)} ."

    def path(self, path: s.Path) -> str:
        match path:
            case ox.NamedNode():
                return self.term(path)
            case s.Inverse():
                return f"(^{self.path(path.path)})"
            case s.Sequence():
                return "(" + "/".join(self.path(part) for part in path.parts) + ")"
            case s.Alternative():
                return "(" + "|".join(self.path(part) for part in path.parts) + ")"
            case s.Repeat():
                return f"({self.path(path.path)}){path.times}"
            case s.Negated():
                parts = [self.term(iri) for iri in path.forward]
                parts += [f"^{self.term(iri)}" for iri in path.inverse]
                return f"!({'|'.join(parts)})"
        raise AssertionError(path)  # pragma: no cover

    def expression(self, expression: s.Expression) -> str:
        match expression:
            case s.Operation(sign, (operand,)):
                return f"({sign}{self.expression(operand)})"
            case s.Operation(sign, (left, right)):
                return f"({self.expression(left)} {sign} {self.expression(right)})"
            case s.Function():
                return self.function(expression)
            case s.Membership():
                word = "NOT IN" if expression.negated else "IN"
                members = ", ".join(self.expression(member) for member in expression.members)
                return f"({self.expression(expression.element)} {word} ({members}))"
            case s.Exists():
                return f"{'NOT ' if expression.negated else ''}EXISTS {self.group(expression.group)}"
            case ox.NamedNode() | ox.Literal() | ox.Variable() | ox.BlankNode():
                return self.term(expression)
        raise AssertionError(expression)  # pragma: no cover

    def function(self, function: s.Function) -> str:
        name = function.name
        if function.name.startswith("<"):
            name = self.term(ox.NamedNode(function.name[1:-1]))
        inner = "*" if function.star else ", ".join(self.expression(a) for a in function.arguments)
        if function.distinct:
            inner = f"DISTINCT {inner}"
        if function.separator is not None:
            inner += f"; SEPARATOR = {self.term(function.separator)}"
        return f"{name}({inner})"
