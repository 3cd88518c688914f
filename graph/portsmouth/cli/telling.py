"""Standard error: what is told beside an answer, and what is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from rich.console import Console

if TYPE_CHECKING:
    from portsmouth.build import Progress

State = TypeVar("State")

#: Standard error.
notes: Final = Console(stderr=True, highlight=False, soft_wrap=True)
#: Seconds between lines, where nobody looks at a terminal.
_BETWEEN_LINES: Final = 5.0


@contextmanager
def progress() -> Iterator[Progress]:
    """Show the step that is under way, where somebody is looking."""
    with notes.status("starting") as status:
        yield lambda step: status.update(step)


def now_and_then(line: Callable[[State], str]) -> Callable[[State], None]:
    """Return what tells how far something has come, a line every few seconds, however often it is called.

    :param line: says it.
    """
    told = time.monotonic()

    def tell(state: State) -> None:
        nonlocal told
        if time.monotonic() - told >= _BETWEEN_LINES:
            told = time.monotonic()
            notes.print(line(state), markup=False)

    return tell
