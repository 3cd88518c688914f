"""Receipts within SPARQL JSON results.

The member stands between ``head`` and ``results``: readers that stream an answer refuse a member that they do
not know after the rows, and pass over one before them.
"""

from __future__ import annotations

import json

from portsmouth.errors import ParameterError
from portsmouth.receipts.model import Receipts


def inline(body: bytes, receipts: Receipts) -> bytes:
    """Put receipts into an answer; every other byte stays as the engine wrote it.

    :param body: ``application/sparql-results+json`` as the engine writes it.
    :param receipts: the receipts of its rows.
    :return: the answer with a member ``receipts``.
    :raises ParameterError: the answer is not such a document.

    >>> inline(b'{"head":{},"boolean":true}', Receipts())
    b'{"head":{},"receipts":{"facts":[],"rows":[],"cut":[],"notes":[],"truncated":false},"boolean":true}'
    """
    # The names of variables hold no quotation marks, so the first such key is the member itself.
    for key in (b',"results":', b',"boolean":'):
        head, found, rest = body.partition(key)
        if found:
            told = json.dumps(receipts.as_json(), ensure_ascii=False, separators=(",", ":"))
            return b"".join((head, b',"receipts":', told.encode("utf-8", "backslashreplace"), key, rest))
    raise ParameterError(found="an answer without results", expected="SPARQL JSON results")
