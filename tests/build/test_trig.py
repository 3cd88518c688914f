"""The outline of a text against Oxigraph: whatever Oxigraph reads, the outline reads the same."""

# Samples of a grammar read better in one line each.

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from portsmouth.build.trig import Outline
from portsmouth.resources import facts_folder, ontology_folder

HEAD = "@prefix a: <http://a/> .\nPREFIX : <http://b/>\n@base <http://c/d/> .\n"

SPACE = st.sampled_from([" ", "\n", " \t\n ", ' # . } ; a comment with " and <\n', "\r\n"])
IRIS = st.sampled_from(
    [
        "a:x",
        ":y",
        "a:",
        "a:x.y",
        "a:x-1",
        r"a:x\,y",
        "a:%20z",
        "a:é·ก็",
        "<http://x/#p?q=1>",
        r"<http://x/\u0E01>",
        "<rel>",
    ]
)
BLANKS = st.sampled_from(["_:b1", "_:b.2", "[]"])
TEXTS = st.sampled_from(
    ["", "plain", "} . { ; ,", "<a> # b", "@prefix x: <y> .", r"\"\\", r"\n\t", r"\u0E01", "สนธิสัญญา", "'"]
)
STRINGS = TEXTS.flatmap(
    lambda text: st.sampled_from(
        [f'"{text}"', f'"""{text}\n"x" . \n"""', f"'''{text}\n'''"]
        + ([f"'{text}'"] if "'" not in text else [])
    )
)
LITERALS = st.one_of(
    STRINGS,
    STRINGS.map(lambda text: text + "@en"),
    STRINGS.map(lambda text: text + "@zh-Hant-TW"),
    STRINGS.map(lambda text: text + "^^a:t"),
    st.sampled_from(["1", "-1", "+1.5", ".5", "1e6", "1.0E-3", "1.e5", "true", "false"]),
)
VERBS = st.one_of(IRIS, st.just("a"))


