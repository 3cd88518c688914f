"""Evaluating one query on an Oxigraph store, with the engine's traps mended.

What is mended here, each with a test in ``tests/store/sparql``:

* ``FROM`` of several graphs, and several ``default-graph-uri``, must give the
  *set* of their triples (RDF merge); the engine gives a bag. The named graphs
  are copied into a temporary store, where a set is a set.
* A function that the engine does not know is an error of its expression
  (SPARQL 1.1 Query, section 17.2), not of the query: it is registered as one
  that has no value.
* Relative to the protocol, a dataset with only named graphs has an empty default
  graph, and one with only default graphs has no named ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import pyoxigraph as ox

from portsmouth.errors import (
    ParameterError,
    PortsmouthError,
    QuerySyntaxError,
    RemoteError,
    RequestError,
    ServiceRefusedError,
    StoreError,
    UpdateSyntaxError,
)
from portsmouth.formats import PREFIXED, RDF_FORMATS
from portsmouth.iris import PREFIXES
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, AnswerKind, Dataset, Query, Update
from portsmouth.store.sparql import json_results
from portsmouth.store.sparql.bounds import Bounded, Output, at_most
from portsmouth.store.sparql.extremes import AGGREGATES
from portsmouth.store.sparql.lexer import glance, names_graphs, outline, tokens
from portsmouth.store.sparql.mixing import Mixed, compared_surely, nothing_known
from portsmouth.store.sparql.operations import Segment, segments
from portsmouth.store.sparql.ranks import RANK, rank
from portsmouth.store.sparql.rewriting import Properties, rewritten
from portsmouth.store.sparql.slips import slip
from portsmouth.store.stances import Stances

_RESULTS: Final[Mapping[str, ox.QueryResultsFormat]] = {
    RESULT_FORMATS["json"]: ox.QueryResultsFormat.JSON,
    RESULT_FORMATS["xml"]: ox.QueryResultsFormat.XML,
    RESULT_FORMATS["csv"]: ox.QueryResultsFormat.CSV,
    RESULT_FORMATS["tsv"]: ox.QueryResultsFormat.TSV,
}
_GRAPHS: Final = {GRAPH_FORMATS[name]: rdf_format for name, rdf_format in RDF_FORMATS.items()}

_SYNTAX: Final = re.compile(
    r"error at (?P<line>\d+):(?P<column>\d+): (?:expected )?(?P<expected>.*)", re.DOTALL
)
_UNKNOWN_FUNCTION: Final = re.compile(
    r"The custom (?P<aggregate>aggregate )?function <(?P<iri>[^>]*)> is not supported"
)

_SERVICE: Final = re.compile("(serv)(i)(ce)", re.IGNORECASE | re.ASCII)

_STANCES: Final = Stances()

#: An operation that fails before anything is done: there is no such graph in an empty store.
_GUARD: Final = "DROP GRAPH <urn:x-portsmouth:none> ; "

_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A query that the engine has accepted, ready to be written out.

    :param kind: what the answer is.
    :param media_type: the media type in which :meth:`write` writes it.
    """

    kind: AnswerKind
    media_type: str
    _query: Query
    _results: Any

    def write(self, output: Output) -> None:
        """Evaluate the query and serialise its answer, as it is found, into ``output``.

        :raises AnswerLimitError: it has more rows or bytes than the query may give.
        :raises StoreError: the engine failed half-way.
        """
        asked = self._query
        table = self.kind == "solutions"
        if asked.max_bytes or (asked.max_rows and table):
            output = Bounded(output, asked.max_bytes, asked.max_rows if table else 0, self.media_type)
        try:
            if self.kind == "graph":
                rdf_format = _GRAPHS[self.media_type]
                prefixes = PREFIXES if rdf_format in PREFIXED else None
                triples = at_most(self._results, asked.max_rows) if asked.max_rows else self._results
                ox.serialize(triples, output, rdf_format, prefixes=prefixes)  # type: ignore[arg-type]
            elif table and self.media_type == RESULT_FORMATS["json"] and json_results.pays(asked.text):
                json = json_results.JsonTable(output)
                self._results.serialize(json, ox.QueryResultsFormat.TSV)
                json.finish()
            else:
                self._results.serialize(output, _RESULTS[self.media_type])
        except (RuntimeError, ValueError, OSError) as error:
            raise _as_ours(error, self._query) from error


