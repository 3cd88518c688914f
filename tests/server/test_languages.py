"""The interface in English and Thai: which language a page is in, and that nothing is left untranslated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import babel_extract

from portsmouth import errors
from portsmouth_server.translation import catalogues, messages, translate
from portsmouth_server.viewing import LANGUAGES

TEMPLATES = Path(__file__).parents[2] / "server" / "portsmouth_server" / "templates"
SOURCES = TEMPLATES.parent
OTHERS = [language for language in LANGUAGES if language != "en"]
BROWSER = {"Accept": "text/html"}
#: What is the same in every language.
NAMES = {
    "Portsmouth",
    "CC",
    "BY",
    "VoID",
    "SPARQL",
    "MIT",
    "IRI",
    "RDF",
    "JSON",
    "CSV",
    "TriG",
    "PREFIX",
    "nbsp",
    "pt",
    "NQ",
}
READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "label")


def page(server: Any, path: str, **headers: str) -> tuple[str, dict[str, str]]:
    reply = server.fetch(path, headers=BROWSER | headers)
    return reply.body.decode(), reply.headers


def language(text: str) -> str:
    match = re.search(r'<html lang="(\w+)"', text)
    assert match
    return match[1]


def said_in_templates() -> dict[tuple[str, ...], str]:
    """Every text of a template that wants translation, and where it is first said."""
    found: dict[tuple[str, ...], str] = {}
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
    for file in sorted(TEMPLATES.rglob("*.html")):
        with file.open("rb") as source:
            for line, _, message, _ in babel_extract(source, ("_", "gettext", "ngettext"), [], options):
                texts = (message,) if isinstance(message, str) else tuple(filter(None, message or ()))
                if not texts:
                    # What is said is a value, whose words stand in Python.
                    continue
                found.setdefault(texts, f"{file.name}:{line}")
    return found


def said_in_python() -> dict[tuple[str, ...], str]:
    pattern = re.compile(r'\b(?:n?gettext|N?_)\(\s*"((?:[^"\\]|\\.)*)"(?:,\s*"((?:[^"\\]|\\.)*)")?')
    found: dict[tuple[str, ...], str] = {}
    for file in sorted(SOURCES.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file.name != "translation.py":
            for match in pattern.finditer(text):
                found.setdefault(tuple(part for part in match.groups() if part), file.name)
    return found


@pytest.mark.parametrize("code", OTHERS)
def test_everything_that_is_said_is_translated(code: str) -> None:
    said = said_in_templates() | said_in_python()
    assert len(said) > 50
    missing = {texts: where for texts, where in said.items() if texts[0] not in messages(code)}
    assert missing == {}


@pytest.mark.parametrize("code", OTHERS)
def test_translations_fill_in_what_the_english_fills_in(code: str) -> None:
    for file in catalogues(code):
        with file.open("rb") as source:
            for message in read_po(source, locale=code):
                for form in [message.string] if isinstance(message.string, str) else message.string:
                    ids = message.id if isinstance(message.id, tuple) else (message.id,)
                    wanted = {name for text in ids for name in re.findall(r"%\((\w+)\)[sd]", text)}
                    assert set(re.findall(r"%\((\w+)\)[sd]", form)) == wanted, message.id


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_translated_in_two_places_in_two_ways(code: str) -> None:
    found: dict[str, str] = {}
    for file in catalogues(code):
        with file.open("rb") as source:
            for message in read_po(source, locale=code):
                key, told = str(message.id), str(message.string)
                if not key:
                    # The head of the file, to which the reader adds the time of reading.
                    continue
                assert found.setdefault(key, told) == told


@pytest.mark.parametrize("code", OTHERS)
def test_every_kind_of_problem_is_named_and_explained(code: str) -> None:
    tree = [value for value in vars(errors).values() if isinstance(value, type)]
    for error in tree:
        if issubclass(error, errors.PortsmouthError):
            assert error.title in messages(code)
            assert (error.__doc__ or "").strip().splitlines()[0] in messages(code)


class Bare(HTMLParser):
    """Words that stand in a template as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        for name, value in attrs:
            if name in READ_ALOUD and value:
                self._look(value)

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"code", "pre", "script"}.intersection(self._within):
            self._look(data)

    def _look(self, text: str) -> None:
        self.words += [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]


