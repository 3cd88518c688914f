"""Where the clauses of a query leave the grammar.

The names in brackets are productions of SPARQL 1.1 Query, section 19.8.
"""

from __future__ import annotations

from typing import Final, NoReturn

from portsmouth.store.sparql.faults.patterns import MODIFIERS, ORDER, Patterns
from portsmouth.store.sparql.faults.reading import Place

_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


class Queries(Patterns):
    """Reads a query by recursive descent."""

    def query(self) -> None:
        """Read [1] QueryUnit."""
        self.prologue()
        if self.at("SELECT"):
            self.select()
        elif self.take("ASK"):
            self.dataset()
            self.where()
            self.modifiers()
        elif self.take("CONSTRUCT"):
            self.construct()
        elif self.take("DESCRIBE"):
            self.describe()
        else:
            self.fail("SELECT, ASK, CONSTRUCT or DESCRIBE")
        if self.peek() is not self.end:
            self.surplus()

    def surplus(self) -> None:
        """Tell what is wrong with what stands behind a whole query."""
        place = self.peek()
        if self.at("}", ")", "]"):
            opening = {"}": "{", ")": "(", "]": "["}[place.text]
            self.fail(
                "the end of the query", f"'{place.text}', for which no '{opening}' stands before", place
            )
        if self.at(*_FORMS) or self.at("PREFIX", "BASE"):
            self.fail("one query in a request", f"'{place.text}', which begins another query")
        if self.at(*MODIFIERS) or self.at("WHERE", "FROM"):
            self.fail(ORDER)
        self.fail("the end of the query")

    def prologue(self) -> None:
        """Read [4] Prologue."""
        while keyword := self.take("PREFIX", "BASE", "VERSION"):
            if keyword == "PREFIX":
                place = self.peek()
                if place.kind != "name" or place.text.count(":") != 1 or not place.text.endswith(":"):
                    name = place.text if place.kind == "word" else "name"
                    self.fail(f"a prefix with a colon, as in PREFIX {name}: <…>")
                self.next()
            if keyword == "VERSION":
                self.next()
            elif self.peek().kind != "iri":
                self.fail("an IRI in brackets, <…>")
            else:
                self.next()
            if self.at(".", ";"):
                self.fail(f"a {keyword} without '{self.peek().text}' at its end")

    # Forms.

    def construct(self) -> None:
        """Read [10] ConstructQuery after its name."""
        if self.at("{"):
            self.template()
            self.dataset()
            self.where()
        else:
            if not self.at("FROM", "WHERE"):
                self.fail('"{" and the triples to make, or WHERE')
            self.dataset()
            self.expect("WHERE")
            self.template()
        self.modifiers()

    def template(self) -> None:
        """Read [73] ConstructTemplate."""
        opened = self.peek()
        self.expect("{")
        while not self.take("}"):
            if self.peek().kind == "word" and self.peek().text not in ("true", "false"):
                self.fail("triples alone")
            self.triple(opened)
            if not self.take(".") and not self.at("}"):
                self.fail('".", ";", "," or "}"')

    def describe(self) -> None:
        """Read [11] DescribeQuery after its name."""
        if not self.take("*"):
            self.variable_or_iri("*, or IRIs and variables to describe")
            while self.peek().kind in ("variable", "iri", "name"):
                self.next()
            if self.at(","):
                self.fail("spaces alone between IRIs and variables")
        self.dataset()
        if self.at("WHERE", "{"):
            self.where()
        self.modifiers()

    def select(self) -> None:
        """Read [7] SelectQuery or [8] SubSelect."""
        self.next()
        self.take("DISTINCT", "REDUCED")
        self.scopes.append(set())
        met, self.aggregates = self.aggregates, 0
        kept, self.outside = self.outside, []
        star = self.peek() if self.take("*") else None
        asked: list[Place] = []
        named: dict[str, Place] = {}
        while not star and (self.peek().kind == "variable" or self.at("(")):
            self.outside = []
            place = self.projected()
            if place.text in named:
                self.fail("each variable once", f"{place.text}, which is selected already", place)
            asked += self.outside
            named[place.text] = place
        if not star and (not named or not self.at("FROM", "WHERE", "{")):
            self.no_variable(bool(named))
        self.dataset()
        self.where()
        keys = self.modifiers()
        if keys is not None or self.aggregates:
            if star:
                self.fail("the variables of GROUP BY by name", "SELECT * beside GROUP BY", star)
            for each in asked:
                if each.text not in (keys or ()):
                    self.ungrouped(each, named.get(each.text))
        self.aggregates, self.outside = met, kept
        inner = self.scopes.pop()
        self.scopes[-1] |= inner if star else set(named)

    def ungrouped(self, place: Place, named: Place | None) -> NoReturn:
        """Refuse a variable that has many values in a group.

        :param named: where the same ``SELECT`` selects the variable or gives that name.
        """
        name = place.text
        if named is not None and named is not place:
            expected = "its expression again, or a SELECT around this one"
            self.fail(expected, f"{name}, which the same SELECT names", place)
        expected = "an aggregate around it, or its expression in GROUP BY, as in GROUP BY (… AS ?key)"
        if named is place:
            expected = f"GROUP BY {name}, or an aggregate such as (SAMPLE({name}) AS ?one)"
        self.fail(expected, f"{name}, which is neither grouped nor in an aggregate", place)

    def projected(self) -> Place:
        """Read one of the things that are selected, and return the variable that it is called by."""
        if self.peek().kind == "variable":
            self.outside.append(self.peek())
            return self.next()
        self.next()
        self.expression()
        if not self.at("AS"):
            self.fail("a name for it, as in (COUNT(*) AS ?name)" if self.at(")") else "an operator or AS")
        self.next()
        place = self.variable()
        self.close("(")
        return place

    def no_variable(self, some: bool) -> None:
        """Tell what is wrong with what stands where a variable might be selected."""
        place = self.peek()
        if self.at(","):
            self.fail("spaces alone between variables")
        if self.at("AS"):
            self.fail("parentheses around an expression and its name, (… AS ?name)")
        if place.kind == "word" and self.peek(1).text == "(":
            self.fail(f"parentheses and a name, ({place.text}(…) AS ?name)")
        if self.at("TOP"):
            self.fail("a variable; how many rows is said at the end, LIMIT 5")
        self.fail('a variable, FROM, WHERE or "{"' if some else "* or variables, such as ?x")

    def dataset(self) -> None:
        """Read [13] DatasetClause, as many as there are."""
        while self.take("FROM"):
            self.take("NAMED")
            self.iri("the IRI of a graph")

    def where(self) -> None:
        """Read [17] WhereClause."""
        self.take("WHERE")
        self.group()

    def modifiers(self) -> set[str] | None:
        """Read [18] SolutionModifier and [28] ValuesClause, and return the variables of GROUP BY."""
        keys: set[str] | None = None
        if self.take("GROUP"):
            self.expect("BY")
            keys = self.keys()
        if self.take("HAVING"):
            self.condition("HAVING")
            while self.starts_condition():
                self.condition("HAVING")
        if self.take("ORDER"):
            self.expect("BY")
            self.order()
            while self.at("ASC", "DESC") or self.starts_condition():
                self.order()
            if self.at(","):
                self.fail("spaces alone between what is ordered by")
        limited: set[str] = set()
        while self.at("LIMIT", "OFFSET") and self.peek().text.upper() not in limited:
            limited.add(self.next().text.upper())
            if self.peek().kind != "integer":
                self.fail("a whole number")
            self.next()
            if self.at(","):
                self.fail("OFFSET for how many rows to pass over, as in LIMIT 10 OFFSET 20")
        if self.take("VALUES"):
            self.values()
        return keys

    def keys(self) -> set[str]:
        """Read what follows GROUP BY in [19], and return the variables that it gives."""
        found: set[str] = set()
        if not self.starts_condition():
            self.fail("what to group by: variables, or expressions in parentheses")
        while self.starts_condition():
            if self.peek().kind == "variable":
                found.add(self.next().text)
            elif self.at("("):
                self.next()
                if self.peek().kind == "variable" and self.peek(1).text == ")":
                    found.add(self.peek().text)
                self.expression()
                if self.take("AS"):
                    found.add(self.variable().text)
                self.close("(")
            else:
                self.constraint()
        if self.at(","):
            self.fail("spaces alone between what is grouped by")
        return found

    def order(self) -> None:
        """Read [24] OrderCondition."""
        place = self.peek()
        if self.at("ASC", "DESC"):
            before = self.peek(-1)
            self.next()
            if not self.at("("):
                named = before.text if before.kind == "variable" else "…"
                self.fail(f"{place.text.upper()}({named})", f"'{place.text}' without parentheses", place)
            self.primary()
        elif self.peek().kind == "variable":
            self.next()
        elif self.starts_condition():
            self.constraint()
        else:
            self.fail("what to order by: variables, or expressions in parentheses")

    def starts_condition(self) -> bool:
        """Say whether something to group or to order by begins with the next terminal."""
        place = self.peek()
        if place.kind == "word":
            return place.text.upper() not in (*MODIFIERS, "VALUES", "ASC", "DESC", *_FORMS, "WHERE")
        return place.kind in ("variable", "iri", "name") or self.at("(")
