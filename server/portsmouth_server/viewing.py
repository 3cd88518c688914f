"""Who looks at a page: the language and the colours that the reader wants, and where the page is.

``?lang=th`` in an address decides, then what was chosen before (a cookie), then the browser's
Accept-Language. ``?theme=dark`` chooses colours likewise; unchosen they follow the system. Both parameters
are taken off the address before anything else reads it, so that no route has to know of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlencode

from portsmouth_server.http import Header, Message, Scope, Send, header

#: The languages of the interface, each with its own name for itself.
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "th": "ไทย"}
THEMES: Final = ("system", "light", "dark")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"lang": tuple(LANGUAGES), "theme": THEMES}
_CHOSEN: Final = re.compile(r"(?:^|(?<=&))(lang|theme)=([a-z]+)(?:&|$)")
_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")
_LONGEST_HEADER: Final = 1000
_YEAR: Final = 365 * 24 * 3600
#: In which order names are looked for where there is none in the reader's language.
_FALLBACK: Final = ("en", "th", "ru", "ja", "")


@dataclass(frozen=True, slots=True)
class Viewer:
    """A reader and the address at which he is.

    :param language: a key of :data:`LANGUAGES`.
    :param theme: one of :data:`THEMES`.
    :param path: the path of the address, percent-encoded, with the path under which a proxy shows the server.
    :param query: the query of the address, without language and theme.
    """

    language: str = "en"
    theme: str = "system"
    path: str = "/"
    query: str = ""

    def again(self, **choice: str) -> str:
        """Return this address with another language or theme.

        :param choice: ``lang`` or ``theme``.

        >>> Viewer(path="/search", query="q=a%26b").again(lang="th")
        '/search?q=a%26b&lang=th'
        """
        both = "&".join(filter(None, (self.query, urlencode(choice))))
        return f"{self.path}?{both}" if both else self.path

    def name(self, labels: Mapping[str, str], otherwise: str = "") -> str:
        """Return the label in the reader's language, or the next best.

        :param labels: labels by language, ``""`` for none.
        :param otherwise: what to say where there is no label.

        >>> Viewer("th").name({"en": "Japan", "th": "ญี่ปุ่น"}), Viewer("th").name({"ja": "日本"})
        ('ญี่ปุ่น', '日本')
        """
        return next((labels[lang] for lang in self.order if lang in labels), otherwise)

    @property
    def order(self) -> tuple[str, ...]:
        """Languages in the order in which the reader wants labels."""
        return tuple(dict.fromkeys((self.language, *_FALLBACK)))


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_root: ContextVar[str] = ContextVar("root", default="")


def viewer() -> Viewer:
    """Return who looks at the page that is being made."""
    scope = _scope.get()
    if scope is None:
        return Viewer()
    kept = scope.setdefault("portsmouth.viewer", None)
    if kept is None:
        kept = scope["portsmouth.viewer"] = _read(scope, _root.get())
    assert isinstance(kept, Viewer)  # noqa: S101  # nobody else writes there
    return kept


def receive(scope: Scope, root: str) -> Scope:
    """Note whom a request comes from, and return it without what only concerns the look of pages.

    :param scope: the request.
    :param root: the path under which a proxy shows the server.
    """
    query = scope["query_string"]
    if b"lang=" in query or b"theme=" in query:
        scope = _without_choices(scope)
    _scope.set(scope)
    _root.set(root)
    return scope


def leading(address: str) -> str:
    """Return where this request is sent on to, with the language and colours that its own address chose.

    A program remembers no choice, and a link to a name is to open in the language in which it was sent.

    :param address: the page.

    >>> leading("/id/witte.html")
    '/id/witte.html'
    """
    chosen = (_scope.get() or {}).get("portsmouth.chosen")
    if not chosen:
        return address
    page, mark, fragment = address.partition("#")
    return f"{page}{'&' if '?' in page else '?'}{urlencode(chosen)}{mark}{fragment}"


@contextmanager
def reading(headers: Iterable[Header]) -> Iterator[None]:
    """Let the reader who sent these headers be the viewer for a while, where no request is at hand.

    :param headers: of the request.

    >>> with reading([(b"accept-language", b"th")]):
    ...     viewer().language
    'th'
    """
    token = _scope.set({"headers": headers, "path": "/", "query_string": b""})
    try:
        yield
    finally:
        _scope.reset(token)


def remembering(scope: Scope, send: Send) -> Send:
    """Return a way to answer that lets the browser keep what its reader has just chosen.

    :param scope: the request, as :func:`receive` returned it.
    :param send: the way to answer.
    """
    chosen = scope.get("portsmouth.chosen")
    if not chosen:
        return send
    path = quote(_root.get() or "/")
    cookies = [
        (b"set-cookie", f"{name}={value}; Path={path}; Max-Age={_YEAR}; SameSite=Lax".encode())
        for name, value in chosen.items()
    ]

    async def remember(message: Message, /) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *cookies]}
        await send(message)

    return remember


def _without_choices(scope: Scope) -> Scope:
    text = scope["query_string"].decode("latin-1")
    chosen: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        name, value = match.groups()
        if value not in _CHOICES[name]:
            return match.group()
        chosen[name] = value
        return ""

    rest = _CHOSEN.sub(take, text).removesuffix("&")
    if not chosen:
        return scope
    return {**scope, "query_string": rest.encode("latin-1"), "portsmouth.chosen": chosen}


def _read(scope: Scope, root: str) -> Viewer:
    chosen = {**_cookies(header(scope["headers"], b"cookie")), **scope.get("portsmouth.chosen", {})}
    language = chosen.get("lang") or _negotiated(header(scope["headers"], b"accept-language"))
    raw = scope.get("raw_path")
    path = raw.partition(b"?")[0].decode("latin-1") if raw else quote(scope["path"])
    # A path that begins with two slashes would be read as a host.
    path = root + "/" + path.removeprefix(root).lstrip("/")
    query = scope["query_string"].decode("latin-1")
    return Viewer(language, chosen.get("theme", "system"), quote(path, safe="/%:@!$&'()*+,;=-._~"), query)


def _cookies(text: str | None) -> dict[str, str]:
    """Read what was chosen before; whatever else a cookie says is no concern of ours.

    >>> _cookies("lang=th; theme=neon; other=1")
    {'lang': 'th'}
    """
    if not text:
        return {}
    try:
        cookies = SimpleCookie(text[:_LONGEST_HEADER])
    except CookieError:
        return {}
    return {
        name: cookies[name].value
        for name, allowed in _CHOICES.items()
        if name in cookies and cookies[name].value in allowed
    }


def _negotiated(accept: str | None) -> str:
    """Choose a language (RFC 9110, section 12.5.4; by the primary subtag, since there are no dialects here).

    >>> _negotiated("th-TH,th;q=0.9,en;q=0.8"), _negotiated("fr, *;q=0.1"), _negotiated("en;q=0, th")
    ('th', 'en', 'th')
    """
    best, weight = "en", 0.0
    for element in (accept or "")[:_LONGEST_HEADER].split(","):
        match = _RANGE.fullmatch(element)
        if match and match[1].lower() in LANGUAGES and float(match[2] or 1) > weight:
            best, weight = match[1].lower(), float(match[2] or 1)
    return best