def evaluate(
    store: ox.Store,
    query: Query,
    default: ox.Store | None = None,
    properties: Properties | None = None,
    mixed: Mixed = nothing_known,
) -> Evaluation:
    """Let the engine parse and plan a query; its answer is computed while it is written.

    :param store: the snapshot to ask.
    :param query: the question.
    :param default: a store that holds the snapshot's default graph and nothing else, if there is one. Every
        index of it is half as long, so it is asked where its graph is all that is asked.
    :param properties: what is known of the snapshot's default graph; see
        :mod:`portsmouth.store.sparql.rewriting`.
    :param mixed: likewise; see :mod:`portsmouth.store.sparql.mixing`.
    :raises QuerySyntaxError: the text is not SPARQL.
    :raises NotAcceptableError: no accepted format can hold this kind of answer.
    :raises StoreError: the engine failed.

    >>> import io
    >>> out = io.BytesIO()
    >>> evaluate(ox.Store(), Query("ASK {}")).write(out)
    >>> out.getvalue()
    b'{"head":{},"boolean":true}'
    """
    results = _ask_engine(store, query, alone=default, properties=properties, mixed=mixed)
    kind = _kind(results)
    return Evaluation(kind, query.formats.pick(kind), query, results)


def check(query: Query) -> None:
    """Let the engine parse a query, and do nothing else with it: nothing is evaluated, no host is called.

    :param query: the question.
    :raises QuerySyntaxError: the text is not SPARQL.
    :raises QueryNestingError: it is nested too deeply to be parsed.

    >>> check(Query("ASK { SERVICE <http://nowhere.example/> { ?s ?p ?o } }"))
    >>> try:
    ...     check(Query("ASK { ?s ?p }"))
    ... except QuerySyntaxError as error:
    ...     print(error.line, error.column)
    1 13
    """
    outline(query.text, query.base, _prefixes(query))
    try:
        # The engine has no other way to parse alone: it takes a query apart before it looks at these options,
        # which it refuses together.
        ox.Store().query(
            query.text,
            base_iri=query.base,
            prefixes=_prefixes(query),
            use_default_graph_as_union=True,
            default_graph=ox.DefaultGraph(),
        )
    except (SyntaxError, ValueError) as error:
        if "use_default_graph_as_union" not in str(error):
            raise _as_ours(error, query) from error


def dataset_of(query: Query) -> Dataset:
    """Say which graphs a query asks: the request's, which override its own (Protocol, section 2.1.4).

    :param query: the question.
    :return: the graphs, as few as are named; an empty dataset where neither names any.
    :raises QueryNestingError: the query is nested too deeply to be read.

    >>> dataset_of(Query("ASK FROM <http://g/a> {}")).default
    ('http://g/a',)
    """
    if query.dataset or glance(query.text).plain:
        return query.dataset
    found = outline(query.text, query.base, _prefixes(query))
    return Dataset(found.default, found.named, query.dataset.stance)


def refuse_services(query: Query | Update, hosts: frozenset[str]) -> None:
    """Refuse a query or an update that would call a host which is not allowed.

    The engine goes to the network on its own, so this must run before it.

    :param query: the question, or the update.
    :param hosts: the allowed hosts, each as ``host`` or ``host:port``.
    :raises ServiceRefusedError: a call to another host, or to one that only evaluation would name.

    >>> query = Query("SELECT * { SERVICE <http://a.example/sparql> { ?s ?p ?o } }")
    >>> refuse_services(query, frozenset({"a.example"}))
    """
    if glance(query.text).plain:
        return
    prefixes = _prefixes(query) if isinstance(query, Query) else {}
    for call in outline(query.text, query.base or None, prefixes).services:
        authority = urlsplit(call.endpoint or "").netloc.rpartition("@")[2].lower()
        if authority not in hosts:
            raise ServiceRefusedError(
                found=f"SERVICE to {call.endpoint or 'an endpoint that is not written as an IRI'}",
                expected=f"one of the hosts {', '.join(sorted(hosts))}"
                if hosts
                else "no SERVICE; this store calls no other host",
            )


