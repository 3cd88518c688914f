"""The whole tree of errors.

Every error says what was found, what was expected and where to look. It carries
data; the sentence is made late, in ``__str__``. The server turns an error into
problem details (RFC 9457) with :attr:`PortsmouthError.status`, the command line
into one line and :attr:`PortsmouthError.exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing wrong in a file, or on a line of the source page.

    :param file: the file, as the author knows it (relative to the document's folder of facts).
    :param line: the line in that file, counted from 1; 0 where the file as a whole is meant.
    :param found: what stands there.
    :param expected: what should stand there.

    >>> print(Finding("5-essay.trig", 12, "pt:Persn", "a class that the ontology declares"))
    5-essay.trig:12: found pt:Persn; expected a class that the ontology declares
    """

    file: str
    line: int
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: found {self.found}; expected {self.expected}"


class PortsmouthError(Exception):
    """What everything that this project raises on purpose is a kind of."""

    #: The last part of the problem type's IRI, and its name in the documentation.
    kind: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def extensions(self) -> Mapping[str, object]:
        """Return the members that problem details carry beside the standard ones."""
        return {}


class MissingDataError(PortsmouthError):
    """A folder of data that the package should carry is not there."""

    kind = "missing-data"
    title = "The package's data are missing"
    exit_code = 3

    def __init__(self, folder: str, looked_in: Sequence[object]) -> None:
        super().__init__(folder, looked_in)
        self.folder = folder
        self.looked_in = looked_in

    def __str__(self) -> str:
        places = " and ".join(str(place) for place in self.looked_in)
        return f"found no folder of {self.folder}; expected one in {places}"


class FactsError(PortsmouthError):
    """Facts, ontology or locators that cannot be built; carries every finding, not only the first."""

    kind = "facts"
    title = "The facts cannot be built"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)

    def extensions(self) -> Mapping[str, object]:
        """Return the findings, one object each."""
        return {
            "findings": [
                {"file": f.file, "line": f.line, "found": f.found, "expected": f.expected}
                for f in self.findings
            ]
        }


class QueriesError(FactsError):
    """Named queries that cannot be read; carries every finding, not only the first."""

    kind = "queries"
    title = "The named queries cannot be read"


class RequestError(PortsmouthError):
    """A request that says something other than it should; the base of what a caller can mend."""

    kind = "request"
    title = "The request cannot be understood"
    status = 400
    exit_code = 2

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found, expected)
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        return f"found {self.found}; expected {self.expected}"


class DateError(RequestError, ValueError):
    """A printed date that is not EDTF, or that its calendar does not have."""

    kind = "date"
    title = "Not a date"


class MethodError(RequestError):
    """An HTTP method that the resource does not answer."""

    kind = "method"
    title = "Method not allowed"
    status = 405


class MediaTypeError(RequestError):
    """A body in a media type that the resource does not read."""

    kind = "media-type"
    title = "Unsupported media type"
    status = 415


class TooLargeError(RequestError):
    """A request longer than the server reads."""

    kind = "too-large"
    title = "The request is too large"
    status = 413


class RequestTimeoutError(RequestError):
    """A request that did not arrive whole in time."""

    kind = "request-timeout"
    title = "The request took too long to arrive"
    status = 408


class ReadOnlyError(RequestError):
    """An attempt to change what can only be read here."""

    kind = "read-only"
    title = "Nothing can be changed here"
    status = 403


class SourceError(RequestError):
    """A file that is not the source document that the catalogue describes."""

    kind = "source"
    title = "This is not the source document"


class VersionError(RequestError):
    """A version of the data that is not the one at hand."""

    kind = "version"
    title = "Another version is served here"
    status = 404

    def __init__(self, asked: str, served: str) -> None:
        super().__init__(f"the version {asked[:64]}", f"{served}, the only one that is served here")
        self.asked = asked
        self.served = served

    def extensions(self) -> Mapping[str, object]:
        """Return both versions."""
        return {"asked": self.asked[:64], "served": self.served}


