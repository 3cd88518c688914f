"""What another service is sent: a query that stands by itself, and the dataset that it is to ask.

Engines differ in what they take for a dataset that is not said, so it is said in every request: ``g:merged``
stands for the default graph, and the other graphs that are loaded are the named ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.store.protocol import Dataset, Query
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.lexer import names_graphs, tokens, used_prefixes

#: Stands in a list of graphs that would be empty, since an empty one means another thing to each engine.
NO_GRAPH: Final = "urn:x-portsmouth:none"

_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


def fields_of(query: Query, loaded: Callable[[], Iterable[str]] | None) -> list[tuple[str, str]]:
    """Return the form that says a query and its dataset (SPARQL 1.1 Protocol, section 2.1.2).

    :param query: the question.
    :param loaded: returns the named graphs that ``portsmouth load`` has put there; without it a query that
        names no graph is asked of the service's own dataset.
    :return: names and values of the form's fields.

    >>> fields_of(Query("ASK {}"), None)
    [('query', 'ASK {}')]
    >>> [name for name, _ in fields_of(Query("ASK { GRAPH ?g {} }"), lambda: ["http://g"])]
    ['query', 'default-graph-uri', 'named-graph-uri']
    """
    fields = [("query", self_contained(query))]
    asked = query.dataset
    if not asked and engine.dataset_of(query):
        # The text says it.
        return fields
    if not asked:
        if loaded is None:
            return fields
        # Long lists take the service time, and most queries name no graph.
        named = tuple(loaded()) if names_graphs(query.text) else ()
        asked = Dataset((iris.MERGED,), named)
    fields += [("default-graph-uri", graph) for graph in asked.default or (NO_GRAPH,)]
    fields += [("named-graph-uri", graph) for graph in asked.named or (NO_GRAPH,)]
    return fields


def self_contained(query: Query) -> str:
    """Return the text of a query with the declarations that hold without standing in it.

    :param query: the question, which the parser has accepted.

    >>> self_contained(Query("ASK { <a> ?p ?o }", base="http://e/"))
    'BASE <http://e/> ASK { <a> ?p ?o }'
    >>> self_contained(Query("ASK { ?s a skos:Concept }", known_prefixes=True))
    'PREFIX skos: <http://www.w3.org/2004/02/skos/core#> ASK { ?s a skos:Concept }'
    """
    before = ""
    relative = any(token.kind == "iri" and not _ABSOLUTE.match(token.text) for token in tokens(query.text))
    if query.base and relative:
        before += f"BASE {ox.NamedNode(query.base)} "
    if query.known_prefixes:
        used = used_prefixes(query.text) & iris.PREFIXES.keys()
        before += "".join(f"PREFIX {prefix}: <{iris.PREFIXES[prefix]}> " for prefix in sorted(used))
    return before + query.text