def refuse_hidden_services(query: Query) -> None:
    """Refuse a query that calls other hosts in a place where :func:`refuse_services` does not see it.

    The engine's parser wants no space around keywords and tries what else a text might mean, so that there is
    more to ``SERVICESILENT``, ``SERVICE:x``, and what stands behind ``?a<?b&&'>'`` than a lexer knows. So it
    is asked itself: with another word in the place of this one, whatever only looks like the keyword, in
    strings and in names, can be parsed as before.

    :param query: the question, of which the calls that are seen have been allowed.
    :raises ServiceRefusedError: it calls another host.

    >>> refuse_hidden_services(Query("PREFIX s: <http://e/service/> ASK { ?service s:SERVICE 'service' }"))
    >>> refuse_hidden_services(Query("PREFIX : <http://e/> ASK { SERVICE:x { ?s ?p ?o } }"))
    Traceback (most recent call last):
    portsmouth.errors.ServiceRefusedError: found SERVICE ...
    """
    if "SERVICE" not in glance(query.text).upper:
        return
    seen = {token.start for token in tokens(query.text) if token.text.upper() == "SERVICE"}
    if len(seen) != len(outline(query.text, query.base, _prefixes(query)).services):
        # What looks like the keyword was taken for something else.
        seen = set()
    masked = _SERVICE.sub(lambda found: found[0] if found.start() in seen else _masked(found), query.text)
    if masked == query.text:
        return
    parse_query(query)
    try:
        parse_query(replace(query, text=masked))
    except QuerySyntaxError:
        raise ServiceRefusedError(
            found="SERVICE that is not surely read alike by everybody",
            expected="spaces around the keyword, around what follows it, and around < in conditions",
        ) from None


def _masked(service: re.Match[str]) -> str:
    """Return another word, of the same letters in the same case but for one."""
    return f"{service[1]}{'q' if service[2] == 'i' else 'Q'}{service[3]}"


def solutions(
    store: ox.Store, query: Query, default_graph: ox.NamedNode | None = None
) -> Iterator[ox.QuerySolution]:
    """Yield the solutions of a SELECT query as the engine's own values.

    :param store: what to ask.
    :param query: the question.
    :param default_graph: a graph to take for the default graph beside all named graphs, as ``WITH`` of an
        update does; a dataset of the query's own overrides it.
    :raises PortsmouthError: as :func:`evaluate`.

    >>> [row["x"].value for row in solutions(ox.Store(), Query("SELECT ?x { BIND(1 AS ?x) }"))]
    ['1']
    """
    try:
        yield from _ask_engine(store, query, default_graph)
    except (RuntimeError, ValueError, OSError) as error:
        raise _as_ours(error, query) from error


def parse_query(query: Query) -> None:
    """Let the engine's parser judge a query, without evaluating any of it.

    :param query: the question.
    :raises QuerySyntaxError: it is not SPARQL.
    :raises RequestError: its base is no IRI.

    >>> parse_query(Query("SELECT * { ?s ?p ?o }"))
    """
    # The engine parses first, and then refuses to put a value where the query has no place for it.
    nowhere: dict[ox.Variable, Any] = {ox.Variable("x_portsmouth_nowhere"): ox.Literal("")}
    try:
        ox.Store().query(query.text, base_iri=query.base, prefixes=_prefixes(query), substitutions=nowhere)
    except (SyntaxError, ValueError) as error:
        raise _as_ours(error, query) from error
    except RuntimeError:
        return


