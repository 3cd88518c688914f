"""What an operator decides about a server: one frozen object.

Every field can be set on the command line, from the environment as
``PORTSMOUTH_`` and the field's name in capitals (``PORTSMOUTH_PORT=8080``), and
in a TOML file (``port = 8080``), which ``PORTSMOUTH_CONFIG`` can name. The
command line wins over the environment, the environment over the file.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from portsmouth.errors import ParameterError
from portsmouth.store.limits import Limits
from portsmouth.store.service.credentials import Credentials
from portsmouth_server import setting_values as reading
from portsmouth_server.access import Token

ENVIRONMENT_PREFIX: Final = "PORTSMOUTH_"
#: The variable that names the file of settings.
CONFIG_VARIABLE: Final = ENVIRONMENT_PREFIX + "CONFIG"
#: Variables of ours that are no settings of a server.
_OTHER_VARIABLES: Final = frozenset({CONFIG_VARIABLE, ENVIRONMENT_PREFIX + "SKIP_WEB"})
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1"))

log = logging.getLogger("portsmouth_server")


def _setting(default: Any, read: Callable[[str], Any], expected: str) -> Any:
    return field(default=default, metadata={"read": read, "expected": expected})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server.

    :param host: the address to listen on.
    :param port: the port to listen on; 0 lets the system choose.
    :param deadline: seconds after which a query is ended, from when it was asked.
    :param memory: MiB that a query may take beyond the shared snapshot.
    :param workers: queries that may run at once; 0 leaves it to the number of processors.
    :param spool: MiB of answers that may wait for slow clients before workers have to wait with them.
    :param cache: MiB of answers that are kept to be sent again; 0 keeps none.
    :param lanes: workers that answer clients on their connections themselves, where those ask one plain query
        after another; 0 for none. The number of processors unless given.
    :param service_hosts: hosts that ``SERVICE`` may call, as ``host`` or ``host:port``.
    :param dataset: ``merged`` where the default graph holds every triple of the named graphs once and
        follows them; ``plain`` where it is a graph like any other.
    :param hold: where data are held that come from a file or are written to a folder: in ``memory``, on
        ``disk``, or by their size: ``auto``.
    :param data_memory: MiB that data may take in memory where their size decides.
    :param max_rows: rows or triples that an answer may have; 0 for any number.
    :param max_answer_bytes: bytes that an answer may have; 0 for any number.
    :param max_request_bytes: the longest body of a request.
    :param max_write_bytes: the longest body of an update or of a graph that is written.
    :param max_head_bytes: the longest head of a request, the address included.
    :param client_seconds: seconds in which a client must send its request, and take each part of its answer.
    :param shutdown_seconds: seconds that running answers are given when the server stops.
    :param public_url: the address at which the public sees the server, where a proxy stands before it.
    :param cors_origin: the origin whose scripts may read answers; ``*`` for any, empty for none.
    :param page_rows: rows of a result that the query page shows.
    :param max_connections: connections that may be open at once; 0 for any number.
    :param client_connections: connections that one address may have open at once; 0 for any number.
    :param rate: requests a second that one client may make in the long run; 0 for any number.
    :param burst: requests that it may make at once after a rest.
    :param trusted_proxies: networks of proxies whose ``X-Forwarded-For`` tells the client's address.
    :param metrics_from: networks whose clients may read ``/metrics``.
    :param log_format: ``text`` for people or ``json``, one object a line, for programs.
    :param log_level: the least that is logged.
    :param token: what a caller must show to change the graph; without one nothing can be changed.
    :param token_file: the same, read from a file.
    :param access_log: whether every request is logged, without what it asks.
    :param source: the source document, whose lines pages of passages then show; empty for none.
    :param endpoint: the SPARQL service that is asked, instead of a store of the server's own; empty for none.
    :param endpoint_credentials: what that service may be shown.
    :param endpoint_credentials_file: the same, read from a file.

    >>> Settings(port=8080).port
    8080
    """

    host: str = _setting("127.0.0.1", str, "an address")
    port: int = _setting(8000, reading.whole_number, "a whole number")
    deadline: float = _setting(30.0, reading.seconds, "a number of seconds above 0")
    memory: int = _setting(1024, reading.whole_number, "a whole number of MiB")
    workers: int = _setting(0, reading.whole_number, "a whole number")
    spool: int = _setting(1024, reading.whole_number, "a whole number of MiB")
    cache: int = _setting(64, reading.whole_number, "a whole number of MiB")
    lanes: int = _setting(os.cpu_count() or 1, reading.whole_number, "a whole number")
    service_hosts: frozenset[str] = _setting(frozenset(), reading.read_hosts, "hosts separated by commas")
    dataset: str = _setting("merged", reading.one_of("merged", "plain"), "merged or plain")
    hold: str = _setting("auto", reading.one_of("auto", "memory", "disk"), "auto, memory or disk")
    data_memory: int = _setting(2048, reading.whole_number, "a whole number of MiB")
    max_rows: int = _setting(0, reading.whole_number, "a whole number")
    max_answer_bytes: int = _setting(1 << 30, reading.whole_number, "a whole number of bytes")
    max_request_bytes: int = _setting(1 << 20, reading.whole_number, "a whole number of bytes")
    max_write_bytes: int = _setting(64 << 20, reading.whole_number, "a whole number of bytes")
    max_head_bytes: int = _setting(64 << 10, reading.whole_number, "a whole number of bytes")
    client_seconds: float = _setting(30.0, reading.seconds, "a number of seconds above 0")
    shutdown_seconds: float = _setting(5.0, reading.seconds, "a number of seconds above 0")
    public_url: str = _setting("", reading.web_address, "an address such as https://example.org/portsmouth")
    cors_origin: str = _setting("*", str, "an origin, * or nothing")
    page_rows: int = _setting(500, reading.whole_number, "a whole number")
    max_connections: int = _setting(1000, reading.whole_number, "a whole number")
    client_connections: int = _setting(0, reading.whole_number, "a whole number")
    rate: float = _setting(0.0, reading.rate, "a number of requests a second")
    burst: int = _setting(100, reading.whole_number, "a whole number")
    trusted_proxies: tuple[reading.Network, ...] = _setting(
        (), reading.networks, "addresses or networks, as 10.0.0.0/8"
    )
    metrics_from: tuple[reading.Network, ...] = _setting(
        LOOPBACK, reading.networks, "addresses or networks, as 10.0.0.0/8"
    )
    log_format: str = _setting("text", reading.one_of(*LOG_FORMATS), " or ".join(LOG_FORMATS))
    log_level: str = _setting("warning", reading.one_of(*LOG_LEVELS), " or ".join(LOG_LEVELS))
    token: Token | None = _setting(None, reading.token, "a token")  # noqa: RUF009  # it is a field
    token_file: Token | None = _setting(None, reading.read_token_file, "a file")  # noqa: RUF009  # it is a field
    access_log: bool = _setting(False, reading.yes_or_no, "yes or no")
    source: str = _setting("", str, "a file")
    endpoint: str = _setting("", reading.endpoint, "an address such as http://localhost:7878/query")
    endpoint_credentials: Credentials | None = _setting(  # noqa: RUF009
        None, reading.credentials, "user:password or Bearer TOKEN"
    )
    endpoint_credentials_file: Credentials | None = _setting(None, Credentials.from_file, "a file")  # noqa: RUF009

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
        return cls.load(environment={k: v for k, v in environment.items() if k != CONFIG_VARIABLE}, **given)

    @classmethod
    def load(
        cls,
        config: Path | None = None,
        words: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        **given: Any,
    ) -> Self:
        """Read the settings from wherever an operator may have put them.

        :param config: a TOML file; the one that ``PORTSMOUTH_CONFIG`` names unless given.
        :param words: settings as ``name=value``, as the command line has them; they win over all but
            ``given``.
        :param environment: the variables.
        :param given: fields set otherwise, which win.
        :raises ParameterError: a setting is unknown or does not hold what its field needs, or there is no
            such file.

        >>> Settings.load(words=["max_rows=7"], environment={"PORTSMOUTH_MAX_ROWS": "8"}).max_rows
        7
        """
        if config is None and environment.get(CONFIG_VARIABLE):
            config = Path(environment[CONFIG_VARIABLE])
        values = _from_file(cls, config) if config else {}
        _remark_on_unknown(
            environment, {ENVIRONMENT_PREFIX + setting.name.upper() for setting in fields(cls)}
        )
        for setting in fields(cls):
            variable = ENVIRONMENT_PREFIX + setting.name.upper()
            if setting.name not in given and variable in environment:
                values[setting.name] = _read(variable, environment[variable], setting.metadata)
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise ParameterError(found=f"{word!r}", expected="a setting as name=value")
            name = name.strip().replace("-", "_")
            values[name] = _read(name, text, _metadata(cls, name, "the command line"))
        return cls(**values | given)

    @property
    def write_token(self) -> Token | None:
        """What a caller must show to change the graph; ``None`` where nobody may."""
        return self.token or self.token_file

    @property
    def service_credentials(self) -> Credentials | None:
        """What the service behind the server may be shown."""
        return self.endpoint_credentials or self.endpoint_credentials_file

    @property
    def root_path(self) -> str:
        """The path under which a proxy shows the server, empty at the root of its host.

        >>> Settings(public_url="https://example.org/portsmouth").root_path
        '/portsmouth'
        """
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def writing(self) -> bool:
        """Whether anybody may change the graph."""
        return self.write_token is not None

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


