"""Rewriting queries that the engine evaluates as they are written, at many times the cost.

Two rewritings, each of which keeps every solution and adds none; what they save is
measured in ``docs/slow-queries.md``:

* *Properties by the kind of their objects.* A pattern of three variables beside a test that
  only some kinds of objects pass, ``?s ?p ?o FILTER(DATATYPE(?o) = xsd:date)``, has the engine
  read every statement and look up each object. It is told which properties have such objects
  at all: ``VALUES ?p { … }``.
* *Idle DISTINCT.* A graph is a set. Where every variable of a basic graph pattern is projected,
  no two solutions are alike (SPARQL 1.1 Query, section 18.5), and ``DISTINCT`` has nothing to do but to
  keep all of them in a table.

Only queries of one flat group are read, by their tokens: whatever is not surely understood is
left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from portsmouth.iris import RDF, XSD
from portsmouth.store.sparql.lexer import Token, asks_few, glance, resolved, tokens

#: Kinds of objects beside the datatypes of literals, which are told by their IRIs.
IRI: Final = "IRI"
BLANK_NODE: Final = "blank node"
TRIPLE: Final = "triple"
#: Says whether an object of a kind may pass a test.
Test: TypeAlias = Callable[[str], bool]
#: Says which properties have objects that may pass a test; ``None`` where that is not known.
Properties: TypeAlias = Callable[[Test], Sequence[str] | None]

#: Properties that are worth naming: each is looked up by itself.
_MOST: Final = 500

_STRINGS: Final = frozenset({XSD + "string", RDF + "langString", RDF + "dirLangString"})
_TAGGED: Final = _STRINGS - {XSD + "string"}
_NUMBERS: Final = frozenset(
    XSD + name
    for name in (
        "integer", "decimal", "float", "double", "byte", "short", "int", "long", "unsignedByte",
        "unsignedShort", "unsignedInt", "unsignedLong", "nonNegativeInteger", "nonPositiveInteger",
        "negativeInteger", "positiveInteger",
    )
)  # fmt: skip
_NO_LITERALS: Final = frozenset({IRI, BLANK_NODE, TRIPLE})

#: Tests that an object's kind alone decides, by their function of one argument (SPARQL 1.1 Query, section
#: 17.4). None has an error, so what does not pass one passes its negation.
_DECIDED: Final[Mapping[str, Test]] = {
    "ISIRI": lambda kind: kind == IRI,
    "ISURI": lambda kind: kind == IRI,
    "ISBLANK": lambda kind: kind == BLANK_NODE,
    "ISLITERAL": lambda kind: kind not in _NO_LITERALS,
}
#: Beside these the one that not all objects of its kinds pass: "ten"^^xsd:integer is not numeric.
_TESTS: Final[Mapping[str, Test]] = {**_DECIDED, "ISNUMERIC": _NUMBERS.__contains__}
#: Functions whose first argument has to be a string; any other is an error, which no filter lets pass.
_OF_STRINGS: Final = frozenset({"CONTAINS", "STRSTARTS", "STRENDS", "REGEX"})

# What a text must look like before its tokens are read, which takes as long as a small query. Looking for
# words as they stand takes a tenth of the time of looking for them by a regular expression.
_LIKE_A_TEST: Final = (*_TESTS, *_OF_STRINGS, "DATATYPE", "LANG(", "LANGMATCHES")
_THREE_VARIABLES: Final = re.compile(r"[{.)]\s*[?$]\w+\s+[?$]\w+\s+[?$]\w+")

_AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
#: A language, and a range of languages (RFC 4647, section 2.1), that no text without one has.
_TAG: Final = re.compile(r"""(["'])[A-Za-z0-9-]+\1""")
_RANGE: Final = re.compile(r"""(["'])(?:[A-Za-z0-9-]+|\*)\1""")
#: An IRI that a base leaves as it is (RFC 3986, section 5.2).
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)")
_TERMS: Final = frozenset({"variable", "iri", "prefixed", "string"})


def rewritten(text: str, prefixes: Mapping[str, str], properties: Properties | None = None) -> str:
    """Return a query that has the same solutions and is quicker to evaluate, the same where none is known.

    :param text: a query about the default graph as it is stored, valid or not.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :param properties: says which properties of the default graph have objects that may pass a test.

    >>> rewritten("SELECT DISTINCT ?s ?o { ?s <http://e/p> ?o }", {})
    'SELECT          ?s ?o { ?s <http://e/p> ?o }'
    >>> rewritten("SELECT ?o { ?s ?p ?o FILTER ISIRI(?o) }", {}, lambda test: ["http://e/p"])
    'SELECT ?o { VALUES ?p { <http://e/p> } ?s ?p ?o FILTER ISIRI(?o) }'
    """
    seen = glance(text)
    upper = seen.upper
    by_kind = (
        properties is not None
        and "FILTER" in upper
        and _THREE_VARIABLES.search(text, seen.start) is not None
        and any(word in upper for word in _LIKE_A_TEST)
    )
    # Rows that are sorted or grouped, which takes longer than to tell them apart; or few.
    idle = "DISTINCT" in upper and "ORDER" not in upper and "GROUP" not in upper and not asks_few(text)
    if not (by_kind or idle):
        return text
    query = _read(text, prefixes)
    if query is None:
        return text
    if by_kind and properties is not None:
        text = _with_properties(text, query, properties)
    # Later in the text comes first: what is put in moves nothing that is still to be replaced.
    return _without_distinct(text, query) if idle else text


