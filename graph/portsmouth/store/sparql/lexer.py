"""Reading a SPARQL query token by token, without parsing it.

Some questions must be answered before a query reaches the engine: which graphs
its ``FROM`` clauses name, which hosts it would call, how deeply it nests. They
need the terminals of the grammar (SPARQL 1.1 Query, section 19.8) and nothing
more, so this is a lexer and no parser: what it cannot read it passes over, and
the engine's parser has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from urllib.parse import urljoin

from portsmouth.errors import QueryNestingError

TokenKind = Literal["iri", "string", "comment", "space", "variable", "prefixed", "word", "other"]

# What may stand behind a backslash in a string (grammar, rule 160, and section 19.2): a string in three
# quotes with anything else is to the engine's parser an empty string beside another one.
_ESCAPE: Final = (
    r"""\\(?:[tbnrf"'\\]|u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}"""
    r"|U(?:0000(?![Dd][89A-Fa-f])|000[1-9A-Fa-f]|0010)[0-9A-Fa-f]{4})"
)
# Alternatives in order of precedence; a comment cannot begin inside an IRI or a string.
_TOKEN: Final = re.compile(
    r"""
    (?P<iri><[^<>"{}|^`\x00-\x20]*>)
  | (?P<string>'''(?:'{0,2}(?:[^'\\]|ESCAPE))*'''|\"\"\"(?:"{0,2}(?:[^"\\]|ESCAPE))*\"\"\"
              |'(?:[^'\\\r\n]|ESCAPE)*'|"(?:[^"\\\r\n]|ESCAPE)*")
  | (?P<comment>\#[^\r\n]*)
  | (?P<space>\s+)
  | (?P<variable>[?$]\w+)
  | (?P<prefixed>(?:[^\W\d_][\w.\-]*)?:(?:[\w:.\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*|_:[\w.\-]+)
  | (?P<word>@?[A-Za-z][A-Za-z0-9_\-]*)
  | (?P<other>.)
    """.replace("ESCAPE", _ESCAPE),
    re.VERBOSE | re.DOTALL,
)
_CODEPOINT: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_WITH_AUTHORITY: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
_LOCAL_ESCAPE: Final = re.compile(r"\\(.)")
_OPENING: Final = frozenset("{([")
_CLOSING: Final = frozenset("})]")

#: Functions whose value differs from one evaluation to the next.
VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})

_FEW: Final = re.compile(r"LIMIT\s+\d{1,3}\b")
#: Declarations of prefixes in which nothing is escaped.
_PREFIXES: Final = re.compile(r"""(?:\s*PREFIX\s+[\w.-]*:\s*<[^<>"{}|^`\\\x00-\x20]*>)*""", re.IGNORECASE)
#: Characters of declarations that are worth remembering.
_LONGEST_PROLOGUE: Final = 4096

_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})

#: Characters of a query that is worth remembering.
_SHORT: Final = 64 << 10
#: Brackets within brackets that a query may have. The engine's parser recurses, and its stack is finite.
MAX_NESTING: Final = 400


class Token(NamedTuple):
    """A terminal of the grammar, its text, and the offset at which it begins."""

    kind: TokenKind
    text: str
    start: int