def parse_update(text: str, base: str | None) -> None:
    """Let the engine's parser judge an update request, without carrying any of it out.

    :param text: the request.
    :param base: the base IRI for relative IRIs.
    :raises UpdateSyntaxError: it is not SPARQL.

    >>> parse_update("DELETE WHERE { ?s ?p ?o }", None)
    """
    cuts = segments(text)
    try:
        _parse_guarded(text, cuts[0].start if cuts else len(text), base)
    except UpdateSyntaxError:
        if len({cut.prologue for cut in cuts}) < 2:
            raise
        # The engine wants every declaration before the first operation; the specification does not.
        for cut in cuts:
            before = "".join(char if char == "\n" else " " for char in text[: cut.start])
            _parse_guarded(f"{cut.prologue}{before}{text[cut.start : cut.end]}", len(cut.prologue), base)
        _refuse_shared_blank_nodes(text, cuts)


def _parse_guarded(text: str, start: int, base: str | None) -> None:
    """Parse a request whose first operation begins at an offset.

    The engine parses a whole request before it carries anything out, and the operation that is put before the
    others always fails.
    """
    try:
        ox.Store().update(f"{text[:start]}{_GUARD}{text[start:]}", base_iri=base)
    except SyntaxError as error:
        raise _syntax_error(str(error), text, {}, UpdateSyntaxError, start) from error
    except RuntimeError:
        return


def _refuse_shared_blank_nodes(text: str, cuts: Sequence[Segment]) -> None:
    """Refuse labels of blank nodes that stand in more than one operation (SPARQL 1.1 Query, section 19.6)."""
    seen: set[str] = set()
    for cut in cuts:
        labels = {t.text for t in tokens(text[cut.start : cut.end]) if t.text.startswith("_:")}
        if shared := sorted(seen & labels):
            raise UpdateSyntaxError(f"the blank node {shared[0]} in two operations", "one label for each")
        seen |= labels


def _ask_engine(
    store: ox.Store,
    query: Query,
    default_graph: ox.NamedNode | None = None,
    alone: ox.Store | None = None,
    properties: Properties | None = None,
    mixed: Mixed = nothing_known,
) -> Any:
    refuse_hidden_services(query)
    dataset = dataset_of(query)
    # What is known is known of the default graph as it is stored.
    text = rewritten(query.text, _prefixes(query), None if dataset or dataset.stance else properties)
    text = compared_surely(text, _prefixes(query), mixed)
    if dataset.stance:
        # A stance is made of named graphs, whatever is asked of it.
        store = _STANCES.of(store, dataset.stance)
    elif alone is not None and not dataset and not names_graphs(query.text):
        store = alone
    target, options = _restrict(store, dataset)
    if default_graph and not dataset and not dataset.stance:
        options = {"default_graph": default_graph}
    functions: dict[ox.NamedNode, Callable[..., _Term | None]] = {}
    if RANK in text:
        functions[ox.NamedNode(RANK)] = rank
    while True:
        try:
            return target.query(
                text,
                base_iri=query.base,
                prefixes=_prefixes(query),
                custom_functions=functions,
                custom_aggregate_functions=AGGREGATES if text is not query.text else None,
                **options,
            )
        except (SyntaxError, RuntimeError, ValueError, OSError) as error:
            if text is not query.text:
                # What is wrong is told of the text that was sent.
                text = query.text
                continue
            unknown = _UNKNOWN_FUNCTION.search(str(error))
            if not unknown or unknown["aggregate"] or ox.NamedNode(unknown["iri"]) in functions:
                raise _as_ours(error, query) from error
            functions[ox.NamedNode(unknown["iri"])] = _no_value


def _prefixes(query: Query) -> dict[str, str]:
    return PREFIXES if query.known_prefixes else {}


def _no_value(*_: object) -> None:
    """Stand for a function that is not known: whatever it is given, it has no value."""


def _restrict(store: ox.Store, dataset: Dataset) -> tuple[ox.Store, dict[str, Any]]:
    """Return the store to ask and the engine's options for a dataset."""
    if not dataset:
        return store, {}
    named = [_graph_name(iri) for iri in dict.fromkeys(dataset.named)]
    default = [_graph_name(iri) for iri in dict.fromkeys(dataset.default)]
    if len(default) < 2:
        return store, {"default_graph": default, "named_graphs": named}
    merged = ox.Store()
    for graph in default:
        merged.extend(
            ox.Quad(q.subject, q.predicate, q.object)
            for q in store.quads_for_pattern(None, None, None, graph)
        )
    for graph in named:
        merged.extend(store.quads_for_pattern(None, None, None, graph))
    return merged, {"default_graph": [ox.DefaultGraph()], "named_graphs": named}


