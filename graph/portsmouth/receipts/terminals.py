"""A query as the list of its terminals, for the parser of receipts."""

from __future__ import annotations

from typing import Final, NamedTuple

from portsmouth.errors import ReceiptUnsupportedError
from portsmouth.store.sparql.terminals import TERMINAL


class Token(NamedTuple):
    """A terminal: which one, and its text."""

    kind: str
    text: str


#: Stands behind the last terminal.
END: Final = Token("end", "")


def terminals(text: str) -> list[Token]:
    """Split a query into terminals, comments and white space left out.

    :param text: the query.
    :raises ReceiptUnsupportedError: a sign that SPARQL 1.1 does not have.

    >>> [token.kind for token in terminals("ASK { ?s a :b. } # c")]
    ['word', 'sign', 'variable', 'word', 'name', 'sign', 'sign']
    """
    found = []
    position = 0
    while position < len(text):
        match = TERMINAL.match(text, position)
        if not match:
            raise ReceiptUnsupportedError(f"'{text[position : position + 20]}'")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group()))
        position = match.end()
    return found
