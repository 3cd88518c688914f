"""Standard error: what is told beside an answer, and what is under way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from portsmouth.build import Progress

notes = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show the step that is under way, where somebody is looking."""
    with notes.status("starting") as status:
        yield lambda step: status.update(step)
