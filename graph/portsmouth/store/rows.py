"""The rows of a query as terms, for the parts of the library that ask a store what they tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

import pyoxigraph as ox

from portsmouth.store.protocol import RESULT_FORMATS, Formats, Query, Store

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
#: A solution: terms by the name of their variable; a variable that is unbound is not there.
Row: TypeAlias = dict[str, Term]


async def rows(store: Store, query: Query) -> list[Row]:
    """Return the solutions of a SELECT query.

    :param store: what answers.
    :param query: the query, in whatever format.
    :raises StoreError: the store could not answer.
    """
    asked = replace(query, formats=Formats(RESULT_FORMATS["json"]))
    answer = await store.query(asked)
    try:
        body = b"".join([chunk async for chunk in answer])
    finally:
        await answer.aclose()
    results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if not isinstance(results, ox.QuerySolutions):
        raise TypeError(f"found {type(results).__name__}; expected the solutions of a SELECT")
    names = [variable.value for variable in results.variables]
    found: list[Row] = []
    for solution in results:
        row: Row = {}
        for name in names:
            value = solution[name]
            if isinstance(value, ox.NamedNode | ox.BlankNode | ox.Literal):
                row[name] = value
        found.append(row)
    return found


def values(iris: Iterable[str]) -> str:
    """Write IRIs as the values of a variable.

    >>> values(["http://e/b", "http://e/a"])
    '<http://e/a> <http://e/b>'
    """
    return " ".join(str(ox.NamedNode(iri)) for iri in sorted(set(iris)))
