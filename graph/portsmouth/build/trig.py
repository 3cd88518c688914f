"""The outline of a Turtle or TriG text: its blocks and statements, and the line of each triple.

Oxigraph reads the text; what it does not tell is where a triple stands, and it stops at the first
error. This module cuts the text lexically (Turtle and TriG grammars, RDF 1.1 and 1.2) into statements
that Oxigraph can read one by one, so that an author sees every error at once, and every finding with
its line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

_WORD: Final = r"(?:[A-Za-z0-9_:\-]|%[0-9A-Fa-f]{2}|[^\x00-\x7F]|\\[_~.\-!$&'()*+,;=/?\#@%])"
_TOKEN = re.compile(
    rf"""
    (?P<blank>[ \t\r\n]+|\#[^\r\n]*)
  | (?P<string>\"\"\"(?:\"{{0,2}}(?:[^\"\\]|\\.))*\"\"\"|'''(?:'{{0,2}}(?:[^'\\]|\\.))*'''
      |\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*')
  | (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
  | (?P<number>[+-]?(?:[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.?[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))
  | (?P<word>{_WORD}(?:{_WORD}|\.+(?={_WORD}))*)
  | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9-]+)*)
  | (?P<mark><<\(|\)>>|<<|>>|\{{\||\|\}}|\^\^|[{{}}.;,\[\]()~])
  | (?P<junk>["'][^\r\n]*|<[^<>\r\n]*>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVES: Final = {"@prefix", "@base", "@version", "prefix", "base", "version"}
_PREFIX = re.compile(r"@?prefix\s+([^\s:]*):\s*<([^<>\s]*)>", re.IGNORECASE)


class Token(NamedTuple):
    """A word of the text and where it begins."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands between two full stops.

    :param tokens: its words, without comments and without the full stop.
    :param graph: the words that name the graph around it; empty for none.
    :param directives: how many directives of the text come before it.
    """

    tokens: tuple[Token, ...]
    graph: tuple[Token, ...]
    directives: int


class Block(NamedTuple):
    """One graph block: its name as written, expanded where its prefix is known, and its line."""

    name: str
    line: int


class SyntaxFinding(NamedTuple):
    """Where and what Oxigraph, or the outline, could not read."""

    line: int
    found: str
    expected: str


class Placed(NamedTuple):
    """A quad and the line on which its object stands."""

    quad: Quad
    line: int


class Outline:
    """The cut text.

    >>> text = "@prefix a: <http://a/> .\\na:g { a:s a:p\\n  1 ,\\n  2 . }"
    >>> [(str(placed.quad.object.value), placed.line) for placed in Outline(text).placed]
    [('1', 3), ('2', 4)]
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._directives: list[str] = []
        self.blocks: list[Block] = []
        self.statements: list[Statement] = []
        self._broken: list[SyntaxFinding] = []
        self._cut()

    def line(self, offset: int) -> int:
        """Return the line of a position in the text, counted from 1.

        >>> Outline("a\\nb").line(2)
        2
        """
        return bisect_right(self._newlines, offset - 1) + 1

    @cached_property
    def placed(self) -> list[Placed]:
        """Every quad that can be read, with its line, in the order of the text."""
        return [placed for statement in self.statements for placed in self._place(statement)]

    @cached_property
    def findings(self) -> list[SyntaxFinding]:
        """Everything that cannot be read."""
        found = list(self._broken)
        for statement in self.statements:
            try:
                self._read(statement, statement.tokens)
            except SyntaxError as error:
                found += self._explain(statement, error)
        return sorted(set(found))

    def line_of_block(self, name: str) -> int:
        """Return the line on which a graph's first block begins; 0 where there is none.

        >>> Outline("<http://a> {}\\n<http://b> {}").line_of_block("http://b")
        2
        """
        return next((block.line for block in self.blocks if block.name == name), 0)

    # Cutting.

    def _cut(self) -> None:
        pending: list[Token] = []
        graph: tuple[Token, ...] | None = None
        for token in _tokens(self._text):
            if token.kind == "mark" and token.text == "{":
                if graph is not None:
                    # A block within a block: the outer one was not closed.
                    self._break(token, "'{' inside a graph block", "'}' before the next graph begins")
                graph = self._open_block(pending, graph or ())
                pending = []
            elif token.kind == "mark" and token.text == "}":
                self._finish(pending, graph or ())
                pending = []
                if graph is None:
                    self._break(token, "'}' that closes no graph block", "a '{' before it")
                graph = None
            elif token.kind == "mark" and token.text == ".":
                self._finish(pending, graph or ())
                pending = []
            else:
                pending.append(token)
                if _ends_sparql_directive(pending):
                    self._finish(pending, graph or ())
                    pending = []
        if pending:
            first = pending[0]
            if graph is None:
                self._break(first, f"'{_shown(pending)}' without an end", "'.' at the end of a statement")
            else:
                self._finish(pending, graph)
        if graph is not None:
            line = self.blocks[-1].line
            self._broken.append(
                SyntaxFinding(line, "a graph block without an end", "'}' at the end of the block")
            )

    def _open_block(self, pending: list[Token], outer: tuple[Token, ...]) -> tuple[Token, ...]:
        label_length = _label_length(pending)
        label, before = pending[len(pending) - label_length :], pending[: len(pending) - label_length]
        if before and before[-1].text.lower() == "graph":
            before = before[:-1]
        if before:
            self._break(before[0], f"'{_shown(before)}' without an end", "'.' at the end of a statement")
        start = label[0].start if label else 0
        self.blocks.append(Block(self._expand(label), self.line(start)))
        if len(label) > 1:
            # Every reading of '[]' makes another node; the block's statements need one to share.
            return (Token("word", f"_:anonymous-block-{len(self.blocks)}", start),)
        return tuple(label)

    def _finish(self, tokens: list[Token], graph: tuple[Token, ...]) -> None:
        if not tokens:
            return
        if tokens[0].text.lower() in _DIRECTIVES:
            source = " ".join(token.text for token in tokens)
            source += " ." if source.startswith("@") else ""
            try:
                list(parse(self._prelude() + source, format=RdfFormat.TRIG))
            except SyntaxError as error:
                self._break(tokens[0], f"'{_shown(tokens)}': {_reason(error)}", "a directive of Turtle")
            else:
                self._directives.append(source)
            return
        self.statements.append(Statement(tuple(tokens), graph, len(self._directives)))

    def _break(self, token: Token, found: str, expected: str) -> None:
        self._broken.append(SyntaxFinding(self.line(token.start), found, expected))

    def _expand(self, label: list[Token]) -> str:
        written = "".join(token.text for token in label)
        if written.startswith("<"):
            return written[1:-1]
        prefix, _, local = written.partition(":")
        for directive in reversed(self._directives):
            match = _PREFIX.match(directive)
            if match and match[1] == prefix:
                return match[2] + local
        return written

    # Reading.

    def _prelude(self, count: int | None = None) -> str:
        return "".join(directive + " " for directive in self._directives[:count])

    def _read(self, statement: Statement, tokens: Iterable[Token]) -> list[Quad]:
        """Read some words of a statement, each on its own line so that an error tells which."""
        body = "\n".join(
            token.text.replace("\n", "\\n") if token.kind == "string" else token.text for token in tokens
        )
        if statement.graph:
            body = " ".join(token.text for token in statement.graph) + " {\n" + body + "\n}"
        else:
            body = "\n" + body + "\n."
        return list(parse(self._prelude(statement.directives) + body, format=RdfFormat.TRIG))

    def _place(self, statement: Statement) -> Iterator[Placed]:
        pieces = _triples(statement.tokens)
        for piece in pieces or [statement.tokens]:
            line = self.line((piece[2] if pieces else piece[0]).start)
            # What cannot be read is told by `findings`; the rest of the statement still counts, so that
            # one slip does not make everything that leans on it look wrong.
            with suppress(SyntaxError):
                yield from [Placed(quad, line) for quad in self._read(statement, piece)]

    def _explain(self, statement: Statement, error: SyntaxError) -> list[SyntaxFinding]:
        found = []
        for piece in _triples(statement.tokens) or []:
            try:
                self._read(statement, piece)
            except SyntaxError as smaller:
                found.append(self._finding(piece, smaller))
        return found or [self._finding(statement.tokens, error)]

    def _finding(self, tokens: Sequence[Token], error: SyntaxError) -> SyntaxFinding:
        unclosed = next((token for token in tokens if token.kind == "junk" and token.text[0] in "\"'"), None)
        if unclosed:
            return SyntaxFinding(self.line(unclosed.start), f"{_clip(unclosed.text)}", "a string with an end")
        # Line 1 is the prelude, line n + 2 the nth word.
        at = tokens[min(max((error.lineno or 1) - 2, 0), len(tokens) - 1)]
        return SyntaxFinding(
            self.line(at.start), f"'{_clip(at.text)}': {_reason(error)}", "Turtle that can be read"
        )


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "junk"
        if kind == "blank":
            continue
        written = match[0]
        if kind == "junk" and len(written) > 1 and written.rstrip().endswith("."):
            # A string that is not closed takes the rest of its line; its full stop still ends the statement.
            yield Token("junk", written.rstrip()[:-1], match.start())
            yield Token("mark", ".", match.start() + len(written.rstrip()) - 1)
        else:
            yield Token(kind, written, match.start())


def _ends_sparql_directive(tokens: list[Token]) -> bool:
    """Tell whether the words are a directive in the manner of SPARQL, which no full stop ends."""
    if len(tokens) > 3:
        return False
    first = tokens[0].text.lower()
    return tokens[0].kind == "word" and (
        (first == "prefix" and len(tokens) == 3) or (first in ("base", "version") and len(tokens) == 2)
    )


def _label_length(tokens: list[Token]) -> int:
    if not tokens or tokens[-1].text.lower() == "graph":
        return 0
    return 2 if tokens[-1].text == "]" and len(tokens) > 1 and tokens[-2].text == "[" else 1


def _triples(tokens: Sequence[Token]) -> list[Sequence[Token]] | None:
    """Cut a statement into triples; ``None`` where brackets or reifiers make it more than a list of them."""
    if any(token.kind == "mark" and token.text not in (";", ",", "^^") for token in tokens):
        return None
    subject = tokens[0]
    pieces: list[Sequence[Token]] = []
    predicate: Token | None = None
    target: list[Token] = []
    for token in (*tokens[1:], Token("mark", ";", tokens[-1].start)):
        if token.kind == "mark" and token.text in (";", ","):
            if predicate and target:
                pieces.append([subject, predicate, *target])
            target = []
            predicate = predicate if token.text == "," else None
        elif predicate is None:
            predicate = token
        else:
            target.append(token)
    return pieces


def _shown(tokens: list[Token]) -> str:
    return _clip(" ".join(token.text for token in tokens))


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def _reason(error: SyntaxError) -> str:
    return re.sub(r"^Parser error [^:]*: ", "", error.msg)


def read_text(text: str, into: NamedNode | None = None) -> list[Quad]:
    """Read a Turtle or TriG text in one go.

    :param text: the text.
    :param into: the graph that the triples of a Turtle text go into; ``None`` for a TriG text.
    :return: the quads, in the order of the text.
    :raises SyntaxError: it cannot be read.

    >>> read_text("<http://a> <http://b> 1 .", NamedNode("http://g"))[0].graph_name.value
    'http://g'
    """
    if into is None:
        return list(parse(text, format=RdfFormat.TRIG))
    triples = parse(text, format=RdfFormat.TURTLE)
    return [Quad(triple.subject, triple.predicate, triple.object, into) for triple in triples]
