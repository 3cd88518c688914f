"""Which graphs state a triple, whether it is disputed, and what a passage says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import pyoxigraph as ox

from portsmouth.iris import CATALOGUE, DCTERMS, DERIVED, PT, RDFS, SKOS, XSD, passage_key
from portsmouth.receipts import syntax as s
from portsmouth.receipts.asking import Asker
from portsmouth.receipts.independence import Echoes, independent_texts
from portsmouth.receipts.model import Cited, Fact
from portsmouth.store.protocol import Dataset

_T = TypeVar("_T")

#: Triples that one query looks up: enough to be few queries, and few enough for a parser.
_AT_ONCE: Final = 500
#: Branches of one union: each is a pattern of its own to plan.
_BRANCHES: Final = 50
_INTEGER: Final = ox.NamedNode(XSD + "integer")


@dataclass(frozen=True, slots=True)
class PassageNote:
    """What a reader is told of a passage.

    :param part: the name of the part in which it stands.
    :param line: its line in the source.
    :param gloss: what it says, in our words; empty where nobody wrote a gloss.
    """

    part: str
    line: int
    gloss: str


async def facts_of(asker: Asker, cited: Sequence[Cited]) -> tuple[tuple[Fact, ...], Echoes]:
    """Look triples up in every graph.

    :param asker: asks the store.
    :param cited: the triples.
    :return: one fact a triple, in their order, and the cited passages that echo others.
    """
    if not cited:
        return (), {}
    graphs, disputed, all_echoes = await asyncio.gather(
        graphs_of(asker, cited), _disputed(asker, cited), _echoes(asker)
    )
    facts = []
    for one in cited:
        stating = tuple(sorted(graphs.get(one, ()), key=_place))
        texts = independent_texts(filter(passage_key, stating), all_echoes)
        facts.append(Fact(one, stating, _slot(one) in disputed, texts))
    met = {passage for fact in facts for passage in fact.passages}
    return tuple(facts), {passage: all_echoes[passage] for passage in sorted(met & all_echoes.keys())}


async def graphs_and_nodes(
    asker: Asker, nodes: Iterable[tuple[s.Ground, ox.NamedNode | None]], present: Iterable[ox.NamedNode]
) -> dict[tuple[s.Ground | None, ox.NamedNode | None], Cited]:
    """Find for each node a triple that mentions it, and for each graph a triple that it states.

    :param nodes: nodes, each with the graph to look in; ``None`` for the default graph.
    :param present: graphs.
    :return: by node and graph; graphs without a node under ``None``.
    """
    found: dict[tuple[s.Ground | None, ox.NamedNode | None], Cited] = {}
    wanted = sorted({*nodes, *((None, g) for g in present)}, key=str)
    subject, predicate, value, number = (ox.Variable(name) for name in "spon")
    for some in _batches(wanted, _BRANCHES):
        branches = []
        for place, (node, graph) in enumerate(some):
            ways = [(subject, value)] if node is None else [(node, value), (subject, node)]
            for start, end in ways:
                if isinstance(start, ox.Literal):
                    continue
                triples = s.Group((s.Triples((s.Triple(start, predicate, end),)),))
                group = s.Group((s.GraphPattern(graph, triples),)) if graph is not None else triples
                one = s.Select(None, group, limit=1)
                told = s.Bind(ox.Literal(str(place), datatype=_INTEGER), number)
                branches.append(s.Group((s.Union((s.Group((one,)),)), told)))
        if not branches:
            continue
        for row in await asker.every(s.Group((s.Union(tuple(branches)),))):
            node, graph = some[int(row["n"].value)]
            cited = Cited(
                # A variable is bound, or else the node stands in its place; a predicate is an IRI.
                row.get("s", node),  # type: ignore[arg-type]
                row["p"],  # type: ignore[arg-type]
                row.get("o", node),  # type: ignore[arg-type]
                graph,
            )
            found.setdefault((node, graph), cited)
    return found


async def passage_notes(
    asker: Asker, passages: Iterable[str], language: str = "en"
) -> dict[str, PassageNote]:
    """Look up what a reader is told of passages.

    :param asker: asks the store.
    :param passages: their IRIs.
    :param language: of gloss and part's name.
    :return: by IRI.
    """
    names = sorted(set(passages))
    found = {name: PassageNote(*key, "") for name in names if (key := passage_key(name))}
    passage, part, gloss, label = (ox.Variable(name) for name in ("passage", "part", "gloss", "label"))
    for some in _batches(names):
        pattern = s.Group(
            (
                s.Values((passage,), tuple((ox.NamedNode(name),) for name in some)),
                s.Triples((s.Triple(passage, ox.NamedNode(DCTERMS + "isPartOf"), part),)),
                _in_language(part, ox.NamedNode(SKOS + "prefLabel"), label, language),
                _in_language(passage, ox.NamedNode(RDFS + "comment"), gloss, language),
            )
        )
        for row in await asker.every(pattern, everywhere=True):
            name = row["passage"].value
            if name in found and (told := row.get("label")):
                text = row.get("gloss")
                found[name] = PassageNote(told.value, found[name].line, text.value if text else "")
    return found


def _in_language(subject: s.Var, predicate: ox.NamedNode, value: s.Var, language: str) -> s.Optional:
    same = s.Operation("=", (s.Function("LANG", (value,)), ox.Literal(language)))
    return s.Optional(s.Group((s.Triples((s.Triple(subject, predicate, value),)), s.Filter(same))))


def _place(graph: str) -> tuple[bool, int, str]:
    """Put passages first, in the order of the page."""
    key = passage_key(graph)
    return (key is None, key.line if key else 0, graph)


def _slot(cited: Cited) -> tuple[str, str, str]:
    return str(cited.subject), str(cited.predicate), str(cited.object)


def _batches(items: Sequence[_T], size: int = _AT_ONCE) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def graphs_of(asker: Asker, cited: Sequence[Cited]) -> Mapping[Cited, set[str]]:
    """Ask which graphs state each triple; only graphs that the query could have looked in count.

    :param asker: asks the store.
    :param cited: the triples; those with a blank node, which no query can name, are not looked up.
    :return: IRIs of graphs by triple.
    """
    by_triple: dict[tuple[s.Ground, ox.NamedNode, s.Ground], list[Cited]] = {}
    for one in cited:
        if not isinstance(one.subject, ox.BlankNode) and not isinstance(one.object, ox.BlankNode):
            by_triple.setdefault(one[:3], []).append(one)
    found: dict[Cited, set[str]] = {}
    number, subject, predicate, value, graph = (ox.Variable(name) for name in ("n", "s", "p", "o", "g"))
    for some in _batches(list(by_triple)):
        # Numbered, so that the answer repeats no long literal.
        rows = tuple((ox.Literal(str(n), datatype=_INTEGER), *triple) for n, triple in enumerate(some))
        pattern = s.Group(
            (
                s.Values((number, subject, predicate, value), rows),
                s.GraphPattern(graph, s.Group((s.Triples((s.Triple(subject, predicate, value),)),))),
            )
        )
        select = s.Select((s.Projected(number), s.Projected(graph)), pattern)
        for row in await asker.solutions(select, everywhere=True):
            for one in by_triple[some[int(row["n"].value)]]:
                if _within(asker.dataset, one, row["g"].value):
                    found.setdefault(one, set()).add(row["g"].value)
    return found


def _within(dataset: Dataset, cited: Cited, graph: str) -> bool:
    """Whether a graph is one of those that a query asks: ``FROM`` restricts receipts too."""
    if not dataset:
        return True
    return graph in (dataset.default if cited.graph is None else dataset.named)


async def _echoes(asker: Asker) -> dict[str, frozenset[str]]:
    """Ask which passages repeat each other; they are few."""
    one, other = ox.Variable("one"), ox.Variable("other")
    triple = s.Triple(one, ox.NamedNode(PT + "echoes"), other)
    pattern = s.Group((s.GraphPattern(ox.NamedNode(CATALOGUE), s.Group((s.Triples((triple,)),))),))
    found: dict[str, set[str]] = {}
    for row in await asker.every(pattern, asker.budget.solutions, everywhere=True):
        found.setdefault(row["one"].value, set()).add(row["other"].value)
    return {passage: frozenset(others) for passage, others in found.items()}


async def _disputed(asker: Asker, cited: Sequence[Cited]) -> set[tuple[str, str, str]]:
    """Ask which values of which slots passages disagree about."""
    subjects = {
        one.subject: None
        for one in cited
        if isinstance(one.subject, ox.NamedNode) and not one.predicate.value.startswith((SKOS, RDFS))
    }
    found: set[tuple[str, str, str]] = set()
    which = ox.Variable("which")
    names = {name: ox.Variable(name) for name in ("Subject", "Property", "Value")}
    told = [s.Triple(which, ox.NamedNode(f"{PT}disputed{name}"), names[name]) for name in names]
    telling = s.Triple(which, ox.NamedNode(f"{PT}rivalTelling"), names["Subject"])
    for some in _batches(list(subjects)):
        pattern = s.Group(
            (
                s.Values((names["Subject"],), tuple((subject,) for subject in some)),
                s.GraphPattern(
                    ox.NamedNode(DERIVED),
                    s.Group(
                        (
                            s.Union(tuple(s.Group((s.Triples((one,)),)) for one in (told[0], telling))),
                            s.Triples(tuple(told[1:])),
                        )
                    ),
                ),
            )
        )
        for row in await asker.every(pattern, everywhere=True):
            found.add((str(row["Subject"]), str(row["Property"]), str(row["Value"])))
    return found
