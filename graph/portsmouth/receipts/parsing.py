"""Reading SPARQL 1.1 query text into a tree.

Receipts are asked for beside an answer that takes a millisecond or two; a
general parser takes ten times that. This one reads queries that the engine has
already accepted: it need not find what is wrong with a text, only what it says.
What it does not know (SPARQL 1.2, ``LATERAL``) it refuses by name.

The names in brackets are productions of SPARQL 1.1 Query, section 19.8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin

import pyoxigraph as ox

from portsmouth.errors import ReceiptUnsupportedError
from portsmouth.iris import RDF, XSD
from portsmouth.receipts import syntax as s
from portsmouth.receipts.terminals import END, Token, terminals

_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_FIRST: Final = ox.NamedNode(RDF + "first")
_REST: Final = ox.NamedNode(RDF + "rest")
_NIL: Final = ox.NamedNode(RDF + "nil")
_TYPE: Final = ox.NamedNode(RDF + "type")
_PRECEDENCE: Final = {"||": 1, "&&": 2, "=": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3}
_PRECEDENCE_ARITHMETIC: Final = {"+": 4, "-": 4, "*": 5, "/": 5}
_BINARY: Final = _PRECEDENCE | _PRECEDENCE_ARITHMETIC
#: Characters from which on a query is not remembered: its tree takes many times as much.
_LONG: Final = 16 << 10


def parse(text: str, base: str | None = None, prefixes: Mapping[str, str] | None = None) -> s.Parsed:
    """Read a query.

    :param text: SPARQL 1.1 query text that the engine accepts.
    :param base: the IRI against which relative IRIs stand, before any ``BASE``.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :return: the tree; ``FROM`` is passed over, since a dataset is asked for beside the text.
    :raises ReceiptUnsupportedError: the query is a ``DESCRIBE``, or says something beyond SPARQL 1.1.

    >>> parse("ASK { ?s a <http://e/x> }").select.where.elements[0].triples[0].object
    <NamedNode value=http://e/x>
    """
    read = _read if len(text) > _LONG else _read_once
    return read(text, base, tuple((prefixes or {}).items()))


def _read(text: str, base: str | None, prefixes: tuple[tuple[str, str], ...]) -> s.Parsed:
    try:
        return _Parser(text, base, dict(prefixes)).query()
    except RecursionError:
        raise ReceiptUnsupportedError("a query nested too deeply") from None


_read_once: Final = lru_cache(maxsize=256)(_read)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(
        lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else _ESCAPES.get(m[3], m[3]), text
    )


class _Parser:
    """A parser by recursive descent, one method a production."""

    def __init__(self, text: str, base: str | None, prefixes: dict[str, str]) -> None:
        self.tokens = terminals(text)
        self.position = 0
        self.base = base
        self.prefixes = prefixes
        self.blanks = 0

    # What stands next.

    def peek(self, ahead: int = 0) -> Token:
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def next(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def at(self, *texts: str) -> bool:
        token = self.peek()
        if token.kind == "word":
            return token.text.upper() in texts
        return token.kind == "sign" and token.text in texts

    def take(self, *texts: str) -> str | None:
        """Take the next token where it is one of these keywords or signs."""
        return self.next().text.upper() if self.at(*texts) else None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.unknown()

    def unknown(self) -> ReceiptUnsupportedError:
        """Name what stands next, which no production here begins with."""
        token = self.peek()
        return ReceiptUnsupportedError(f"'{token.text}'" if token.text else "the end of the query")

    # Queries.

    def query(self) -> s.Parsed:
        """Read [1] QueryUnit."""
        self.prologue()
        if self.at("SELECT"):
            parsed = s.Parsed("SELECT", self.select())
        elif self.take("ASK"):
            self.dataset()
            parsed = s.Parsed("ASK", self.modified(self.where(), ()))
        elif self.take("CONSTRUCT"):
            parsed = self.construct()
        elif self.at("DESCRIBE"):
            raise ReceiptUnsupportedError("'DESCRIBE'")
        else:
            raise self.unknown()
        if self.peek() is not END:
            raise self.unknown()
        return parsed

    def prologue(self) -> None:
        while keyword := self.take("PREFIX", "BASE", "VERSION"):
            if keyword == "BASE":
                self.base = self.iri().value
            elif keyword == "PREFIX":
                name = self.next().text.removesuffix(":")
                self.prefixes[name] = self.iri().value
            else:
                self.next()

    def dataset(self) -> None:
        while self.take("FROM"):
            self.take("NAMED")
            self.iri()

    def construct(self) -> s.Parsed:
        """Read what follows CONSTRUCT in [10], in its long or its short form."""
        if self.at("{"):
            template = self.template()
            self.dataset()
            return s.Parsed("CONSTRUCT", self.modified(self.where(), None), template)
        self.dataset()
        self.take("WHERE")
        template = self.template()
        where = s.Group((s.Triples(template),) if template else ())
        return s.Parsed("CONSTRUCT", self.modified(where, None), template)

    def template(self) -> tuple[s.Triple, ...]:
        self.expect("{")
        triples: list[s.Triple] = []
        while not self.take("}"):
            self.triples_same_subject(triples)
            if not self.take(".") and not self.at("}"):
                raise self.unknown()
        return tuple(triples)

    def select(self) -> s.Select:
        """Read [7] SelectQuery or [8] SubSelect."""
        self.expect("SELECT")
        modifier = self.take("DISTINCT", "REDUCED") or ""
        projection: list[s.Projected] | None = None
        if not self.take("*"):
            projection = []
            while self.peek().kind == "variable" or self.at("("):
                projection.append(self.projected())
        self.dataset()
        where = self.where()
        return self.modified(where, None if projection is None else tuple(projection), modifier)

    def projected(self) -> s.Projected:
        if self.peek().kind == "variable":
            return s.Projected(self.variable())
        self.expect("(")
        expression = self.expression()
        alias = self.variable() if self.take("AS") else None
        self.expect(")")
        return s.Projected(expression, alias)

    def where(self) -> s.Group:
        self.take("WHERE")
        return self.group()

    def modified(
        self, where: s.Group, projection: tuple[s.Projected, ...] | None, modifier: str = ""
    ) -> s.Select:
        """Read [18] SolutionModifier and [28] ValuesClause."""
        grouping: list[s.Projected] = []
        having: list[s.Expression] = []
        order: list[tuple[str, s.Expression]] = []
        limits: dict[str, int] = {}
        if self.take("GROUP"):
            self.expect("BY")
            while self.starts_condition():
                grouping.append(self.projected() if self.at("(") else s.Projected(self.primary()))
        if self.take("HAVING"):
            while self.starts_condition():
                having.append(self.primary())
        if self.take("ORDER"):
            self.expect("BY")
            while self.at("ASC", "DESC") or self.starts_condition():
                order.append((self.take("ASC", "DESC") or "", self.primary()))
        while keyword := self.take("LIMIT", "OFFSET"):
            limits[keyword] = int(self.next().text)
        return s.Select(
            projection,
            where,
            modifier,
            tuple(grouping),
            tuple(having),
            tuple(order),
            limits.get("LIMIT"),
            limits.get("OFFSET"),
            self.values() if self.take("VALUES") else None,
        )

    def starts_condition(self) -> bool:
        token = self.peek()
        if token.kind == "word":
            return token.text.upper() not in ("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
        return token.kind in ("variable", "iri", "name") or self.at("(")

    # Patterns.

    def group(self) -> s.Group:
        """Read [53] GroupGraphPattern."""
        self.expect("{")
        if self.at("SELECT"):
            elements: list[s.Element] = [self.select()]
            self.expect("}")
            return s.Group(tuple(elements))
        elements = []
        while not self.take("}"):
            elements.append(self.element())
            self.take(".")
        return s.Group(tuple(elements))

    def element(self) -> s.Element:
        if self.at("{"):
            branches = [self.group()]
            while self.take("UNION"):
                branches.append(self.group())
            return s.Union(tuple(branches))
        match self.take("OPTIONAL", "MINUS", "GRAPH", "SERVICE", "FILTER", "BIND", "VALUES"):
            case "OPTIONAL":
                return s.Optional(self.group())
            case "MINUS":
                return s.Minus(self.group())
            case "GRAPH":
                return s.GraphPattern(self.variable_or_iri(), self.group())
            case "SERVICE":
                return s.Service(bool(self.take("SILENT")), self.variable_or_iri(), self.group())
            case "FILTER":
                return s.Filter(self.primary())
            case "BIND":
                self.expect("(")
                expression = self.expression()
                self.expect("AS")
                variable = self.variable()
                self.expect(")")
                return s.Bind(expression, variable)
            case "VALUES":
                return self.values()
        return self.triples()

    def values(self) -> s.Values:
        """Read what follows VALUES in [61] InlineData."""
        if self.peek().kind == "variable":
            variables = [self.variable()]
            self.expect("{")
            rows: list[tuple[s.Ground | None, ...]] = []
            while not self.take("}"):
                rows.append((self.value(),))
            return s.Values(tuple(variables), tuple(rows))
        self.expect("(")
        variables = []
        while not self.take(")"):
            variables.append(self.variable())
        self.expect("{")
        rows = []
        while not self.take("}"):
            self.expect("(")
            row: list[s.Ground | None] = []
            while not self.take(")"):
                row.append(self.value())
            rows.append(tuple(row))
        return s.Values(tuple(variables), tuple(rows))

    def value(self) -> s.Ground | None:
        if self.take("UNDEF"):
            return None
        term = self.term()
        if isinstance(term, ox.Variable | ox.BlankNode):
            raise self.unknown()
        return term

    def triples(self) -> s.Triples:
        """Read [55] TriplesBlock."""
        found: list[s.Triple] = []
        while True:
            self.triples_same_subject(found)
            if not self.take(".") or not self.starts_triple():
                return s.Triples(tuple(found))

    def starts_triple(self) -> bool:
        token = self.peek()
        if token.kind == "word":
            return token.text in ("true", "false")
        return token.kind not in ("sign", "end") or self.at("(", "[", "+", "-")

    def triples_same_subject(self, into: list[s.Triple]) -> None:
        """Read [81] TriplesSameSubjectPath."""
        nested = self.at("(", "[")
        before = len(into)
        subject = self.node(into)
        # '[ :p :o ] .' says all that it has to say within its brackets; 'a list .' too.
        if not (nested and len(into) > before and self.at(".", "}")):
            self.properties(subject, into)

    def properties(self, subject: s.Term, into: list[s.Triple]) -> None:
        """Read [83] PropertyListPathNotEmpty."""
        while True:
            verb = self.verb()
            while True:
                value = self.node(into)
                into.append(s.Triple(subject, verb, value))
                if self.at("{|", "~"):
                    raise self.unknown()
                if not self.take(","):
                    break
            if not self.at(";"):
                return
            while self.take(";"):
                pass
            if self.at(".", "}", "]"):
                return

    def node(self, into: list[s.Triple]) -> s.Term:
        """Read [105] GraphNodePath; what stands in brackets adds its own triples."""
        if self.take("["):
            blank = self.blank()
            if not self.take("]"):
                self.properties(blank, into)
                self.expect("]")
            return blank
        if self.take("("):
            members = []
            while not self.take(")"):
                members.append(self.node(into))
            head: s.Term = _NIL
            for member in reversed(members):
                cell = self.blank()
                into += [s.Triple(cell, _FIRST, member), s.Triple(cell, _REST, head)]
                head = cell
            return head
        return self.term()

    def blank(self) -> ox.BlankNode:
        self.blanks += 1
        # A label of an author may look like this one, but not with this many zeros in front.
        return ox.BlankNode(f"anonymous{self.blanks:09d}")

    # Paths.

    def verb(self) -> s.Verb:
        return self.variable() if self.peek().kind == "variable" else self.path()

    def path(self) -> s.Path:
        """Read [88] Path."""
        parts = [self.path_sequence()]
        while self.take("|"):
            parts.append(self.path_sequence())
        return parts[0] if len(parts) == 1 else s.Alternative(tuple(parts))

    def path_sequence(self) -> s.Path:
        parts = [self.path_step()]
        while self.take("/"):
            parts.append(self.path_step())
        return parts[0] if len(parts) == 1 else s.Sequence(tuple(parts))

    def path_step(self) -> s.Path:
        if self.take("^"):
            return s.Inverse(self.path_step())
        path = self.path_primary()
        match self.take("*", "+", "?"):
            case "*":
                return s.Repeat(path, "*")
            case "+":
                return s.Repeat(path, "+")
            case "?":
                return s.Repeat(path, "?")
        return path

    def path_primary(self) -> s.Path:
        if self.take("("):
            path = self.path()
            self.expect(")")
            return path
        if self.take("!"):
            return self.negated()
        return self.property()

    def negated(self) -> s.Negated:
        """Read [95] PathNegatedPropertySet."""
        forward: list[ox.NamedNode] = []
        inverse: list[ox.NamedNode] = []
        several = self.take("(")
        while not (several and self.take(")")):
            into = inverse if self.take("^") else forward
            into.append(self.property())
            if not several:
                break
            self.take("|")
        return s.Negated(tuple(forward), tuple(inverse))

    def property(self) -> ox.NamedNode:
        if self.peek() == ("word", "a"):
            self.next()
            return _TYPE
        return self.iri()

    # Expressions.

    def expression(self, weakest: int = 1) -> s.Expression:
        """Read [110] Expression; signs that bind more weakly than ``weakest`` are left to the caller."""
        left = self.unary()
        while True:
            token = self.peek()
            if weakest <= 3 and self.at("IN", "NOT"):
                negated = self.take("NOT") is not None
                self.expect("IN")
                left = s.Membership(negated, left, self.arguments())
                continue
            strength = _BINARY.get(token.text, 0) if token.kind == "sign" else 0
            if strength < weakest or strength == 0:
                return left
            self.next()
            left = s.Operation(token.text, (left, self.expression(strength + 1)))

    def unary(self) -> s.Expression:
        sign = self.take("!", "+", "-")
        return s.Operation(sign, (self.unary(),)) if sign else self.primary()

    def primary(self) -> s.Expression:
        """Read [119] PrimaryExpression, [68] FILTER's constraint, or a condition of GROUP BY and the like."""
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        token = self.peek()
        if token.kind == "word" and token.text not in ("true", "false"):
            return self.call()
        term = self.term()
        if isinstance(term, ox.NamedNode) and self.at("("):
            return s.Function(str(term), self.arguments())
        return term

    def call(self) -> s.Expression:
        """Read [121] BuiltInCall."""
        name = self.next().text.upper()
        if name == "NOT":
            self.expect("EXISTS")
            return s.Exists(True, self.group())
        if name == "EXISTS":
            return s.Exists(False, self.group())
        if name not in s.AGGREGATES:
            return s.Function(name, self.arguments())
        self.expect("(")
        distinct = self.take("DISTINCT") is not None
        if self.take("*"):
            self.expect(")")
            return s.Function(name, (), distinct, star=True)
        argument = self.expression()
        separator = None
        if self.take(";"):
            self.expect("SEPARATOR")
            self.expect("=")
            separator = ox.Literal(self.string())
        self.expect(")")
        return s.Function(name, (argument,), distinct, separator)

    def arguments(self) -> tuple[s.Expression, ...]:
        self.expect("(")
        found: list[s.Expression] = []
        while not self.take(")"):
            found.append(self.expression())
            self.take(",")
        return tuple(found)

    # Terms.

    def variable(self) -> ox.Variable:
        if self.peek().kind != "variable":
            raise self.unknown()
        return ox.Variable(self.next().text[1:])

    def variable_or_iri(self) -> ox.NamedNode | ox.Variable:
        return self.variable() if self.peek().kind == "variable" else self.iri()

    def iri(self) -> ox.NamedNode:
        token = self.next()
        if token.kind == "iri":
            reference = _unescape(token.text[1:-1])
            if self.base and not _SCHEME.match(reference):
                reference = urljoin(self.base, reference)
            return ox.NamedNode(reference)
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in self.prefixes:
                return ox.NamedNode(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        self.position -= 1
        raise self.unknown()

    def string(self) -> str:
        if self.peek().kind != "string":
            raise self.unknown()
        text = self.next().text
        quotes = 3 if text[:3] in ("'''", '"""') else 1
        return _unescape(text[quotes:-quotes])

    def term(self) -> s.Term:
        """Read [106] VarOrTerm."""
        token = self.peek()
        match token.kind:
            case "variable":
                return self.variable()
            case "iri" | "name":
                return self.iri()
            case "blank":
                return ox.BlankNode(self.next().text[2:])
            case "string":
                return self.literal()
            case "integer" | "decimal" | "double":
                return self.number("")
            case "word" if token.text in ("true", "false"):
                return ox.Literal(self.next().text, datatype=ox.NamedNode(XSD + "boolean"))
        if sign := self.take("+", "-"):
            return self.number(sign)
        raise self.unknown()

    def literal(self) -> ox.Literal:
        value = self.string()
        if self.peek().kind == "direction":
            raise self.unknown()
        if self.peek().kind == "language":
            return ox.Literal(value, language=self.next().text[1:])
        return ox.Literal(value, datatype=self.iri()) if self.take("^^") else ox.Literal(value)

    def number(self, sign: str) -> ox.Literal:
        token = self.next()
        if token.kind not in ("integer", "decimal", "double"):
            raise self.unknown()
        return ox.Literal(sign + token.text, datatype=ox.NamedNode(XSD + token.kind))
