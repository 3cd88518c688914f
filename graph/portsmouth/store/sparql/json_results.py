"""Writing a table of solutions as SPARQL JSON from the engine's TSV.

The engine writes a long table as TSV in half the time that its JSON takes. In TSV a term stands as it is
written in Turtle (SPARQL 1.1 Query Results CSV and TSV Formats, section 4), and what one answer names the
next names again, so a worker translates each term once and then looks it up. What comes out is byte for byte
what the engine writes as JSON (SPARQL 1.1 Query Results JSON Format).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from portsmouth.iris import XSD
from portsmouth.store.sparql.bounds import Output
from portsmouth.store.sparql.lexer import asks_few, glance

#: Bytes of TSV that are translated at once: enough to be worth it, and few enough to stay at hand.
_PIECE: Final = 32 << 10
#: Terms that are remembered, and the bytes of the longest.
_MOST_TERMS: Final = 1 << 16
_LONGEST_TERM: Final = 256

_CONTROL: Final = re.compile(rb"[\x00-\x1f]")
_SHORT_ESCAPES: Final = {b"\b": b"\\b", b"\f": b"\\f"}
_BOOLEANS: Final = (b"true", b"false")
#: What a triple term is made of. Its brackets stand apart from its terms.
_PART: Final = re.compile(
    rb"""<<\(|\)>>|<[^<>]*>|"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^<[^<>]*>)?|[^\s<>"]+""", re.DOTALL
)


def pays(text: str) -> bool:
    """Say whether a query may have an answer so long that translating it pays.

    It does not where a query names a thing by its IRI, as those that programs send about one thing do, or
    asks for few rows. To be wrong costs some microseconds.

    :param text: a query.

    >>> pays("SELECT * { ?s ?p ?o }"), pays("SELECT * { <http://e/a> ?p ?o }")
    (True, False)
    """
    seen = glance(text)
    return "<" not in seen.upper and not asks_few(text)


class JsonTable:
    """A binary file that takes TSV and passes on JSON.

    :param output: where the JSON goes.

    >>> import io
    >>> output = io.BytesIO()
    >>> table = JsonTable(output)
    >>> _ = table.write(b"?x\\n<http://e/a>\\n")
    >>> table.finish()
    >>> output.getvalue()
    b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"http://e/a"}}]}}'
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._parts: list[bytes] = []
        self._length = 0
        #: What stands before the value of each column; ``None`` before the first line.
        self._keys: list[bytes] | None = None
        #: How a row is written that has a value in each column.
        self._row = b""
        self._begun = False

    def write(self, data: bytes) -> int:
        """Take TSV."""
        self._parts.append(data)
        self._length += len(data)
        if self._length >= _PIECE:
            self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Do nothing: the end is told by :meth:`finish`."""

    def finish(self) -> None:
        """Write what is left, and the end."""
        self._pass_on()
        self._output.write(b"}]}}" if self._begun else b"]}}")
        self._output.flush()

    def _pass_on(self) -> None:
        """Translate the lines that are whole."""
        data = b"".join(self._parts)
        cut = data.rfind(b"\n") + 1
        lines, rest = data[:cut], data[cut:]
        self._parts, self._length = [rest], len(rest)
        if lines and self._keys is None:
            head, _, lines = lines.partition(b"\n")
            self._begin([name[1:] for name in head.split(b"\t") if name])
        if lines:
            rows = self._rows(lines)
            # The first row ends none before it.
            self._output.write(rows if self._begun else rows[2:])
            self._begun = True

    def _begin(self, names: list[bytes]) -> None:
        self._keys = [b',"%b":' % name for name in names]
        self._row = b"},{" + b"".join([key + b"%b" for key in self._keys])[1:]
        told = b",".join([b'"%b"' % name for name in names])
        self._output.write(b'{"head":{"vars":[%b]},"results":{"bindings":[' % told)

    def _rows(self, lines: bytes) -> bytes:
        """Return rows as JSON, with the end of the row before them, but for the end of the last."""
        keys = self._keys
        if not keys:
            return b"},{" * lines.count(b"\n")
        cells = lines.replace(b"\n", b"\t").split(b"\t")
        # Behind the last line.
        cells.pop()
        unbound = _TERMS.unbound
        values = tuple(map(_TERMS.__getitem__, cells))
        if _TERMS.unbound != unbound:
            return b"".join(_sparse(keys, values))
        return self._row * (len(cells) // len(keys)) % values


class _Terms(dict[bytes, bytes]):
    """Terms of TSV, each with what it is in JSON; what is not there yet is translated as it is asked for."""

    #: How often a cell without a term has been asked for.
    unbound = 0

    def __missing__(self, term: bytes) -> bytes:
        if not term:
            self.unbound += 1
            return b""
        value = _translated(term)
        if len(term) <= _LONGEST_TERM:
            if len(self) >= _MOST_TERMS:
                self.clear()
            self[term] = value
        return value


_TERMS: Final = _Terms()


def _sparse(keys: Sequence[bytes], values: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the parts of rows some of whose columns have no value."""
    width = len(keys)
    for begin in range(0, len(values), width):
        row = [key + value for key, value in zip(keys, values[begin : begin + width], strict=True) if value]
        yield b"},{"
        yield b"".join(row)[1:]


def _translated(term: bytes) -> bytes:
    """Return a term of TSV as it is in JSON."""
    if term.startswith(b"<"):
        return _triple(term) if term.startswith(b"<<") else b'{"type":"uri","value":"%b"}' % term[1:-1]
    if term.startswith(b'"'):
        end = term.rindex(b'"')
        return b'{"type":"literal","value":"%b"%b}' % (_escaped(term[1:end]), _kind(term[end + 1 :]))
    if term.startswith(b"_:"):
        return b'{"type":"bnode","value":"%b"}' % term[2:]
    name = b"boolean" if term in _BOOLEANS else b"decimal" if b"." in term else b"integer"
    return b'{"type":"literal","value":"%b","datatype":"%b%b"}' % (term, XSD.encode(), name)


def _kind(suffix: bytes) -> bytes:
    """Return the members that say the language and direction, or the datatype, of a literal."""
    if suffix.startswith(b"@"):
        language, _, direction = suffix[1:].partition(b"--")
        directed = b',"its:dir":"%b"' % direction if direction else b""
        return b',"xml:lang":"%b"%b' % (language, directed)
    return b',"datatype":"%b"' % suffix[3:-1] if suffix else b""


def _escaped(value: bytes) -> bytes:
    """Return a string with the escapes of JSON, which has those of TSV and wants some more."""
    return _CONTROL.sub(lambda found: _SHORT_ESCAPES.get(found[0]) or b"\\u%04x" % found[0][0], value)


def _triple(term: bytes) -> bytes:
    """Return a triple term, in whose object there may be another."""
    opened: list[list[bytes]] = [[]]
    for part in _PART.findall(term):
        if part == b"<<(":
            opened.append([])
        elif part == b")>>":
            members = zip((b"subject", b"predicate", b"object"), opened.pop(), strict=True)
            told = b",".join([b'"%b":%b' % member for member in members])
            opened[-1].append(b'{"type":"triple","value":{%b}}' % told)
        else:
            opened[-1].append(_translated(part))
    return opened[0][0]
