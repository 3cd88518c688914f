"""When a query may run: few at once while they are short, more beside those that have turned out to be long.

As many short queries as there are processors keep all of them busy; more would
only take turns. A long query must not keep short ones waiting, so once it has
run for a moment its place among the short ones is free again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Places:
    """The places of one store.

    :param short: short queries that run at once.
    :param most: queries that run at once, long ones included.

    >>> places, begun = Places(1, 2), []
    >>> first, second = places.take(lambda: begun.append(1)), places.take(lambda: begun.append(2))
    >>> begun
    [1]
    >>> first.turn_long()
    >>> begun
    [1, 2]
    """

    def __init__(self, short: int, most: int) -> None:
        self._short = max(1, min(short, most))
        self._most = most
        self._short_running = self._running = 0
        self._waiting: deque[Place] = deque()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running

    def take(self, run: Callable[[], None]) -> Place:
        """Take a place as soon as there is one, first come, first served.

        :param run: called when the place is there, which may be at once.
        """
        place = Place(self, run)
        self._waiting.append(place)
        self._admit()
        return place

    def _admit(self) -> None:
        while self._waiting and self._short_running < self._short and self._running < self._most:
            place = self._waiting.popleft()
            if place.state == "waiting":
                place.state = "short"
                self._short_running += 1
                self._running += 1
                place.run()

    def _turn_long(self) -> None:
        self._short_running -= 1
        self._admit()

    def _leave(self, state: str) -> None:
        self._running -= 1
        self._short_running -= state == "short"
        self._admit()


class Place:
    """One query's place.

    :param places: where it is.
    :param run: called when the query may run.
    """

    __slots__ = ("_places", "run", "state")

    def __init__(self, places: Places, run: Callable[[], None]) -> None:
        self._places = places
        self.run = run
        #: ``waiting``, ``short``, ``long`` or ``left``.
        self.state = "waiting"

    def turn_long(self) -> None:
        """Count the query among the long ones from now on."""
        if self.state == "short":
            self.state = "long"
            self._places._turn_long()

    def leave(self) -> None:
        """Give the place, or the waiting for it, up."""
        state, self.state = self.state, "left"
        if state in ("short", "long"):
            self._places._leave(state)
