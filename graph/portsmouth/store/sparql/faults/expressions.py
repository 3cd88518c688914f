"""Where an expression leaves the grammar.

The names in brackets are productions of SPARQL 1.1 Query, section 19.8.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from portsmouth.store.sparql.faults.reading import FOREIGN, Place, Reader

_AGGREGATES: Final = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT"})
#: Built-in functions, by the fewest and the most arguments that they take.
_ARGUMENTS: Final[dict[str, tuple[int, int]]] = {
    "ABS": (1, 1), "ADJUST": (2, 2), "BNODE": (0, 1), "BOUND": (1, 1), "CEIL": (1, 1),
    "COALESCE": (0, 1 << 20), "CONCAT": (0, 1 << 20), "CONTAINS": (2, 2), "DATATYPE": (1, 1), "DAY": (1, 1),
    "ENCODE_FOR_URI": (1, 1), "FLOOR": (1, 1), "HOURS": (1, 1), "IF": (3, 3), "IRI": (1, 1),
    "ISBLANK": (1, 1), "ISIRI": (1, 1), "ISLITERAL": (1, 1), "ISNUMERIC": (1, 1), "ISURI": (1, 1),
    "LANG": (1, 1), "LANGMATCHES": (2, 2), "LCASE": (1, 1), "MD5": (1, 1), "MINUTES": (1, 1), "MONTH": (1, 1),
    "NOW": (0, 0), "RAND": (0, 0), "REGEX": (2, 3), "REPLACE": (3, 4), "ROUND": (1, 1), "SAMETERM": (2, 2),
    "SECONDS": (1, 1), "SHA1": (1, 1), "SHA256": (1, 1), "SHA384": (1, 1), "SHA512": (1, 1), "STR": (1, 1),
    "STRAFTER": (2, 2), "STRBEFORE": (2, 2), "STRDT": (2, 2), "STRENDS": (2, 2), "STRLANG": (2, 2),
    "STRLEN": (1, 1), "STRSTARTS": (2, 2), "STRUUID": (0, 0), "SUBSTR": (2, 3), "TIMEZONE": (1, 1),
    "TZ": (1, 1), "UCASE": (1, 1), "URI": (1, 1), "UUID": (0, 0), "YEAR": (1, 1),
}  # fmt: skip
_BINARY: Final = {
    "||": 1, "&&": 2, "=": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5,
}  # fmt: skip


class Expressions(Reader):
    """Reads expressions by recursive descent."""

    def expression(self, weakest: int = 1) -> None:
        """Read [110] Expression; signs that bind more weakly than ``weakest`` are left to the caller."""
        self.unary()
        while True:
            if weakest <= 3 and (self.at("IN") or (self.at("NOT") and self.peek(1).text.upper() == "IN")):
                self.take("NOT")
                self.next()
                self.arguments()
                continue
            if self.peek().kind == "iri":
                self.part()
            place = self.peek()
            strength = _BINARY.get(place.text, 0) if place.kind == "sign" else 0
            if strength < weakest or strength == 0:
                if place.kind == "word" and place.text.upper() in FOREIGN:
                    self.fail("an operator")
                return
            self.next()
            if place.text == "=" and self.at("="):
                self.fail("= alone, for equality", "'=='")
            self.expression(strength + 1)

    def unary(self) -> None:
        """Read [118] UnaryExpression."""
        if not (self.at("+", "-") and self.peek(1).kind in ("integer", "decimal", "double")):
            self.take("!", "+", "-")
        if self.at("!", "+", "-"):
            self.unary()
        else:
            self.primary()

    def primary(self) -> None:
        """Read [119] PrimaryExpression."""
        if self.take("("):
            self.expression()
            self.close("(")
        elif self.peek().kind == "word" and self.peek().text not in ("true", "false"):
            self.call()
        else:
            function = self.peek().kind in ("iri", "name")
            self.term("a value: a variable, an IRI, a literal or a call of a function")
            if function and self.at("("):
                self.arguments()

    def close(self, opening: str) -> None:
        """Pass over the bracket that closes an expression."""
        closing = {"(": ")", "{": "}", "[": "]"}[opening]
        if not self.take(closing):
            self.fail(f'an operator or "{closing}"' if opening == "(" else f'"{closing}"')

    def call(self) -> None:
        """Read [121] BuiltInCall."""
        place = self.peek()
        name = place.text.upper()
        if name in ("NOT", "EXISTS"):
            self.next()
            if name == "NOT":
                self.expect("EXISTS", "EXISTS; without it a negation is written !")
            kept, self.outside = self.outside, []
            self.group()
            self.outside = kept
            return
        if name in _AGGREGATES:
            self.aggregate(self.next())
            return
        if name not in _ARGUMENTS:
            if name in FOREIGN:
                self.fail("a value")
            near = get_close_matches(name[:40], [*_ARGUMENTS, *_AGGREGATES], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            if self.peek(1).text == "(":
                self.fail(
                    f"a function of SPARQL, or the IRI of another{hint}", f"'{place.text}', no such function"
                )
            self.fail(f"a value: a variable, an IRI, a literal or a call of a function{hint}")
        self.next()
        count = self.arguments()
        fewest, most = _ARGUMENTS[name]
        if not fewest <= count <= most:
            takes = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            self.fail(f"{takes} for {name}", f"{count} argument{'' if count == 1 else 's'}", place)

    def aggregate(self, place: Place) -> None:
        """Read [127] Aggregate after its name."""
        self.aggregates += 1
        self.expect("(", f'"(" after {place.text}')
        self.inside += 1
        self.take("DISTINCT")
        if not self.take("*"):
            self.expression()
        if self.take(";"):
            self.expect("SEPARATOR")
            self.expect("=")
            if self.peek().kind != "string":
                self.fail("a string in quotes")
            self.next()
        self.inside -= 1
        self.close("(")

    def arguments(self) -> int:
        """Read [71] ArgList or [79] ExpressionList, and say how many there are."""
        self.expect("(")
        self.take("DISTINCT")
        if self.take(")"):
            return 0
        count = 1
        self.expression()
        while self.take(","):
            self.expression()
            count += 1
        if not self.take(")"):
            self.fail('an operator, "," or ")"')
        return count

    def group(self) -> None:
        """Read [53] GroupGraphPattern."""
        raise NotImplementedError
