"""How far a load has come, told on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn

from portsmouth.cli.telling import notes, now_and_then
from portsmouth.store.persistence.progress import Advance, Report


@contextmanager
def loading() -> Iterator[Report]:
    """Show the progress of a load while it lasts."""
    if notes.is_terminal:
        columns = (TextColumn("loading"), BarColumn(), TextColumn("{task.fields[line]}"))
        with Progress(*columns, console=notes, transient=True) as bar:
            task = bar.add_task("loading", total=1.0, line="", visible=False)
            yield lambda advance: bar.update(
                task, completed=advance.share, line=line(advance), visible=advance.share < 1
            )
        return
    yield now_and_then(line)


def line(advance: Advance) -> str:
    """Say how far a load has come.

    :param advance: how far it has come.

    >>> line(Advance(quads=1_000_000, share=0.5, seconds=10))
    '50 %, 1,000,000 quads, 100,000/s, about 10 s left'
    """
    return (
        f"{advance.share:.0%}, {advance.quads:,} quads, {advance.rate:,.0f}/s, "
        f"about {advance.left:,.0f} s left"
    ).replace("%,", " %,", 1)
