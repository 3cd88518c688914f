"""Whether a receipt holds: its facts stand where it says, and the query gives the row on them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.errors import ParameterError
from portsmouth.iris import GRAPH, PASSAGE, PREFIXES, passage_key
from portsmouth.receipts import evidence, replay
from portsmouth.receipts.asking import Asker
from portsmouth.receipts.explaining import Answered
from portsmouth.receipts.model import Budget, Cited, Fact
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Query, Store

#: Facts that one receipt may cite.
MOST_FACTS: Final = 1_000
_A_NODE: Final = "<http://example.org/>"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay found.

    :param gives_row: whether the query gives the row on the facts alone.
    :param stated: for each fact whether the graphs that the receipt names state it.
    """

    gives_row: bool
    stated: tuple[bool, ...]

    @property
    def holds(self) -> bool:
        """Whether the receipt is right in all that it says."""
        return self.gives_row and all(self.stated)

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        missing = self.stated.count(False)
        if missing:
            facts = "one of its facts is" if missing == 1 else f"{missing} of its facts are"
            return f"The receipt does not hold: {facts} not where it says."
        if not self.gives_row:
            return "The receipt does not hold: the query, asked of these facts alone, does not give the row."
        return "The receipt holds: the query, asked of these facts alone, gives the row."


async def verify(
    store: Store, query: Query, row: Answered, facts: Sequence[Fact], limits: Limits | None = None
) -> Verdict:
    """Replay one derivation, in processes of its own, since an unknown query may have to be stopped.

    :param store: holds the graph in which the facts must stand.
    :param query: the query; its dataset and deadline hold for the replay too.
    :param row: the row that it is said to give.
    :param facts: the facts of one derivation, each with the graphs that are said to state it.
    :param limits: what the replay may take.
    :raises ReceiptUnsupportedError: the query is beyond what receipts are given for.
    :raises StoreError: the store failed, or the replay overran.
    """
    replay.unranked(query)
    asker = Asker(store, query, Budget(seconds=query.deadline))
    known = await evidence.graphs_of(asker, [fact.cited for fact in facts])
    stated = tuple(
        bool(found := known.get(fact.cited, set())) and found.issuperset(fact.graphs) for fact in facts
    )
    asked = [replace(f, graphs=f.graphs or tuple(sorted(known.get(f.cited, ())))) for f in facts]
    data = replay.dataset_for(query, asked)
    async with EmbeddedStore.from_nquads(data, limits=replace(limits or Limits(), workers=1)) as alone:
        return Verdict(await replay.gives(alone, query, row), stated)


def read_row(told: Any) -> Answered:
    """Read a row as the protocol writes it: terms in N-Triples by variable, or by ``s``, ``p``, ``o``.

    :param told: JSON.
    :raises ParameterError: it is no row.

    >>> read_row({"who": "<https://w3id.org/portsmouth1905/id/witte>"})["who"].value
    'https://w3id.org/portsmouth1905/id/witte'
    """
    if not isinstance(told, Mapping) or not all(isinstance(value, str) for value in told.values()):
        raise ParameterError(found="a row that is no object of terms", expected='such as {"who": "<IRI>"}')
    return {name: _object(value, f"the row's {name}") for name, value in told.items()}


def read_triple(told: Any) -> ox.Triple:
    """Read a triple as the protocol writes it.

    :param told: JSON with ``s``, ``p`` and ``o``, terms in N-Triples.
    :raises ParameterError: it is no triple.
    """
    if not isinstance(told, Mapping) or not all(isinstance(told.get(name), str) for name in "spo"):
        raise ParameterError(found=f"{str(told)[:100]}", expected='an object with "s", "p" and "o"')
    return _triple(" ".join(told[name] for name in "spo"), "a triple")


def read_facts(told: Any) -> tuple[Fact, ...]:
    """Read facts as a receipt tells them.

    :param told: JSON: a list of objects with ``s``, ``p``, ``o``, ``in`` and perhaps ``graph``.
    :raises ParameterError: they are none, or too many.

    >>> read_facts([{"s": "<http://e/s>", "p": "<http://e/p>", "o": '"1"', "in": ["s1-039"]}])[0].graphs
    ('https://w3id.org/portsmouth1905/passage/s1-039',)
    """
    if not isinstance(told, list):
        raise ParameterError(found="no list of facts", expected="the facts of one derivation of a receipt")
    if len(told) > MOST_FACTS:
        raise ParameterError(found=f"{len(told)} facts", expected=f"at most {MOST_FACTS}")
    return tuple(_fact(one) for one in told)


def _fact(told: Any) -> Fact:
    triple = read_triple(told)
    names = told.get("in", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ParameterError(found='"in" that is no list of graphs', expected='such as ["s1-039"]')
    graph = told.get("graph")
    if graph is not None and not isinstance(graph, str):
        raise ParameterError(found='"graph" that is no name', expected='such as "s1-039"')
    if isinstance(triple.subject, ox.Triple) or isinstance(triple.object, ox.Triple):
        raise ParameterError(found="a triple within a triple", expected="terms of RDF 1.1")
    cited = Cited(
        triple.subject, triple.predicate, triple.object, ox.NamedNode(_whole(graph)) if graph else None
    )
    return Fact(cited, tuple(_whole(name) for name in names))


def _whole(name: str) -> str:
    """Return the IRI of a graph that a receipt names shortly."""
    prefix, colon, local = name.partition(":")
    if colon:
        whole = PREFIXES[prefix] + local if prefix in PREFIXES else name
    else:
        whole = PASSAGE + name if passage_key(PASSAGE + name) else GRAPH + name
    try:
        return ox.NamedNode(whole).value
    except ValueError:
        raise ParameterError(found=f"{name[:100]!r} as a graph", expected="a name such as s1-039") from None


def _object(text: str, what: str) -> Any:
    return _triple(f"{_A_NODE} {_A_NODE} {text}", what).object


def _triple(text: str, what: str) -> ox.Triple:
    try:
        triples: list[ox.Triple] = [
            quad.triple for quad in ox.parse(f"{text} .", format=ox.RdfFormat.N_TRIPLES)
        ]
    except (SyntaxError, ValueError):
        triples = []
    if len(triples) != 1:
        raise ParameterError(found=f"{text[-100:]!r} in {what}", expected="a term as in N-Triples")
    return triples[0]