class NotFoundError(RequestError):
    """A name that nothing answers to."""

    kind = "not-found"
    title = "Not found"
    status = 404


class UnknownNameError(NotFoundError):
    """A name that nothing has; lists what it may be a slip or a piece of."""

    kind = "unknown-name"
    title = "Nothing has this name"

    def __init__(self, name: str, candidates: Sequence[tuple[str, str]]) -> None:
        near = "; ".join(f"{iri} ({label})" for iri, label in candidates)
        expected = "a label, a spelling or an IRI of the graph" + (f", perhaps {near}" if near else "")
        super().__init__(f"nothing named {name!r}", expected)
        self.name = name
        self.candidates = tuple(candidates)

    def extensions(self) -> Mapping[str, object]:
        """Return the candidates, one object each."""
        return {"candidates": [{"iri": iri, "label": label} for iri, label in self.candidates]}


class AccessRefusedError(RequestError):
    """A resource that is not for everybody."""

    kind = "access-refused"
    title = "Not for this client"
    status = 403


class RateLimitError(RequestError):
    """A client that asks more often than the operator allows."""

    kind = "rate-limit"
    title = "Too many requests"
    status = 429

    def __init__(self, rate: float, burst: int, wait: int) -> None:
        super().__init__(
            f"more than {burst} requests at once, or more than {rate:g} a second in the long run",
            f"the next in {wait} second{'s' if wait > 1 else ''}",
        )
        #: Seconds until the next request is admitted.
        self.wait = wait


class NotAcceptableError(RequestError):
    """No format that the caller accepts can hold the answer."""

    kind = "not-acceptable"
    title = "No acceptable format"
    status = 406


class ParameterError(RequestError):
    """A parameter of a named query that is missing, unknown or of another type."""

    kind = "parameter"
    title = "The parameter does not fit"


class AmbiguousNameError(RequestError):
    """A name that several things have; lists them."""

    kind = "ambiguous-name"
    title = "The name is ambiguous"

    def __init__(self, name: str, candidates: Sequence[tuple[str, str]]) -> None:
        named = "; ".join(f"{iri} ({label})" for iri, label in candidates)
        super().__init__(f"{len(candidates)} things for the name {name!r}", f"one of them: {named}")
        self.name = name
        self.candidates = tuple(candidates)

    def extensions(self) -> Mapping[str, object]:
        """Return the candidates, one object each."""
        return {"candidates": [{"iri": iri, "label": label} for iri, label in self.candidates]}


