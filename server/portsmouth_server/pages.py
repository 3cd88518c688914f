"""The pages for people: server-rendered, useful without scripts, nothing loaded from another host."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from jinja2 import Environment, PackageLoader, StrictUndefined

from portsmouth import errors
from portsmouth.errors import PortsmouthError, QuerySyntaxError
from portsmouth.iris import BASE, PREFIXES, PT, RDFS, SKOS, passage_key
from portsmouth.originals import Line, open_original
from portsmouth.queries import NamedQuery
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Query, Store
from portsmouth_server.asking import whole
from portsmouth_server.details import explained, told
from portsmouth_server.errors import Problem
from portsmouth_server.frontend import Bundle, static_folder
from portsmouth_server.kept import Kept
from portsmouth_server.opening import Opening
from portsmouth_server.protocol import SparqlRequest
from portsmouth_server.results import show
from portsmouth_server.settings import Settings
from portsmouth_server.stances import offered
from portsmouth_server.translation import translate
from portsmouth_server.urls import THINGS, Urls, problem_type
from portsmouth_server.viewing import viewer
from portsmouth_server.views.words import CALENDARS
from portsmouth_server.whose import Whose, whose_data

log = logging.getLogger("portsmouth_server")

#: What the query page holds before anything has been asked.
EXAMPLE: Final = f"""\
PREFIX pt: <{PT}>
PREFIX skos: <{SKOS}>

SELECT ?treaty ?label WHERE {{
  ?treaty a pt:Treaty ;
          skos:prefLabel ?label .
}}
ORDER BY ?label
LIMIT 50
"""

_COUNTED: Final = (
    "Passage", "Treaty", "Article", "Provision", "Demand", "Event", "Influence", "Statement", "Person",
    "Collective", "Territory", "Quantity", "Disagreement",
)  # fmt: skip

#: What the ontology calls one of them, where English calls many otherwise than by adding an s.
_MANY: Final = {
    "Influence": "Acts of influence",
    "Treaty": "Treaties",
    "Territory": "Territories",
    "Quantity": "Quantities",
}

#: How many statements there are, and how many things of each class, by the label that the ontology gives it.
COUNTS: Final = f"""\
PREFIX pt: <{PT}>
PREFIX rdfs: <{RDFS}>
SELECT ?class ?label ?things ?statements WHERE {{
  {{ SELECT (COUNT(*) AS ?statements) WHERE {{ ?s ?p ?o }} }}
  UNION
  {{
    {{ SELECT ?class (COUNT(DISTINCT ?thing) AS ?things) WHERE {{
         VALUES ?class {{ {" ".join("pt:" + name for name in _COUNTED)} }}
         ?thing a ?class
       }} GROUP BY ?class }}
    OPTIONAL {{ ?class rdfs:label ?label }}
  }}
}}
ORDER BY DESC(?things) ?label
"""
_SOME_STATEMENTS: Final = "SELECT * WHERE {\n  ?subject ?predicate ?object\n}\nLIMIT 100"
_SOME_THINGS: Final = f"""\
SELECT ?thing ?label WHERE {{{{
  ?thing a <{{}}> .
  OPTIONAL {{{{ ?thing <{SKOS}prefLabel> ?label }}}}
}}}}
LIMIT 100"""
_COUNTS_SECONDS: Final = 5.0
#: Actors in the picture of the first page.
_AT_A_GLANCE: Final = 12
#: How much of a long line is shown around the place of an error.
_AROUND: Final = 80


@dataclass(frozen=True, slots=True)
class Count:
    """A number on the first page."""

    kind: str
    labels: Mapping[str, str]
    number: int
    href: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The place in a query where the parser stopped."""

    line: int
    before: str
    at: str
    after: str


