"""The named queries: SPARQL in files, with a header that people read and parameters that are values.

A query is one ``.rq`` file. Its name is the file's; comments at its top are its
header::

    # title: Who signed the treaty
    # description: Everyone whom a passage names as a signatory, with the side he signed for.
    # parameter: side iri d:japan The state he signed for.
    # view: table

``title@th``, ``description@th`` and ``parameter@th`` (a parameter's name, then words) say the same in another
language, which is the part after ``@``.

A parameter stands in the text as ``$side``, and only there: SPARQL reads ``?side``
and ``$side`` alike, so this project writes variables with ``?`` and keeps ``$`` for
parameters. A value is read as the type that the header gives and written into
the query as an RDF term, so no value can become syntax. No parameter is called
``format`` or ``parts``, which in an address name the answer's format and the parts that answer.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal, get_args

import pyoxigraph as ox

from portsmouth import resources
from portsmouth.errors import Finding, NotFoundError, ParameterError, QueriesError
from portsmouth.iris import PREFIXES, XSD
from portsmouth.store.sparql.lexer import tokens

ParameterType = Literal["iri", "string", "integer", "decimal", "date"]
View = Literal["table", "timeline", "map", "network", "chart"]

_HEADER: Final = re.compile(r"#\s*(title|description|parameter|view)(?:@([a-z]{2,3}))?:\s*(.*)")
_PARAMETER: Final = re.compile(
    r"(?P<name>(?!(?:format|parts)\s)[a-z]\w*)\s+(?P<type>\w+)\s+(?P<default>\S+)\s+(?P<description>.+)"
)
_IN_OTHER_WORDS: Final = re.compile(r"^#\s*(?:title|description|parameter)@[a-z]{2,3}:.*\n", re.MULTILINE)
#: What a header says to people, in any number of languages.
_SAID: Final = ("title", "description")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
#: Places before or after the point: with its exponent written out, a short number can fill all memory.
_MOST_PLACES: Final = 100


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a named query asks for.

    :param name: its name, as in ``$name``.
    :param type: how a value is read: ``iri`` (in full or with a known prefix), ``string``, ``integer``,
        ``decimal`` or ``date`` (``YYYY-MM-DD``).
    :param default: the value where none is given, as it would be typed.
    :param description: one sentence for people.
    :param descriptions: the same by language, English with the others.
    """

    name: str
    type: ParameterType
    default: str
    description: str
    descriptions: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def expected(self) -> str:
        """What a value looks like, for people.

        >>> Parameter("number", "integer", "9", "An article.").expected
        'a whole number, such as 9'
        """
        return f"{self.form}, such as {self.default}"

    @property
    def form(self) -> str:
        """What kind of value it is, for people.

        >>> Parameter("number", "integer", "9", "An article.").form
        'a whole number'
        """
        return _EXPECTED[self.type]

    def term(self, value: str) -> str:
        """Read a value and write it as an RDF term in the syntax of SPARQL.

        :param value: the value as it was typed.
        :raises ParameterError: it is not of this parameter's type.

        >>> Parameter("side", "iri", "d:japan", "A state.").term("d:russia")
        '<https://w3id.org/portsmouth1905/id/russia>'
        >>> Parameter("name", "string", "-", "A name.").term('" } DROP ALL #')
        '"\\\\" } DROP ALL #"'
        """
        try:
            return str(_READERS[self.type](value))
        except (ValueError, InvalidOperation):
            raise ParameterError(found=f"{self.name}={value[:200]!r}", expected=self.expected) from None


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query with a name.

    :param name: the name by which it is asked.
    :param title: the question in a few words.
    :param description: what it answers, for people.
    :param parameters: the values that it asks for.
    :param view: how its answer is best shown.
    :param source: its SPARQL text, with ``$name`` where a value goes.
    :param titles: the title by language, English with the others.
    :param descriptions: the description by language, likewise.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    view: View
    source: str
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)
    descriptions: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """The query with every parameter at its default."""
        return self.bind({})

    def bind(self, values: Mapping[str, str]) -> str:
        """Return the query with values in the places of its parameters.

        :param values: values by parameter name, as typed; a parameter that is not named takes its default.
        :raises ParameterError: a value of another type, or a name that the query does not have.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise ParameterError(
                    found=f"the parameter {name}",
                    expected=f"one of {', '.join(known)}"
                    if known
                    else f"none, since {self.name} has no parameters",
                )
        terms = {name: p.term(values.get(name, p.default)) for name, p in known.items()}
        # What the header says in other languages stays behind: links carry the text.
        return "".join(_substituted(_IN_OTHER_WORDS.sub("", self.source), terms))


def catalogue(folder: Path | None = None) -> tuple[NamedQuery, ...]:
    """Read every named query, in the order of their names.

    :param folder: where they lie; the package's own where not given.
    :raises QueriesError: with every finding in every file.
    """
    findings: list[Finding] = []
    queries: list[NamedQuery] = []
    for path in sorted((folder or resources.queries_folder()).glob("*.rq")):
        try:
            queries.append(_read(path))
        except QueriesError as error:
            findings.extend(error.findings)
    if findings:
        raise QueriesError(findings)
    return tuple(queries)


def get(name: str, folder: Path | None = None) -> NamedQuery:
    """Return the query of a name.

    :param name: the name.
    :param folder: where the queries lie; the package's own where not given.
    :raises NotFoundError: there is none; says which names are near.
    """
    return find(name, catalogue(folder))


def find(name: str, queries: Iterable[NamedQuery]) -> NamedQuery:
    """Return the query of a name from some that have been read.

    :param name: the name.
    :param queries: the queries.
    :raises NotFoundError: there is none; says which names are near.
    """
    named = {query.name: query for query in queries}
    if name in named:
        return named[name]
    near = difflib.get_close_matches(name[:100], named) or list(named)
    raise NotFoundError(
        found=f"no query named {name[:100]}",
        expected="a name such as " + ", ".join(near[:5]) if near else "none",
    )


def _read(path: Path) -> NamedQuery:
    source = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    parameters: list[Parameter] = []
    said: dict[str, list[tuple[int, str, str]]] = {}
    findings: list[Finding] = []
    for number, line in enumerate(source.splitlines(), start=1):
        match = _HEADER.fullmatch(line.strip())
        if not match:
            continue
        key, language, value = match[1], match[2], match[3].strip()
        if language:
            said.setdefault(key, []).append((number, language, value))
        elif key != "parameter":
            header[key] = value
        elif (parameter := _parameter(value)) is not None:
            parameters.append(parameter)
        else:
            findings.append(
                Finding(
                    path.name,
                    number,
                    f"'{value}'",
                    f"name, type ({', '.join(_READERS)}), default, description",
                )
            )
    declared = {parameter.name for parameter in parameters}
    used = {token.text[1:] for token in tokens(source) if token.text.startswith("$")}
    for key in ("title", "description"):
        if not header.get(key):
            findings.append(Finding(path.name, 0, f"no {key}", f"a comment '# {key}: …' at the top"))
    if not _NAME.fullmatch(path.stem):
        findings.append(
            Finding(path.name, 0, f"the name {path.stem}", "words in lower case joined by hyphens")
        )
    if header.get("view", "table") not in get_args(View):
        findings.append(
            Finding(path.name, 0, f"the view {header['view']}", f"one of {', '.join(get_args(View))}")
        )
    if declared != used:
        findings.append(
            Finding(
                path.name,
                0,
                f"parameters {sorted(declared)} declared and {sorted(used)} used",
                "the same ones",
            )
        )
    told = {parameter.name: {"en": parameter.description} for parameter in parameters}
    for number, language, value in said.get("parameter", ()):
        name, _, words = value.partition(" ")
        if name in told and words.strip():
            told[name][language] = words.strip()
        else:
            findings.append(Finding(path.name, number, f"'{value}'", f"a name of {sorted(told)}, words"))
    if findings:
        raise QueriesError(findings)
    view: View = header.get("view", "table")  # type: ignore[assignment]  # checked above
    return NamedQuery(
        path.stem,
        header["title"],
        header["description"],
        tuple(replace(parameter, descriptions=told[parameter.name]) for parameter in parameters),
        view,
        source,
        *({"en": header[key], **{lang: text for _, lang, text in said.get(key, ())}} for key in _SAID),
    )


def _parameter(header: str) -> Parameter | None:
    match = _PARAMETER.fullmatch(header)
    if not match or match["type"] not in get_args(ParameterType):
        return None
    kind: ParameterType = match["type"]  # type: ignore[assignment]  # checked above
    parameter = Parameter(match["name"], kind, match["default"], match["description"])
    try:
        parameter.term(parameter.default)
    except ParameterError:
        return None
    return parameter


def _substituted(source: str, terms: Mapping[str, str]) -> Iterator[str]:
    """Yield the pieces of a text with terms in the places of its parameters; strings and comments stay."""
    end = 0
    for token in tokens(source):
        if token.kind == "variable" and token.text.startswith("$"):
            yield source[end : token.start]
            yield terms[token.text[1:]]
            end = token.start + len(token.text)
    yield source[end:]


def _iri(value: str) -> ox.NamedNode:
    prefix, colon, local = value.partition(":")
    iri = PREFIXES[prefix] + local if colon and prefix in PREFIXES else value
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*", iri):
        raise ValueError(value)
    return ox.NamedNode(iri)


def _typed(lexical: str, datatype: str) -> ox.Literal:
    return ox.Literal(lexical, datatype=ox.NamedNode(XSD + datatype))


def _decimal(value: str) -> ox.Literal:
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _MOST_PLACES:
        raise ValueError(value)
    return _typed(f"{number:f}", "decimal")


_READERS: Final[Mapping[ParameterType, Callable[[str], ox.NamedNode | ox.Literal]]] = {
    "iri": _iri,
    "string": ox.Literal,
    "integer": lambda value: _typed(str(int(value)), "integer"),
    "decimal": _decimal,
    "date": lambda value: _typed(date.fromisoformat(value).isoformat(), "date"),
}
_EXPECTED: Final[Mapping[ParameterType, str]] = {
    "iri": "an IRI, in full or with a known prefix",
    "string": "text",
    "integer": "a whole number",
    "decimal": "a number",
    "date": "a day as YYYY-MM-DD",
}
