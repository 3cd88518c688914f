"""The one place where the server's own addresses are built.

>>> Urls("/portsmouth").sparql
'/portsmouth/sparql'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from portsmouth.iris import BASE, ONTOLOGY, PT
from portsmouth.linking import link_query
from portsmouth.stance import Stance
from portsmouth.store.protocol import Dataset

HOME: Final = "/"
SPARQL: Final = "/sparql"
CHECK: Final = "/sparql/check"
TERMS: Final = "/terms.json"
UPDATE: Final = "/update"
GRAPHS: Final = "/graphs"
HEALTH: Final = "/health"
HEALTH_LIVE: Final = "/health/live"
HEALTH_READY: Final = "/health/ready"
METRICS: Final = "/metrics"
STATIC: Final = "/static"
PROBLEM: Final = "/problem"
PROFILE: Final = "/profile/receipts"
NS: Final = "/ns"
VOID: Final = "/.well-known/void"
DUMPS: Final = "/dumps"
QUERIES: Final = "/queries"
SEARCH: Final = "/search"
CONFLICTS: Final = "/conflicts"
CITE: Final = "/cite"
SOURCES: Final = "/sources"
STANCES: Final = "/stances"
NETWORK: Final = "/network"
TREATY: Final = "/treaty"
TIMELINE: Final = "/timeline"
MAP: Final = "/map"
OPENAPI: Final = "/openapi.json"
RECEIPTS: Final = "/receipts"
#: First segments of the IRIs that name things; below them the server's addresses are the IRIs' own.
THINGS: Final = ("id", "passage", "concept", "graph", "time", "shape")
DUMP_NAME: Final = "portsmouth1905"
CHECKSUMS: Final = "SHA256SUMS"

#: What may stand in a path beside letters and digits (RFC 3986, section 3.3), escapes included.
_PATH: Final = "/%:@!$&'()*+,;=-._~"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def problem_type(kind: str) -> str:
    """Return the IRI of a problem type: the same at every server, so that programs can rely on it.

    :param kind: the last part of the IRI; see :attr:`portsmouth.errors.PortsmouthError.kind`.

    >>> problem_type("deadline")
    'https://w3id.org/portsmouth1905/problem/deadline'
    """
    return f"{BASE}problem/{kind}"


def example(name: str) -> str:
    """Return the IRI of a named query: the same at every server.

    :param name: the name of a named query.

    >>> example("signatories")
    'https://w3id.org/portsmouth1905/queries/signatories'
    """
    return f"{BASE}queries/{quote(name)}"


def origin(public_url: str, scheme: str, host: str | None) -> str:
    """Return what stands before a path in the server's full addresses.

    :param public_url: the address that the operator named, which wins.
    :param scheme: ``http`` or ``https``, as the request came.
    :param host: the Host header, which a client can forge, so only a plain one counts.

    >>> origin("", "http", "127.0.0.1:8000"), origin("https://a.example/p", "http", "b")
    ('http://127.0.0.1:8000', 'https://a.example')
    >>> origin("", "http", "<script>")
    'http://localhost'
    """
    if public_url:
        parts = urlsplit(public_url)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{scheme}://{host if host and _HOST.fullmatch(host) else 'localhost'}"


def of_dataset(dataset: Dataset | None) -> list[tuple[str, str]]:
    """Return the parameters that name the graphs to ask.

    :param dataset: the dataset; nothing is said of one that names no graph and no part.

    >>> of_dataset(Dataset(named=("http://g/a",), stance=Stance(("s3",))))
    [('named-graph-uri', 'http://g/a'), ('parts', 's3')]
    """
    if dataset is None:
        return []
    return [
        *(("default-graph-uri", iri) for iri in dataset.default),
        *(("named-graph-uri", iri) for iri in dataset.named),
        *((("parts", str(dataset.stance)),) if dataset.stance else ()),
    ]


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses as they stand in pages and headers.

    :param root: the path under which the server is seen; empty at the root of its host.
    """

    root: str = ""

    @property
    def home(self) -> str:
        """The first page."""
        return self.root + HOME

    @property
    def sparql(self) -> str:
        """The SPARQL endpoint, which is also the query page."""
        return self.root + SPARQL

    @property
    def check(self) -> str:
        """Where a query is parsed and not run."""
        return self.root + CHECK

    @property
    def terms(self) -> str:
        """The names that queries are made of, for the editor."""
        return self.root + TERMS

    @property
    def update(self) -> str:
        """Where updates are sent."""
        return self.root + UPDATE

    @property
    def graphs(self) -> str:
        """The graph store, and the collection of the graphs that are named below it."""
        return self.root + GRAPHS

    @staticmethod
    def graph(graphs: str, iri: str) -> str:
        """Return the address of a graph that is named indirectly.

        :param graphs: the full address of the graph store.
        :param iri: the graph's name.

        >>> Urls.graph("http://e/graphs", "http://a/b#c")
        'http://e/graphs?graph=http%3A%2F%2Fa%2Fb%23c'
        """
        return f"{graphs}?{urlencode({'graph': iri})}"

    @property
    def health(self) -> str:
        """Whether the server is alive and ready."""
        return self.root + HEALTH

    def static(self, name: str, version: str = "") -> str:
        """Return the address of a file that never changes under its version.

        :param name: the file's path.
        :param version: what tells one version of it from another.

        >>> Urls().static("seal.svg", "1f")
        '/static/seal.svg?v=1f'
        """
        return f"{self.root}{STATIC}/{quote(name)}" + (f"?v={version}" if version else "")

    def sheet(self, name: str, version: str) -> str:
        """Return the address of a style sheet that not every page has.

        :param name: the file's name.
        :param version: what tells one version of it from another.

        >>> Urls().sheet("pages.css", "1f")
        '/static/styles/pages.css?v=1f'
        """
        return self.static(f"styles/{name}", version)

    def query(self, text: str, form: str = "", dataset: Dataset | None = None) -> str:
        """Return the address of a query's answer, or of its page where no format is given.

        :param text: the SPARQL query.
        :param form: the short name of a format.
        :param dataset: the graphs to ask.

        >>> Urls().query("ASK { ?s ?p 'a+b' }", "json")
        '/sparql?query=ASK+%7B+%3Fs+%3Fp+%27a%2Bb%27+%7D&format=json'
        """
        parameters = [("query", text)]
        if form:
            parameters.append(("format", form))
        return f"{self.sparql}?{urlencode([*parameters, *of_dataset(dataset)])}"

    def receipts(self, text: str = "", dataset: Dataset | None = None, rows: str = "") -> str:
        """Return the address of the receipts of a query's answer, or of receipts for a query that is sent.

        :param text: the SPARQL query.
        :param dataset: the graphs to ask.
        :param rows: the rows that are explained, such as ``50-99``.

        >>> Urls().receipts("ASK {}", rows="50-99")
        '/receipts?query=ASK+%7B%7D&rows=50-99'
        """
        parameters = [("query", text)] if text else []
        parameters += [*of_dataset(dataset), *([("rows", rows)] if rows else [])]
        return f"{self.root}{RECEIPTS}" + (f"?{urlencode(parameters)}" if parameters else "")

    @property
    def queries(self) -> str:
        """The catalogue of named queries."""
        return self.root + QUERIES

    def named(
        self, name: str, values: Mapping[str, str] | None = None, form: str = "", stance: Stance | None = None
    ) -> str:
        """Return the address of a named query's answer, or of its page where no format is given.

        :param name: the query's name.
        :param values: values by parameter.
        :param form: the short name of a format.
        :param stance: the parts that answer.

        >>> Urls().named("provisions-of-article", {"number": "9"}, "csv")
        '/queries/provisions-of-article?number=9&format=csv'
        """
        parameters = dict(values or {}) | ({"parts": str(stance)} if stance else {})
        parameters |= {"format": form} if form else {}
        return f"{self.queries}/{quote(name)}" + (f"?{urlencode(parameters)}" if parameters else "")

    def edit(self, name: str) -> str:
        """Return the address that leads to a named query on the query page, its values bound.

        :param name: the query's name.

        >>> Urls().edit("signatories")
        '/queries/signatories/edit'
        """
        return f"{self.queries}/{quote(name)}/edit"

    @property
    def search(self) -> str:
        """The search for names."""
        return self.root + SEARCH

    def conflicts(
        self, entity: str = "", part: str = "", kind: str = "", form: str = "", number: int = 1
    ) -> str:
        """Return the address of the conflict desk, with what is chosen.

        :param entity: a name or an IRI.
        :param part: the key of a part.
        :param kind: a kind of disagreement.
        :param form: the short name of a format.
        :param number: which page of the list.

        >>> Urls().conflicts(part="s5", form="csv"), Urls().conflicts(number=2)
        ('/conflicts?part=s5&format=csv', '/conflicts?page=2')
        """
        further = str(number) if number > 1 else ""
        return self.root + CONFLICTS + _asked(entity=entity, part=part, kind=kind, format=form, page=further)

    def cite(self, text: str, dataset: Dataset | None = None, version: str = "", form: str = "") -> str:
        """Return the address of an answer's citation.

        :param text: the SPARQL query.
        :param dataset: the graphs and the stance.
        :param version: the version of the data.
        :param form: the short name of a format.

        >>> Urls().cite("ASK {}", version="1f")
        '/cite?query=ASK+%7B%7D&version=1f'
        """
        asked = link_query(text, Dataset() if dataset is None else dataset, version)
        return f"{self.root}{CITE}?{asked}" + (f"&format={form}" if form else "")

    def sources(self, part: str = "", form: str = "") -> str:
        """Return the address of the texts, passage by passage.

        :param part: the key of one of them.
        :param form: the short name of a format.

        >>> Urls().sources("s5", "csv")
        '/sources?part=s5&format=csv'
        """
        return self.root + SOURCES + _asked(part=part, format=form)

    def stances(self, text: str = "", a: str = "", b: str = "", form: str = "") -> str:
        """Return the address of the difference between two stances.

        :param text: the SPARQL query.
        :param a: the one stance.
        :param b: the other.
        :param form: the short name of a format.

        >>> Urls().stances("ASK {}", b="s3")
        '/stances?query=ASK+%7B%7D&b=s3'
        """
        return self.root + STANCES + _asked(query=text, a=a, b=b, format=form)

    def conflict(self, name: str) -> str:
        """Return where a disagreement stands at the conflict desk, on whichever of its pages.

        :param name: the name of the disagreement.

        >>> Urls().conflict("battle-of-tsushima-when")
        '/conflicts?at=battle-of-tsushima-when#battle-of-tsushima-when'
        """
        return f"{self.root}{CONFLICTS}?at={quote(name)}#{quote(name)}"

    def network(self, form: str = "", values: Sequence[tuple[str, str]] = ()) -> str:
        """Return the address of a network of actors.

        :param form: the extension of its format; none for its page, ``paths`` and ``measures`` begin with
            a slash.
        :param values: what it is made of, names and values of parameters.

        >>> Urls().network(".gexf", [("mode", "funded")]), Urls().network("/paths")
        ('/network.gexf?mode=funded', '/network/paths')
        """
        return f"{self.root}{NETWORK}{form}" + (f"?{urlencode(values)}" if values else "")

    @property
    def treaty(self) -> str:
        """The treaty, article by article."""
        return self.root + TREATY

    def map(self, **chosen: str) -> str:
        """Return the address of the map, with what is chosen.

        >>> Urls().map(part="s7")
        '/map?part=s7'
        """
        return self.root + MAP + _asked(**chosen)

    def timeline(self, **chosen: str) -> str:
        """Return the address of the timeline, with what is chosen.

        >>> Urls().timeline(lanes="actor", since="1905-01")
        '/timeline?lanes=actor&since=1905-01'
        """
        return self.root + TIMELINE + _asked(**chosen)

    @property
    def openapi(self) -> str:
        """The description of the interface for programs."""
        return self.root + OPENAPI

    def thing(self, iri: str) -> str:
        """Return where this server answers for an IRI of the project, empty where it does not.

        :param iri: the thing's IRI.

        >>> Urls("/p").thing("https://w3id.org/portsmouth1905/id/witte")
        '/p/id/witte'
        >>> Urls().thing("https://w3id.org/portsmouth1905/ns#Treaty")
        '/ns#Treaty'
        """
        if iri == ONTOLOGY or iri.startswith((PT, ONTOLOGY + "/")):
            _, mark, term = iri.partition("#")
            return self.root + NS + mark + quote(term, safe=_PATH)
        path = iri.removeprefix(BASE)
        kind, _, name = path.partition("/")
        if path == iri or kind not in THINGS or not name or "?" in name or "#" in name:
            return ""
        return f"{self.root}/{quote(path, safe=_PATH)}"

    def document(self, iri: str, extension: str) -> str:
        """Return where a thing's description is, in the format of an extension.

        :param iri: the thing's IRI.
        :param extension: the format.

        >>> Urls().document("https://w3id.org/portsmouth1905/time/1905-09-05", "ttl")
        '/time/1905-09-05.ttl'
        """
        return f"{self.thing(iri).partition('#')[0]}.{extension}"

    @property
    def ns(self) -> str:
        """The ontology."""
        return self.root + NS

    @property
    def void(self) -> str:
        """What the dataset is, in RDF."""
        return self.root + VOID

    @property
    def checksums(self) -> str:
        """The checksums of the dumps."""
        return f"{self.root}{DUMPS}/{CHECKSUMS}"

    def dump(self, extension: str) -> str:
        """Return where the whole dataset is, in the format of an extension.

        :param extension: the format.

        >>> Urls().dump("nq")
        '/dumps/portsmouth1905.nq'
        """
        return f"{self.root}{DUMPS}/{DUMP_NAME}.{extension}"

    def description(self, iri: str) -> str:
        """Return the address of the page that describes a thing.

        :param iri: the thing's IRI.

        >>> Urls().description("http://example.org/x")
        '/sparql?query=DESCRIBE+%3Chttp%3A%2F%2Fexample.org%2Fx%3E'
        """
        return self.query(f"DESCRIBE <{iri}>")


def _asked(**values: str) -> str:
    """Return what stands after a path: the parameters that have a value.

    >>> _asked(part="s5", kind="")
    '?part=s5'
    """
    given = {name: value for name, value in values.items() if value}
    return f"?{urlencode(given)}" if given else ""
