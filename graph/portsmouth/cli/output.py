"""Answers as bytes, and where they go."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def write(body: bytes, output: Path | None = None) -> None:
    """Write an answer.

    :param body: the answer.
    :param output: the file; standard output where not given, where a terminal gets a last line end.
    """
    with destination(output) as stream:
        stream.write(body)
        if not output and sys.stdout.isatty() and not body.endswith(b"\n"):
            stream.write(b"\n")


@contextmanager
def destination(output: Path | None = None) -> Iterator[BinaryIO]:
    """Open what an answer is written to.

    A file takes its name once it is whole: what fails or is interrupted leaves the former one as it was.

    :param output: the file, or a device or pipe, which is written at once; standard output where not given.
    :raises OSError: it cannot be written; the error names it.
    """
    if output is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = output.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    stream = None
    replaceable = (target.is_file() and os.access(target, os.W_OK)) or not target.exists()
    # What a link in /dev leads to may be a pipe, or a file that the shell has opened.
    if replaceable and not output.is_relative_to("/dev"):
        # Where nothing can be made beside it, it may still be possible to write the file itself.
        with suppress(OSError):
            stream = beside.open("wb")
    try:
        with stream or output.open("wb") as opened:
            yield opened
        if stream:
            if target.exists():
                shutil.copymode(target, beside)
            beside.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(output)) from error
    finally:
        if stream:
            beside.unlink(missing_ok=True)


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
