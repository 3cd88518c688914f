"""Conditions against lost updates: If-Match and If-None-Match (RFC 9110, section 13.1).

The tag of a graph is its version and the format in which it was given. Tags are
strong, so that they may stand in If-Match; what they promise is that the triples
are the same, though a graph has no order in which to write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from portsmouth_server.http import Header, header

_TAG: Final = re.compile(r'(W/)?"([^"]*)"')
#: What stands for any version.
ANY: Final = "*"


def graph_tag(version: str, extension: str) -> str:
    """Return the ETag of a graph in a format.

    :param version: the version of the graph.
    :param extension: the format.

    >>> graph_tag("v7", "ttl")
    '"v7.ttl"'
    """
    return f'"{version}.{extension}"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request asks of the graph before it is read or written.

    :param match: versions of which the graph must have one; ``None`` asks nothing.
    :param none_match: tags that the graph must not have; ``None`` asks nothing.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    @classmethod
    def from_headers(cls, headers: Iterable[Header]) -> Self:
        """Read a request's conditions.

        :param headers: the request's headers, names in lower case.

        >>> conditions = Conditions.from_headers([(b"if-match", b'"v7.ttl", W/"v8.ttl"')])
        >>> conditions.match
        frozenset({'v7'})
        """
        headers = tuple(headers)
        return cls(_tags(header(headers, b"if-match"), weak=False), _tags(header(headers, b"if-none-match")))

    def fail(self, version: str | None) -> bool:
        """Say whether a graph of this version may not be touched.

        :param version: the version; ``None`` where there is no graph.
        """
        if self.match is not None and not _holds(self.match, version):
            return True
        return self.none_match is not None and _holds(self.none_match, version)


def _tags(value: str | None, *, weak: bool = True) -> frozenset[str] | None:
    if value is None:
        return None
    if value.strip() == ANY:
        return frozenset({ANY})
    # If-Match compares strongly, so that a weak tag matches nothing (section 13.1.1).
    found = [tag for mark, tag in _TAG.findall(value) if weak or not mark]
    return frozenset(tag.rpartition(".")[0] or tag for tag in found)


def _holds(versions: frozenset[str], version: str | None) -> bool:
    return version is not None and (ANY in versions or version in versions)
