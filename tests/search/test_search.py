"""Search: what is found, in which order, and that nothing breaks it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.build import build
from portsmouth.errors import AmbiguousNameError, NotFoundError, ParameterError, StoreError
from portsmouth.folding import MOST_WORDS, fold, spans
from portsmouth.iris import CONCEPT, ID, PASSAGE, PT, RDF, SKOS
from portsmouth.search import FIELDS, Index
from portsmouth.store.embedded import EmbeddedStore

DATA = """
PREFIX pt: <https://w3id.org/portsmouth1905/ns#>
PREFIX d: <https://w3id.org/portsmouth1905/id/>
PREFIX p: <https://w3id.org/portsmouth1905/passage/>
PREFIX c: <https://w3id.org/portsmouth1905/concept/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>

d:komura a pt:Person, pt:Actor ;
  skos:prefLabel "Komura Jutarō"@en, "โคมูระ จูตาโร"@th, "小村寿太郎"@ja ;
  schema:alternateName "Jutaro Komura", "Dzyutara Komura", "ยูทาโร่ โคมูระ"@th .
d:komura-rank a pt:Tenure ; skos:prefLabel "Komura's court rank"@en .
d:sakhalin a pt:Territory ; skos:prefLabel "Sakhalin"@en, "Сахалин"@ru, "樺太"@ja .
d:south-sakhalin a pt:Territory ; skos:prefLabel "South Sakhalin"@en .
d:sakhaliners a pt:Group, pt:Actor ; skos:prefLabel "Sakhaliners"@en .
d:island a pt:Territory ; skos:prefLabel "An island"@en ; schema:alternateName "Sakhalin" .
d:mid a pt:Territory ; skos:prefLabel "Transsakhalinia"@en .
d:fyodor a pt:Person, pt:Actor ; skos:prefLabel "Фёдор Мартенс"@ru .
d:peace a pt:Event ; skos:prefLabel "Peace"@en ; pt:about d:sakhalin .
c:peace a skos:Concept ; skos:prefLabel "peace"@en ; skos:definition "The end of a war over Sakhalin."@en .
d:quiet a pt:Event ; skos:prefLabel "Quiet"@en ; pt:about d:komura, d:sakhalin .
p:s1-001 a pt:Passage ; rdfs:comment "Komura sails to Sakhalin before dawn."@en , "โคมูระไปซาฮาลิน"@th .
p:s1-002 a pt:Passage ; rdfs:comment "Quotes \\"a word\\" (50% off) - d'état."@en .
d:unnamed a pt:Event .
"""
NAMED_AFTER = """
GRAPH <http://e/g> { <http://e/only-in-a-graph> <http://www.w3.org/2000/01/rdf-schema#label> "Sakhalin" }
"""


def as_nquads(turtle: str) -> bytes:
    quads = ox.parse(turtle.encode(), format=ox.RdfFormat.TRIG)
    data = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    assert data is not None
    return data


NQUADS = as_nquads(DATA + NAMED_AFTER)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.from_nquads(NQUADS)


@pytest.fixture(scope="module")
def shipped() -> Index:
    return Index.from_nquads(build().nquads)


def names(index: Index, text: str, **options: object) -> list[str]:
    hits = index.search(text, **options)  # type: ignore[arg-type]
    return [hit.iri.removeprefix(ID).removeprefix(PASSAGE) for hit in hits]


SPELLINGS = [
    "Komura", "Kōmura", "KOMURA", "Komura", "Ｋｏｍｕｒａ", "โคมูระ", "小村", "Комура", "комура",
    "Jutaro Komura", "komura jutaro", "Dzyutara", "Komura, Jutarō!", "小村寿太郎",
]  # fmt: skip


@pytest.mark.parametrize("text", [*SPELLINGS, "omur", "มูระ", "寿太", "寿", "zyut", "Kom", "ko"])
def test_one_man_is_found_by_many_names(index: Index, text: str) -> None:
    assert names(index, text)[0] == "komura"


@pytest.mark.parametrize("text", SPELLINGS)
def test_he_comes_first_in_the_shipped_graph(shipped: Index, text: str) -> None:
    assert names(shipped, text)[0] == "komura"


def test_exact_before_prefix_before_word_before_the_middle_of_one(index: Index) -> None:
    assert names(index, "sakhalin")[:5] == [
        "sakhalin",  # a label
        "island",  # a spelling
        "sakhaliners",  # begins so
        "south-sakhalin",  # a word of it
        "mid",  # within a word
    ]
    assert set(names(index, "sakhalin")[5:]) == {CONCEPT + "peace", "s1-001"}, "glosses come last"
    scores = [hit.score for hit in index.search("sakhalin")]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1


def test_a_word_of_a_persons_name_is_a_name(index: Index) -> None:
    """A surname finds the man before the things that are called after him."""
    assert names(index, "jutaro")[0] == names(index, "จูตาโร")[0] == "komura"
    assert names(index, "Мартенс") == ["fyodor"]
    assert names(index, "komura")[:2] == ["komura", "komura-rank"]
    assert names(index, "ยูทาโร่")[0] == "komura"


def test_what_is_much_spoken_of_comes_first_among_equals(index: Index) -> None:
    assert names(index, "komura")[:2] == ["komura", "komura-rank"]


def test_things_come_before_the_vocabulary(index: Index) -> None:
    assert names(index, "peace")[:2] == ["peace", CONCEPT + "peace"]


def test_a_passage_is_found_by_what_only_its_gloss_says(index: Index) -> None:
    (hit,) = index.search("before dawn")
    assert (hit.iri, hit.field, hit.language) == (PASSAGE + "s1-001", "gloss", "en")
    assert hit.text == "Komura sails to Sakhalin before dawn."
    assert hit.labels == {}
    assert hit.name == "p:s1-001"


def test_a_hit_tells_all_that_is_known(index: Index) -> None:
    (hit,) = index.search("Dzyutara")
    assert hit.iri == ID + "komura"
    assert hit.labels == {"en": "Komura Jutarō", "th": "โคมูระ จูตาโร", "ja": "小村寿太郎"}
    assert hit.types[0] == PT + "Person", "the narrowest class comes first"
    assert (hit.field, hit.text, hit.language) == ("spelling", "Dzyutara Komura", "")
    assert hit.as_json()["iri"] == hit.iri


def test_words_are_found_in_any_order_and_all_of_them(index: Index) -> None:
    assert names(index, "jutaro komura") == names(index, "KOMURA, Jutarō") == ["komura"]
    assert names(index, "komura nobody") == []


def test_words_shorter_than_a_trigram_count_too(index: Index) -> None:
    assert names(index, "an is") == ["island"]
    assert names(index, "zz") == []
    assert "komura" in names(index, "村 寿")


def test_cyrillic_is_asked_again_in_latin_only_where_it_finds_nothing(index: Index) -> None:
    assert names(index, "Сахалин") == ["sakhalin"]
    assert names(index, "Федор") == names(index, "ФЁДОР") == ["fyodor"]
    assert names(index, "мура") == [], "within a word, chance would decide"


TYPED = [
    ("น้ำ", "น\u0e4d\u0e49า"), ("กำลัง", "กํ\u0e32ลัง"), ("ญี่ปุ่น", "ญ\u0e48\u0e35ปุ่น"), ("แมนจูเรีย", "เเมนจูเรีย"),
    ("มาตรา 9", "มาตรา๙"), ("นิโคลัสที่ 2", "นิโคลัสที่๒"), ("สงครามรัสเซีย–ญี่ปุ่น", "สงครามรัสเซียญี่ปุ่น"),
    ("รัสเซีย-ญี่ปุ่น", "รัสเซีย\u200bญี่ปุ่น"), ("พ.ศ. 2448", "พ.ศ.๒๔๔๘"), ("ฉบับที่ 3", "ฉบับที่3"),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "typed"), TYPED)
def test_thai_is_found_as_it_is_typed(printed: str, typed: str) -> None:
    assert fold(typed) == fold(printed)
    index = Index.from_nquads(as_nquads(f'<http://e/x> <{SKOS}prefLabel> "ว่าด้วย{printed}นั้น"@th .'))
    assert len(index.search(typed)) == 1
    assert spans(f"ว่าด้วย{printed}นั้น", typed)


def test_a_mark_takes_in_all_that_stands_on_a_letter() -> None:
    assert spans("ในน้ำลึก", "น\u0e4d\u0e49า") == [(2, 5)]
    assert spans("ลงเรือ", "ง") == [(1, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "นายโคมูระ", "บารอนโคมูระ", "รัฐมนตรี โคมูระ", "ฯพณฯ นายโคมูระ จูตาโร",
        "Baron Komura", "His Excellency Mr. Komura",
    ],
)  # fmt: skip
def test_a_title_before_a_name_is_no_part_of_it(index: Index, text: str) -> None:
    assert names(index, text) == ["komura"]
    assert index.resolve(text) == ID + "komura"


def test_a_title_alone_or_before_what_is_no_person_names_nobody(index: Index) -> None:
    assert names(index, "บารอน") == names(index, "Baron Sakhalin") == names(index, "นายซาฮา") == []


def test_only_the_default_graph_is_read(index: Index) -> None:
    assert "http://e/only-in-a-graph" not in names(index, "sakhalin")


def test_kinds_and_limit(index: Index) -> None:
    assert names(index, "komura", kinds=["pt:Person"]) == ["komura"]
    assert names(index, "sakhalin", kinds=[PT + "Group", PT + "Passage"]) == ["sakhaliners", "s1-001"]
    assert names(index, "sakhalin", limit=2) == ["sakhalin", "island"]
    assert names(index, "sakhalin", limit=0) == []
    with pytest.raises(ParameterError, match=r"pt:Nobody.*pt:Person"):
        index.search("komura", kinds=["pt:Nobody"])


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\t\n", "\0", "kom\0ura", '"', '""', "'", '"komura', "komura OR sakhalin", "NOT", "(",
        "NEAR(a b)", "komura*", "^komura", "form:komura", "{form}:x", "komura AND", "-komura", "a + b", "%",
        "_", "?*[a", "'; DROP TABLE text; --",
        "😀", "👩‍👩‍👧", "\ud800", "\u202e", "ﷺ", "x" * 10_000, "a " * 5_000,
        " ".join(str(n) for n in range(3_000)), "\u0301" * 10_000, "é" * 10_000, "\U0010ffff", "\ufdd0",
    ],
)  # fmt: skip
def test_hostile_questions_are_answered_and_change_nothing(index: Index, text: str) -> None:
    index.search(text)
    index.search(text, kinds=["pt:Person"])
    assert names(index, "Dzyutara") == ["komura"]


#: Characters of every sort, and Thai as no hand should type it.
TEXTS = st.text() | st.text("กเแ\u0e31\u0e34\u0e38\u0e3a\u0e48\u0e4c\u0e4d\u0e33\u200b-๙1 ")


@settings(deadline=None)
@given(TEXTS)
def test_no_question_is_malformed(text: str) -> None:
    EVERY.search(text)
    assert fold(fold(text)) == fold(text)
    for start, end in spans(text, text):
        assert 0 <= start < end <= len(text)


EVERY = Index.from_nquads(NQUADS)


@settings(deadline=None)
@given(st.sampled_from([hit.text for hit in EVERY.search("a", limit=200)]), st.data())
def test_every_piece_of_a_text_finds_its_thing(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    if 0 < len(fold(piece).split()) <= MOST_WORDS:
        assert EVERY.search(piece, limit=200)


def test_marks_stand_where_the_words_are() -> None:
    assert spans("Kōmura Jutarō", "jutaro KOMURA") == [(0, 6), (7, 13)]
    assert spans("โคมูระ จูตาโร", "มูระ") == [(2, 6)]
    assert spans("ﬁsh", "fi") == [(0, 1)], "one character can be two letters"
    assert spans("", "a") == spans("a", "") == []


def test_a_store_is_indexed_as_its_data_are(index: Index) -> None:
    async def ask() -> Index:
        async with EmbeddedStore.from_nquads(NQUADS) as store:
            return await Index.from_store(store)

    asked = asyncio.run(ask())
    for text in ("komura", "sakhalin", "a", "peace", "โคมูระ"):
        assert asked.search(text) == index.search(text)


# --- after a write

THINGS = [ox.NamedNode(ID + name) for name in ("a", "b", "c", "d")]
WORDS = ("Sakhalin", "South Sakhalin", "komura", "Peace of Sakhalin", "Сахалин", 'a\tb\n"c"', "!")
TEXTS = st.builds(
    lambda thing, field, word, language: ox.Quad(
        thing, ox.NamedNode(field), ox.Literal(word, language=language) if language else ox.Literal(word)
    ),
    st.sampled_from(THINGS),
    st.sampled_from(sorted(FIELDS)),
    st.sampled_from(WORDS),
    st.sampled_from(["", "en", "th"]),
)
CLASSES = st.builds(
    lambda thing, kind: ox.Quad(thing, ox.NamedNode(RDF + "type"), ox.NamedNode(PT + kind)),
    st.sampled_from(THINGS),
    st.sampled_from(["Actor", "Person", "Territory"]),
)
MENTIONS = st.builds(
    lambda one, other: ox.Quad(one, ox.NamedNode(PT + "about"), other),
    st.sampled_from(THINGS),
    st.sampled_from([*THINGS, ox.Literal(7), ox.BlankNode("b")]),
)
STATES = st.lists(st.lists(TEXTS | CLASSES | MENTIONS, max_size=12), min_size=2, max_size=4)


class Asked:
    """A store that is asked in this process."""

    snapshot = ""

    def __init__(self, quads: list[ox.Quad]) -> None:
        self._store = ox.Store()
        self._store.extend(quads)

    async def query(self, query: Any) -> Any:
        return self._told(self._store.query(query.text).serialize(format=ox.QueryResultsFormat.TSV))

    async def _told(self, answer: bytes) -> Any:
        yield answer


@given(STATES)
def test_an_index_that_follows_writes_is_as_one_made_anew(states: list[list[ox.Quad]]) -> None:
    async def work() -> None:
        followed = None
        for quads in states:
            former, followed = followed, await Index.from_store(Asked(quads), followed)  # type: ignore[arg-type]
            assert former in (None, followed)
            fresh = await Index.from_store(Asked(quads))  # type: ignore[arg-type]
            assert followed.kinds == fresh.kinds
            for text in ("sakhalin", "peace sakh", "komura", "сахалин", "b", "of"):
                assert followed.search(text) == fresh.search(text)
                assert followed.near(text + "x") == fresh.near(text + "x")
                for kind in fresh.kinds:
                    assert followed.search(text, kinds=[kind], limit=2) == fresh.search(
                        text, kinds=[kind], limit=2
                    )
            for thing in THINGS:
                assert followed.labels(thing.value) == fresh.labels(thing.value)
                assert followed.name(thing.value) == fresh.name(thing.value)

    asyncio.run(work())


def test_what_changes_in_much_is_indexed_anew() -> None:
    async def work() -> tuple[Index, Index]:
        label = next(iri for iri, field in FIELDS.items() if field == "label")
        quads = [
            ox.Quad(ox.NamedNode(f"{ID}x{number}"), ox.NamedNode(label), ox.Literal(f"name {number}"))
            for number in range(300)
        ]
        former = await Index.from_store(Asked([]))  # type: ignore[arg-type]
        return former, await Index.from_store(Asked(quads), former)  # type: ignore[arg-type]

    former, later = asyncio.run(work())
    assert former is not later and former.search("name 7") == []
    assert names(later, "name 17") == ["x17", *names(later, "name 17")[1:]]


def test_an_empty_graph_has_no_names() -> None:
    assert Index.from_nquads(b"").search("a") == []


def test_several_threads_may_search_at_once(index: Index) -> None:
    expected = names(index, "sakhalin")
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(names(index, "sakhalin"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 16


def test_half_a_character_in_the_data_does_no_harm() -> None:
    label = next(iri for iri, field in FIELDS.items() if field == "label")
    broken = Index([], [], {})
    assert broken.search("a") == []
    # The parser lets no half of a surrogate pair through, so only the question can hold one.
    assert names(Index.from_nquads(f'<{ID}x> <{label}> "a b" .'.encode()), "a\ud800b") == ["x"]


def test_an_sqlite_that_cannot_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portsmouth.search._SCHEMA", "CREATE VIRTUAL TABLE t USING fts99(x)")
    with pytest.raises(StoreError, match=sqlite3.sqlite_version):
        Index([], [], {})


# --- Names for other commands


@pytest.mark.parametrize(
    "text", [ID + "komura", "d:komura", " d:komura ", "Jutaro Komura", "Komura", "จูตาโร", "小村寿太郎"]
)
def test_a_name_is_resolved(index: Index, text: str) -> None:
    assert index.resolve(text) == ID + "komura"


def test_a_name_of_several_things_is_told_with_them(index: Index) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        index.resolve("sakhalin")
    assert caught.value.candidates == (("d:sakhalin", "Sakhalin"), ("d:island", "An island"))
    assert "d:sakhalin (Sakhalin)" in str(caught.value)
    assert caught.value.extensions()["candidates"][0] == {"iri": "d:sakhalin", "label": "Sakhalin"}  # type: ignore[index]
    assert index.resolve("court", kinds=["pt:Tenure"]) == ID + "komura-rank"


def test_an_exact_name_wins_over_all_others_but_not_over_another_exact_one(index: Index) -> None:
    assert index.resolve("South Sakhalin") == ID + "south-sakhalin"
    with pytest.raises(AmbiguousNameError, match="d:island"):
        index.resolve("Sakhalin")


@pytest.mark.parametrize("text", ["nobody", "", "d:nobody", "before dawn", "\0"])
def test_a_name_of_nothing_is_told(index: Index, text: str) -> None:
    with pytest.raises(NotFoundError, match="expected a label"):
        index.resolve(text)


def test_a_thing_of_another_kind_is_not_meant(index: Index) -> None:
    with pytest.raises(NotFoundError):
        index.resolve("d:komura", kinds=["pt:Territory"])


@pytest.mark.parametrize("slip", ["Komurra", "Comura", "komura jutoro", "โคมุระ", "Dzyutarra"])
def test_a_slip_is_told_what_it_is_near_to(index: Index, slip: str) -> None:
    assert index.search(slip) == []
    assert ("d:komura", "Komura Jutarō") in index.near(slip)
    assert index.near(slip, kinds=["pt:Territory"]) == []
    with pytest.raises(NotFoundError, match="d:komura"):
        index.resolve(slip)


def test_what_is_like_nothing_is_near_to_nothing(index: Index) -> None:
    assert [index.near(text) for text in ("zzzzz", "", "!?", "x" * 10_000)] == [[]] * 4
