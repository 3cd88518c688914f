"""Lists as CSV (RFC 4180), for whoever opens them in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from portsmouth_server.http import DATA_HEADERS


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table.

    :param columns: their names.
    :param rows: as many values each.

    >>> write_csv(["a", "b"], [["1", "x, y"]])
    b'a,b\\r\\n1,"x, y"\\r\\n'
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def csv_response(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """Answer with a table.

    :param columns: their names.
    :param rows: as many values each.
    """
    response = Response(write_csv(columns, rows), media_type="text/csv")
    for name, value in (*DATA_HEADERS, (b"cache-control", b"no-cache"), (b"vary", b"Accept")):
        response.headers[name.decode()] = value.decode()
    return response
