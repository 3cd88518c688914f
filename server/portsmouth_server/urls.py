"""The one place where the server's own addresses are built.

>>> Urls("/portsmouth").sparql
'/portsmouth/sparql'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from portsmouth.iris import BASE
from portsmouth.store.protocol import Dataset

HOME: Final = "/"
SPARQL: Final = "/sparql"
HEALTH: Final = "/health"
STATIC: Final = "/static"
PROBLEM: Final = "/problem"


def problem_type(kind: str) -> str:
    """Return the IRI of a problem type: the same at every server, so that programs can rely on it.

    :param kind: the last part of the IRI; see :attr:`portsmouth.errors.PortsmouthError.kind`.

    >>> problem_type("deadline")
    'https://w3id.org/portsmouth1905/problem/deadline'
    """
    return f"{BASE}problem/{kind}"


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
    def health(self) -> str:
        """Whether the server is alive and ready."""
        return self.root + HEALTH

    def static(self, name: str, version: str = "") -> str:
        """Return the address of a file that never changes under its version.

        >>> Urls().static("style.css", "1f")
        '/static/style.css?v=1f'
        """
        return f"{self.root}{STATIC}/{quote(name)}" + (f"?v={version}" if version else "")

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
        if dataset:
            parameters += [("default-graph-uri", iri) for iri in dataset.default]
            parameters += [("named-graph-uri", iri) for iri in dataset.named]
        return f"{self.sparql}?{urlencode(parameters)}"

    def description(self, iri: str) -> str:
        """Return the address of the page that describes a thing.

        >>> Urls().description("http://example.org/x")
        '/sparql?query=DESCRIBE+%3Chttp%3A%2F%2Fexample.org%2Fx%3E'
        """
        return self.query(f"DESCRIBE <{iri}>")
