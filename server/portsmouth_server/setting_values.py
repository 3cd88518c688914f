"""Reading the value of one setting, from text as an option, a variable or a file has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from portsmouth.errors import ParameterError
from portsmouth.store.service.client import checked_address
from portsmouth.store.service.credentials import Credentials
from portsmouth_server.access import Token

Network = IPv4Network | IPv6Network
#: The name of a host or its address, in brackets if it is one of IPv6, and perhaps a port.
_HOST: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]|[^\x00-\x7f/:@]+)(?::[0-9]{1,5})?"
)

_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


def whole_number(text: str) -> int:
    """Read a whole number that is not negative.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    """Read a time in seconds, which is longer than none.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def yes_or_no(text: str) -> bool:
    """Read a yes or a no, in one of the words that are usual for it.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(text)
    return word in _YES


def rate(text: str) -> float:
    """Read a number of times a second, which may be none.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


def one_of(*words: str) -> Callable[[str], str]:
    """Return what reads one of some words, in whatever case.

    :param words: the words.

    >>> one_of("text", "json")("JSON")
    'json'
    """

    def read(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(text)
        return word

    return read


def networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, between commas or spaces.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    return tuple(ip_network(name) for name in text.replace(",", " ").split())


def read_hosts(text: str) -> frozenset[str]:
    """Read names of hosts, each perhaps with a port, between commas or spaces.

    :param text: them.
    :raises ValueError: one can be none.

    >>> sorted(read_hosts("Example.org:8080, [::1]"))
    ['[::1]', 'example.org:8080']
    """
    names = frozenset(text.lower().replace(",", " ").split())
    for name in names:
        if not _HOST.fullmatch(name):
            raise ValueError(name)
    return names


def web_address(text: str) -> str:
    """Read an address of the web, below which other addresses are.

    :param text: as it was given.
    :raises ValueError: it is something else.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(text)
    return text.rstrip("/")


def token(text: str) -> Token | None:
    """Read a token; nothing where there is none.

    :param text: as it was given.
    :raises ParameterError: it is something else.
    """
    # A variable that is set to nothing says the same as one that is not set.
    return Token.from_text(text) if text.strip() else None


def endpoint(text: str) -> str:
    """Read the address of a SPARQL service; nothing where there is none.

    :param text: as it was given.
    :raises ParameterError: it is something else.
    """
    return checked_address(text.strip()) if text.strip() else ""


def credentials(text: str) -> Credentials | None:
    """Read what a service is shown; nothing where there is none.

    :param text: as it was given.
    :raises ParameterError: it is something else.
    """
    return Credentials.from_text(text) if text.strip() else None


def read_token_file(text: str) -> Token:
    """Read the token from a file.

    :param text: the file's path.
    :raises ParameterError: there is no such file, or no token in it.
    """
    try:
        return Token.from_text(Path(text).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(
            f"no token in the file {text} ({cause(error)})", "a file that holds the token"
        ) from None


def cause(error: OSError | UnicodeDecodeError) -> str:
    """Say in words why a file cannot be read.

    :param error: what was raised.
    """
    return (error.strerror or "").lower() or "no file" if isinstance(error, OSError) else "not UTF-8"
