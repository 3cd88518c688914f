"""When a query may run: few at once while they are short, more beside those that have turned out to be long.

As many short queries as there are processors keep all of them busy; more would
only take turns. A long query must not keep short ones waiting, so once it has
run for a moment its place among the short ones is free again.

Long queries that take turns also take longer in all: each runs in a worker of its
own, which has to make its own copy of what it reads. So one that is expected to be
long waits until fewer are at work than there are processors, though not for ever;
those that have gone on for so long that they yield to others do not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Places:
    """The places of one store.

    :param short: short queries that run at once, and long ones beside which another is begun that is expected
        to be long.
    :param most: queries that run at once, long ones included.

    >>> places, begun = Places(1, 3), []
    >>> first = places.take(lambda: begun.append(1))
    >>> second, third = places.take(lambda: begun.append(2), long=True), places.take(lambda: begun.append(3))
    >>> first.turn_long()
    >>> begun
    [1, 3]
    >>> third.leave(); first.give_way()
    >>> begun
    [1, 3, 2]
    """

    def __init__(self, short: int, most: int) -> None:
        self._short = max(1, min(short, most))
        self._most = most
        self._short_running = self._long_running = self._running = 0
        self._waiting: deque[Place] = deque()
        self._waiting_long: deque[Place] = deque()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running

    @property
    def idle(self) -> bool:
        """Whether no query runs or waits."""
        waiting = (*self._waiting, *self._waiting_long)
        return not self._running and all(place.state == "left" for place in waiting)

    @property
    def crowded(self) -> bool:
        """Whether a query that is expected to be long would have to wait."""
        return self._long_running >= self._short

    def take(self, run: Callable[[], None], *, long: bool = False) -> Place:
        """Take a place as soon as there is one, first come, first served.

        :param run: called when the place is there, which may be at once.
        :param long: whether the query is expected to be long.
        """
        place = Place(self, run, long=long)
        (self._waiting_long if long else self._waiting).append(place)
        self._admit()
        return place

    def _admit(self) -> None:
        while self._short_running < self._short and self._running < self._most:
            if self._waiting:
                place = self._waiting.popleft()
            elif self._waiting_long and not self.crowded:
                place = self._waiting_long.popleft()
            else:
                return
            if place.state == "waiting":
                place.state = "short"
                self._short_running += 1
                self._long_running += place.counts_as_long
                self._running += 1
                place.run()

    def _hurry(self, place: Place) -> None:
        if place in self._waiting_long:
            self._waiting_long.remove(place)
            self._waiting.appendleft(place)
            self._admit()

    def _turn_long(self, place: Place) -> None:
        self._short_running -= 1
        if not place.counts_as_long:
            place.counts_as_long = True
            self._long_running += 1
        self._admit()

    def _give_way(self) -> None:
        self._long_running -= 1
        self._admit()

    def _leave(self, state: str, *, counted_as_long: bool) -> None:
        self._running -= 1
        self._short_running -= state == "short"
        self._long_running -= counted_as_long
        self._admit()


class Place:
    """One query's place.

    :param places: where it is.
    :param run: called when the query may run.
    :param long: whether the query is expected to be long.
    """

    __slots__ = ("_places", "counts_as_long", "run", "state")

    def __init__(self, places: Places, run: Callable[[], None], *, long: bool) -> None:
        self._places = places
        self.run = run
        #: ``waiting``, ``short``, ``long`` or ``left``.
        self.state = "waiting"
        #: Whether it is counted among the long ones that are at work.
        self.counts_as_long = long

    def hurry(self) -> None:
        """Wait no longer for long ones to end, only for a place."""
        if self.state == "waiting":
            self._places._hurry(self)

    def turn_long(self) -> None:
        """Count the query among the long ones from now on."""
        if self.state == "short":
            self.state = "long"
            self._places._turn_long(self)

    def give_way(self) -> None:
        """Count the query no more among the long ones that others wait for."""
        if self.state == "long" and self.counts_as_long:
            self.counts_as_long = False
            self._places._give_way()

    def leave(self) -> None:
        """Give the place, or the waiting for it, up."""
        state, self.state = self.state, "left"
        if state in ("short", "long"):
            self._places._leave(state, counted_as_long=self.counts_as_long)
