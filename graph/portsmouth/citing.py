"""Citable answers: a query, the version of the data, the hash of the result, and the passages that carry it.

A citation is made of these alone, so no server has to remember it: its link carries the query itself. The
same query of the same version has the same hash, in whatever order and format its answer came.

The hash is the SHA-256 of a canonical text. Rows are written as N-Triples terms by the names of their
variables and sorted: also those of a query with ``ORDER BY``, whose rows of equal rank come in any order.
Blank nodes are labelled by RDFC-1.0, in graphs as they are, in tables on the graph that joins each row with
its blank nodes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.canonical import canonical
from portsmouth.errors import ReceiptUnsupportedError, StoreBusyError
from portsmouth.iris import BASE, passage_key, shorten
from portsmouth.linking import link_query
from portsmouth.receipts import PAGE, Answered, Answers, Budget, explain, read_answers
from portsmouth.receipts.asking import Asker
from portsmouth.receipts.evidence import passage_notes
from portsmouth.store.protocol import (
    GRAPH_FORMATS,
    RESULT_FORMATS,
    AnswerKind,
    Dataset,
    Formats,
    Query,
    Store,
)

#: What is cited.
TITLE: Final = "Portsmouth 1905: A Knowledge Graph of the Treaty of Portsmouth"
#: The forms of a citation.
FORMS: Final = ("footnote", "bibtex", "csl-json")
#: Rows whose passages are named.
MOST_ROWS: Final = 4 * PAGE

_FORMATS: Final = Formats(RESULT_FORMATS["json"], GRAPH_FORMATS["nt"])
_SHORT: Final = 12
#: How often a query is asked before it is given up to find one version for all of its citation.
_ATTEMPTS: Final = 5
_HEADER: Final = re.compile(r"^#\s*title:[ \t]*(\S.*)$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_DECLARED: Final = re.compile(r"\b(?:PREFIX\s+[^\s:]*:|BASE)\s*<[^>]*>", re.IGNORECASE)
_IRI: Final = re.compile(r"<([a-z][a-z0-9+.-]*:[^\s<>]*)>", re.IGNORECASE)
_LONGEST: Final = 100
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _title(query: str) -> str:
    """Say in a line what a query asks.

    >>> _title("# Who signed\\nSELECT * {}"), _title("PREFIX a: <b>\\nASK {  ?s ?p <urn:x> }")
    ('Who signed', 'SPARQL query: ASK { ?s ?p <urn:x> }')
    """
    if found := _HEADER.search(query):
        return found[1].strip()
    first = query.lstrip().partition("\n")[0].strip()
    if first.startswith("#") and first.strip("# \t"):
        return first.strip("# \t")
    text = _COMMENT.sub("", query)
    text = _DECLARED.sub("", text)
    text = " ".join(_IRI.sub(lambda iri: shorten(iri[1]), text).split())
    return f"SPARQL query: {text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + '…'}"


@dataclass(frozen=True, slots=True)
class CitedPart:
    """The passages of one part that carry an answer.

    :param key: the part's key, such as ``s3``.
    :param label: what the part is.
    :param lines: the lines of the passages.
    """

    key: str
    label: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """An answer as it can be cited.

    :param query: the query's text.
    :param dataset: the graphs and the stance that were asked.
    :param snapshot: the version of the data.
    :param kind: what the answer is.
    :param rows: how many rows or triples it has; of yes 1, of no 0.
    :param digest: the SHA-256 of the result, in hexadecimal.
    :param parts: the passages that carry it, part by part.
    :param whole: whether the passages of all rows are named.
    :param link: where it is found again.
    :param accessed: the day on which it was asked.
    """

    query: str
    dataset: Dataset
    snapshot: str
    kind: AnswerKind
    rows: int
    digest: str
    parts: tuple[CitedPart, ...]
    whole: bool
    link: str
    accessed: date

    @property
    def title(self) -> str:
        """The question, as the query's own header or first comment says it, or else the query in short."""
        return _title(self.query)

    @property
    def version(self) -> str:
        """The version, as short as it stays telling."""
        return self.snapshot[:_SHORT]

    @property
    def extent(self) -> str:
        """How much the answer is, in words."""
        if self.kind == "boolean":
            return "answer yes" if self.rows else "answer no"
        unit = "triple" if self.kind == "graph" else "row"
        return f"{self.rows:,} {unit}{'' if self.rows == 1 else 's'}"

    @property
    def passages(self) -> str:
        """The passages in words; empty where none carries the answer.

        >>> part = CitedPart("s3", "Part 3: text of the treaty, shortened", (205, 207))
        >>> Citation("", Dataset(), "", "solutions", 0, "", (part,), True, "", date(2026, 1, 1)).passages
        'part 3 (text of the treaty, shortened), lines 205, 207'
        """
        told = []
        for part in self.parts:
            label = part.label.partition(": ")[2]
            named = f" ({label})" if label else ""
            lines = ", ".join(map(str, part.lines))
            told.append(f"part {part.key[1:]}{named}, line{'' if len(part.lines) == 1 else 's'} {lines}")
        return "; ".join(told) + ("" if self.whole else "; and further passages")

    def write(self, form: str) -> str:
        """Write the citation.

        :param form: one of :data:`FORMS`.
        """
        return {"footnote": footnote, "bibtex": bibtex, "csl-json": csl_json}[form](self)

    def as_json(self) -> dict[str, Any]:
        """Write all that is known of it, for programs."""
        return {
            "title": self.title,
            "query": self.query,
            "parts": str(self.dataset.stance or ""),
            "version": self.snapshot,
            "kind": self.kind,
            "rows": self.rows,
            "sha256": self.digest,
            "passages": [
                {"part": part.key, "label": part.label, "lines": list(part.lines)} for part in self.parts
            ],
            "allPassages": self.whole,
            "link": self.link,
            "accessed": self.accessed.isoformat(),
            **{form: self.write(form) for form in ("footnote", "bibtex")},
            "csl": csl_item(self),
        }


