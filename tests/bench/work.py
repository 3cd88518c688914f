"""A fixed list of requests, for questions so long that a few seconds would hold too few of them."""

from __future__ import annotations

import http.client
import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

#: Seconds until a request counts as failed.
_PATIENCE = 600.0
#: Bytes of an answer that are read at once.
_PIECE = 1 << 18


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
    waiting = iter(list(itertools.islice(itertools.cycle(addresses), requests)))
    lock, took, failed = threading.Lock(), list[float](), list[int]()

    def client() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        # What is read goes nowhere: a place for each piece would cost as much as the reading.
        piece = bytearray(_PIECE)
        while True:
            with lock:
                address = next(waiting, None)
                if address is None:
                    break
                address = address.replace("%N%", str(number()))
            began = time.perf_counter()
            try:
                connection.request("GET", address, headers={"Accept": accept})
                reply = connection.getresponse()
                while reply.readinto(piece):
                    pass
                good = reply.status == 200
            except (OSError, http.client.HTTPException):
                good = False
                connection.close()
            if good:
                took.append(1000 * (time.perf_counter() - began))
            else:
                failed.append(1)
        connection.close()

    threads = [threading.Thread(target=client, daemon=True) for _ in range(min(clients, requests))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, len(failed), time.perf_counter() - began


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
