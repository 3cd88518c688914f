"""A fixed list of requests, for questions so long that a few seconds would hold too few of them."""

from __future__ import annotations

import itertools
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httptools

#: Seconds until a request counts as failed.
_PATIENCE = 600.0
#: Bytes of an answer that are read at once.
_PIECE = 1 << 20


class _Client:
    """A connection that asks one thing after another.

    One loop reads for all of them, into one place, and what it reads goes nowhere: the load generator runs on
    the processors of the server.

    :param address: host and port of the server.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self.socket: socket.socket | None = None
        self.began = 0.0
        self._whole = False

    def ask(self, request: bytes) -> None:
        """Send a request.

        :raises OSError: the server takes none.
        """
        self.began = time.perf_counter()
        self._whole = False
        self._parser = httptools.HttpResponseParser(self)
        if self.socket is None:
            self.socket = socket.create_connection(self._address, timeout=_PATIENCE)
        self.socket.sendall(request)

    def on_message_complete(self) -> None:
        """Be told by the parser that the answer is whole."""
        self._whole = True

    def read(self, piece: bytearray) -> bool | None:
        """Read what has come; say whether the answer is a good one, ``None`` as long as it is not whole."""
        assert self.socket is not None
        try:
            length = self.socket.recv_into(piece, 0, socket.MSG_DONTWAIT)
            self._parser.feed_data(memoryview(piece)[:length])
        except BlockingIOError:
            return None
        except (OSError, httptools.HttpParserError):
            return False
        if not self._whole:
            # An answer that nothing but the end of the connection ends.
            return None if length else self._status == 200
        return self._status == 200

    @property
    def _status(self) -> int:
        return int(self._parser.get_status_code())

    @property
    def lasts(self) -> bool:
        """Whether the connection can be asked again."""
        return self._whole and bool(self._parser.should_keep_alive())

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def answer(
    url: str, addresses: Sequence[str], clients: int, requests: int, accept: str, number: Callable[[], int]
) -> tuple[list[float], int, float]:
    """Send a number of requests, each as soon as a client is free.

    Every server gets the same ones in the same order, so none is spared the longest.

    :param url: where the server is.
    :param addresses: paths with ``%N%`` for a number, taken in turn.
    :param clients: connections that ask at once, each waiting for its answer.
    :param requests: how many in all.
    :param accept: the media type that is asked for.
    :param number: gives a number that no request has had.
    :return: milliseconds of every answer, how many requests failed, and the seconds that all took.
    """
    parts = urlsplit(url)
    head = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: {accept}\r\n\r\n"
    waiting = itertools.islice(itertools.cycle(addresses), requests)
    took, failed = list[float](), 0
    piece = bytearray(_PIECE)
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:

        def ask(client: _Client) -> int:
            """Send the next request, and return how many could not be sent."""
            unsent = 0
            for address in waiting:
                try:
                    client.ask(f"GET {address.replace('%N%', str(number()))}{head}".encode())
                except OSError:
                    client.close()
                    unsent += 1
                    continue
                assert client.socket is not None
                selector.register(client.socket, selectors.EVENT_READ, client)
                return unsent
            client.close()
            return unsent

        for _ in range(min(clients, requests)):
            failed += ask(_Client((parts.hostname or "", parts.port or 80)))
        while selector.get_map():
            # Where nothing comes any more, none of them will be answered.
            ready = [key for key, _ in selector.select(_PATIENCE)] or list(selector.get_map().values())
            for key in ready:
                client = key.data
                good = client.read(piece)
                now = time.perf_counter()
                if good is None and now - client.began < _PATIENCE:
                    continue
                if good:
                    took.append(1000 * (now - client.began))
                else:
                    failed += 1
                selector.unregister(key.fileobj)
                if not (good and client.lasts):
                    client.close()
                failed += ask(client)
    return took, failed, time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all does not exceed; the longest where they are few.

    >>> percentile([1.0, 2.0, 3.0], 0.99), percentile([1.0, 2.0, 3.0], 0.5), percentile([], 0.5)
    (3.0, 2.0, nan)
    """
    if not values:
        return float("nan")
    if share == 0.5:
        return statistics.median(values)
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
