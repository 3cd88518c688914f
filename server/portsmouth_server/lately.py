"""What was made lately, kept so that it is not made again for the next reader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sized
from typing import Generic, TypeVar

_Made = TypeVar("_Made", bound=Sized)


class Lately(Generic[_Made]):
    """What was made, by its ETag; those that nobody has asked for in the longest time make room.

    :param most: bytes that are kept, as ``len`` tells them.

    >>> kept = Lately[bytes](10)
    >>> kept.put("a", b"12345678")
    >>> kept.put("b", b"1234")
    >>> kept.get("a"), kept.get("b")
    (None, b'1234')
    """

    def __init__(self, most: int = 16 << 20) -> None:
        self._most = most
        self._bytes = 0
        self._made: OrderedDict[str, _Made] = OrderedDict()

    def get(self, tag: str) -> _Made | None:
        """Return what has an ETag.

        :param tag: the ETag, which is another one where what it names is another.
        """
        made = self._made.get(tag)
        if made is not None:
            self._made.move_to_end(tag)
        return made

    def put(self, tag: str, made: _Made) -> None:
        """Keep what has been made, if there can be room for it.

        :param tag: its ETag.
        :param made: what has been made.
        """
        if tag in self._made or len(made) > self._most:
            return
        self._made[tag] = made
        self._bytes += len(made)
        while self._bytes > self._most:
            self._bytes -= len(self._made.popitem(last=False)[1])
