"""The header that leads from an answer to its receipts (PROV-AQ, section 3.1)."""

from __future__ import annotations

from functools import lru_cache

from portsmouth.iris import PROV
from portsmouth.store.protocol import Dataset, Query
from portsmouth_server import urls
from portsmouth_server.http import Scope
from portsmouth_server.plain import LONGEST_LINK, PROVENANCE, link_as_it_came
from portsmouth_server.urls import Urls


def provenance(here: Urls, scope: Scope, query: Query) -> bytes:
    """Return the value of the Link header.

    A query that came in the address of the endpoint is handed on as it came.

    :param here: where the server is seen.
    :param scope: the request.
    :param query: the query that it means.
    :return: the link; where the address would be too long for proxies, the service to POST the query to.

    >>> scope = {"path": "/sparql", "method": "GET", "query_string": b"query=ASK%20%7B%7D"}
    >>> provenance(Urls(), scope, Query("ASK {}"))
    b'</receipts?query=ASK%20%7B%7D>; rel="http://www.w3.org/ns/prov#has_provenance"'
    """
    if scope["method"] != "POST" and scope["path"] in (urls.SPARQL, here.sparql):
        link = link_as_it_came(_address(here), scope["query_string"])
        if link is not None:
            return link
    graphs = (*query.dataset.default, *query.dataset.named)
    # What cannot fit is not kept either: a query that is posted may be a MiB long.
    if len(query.text) + sum(map(len, graphs)) >= LONGEST_LINK:
        return _service(here)
    return _written(here, query.text, query.dataset)


@lru_cache(maxsize=8)
def _address(here: Urls) -> bytes:
    return here.receipts().encode()


@lru_cache(maxsize=1024)
def _written(here: Urls, text: str, dataset: Dataset) -> bytes:
    address = here.receipts(text, dataset).encode()
    return b"<%s%s" % (address, PROVENANCE) if len(address) <= LONGEST_LINK else _service(here)


def _service(here: Urls) -> bytes:
    """Return the link to the service itself (PROV-AQ, section 4)."""
    return f'<{here.receipts()}>; rel="{PROV}has_query_service"; title="POST the query"'.encode()
