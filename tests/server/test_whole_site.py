"""The whole site, as one finds it by following links: nothing is missing, and every answer keeps to HTTP."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
#: Pages of things are alike, as are the same page in other colours; of each kind one is looked at.
FAMILIES = {"id", "passage", "concept", "graph", "time", "queries", "ns"}
#: What says the same about an answer to GET, to HEAD, and to a caller who has it already.
LASTING = ("vary", "etag", "cache-control")


class Page(HTMLParser):
    """What a page links to, and the names within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.names[str(given["id"])] += 1
        self.links += [str(given[name]) for name in ("href", "src") if given.get(name)]
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            self.links += [f"#{each}" for each in (given.get(name) or "").split()]


def family(address: str) -> tuple[str, str, str]:
    """Return what addresses of like pages have in common."""
    parts = urlsplit(address)
    steps = parts.path.split("/")
    path = steps[1] if steps[1] in FAMILIES and len(steps) > 2 else parts.path
    parameters = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return path, steps[-1].rpartition(".")[2] if "." in steps[-1] else "", ",".join(parameters)


def tokens(value: str | None) -> list[str]:
    return [each.strip().lower() for each in (value or "").split(",") if each.strip()]


def test_every_link_leads_somewhere_and_every_answer_keeps_its_headers(shipped: Any) -> None:
    found, waiting, come_from = set(), ["/"], {"/": "the address line"}
    names: dict[str, Counter[str]] = {}
    fragments: list[tuple[str, str, str]] = []
    while waiting:
        address = waiting.pop(0)
        where = f"{address} (from {come_from[address]})"
        reply = shipped.fetch(address, headers={"Accept": BROWSER})
        assert reply.status in (200, 303), where
        links = [reply.headers["location"]] if "location" in reply.headers else []
        links += re.findall(r"<([^>]*)>\s*;\s*rel=", reply.headers.get("link", ""))
        varying = tokens(reply.headers.get("vary"))
        assert len(varying) == len(set(varying)), where
        if "etag" in reply.headers:
            held = {"Accept": BROWSER, "If-None-Match": reply.headers["etag"]}
            again = shipped.fetch(address, headers=held)
            assert (again.status, again.body) == (304, b""), where
            assert again.headers["etag"] == reply.headers["etag"], where
            assert again.headers.get("cache-control") == reply.headers.get("cache-control"), where
            assert set(varying) <= set(tokens(again.headers.get("vary"))), where
        head = shipped.fetch(address, method="HEAD", headers={"Accept": BROWSER})
        assert (head.status, head.body) == (reply.status, b""), where
        for name in (*LASTING, "content-type", "content-length", "location"):
            assert head.headers.get(name) == reply.headers.get(name), (where, name)
        if reply.headers.get("content-type", "").startswith("text/html"):
            page = Page(reply.body.decode())
            names[address] = page.names
            assert [name for name, count in page.names.items() if count > 1] == [], where
            links += page.links
        for link in links:
            parts = urlsplit(urljoin(f"http://127.0.0.1:{shipped.port}{address}", link))
            if parts.scheme != "http" or parts.port != shipped.port:
                continue
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if parts.fragment:
                fragments.append((address, target, unquote(parts.fragment)))
            if (kind := family(target)) not in found:
                found.add(kind)
                waiting.append(target)
                come_from[target] = address
    assert len(names) > 60
    there = [one for one in fragments if one[1] in names]
    assert len(there) > 100
    assert [one for one in there if one[2] not in names[one[1]]] == []
