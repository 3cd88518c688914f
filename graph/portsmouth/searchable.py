"""What there is to be searched, as a store tells it: texts, classes, mentions, and what changes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self

from portsmouth.iris import DCTERMS, RDF, RDFS, SCHEMA, SKOS
from portsmouth.store.protocol import RESULT_FORMATS, Formats, Query, Store
from portsmouth.store.tables import Names, language_of, text

Field = Literal["label", "spelling", "gloss"]

#: The properties whose values are searched, and what their text is to the thing.
FIELDS: Final[Mapping[str, Field]] = {
    SKOS + "prefLabel": "label",
    RDFS + "label": "label",
    DCTERMS + "title": "label",
    SCHEMA + "alternateName": "spelling",
    SKOS + "altLabel": "spelling",
    RDFS + "comment": "gloss",
    SKOS + "definition": "gloss",
}
#: What a text can be, the best first.
RANKS: Final[tuple[Field, ...]] = ("label", "spelling", "gloss")
_TSV: Final = Formats(RESULT_FORMATS["tsv"])

_TEXTS: Final = (
    "SELECT ?thing ?label ?spelling ?gloss {\n"
    + "\nUNION\n".join(f"{{ ?thing <{iri}> ?{field} }}" for iri, field in FIELDS.items())
    + "\n}"
)
_TYPES: Final = f"SELECT ?thing ?type {{ ?thing <{RDF}type> ?type }}"
_MENTIONS: Final = (
    "SELECT ?thing (COUNT(?s) AS ?number) { ?s ?p ?thing FILTER(ISIRI(?thing)) } GROUP BY ?thing"
)


class Text(NamedTuple):
    """A text of a thing.

    :param thing: its IRI.
    :param field: what the text is to it.
    :param language: the text's language, ``""`` where it has none.
    :param value: the text.
    """

    thing: str
    field: Field
    language: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a store tells at one moment, as rows of tab-separated values.

    :param texts: rows of a thing and one text of it, with the thing's IRI.
    :param types: rows of a thing and a class of it, with the thing's IRI.
    :param mentions: by IRI, of how many triples a thing is the object.
    """

    texts: list[tuple[str, str]]
    types: list[tuple[str, str]]
    mentions: dict[str, int]

    @classmethod
    async def from_store(cls, store: Store) -> Self:
        """Ask a store.

        :param store: an open store.
        :raises StoreError: the store cannot answer.
        """
        asking = [asyncio.create_task(_table(store, query)) for query in (_TEXTS, _TYPES, _MENTIONS)]
        try:
            tables = await asyncio.gather(*asking)
        finally:
            for one in asking:
                one.cancel()
            # What was cut off ends before anybody asks the store for something else.
            await asyncio.gather(*asking, return_exceptions=True)
        # Reading takes a moment, in which others want to be served.
        return await asyncio.to_thread(cls._read, *tables)

    @classmethod
    def _read(cls, texts: bytes, types: bytes, mentions: bytes) -> Self:
        names = Names()
        of_text, of_type = (
            [(row, names[row.partition("\t")[0]]) for row in _rows(table)] for table in (texts, types)
        )
        counted = (row.partition("\t") for row in _rows(mentions))
        return cls(of_text, of_type, {names[thing]: int(text(number)) for thing, _, number in counted})

    def texts_of(self, things: Collection[str] | None = None) -> Iterator[Text]:
        """Yield texts.

        :param things: only of these; of all if not given.
        """
        for row, thing in self.texts:
            if things is None or thing in things:
                _, *values = row.split("\t")
                for field, value in zip(RANKS, values, strict=True):
                    # Blank nodes have no name that could be told, and what is no literal is no text.
                    if value and not row.startswith("_:") and not value.startswith(("<", "_:")):
                        yield Text(thing, field, language_of(value), text(value))

    def types_of(self, things: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield classes, each with its thing.

        :param things: only of these.
        """
        for row, thing in self.types:
            if thing in things:
                kind = row.partition("\t")[2]
                if kind.startswith("<"):
                    yield thing, kind[1:-1]


class Known:
    """What has been told, kept small: enough to see what is told otherwise later.

    :param told: what has been told.

    >>> before = Known(Told([("<a>\\t1", "a"), ("<b>\\t1", "b")], [], {"a": 1}))
    >>> after = Known(Told([("<a>\\t2", "a"), ("<b>\\t1", "b")], [], {"a": 2}))
    >>> before.changed(after), before.spoken_of_otherwise(after)
    ({'a'}, {'a'})
    """

    def __init__(self, told: Told) -> None:
        # Hashes of a process' own are as good as the rows, and a tenth of their size.
        self._texts = {hash(row): thing for row, thing in told.texts}
        self._types = {hash(row): thing for row, thing in told.types}
        self.mentions = told.mentions

    def changed(self, later: Known) -> set[str]:
        """Return the things that have other texts or classes later.

        :param later: what has been told later.
        """
        changed = set()
        for before, after in ((self._texts, later._texts), (self._types, later._types)):
            for row in before.keys() ^ after.keys():
                changed.add(before[row] if row in before else after[row])
        return changed

    def spoken_of_otherwise(self, later: Known) -> set[str]:
        """Return the things that are mentioned more or less often later.

        :param later: what has been told later.
        """
        return {thing for thing, _ in self.mentions.items() ^ later.mentions.items()}


async def _table(store: Store, query: str) -> bytes:
    answer = await store.query(Query(query, formats=_TSV))
    return b"".join([chunk async for chunk in answer])


def _rows(table: bytes) -> list[str]:
    return table.decode().replace("\r\n", "\n").rstrip("\n").split("\n")[1:]