class HtmlPages:
    """Renders every page of one server.

    :param store: what the pages ask.
    :param settings: how much a page shows, and where the server is seen.
    :param named: the queries that the query page lists.
    """

    def __init__(self, store: Store, settings: Settings, named: Sequence[NamedQuery] = ()) -> None:
        self._store = store
        self._settings = settings
        self._named = named
        self._urls = Urls(settings.root_path)
        self._counts = Kept(store, self._count)
        self._opening = Opening(store, self._urls)
        #: Whose data these are, as far as has been found out.
        self.whose = Whose()
        self._found_out = Kept(store, lambda: whose_data(store))
        source = settings.source
        self._original = Kept(store, lambda: open_original(store, Path(source))) if source else None

    @property
    def has_original(self) -> bool:
        """Whether pages can show passages in the original."""
        return self._original is not None

    async def original(self, passage: str) -> tuple[Line, ...]:
        """Return a passage in the original with the lines around it; nothing where the source is not at hand.

        :param passage: an IRI of any kind.
        """
        if self._original is None or passage_key(passage) is None:
            return ()
        try:
            return (await self._original.get()).around(passage)
        except PortsmouthError as error:
            log.warning("a passage could not be shown in the original: %s", error)
            return ()

    async def find_out(self) -> Whose:
        """Find out whose data the present snapshot holds, which every page says from then on."""
        self.whose = await self._found_out.get()
        return self.whose

    async def home(self) -> bytes:
        """Return the first page."""
        await self.find_out()
        here = self._settings.public_url or f"http://{self._settings.host}:{self._settings.port}"
        address = here.removesuffix(self._urls.root) + self._urls.sparql
        counts, questions = await self._numbers(), await self._opening.questions()
        seen = viewer()
        colours = "auto" if seen.theme == "system" else seen.theme
        # So many names can be read where the picture is small.
        look = [("language", seen.language), ("colours", colours), ("most", str(_AT_A_GLANCE))]
        acts = any(count.kind == PT + "Influence" for count in counts)
        picture = self._urls.network(".svg", look) if acts or self.whose.ours else None
        return self.render("home.html", counts=counts, questions=questions, address=address, picture=picture)

    async def answer(self, request: SparqlRequest) -> tuple[int, bytes]:
        """Return the status and the query page, with the answer or the error of its query.

        :param request: what the browser asks, if anything.
        """
        context: dict[str, Any] = {"shown": None, "problem": None, "mark": None}
        status = 200
        if request.text and request.text.strip():
            try:
                answer = await self._store.query(Query(request.text, request.dataset))
                context["shown"] = await show(answer, self._urls, self._settings.page_rows)
            except PortsmouthError as error:
                context["problem"] = Problem.from_error(error)
                context["mark"] = _mark(request.text, error)
                status = error.status
        return status, self.render("sparql.html", request=request, **self._form(request, context), **context)

    def problem(self, problem: Problem) -> bytes:
        """Return the page of a problem.

        :param problem: what went wrong.
        """
        return self.render("problem.html", problem=problem)

    def problem_type(self, kind: str) -> bytes | None:
        """Return the page that explains a problem type, ``None`` where there is none of that name.

        :param kind: the last part of the type's IRI.
        """
        error = _kinds().get(kind)
        if error is None:
            return None
        return self.render("problem_type.html", error=error, iri=problem_type(kind))

    def _form(self, request: SparqlRequest, context: dict[str, Any]) -> dict[str, Any]:
        shown = context["shown"]
        names = GRAPH_FORMATS if shown and shown.kind == "graph" else RESULT_FORMATS
        return {
            "example": EXAMPLE,
            "named": self._named,
            "stances": offered(request.dataset.stance),
            "result_names": list(RESULT_FORMATS),
            "graph_names": [name for name in GRAPH_FORMATS if name not in RESULT_FORMATS],
            "downloads": list(names) if shown else [],
            "all_results": list(RESULT_FORMATS),
            "all_graphs": list(GRAPH_FORMATS),
            "base": BASE,
            "things": THINGS,
            # The head has other lines than the address, cookies above all.
            "longest": self._settings.max_head_bytes // 2,
        }

    async def _numbers(self) -> list[Count]:
        """Return the numbers of this snapshot, counted once."""
        try:
            return await self._counts.get()
        except PortsmouthError as error:
            # The page is worth having without its numbers.
            log.warning("the first page could not count: %s", error)
            return []

    async def _count(self) -> list[Count]:
        data = await whole(self._store, Query(COUNTS, deadline=_COUNTS_SECONDS))
        return list(_read_counts(data, self._urls))

    @cached_property
    def bundle(self) -> Bundle:
        """What was built of the front end."""
        return Bundle.from_folder(self._urls, static_folder())

    @property
    def edition(self) -> str:
        """What pages look like to who looks: another value for other templates, styles or languages."""
        seen = viewer()
        return f"{self._look}-{seen.language}-{seen.theme}"

    @cached_property
    def _look(self) -> str:
        parts = hashlib.sha256(self.bundle.edition.encode())
        package = Path(str(resources.files("portsmouth_server")))
        for folder in ("templates", "locales"):
            for file in sorted((package / folder).rglob("*.*")):
                parts.update(file.read_bytes())
        return parts.hexdigest()[:12]

    def render(self, template: str, **context: Any) -> bytes:
        """Return a page.

        :param template: the name of its template.
        :param context: what the template shows.
        """
        page = self._environment.get_template(template)
        return page.render(
            urls=self._urls, snapshot=self._store.snapshot, whose=self.whose, **context
        ).encode()

    @property
    def language(self) -> str:
        """The language of the reader for whom a page is made."""
        return viewer().language

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=PackageLoader("portsmouth_server"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        translate(environment)
        environment.filters["told"] = told
        environment.globals["explained"] = explained
        environment.globals["bundle"] = self.bundle
        environment.globals["calendars"] = CALENDARS
        environment.globals["prefixes"] = PREFIXES
        return environment


def _read_counts(data: bytes, urls: Urls) -> Iterator[Count]:
    rows = ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
    assert isinstance(rows, ox.QuerySolutions)  # noqa: S101  # the query is a SELECT
    found: dict[str, tuple[dict[str, str], int]] = {}
    for row in rows:
        if row["statements"] is not None:
            found[""] = {}, int(row["statements"].value)
        elif row["class"] is not None:
            labels, _ = found.setdefault(row["class"].value, ({}, int(row["things"].value)))
            if row["label"] is not None:
                labels[row["label"].language or ""] = row["label"].value
    for iri, (labels, number) in found.items():
        if iri:
            named = dict(labels) or {"": iri.removeprefix(PT)}
            if number != 1 and "en" in named:
                named["en"] = _MANY.get(iri.removeprefix(PT), f"{named['en']}s")
            yield Count(iri, named, number, urls.query(_SOME_THINGS.format(iri)))
        else:
            yield Count("", labels, number, urls.query(_SOME_STATEMENTS))


def _mark(text: str, error: PortsmouthError) -> Mark | None:
    """Return the place of a syntax error in the query.

    >>> _mark("ASK {\\n?s ?", QuerySyntaxError("x", "y", 2, 4))
    Mark(line=2, before='?s ', at='?', after='')
    """
    if not isinstance(error, QuerySyntaxError) or not error.line or not error.column:
        return None
    lines = text.split("\n")
    line = lines[error.line - 1] if error.line <= len(lines) else ""
    at = error.column - 1
    return Mark(error.line, line[max(0, at - _AROUND) : at], line[at : at + 1], line[at + 1 : at + _AROUND])


def _kinds() -> dict[str, type[PortsmouthError]]:
    tree = [value for value in vars(errors).values() if isinstance(value, type)]
    return {error.kind: error for error in tree if issubclass(error, PortsmouthError)}
