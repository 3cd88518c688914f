"""Cutting a SPARQL 1.1 Update request into its operations.

The engine's parser has accepted the whole request before it is cut, so this
need only recognise, token by token, which operation stands where
(SPARQL 1.1 Update, section 3; SPARQL 1.1 Query, grammar rules 29 to 51).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from portsmouth.errors import UpdateSyntaxError
from portsmouth.store.sparql.lexer import Token, tokens

_ARGUMENTS: Final = {"BASE": 1, "PREFIX": 2, "VERSION": 1}


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation on whole graphs names: ``DEFAULT``, ``NAMED``, ``ALL``, or an IRI as it is written.

    :param word: the keyword; ``GRAPH`` for one graph.
    :param iri: the IRI, in the text's own words; empty unless the keyword is ``GRAPH``.
    """

    word: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a request.

    :param verb: ``INSERT DATA``, ``DELETE DATA``, ``MODIFY`` for all with ``WHERE``, or else its keyword.
    :param prologue: what stands before it of ``BASE`` and ``PREFIX``, in order.
    :param silent: whether its failure counts as success.
    :param targets: the graphs that it names as wholes; for ``LOAD`` where the triples go.
    :param source: the IRI that ``LOAD`` loads, as it is written.
    :param graph: the IRI of ``WITH``, as it is written.
    :param using: the IRIs of ``USING``, as they are written.
    :param using_named: the IRIs of ``USING NAMED``.
    :param delete: the quads or templates to delete, without their braces.
    :param insert: the quads or templates to insert, without their braces.
    :param where: the pattern, without its braces.
    """

    verb: str
    prologue: str
    silent: bool = False
    targets: tuple[Target, ...] = ()
    source: str = ""
    graph: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    delete: str = ""
    insert: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """Where an operation stands in a request.

    :param prologue: what stands before it of ``BASE`` and ``PREFIX``, in order.
    :param start: the offset at which it begins.
    :param end: the offset at which it ends.
    """

    prologue: str
    start: int
    end: int


def segments(text: str) -> list[Segment]:
    """Cut a request where one operation ends and another begins.

    :param text: a request, valid or not.

    >>> [segment.start for segment in segments("CLEAR ALL ; PREFIX a: <http://a/> CREATE GRAPH a:b ;")]
    [0, 34]
    """
    found: list[Segment] = []
    prologue, start, depth = "", -1, 0
    stream = tokens(text)
    for token in stream:
        word = token.text.upper() if depth == 0 else ""
        if start < 0 and word in _ARGUMENTS:
            arguments = [t.text for _ in range(_ARGUMENTS[word]) if (t := next(stream, None))]
            prologue += " ".join([word, *arguments, ""])
        elif word == ";":
            if start >= 0:
                found.append(Segment(prologue, start, token.start))
            start = -1
        elif start < 0:
            start = token.start
        # Only braces are counted: no other bracket is safe from being read as a part of `?a<?b&&(?c>?d)`.
        depth += {"{": 1, "}": -1}.get(token.text, 0)
    if start >= 0:
        found.append(Segment(prologue, start, len(text)))
    return found


def operations(text: str) -> list[Operation]:
    """Return the operations of a request, in order.

    :param text: a request that the engine's parser accepts.
    :raises UpdateSyntaxError: it is nevertheless not understood.

    >>> [operation.verb for operation in operations("CLEAR ALL ; INSERT DATA { <a:s> <a:p> 1 }")]
    ['CLEAR', 'INSERT DATA']
    """
    return [_Reader(text[cut.start : cut.end], cut.prologue).operation() for cut in segments(text)]


@dataclass(slots=True)
class _Reader:
    """A place in the text of one operation."""

    text: str
    _prologue: str
    _tokens: list[Token] = field(init=False)
    _at: int = 0

    def __post_init__(self) -> None:
        self._tokens = list(tokens(self.text))

    def operation(self) -> Operation:
        verb = self._take().text.upper()
        match verb:
            case "INSERT" | "DELETE" if self._skip("DATA"):
                quads = self._braces()
                part = {"insert": quads} if verb == "INSERT" else {"delete": quads}
                return Operation(f"{verb} DATA", self._prologue, **part)  # type: ignore[arg-type]
            case "DELETE" if self._skip("WHERE"):
                quads = self._braces()
                return Operation("MODIFY", self._prologue, delete=quads, where=quads)
            case "WITH" | "INSERT" | "DELETE":
                return self._modify(verb)
            case "LOAD":
                silent, source = self._skip("SILENT"), self._take().text
                target = self._target() if self._skip("INTO") else Target("DEFAULT")
                return Operation(verb, self._prologue, silent, (target,), source)
            case "CLEAR" | "DROP" | "CREATE":
                return Operation(verb, self._prologue, self._skip("SILENT"), (self._target(),))
            case "ADD" | "MOVE" | "COPY":
                silent, source_graph = self._skip("SILENT"), self._target()
                self._expect("TO")
                return Operation(verb, self._prologue, silent, (source_graph, self._target()))
        raise self._not_understood(self._at - 1)

    def _modify(self, verb: str) -> Operation:
        graph = ""
        if verb == "WITH":
            graph, verb = self._take().text, self._take().text.upper()
        delete = self._braces() if verb == "DELETE" else ""
        insert = self._braces() if verb == "INSERT" or self._skip("INSERT") else ""
        using: list[str] = []
        named: list[str] = []
        while self._skip("USING"):
            (named if self._skip("NAMED") else using).append(self._take().text)
        self._expect("WHERE")
        where = self._braces()
        return Operation(
            "MODIFY",
            self._prologue,
            graph=graph,
            using=tuple(using),
            using_named=tuple(named),
            delete=delete,
            insert=insert,
            where=where,
        )

    def _target(self) -> Target:
        if (word := self._word()) in ("DEFAULT", "NAMED", "ALL"):
            self._at += 1
            return Target(word)
        self._skip("GRAPH")
        return Target("GRAPH", self._take().text)

    def _word(self) -> str:
        """Return the next keyword or sign in capitals, without taking it; empty where none is next."""
        if self._at == len(self._tokens):
            return ""
        token = self._tokens[self._at]
        return token.text.upper() if token.kind in ("word", "other") else ""

    def _take(self) -> Token:
        if self._at == len(self._tokens):
            raise self._not_understood(self._at - 1)
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, word: str) -> bool:
        if self._word() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self._not_understood(self._at)

    def _braces(self) -> str:
        """Take what stands in braces and return it without them."""
        self._expect("{")
        start, depth = self._tokens[self._at - 1].start + 1, 1
        while depth:
            token = self._take()
            depth += {"{": 1, "}": -1}.get(token.text, 0)
        return self.text[start : token.start]

    def _not_understood(self, at: int) -> UpdateSyntaxError:
        token = self._tokens[min(at, len(self._tokens) - 1)] if self._tokens else None
        found = f"'{token.text[:40]}'" if token else "nothing"
        return UpdateSyntaxError(
            f"{found} where no operation can have it",
            "a SPARQL 1.1 Update request, its words parted by spaces",
        )