async def cite(store: Store, query: Query, *, link: str = "", accessed: date | None = None) -> Citation:
    """Ask a query and make its answer citable.

    :param store: what answers.
    :param query: the query.
    :param link: where the answer is found again; a link below the project's own address where not given.
    :param accessed: the day that is told; today unless given.
    :raises PortsmouthError: the query cannot be answered, or the data are written all the time.
    """
    accessed = accessed or date.today()  # a day as the reader's calendar has it
    for _ in range(_ATTEMPTS):
        snapshot = store.snapshot
        citation = await _cited(store, query, snapshot, link, accessed)
        # What was written meanwhile is part of another version.
        if store.snapshot == snapshot:
            return citation
    raise StoreBusyError("found data that are written all the time; expected to cite one version: try again")


async def _cited(store: Store, query: Query, snapshot: str, link: str, accessed: date) -> Citation:
    asked = replace(query, formats=_FORMATS)
    answer = await store.query(asked)
    answers = read_answers(answer.kind, b"".join([chunk async for chunk in answer]))
    parts, whole = await _passages(store, asked, answers.rows)
    return Citation(
        query=query.text,
        dataset=query.dataset,
        snapshot=snapshot,
        kind=answer.kind,
        rows=len(answers.rows),
        digest=await asyncio.to_thread(digest, answer.kind, answers),
        parts=parts,
        whole=whole,
        link=link or BASE + "cite?" + link_query(query.text, query.dataset, snapshot),
        accessed=accessed,
    )


async def _passages(
    store: Store, query: Query, rows: Sequence[Answered]
) -> tuple[tuple[CitedPart, ...], bool]:
    some = rows[:MOST_ROWS]
    budget = Budget()
    try:
        receipts = await explain(store, query, some, budget)
    except ReceiptUnsupportedError:
        return (), True
    passages = {passage for fact in receipts.facts for passage in fact.passages}
    notes = await passage_notes(Asker(store, query, budget), passages)
    lines: dict[tuple[str, str], set[int]] = {}
    for passage in passages:
        key = passage_key(passage)
        if key:
            lines.setdefault((key.part, notes[passage].part), set()).add(key.line)
    parts = tuple(
        CitedPart(part, label, tuple(sorted(found)))
        for (part, label), found in sorted(lines.items(), key=lambda item: min(item[1]))
    )
    cut = receipts.truncated or any(row.truncated for row in receipts.rows)
    return parts, len(some) == len(rows) and not cut


# The hash of a result.


def digest(kind: AnswerKind, answers: Answers) -> str:
    """Return the hash of a result.

    :param kind: what the answer is.
    :param answers: its rows or triples, in any order.
    :return: SHA-256, in hexadecimal.
    :raises AnswerLimitError: too many of its blank nodes look too much alike.

    >>> digest("boolean", Answers((), ({},)))[:8], digest("boolean", Answers((), ()))[:8]
    ('b5bea41b', 'fcbcf165')
    """
    if kind == "boolean":
        text = "true" if answers.rows else "false"
    elif kind == "graph":
        text = _graph(row for row in answers.rows if isinstance(row, ox.Triple))
    else:
        head = "\t".join(sorted(answers.variables))
        text = head + "\n" + _table(row for row in answers.rows if isinstance(row, Mapping))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(body: bytes, media_type: str) -> str:
    """Return the hash of a result as it was sent; CSV alone has lost what a term is.

    :param body: the answer, whole.
    :param media_type: its type.

    >>> digest_of(b'{"head":{},"boolean":true}', "application/sparql-results+json")[:8]
    'b5bea41b'
    """
    for rdf_format in (ox.RdfFormat.from_media_type(media_type),):
        if rdf_format is not None and media_type in GRAPH_FORMATS.values():
            triples = tuple(quad.triple for quad in ox.parse(body, format=rdf_format))
            return digest("graph", Answers((), triples))
    results = ox.parse_query_results(body, format=ox.QueryResultsFormat.from_media_type(media_type))
    if isinstance(results, ox.QueryBoolean):
        return digest("boolean", Answers((), ({},) if bool(results) else ()))
    if not isinstance(results, ox.QuerySolutions):  # pragma: no cover
        raise TypeError(f"found {results!r}; expected solutions")
    names = tuple(variable.value for variable in results.variables)
    rows = [{name: solution[name] for name in names if solution[name] is not None} for solution in results]
    return digest("solutions", Answers(names, tuple(rows)))


