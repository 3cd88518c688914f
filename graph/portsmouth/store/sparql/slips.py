"""What is wrong with a text that the engine's parser refuses, where it can be told better than by the parser.

The parser backtracks, and names the furthest place that it reached in whatever it
tried last: over a keyword that it does not know, an IRI with a space in it or a
prefix that nothing declares it blames something else. These slips are looked for first, and with them
whatever :mod:`portsmouth.store.sparql.faults` can tell of a query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from portsmouth.iris import PREFIXES
from portsmouth.store.sparql.faults import Slip, fault
from portsmouth.store.sparql.lexer import Token, tokens, undeclared_prefix

_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_VERBS: Final = (
    "INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY",
)  # fmt: skip
#: Terminals that the words of a prologue take after them (SPARQL 1.1 Query, rules 4 to 6).
_PROLOGUE: Final = {"BASE": 1, "PREFIX": 2, "VERSION": 1}
#: What was meant for an IRI, but has in it what no IRI may have. A comparison such as ``?a <b && ?c> 1``
#: looks alike; only what has a scheme may have the signs that expressions have.
_NO_IRI: Final = re.compile(
    r"<(?=[^>\n]*[\s{}|\\^`\"])(?:https?:|urn:)[^<>\n]{0,300}>|<[A-Za-z][^<>\n(){}|&=!?$\"'\\^`*;]{0,300}>"
)


def slip(text: str, prefixes: Mapping[str, str], *, update: bool = False) -> Slip | None:
    """Find what is wrong with a text.

    :param text: a query or an update that the parser refuses.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :param update: whether it was to be an update.
    :return: the first slip of those that are known; ``None`` where the parser's own word has to do.

    >>> slip("SELEC ?x { ?x ?y ?z }", {})
    Slip(found="'SELEC'", expected='SELECT, ASK, CONSTRUCT or DESCRIBE; did you mean SELECT?', start=0)
    >>> slip("ASK { <a b> ?p ?o }", {}).found
    "'<a b>', which is no IRI"
    >>> slip("ASK { ?s d:b 1 }", {}).expected
    'PREFIX d: <https://w3id.org/portsmouth1905/id/> before it'
    """
    if beginning := _beginning(text, update):
        return beginning
    found = (_broken_iri(text), None if update else fault(text), _prefix(text, prefixes))
    return min((each for each in found if each), key=lambda each: each.start, default=None)


def _beginning(text: str, update: bool) -> Slip | None:
    """Find a text that begins as neither a query nor an update, or as the other of the two."""
    token = _first(text)
    if token is None or token.kind != "word":
        return None
    word = token.text.upper()
    if word in (_VERBS if update else _FORMS):
        return None
    if update and word in _FORMS:
        return Slip(
            f"'{token.text}', which begins a query", "an update; a query is sent to /sparql", token.start
        )
    if word in _VERBS:
        expected = "a query; it is an update: POST it to /update"
        return Slip(f"'{token.text}', which begins an update", expected, token.start)
    known = _VERBS if update else _FORMS
    near = get_close_matches(word[:40], known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Slip(f"'{token.text[:40]}'", f"{', '.join(known[:-1])} or {known[-1]}{hint}", token.start)


def _first(text: str) -> Token | None:
    """Return the first terminal after the prologue."""
    stream = tokens(text)
    for token in stream:
        arguments = _PROLOGUE.get(token.text.upper(), 0) if token.kind == "word" else 0
        if not arguments:
            return token
        for _ in range(arguments):
            next(stream, None)
    return None


def _broken_iri(text: str) -> Slip | None:
    for token in tokens(text):
        if token.text == "<" and (match := _NO_IRI.match(text, token.start)):
            shown = match.group()[:80]
            return Slip(
                f"'{shown}', which is no IRI",
                "an IRI, with %20 for a space and no quotes or braces",
                token.start,
            )
    return None


def _prefix(text: str, prefixes: Mapping[str, str]) -> Slip | None:
    stray = undeclared_prefix(text, prefixes)
    if stray is None:
        return None
    prefix = stray.text.partition(":")[0]
    namespace = PREFIXES.get(prefix, "…")
    return Slip(
        f"'{stray.text}', whose prefix is not declared",
        f"PREFIX {prefix}: <{namespace}> before it",
        stray.start,
    )