def bare_words(source: str) -> list[str]:
    """Return the words of a template that are not brought out for translation."""
    markup, translated = "", False
    names: list[str] = []
    for _, kind, value in Environment(trim_blocks=True, lstrip_blocks=True).lex(source):
        names.append(value)
        if kind == "data" and not translated:
            markup += value
        elif kind == "name" and value in ("trans", "endtrans"):
            translated = value == "trans"
        elif kind in ("variable_begin", "block_begin"):
            markup += " "
    parser = Bare()
    parser.feed(markup)
    return parser.words


def test_every_title_of_a_problem_is_translated() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    titles = {one.title for one in kinds if issubclass(one, errors.PortsmouthError)}
    # What the web framework refuses has the status's own words.
    titles |= {HTTPStatus(status).phrase for status in (404, 405, 422)}
    assert titles <= messages("th").keys()


def test_a_page_that_is_not_there_says_so_in_thai(server: Any) -> None:
    for path in ("/nothing-here", "/id/nobody-at-all", "/id/witte.csv"):
        text, _ = page(server, path + "?lang=th")
        assert "<h1>ไม่พบ</h1>" in text


def test_the_look_out_for_bare_words_sees_them() -> None:
    assert bare_words('<p title="{{ _("x") }}">{{ _("Hello") }} 1905 <code>SELECT</code></p>') == []
    assert bare_words("{% if a %}<p>Hello {{ name }}</p>{% endif %}") == ["Hello"]
    assert bare_words('<p aria-label="Close it"></p>') == ["Close", "it"]


@pytest.mark.parametrize(
    "file",
    sorted(TEMPLATES.rglob("*.html")),
    ids=lambda file: file.name,
)
def test_no_template_has_bare_words(file: Path) -> None:
    assert bare_words(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/", {}, "en"),
        ("/", {"Accept-Language": "th-TH,th;q=0.9,en;q=0.5"}, "th"),
        ("/", {"Accept-Language": "fr-FR, fr;q=0.9"}, "en"),
        ("/?lang=th", {"Accept-Language": "en"}, "th"),
        ("/?lang=en", {"Accept-Language": "th", "Cookie": "lang=th"}, "en"),
        ("/", {"Accept-Language": "en", "Cookie": "a=b; lang=th"}, "th"),
        ("/", {"Cookie": "lang=<script>"}, "en"),
        ("/?lang=xx", {}, "en"),
        ("/search?q=witte&lang=th", {}, "th"),
        ("/queries?lang=th", {}, "th"),
        ("/queries/provisions-of-article?lang=th&number=9", {}, "th"),
        ("/ns?lang=th", {}, "th"),
        ("/sparql?lang=th&query=ASK%20%7B%7D", {}, "th"),
        ("/sparql?query=ASK%20%7B%7D&lang=th", {}, "th"),
        ("/id/witte.html?lang=th", {}, "th"),
        ("/nowhere?lang=th", {}, "th"),
    ],
)
def test_the_language_of_a_page(shipped: Any, path: str, headers: dict[str, str], expected: str) -> None:
    text, told = page(shipped, path, **headers)
    assert language(text) == expected
    assert {"Accept", "Accept-Language", "Cookie"} <= set(re.split(r",\s*", told["vary"]))


def test_a_language_that_was_chosen_is_remembered_and_one_that_was_negotiated_is_not(server: Any) -> None:
    assert page(server, "/?lang=th")[1]["set-cookie"].startswith("lang=th; Path=/; Max-Age=")
    assert "set-cookie" not in page(server, "/", **{"Accept-Language": "th"})[1]
    assert "set-cookie" not in page(server, "/?lang=xx")[1]


def test_the_switch_keeps_the_address(server: Any) -> None:
    text, _ = page(server, "/search?q=a%26b%20%E0%B8%81&kind=")
    assert 'href="/search?q=a%26b%20%E0%B8%81&amp;kind=&amp;lang=th"' in text
    text, _ = page(server, "/search?lang=th&q=x")
    assert 'href="/search?q=x&amp;lang=en"' in text


