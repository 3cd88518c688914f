"""What a store holds, counted by the store: the numbers of VoID and of the service description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import PASSAGE, PT, passage_key
from portsmouth.store.protocol import Store
from portsmouth_server.asking import Row, rows, says_yes
from portsmouth_server.kept import Kept

_SIZE: Final = """
SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { ?s ?p ?o }"""
_GRAPHS: Final = "SELECT ?x (COUNT(*) AS ?n) WHERE { GRAPH ?x { ?s ?p ?o } } GROUP BY ?x ORDER BY ?x"
_CLASSES: Final = """
SELECT ?x (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?x FILTER(ISIRI(?x)) } GROUP BY ?x ORDER BY ?x"""
_PROPERTIES: Final = "SELECT ?x (COUNT(*) AS ?n) WHERE { ?s ?x ?o } GROUP BY ?x ORDER BY ?x"
_NOT_DERIVED: Final = """
ASK { { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }
      UNION { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } } }"""
_EXAMPLES: Final = f"""
SELECT ?x WHERE {{
  VALUES ?class {{ <{PT}Treaty> <{PT}Person> <{PT}Article> <{PT}Battle> <{PT}Passage> }}
  {{ SELECT ?class (MIN(?thing) AS ?x) WHERE {{ ?thing a ?class FILTER(ISIRI(?thing)) }} GROUP BY ?class }}
}} ORDER BY ?x"""
_NAMESPACE: Final = re.compile(r".*[/#]")


@dataclass(frozen=True, slots=True)
class Inventory:
    """The contents of one snapshot in numbers.

    :param triples: triples of the default graph.
    :param subjects: distinct subjects of these.
    :param objects: distinct objects of these.
    :param graphs: triples by named graph.
    :param classes: things by class.
    :param properties: triples by property.
    :param merged: whether the default graph is the merge of the named graphs.
    :param examples: things worth a look, one of a class.
    """

    triples: int
    subjects: int
    objects: int
    graphs: Mapping[str, int]
    classes: Mapping[str, int]
    properties: Mapping[str, int]
    merged: bool
    examples: Sequence[str]

    @property
    def vocabularies(self) -> list[str]:
        """The namespaces whose classes and properties the data use.

        >>> Inventory(0, 0, 0, {}, {"http://e/v#C": 1}, {"http://e/w/p": 1}, True, ()).vocabularies
        ['http://e/v#', 'http://e/w/']
        """
        found = (_NAMESPACE.match(iri) for iri in (*self.classes, *self.properties))
        return sorted({match.group() for match in found if match})

    @property
    def passages(self) -> Mapping[str, int]:
        """The named graphs that are passages."""
        return {iri: n for iri, n in self.graphs.items() if iri.startswith(PASSAGE) and passage_key(iri)}


class Inventories:
    """The inventory of a store, counted once a snapshot.

    :param store: what is counted.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = Kept(store, self._count)

    async def get(self) -> Inventory:
        """Return the inventory of the present snapshot.

        :raises StoreError: the store could not answer.
        """
        return await self._kept.get()

    async def _count(self) -> Inventory:
        (size,) = await rows(self._store, _SIZE)
        graphs = _numbers(await rows(self._store, _GRAPHS))
        examples = await rows(self._store, _EXAMPLES)
        return Inventory(
            triples=_number(size["triples"]),
            subjects=_number(size["subjects"]),
            objects=_number(size["objects"]),
            graphs=graphs,
            classes=_numbers(await rows(self._store, _CLASSES)),
            properties=_numbers(await rows(self._store, _PROPERTIES)),
            merged=bool(graphs) and not await says_yes(self._store, _NOT_DERIVED),
            examples=tuple(row["x"].value for row in examples if isinstance(row["x"], ox.NamedNode)),
        )


def _numbers(solutions: list[Row]) -> dict[str, int]:
    return {row["x"].value: _number(row["n"]) for row in solutions if isinstance(row["x"], ox.NamedNode)}


def _number(term: Any) -> int:
    return int(term.value)
