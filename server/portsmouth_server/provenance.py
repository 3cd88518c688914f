"""The header that leads from an answer to its receipts (PROV-AQ, section 3.1)."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import Final

from portsmouth.iris import PROV
from portsmouth.store.protocol import Dataset, Query
from portsmouth_server import urls
from portsmouth_server.http import Scope
from portsmouth_server.urls import Urls

#: The longest address that a header leads to: proxies keep 4 KiB for all headers of an answer.
_LONGEST: Final = 2048
# What may stand in the query of an address (RFC 3986, section 3.4), and so in a Link header as it came.
_SAFE: Final = (string.ascii_letters + string.digits + "%/?:@!$&'()*+,;=._~-").encode()
#: Parameters that are about the answer itself.
_OTHERS: Final = (b"format=", b"receipts=", b"rows=")
_REL: Final = f'>; rel="{PROV}has_provenance"'.encode()


def provenance(here: Urls, scope: Scope, query: Query) -> bytes:
    """Return the value of the Link header.

    A query that came in the address of the endpoint is handed on as it came, which costs next to nothing and
    keeps every parameter that chooses a dataset.

    :param here: where the server is seen.
    :param scope: the request.
    :param query: the query that it means.
    :return: the link; where the address would be too long for proxies, the service to POST the query to.

    >>> scope = {"path": "/sparql", "method": "GET", "query_string": b"query=ASK%20%7B%7D"}
    >>> provenance(Urls(), scope, Query("ASK {}"))
    b'</receipts?query=ASK%20%7B%7D>; rel="http://www.w3.org/ns/prov#has_provenance"'
    """
    came = scope["query_string"]
    if (
        scope["method"] != "POST"
        and len(came) < _LONGEST
        and scope["path"] in (urls.SPARQL, here.sparql)
        and not came.translate(None, _SAFE)
        and not any(name in came for name in _OTHERS)
    ):
        return b"<%s?%s%s" % (_address(here), came, _REL)
    return _written(here, query.text, query.dataset)


@lru_cache(maxsize=8)
def _address(here: Urls) -> bytes:
    return here.receipts().encode()


@lru_cache(maxsize=1024)
def _written(here: Urls, text: str, dataset: Dataset) -> bytes:
    address = here.receipts(text, dataset) if len(text) < _LONGEST else ""
    if 0 < len(address) <= _LONGEST:
        return b"<%s%s" % (address.encode(), _REL)
    return f'<{here.receipts()}>; rel="{PROV}has_query_service"; title="POST the query"'.encode()
