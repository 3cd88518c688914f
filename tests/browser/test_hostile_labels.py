"""A graph whose labels attack its readers, in a real browser: nothing runs, nothing leaks, nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from browser.conftest import overflow
from server.conftest import RunningServer

from portsmouth.build import build
from portsmouth.iris import PREFIXES

ATTACKS = (
    "<script>pwned=1;alert(1)</script>",
    '"><img src=x onerror=pwned=1;alert(1)>',
    "' onmouseover='pwned=1;alert(1)' autofocus onfocus='pwned=1;alert(1)' x='",
    "</script><script>pwned=1;alert(1)</script>",
    "</title></style><svg onload=pwned=1;alert(1)>",
    "</textarea></template><iframe src=javascript:pwned=1>",
    "<!--<script>",
    "{{7*7}}{% raw %}${7*7}<%=7*7%>",
    "&lt;b&gt;&quot;&#x3c;script&#x3e;alert(1)",
    "javascript:alert(1)",
    "\u202egnirts \u2067kcab\u200f",
    "W" * 3000,
    "x" + "\u0e49" * 200,
    "\x01\x1b[31m\ufffe",
)
TEXTS = {
    PREFIXES[name] + local
    for name, local in (
        ("skos", "prefLabel"), ("skos", "altLabel"), ("skos", "definition"), ("rdfs", "label"),
        ("rdfs", "comment"), ("schema", "alternateName"),
    )
}  # fmt: skip
ADDRESSES = (
    "javascript:pwned=1;alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:alert(1)",
    "http://example.org/'onmouseover='alert(1)",
    "http://evil.example/picture.png",
)


def hostile_dataset() -> bytes:
    """Return the shipped dataset with an attack in every English text, and addresses that attack."""
    quads, number = [], 0
    for quad in ox.parse(build().nquads, format=ox.RdfFormat.N_QUADS):
        value = quad.object
        ours = (
            not quad.subject.value.startswith(PREFIXES["pt"])
            if isinstance(quad.subject, ox.NamedNode)
            else True
        )
        if (
            quad.predicate.value in TEXTS
            and isinstance(value, ox.Literal)
            and value.language != "th"
            and ours
        ):
            attack = ATTACKS[hash_of(value.value) % len(ATTACKS)]
            # A piece of the name stays, so that the search finds it.
            text = f"{value.value[:20]} {attack}"
            value = ox.Literal(text, language=value.language) if value.language else ox.Literal(text)
            number += 1
        quads.append(ox.Quad(quad.subject, quad.predicate, value, quad.graph_name))
    assert number > 1000
    witte = ox.NamedNode(PREFIXES["d"] + "witte")
    for address in ADDRESSES:
        for name in ("rdfs:seeAlso", "schema:image", "skos:exactMatch"):
            prefix, _, local = name.partition(":")
            predicate = ox.NamedNode(PREFIXES[prefix] + local)
            for graph in (ox.DefaultGraph(), ox.NamedNode(PREFIXES["g"] + "editorial")):
                quads.append(ox.Quad(witte, predicate, ox.NamedNode(address), graph))
    data = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    assert data is not None
    return data


def hash_of(text: str) -> int:
    return sum(text.encode())


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server of the hostile graph, with the program's named queries."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "hostile.nq"
    path.write_bytes(hostile_dataset())
    running = RunningServer(folder, ("portsmouth_server", str(path), "--named-queries"))
    yield running
    running.stop()


LABELS = f"SELECT ?s ?l {{ ?s <{PREFIXES['skos']}prefLabel> ?l }} ORDER BY ?s LIMIT 300"
SEES = f"SELECT * {{ <{PREFIXES['d']}witte> <{PREFIXES['rdfs']}seeAlso>|<{PREFIXES['schema']}image> ?o }}"
DESCRIBE = f"DESCRIBE <{PREFIXES['d']}witte>"
PAGES = {
    "home": "/",
    "search": "/search?q=alert",
    "search of an attack": "/search?" + urlencode({"q": ATTACKS[1]}),
    "person": "/id/witte",
    "treaty": "/id/treaty-of-portsmouth",
    "article": "/id/article-9",
    "passage": "/passage/s5-235",
    "concept": "/concept/persuasion",
    "query page": "/sparql?" + urlencode({"query": LABELS}),
    "addresses": "/sparql?" + urlencode({"query": SEES}),
    "graph": "/sparql?" + urlencode({"query": DESCRIBE}),
    "wrong query": "/sparql?" + urlencode({"query": f"SELECT {ATTACKS[5]}{ATTACKS[3]}"}),
    "named queries": "/queries",
    "named query": "/queries/signatories",
    "parameter": "/queries/provisions-of-article?" + urlencode({"number": ATTACKS[1]}),
    "conflicts": "/conflicts",
    "network": "/network",
    "map": "/map",
    "timeline": "/timeline",
    "sources": "/sources",
    "problem": "/problem/" + quote(ATTACKS[0], safe=""),
    "nothing": "/" + quote(ATTACKS[4] + ATTACKS[1], safe=""),
    "no such thing": "/id/" + quote(ATTACKS[2], safe=""),
}

#: What a page may hold: no script but files of the server and data, no handler, no address but of the web.
INSPECT = """() => {
  const wrong = [];
  for (const script of document.scripts) {
    const data = /json/.test(script.type), own = script.src && new URL(script.src).origin === location.origin;
    if (!data && !own) wrong.push(script.outerHTML);
    if (data) JSON.parse(script.textContent);
  }
  for (const element of document.querySelectorAll("*")) {
    for (const {name, value} of element.attributes) {
      if (/^on/i.test(name) || name === "style" || name === "srcdoc") wrong.push(name + "=" + value);
      if (["href", "src", "action", "formaction", "xlink:href"].includes(name)) {
        const {protocol} = new URL(value, location.href);
        if (!["http:", "https:", "blob:"].includes(protocol)) wrong.push(name + "=" + value);
      }
    }
    if (["IFRAME", "OBJECT", "EMBED", "BASE"].includes(element.tagName)) wrong.push(element.tagName);
  }
  if (window.pwned) wrong.push("a script of the graph ran");
  return wrong;
}"""

#: Texts whose direction marks reach beyond them: the nearest ancestor that isolates holds other words too.
UNISOLATED = """() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const leaking = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.data;
    if (!text.includes("\\u202e")) continue;
    let box = texts.currentNode.parentElement;
    // A text of a drawing, its title and a field of a form stand for themselves.
    const isolates = (e) => {
      const {unicodeBidi, display} = getComputedStyle(e);
      const alone = ["TEXTAREA", "text", "title"].includes(e.tagName);
      return alone || /isolate|plaintext/.test(unicodeBidi) || display !== "inline";
    };
    while (!isolates(box)) box = box.parentElement;
    const rest = box.textContent.replace(text, "").trim();
    if (rest && getComputedStyle(box).display !== "none") leaking.push(box.outerHTML.slice(0, 300));
  }
  return leaking;
}"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_the_graph_runs_or_asks_another_host(browsing: Any, attacked: Any, name: str) -> None:
    page = browsing(attacked.url)(PAGES[name])
    assert page.locator("main").count() == 1
    page.wait_for_load_state("networkidle")
    assert page.evaluate(INSPECT) == []
    # Whatever waits for a pointer or for the keyboard gets both.
    page.mouse.move(300, 300)
    page.mouse.move(500, 500)
    for _ in range(12):
        page.keyboard.press("Tab")
    assert page.evaluate("() => window.pwned") is None
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, width


@pytest.mark.parametrize("name", ["search", "person", "passage", "query page", "named query", "treaty"])
def test_a_text_that_runs_backwards_turns_nothing_beside_it(browsing: Any, attacked: Any, name: str) -> None:
    page = browsing(attacked.url)(PAGES[name])
    assert page.evaluate(UNISOLATED) == []


def test_attacks_are_shown_as_the_texts_that_they_are(browsing: Any, attacked: Any) -> None:
    query = f"SELECT ?l {{ ?s <{PREFIXES['skos']}prefLabel> ?l FILTER(CONTAINS(?l, '7*7')) }} LIMIT 5"
    page = browsing(attacked.url)("/sparql?" + urlencode({"query": query}))
    assert page.get_by_text(ATTACKS[7]).count() >= 1


def test_a_language_tag_cannot_hold_markup(attacked: Any) -> None:
    construct = "CONSTRUCT { <http://e> <http://e> ?x } { BIND(STRLANG('a', '\"><script>') AS ?x) }"
    reply = attacked.ask(construct, accept="text/html")
    assert reply.status == 200
    assert b"<script>" not in reply.body.split(b"<main", 1)[1].replace(b"&lt;script", b"")
