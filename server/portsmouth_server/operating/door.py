"""Who is at the door, and who may come in: clients' addresses, and how often each may ask."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from portsmouth.errors import RateLimitError
from portsmouth_server import urls
from portsmouth_server.http import Header, Scope, header
from portsmouth_server.setting_values import Network
from portsmouth_server.settings import Settings

#: Paths below which nobody is refused: what a page is made of, and what tells whether the server is well.
_FREE: Final = (urls.STATIC + "/", urls.HEALTH, urls.METRICS)
#: Clients that are remembered; the one that has been quiet for longest is forgotten first.
_MOST_CLIENTS: Final = 20_000


class Door:
    """Knows clients and counts what they ask.

    :param settings: rates, and the proxies that may speak for others.
    :param clock: seconds that only grow.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._trusted = settings.trusted_proxies
        self._rate = settings.rate
        self._burst = max(1, settings.burst)
        self._root = settings.root_path
        self._clock = clock
        #: What each client may still ask at once, and when that was so.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def open(self) -> bool:
        """Whether everybody may ask as often as he likes."""
        return not self._rate

    def client(self, peer: str, headers: Iterable[Header]) -> str:
        """Return the address of the client.

        A proxy adds the address that it sees to the end of ``X-Forwarded-For``, so the last one that is not
        a trusted proxy's own is the client's; what stands before it the client may have made up.

        :param peer: the address at the other end of the connection.
        :param headers: the request's headers.
        """
        if not self._trusted or not _within(peer, self._trusted):
            return peer
        forwarded = header(headers, b"x-forwarded-for")
        for word in reversed((forwarded or "").split(",")):
            address = word.strip()
            if not _parse(address):
                break
            peer = address
            if not _within(address, self._trusted):
                break
        return peer

    def admit(self, scope: Scope) -> None:
        """Let a request in.

        :raises RateLimitError: its client has asked too often.
        """
        path = scope["path"].removeprefix(self._root)
        if self.open or path.startswith(_FREE):
            return
        name = _bucket_name(self.client((scope.get("client") or ("",))[0], scope["headers"]))
        now = self._clock()
        tokens, then = self._buckets.pop(name, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - then) * self._rate)
        admitted = tokens >= 1
        self._buckets[name] = (tokens - 1 if admitted else tokens, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not admitted:
            raise RateLimitError(self._rate, self._burst, math.ceil((1 - tokens) / self._rate))

    def is_within(self, scope: Scope, networks: tuple[Network, ...]) -> bool:
        """Say whether a client is in one of some networks, as far as that can be known.

        :param networks: the networks.
        """
        peer = (scope.get("client") or ("",))[0]
        forwarded = any(name in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"])
        if forwarded and not _within(peer, self._trusted):
            # It comes from somebody else, of whom nothing can be known.
            return False
        return _within(self.client(peer, scope["headers"]), networks)


@lru_cache(maxsize=4096)
def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def _bucket_name(address: str) -> str:
    """Return the name under which a client is counted: an IPv6 client has a whole /64 of addresses.

    >>> _bucket_name("2001:db8::1") == _bucket_name("2001:db8::2")
    True
    """
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address
