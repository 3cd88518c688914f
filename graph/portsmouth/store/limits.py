"""What one query may take, and how many run at once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets of a store.

    :param deadline: seconds after which a query is ended, from when it was asked.
    :param memory_mib: MiB that a worker may take beyond the shared snapshot.
    :param workers: queries that may run at once.
    :param short: how many of them may be short ones, which would only take turns on the processors.
    :param queue_seconds: seconds that a query waits for a worker before it is told that the store is busy; no
        longer than its deadline.
    :param patience: processor seconds after which a query yields the processor to short ones.
    :param spool_mib: MiB of answers that may wait for slow readers, in memory and temporary files, before
        workers have to wait with them.
    :param service_hosts: hosts that ``SERVICE`` may call; none unless the operator names them.
    """

    deadline: float = 30.0
    memory_mib: int = 1024
    workers: int = field(default_factory=lambda: 8 * (os.cpu_count() or 1))
    short: int = field(default_factory=lambda: max(2, os.cpu_count() or 1))
    queue_seconds: float = 10.0
    patience: float = 0.1
    spool_mib: int = 1024
    service_hosts: frozenset[str] = frozenset()
