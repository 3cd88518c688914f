"""What an operator decides about a server: one frozen object.

Every field can be set from the environment as ``PORTSMOUTH_`` and the field's
name in capitals: ``PORTSMOUTH_PORT=8080``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self
from urllib.parse import urlsplit

from portsmouth.errors import ParameterError
from portsmouth.store.limits import Limits

ENVIRONMENT_PREFIX: Final = "PORTSMOUTH_"
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


def _whole_number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(text)
    return word in _YES


def _names(text: str) -> frozenset[str]:
    return frozenset(text.lower().replace(",", " ").split())


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(text)
    return text.rstrip("/")


def _setting(default: Any, read: Callable[[str], Any], expected: str) -> Any:
    return field(default=default, metadata={"read": read, "expected": expected})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server.

    :param host: the address to listen on.
    :param port: the port to listen on; 0 lets the system choose.
    :param deadline: seconds that a query may run.
    :param memory: MiB that a query may take beyond the shared snapshot.
    :param workers: queries that may run at once; 0 leaves it to the number of processors.
    :param spool: MiB of answers that may wait for slow clients before workers have to wait with them.
    :param service_hosts: hosts that ``SERVICE`` may call, as ``host`` or ``host:port``.
    :param max_rows: rows or triples that an answer may have; 0 for any number.
    :param max_answer_bytes: bytes that an answer may have; 0 for any number.
    :param max_request_bytes: the longest body of a request.
    :param max_head_bytes: the longest head of a request, the address included.
    :param client_seconds: seconds in which a client must send its request, and take each part of its answer.
    :param shutdown_seconds: seconds that running answers are given when the server stops.
    :param public_url: the address at which the public sees the server, where a proxy stands before it.
    :param cors_origin: the origin whose scripts may read answers; ``*`` for any, empty for none.
    :param page_rows: rows of a result that the query page shows.
    :param access_log: whether every request is logged.

    >>> Settings(port=8080).port
    8080
    """

    host: str = _setting("127.0.0.1", str, "an address")
    port: int = _setting(8000, _whole_number, "a whole number")
    deadline: float = _setting(30.0, _seconds, "a number of seconds above 0")
    memory: int = _setting(1024, _whole_number, "a whole number of MiB")
    workers: int = _setting(0, _whole_number, "a whole number")
    spool: int = _setting(1024, _whole_number, "a whole number of MiB")
    service_hosts: frozenset[str] = _setting(frozenset(), _names, "hosts separated by commas")
    max_rows: int = _setting(0, _whole_number, "a whole number")
    max_answer_bytes: int = _setting(1 << 30, _whole_number, "a whole number of bytes")
    max_request_bytes: int = _setting(1 << 20, _whole_number, "a whole number of bytes")
    max_head_bytes: int = _setting(64 << 10, _whole_number, "a whole number of bytes")
    client_seconds: float = _setting(30.0, _seconds, "a number of seconds above 0")
    shutdown_seconds: float = _setting(5.0, _seconds, "a number of seconds above 0")
    public_url: str = _setting("", _web_address, "an address such as https://example.org/portsmouth")
    cors_origin: str = _setting("*", str, "an origin, * or nothing")
    page_rows: int = _setting(500, _whole_number, "a whole number")
    access_log: bool = _setting(False, _yes_or_no, "yes or no")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> Self:
        """Read the settings from environment variables.

        :param environment: the variables.
        :param given: fields set otherwise, such as on the command line, which win over variables.
        :raises ParameterError: a variable does not hold what its field needs.

        >>> Settings.from_environment({"PORTSMOUTH_DEADLINE": "2.5"}, port=1).deadline
        2.5
        >>> Settings.from_environment({"PORTSMOUTH_PORT": "high"})
        Traceback (most recent call last):
        ...
        portsmouth.errors.ParameterError: found PORTSMOUTH_PORT='high'; expected a whole number
        """
        values = dict(given)
        for setting in fields(cls):
            variable = ENVIRONMENT_PREFIX + setting.name.upper()
            if setting.name not in values and variable in environment:
                values[setting.name] = _read(variable, environment[variable], setting.metadata)
        return cls(**values)

    @property
    def root_path(self) -> str:
        """The path under which a proxy shows the server, empty at the root of its host.

        >>> Settings(public_url="https://example.org/portsmouth").root_path
        '/portsmouth'
        """
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def limits(self) -> Limits:
        """The budgets for a store that serves under these settings."""
        places = {"workers": self.workers} if self.workers else {}
        return Limits(
            deadline=self.deadline,
            memory_mib=self.memory,
            spool_mib=self.spool,
            service_hosts=self.service_hosts,
            **places,
        )


def _read(variable: str, text: str, setting: Mapping[str, Any]) -> Any:
    try:
        return setting["read"](text)
    except ValueError:
        raise ParameterError(found=f"{variable}={text!r}", expected=setting["expected"]) from None