def _graph_name(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError:
        raise ParameterError(found=f"the graph name '{iri}'", expected="an absolute IRI") from None


def _kind(results: object) -> AnswerKind:
    if isinstance(results, ox.QuerySolutions):
        return "solutions"
    return "boolean" if isinstance(results, ox.QueryBoolean) else "graph"


def _as_ours(error: Exception, query: Query) -> PortsmouthError:
    """Turn what the engine raises into an error of this project."""
    if isinstance(error, SyntaxError):
        return _syntax_error(str(error), query.text, _prefixes(query))
    if isinstance(error, ValueError):
        return RequestError(f"a query that the engine refuses ({error})", "a SPARQL 1.1 query")
    if isinstance(error, OSError):
        # What the other host said of its trouble may not be meant for whoever asks this one.
        reason = str(error).partition(" with payload")[0]
        return RemoteError(
            f"found no answer from a host that the query calls ({reason}); expected SPARQL results"
        )
    return StoreError(
        f"found a query that the engine cannot evaluate ({error}); expected another way to ask it"
    )


def _syntax_error(
    message: str,
    text: str,
    prefixes: Mapping[str, str],
    kind: type[QuerySyntaxError] = QuerySyntaxError,
    guarded: int | None = None,
) -> QuerySyntaxError:
    """Turn the parser's message about a text into an error.

    :param guarded: the offset at which the parser's text had an operation more.
    """
    if known := slip(text, prefixes, update=kind is UpdateSyntaxError):
        return kind(known.found, known.expected, *_position(text, known.start))
    wanted = "a SPARQL 1.1 Update request" if kind is UpdateSyntaxError else "a SPARQL 1.1 query"
    match = _SYNTAX.match(message)
    if not match:
        return kind(found=f"text that the parser refuses ({message})", expected=wanted)
    line, column = int(match["line"]), int(match["column"])
    if guarded is not None and (line, column) > (at := _position(text, guarded)) and line == at[0]:
        column = max(at[1], column - len(_GUARD))
    expected = _expectation(match["expected"]).replace("a SPARQL 1.1 query", wanted)
    return kind(_surroundings(text, line, column), expected, line, column)


def _position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, counted from 1, of an offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _surroundings(text: str, line: int, column: int) -> str:
    """Word what stands at the parser's position, with what leads up to it.

    The parser names the furthest place that it reached, which may be a little
    behind the slip.
    """
    lines = [*text.splitlines(), ""]
    before, rest = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    token = next(tokens(rest), None)
    end = "the end of the line" if line < len(lines) - 1 else "the end of the query"
    here = f"'{token.text[:40]}'" if token else end
    return f"{here} after '{before.strip()[-30:]}'" if before.strip() else here


def _expectation(alternatives: str) -> str:
    """Word the parser's alternatives: its keywords and signs, or the sentence in which it names a fault.

    Classes of single characters, which it lists too, say nothing to a reader.

    >>> _expectation('one of ")", FILTER, [_]')
    '")" or FILTER'
    >>> _expectation("one of The SELECT contains a variable that is unbound, [_]")
    'a query without this fault: The SELECT contains a variable that is unbound'
    """
    listed = re.split(r", (?=[A-Z\"\[])", alternatives.removeprefix("one of "))
    for sentence in listed:
        if re.match(r"[A-Z][\w*]* .*[a-z]{3}", sentence):
            return f"a query without this fault: {sentence}"
    useful = [part for part in listed if re.fullmatch(r'"[^"]+"|"\\""|[A-Z]{2,}[A-Z_]*', part)]
    return " or ".join(useful) if useful else "a SPARQL 1.1 query"


def forget_stances() -> None:
    """Forget what was made of a dataset that has changed."""
    _STANCES.forget()