class ServiceCall(NamedTuple):
    """A ``SERVICE`` in a query: the endpoint's IRI, or ``None`` where a variable stands for it."""

    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be said of a query before it is parsed.

    :param default: IRIs of its ``FROM`` clauses, in order, each once.
    :param named: IRIs of its ``FROM NAMED`` clauses, in order, each once.
    :param services: its federated calls.
    :param volatile: whether it calls a function that has another value each time.
    """

    default: tuple[str, ...]
    named: tuple[str, ...]
    services: tuple[ServiceCall, ...]
    volatile: bool


def tokens(text: str) -> Iterator[Token]:
    """Yield the terminals of a query, comments and white space left out.

    >>> [token.text for token in tokens("ASK { ?s :p 'a # b' } # c")]
    ['ASK', '{', '?s', ':p', "'a # b'", '}']
    """
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start())  # type: ignore[arg-type]  # lastgroup is one of the pattern's names


@lru_cache(maxsize=256)
def _outline(text: str, base: str | None, prefixes: tuple[tuple[str, str], ...]) -> Outline:
    return _OutlineReader(base, dict(prefixes)).read(text)


def outline(text: str, base: str | None = None, prefixes: Mapping[str, str] | None = None) -> Outline:
    """Read the outline of a query.

    :param text: SPARQL 1.1 query text, valid or not.
    :param base: the IRI against which relative IRIs stand, before any ``BASE``.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :raises QueryNestingError: the query has more than :data:`MAX_NESTING` brackets within brackets.

    >>> outline("PREFIX g: <http://g/> SELECT * FROM g:a FROM <http://g/a> FROM NAMED g:b {}")
    Outline(default=('http://g/a',), named=('http://g/b',), services=(), volatile=False)
    """
    if glance(text).plain:
        return _PLAIN
    # The questions about one query are asked one after another: by the server, the store, the worker.
    read = _outline if len(text) <= _SHORT else _outline.__wrapped__
    return read(text, base, tuple((prefixes or {}).items()))


_PLAIN: Final = Outline((), (), (), False)


class Glance(NamedTuple):
    """What is seen of a query at a glance, which is quicker than to see where its tokens end.

    :param start: where what it asks begins, behind the prefixes that it declares.
    :param upper: its text from there on, in upper case.
    :param plain: whether no word of it can be noteworthy, as in most. What only looks like a keyword, in a
        string or a name, has the query read properly.
    :param graphs: whether it may ask of named graphs by ``GRAPH``.
    """

    start: int
    upper: str
    plain: bool
    graphs: bool


def glance(text: str) -> Glance:
    """Take a glance at a query.

    :param text: a query.

    >>> glance("ask {}").plain, glance("ask { service <http://a> {} }").plain
    (True, False)
    >>> glance("PREFIX from: <http://from/graph> ASK {}")[1:]
    (' ASK {}', True, False)
    """
    return _glance(text) if len(text) <= _SHORT else _glance.__wrapped__(text)


# Whoever passes a query on takes a glance at it, so it is written to be quick: one word after another is
# looked for as it stands, which a regular expression would take ten times as long for.
@lru_cache(maxsize=16)
def _glance(text: str) -> Glance:
    start = _behind_prefixes(text)
    body = text[start:] if start else text
    upper = body.upper()
    escapes = "\\" in body
    plain = (
        # An escape could spell a keyword.
        not escapes
        and "SERVICE" not in upper
        and ("FROM" not in upper or _only_names(upper, "FROM", ":?$"))
        and "NOW" not in upper
        and "RAND" not in upper
        and "UUID" not in upper
        and "BNODE" not in upper
        and body.count("{") + body.count("(") + body.count("[") <= MAX_NESTING
    )
    graphs = escapes or ("GRAPH" in upper and not _only_names(upper, "GRAPH", "/:?$"))
    return Glance(start, upper, plain, graphs)


def _only_names(upper: str, keyword: str, signs: str) -> bool:
    """Say whether a keyword stands nowhere but behind one of these signs, in a name."""
    return upper.count(keyword) == sum([upper.count(sign + keyword) for sign in signs])


def _behind_prefixes(text: str) -> int:
    """Return where a query begins behind the prefixes that it declares; 0 where that is not surely known."""
    last = text.rfind("PREFIX")
    end = text.find(">", last) + 1 if last >= 0 else 0
    return end if end <= _LONGEST_PROLOGUE and _declares_prefixes(text[:end]) else 0


@lru_cache(maxsize=64)
def _declares_prefixes(text: str) -> bool:
    # Who asks much declares the same prefixes each time.
    return _PREFIXES.fullmatch(text) is not None


def names_graphs(text: str) -> bool:
    """Say whether a query may ask of named graphs by ``GRAPH``, so that the default graph alone would not do.

    :param text: a query. What only looks like the keyword counts too.

    >>> names_graphs("ASK { GRAPH ?g { ?s ?p ?o } }")
    True
    >>> names_graphs("PREFIX g: <http://e/graph/> ASK { ?graph ?p g:a }")
    False
    """
    return glance(text).graphs


def asks_few(text: str) -> bool:
    """Say whether a query asks for fewer than a thousand rows.

    :param text: a query. What only looks like a ``LIMIT`` counts too.

    >>> asks_few("SELECT * {} LIMIT 20"), asks_few("SELECT * {} LIMIT 1000")
    (True, False)
    """
    return _FEW.search(glance(text).upper) is not None


def query_form(text: str) -> str | None:
    """Return the keyword with which a query begins after its prologue.

    :param text: a query.
    :return: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``; ``None`` where anything else stands there.

    >>> query_form("PREFIX a: <http://a/> ask {}")
    'ASK'
    >>> query_form("DROP ALL") is None
    True
    """
    stream = tokens(text)
    for token in stream:
        word = token.text.upper() if token.kind == "word" else ""
        if word in ("PREFIX", "BASE"):
            for _ in range(2 if word == "PREFIX" else 1):
                next(stream, None)
        else:
            return word if word in _FORMS else None
    return None


def used_prefixes(text: str) -> frozenset[str]:
    """Return the prefixes that a query uses and does not declare.

    :param text: a query.

    >>> sorted(used_prefixes("PREFIX a: <http://a/> ASK { a:b c:d _:e }"))
    ['c']
    """
    declared, used = {"_"}, set()
    stream = tokens(text)
    for token in stream:
        if token.kind == "word" and token.text.upper() == "PREFIX":
            name = next(stream, None)
            declared.add(name.text.removesuffix(":") if name else "")
        elif token.kind == "prefixed":
            used.add(token.text.partition(":")[0])
    return frozenset(used - declared)


def undeclared_prefix(text: str, prefixes: Mapping[str, str]) -> Token | None:
    """Find the first prefixed name whose prefix nothing declares.

    :param text: a query.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :return: the name, or ``None`` where every prefix is declared.

    >>> undeclared_prefix("PREFIX a: <http://a/> ASK { ?s a:b c:d }", {})
    Token(kind='prefixed', text='c:d', start=35)
    """
    declared = {"_", *prefixes}
    stream = tokens(text)
    for token in stream:
        if token.kind == "word" and token.text.upper() == "PREFIX":
            name = next(stream, None)
            declared.add(name.text.removesuffix(":") if name else "")
        elif token.kind == "prefixed" and token.text.partition(":")[0] not in declared:
            return token
    return None


def _is_unsure(text: str) -> bool:
    """Say whether there may be other tokens in a text to a parser, which knows where a condition stands.

    What looks like an IRI, ``<?b&&'>``, is a comparison behind a value in brackets, and what it holds of a
    string or a comment changes all that follows. Nothing of a condition is like ``<http://``.

    >>> _is_unsure("ASK { ?s <#p> 1 FILTER(?s = <#a>) }"), _is_unsure("ASK { FILTER(?a<?b&&'>'='x') }")
    (False, True)
    """
    brackets: list[str] = []
    before = ""
    for token in tokens(text):
        if (
            token.kind == "iri"
            and ("'" in token.text or "#" in token.text)
            and (before == "<" or (brackets[-1:] == ["("] and before[-1] not in "(,=!<>&|+-*/^"))
            and not _WITH_AUTHORITY.match(token.text)
        ):
            return True
        if token.text in _OPENING:
            brackets.append(token.text)
        elif token.text in _CLOSING and brackets:
            brackets.pop()
        before = token.text
    return False


class _OutlineReader:
    """The few states in which a lexer of the prologue, the dataset clause and ``SERVICE`` can be."""

    def __init__(self, base: str | None, prefixes: Mapping[str, str]) -> None:
        self.base = base
        self.prefixes = dict(prefixes)
        self.default: dict[str, None] = {}
        self.named: dict[str, None] = {}
        self.services: list[ServiceCall] = []
        self.volatile = False

    def read(self, text: str) -> Outline:
        if sum(map(text.count, _OPENING)) > MAX_NESTING and _is_unsure(text):
            raise QueryNestingError(
                found=f"more than {MAX_NESTING} brackets, and a comparison that looks like an IRI",
                expected="spaces around the < of comparisons",
            )
        depth = 0
        stream = tokens(text)
        for token in stream:
            if token.text in _OPENING:
                depth += 1
                if depth > MAX_NESTING:
                    raise QueryNestingError(
                        found=f"more than {MAX_NESTING} brackets within brackets",
                        expected=f"at most {MAX_NESTING}",
                    )
            elif token.text in _CLOSING:
                depth -= 1
            elif token.kind == "word":
                self._keyword(token.text.upper(), depth, stream)
            elif depth == 0 and token.kind == "prefixed" and token.text[:6].upper() == "PREFIX":
                # Nor does it want one here: `PREFIXa:` declares `a`.
                self._declare(token.text[6:], next(stream, None))
        return Outline(tuple(self.default), tuple(self.named), tuple(self.services), self.volatile)

    def _keyword(self, word: str, depth: int, stream: Iterator[Token]) -> None:
        if word in VOLATILE:
            self.volatile = True
        elif word == "SERVICE":
            self._service(stream)
        elif depth == 0 and word == "BASE":
            self.base = self._iri(next(stream, None))
        elif depth == 0 and word == "PREFIX":
            name = next(stream, None)
            self._declare(name.text if name else "", next(stream, None))
        elif depth == 0 and word == "FROM":
            self._dataset_clause(stream)

    def _declare(self, name: str, value: Token | None) -> None:
        if (iri := self._iri(value)) is not None:
            self.prefixes[name.removesuffix(":")] = iri

    def _dataset_clause(self, stream: Iterator[Token]) -> None:
        token = next(stream, None)
        graphs = self.default
        if token and token.text.upper() == "NAMED":
            graphs, token = self.named, next(stream, None)
        if (iri := self._iri(token)) is not None:
            graphs[iri] = None

    def _service(self, stream: Iterator[Token]) -> None:
        token = next(stream, None)
        if token and token.text.upper() == "SILENT":
            token = next(stream, None)
        # The engine's parser wants no space behind the keyword: `SILENT:x` is `SILENT` and `:x`.
        silent = token is not None and token.kind == "prefixed" and token.text.upper().startswith("SILENT")
        self.services.append(ServiceCall(None if silent else self._iri(token)))

    def _iri(self, token: Token | None) -> str | None:
        return resolved(token, self.base, self.prefixes)


def resolved(token: Token | None, base: str | None, prefixes: Mapping[str, str]) -> str | None:
    """Resolve an IRI or a prefixed name.

    :param token: a terminal.
    :param base: the IRI against which relative IRIs stand.
    :param prefixes: what prefixes stand for.
    :return: ``None`` for any other terminal.

    >>> resolved(Token("prefixed", "a:b", 0), None, {"a": "http://a/"})
    'http://a/b'
    """
    if token is None:
        return None
    if token.kind == "iri":
        reference = _CODEPOINT.sub(lambda m: chr(int(m[1] or m[2], 16)), token.text[1:-1])
        return urljoin(base, reference) if base else reference
    if token.kind == "prefixed":
        prefix, _, local = token.text.partition(":")
        if prefix in prefixes:
            return prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)
    return None