def test_the_switch_leads_to_no_other_host(server: Any) -> None:
    for path in ("//evil.example/x", "/%2F%2Fevil.example", "/a\\b"):
        reply = server.raw(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode()
        )
        assert b'href="//' not in reply
        assert b"evil.example" not in b"".join(re.findall(rb'href="(https?:[^"]*)"', reply))


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/id/witte?lang=th", "/id/witte.html?lang=th"),
        ("/concept/peace?theme=dark&lang=th", "/concept/peace.html?theme=dark&lang=th"),
        ("/id/witte?lang=th&all=around", "/id/witte.html?all=around&lang=th"),
        ("/id/witte?all=%0d%0ax%26y", "/id/witte.html?all=%0D%0Ax%26y"),
        ("/id/witte?lang=xx&utm_source=x", "/id/witte.html"),
        ("/ns/Actor?lang=th", "/ns?lang=th#Actor"),
        ("/id/witte", "/id/witte.html"),
    ],
)
def test_a_name_leads_on_in_the_language_and_with_the_choices_of_its_address(
    shipped: Any, asked: str, led: str
) -> None:
    reply = shipped.fetch(asked, headers=BROWSER)
    assert (reply.status, reply.headers["location"]) == (303, led)


def test_a_name_leads_to_data_without_choices_that_concern_pages(shipped: Any) -> None:
    reply = shipped.fetch("/id/witte?lang=th&all=x", headers={"Accept": "text/turtle"})
    assert reply.headers["location"] == "/id/witte.ttl"


def test_a_question_leads_to_the_query_page_in_the_language_of_its_address(shipped: Any) -> None:
    reply = shipped.fetch("/queries/signatories/edit?lang=th", headers=BROWSER)
    assert reply.headers["location"].endswith("&lang=th")


def test_colours_are_remembered_and_written_into_the_page(server: Any) -> None:
    text, headers = page(server, "/?theme=dark")
    assert '<html lang="en" data-theme="dark">' in text
    assert headers["set-cookie"].startswith("theme=dark;")
    assert "data-theme" not in page(server, "/", Cookie="theme=system")[0].partition("<head>")[0]


def test_a_page_in_another_language_or_colour_has_another_tag(shipped: Any) -> None:
    tags = {
        page(shipped, "/id/witte.html", **headers)[1]["etag"]
        for headers in ({}, {"Accept-Language": "th"}, {"Cookie": "theme=dark"})
    }
    assert len(tags) == 3


def test_data_have_no_language_of_the_interface(shipped: Any) -> None:
    plain = shipped.fetch("/search?q=witte", headers={"Accept": "application/json"})
    chosen = shipped.fetch("/search?q=witte&lang=th", headers={"Accept": "application/json"})
    assert plain.body == chosen.body
    assert (
        shipped.ask("ASK {}", "text/csv").status == shipped.ask("ASK {}", "text/csv", lang="th").status == 200
    )


def test_labels_are_in_the_language_of_the_page(shipped: Any) -> None:
    english, thai = (page(shipped, f"/search?q=Witte&lang={code}")[0] for code in ("en", "th"))
    assert re.search(r'class="hit"><a[^>]*>[^<]*(?:<mark>)?Witte', english)
    assert re.search(r'class="hit"><a[^>]*>[^<]*[\u0e00-\u0e7f]', thai)


@pytest.mark.parametrize("path", ["/treaty", "/id/article-9.html", "/id/japan.html"])
def test_what_the_editors_decided_is_told_once_in_the_language_of_the_page(shipped: Any, path: str) -> None:
    headings = {"en": "What the editors decided", "th": "สิ่งที่บรรณาธิการตัดสิน"}
    for code, heading in headings.items():
        text, _ = page(shipped, f"{path}?lang={code}")
        notes = re.findall(
            re.escape(heading) + r"</(?:h2|summary)>\s*(.*?)</(?:section|details)>", text, re.DOTALL
        )
        assert notes
        for note in notes:
            assert bool(re.search("[\u0e00-\u0e7f]{5}", note)) == (code == "th")


def test_pages_are_compressed_for_browsers(shipped: Any) -> None:
    import gzip

    for path in ("/queries", "/sparql", "/id/witte.html"):
        plain = shipped.fetch(path, headers=BROWSER)
        small = shipped.fetch(path, headers=BROWSER | {"Accept-Encoding": "gzip"})
        assert small.headers["content-encoding"] == "gzip", path
        assert gzip.decompress(small.body) == plain.body
        assert "Accept-Encoding" in small.headers["vary"]
        assert "content-encoding" not in plain.headers


def test_words_that_no_catalogue_knows_go_into_a_page_as_text():
    environment = Environment(autoescape=True)
    translate(environment)
    page = environment.from_string("{{ _(label) }} {{ _('Search') }} {{ _(own) }}")
    written = page.render(label="<script>alert(1)</script>", own="Where passages disagree")
    assert written == "&lt;script&gt;alert(1)&lt;/script&gt; Search Where passages disagree"
