"""Where a graph pattern leaves the grammar.

The names in brackets are productions of SPARQL 1.1 Query, section 19.8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portsmouth.store.sparql.faults.expressions import Expressions
from portsmouth.store.sparql.faults.reading import Place

#: The keywords of solution modifiers.
MODIFIERS: Final = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET")
#: What is said of a modifier in a wrong place.
ORDER: Final = "these in this order and each once: GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET, VALUES"
_PROPERTY: Final = "a property: an IRI, a variable, a, or a path of these"
_OBJECT: Final = "an object: a variable, an IRI or a literal"


class Patterns(Expressions):
    """Reads graph patterns by recursive descent."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        #: Variables in scope in each group that is open, innermost last.
        self.scopes: list[set[str]] = [set()]

    def select(self) -> None:
        """Read [8] SubSelect."""
        raise NotImplementedError

    def condition(self, clause: str) -> None:
        """Read [69] Constraint."""
        place = self.peek()
        if not (self.at("(") or place.kind in ("iri", "name", "word")):
            self.fail(f"parentheses around the condition, {clause} (…)")
        self.constraint()
        sign = self.peek()
        if sign.kind == "sign" and sign.text in ("&&", "||", "=", "!=", "<", ">", "<=", ">=", "+", "*", "/"):
            self.fail(f"parentheses around the whole condition, {clause} (…)")

    def constraint(self) -> None:
        """Read an expression that is in parentheses, or a call."""
        if self.peek().kind in ("iri", "name") and self.peek(1).text != "(":
            self.position += 1
            self.fail('"(" and the arguments of a function')
        self.primary()

    def group(self) -> None:
        """Read [53] GroupGraphPattern."""
        opened = self.peek()
        self.expect("{")
        self.scopes.append(set())
        if self.at("SELECT"):
            self.select()
            if self.at(*MODIFIERS):
                self.fail(ORDER)
            self.unclosed(opened)
            self.expect("}")
        else:
            while not self.take("}"):
                self.element(opened)
        inner = self.scopes.pop()
        self.scopes[-1] |= inner

    def unclosed(self, opened: Place) -> None:
        """Tell which brace is open where the text ends within it."""
        if self.peek() is self.end:
            line = self.text[: opened.start].count("\n") + 1
            self.fail(f'"}}" for the "{{" of line {line}, column {self.column(opened)}')

    def column(self, place: Place) -> int:
        """Return the column of a terminal, counted from 1."""
        return place.start - (self.text.rfind("\n", 0, place.start) + 1) + 1

    def element(self, opened: Place) -> None:
        """Read what stands between the braces of [54] GroupGraphPatternSub, up to the next of its kind."""
        self.unclosed(opened)
        if self.at("{"):
            self.group()
            while self.take("UNION"):
                self.group()
        elif keyword := self.take("OPTIONAL", "MINUS", "GRAPH", "SERVICE", "FILTER", "BIND", "VALUES"):
            self.named_element(keyword)
        elif self.starts_triple():
            self.triple(opened)
            if not self.at(".") and self.starts_triple():
                self.fail('"." between triples, ";" before another property or "," before another object')
        else:
            self.no_element()
        self.take(".")

    def named_element(self, keyword: str) -> None:
        """Read a pattern that a keyword begins, after the keyword."""
        match keyword:
            case "OPTIONAL":
                self.group()
            case "MINUS":
                self.apart(self.group)
            case "GRAPH":
                self.variable_or_iri("the IRI of a graph, or a variable")
                self.group()
            case "SERVICE":
                self.take("SILENT")
                self.variable_or_iri("the IRI of an endpoint, or a variable")
                self.group()
            case "FILTER":
                self.apart(lambda: self.condition("FILTER"))
            case "BIND":
                self.bind()
            case "VALUES":
                self.values()

    def apart(self, read: Callable[[], None]) -> None:
        """Read what brings no variable into the group."""
        kept = set(self.scopes[-1])
        read()
        self.scopes[-1] = kept

    def bind(self) -> None:
        """Read [60] Bind after its name."""
        self.expect("(", "parentheses, as in BIND (… AS ?name)")
        self.expression()
        if not self.at("AS"):
            self.fail("an operator or AS")
        self.next()
        place = self.variable()
        if place.text in self.scopes[-1]:
            self.fail(
                "a variable that nothing in its group has bound before",
                f"BIND to {place.text}, which stands before it",
                place,
            )
        self.scopes[-1].add(place.text)
        self.close("(")

    def no_element(self) -> None:
        """Tell what is wrong with what stands where a pattern should."""
        place = self.peek()
        if self.at("}", ")", "]"):
            opening = {"}": "{", ")": "(", "]": "["}[place.text]
            self.fail('a pattern or "}"', f"'{place.text}', for which no '{opening}' stands before", place)
        if self.at("UNION"):
            self.fail("{ … } on both sides of UNION")
        if self.at("SELECT"):
            self.fail("braces around a query within a query, { SELECT … }")
        if self.at(*MODIFIERS):
            self.fail(f'"}}" before {place.text.upper()}')
        self.fail('a triple, a pattern such as OPTIONAL { … } or FILTER (…), or "}"')

    def values(self) -> None:
        """Read [61] InlineData after its name."""
        if self.peek().kind == "variable":
            self.scopes[-1].add(self.next().text)
            self.expect("{")
            while not self.take("}"):
                self.value("}")
            return
        self.expect("(", "a variable, or several in parentheses")
        count = 0
        while not self.take(")"):
            self.scopes[-1].add(self.variable('a variable or ")"').text)
            count += 1
        self.expect("{")
        while not self.take("}"):
            row = self.peek()
            self.expect("(", '"(" before the values of a row, or "}"')
            given = 0
            while not self.take(")"):
                self.value(")")
                given += 1
            if given != count:
                self.fail(f"{count}, one for each variable of VALUES", f"{given} values in a row", row)

    def value(self, closing: str) -> None:
        """Read [65] DataBlockValue."""
        expected = f'a value (an IRI, a literal or UNDEF) or "{closing}"'
        if self.take("UNDEF"):
            return
        if self.peek().kind in ("variable", "blank"):
            self.fail(expected)
        self.term(expected)

    # Triples.

    def starts_triple(self) -> bool:
        """Say whether a triple may begin with the next terminal."""
        place = self.peek()
        if place.kind == "word":
            return place.text in ("true", "false")
        return place.kind not in ("sign", "end", "stray", "language") or self.at("(", "[", "+", "-")

    def triple(self, opened: Place) -> None:
        """Read [81] TriplesSameSubjectPath."""
        nested, before = self.at("(", "["), self.position
        self.node("a subject")
        # '[ :p :o ] .' says all that it has to say within its brackets; 'a list .' too.
        if self.starts_property() or not (nested and self.position > before + 2):
            self.properties(opened)

    def starts_property(self) -> bool:
        """Say whether a property may begin with the next terminal."""
        place = self.peek()
        return (
            place.kind in ("variable", "iri", "name") or place[:2] == ("word", "a") or self.at("^", "!", "(")
        )

    def properties(self, opened: Place) -> None:
        """Read [83] PropertyListPathNotEmpty."""
        while True:
            self.unclosed(opened)
            if self.peek().kind == "variable":
                self.scopes[-1].add(self.next().text)
            else:
                self.path()
            while True:
                self.node(_OBJECT)
                if not self.take(","):
                    break
            if not self.at(";"):
                return
            while self.take(";"):
                pass
            if not self.starts_property():
                return

    def node(self, expected: str) -> None:
        """Read [105] GraphNodePath."""
        opened = self.peek()
        if self.take("["):
            if not self.take("]"):
                self.properties(opened)
                self.expect("]", '";" before another property, "," before another object, or "]"')
        elif self.take("("):
            while not self.take(")"):
                self.node('a member of the list or ")"')
        else:
            if opened.kind == "variable":
                self.scopes[-1].add(opened.text)
            kept = list(self.outside)
            self.term(expected)
            self.outside = kept

    def path(self) -> None:
        """Read [88] Path."""
        self.path_sequence()
        while self.take("|"):
            self.path_sequence()

    def path_sequence(self) -> None:
        """Read [90] PathSequence."""
        self.path_step()
        while self.take("/"):
            self.path_step()

    def path_step(self) -> None:
        """Read [92] PathEltOrInverse."""
        while self.take("^", "!"):
            pass
        if self.take("("):
            if not self.take(")"):
                self.path()
                self.expect(")", '"|", "/" or ")"')
        elif self.peek()[:2] == ("word", "a"):
            self.next()
        else:
            self.iri(_PROPERTY)
        self.take("*", "+", "?")