def spaced(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Join parts with white space or comments between them."""
    return st.tuples(*(st.tuples(part, SPACE).map("".join) for part in parts)).map("".join)


def lists(items: st.SearchStrategy[str], by: str) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3).flatmap(
        lambda found: SPACE.map(lambda space: f"{space}{by}{space}".join(found))
    )


def _nest(objects: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        spaced(st.just("["), lists(spaced(VERBS, objects), ";"), st.just("]")),
        spaced(st.just("("), st.lists(objects, max_size=3).map(" ".join), st.just(")")),
    )


OBJECTS = st.recursive(st.one_of(IRIS, BLANKS, LITERALS), _nest, max_leaves=4)
PREDICATES = lists(spaced(VERBS, lists(OBJECTS, ",")), ";").flatmap(
    lambda text: st.sampled_from([text, text + " ;", text + " ; ;"])
)
TRIPLES = st.one_of(
    spaced(st.one_of(IRIS, BLANKS, _nest(IRIS)), PREDICATES),
    spaced(st.just("["), PREDICATES, st.just("]")),
)
DIRECTIVES = st.sampled_from(
    [
        "@prefix a: <http://e/> .",
        "prefix a: <http://f/>",
        "BASE <http://g/>",
        "@base <h/> .",
        "@prefix i: <j> .",
    ]
)
NAMES = st.one_of(IRIS, st.sampled_from(["_:g", "[]", ""]), IRIS.map(lambda name: "GRAPH " + name))
BLOCKS = st.tuples(NAMES, SPACE, st.lists(TRIPLES, max_size=3), st.booleans()).map(
    lambda block: (
        f"{block[0]}{block[1]}{{" + " .\n".join(block[2]) + (" ." if block[3] and block[2] else "") + "}"
    )
)
TRIG = st.lists(st.one_of(TRIPLES.map(lambda text: text + "."), BLOCKS, DIRECTIVES), max_size=6).map(
    lambda parts: HEAD + "\n".join(parts)
)


def canonical(quads: list[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def accepted(text: str) -> list[Quad] | None:
    try:
        return list(parse(text, format=RdfFormat.TRIG))
    except SyntaxError:
        return None


def agrees(text: str) -> None:
    whole = accepted(text)
    outline = Outline(text)
    if whole is None:
        return
    assert outline.findings == []
    assert canonical([placed.quad for placed in outline.placed]) == canonical(whole)


@given(TRIG)
@example(HEAD + "a:x a:y 1.e5.")
@example(HEAD + 'GRAPH a:g{a:x a:y"""."""@en,<#>}')
@example(HEAD + "a:x a:y a:z {| a:p 1 |} . << a:x a:y a:z >> a:p <<( a:x a:y a:z )>> . a:x a:y a:z ~ a:r .")
@settings(deadline=None, max_examples=120)
def test_what_oxigraph_reads_the_outline_reads_the_same(text: str) -> None:
    agrees(text)


def test_the_generator_makes_texts_that_oxigraph_reads() -> None:
    seen: list[bool] = []

    @given(TRIG)
    @settings(database=None, deadline=None, max_examples=100)
    def collect(text: str) -> None:
        seen.append(accepted(text) is not None)

    collect()
    assert sum(seen) > len(seen) / 2


@given(TRIG, st.data())
@settings(deadline=None, max_examples=120)
def test_a_broken_text_is_read_as_far_as_it_goes(text: str, data: st.DataObject) -> None:
    """Take out a character or put one in: the outline stays silent or tells, and never fails."""
    position = data.draw(st.integers(0, len(text)))
    added = data.draw(st.sampled_from(["", ".", ";", "{", "}", '"', "<", "[", "#", "'''", "\\", "ก"]))
    agrees(text[:position] + added + text[position + (not added) :])


@given(TRIG)
@settings(deadline=None, max_examples=100)
def test_the_place_of_a_triple_is_where_its_object_stands(text: str) -> None:
    if accepted(text) is None:
        return
    outline = Outline(text)
    for _, line in outline.placed:
        assert 1 <= line <= text.count("\n") + 1


def test_the_real_files_are_read_the_same() -> None:
    for path in sorted(facts_folder().glob("*/*.t*")) + sorted(ontology_folder().glob("*.ttl")):
        agrees(path.read_text(encoding="utf-8"))


def test_lines_of_triples_and_blocks() -> None:
    outline = Outline(HEAD + "a:g {\n a:s a:p 1 ;\n  a:q [ a:r\n 3 ] .\n}\n# {\na:h {}")
    # Brackets make more than a list of triples: its statement's line stands for each.
    assert {placed.line for placed in outline.placed} == {5}
    assert [block.line for block in outline.blocks] == [4, 10]
    plain = Outline(HEAD + "a:s a:p 1 ,\n 2 ;\n a:q\n '''x\ny''' .")
    assert [placed.line for placed in plain.placed] == [4, 5, 7]


def test_every_error_is_told() -> None:
    text = HEAD + (
        'a:g1 { a:s a:p "unclosed .\n'
        "  a:s a:q 5 . a:t a:r a:u a:v . }\n"
        "a:g2 { a:s a:p a:o\n"
        "a:g3 { a:s z:p 1.5 , <http://x y> ; a:r a:ok. }\n"
        "a:s a:p a:o\n"
        'a:g4 { a:s a:p "fin" }\n'
        "}\n"
        "a:g5 { a:s a:p a:last\n"
    )
    outline = Outline(text)
    assert [
        (line - 3, found.split("'")[1] if "'" in found else found) for line, found, _ in outline.findings
    ] == [
        (1, '"unclosed'),
        (2, "a:v"),
        (3, "a:s a:p a:o"),
        (4, "z:p"),
        (4, "{"),
        (5, "a:s a:p a:o"),
        (7, "}"),
        (8, "a graph block without an end"),
    ]
    assert [
        (str(placed.quad.object).strip('<>"').split('"')[0], placed.line - 3) for placed in outline.placed
    ] == [
        ("5", 2),
        ("http://a/ok", 4),
        ("fin", 6),
        ("http://a/last", 8),
    ]
