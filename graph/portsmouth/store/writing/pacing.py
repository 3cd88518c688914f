"""When the next write may begin: where readers wait for a processor, they have it most of the time.

A client that writes one thing after another would otherwise have the processors for as
many writes as it can send, each of which wakes half a dozen processes, and readers would
get what is left. Where nobody reads, or there are processors to spare, writes follow each
other without a pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portsmouth.store.processes.threads import threads

#: The pause after a write, by the time that it took, and the longest one in seconds.
_PAUSE, _LONGEST = 2.0, 0.01
#: Readers are kept waiting where they wait for a processor for this part of the time, all together.
_WAITING: Final = 0.1
#: Seconds between two looks at them.
_LOOK: Final = 0.05


class Pace:
    """The pace of the writes to one store; all times are in seconds of one clock.

    >>> pace = Pace()
    >>> pace.look(10.0, {7: 1.0, 8: 1.0}); pace.look(10.1, {7: 1.01, 8: 1.02})
    >>> pace.ended(began=10.1, now=10.102)
    >>> round(pace.pause(10.102), 3), round(pace.pause(10.105), 3), pace.pause(10.2)
    (0.004, 0.001, 0.0)
    """

    def __init__(self) -> None:
        self._looked = self._until = 0.0
        self._waited: Mapping[int, float] = {}
        self._waiting = False

    def due(self, now: float) -> bool:
        """Say whether it is time to :meth:`look` again."""
        return now - self._looked >= _LOOK

    def look(self, now: float, waited: Mapping[int, float]) -> None:
        """Look whether readers are kept waiting.

        :param waited: for how long each process that reads has waited for a processor; see :func:`waited`.
        """
        before, elapsed = self._waited, now - self._looked
        lately = sum(seconds - before[pid] for pid, seconds in waited.items() if pid in before)
        self._waiting = lately > _WAITING * elapsed
        self._looked, self._waited = now, waited

    def ended(self, began: float, now: float) -> None:
        """Note a write that has ended."""
        self._until = now + min(_PAUSE * (now - began), _LONGEST)

    def pause(self, now: float) -> float:
        """Return for how long the next write has to wait."""
        return max(0.0, self._until - now) if self._waiting else 0.0


def waited(pid: int) -> float:
    """Return for how long a process's threads have waited for a processor, as far as the system tells.

    Linux tells it in nanoseconds (its documentation, scheduler/sched-stats).
    """
    return sum(_waited(Path(f"/proc/{pid}/task/{thread}/schedstat")) for thread in threads(pid))


def _waited(path: Path) -> float:
    try:
        return int(path.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
