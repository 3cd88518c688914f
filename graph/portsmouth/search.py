"""Finding things by name: labels in every language, spellings as printed, and glosses.

The text is searched from mid-word in any script by SQLite's full-text index of
trigrams (https://www.sqlite.org/fts5.html#the_trigram_tokenizer), which asks for
no knowledge of where words end in Thai or Japanese. A trigram index cannot look
for one or two characters; these are looked for in the text itself.

Text and question are folded alike before they meet (:mod:`portsmouth.folding`).
What is left of a question holds no syntax, so no question is malformed.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, Self

import pyoxigraph as ox

from portsmouth.errors import AmbiguousNameError, ParameterError, StoreError, UnknownNameError
from portsmouth.folding import fold, fold_once, romanised, words_of
from portsmouth.iris import OWL, PREFIXES, PT, RDF, RDFS, SH, SKOS, shorten
from portsmouth.nearness import NearNames
from portsmouth.searchable import FIELDS, RANKS, Field, Known, Text, Told
from portsmouth.store.protocol import Store
from portsmouth.titles import untitled

_GLOSS: Final = RANKS.index("gloss")
_TYPE: Final = RDF + "type"
_PERSON: Final = PT + "Person"
#: Kinds of vocabulary: what the facts are told with, and not what they tell of.
_VOCABULARY: Final = (OWL, SH, RDFS, SKOS)

# The order is told by one number. How a name fits decides first; then labels go before spellings; then
# things before vocabulary, and what is much spoken of before what is not. The steps are so far apart that
# no later rule overturns an earlier one, and all glosses stay below all names.
_EXACT: Final = 0.95
# A surname is a name of the man. In Thai, where no space ends a word, what is told of him begins with it.
_PART_OF_A_PERSONS: Final = 0.77
_PREFIX: Final = 0.65
_WORDS: Final = 0.48
_BEGINNINGS: Final = 0.33
_MIDDLE: Final = 0.18
_SPELLING_COSTS: Final = 0.06
_VOCABULARY_COSTS: Final = 0.03
_MENTIONS_GIVE: Final = 0.05
_HALF_OF_THAT_AT: Final = 10
_GLOSS_SHARE: Final = 0.08

#: How many hits are given where a question does not say, and the most that a client may ask a server for.
USUAL_HITS: Final = 20
MOST_HITS: Final = 200
#: Things that an ambiguous name is told to stand for.
_MOST_CANDIDATES: Final = 10
_MOST_NEAR: Final = 5
#: Things that an index takes in one by one after a write, or a twentieth of all; more are indexed anew.
_MOST_FOLLOWED: Final = 200
#: Things of which so many are compared letter by letter with a name that nothing has.
_MOST_COMPARED: Final = 20_000
#: Letters of scripts that put no space between words: Thai, kana, kanji.
_UNPARTED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
#: Characters that a trigram index needs.
_TRIGRAM: Final = 3

_SCHEMA: Final = """
CREATE TABLE thing (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, bonus REAL NOT NULL, person INTEGER NOT NULL
);
CREATE TABLE kind (type TEXT NOT NULL, thing INTEGER NOT NULL, PRIMARY KEY (type, thing)) WITHOUT ROWID;
CREATE TABLE text (
  id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, field INTEGER NOT NULL, language TEXT NOT NULL,
  original TEXT NOT NULL, form TEXT NOT NULL
);
CREATE VIRTUAL TABLE trigram USING fts5(form, content='text', content_rowid='id', tokenize='trigram');
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found.

    :param iri: the thing.
    :param labels: its labels by language; ``""`` stands for none.
    :param types: IRIs of its classes, the narrowest first.
    :param field: what the text is to the thing.
    :param text: the text that fits, as it stands in the graph.
    :param language: the text's language, ``""`` where it has none.
    :param score: how well it fits, from 0 to 1.
    """

    iri: str
    labels: Mapping[str, str]
    types: tuple[str, ...]
    field: Field
    text: str
    language: str
    score: float

    @property
    def name(self) -> str:
        """The label to show to readers of English, or the short form of the IRI where there is none.

        >>> Hit("http://e/x", {"th": "ก", "en": "K"}, (), "label", "K", "en", 1).name
        'K'
        """
        return _name(self.iri, self.labels)

    @property
    def exact(self) -> bool:
        """Whether the text is a name of the thing, letter for letter but for what folding levels."""
        return self.score > _PART_OF_A_PERSONS + _MENTIONS_GIVE

    def as_json(self) -> dict[str, object]:
        """Return the hit as JSON has it."""
        return {
            "iri": self.iri,
            "labels": dict(self.labels),
            "types": list(self.types),
            "field": self.field,
            "text": self.text,
            "language": self.language or None,
            "score": self.score,
        }


class _Thing(NamedTuple):
    iri: str
    labels: Mapping[str, str]
    types: tuple[str, ...]


class Index:
    """An index of the names of one snapshot, held in memory. Safe to use from several threads.

    :param texts: what is searched.
    :param types: the classes of each thing.
    :param mentions: how often each thing is spoken of.
    :raises StoreError: this Python's SQLite has no full-text index of trigrams.

    >>> data = b'<http://e/k> <http://www.w3.org/2004/02/skos/core#prefLabel> "Komura Jutar\\xc5\\x8d"@en .'
    >>> Index.from_nquads(data).search("KŌMURA")[0].iri
    'http://e/k'
    """

    def __init__(
        self, texts: Iterable[Text], types: Iterable[tuple[str, str]], mentions: Mapping[str, int]
    ) -> None:
        rows = sorted(set(texts))
        classes, self._sizes = _classes(types)
        #: By number; those that have gone keep their places.
        self._things = _things(rows, classes)
        self._numbers = {thing.iri: number for number, thing in enumerate(self._things)}
        self.kinds = frozenset(kind for thing in self._things for kind in thing.types)
        self._longest = 0
        self._taken_in: Known | None = None
        self._lock = threading.Lock()
        # Who only passes an index on needs no database.
        import sqlite3

        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            self._database.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"found SQLite {sqlite3.sqlite_version} ({error}); expected 3.34 or later with FTS5"
            ) from error
        self._fill(rows, mentions)

    @classmethod
    def from_nquads(cls, data: bytes) -> Self:
        """Index a dataset.

        :param data: the dataset as N-Quads, with what is to be found in its default graph.
        :raises StoreError: this Python's SQLite has no full-text index of trigrams.
        """
        texts: list[Text] = []
        types: list[tuple[str, str]] = []
        mentions: Counter[str] = Counter()
        for quad in ox.parse(data, format=ox.RdfFormat.N_QUADS):
            if not isinstance(quad.graph_name, ox.DefaultGraph):
                continue
            if isinstance(quad.object, ox.NamedNode):
                mentions[quad.object.value] += 1
                if quad.predicate.value == _TYPE:
                    types.append((_value(quad.subject), quad.object.value))
            else:
                texts.extend(_text(quad.subject, quad.predicate, quad.object))
        return cls(texts, types, mentions)

    @classmethod
    async def from_store(cls, store: Store, former: Self | None = None) -> Self:
        """Index what a store holds, by asking it.

        :param store: an open store.
        :param former: an index of the store as it was, which is brought up to date and returned where little
            has changed.
        :raises StoreError: the store cannot answer, or SQLite has no full-text index of trigrams.
        """
        told = await Told.from_store(store)
        return await asyncio.to_thread(cls._from_told, told, former)

    @classmethod
    def _from_told(cls, told: Told, former: Self | None) -> Self:
        known = Known(told)
        if former and former._follow(told, known):
            return former
        texts = list(told.texts_of())
        index = cls(texts, told.types_of({text.thing for text in texts}), told.mentions)
        index._taken_in = known
        return index

    def search(self, text: str, *, limit: int = USUAL_HITS, kinds: Collection[str] = ()) -> list[Hit]:
        """Find the things that a text names, or that are spoken of in its words.

        All words of the text must be found in one label, spelling or gloss, in any order and from
        mid-word. A question in Cyrillic that nothing answers is asked again in Latin letters, as the
        beginnings of words; a name with a title that nobody has, as the name of a person alone.

        :param text: anything; what is no letter or digit counts for nothing.
        :param limit: the most hits.
        :param kinds: IRIs of classes, in full or with a known prefix: only things of one of these.
        :return: the hits, the best first.
        :raises ParameterError: nothing in the graph is of one of the kinds.
        """
        wanted = self._known(kinds)
        form = fold(text)
        hits = self._find(form, limit, wanted)
        if not hits and (latin := romanised(form)) != form:
            found = self._find(latin, limit, wanted, glosses=False)
            hits = [hit for hit in found if hit.score > _MIDDLE + _MENTIONS_GIVE]
        if all(hit.field == "gloss" for hit in hits) and (bare := untitled(form)) != form:
            found = self._find(bare, limit, wanted, glosses=False)
            persons = [hit for hit in found if _PERSON in hit.types]
            known = {hit.iri for hit in persons}
            hits = [*persons, *(hit for hit in hits if hit.iri not in known)][:limit]
        return hits

    def resolve(self, text: str, *, kinds: Collection[str] = ()) -> str:
        """Return the one thing that a text names.

        A piece of a word names nothing, but in scripts that part no words.

        :param text: an IRI, in full or with a known prefix, or a name in any language.
        :param kinds: only things of one of these classes, as in :meth:`search`.
        :return: the thing's IRI.
        :raises UnknownNameError: nothing has this name; carries what is near it.
        :raises AmbiguousNameError: several things have it.
        :raises ParameterError: nothing in the graph is of one of the kinds.
        """
        wanted = self._known(kinds)
        number = self._numbers.get(expand(text.strip()))
        if number is not None and (not wanted or wanted & set(self._things[number].types)):
            return self._things[number].iri
        found = self.search(text, limit=_MOST_CANDIDATES, kinds=kinds)
        least = 0.0 if _UNPARTED.search(text) else _BEGINNINGS + _MENTIONS_GIVE
        hits = (
            [hit for hit in found if hit.exact]
            or [hit for hit in found if hit.score > _PREFIX + _MENTIONS_GIVE]
            or [hit for hit in found if hit.score > least and hit.field != "gloss"]
        )
        if not hits:
            near = [(shorten(hit.iri), hit.name) for hit in found] or self.near(text, kinds=kinds)
            raise UnknownNameError(text[:100], near[:_MOST_NEAR])
        if len(hits) > 1:
            raise AmbiguousNameError(text[:100], [(shorten(hit.iri), hit.name) for hit in hits])
        return hits[0].iri

    def near(self, text: str, *, kinds: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return the things that are called nearly so, by a label or a spelling.

        :param text: a name that nothing has.
        :param kinds: only things of one of these classes, as in :meth:`search`.
        :return: the short forms of their IRIs, each with the thing's name, the nearest first.
        :raises ParameterError: nothing in the graph is of one of the kinds.
        """
        wanted = self._known(kinds)
        # More than are told, since some may be of another kind.
        numbers = self._near_names.near(fold(text), _MOST_NEAR if not wanted else _MOST_CANDIDATES)
        things = [self._things[number] for number in numbers]
        return [
            (shorten(thing.iri), _name(thing.iri, thing.labels))
            for thing in things
            if not wanted or wanted & set(thing.types)
        ][:_MOST_NEAR]

    @cached_property
    def _near_names(self) -> NearNames:
        """The names to compare, gathered when they are first needed; none where they are too many."""
        if len(self._things) > _MOST_COMPARED:
            return NearNames(())
        with self._lock:
            rows = self._database.execute(
                f"SELECT form, thing FROM text JOIN thing ON thing.id = thing WHERE field < {_GLOSS} "  # noqa: S608
                "ORDER BY person DESC, bonus DESC, length(form), thing.iri"
            ).fetchall()
        return NearNames(
            (word, thing) for form, thing in rows for word in {form.strip(), *words_of(form.strip())} if word
        )

    def name(self, iri: str) -> str:
        """Return how to call a thing in English: its label, or the short form of its IRI.

        :param iri: anything, whether the index knows it or not.

        >>> Index([], [], {}).name("https://w3id.org/portsmouth1905/id/witte")
        'd:witte'
        """
        return _name(iri, self.labels(iri))

    def labels(self, iri: str) -> Mapping[str, str]:
        """Return the labels of a thing by language; none where the index does not know it.

        :param iri: anything.
        """
        number = self._numbers.get(iri)
        return {} if number is None else self._things[number].labels

    def _known(self, kinds: Collection[str]) -> frozenset[str]:
        wanted = frozenset(expand(kind) for kind in kinds)
        for kind in sorted(wanted - self.kinds):
            classes = sorted(shorten(kind) for kind in self.kinds if kind.startswith(PT))
            raise ParameterError(
                found=f"kind={shorten(kind).strip('<>')[:100]}",
                expected=f"a class of something in the graph, such as {', '.join(classes[:40])}",
            )
        return wanted

    def _find(self, form: str, limit: int, kinds: Collection[str], *, glosses: bool = True) -> list[Hit]:
        words = words_of(form)
        if not words or max(map(len, words)) > self._longest or limit < 1:
            return []
        hits = self._ask(form, words, limit, kinds, names=True)
        if glosses and len(hits) < limit:
            # Most questions end with names; the glosses are the bulk of the text.
            known = {hit.iri for hit in hits}
            more = self._ask(form, words, limit + len(hits), kinds, names=False)
            hits += [hit for hit in more if hit.iri not in known]
        return hits[:limit]

    def _ask(
        self, form: str, words: Sequence[str], limit: int, kinds: Collection[str], *, names: bool
    ) -> list[Hit]:
        sql, values = _statement(form, words, limit, kinds, names)
        with self._lock:
            rows = self._database.execute(sql, values).fetchall()
        hits = []
        for number, score, field, language, original in rows:
            thing = self._things[number]
            text = Text(thing.iri, RANKS[field], language, original)
            # Of classes within classes the rarest is the narrowest.
            types = sorted(thing.types, key=lambda kind: (self._sizes[kind], kind))
            hits.append(
                Hit(
                    thing.iri,
                    thing.labels,
                    tuple(types),
                    text.field,
                    text.value,
                    text.language,
                    round(score, 4),
                )
            )
        return hits

    def _fill(self, rows: Sequence[Text], mentions: Mapping[str, int]) -> None:
        with self._database:
            self._insert(list(enumerate(self._things)), rows, mentions)
            self._database.execute("INSERT INTO trigram (trigram) VALUES ('rebuild')")

    def _insert(
        self, numbered: Sequence[tuple[int, _Thing]], rows: Iterable[Text], mentions: Mapping[str, int]
    ) -> None:
        """Insert things and their texts, but for what finds the texts."""
        database = self._database
        database.executemany(
            "INSERT INTO thing VALUES (?, ?, ?, ?)",
            [
                (number, thing.iri, _bonus(thing, mentions), _PERSON in thing.types)
                for number, thing in numbered
            ],
        )
        database.executemany(
            "INSERT INTO kind VALUES (?, ?)",
            [(kind, number) for number, thing in numbered for kind in thing.types],
        )
        database.executemany("INSERT INTO text VALUES (NULL, ?, ?, ?, ?, ?)", self._text_rows(rows))

    def _follow(self, told: Told, known: Known) -> bool:
        """Take in what is told otherwise than before; return ``False`` where that is too much."""
        before = self._taken_in
        if before is None or len(self._things) > 2 * (len(self._numbers) + _MOST_FOLLOWED):
            # So much has gone that what is left should have its room back.
            return False
        changed = before.changed(known)
        if len(changed) > max(_MOST_FOLLOWED, min(len(self._numbers) // 20, 100 * _MOST_FOLLOWED)):
            return False
        rows = sorted(set(told.texts_of(changed)))
        things = _things(rows, _classes(told.types_of({row.thing for row in rows}))[0])
        mentioned = [
            (_bonus(self._things[self._numbers[iri]], known.mentions), self._numbers[iri])
            for iri in before.spoken_of_otherwise(known) - changed
            if iri in self._numbers
        ]
        gone = [self._numbers[iri] for iri in changed if iri in self._numbers]
        # Whoever finds it half done, since it has failed, begins anew.
        self._taken_in = None
        with self._lock, self._database as database:
            for number in gone:
                self._sizes.subtract(self._things[number].types)
                del self._numbers[self._things[number].iri]
            for thing in things:
                self._sizes.update(thing.types)
                self._numbers[thing.iri] = len(self._things)
                self._things.append(thing)
            self._delete(gone)
            last = database.execute("SELECT max(id) FROM text").fetchone()[0] or 0
            self._insert([(self._numbers[thing.iri], thing) for thing in things], rows, known.mentions)
            database.execute(
                "INSERT INTO trigram (rowid, form) SELECT id, form FROM text WHERE id > ?", (last,)
            )
            database.executemany("UPDATE thing SET bonus = ? WHERE id = ?", mentioned)
        self._taken_in = known
        self.kinds = frozenset(
            kind for number in self._numbers.values() for kind in self._things[number].types
        )
        self.__dict__.pop("_near_names", None)
        return True

    def _delete(self, numbers: Sequence[int]) -> None:
        database = self._database
        places = ", ".join("?" * len(numbers))
        # An index of foreign content is told what it forgets.
        database.execute(
            "INSERT INTO trigram (trigram, rowid, form) "  # noqa: S608  # values are bound
            f"SELECT 'delete', id, form FROM text WHERE thing IN ({places})",
            numbers,
        )
        for table, column in (("text", "thing"), ("kind", "thing"), ("thing", "id")):
            database.execute(f"DELETE FROM {table} WHERE {column} IN ({places})", numbers)  # noqa: S608

    def _text_rows(self, rows: Iterable[Text]) -> Iterator[tuple[int, int, str, str, str]]:
        for row in rows:
            if form := fold_once(row.value):
                self._longest = max(self._longest, len(form))
                number, field = self._numbers[row.thing], RANKS.index(row.field)
                yield number, field, row.language, _readable(row.value), f" {form} "


def _statement(
    form: str, words: Sequence[str], limit: int, kinds: Collection[str], names: bool
) -> tuple[str, list[object]]:
    """Write the question in SQL; every word in it is a value, never text of the statement."""

    def each(pattern: str) -> tuple[str, list[object]]:
        return " AND ".join(["instr(form, ?)"] * len(words)), [pattern.format(word) for word in words]

    whole, whole_values = each(" {} ")
    begun, begun_values = each(" {}")
    score = (
        f"CASE WHEN form = ? THEN {_EXACT} WHEN person AND {whole} THEN {_PART_OF_A_PERSONS} "
        f"WHEN instr(form, ?) = 1 THEN {_PREFIX} WHEN {whole} THEN {_WORDS} "
        f"WHEN {begun} THEN {_BEGINNINGS} ELSE {_MIDDLE} END"
    )
    values: list[object] = [f" {form} ", *whole_values, f" {form}", *whole_values, *begun_values]
    score = f"{score} - {_SPELLING_COSTS} * field + bonus" if names else f"{_GLOSS_SHARE} * ({score} + bonus)"
    conditions = [f"field {'<' if names else '='} {_GLOSS}"]
    indexed = [word for word in words if len(word) >= _TRIGRAM]
    if indexed:
        conditions.append("text.id IN (SELECT rowid FROM trigram WHERE trigram MATCH ?)")
        values.append(" AND ".join(f'"{word}"' for word in indexed))
    for word in words:
        if len(word) < _TRIGRAM:
            conditions.append("instr(form, ?)")
            values.append(word)
    if kinds:
        marks = ", ".join("?" * len(kinds))
        conditions.append(f"thing IN (SELECT thing FROM kind WHERE type IN ({marks}))")  # noqa: S608
        values += sorted(kinds)
    # SQLite takes the other columns of a group from the row that holds the maximum.
    return (
        f"SELECT thing, max({score}) AS score, field, language, original "  # noqa: S608  # values are bound
        f"FROM text JOIN thing ON thing.id = thing WHERE {' AND '.join(conditions)} "
        "GROUP BY thing ORDER BY score DESC, length(original), thing.iri LIMIT ?",
        [*values, limit],
    )


def _name(iri: str, labels: Mapping[str, str]) -> str:
    for language in ("en", "", *labels):
        if language in labels:
            return labels[language]
    return shorten(iri).strip("<>")


def expand(name: str) -> str:
    """Return an IRI whose prefix is known in full, anything else as it is.

    :param name: an IRI, in full or with a known prefix; ``<...>`` is not taken off.

    >>> expand("d:witte")
    'https://w3id.org/portsmouth1905/id/witte'
    """
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


def _value(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _readable(text: str) -> str:
    """Return text that SQLite can keep: half a surrogate pair is no character.

    >>> _readable("a\\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()


def _text(thing: object, property_: object, value: object) -> Iterator[Text]:
    field = FIELDS.get(_value(property_))
    if field and isinstance(thing, ox.NamedNode) and isinstance(value, ox.Literal):
        yield Text(thing.value, field, value.language or "", value.value)


def _classes(types: Iterable[tuple[str, str]]) -> tuple[Mapping[str, tuple[str, ...]], Counter[str]]:
    """Return the classes of each thing, and how many things each class has."""
    pairs = {(thing, kind) for thing, kind in types if thing and kind}
    classes: dict[str, list[str]] = defaultdict(list)
    for thing, kind in sorted(pairs):
        classes[thing].append(kind)
    return {thing: tuple(kinds) for thing, kinds in classes.items()}, Counter(kind for _, kind in pairs)


def _things(texts: Iterable[Text], classes: Mapping[str, tuple[str, ...]]) -> list[_Thing]:
    labels: dict[str, dict[str, str]] = {}
    for text in texts:
        of_thing = labels.setdefault(text.thing, {})
        if text.field == "label":
            of_thing.setdefault(text.language, text.value)
    return [_Thing(iri, MappingProxyType(labels[iri]), classes.get(iri, ())) for iri in sorted(labels)]


def _bonus(thing: _Thing, mentions: Mapping[str, int]) -> float:
    number = mentions.get(thing.iri, 0)
    spoken_of = _MENTIONS_GIVE * number / (number + _HALF_OF_THAT_AT)
    vocabulary = any(kind.startswith(_VOCABULARY) for kind in thing.types)
    return -_VOCABULARY_COSTS if vocabulary else spoken_of
