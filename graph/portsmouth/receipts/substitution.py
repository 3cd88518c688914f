"""Putting values in the places of variables, as ``EXISTS`` does (SPARQL 1.1 Query, section 18.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from portsmouth.receipts import syntax as s


def substitute(group: s.Group, values: Mapping[s.Var, s.Ground]) -> s.Group:
    """Put values in the places of variables of a group.

    Where a variable must stand, as after ``AS`` or in ``VALUES``, it stays and is compared with its value.

    :param group: the pattern.
    :param values: by variable; blank nodes cannot be asked for and stay variables.

    >>> from portsmouth.receipts.algebra import write
    >>> from portsmouth.receipts.parsing import parse
    >>> where = parse("SELECT * { ?s ?p ?o FILTER(?o > 1) }").select.where
    >>> write(substitute(where, {ox.Variable("s"): ox.NamedNode("http://e/s")}))[:23]
    '{ <http://e/s> ?p ?o . '
    """
    usable = {v: value for v, value in values.items() if not isinstance(value, ox.BlankNode)}
    return _Substitution(usable).group(group)


def names_in(group: s.Group) -> set[s.Var]:
    """Return every variable that is written in a group, wherever it stands."""
    found: set[s.Var] = set()
    _Collector(found).group(group)
    return found


class _Substitution:
    """Rebuilds a tree; every method returns what it is given, with values for variables."""

    def __init__(self, values: Mapping[s.Var, s.Ground]) -> None:
        self.values = values

    def group(self, group: s.Group) -> s.Group:
        return s.Group(tuple(part for element in group.elements for part in self.element(element)))

    def term(self, term: s.Term) -> s.Term:
        return self.values.get(term, term) if isinstance(term, ox.Variable) else term

    def element(self, element: s.Element) -> Iterator[s.Element]:
        match element:
            case s.Triples():
                yield s.Triples(tuple(self.triple(triple) for triple in element.triples))
            case s.Union():
                yield s.Union(tuple(self.group(branch) for branch in element.branches))
            case s.Optional():
                yield s.Optional(self.group(element.group))
            case s.Minus():
                yield s.Minus(self.group(element.group))
            case s.GraphPattern():
                yield s.GraphPattern(self.name(element.name), self.group(element.group))
            case s.Service():
                yield s.Service(element.silent, self.name(element.name), self.group(element.group))
            case s.Filter():
                yield s.Filter(self.expression(element.condition))
            case s.Bind():
                yield s.Bind(self.expression(element.expression), element.variable)
                yield from self.compared([element.variable])
            case s.Values():
                yield element
                yield from self.compared(element.variables)
            case s.Select():
                yield element
                yield from self.compared(s.projected(element))

    def compared(self, variables: tuple[s.Var, ...] | list[s.Var]) -> Iterator[s.Element]:
        """Join with the value, which a variable that must stand cannot be replaced by."""
        for variable in variables:
            if variable in self.values:
                yield s.Values((variable,), ((self.values[variable],),))

    def name(self, name: ox.NamedNode | ox.Variable) -> ox.NamedNode | ox.Variable:
        value = self.term(name)
        return value if isinstance(value, ox.NamedNode) else name

    def triple(self, triple: s.Triple) -> s.Triple:
        verb = triple.verb
        if isinstance(verb, ox.Variable):
            verb = self.name(verb)
        return s.Triple(self.term(triple.subject), verb, self.term(triple.object))

    def expression(self, expression: s.Expression) -> s.Expression:
        match expression:
            case s.Function("BOUND", (ox.Variable() as variable,)) if variable in self.values:
                # BOUND takes a variable and nothing else.
                return ox.Literal(True)
            case s.Operation():
                return s.Operation(expression.sign, self.expressions(expression.operands))
            case s.Function():
                return s.Function(
                    expression.name,
                    self.expressions(expression.arguments),
                    expression.distinct,
                    expression.separator,
                    expression.star,
                )
            case s.Membership():
                return s.Membership(
                    expression.negated,
                    self.expression(expression.element),
                    self.expressions(expression.members),
                )
            case s.Exists():
                return s.Exists(expression.negated, self.group(expression.group))
            case _:
                return self.term(expression)

    def expressions(self, expressions: tuple[s.Expression, ...]) -> tuple[s.Expression, ...]:
        return tuple(self.expression(expression) for expression in expressions)


class _Collector(_Substitution):
    """Walks a tree as a substitution does, and notes the variables that it meets."""

    def __init__(self, found: set[s.Var]) -> None:
        super().__init__({})
        self.found = found

    def term(self, term: s.Term) -> s.Term:
        if isinstance(term, ox.Variable):
            self.found.add(term)
        return term

    def compared(self, variables: tuple[s.Var, ...] | list[s.Var]) -> Iterator[s.Element]:
        self.found.update(variables)
        return iter(())
