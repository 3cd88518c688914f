"""Asking a store on behalf of a receipt: one deadline and one dataset for all of its queries."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import DeadlineError, ReceiptUnsupportedError
from portsmouth.receipts import syntax as s
from portsmouth.receipts.algebra import write
from portsmouth.receipts.model import Budget
from portsmouth.store.protocol import Dataset, Query, Store
from portsmouth.store.sparql.engine import dataset_of

#: What a query of the receipt binds, by the variable's name.
Solution: TypeAlias = dict[str, s.Ground]

TRIPLE_TERM: Final = "a triple that is itself a term"
_JSON: Final = ox.QueryResultsFormat.JSON


class Asker:
    """Asks a store, and counts the time.

    :param store: the store.
    :param query: the query whose answer is explained; its dataset is asked, and its deadline is kept.
    :param budget: what may be spent.
    """

    def __init__(self, store: Store, query: Query, budget: Budget) -> None:
        self.store = store
        self.dataset = dataset_of(query)
        self.budget = budget
        self._deadline = query.deadline
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + budget.seconds if budget.seconds is not None else None

    async def solutions(self, select: s.Select, *, everywhere: bool = False) -> list[Solution]:
        """Return the solutions of a query.

        :param select: the query.
        :param everywhere: whether to ask all graphs that the stance keeps, whichever of them were asked.
        :raises StoreError: the query overran, or failed.
        :raises ReceiptUnsupportedError: a value is a triple.
        """
        query = Query(
            write(select),
            dataset=Dataset(stance=self.dataset.stance) if everywhere else self.dataset,
            deadline=self._seconds(),
        )
        answer = await self.store.query(query)
        body = b"".join([chunk async for chunk in answer])
        results = ox.parse_query_results(body, format=_JSON)
        if not isinstance(results, ox.QuerySolutions):  # pragma: no cover
            raise TypeError(f"found {results!r}; expected solutions")
        names = [variable.value for variable in results.variables]
        found: list[Solution] = []
        for solution in results:
            row: Solution = {}
            for name, value in zip(names, solution, strict=True):
                if isinstance(value, ox.Triple):
                    raise ReceiptUnsupportedError(TRIPLE_TERM)
                if value is not None:
                    row[name] = value
            found.append(row)
        return found

    async def every(self, group: s.Group, limit: int | None = None, **how: bool) -> list[Solution]:
        """Return the solutions of a pattern, with all its variables."""
        return await self.solutions(replace(s.Select(None, group), limit=limit), **how)

    def _seconds(self) -> float | None:
        if self._end is None:
            return self._deadline
        left = self._end - self._clock()
        if left <= 0:
            raise DeadlineError(self.budget.seconds or 0)
        return left if self._deadline is None else min(left, self._deadline)