def _graph(triples: Iterable[ox.Triple]) -> str:
    quads = canonical(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return "".join(sorted(f"{quad} .\n" for quad in quads))


_ROW: Final = ox.NamedNode(BASE + "result#row")


def _table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write rows in order; rows with blank nodes as a graph of theirs, whose labels RDFC-1.0 gives."""
    counted = Counter(tuple(sorted(row.items())) for row in rows)
    lines = []
    blank: list[ox.Quad] = []
    for row, times in counted.items():
        masked = [(name, "_:" if isinstance(term, ox.BlankNode) else str(term)) for name, term in row]
        line = f"{times}\t" + "\t".join(f"{name}={term}" for name, term in masked)
        nodes = [(name, term) for name, term in row if isinstance(term, ox.BlankNode)]
        if not nodes:
            lines.append(line)
            continue
        node = ox.BlankNode()
        blank.append(ox.Quad(node, _ROW, ox.Literal(line)))
        for name, term in nodes:
            blank.append(ox.Quad(node, ox.NamedNode(f"{BASE}result#{name}"), term))
    return "".join(sorted(f"{line}\n" for line in (*lines, *canonical(blank))))


# The forms.


def footnote(citation: Citation) -> str:
    """Write a footnote after the Chicago Manual of Style, 17th edition, 14.257 (data in databases).

    :param citation: what is cited.
    """
    stance = f", {citation.dataset.stance.label}" if citation.dataset.stance else ""
    passages = f", from {citation.passages}" if citation.passages else ""
    day = f"{_MONTHS[citation.accessed.month - 1]} {citation.accessed.day}, {citation.accessed.year}"
    return (
        f"“{citation.title},” {TITLE}, version {citation.version}{stance}, {citation.extent}{passages}, "
        f"SHA-256 {citation.digest}, accessed {day}, <{citation.link}>."
    )


def _note(citation: Citation) -> str:
    stance = f"Stance: {citation.dataset.stance.label}. " if citation.dataset.stance else ""
    passages = f" Passages: {citation.passages}." if citation.passages else ""
    extent = citation.extent[0].upper() + citation.extent[1:]
    return f"{stance}{extent}.{passages} SHA-256 of the result: {citation.digest}"


def bibtex(citation: Citation) -> str:
    """Write an entry for BibTeX.

    :param citation: what is cited.
    """
    fields = {
        "title": f"{{{_tex(citation.title)}}}",
        "howpublished": _tex(f"{TITLE}, version {citation.snapshot}"),
        "note": _tex(_note(citation)),
        # In url fields styles read everything as it stands.
        "url": citation.link,
        "urldate": citation.accessed.isoformat(),
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{portsmouth1905-{citation.digest[:_SHORT]},\n{body}}}\n"


_TEX: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def _tex(text: str) -> str:
    """Write text so that TeX reads it as it stands.

    >>> print(_tex("50% of {x}"))
    50\\% of \\{x\\}
    """
    return "".join(_TEX.get(character, character) for character in " ".join(text.split()))


def csl_item(citation: Citation) -> dict[str, Any]:
    """Return an item of CSL-JSON (Citation Style Language 1.0.2), which Zotero and pandoc read.

    :param citation: what is cited.
    """
    day = citation.accessed
    return {
        "id": f"portsmouth1905-{citation.digest[:_SHORT]}",
        "type": "dataset",
        "title": citation.title,
        "container-title": TITLE,
        "version": citation.snapshot,
        "URL": citation.link,
        "accessed": {"date-parts": [[day.year, day.month, day.day]]},
        "note": _note(citation),
    }


def csl_json(citation: Citation) -> str:
    """Write a bibliography of one item in CSL-JSON.

    :param citation: what is cited.
    """
    return json.dumps([csl_item(citation)], ensure_ascii=False, indent=1) + "\n"
