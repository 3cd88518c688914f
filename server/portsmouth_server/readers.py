"""Clients that do not read: what they leave unread is not kept for ever.

The kernel waits for as long as the other end says that it is there. So now and
then every connection on which something waits to be sent is looked at, and one
on which nothing has gone out since the last look is given up.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable
from typing import Final, Protocol

try:
    import fcntl
    import termios
except ImportError:
    _KERNEL_TELLS = False
else:
    _KERNEL_TELLS = True

#: More than can wait to be sent.
MUCH: Final = 1 << 62
_NUMBER: Final = struct.Struct("i")


class Sending(Protocol):
    """A connection, as far as sending goes."""

    transport: asyncio.Transport
    #: Bytes that waited at the last look, if nothing could be added to them since; or :data:`MUCH`.
    unsent: int

    @property
    def is_full(self) -> bool:
        """Whether nothing may be added to what waits."""


class Readers:
    """Looks after the clients of one server.

    :param seconds: for how long a client may take nothing; at most twice that.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connections: Iterable[Sending], loop: asyncio.AbstractEventLoop) -> None:
        """Look at connections from now on, as long as there are any.

        :param connections: those that are open at the time of each look.
        :param loop: the event loop of the server.
        """
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, connections, loop)

    def _look(self, connections: Iterable[Sending], loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        present = list(connections)
        for connection in present:
            transport = connection.transport
            waiting = _waiting(transport)
            if waiting > 0 and waiting >= connection.unsent:
                transport.abort()
            # Elsewhere it might only have been filled up again.
            alone = connection.is_full or transport.is_closing()
            connection.unsent = waiting if alone else MUCH
        if present:
            self.watch(connections, loop)


def _waiting(transport: asyncio.Transport) -> int:
    """Return how many bytes the other end has not taken, if some have to wait here; otherwise 0.

    The kernel lets more in only when a good part of what it has is gone, which may take a slow reader long.
    So what it has counts too (tcp(7), ``SIOCOUTQ``).
    """
    here = transport.get_write_buffer_size()
    if not here or not _KERNEL_TELLS:
        return here
    try:
        file = transport.get_extra_info("socket").fileno()
        there = fcntl.ioctl(file, termios.TIOCOUTQ, bytes(_NUMBER.size))
    except (OSError, ValueError):
        # It has just been closed.
        return here
    return here + int(_NUMBER.unpack(there)[0])
