"""Finding things by name: labels in every language, spellings as printed, and glosses.

The text is searched from mid-word in any script by SQLite's full-text index of
trigrams (https://www.sqlite.org/fts5.html#the_trigram_tokenizer), which asks for
no knowledge of where words end in Thai or Japanese. A trigram index cannot look
for one or two characters; these are looked for in the text itself.

Text and question are folded alike before they meet: compatibility forms, case
and the diacritics of Latin, Greek and Cyrillic letters are levelled (Unicode
Standard Annex 15), everything but letters, digits and marks becomes a space.
What is left of a question holds no syntax, so no question is malformed.
"""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Self

import pyoxigraph as ox

from portsmouth.errors import AmbiguousNameError, ParameterError, StoreError, UnknownNameError
from portsmouth.iris import DCTERMS, OWL, PREFIXES, PT, RDF, RDFS, SCHEMA, SH, SKOS, shorten
from portsmouth.nearness import NearNames
from portsmouth.store.protocol import Query, Store

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
_FIELDS: Final[tuple[Field, ...]] = ("label", "spelling", "gloss")
_GLOSS: Final = _FIELDS.index("gloss")
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

#: Words of a question that are looked for; nobody types more, and each costs a pass over the text.
MOST_WORDS: Final = 16
#: How many hits are given where a question does not say, and the most that a client may ask a server for.
USUAL_HITS: Final = 20
MOST_HITS: Final = 200
#: Things that an ambiguous name is told to stand for.
_MOST_CANDIDATES: Final = 10
_MOST_NEAR: Final = 5
#: Things of which so many are compared letter by letter with a name that nothing has.
_MOST_COMPARED: Final = 20_000
#: Letters of scripts that put no space between words: Thai, kana, kanji.
_UNPARTED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
#: Characters that a trigram index needs.
_TRIGRAM: Final = 3

_MARKS_OF_LETTERS: Final = re.compile("[\u0300-\u036f]+")
# Russian letters in the Latin ones that English uses for them (BGN/PCGN 1947, without its apostrophes);
# й and ё have lost their marks by then.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдезиклмнопрстуфыэ", "abvgdeziklmnoprstufye", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
    | {"ъ": "", "ь": ""}
)

_SCHEMA: Final = """
CREATE TABLE thing (id INTEGER PRIMARY KEY, bonus REAL NOT NULL, person INTEGER NOT NULL);
CREATE TABLE kind (type TEXT NOT NULL, thing INTEGER NOT NULL, PRIMARY KEY (type, thing)) WITHOUT ROWID;
CREATE TABLE text (
  id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, field INTEGER NOT NULL, language TEXT NOT NULL,
  original TEXT NOT NULL, form TEXT NOT NULL
);
CREATE VIRTUAL TABLE trigram USING fts5(form, content='text', content_rowid='id', tokenize='trigram');
"""

_TEXT_PATTERN: Final = (
    f"VALUES ?property {{ {' '.join(f'<{iri}>' for iri in FIELDS)} }} ?thing ?property ?value"
)
#: Everything that an index reads, for a store that is asked in SPARQL.
TEXTS_QUERY: Final = f"""\
SELECT ?thing ?property ?value {{
  {_TEXT_PATTERN}
}}"""
TYPES_QUERY: Final = f"""\
SELECT DISTINCT ?thing ?type {{
  {{ SELECT DISTINCT ?thing {{ {_TEXT_PATTERN} }} }}
  ?thing a ?type
}}"""
MENTIONS_QUERY: Final = (
    "SELECT ?thing (COUNT(?s) AS ?number) { ?s ?p ?thing FILTER(ISIRI(?thing)) } GROUP BY ?thing"
)


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


class _Text(NamedTuple):
    thing: str
    field: Field
    language: str
    value: str


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Level what readers do not tell apart: case, width, diacritics, punctuation.

    :param text: text in any script.
    :return: words with a space between each two.

    >>> fold("  Kōmura, Jutarō! "), fold("小村"), fold("Фёдор")
    ('komura jutaro', '小村', 'федор')
    >>> fold("โคมูระ") == "โคมูระ"
    True
    """
    return _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        # It has no marks and only one form.
        return " ".join(text.lower().translate(_READ).split())
    levelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    composed = unicodedata.normalize("NFC", _MARKS_OF_LETTERS.sub("", levelled))
    return " ".join(composed.translate(_READ).split())


class _Read(dict[int, int]):
    """Characters that are read, and a space for each that is not, by code point; known once met."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        # Vowels and tones of Thai are marks, without which nothing can be read.
        read = character.isalnum() or unicodedata.category(character).startswith("M")
        self[code] = found = code if read else ord(" ")
        return found


_READ: Final = _Read()


