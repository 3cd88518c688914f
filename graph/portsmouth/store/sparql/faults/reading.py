"""The terminals of a query with their places, and what is wrong with one that has none.

The names in brackets are productions of SPARQL 1.1 Query, section 19.8.
"""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from portsmouth.store.sparql.terminals import TERMINAL

#: Words of SQL and of programming languages, and what SPARQL has in their place.
FOREIGN: Final = {
    "AND": "&&",
    "OR": "||",
    "LIKE": "REGEX(…, …) or CONTAINS(…, …) around both",
    "IS": "BOUND(…), which says whether a variable has a value",
    "NULL": "a value; BOUND(…) says whether a variable has one",
    "NONE": "a value; BOUND(…) says whether a variable has one",
}


#: Comparisons that are taken out of what looks like an IRI; each has the rest of the text split again.
MAX_PARTED: Final = 40


class Slip(NamedTuple):
    """What is wrong with a text, and the offset at which it stands."""

    found: str
    expected: str
    start: int


class Place(NamedTuple):
    """A terminal, its text, and the offset at which it begins."""

    kind: str
    text: str
    start: int


class FaultError(Exception):
    """Ends the reading where the text leaves the grammar."""

    def __init__(self, slip: Slip) -> None:
        self.slip = slip


class UnreadError(Exception):
    """Ends the reading of a text that would take long."""


def places(text: str, position: int = 0) -> list[Place]:
    """Split a text into terminals; what is none is ``stray``, up to the next white space.

    :param position: the offset at which to begin.
    """
    found = []
    while position < len(text):
        match = TERMINAL.match(text, position)
        if match is None:
            end = next((at for at in range(position, len(text)) if text[at].isspace()), len(text))
            found.append(Place("stray", text[position:end], position))
            position = end
            continue
        if match.lastgroup != "space":
            found.append(Place(str(match.lastgroup), match.group(), position))
        position = match.end()
    return found


class Reader:
    """Reads terms by recursive descent, and tells what is wrong with a terminal that it cannot place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = places(text)
        self.position = 0
        self.end = Place("end", "", len(text))
        #: How many comparisons have been taken out of what looked like an IRI.
        self.parted = 0
        #: How many aggregates the reading is inside of, and how many it has met.
        self.inside = 0
        self.aggregates = 0
        #: Variables that stand outside aggregates, since the list was last emptied.
        self.outside: list[Place] = []

    # What stands next.

    def peek(self, ahead: int = 0) -> Place:
        """Return the terminal that stands next, or behind it."""
        place = self.position + ahead
        return self.places[place] if place < len(self.places) else self.end

    def next(self) -> Place:
        """Pass over the next terminal, and return it."""
        place = self.peek()
        self.position += 1
        return place

    def part(self) -> None:
        """Take the next terminal, which looks like an IRI, for a comparison, as in ``?a<3&&?b>1``."""
        self.parted += 1
        if self.parted > MAX_PARTED:
            raise UnreadError
        start = self.peek().start
        sign = "<=" if self.text[start + 1] == "=" else "<"
        self.places[self.position :] = [Place("sign", sign, start), *places(self.text, start + len(sign))]

    def at(self, *texts: str) -> bool:
        """Say whether one of these keywords or signs stands next."""
        place = self.peek()
        if place.kind == "word":
            return place.text.upper() in texts
        return place.kind == "sign" and place.text in texts

    def take(self, *texts: str) -> str | None:
        """Pass over the next terminal where it is one of these."""
        return self.next().text.upper() if self.at(*texts) else None

    def expect(self, text: str, expected: str | None = None) -> None:
        """Pass over a keyword or sign that must stand next."""
        if not self.take(text):
            self.fail(expected or f'"{text}"')

    def fail(self, expected: str, found: str | None = None, at: Place | None = None) -> NoReturn:
        """End the reading at the next terminal, or at another.

        :param expected: what may stand there.
        :param found: what stands there, where its text does not say enough.
        """
        place = at or self.peek()
        if found is None:
            if common := self._common(place):
                raise FaultError(common)
            found = self._there(place)
        raise FaultError(Slip(found, expected, place.start))

    def _common(self, place: Place) -> Slip | None:
        """Tell what is wrong with a terminal wherever it stands."""
        if place.kind == "stray" and place.text[0] in "'\"":
            return Slip(
                f"{place.text[:40]}, a string without an end", f"{place.text[0]} at its end", place.start
            )
        if place.kind == "stray" and place.text[0] in "“”„«»‘’":
            return Slip(
                f"'{place.text[0]}', a typographic quotation mark", "\" or ' around a string", place.start
            )
        word = place.text.upper()
        if place.kind == "word" and word in FOREIGN:
            return Slip(f"'{place.text}', which SPARQL does not have", FOREIGN[word], place.start)
        if place.text == "<" and ":" in (shown := self._shown(place)):
            return Slip(f"'{shown}', an IRI without an end", "> at its end", place.start)
        for each in (place, *self.places[max(self.position - 2, 0) : self.position]):
            if each.kind == "name" and "://" in (shown := self._shown(each)):
                return Slip(f"'{shown}', an IRI without brackets", "< and > around an IRI", each.start)
        return None

    def _shown(self, place: Place) -> str:
        """Return a terminal with what follows it up to the next white space."""
        return self.text[place.start :].split(None, 1)[0][:80]

    def _there(self, place: Place) -> str:
        here = f"'{place.text[:40]}'" if place.text else "the end of the query"
        line = self.text[: place.start].rpartition("\n")[2].strip()
        return f"{here} after '{line[-30:]}'" if line else here

    # Terms.

    def iri(self, expected: str = "an IRI") -> None:
        """Read [136] iri."""
        if self.peek().kind not in ("iri", "name"):
            self.fail(expected)
        self.next()

    def variable(self, expected: str = "a variable, such as ?x") -> Place:
        """Read [108] Var."""
        if self.peek().kind != "variable":
            self.fail(expected)
        return self.next()

    def variable_or_iri(self, expected: str) -> None:
        """Read [107] VarOrIri."""
        if self.peek().kind == "variable":
            self.next()
        else:
            self.iri(expected)

    def term(self, expected: str) -> None:
        """Read [106] VarOrTerm."""
        place = self.peek()
        if place.kind == "string":
            self.next()
            if self.peek().kind == "language":
                self.next()
            elif self.take("^^"):
                self.iri("the IRI of a datatype")
        elif place.kind == "variable":
            self.outside += [place] if not self.inside else []
            self.next()
        elif place.kind in ("iri", "name", "blank", "integer", "decimal", "double") or (
            place.kind == "word" and place.text in ("true", "false")
        ):
            self.next()
        elif self.at("+", "-") and self.peek(1).kind in ("integer", "decimal", "double"):
            self.position += 2
        else:
            self.fail(expected)