def _remark_on_unknown(environment: Mapping[str, str], known: Collection[str]) -> None:
    """Warn of variables that look like settings and are none; others' programs may own them, so no more."""
    for variable in sorted(environment):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in {*known, *_OTHER_VARIABLES}:
            near = get_close_matches(variable, known, 1, 0.8)
            hint = f", which is near to {near[0]}" if near else ""
            log.warning("no setting is named %s%s; it is passed over", variable, hint)


def _from_file(cls: type[Settings], path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(
            f"no settings in {path} ({reading.cause(error)})", "a TOML file that can be read"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{path}: {error}", "TOML, such as port = 8080") from None
    values = {}
    for name, value in content.items():
        metadata = _metadata(cls, name, str(path))
        values[name] = _read(f"{path}: {name}", _as_text(value), metadata)
    return values


def _metadata(cls: type[Settings], name: str, where: str) -> Mapping[str, Any]:
    known = {setting.name: setting.metadata for setting in fields(cls)}
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"one that there is; did you mean {near[0]}?" if near else "one of " + ", ".join(known)
        raise ParameterError(found=f"the unknown setting {name!r} in {where}", expected=hint)
    return known[name]


def _as_text(value: object) -> str:
    """Write a value of TOML as the environment would have it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ",".join(map(str, value))
        case dict():
            return "a table"
        case _:
            return str(value)


def _read(variable: str, text: str, setting: Mapping[str, Any]) -> Any:
    try:
        return setting["read"](text)
    except ValueError:
        raise ParameterError(found=f"{variable}={text!r}", expected=setting["expected"]) from None
