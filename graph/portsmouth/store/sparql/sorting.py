"""Rewriting a query so that it sorts by the ranks of values instead of by the values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, pairwise

from portsmouth.store.sparql.lexer import Token, tokens
from portsmouth.store.sparql.ranks import RANK


def ranked(text: str, names: Collection[str] | None = None) -> str | None:
    """Return a query or an update that sorts by ranks where it sorts by values.

    :param text: the query or the update; the engine's parser has accepted it.
    :param names: names of variables; conditions without any of them stay as they are. ``None`` is all.
    :return: it, with :data:`portsmouth.store.sparql.ranks.RANK` called in every condition of every
        ``ORDER BY``; ``None`` where it has none.

    >>> ranked("ASK { ?s ?p ?o } ORDER BY DESC(?o) ?s LIMIT 1").replace(RANK, "r")
    'ASK { ?s ?p ?o } ORDER BY DESC(<r>(?o)) <r>(?s) LIMIT 1'
    """
    found = list(tokens(text))
    marks: list[tuple[int, str]] = []
    for place, (first, second) in enumerate(pairwise(found)):
        if _is(first, "ORDER") and _is(second, "BY"):
            marks += _marks(found, place + 2, names)
    if not marks:
        return None
    cuts = [0, *(offset for offset, _ in marks), len(text)]
    parts = [text[begin:end] for begin, end in pairwise(cuts)]
    return "".join(chain.from_iterable(zip(parts, (*(mark for _, mark in marks), ""), strict=True)))


def _marks(found: Sequence[Token], place: int, names: Collection[str] | None) -> Iterator[tuple[int, str]]:
    """Yield what is to be put where, for the conditions that begin at a place (grammar, rule 23)."""
    while place < len(found):
        token, following = found[place], found[place + 1 : place + 2]
        called = bool(following) and following[0].text == "("
        if token.kind == "variable":
            last, before, after = place, f"<{RANK}>(", ")"
        elif token.text == "(":
            last, before, after = _closing(found, place), f"<{RANK}>", ""
        elif called and (_is(token, "ASC") or _is(token, "DESC")):
            place += 1
            token, last, before, after = found[place], _closing(found, place), f"(<{RANK}>", ")"
        elif called and token.kind in ("word", "iri", "prefixed") and not _is(token, "VALUES"):
            last, before, after = _closing(found, place + 1), f"<{RANK}>(", ")"
        elif _is(token, "EXISTS") or _is(token, "NOT"):
            # Nothing but truth values, of which each compares with the other.
            last, before, after = _closing(found, place + 1 + _is(token, "NOT")), "", ""
        else:
            return
        if before and (names is None or any(one.text[1:] in names for one in found[place : last + 1])):
            yield token.start, before
            yield found[last].start + len(found[last].text), after
        place = last + 1


def _is(token: Token, keyword: str) -> bool:
    return token.kind == "word" and token.text.upper() == keyword


def _closing(found: Sequence[Token], place: int) -> int:
    """Return the place of the bracket that closes the one at a place; the last place where none does."""
    depth = 0
    for here in range(place, len(found)):
        depth += (found[here].text in "({[") - (found[here].text in ")}]")
        if depth <= 0:
            return here
    return len(found) - 1