class QuerySyntaxError(RequestError):
    """A query that the SPARQL grammar does not know, with the parser's position."""

    kind = "query-syntax"
    title = "The query is not SPARQL"

    def __init__(self, found: str, expected: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(found, expected)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{where}{super().__str__()}"

    def extensions(self) -> Mapping[str, object]:
        """Return the parser's position, counted from 1."""
        return {"line": self.line, "column": self.column} if self.line else {}


class QueryNestingError(RequestError):
    """A query nested deeper than the parser can safely follow."""

    kind = "query-nesting"
    title = "The query is nested too deeply"


class ServiceRefusedError(RequestError):
    """A federated call to a host that the operator has not allowed."""

    kind = "service-refused"
    title = "SERVICE is not allowed to this host"
    status = 403


class LoadRefusedError(ServiceRefusedError):
    """An update that would load a document from a place that the operator has not allowed."""

    kind = "load-refused"
    title = "LOAD is not allowed from there"


class UpdateSyntaxError(QuerySyntaxError):
    """An update that the SPARQL grammar does not know, with the parser's position."""

    kind = "update-syntax"
    title = "The update is not SPARQL"


class DerivedGraphError(RequestError):
    """An attempt to write into the default graph where it is derived from the named graphs."""

    kind = "derived-graph"
    title = "The default graph is derived and cannot be written"
    status = 409


class GraphExistsError(RequestError):
    """An attempt to create a graph that is there already."""

    kind = "graph-exists"
    title = "The graph exists already"
    status = 409


class PreconditionError(RequestError):
    """A graph that is no longer, or not yet, as the writer believes it to be."""

    kind = "precondition"
    title = "The graph has changed meanwhile"
    status = 412


class DocumentError(RequestError):
    """A document in RDF that cannot be read as what it is said to be, with the parser's position."""

    kind = "document"
    title = "The document cannot be read"

    def __init__(self, found: str, expected: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(found, expected)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{where}{super().__str__()}"

    def extensions(self) -> Mapping[str, object]:
        """Return the parser's position, counted from 1."""
        return {"line": self.line, "column": self.column} if self.line else {}


class WritingOffError(ReadOnlyError):
    """A write to a server whose operator has not turned writing on."""

    kind = "writing-off"
    title = "Writing is turned off"


class TokenError(RequestError):
    """A write without the token, or with another one."""

    kind = "token"
    title = "The token is missing or wrong"
    status = 401


class ReceiptUnsupportedError(RequestError):
    """A query that runs, but for whose answer no receipt can be given."""

    kind = "receipt-unsupported"
    title = "No receipt can be given for this query"

    def __init__(self, found: str) -> None:
        super().__init__(found, "a SELECT, ASK or CONSTRUCT query in SPARQL 1.1")


class StoreError(PortsmouthError):
    """The store could not answer, through no fault of the query's text."""

    kind = "store"
    title = "The store could not answer"
    exit_code = 4

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class StoreBusyError(StoreError):
    """Every worker is taken, and none became free in time."""

    kind = "busy"
    title = "The store is busy"
    status = 503


class DeadlineError(StoreError):
    """The query ran past its deadline and was ended."""

    kind = "deadline"
    title = "The query ran out of time"
    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"found no complete answer after {seconds:g} seconds; expected one by then: "
            "narrow the pattern, add a LIMIT, or allow more time"
        )
        self.seconds = seconds


class NetworkDeadlineError(StoreError):
    """A computation on a network ran past its deadline and was ended."""

    kind = "network-deadline"
    title = "The network took too long"
    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"found no result after {seconds:g} seconds; expected one by then: "
            "narrow the network by part, period or mode, or roll it up"
        )
        self.seconds = seconds


class MemoryLimitError(StoreError):
    """The query needed more memory than one query may have."""

    kind = "memory"
    title = "The query ran out of memory"
    status = 507

    def __init__(self, mebibytes: int) -> None:
        super().__init__(
            f"found a query that needs more than {mebibytes} MiB; expected one that fits: "
            "narrow the pattern, or sort and group fewer rows"
        )
        self.mebibytes = mebibytes


class EngineError(StoreError):
    """The engine that evaluates queries has a fault, and this query met it."""

    kind = "engine"
    title = "The engine fell over"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"found a fault of the engine ({reason}); expected an answer: the question is not to blame, "
            "but would meet the fault again; ask it in another form, or in smaller parts to see which it is"
        )
        self.reason = reason


class AnswerLimitError(StoreError):
    """An answer with more rows or bytes than this server sends."""

    kind = "answer-limit"
    title = "The answer is too large"
    # The query is understood and could be answered, but not within what the operator allows.
    status = 422

    def __init__(self, bound: str) -> None:
        super().__init__(
            f"found an answer of more than {bound}; expected no more than that, since the operator has set "
            f"{'max_answer_bytes' if bound.endswith('bytes') else 'max_rows'}: narrow the pattern, "
            "add a LIMIT, or fetch it in pages with LIMIT and OFFSET"
        )
        self.bound = bound


class RemoteError(StoreError):
    """Another host that the query calls did not answer as it should."""

    kind = "remote"
    title = "Another host did not answer"
    status = 502


class ServiceRequestError(RequestError):
    """A query that the service behind this server refuses, though it is SPARQL."""

    kind = "service-request"
    title = "The service refuses the query"
