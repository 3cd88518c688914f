"""Receipts: for any row of a SPARQL answer, the facts it rests on and the passages that state them.

::

    answer = await store.query(query)
    answers = read_answers(answer.kind, b"".join([chunk async for chunk in answer]))
    receipts = await explain(store, query, answers.rows[:50])
    for derivation in receipts.rows[0].derivations:
        for fact in receipts.facts_of(derivation):
            print(fact.cited, fact.passages)

What a receipt says is exact for basic patterns, joins, ``FILTER``, ``UNION``, ``OPTIONAL``, ``VALUES``,
``BIND``, ``GRAPH``, ``DISTINCT``, subqueries and paths of fixed length: replaying the query on the facts of
one derivation gives the row (:mod:`portsmouth.receipts.replay`). Elsewhere a derivation carries a note: one
shortest path for ``+``, ``*`` and ``?``, one example for ``EXISTS``, all members for a group. What was not
found, for ``MINUS``, ``NOT EXISTS`` and ``OPTIONAL``, is told as absent.
"""

from portsmouth.receipts.explaining import PAGE, Answered, Answers, explain, read_answers
from portsmouth.receipts.model import Budget, Cited, Derivation, Fact, Receipt, Receipts
from portsmouth.receipts.paging import Page, read_page
from portsmouth.receipts.telling import inline

__all__ = [
    "PAGE",
    "Answered",
    "Answers",
    "Budget",
    "Cited",
    "Derivation",
    "Fact",
    "Page",
    "Receipt",
    "Receipts",
    "explain",
    "inline",
    "read_answers",
    "read_page",
]
