"""Answers as bytes, and where they go."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def write(body: bytes, output: Path | None = None) -> None:
    """Write an answer.

    :param body: the answer.
    :param output: the file; standard output where not given, where a terminal gets a last line end.
    """
    if output:
        output.write_bytes(body)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and not body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def as_json(told: object) -> bytes:
    """Write what is told as JSON.

    :param told: lists, dicts, strings, numbers; lone surrogates, which no UTF-8 has, become escapes.

    >>> as_json(["โปรตส์มัท"]).decode()
    '[\\n "โปรตส์มัท"\\n]\\n'
    """
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], *, line_end: str = "\r\n") -> bytes:
    """Write a table as CSV (RFC 4180).

    :param columns: their names.
    :param rows: as many values each.
    :param line_end: what ends a line.

    >>> as_csv(["a", "b"], [[1, "x, y"]])
    b'a,b\\r\\n1,"x, y"\\r\\n'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