@dataclass(frozen=True, slots=True)
class _Query:
    """A SELECT query of one flat group.

    :param prefixes: what its prefixes stand for.
    :param distinct: the keyword, if it is there.
    :param projected: the variables that are projected as they are; ``None`` where all are.
    :param aggregates: whether a projected expression is an aggregate.
    :param patterns: its triple patterns, in runs between its filters.
    :param filters: the expressions of its filters.
    :param modifiers: the words behind the group.
    """

    prefixes: Mapping[str, str]
    distinct: Token | None
    projected: frozenset[str] | None
    aggregates: bool
    patterns: Sequence[Sequence[Token]]
    filters: Sequence[Sequence[Token]]
    modifiers: frozenset[str]


class _UnknownError(Exception):
    """A query has something that is not understood here."""


def _read(text: str, prefixes: Mapping[str, str]) -> _Query | None:
    """Read a query of one flat group; ``None`` for any other."""
    # An escape outside of strings could spell anything.
    if "\\u" in text or "\\U" in text:
        return None
    try:
        return _Reader(list(tokens(text)), prefixes).query()
    except (_UnknownError, IndexError):
        return None


class _Reader:
    """Reads the tokens of a query, one after another.

    :param stream: the tokens.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    """

    def __init__(self, stream: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        self._stream = stream
        self._at = 0
        self._prefixes = dict(prefixes)

    def query(self) -> _Query:
        while (word := _word(self._next())) == "PREFIX":
            name, iri = self._next(), self._next()
            if iri.kind != "iri":
                raise _UnknownError
            self._prefixes[name.text.removesuffix(":")] = iri.text[1:-1]
        # Against a BASE the IRIs of prefixes would have to be resolved.
        if word != "SELECT":
            raise _UnknownError
        distinct = self._next() if _word(self._peek()) == "DISTINCT" else None
        projected, aggregates = self._projection()
        self._next()
        patterns, filters = self._group()
        rest = self._stream[self._at :]
        if any(token.text == "{" for token in rest):
            raise _UnknownError
        modifiers = frozenset(map(_word, rest)) - {""}
        return _Query(self._prefixes, distinct, projected, aggregates, patterns, filters, modifiers)

    def _peek(self) -> Token:
        return self._stream[self._at]

    def _next(self) -> Token:
        self._at += 1
        return self._stream[self._at - 1]

    def _projection(self) -> tuple[frozenset[str] | None, bool]:
        """Read up to the bracket that opens the group."""
        projected: set[str] = set()
        everything = aggregates = False
        while self._peek().text != "{":
            token = self._peek()
            if token.kind == "variable":
                projected.add(self._next().text[1:])
            elif token.text == "*":
                self._next()
                everything = True
            elif token.text == "(":
                aggregates |= any(_word(inner) in _AGGREGATES for inner in self._bracketed())
            elif _word(token) == "WHERE":
                self._next()
            else:
                raise _UnknownError
        return None if everything else frozenset(projected), aggregates

    def _bracketed(self) -> Sequence[Token]:
        """Read what stands in round brackets."""
        begin, depth = self._at, 0
        while True:
            token = self._next()
            if token.text in ("{", "}"):
                raise _UnknownError
            depth += (token.text == "(") - (token.text == ")")
            if not depth:
                return self._stream[begin + 1 : self._at - 1]

    def _group(self) -> tuple[list[Sequence[Token]], list[Sequence[Token]]]:
        """Read up to the bracket that closes the group."""
        patterns: list[Sequence[Token]] = []
        filters: list[Sequence[Token]] = []
        while (token := self._peek()).text != "}":
            if _word(token) == "FILTER":
                self._next()
                filters.append(self._constraint())
            elif _word(token) == "BIND":
                # What it binds follows from the rest of a solution, and two that differ still do.
                self._next()
                self._must_open()
                self._bracketed()
            elif token.text == ".":
                self._next()
            else:
                patterns.append(tuple(self._triples()))
        self._next()
        return patterns, filters

    def _must_open(self) -> None:
        if self._peek().text != "(":
            raise _UnknownError

    def _constraint(self) -> Sequence[Token]:
        begin = self._at
        if self._peek().text == "(":
            return self._bracketed()
        self._next()
        self._must_open()
        self._bracketed()
        return self._stream[begin : self._at]

    def _triples(self) -> Iterator[Token]:
        while self._peek().text != "}" and _word(self._peek()) not in ("FILTER", "BIND"):
            token = self._next()
            if not (
                (token.kind in _TERMS and not token.text.startswith("_:"))
                or token.text in (".", ";", ",", "a")
                or (token.kind == "word" and token.text.startswith("@"))
            ):
                raise _UnknownError
            yield token


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


def _without_distinct(text: str, query: _Query) -> str:
    """Leave out a DISTINCT that has nothing to do."""
    named = {token.text[1:] for run in query.patterns for token in run if token.kind == "variable"}
    if (
        query.distinct is None
        or query.aggregates
        or query.modifiers & {"GROUP", "HAVING", "VALUES"}
        or (query.projected is not None and not named <= query.projected)
    ):
        return text
    start, length = query.distinct.start, len(query.distinct.text)
    # As many spaces keep every position that an error may name.
    return f"{text[:start]}{' ' * length}{text[start + length :]}"


def _with_properties(text: str, query: _Query, properties: Properties) -> str:
    """Name the properties to which the tests of a query's objects confine a pattern of three variables."""
    runs = [[token for token in run if token.text != "."] for run in query.patterns]
    if (
        len(runs) != 1
        or [token.kind for token in runs[0]] != ["variable"] * 3
        or "VALUES" in query.modifiers
        # Without an order it is the plan that says which rows are the first: pages of an answer are to fit.
        or (query.modifiers & {"LIMIT", "OFFSET"} and "ORDER" not in query.modifiers)
    ):
        return text
    subject, prop, value = (token.text for token in runs[0])
    if len({subject[1:], prop[1:], value[1:]}) < 3:
        return text
    tests = [test for one in query.filters for test in _tests(one, value[1:], query.prefixes)]
    if not tests:
        return text
    found = properties(lambda kind: all(test(kind) for test in tests))
    if found is None or len(found) > _MOST:
        return text
    # Not at the beginning of the group: a BIND before the pattern does not know its variables.
    cut = runs[0][0].start
    named = " ".join(f"<{iri}>" for iri in found)
    return f"{text[:cut]}VALUES {prop} {{ {named} }} {text[cut:]}"


def _tests(expression: Sequence[Token], variable: str, prefixes: Mapping[str, str]) -> Iterator[Test]:
    """Yield the tests of a variable that whatever passes a filter has passed."""
    for part in _conjuncts(expression):
        test = _test(part, variable, prefixes)
        if test is not None:
            yield test


def _conjuncts(expression: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the parts of an expression that all have to be true."""
    while _wrapped(expression):
        expression = expression[1:-1]
    depth, begin = 0, 0
    cuts: list[Sequence[Token]] = []
    for at, token in enumerate(expression):
        depth += (token.text == "(") - (token.text == ")")
        if depth or token.text not in ("&", "|"):
            continue
        if token.text == "|":
            # Either side may be what lets a solution pass.
            return
        if at + 1 < len(expression) and expression[at + 1].text == "&":
            cuts.append(expression[begin:at])
            begin = at + 2
    if not cuts:
        yield expression
        return
    for part in (*cuts, expression[begin:]):
        yield from _conjuncts(part)


def _wrapped(expression: Sequence[Token]) -> bool:
    """Say whether one pair of brackets is around all of an expression."""
    if len(expression) < 2 or expression[0].text != "(":
        return False
    depth = 0
    for at, token in enumerate(expression):
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return at == len(expression) - 1
    return False


def _test(expression: Sequence[Token], variable: str, prefixes: Mapping[str, str]) -> Test | None:
    """Return what an expression that is true tells of a variable; ``None`` for most."""

    def is_it(at: int) -> bool:
        return expression[at].kind == "variable" and expression[at].text[1:] == variable

    match [_word(token) or token.text for token in expression]:
        case ["!", name, "(", _, ")"] if name in _DECIDED and is_it(3):
            return lambda kind: not _DECIDED[name](kind)
        case [name, "(", _, ")"] if name in _TESTS and is_it(2):
            return _TESTS[name]
        case [name, "(", _, ",", *_] if name in _OF_STRINGS and is_it(2) and _wrapped(expression[1:]):
            return _STRINGS.__contains__
        case ["DATATYPE", "(", _, ")", "=", _] if is_it(2):
            datatype = resolved(expression[5], None, prefixes) or ""
            return frozenset({datatype}).__contains__ if _ABSOLUTE.match(datatype) else None
        case ["LANG", "(", _, ")", "=", text] if is_it(2) and _TAG.fullmatch(text):
            return _TAGGED.__contains__
        case ["LANGMATCHES", "(", "LANG", "(", _, ")", ",", text, ")"] if is_it(4) and _RANGE.fullmatch(text):
            return _TAGGED.__contains__
    return None
