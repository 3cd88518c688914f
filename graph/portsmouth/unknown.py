"""Names in a query that nothing in the dataset has.

An empty answer means that the source is silent. A slip of the pen in a name
gives an empty answer too, and must not pass for silence.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from portsmouth.iris import BASE, PREFIXES, shorten
from portsmouth.store.sparql.lexer import tokens

_IRI = re.compile(rf"<({re.escape(BASE)}[^>]*)>")
_DECLARED = re.compile(r"PREFIX\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE)


class UnknownName(NamedTuple):
    """A name that the dataset does not have, and the one that is nearest to it, if any is near."""

    name: str
    near: str | None


def unknown_names(text: str, nquads: bytes) -> list[UnknownName]:
    """Find the project's names in a query that stand nowhere in a dataset.

    :param text: a query, in which the project's prefixes hold.
    :param nquads: the dataset as N-Quads.
    :return: each such name once, in the order of the query.

    >>> data = b"<https://w3id.org/portsmouth1905/id/witte> <http://e/p> <http://e/o> ."
    >>> unknown_names("SELECT * { d:wite ?p ?o }", data)
    [UnknownName(name='d:wite', near='d:witte')]
    """
    known = set(_IRI.findall(nquads.decode()))
    found = []
    for iri in dict.fromkeys(_iris(text)):
        if iri.startswith(BASE) and iri not in known:
            near = difflib.get_close_matches(iri, known, n=1, cutoff=0.9)
            found.append(UnknownName(shorten(iri), shorten(near[0]) if near else None))
    return found


def _iris(text: str) -> Iterator[str]:
    """Yield the IRIs of a query, those of its prefixes left out."""
    prefixes = {**PREFIXES, **dict(_DECLARED.findall(text))}
    for token in tokens(text):
        if token.kind == "iri" and token.text[1:-1] not in prefixes.values():
            yield token.text[1:-1]
        elif token.kind == "prefixed":
            prefix, _, local = token.text.partition(":")
            if local and prefix in prefixes:
                yield prefixes[prefix] + local
