"""Reading the parameters of an address, or of a form: percent-encoded bytes in, names and values out."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from portsmouth.errors import ParameterError, RequestError

#: Parameters that a request may have, lists of graphs included.
_MOST_PARAMETERS: Final = 2000
#: The one value of ``receipts``: they stand in the answer.
INLINE: Final = "inline"
_ROWS: Final = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


def parameters(encoded: bytes, where: str = "the address") -> list[tuple[str, str]]:
    """Read the parameters of an address or a form.

    :param encoded: them, still percent-encoded.
    :param where: where they stand, for the error.
    :raises RequestError: they are not UTF-8, or too many.

    >>> parameters(b"number=9&name=K%C5%8Dmura")
    [('number', '9'), ('name', 'Kōmura')]
    """
    if not encoded:
        return []
    try:
        # One decoding only: a query that contains %20 was sent as %2520.
        return parse_qsl(
            decoded(encoded, where), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise _not_utf8(where) from None
    except ValueError:
        raise RequestError(
            found=f"too many parameters in {where}", expected=f"at most {_MOST_PARAMETERS}"
        ) from None


def value(encoded: bytes) -> str:
    """Read the value of one parameter of an address.

    :param encoded: it, still percent-encoded.
    :raises RequestError: it is not UTF-8.

    >>> value(b"ASK+%7B%7D")
    'ASK {}'
    """
    decoded(encoded, "the address")
    return decoded(unescaped(encoded.replace(b"+", b" ")), "the address")


def unescaped(data: bytes) -> bytes:
    """Decode percent-encoded bytes; what is no escape stays as it is (URL Standard, section 1.3).

    :param data: bytes that may have escapes.

    >>> unescaped(b"a%20b=%zz%")
    b'a b=%zz%'
    """
    # Quoted-printable text has another sign for the same, and its decoder is ten times as quick.
    decoded = a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(decoded) == len(data) - 2 * data.count(b"%") and b"\n" not in data and b"\r" not in data:
        return decoded
    # Something was no escape, and was read as something else.
    return unquote_to_bytes(data)


def known_parameters(query_string: bytes, names: Collection[str]) -> dict[str, str]:
    """Read the parameters of a page, each given once at most.

    :param query_string: what follows the question mark, still percent-encoded.
    :param names: those that the page has.
    :raises RequestError: they are not UTF-8, or too many.
    :raises ParameterError: one is unknown, or given twice.

    >>> known_parameters(b"kind=battles&since=+1905", ("kind", "since"))
    {'kind': 'battles', 'since': '1905'}
    """
    values: dict[str, str] = {}
    for name, value in parameters(query_string):
        if name not in names:
            raise ParameterError(found=f"the parameter {name[:100]}", expected=f"one of {', '.join(names)}")
        if name in values:
            raise ParameterError(found=f"the parameter {name} more than once", expected="one value")
        values[name] = value.strip()
    return values


def read_values(query_string: bytes) -> tuple[dict[str, str], str | None]:
    """Read the parameters of an address, each given once, and the format apart from them.

    :param query_string: what follows the question mark, still percent-encoded.
    :raises ParameterError: a parameter is given twice.
    :raises RequestError: the address cannot be read.

    >>> read_values(b"part=s5&format=csv")
    ({'part': 's5'}, 'csv')
    """
    values: dict[str, str] = {}
    for name, value in parameters(query_string):
        if name in values:
            raise ParameterError(found=f"the parameter {name[:100]} more than once", expected="one value")
        values[name] = value
    return values, values.pop("format", None)


def check_receipts(option: str | None, rows: str | None) -> None:
    """Refuse what no answer with receipts can be asked for by.

    :param option: where the receipts go, ``None`` where nothing is said.
    :param rows: the rows whose receipts are asked for, likewise.
    :raises ParameterError: one of them means nothing.

    >>> check_receipts("inline", "0-49")
    >>> check_receipts("outline", None)
    Traceback (most recent call last):
    ...
    portsmouth.errors.ParameterError: found receipts=outline; expected receipts=inline
    """
    if option not in (None, INLINE):
        raise ParameterError(found=f"receipts={str(option)[:100]}", expected=f"receipts={INLINE}")
    if rows is not None:
        first_and_last(rows)


def first_and_last(rows: str) -> tuple[int, int]:
    """Read the numbers of the first row and of the last.

    :param rows: such as ``50-99``, or a single number.
    :raises ParameterError: it is something else.

    >>> first_and_last("50-99"), first_and_last("7")
    ((50, 99), (7, 7))
    """
    match = _ROWS.fullmatch(rows.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if last < first:
        raise ParameterError(found=f"rows={rows[:40]}", expected="rows such as 0-49")
    return first, last


def decoded(data: bytes, where: str) -> str:
    """Read bytes as text.

    :param data: the bytes.
    :param where: where they stand, for the error.
    :raises RequestError: they are not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _not_utf8(where) from None


def _not_utf8(where: str) -> RequestError:
    return RequestError(found=f"bytes in {where} that are not UTF-8", expected="UTF-8")
