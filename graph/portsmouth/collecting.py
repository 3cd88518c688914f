"""Making much that lives on without the garbage collector walking over it again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused(*, settled: bool = False) -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what only grows and holds no cycles.

    Without it a network of a hundred thousand arcs takes half as long again. Within another such pause, or
    where nothing is collected anyway, nothing changes.

    :param settled: whether all that is there in the end counts as old at once; else the next collection would
        walk over it. For much at a time: what is garbage by then, too, stays until all is looked through.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            # Where something is frozen for good, a fork server's data, it would thaw with the rest.
            if settled and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
