"""The front end as pages and browsers get it: which files an entry needs, and the files themselves.

The bundle is built by ``server/web/build.py``. Its files carry a checksum in their names, so browsers keep
them for good. Where there is none the pages link the style sheet as it was written and do without scripts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self

from markupsafe import Markup
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portsmouth_server.negotiation import takes
from portsmouth_server.urls import Urls

#: The entry that every page has.
SITE: Final = "site"
_BUILT: Final = "built"
_MANIFEST: Final = f"{_BUILT}/manifest.json"
_KEPT: Final = f"{_BUILT}/assets/"
_PLAIN_SHEET: Final = "styles/site.css"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
#: Codings of files that the build compressed, the best first, with the endings of their names.
_CODINGS: Final = {"br": ".br", "gzip": ".gz"}


def static_folder() -> Path:
    """Return the folder of the package's static files."""
    return Path(str(resources.files("portsmouth_server").joinpath("static")))


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was built of the front end.

    :param urls: for addresses.
    :param entries: Vite's manifest: what each source became.
    :param sheet: the version of the style sheet as it was written, for pages without a bundle.
    """

    urls: Urls
    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sheet: str = ""

    @classmethod
    def from_folder(cls, urls: Urls, folder: Path) -> Self:
        """Read what was built, if anything was.

        :param urls: for addresses.
        :param folder: the folder of static files.
        """
        manifest = folder / _MANIFEST
        entries = json.loads(manifest.read_bytes()) if manifest.is_file() else {}
        parts = hashlib.sha256()
        for sheet in sorted((folder / "styles").glob("*.css")):
            parts.update(sheet.read_bytes())
        return cls(urls, entries, parts.hexdigest()[:12])

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def edition(self) -> str:
        """Another value where what pages load is another."""
        return hashlib.sha256(json.dumps([self.sheet, dict(self.entries)]).encode()).hexdigest()[:12]

    def head(self) -> Markup:
        """Return the elements that every page has in its head: the style sheet, fonts and common scripts."""
        if not self.entries:
            return Markup('<link rel="stylesheet" href="{}">').format(
                self.urls.static(_PLAIN_SHEET, self.sheet)
            )
        return self.island(SITE)

    def styled(self, name: str) -> Markup:
        """Return the elements that load an entry with a style sheet of its own, if only the sheet.

        :param name: the entry, which has the name of its sheet.

        >>> Bundle(Urls(), sheet="1f").styled("pages")
        Markup('<link rel="stylesheet" href="/static/styles/pages.css?v=1f">')
        """
        if not self.entries:
            return Markup('<link rel="stylesheet" href="{}">').format(
                self.urls.sheet(f"{name}.css", self.sheet)
            )
        return self.island(name)

    def island(self, name: str) -> Markup:
        """Return the elements that load an entry of the front end; none where nothing was built.

        :param name: the entry, a file of ``server/web/src/entries``.

        >>> Bundle(Urls(), {"src/entries/a.ts": {"file": "assets/a-1.js"}}).island("a")
        Markup('<script type="module" src="/static/built/assets/a-1.js"></script>')
        >>> Bundle(Urls()).island("a")
        Markup('')
        """
        if not self.entries:
            return Markup("")
        key = f"src/entries/{name}.ts"
        if key not in self.entries:
            raise LookupError(f"found no entry {key!r} in the bundle; expected one of {sorted(self.entries)}")
        chunks = list(self._imported(key))
        lines = [
            Markup('<link rel="stylesheet" href="{}">').format(self._address(sheet))
            for chunk in reversed(chunks)
            for sheet in chunk.get("css", ())
        ]
        lines += [
            Markup('<link rel="modulepreload" href="{}">').format(self._address(chunk["file"]))
            for chunk in chunks[1:]
        ]
        script = self._address(self.entries[key]["file"])
        lines.append(Markup('<script type="module" src="{}"></script>').format(script))
        return Markup("\n").join(lines)

    def _imported(self, key: str, seen: set[str] | None = None) -> Iterator[Mapping[str, Any]]:
        """Give an entry and all that it imports at once."""
        seen = seen if seen is not None else set()
        if key not in seen:
            seen.add(key)
            yield self.entries[key]
            for imported in self.entries[key].get("imports", ()):
                yield from self._imported(imported, seen)

    def _address(self, name: str) -> str:
        return self.urls.static(f"{_BUILT}/{name}")


class KeptFiles(StaticFiles):
    """Files that browsers need never ask for again, in the coding that the build has prepared.

    :param folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._folder = folder

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, compressed where the browser takes it so and the build has it so.

        :param path: the file's path below the folder.
        """
        coding = self._coding(path, scope)
        response = await super().get_response(path + _CODINGS.get(coding, ""), scope)
        if coding and response.status_code in (200, 304):
            # The type was guessed from the name, which ends in that of the coding.
            response.headers["content-type"] = self._type(path)
            response.headers["content-encoding"] = coding
        if path.startswith(_KEPT):
            response.headers["vary"] = "Accept-Encoding"
        kept = path.startswith(_KEPT) or b"v=" in scope["query_string"]
        response.headers["cache-control"] = _FOR_GOOD if kept else "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    def _coding(self, path: str, scope: Scope) -> str:
        if not path.startswith(_KEPT) or scope["method"] not in ("GET", "HEAD"):
            return ""
        headers = dict(scope["headers"])
        accepted = headers.get(b"accept-encoding", b"").decode("latin-1")
        if not accepted or b"range" in headers:
            return ""
        for coding, ending in _CODINGS.items():
            if takes(accepted, coding) and self.lookup_path(path + ending)[1] is not None:
                return coding
        return ""

    @staticmethod
    def _type(path: str) -> str:
        types = {
            "js": "text/javascript",
            "css": "text/css",
            "svg": "image/svg+xml",
            "json": "application/json",
        }
        return f"{types[path.rpartition('.')[2]]}; charset=utf-8"