def spans(text: str, question: str) -> list[tuple[int, int]]:
    """Return where the words of a question stand in a text, for marking them.

    :param text: the text of a hit.
    :param question: what was searched.
    :return: pairs of offsets, in order and apart from each other.

    >>> spans("Komura Jutarō", "jutaro"), spans("A", "b")
    ([(7, 13)], [])
    """
    folded: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        for piece in fold(character):
            folded.append(piece)
            offsets.append(offset)
    form = "".join(folded)
    found = []
    for word in _words(fold(question)):
        position = form.find(word)
        if position >= 0:
            found.append((offsets[position], offsets[position + len(word) - 1] + 1))
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


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
        self, texts: Iterable[_Text], types: Iterable[tuple[str, str]], mentions: Mapping[str, int]
    ) -> None:
        rows = sorted(set(texts))
        classes = _classes(types)
        self._things = _things(rows, classes)
        self._numbers = {thing.iri: number for number, thing in enumerate(self._things)}
        self.kinds = frozenset(kind for thing in self._things for kind in thing.types)
        self._longest = 0
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
        texts: list[_Text] = []
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
    async def from_store(cls, store: Store) -> Self:
        """Index what a store holds, by asking it.

        :param store: an open store.
        :raises StoreError: the store cannot answer, or SQLite has no full-text index of trigrams.
        """
        answers = [await _whole(store, query) for query in (TEXTS_QUERY, TYPES_QUERY, MENTIONS_QUERY)]
        # Reading takes a moment, in which others want to be served.
        return await asyncio.to_thread(cls._from_answers, *answers)

    @classmethod
    def _from_answers(cls, texts: bytes, types: bytes, mentions: bytes) -> Self:
        return cls(
            [text for row in _rows(texts) for text in _text(*row)],
            [(_value(thing), _value(kind)) for thing, kind in _rows(types)],
            {_value(thing): int(_literal(number)) for thing, number in _rows(mentions)},
        )

    def search(self, text: str, *, limit: int = USUAL_HITS, kinds: Collection[str] = ()) -> list[Hit]:
        """Find the things that a text names, or that are spoken of in its words.

        All words of the text must be found in one label, spelling or gloss, in any order and from
        mid-word. A question in Cyrillic that nothing answers is asked again in Latin letters, as the
        beginnings of words.

        :param text: anything; what is no letter or digit counts for nothing.
        :param limit: the most hits.
        :param kinds: IRIs of classes, in full or with a known prefix: only things of one of these.
        :return: the hits, the best first.
        :raises ParameterError: nothing in the graph is of one of the kinds.
        """
        wanted = self._known(kinds)
        form = fold(text)
        hits = self._find(form, limit, wanted)
        if not hits and (latin := form.translate(_LATIN)) != form:
            romanised = self._find(latin, limit, wanted, glosses=False)
            hits = [hit for hit in romanised if hit.score > _MIDDLE + _MENTIONS_GIVE]
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
                "ORDER BY person DESC, bonus DESC, length(form), thing"
            ).fetchall()
        return NearNames(
            (word, thing) for form, thing in rows for word in {form.strip(), *_words(form.strip())} if word
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
        words = _words(form)
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
            text = _Text(thing.iri, _FIELDS[field], language, original)
            hits.append(_hit(thing, text, round(score, 4)))
        return hits

    def _fill(self, rows: Sequence[_Text], mentions: Mapping[str, int]) -> None:
        numbered = list(enumerate(self._things))
        things = [(number, _bonus(thing, mentions), _PERSON in thing.types) for number, thing in numbered]
        kinds = [(kind, number) for number, thing in numbered for kind in thing.types]
        with self._database as database:
            database.executemany("INSERT INTO thing VALUES (?, ?, ?)", things)
            database.executemany("INSERT INTO kind VALUES (?, ?)", kinds)
            database.executemany("INSERT INTO text VALUES (NULL, ?, ?, ?, ?, ?)", self._text_rows(rows))
            database.execute("INSERT INTO trigram (trigram) VALUES ('rebuild')")

    def _text_rows(self, rows: Sequence[_Text]) -> Iterator[tuple[int, int, str, str, str]]:
        for row in rows:
            if form := _fold(row.value):
                self._longest = max(self._longest, len(form))
                number, field = self._numbers[row.thing], _FIELDS.index(row.field)
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
        "GROUP BY thing ORDER BY score DESC, length(original), thing LIMIT ?",
        [*values, limit],
    )


def _name(iri: str, labels: Mapping[str, str]) -> str:
    for language in ("en", "", *labels):
        if language in labels:
            return labels[language]
    return shorten(iri).strip("<>")


def _hit(thing: _Thing, text: _Text, score: float) -> Hit:
    return Hit(thing.iri, thing.labels, thing.types, text.field, text.value, text.language, score)


def _words(form: str) -> list[str]:
    """Return the words to look for, each once.

    >>> _words("a b a")
    ['a', 'b']
    """
    return list(dict.fromkeys(form.split(" ")))[:MOST_WORDS] if form else []


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


def _literal(term: object) -> str:
    return term.value if isinstance(term, ox.Literal) else "0"


def _readable(text: str) -> str:
    """Return text that SQLite can keep: half a surrogate pair is no character.

    >>> _readable("a\\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()


def _text(thing: object, property_: object, value: object) -> Iterator[_Text]:
    field = FIELDS.get(_value(property_))
    if field and isinstance(thing, ox.NamedNode) and isinstance(value, ox.Literal):
        yield _Text(thing.value, field, value.language or "", value.value)


async def _whole(store: Store, text: str) -> bytes:
    answer = await store.query(Query(text))
    return b"".join([chunk async for chunk in answer])


def _rows(answer: bytes) -> ox.QuerySolutions:
    results = ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)
    assert isinstance(results, ox.QuerySolutions)  # noqa: S101  # every query here is a SELECT
    return results


def _classes(types: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return the classes of each thing, the rarest first: of classes within classes that is the narrowest."""
    pairs = {(thing, kind) for thing, kind in types if thing and kind}
    sizes = Counter(kind for _, kind in pairs)
    classes: dict[str, list[str]] = defaultdict(list)
    for thing, kind in sorted(pairs, key=lambda pair: (sizes[pair[1]], pair[1])):
        classes[thing].append(kind)
    return {thing: tuple(kinds) for thing, kinds in classes.items()}


def _things(texts: Iterable[_Text], classes: Mapping[str, tuple[str, ...]]) -> list[_Thing]:
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
