"""What the server writes about itself: lines for people, or one JSON object a line for programs.

Every line about a request carries its id. No line carries what a request asks,
nor a header of it.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

#: The id of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Loggers whose lines are the server's.
_OURS: Final = ("portsmouth_server", "portsmouth", "uvicorn", "asyncio")
ACCESS: Final = "portsmouth_server.access"


def configure(log_format: str, level: str, access: bool) -> None:
    """Send what is logged to standard error.

    :param log_format: ``text`` or ``json``.
    :param level: the least that is logged.
    :param access: whether every request is logged, whatever the level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())
    logging.getLogger(ACCESS).setLevel(logging.INFO if access else logging.CRITICAL)


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object.

    >>> record = logging.makeLogRecord({"msg": "hello", "levelname": "INFO", "name": "a", "created": 0})
    >>> JsonFormatter().format(record)
    '{"time": "1970-01-01T00:00:00.000+00:00", "level": "info", "logger": "a", "message": "hello"}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line.

        :param record: what is logged.
        """
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := request_id.get():
            line["request_id"] = name
        line |= _fields(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Lone surrogates, which a client can send, are no UTF-8.
        return json.dumps(line, ensure_ascii=True, default=str)


class TextFormatter(logging.Formatter):
    """Writes a record as a line for people; control characters in it cannot forge another."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the lines of a traceback below it.

        :param record: what is logged.
        """
        words = [_time(record), record.levelname, record.name]
        if name := request_id.get():
            words.append(f"[{name}]")
        words.append(_plain(record.getMessage()))
        words += [f"{key}={_plain(str(value))}" for key, value in _fields(record).items()]
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what was given as ``extra={"fields": …}``."""
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}


def _plain(text: str) -> str:
    r"""Escape what could begin another line or steer a terminal.

    >>> _plain("a\nb\x1b[0m")
    'a\\nb\\x1b[0m'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
