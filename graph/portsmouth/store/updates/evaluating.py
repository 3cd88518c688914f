"""Evaluating an update on a store: what it would change, without deciding that it does.

SPARQL 1.1 Update is evaluated operation by operation. The engine does what it
does best: it parses data and templates and finds the solutions of patterns. The
change itself is computed here, since the engine does not tell it: a template is
parsed as data in which an IRI stands for each variable, and filled in for each
solution (section 3.1.3). Costs go by what an operation touches, not by what is
stored.

Mended beside the traps of :mod:`portsmouth.store.sparql.engine`: ``MOVE`` of a graph to
itself, which drops it in the engine; ``LOAD``, which the engine would fetch from
anywhere; the dataset of a request, which the engine's updates do not take.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import (
    GraphExistsError,
    NotFoundError,
    PortsmouthError,
    RequestError,
    UpdateSyntaxError,
)
from portsmouth.store.protocol import Dataset, Query, Update
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.lexer import tokens
from portsmouth.store.sparql.operations import Operation, Target, operations
from portsmouth.store.updates.blocks import Place
from portsmouth.store.updates.changes import Change
from portsmouth.store.updates.effects import Effect, Rules, Work, content_of, derived, emptied, graph_exists

_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_DEFAULT: Final = ox.DefaultGraph()
#: What stands for variables while a template is parsed; no text can name it.
_VARIABLE: Final = f"urn:uuid:{uuid.uuid4()}#"


def evaluate_update(store: ox.Store, update: Update, rules: Rules, copy: Callable[[], ox.Store]) -> Change:
    """Say what an update changes.

    :param store: the dataset.
    :param update: the request.
    :param rules: what holds for the store.
    :param copy: makes a store of the same dataset that may be changed; called once, if one operation must see
        what another has done. It may return ``store`` itself.
    :raises PortsmouthError: as :meth:`portsmouth.store.protocol.Store.update`.

    >>> store = ox.Store()
    >>> update = Update("INSERT DATA { GRAPH <http://g> { <http://s> <http://p> 1 } }")
    >>> change = evaluate_update(store, update, Rules(), lambda: store)
    >>> len(change.added)  # in the graph, and in the default graph that is derived from it
    2
    """
    engine.parse_update(update.text, update.base or None)
    engine.refuse_services(update, rules.hosts)
    steps = [_Step(operation, update, rules) for operation in operations(update.text)]
    for step in steps:
        step.refuse()
    work = Work(store, rules, copy)
    for step in steps:
        try:
            work.do(step.effect(work.store))
        except PortsmouthError as error:
            # What SILENT hushes is a failure of the operation, not a refusal or a lack of time.
            if not step.operation.silent or error.status == 403:
                raise
    return work.change()


class _Step:
    """One operation of a request, ready to be evaluated.

    :param operation: the operation.
    :param update: the request.
    :param rules: what holds for the store.
    """

    def __init__(self, operation: Operation, update: Update, rules: Rules) -> None:
        self.operation = operation
        self._base = update.base or None
        self._rules = rules
        self._using = update.using or Dataset()
        written = [operation.graph, operation.source, *(target.iri for target in operation.targets)]
        self._iris = self._resolve([*written, *operation.using, *operation.using_named])
        self._delete = self._template(operation.delete)
        self._insert = self._template(operation.insert)
        if update.using is not None and (operation.using or operation.using_named or operation.graph):
            raise RequestError(
                "USING or WITH in an update whose request names its graphs by using-graph-uri or "
                "using-named-graph-uri",
                "one of the two (SPARQL 1.1 Protocol, section 2.2.3)",
            )

    def refuse(self) -> None:
        """Refuse what may not be done, before anything is.

        :raises DerivedGraphError: the operation would write into a default graph that is derived.
        :raises LoadRefusedError: it would load from a place that is not allowed.
        """
        operation = self.operation
        if operation.verb == "LOAD":
            # An HTTP client is loaded by those who load a document alone.
            from portsmouth.store.updates.loading import refuse_load

            refuse_load(self._iris[operation.source].value, self._rules.hosts)
        if not self._rules.merged:
            return
        written = operation.targets[-1:] if operation.verb in ("ADD", "COPY", "LOAD") else operation.targets
        if any(target.word == "DEFAULT" for target in written):
            raise derived(f"{operation.verb} of the default graph")
        for quad in chain(self._delete, self._insert):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                raise derived(f"{operation.verb.replace('MODIFY', 'DELETE or INSERT')} in the default graph")

    def effect(self, store: ox.Store) -> Effect:
        """Say what the operation asks for.

        :param store: the dataset as it is now.
        """
        operation = self.operation
        match operation.verb:
            case "INSERT DATA" | "DELETE DATA":
                return Effect(delete=self._delete, insert=self._insert)
            case "MODIFY":
                return self._modification(store)
            case "LOAD":
                return self._loading()
            case "CREATE":
                return self._creation(store)
            case "CLEAR" | "DROP":
                everything = operation.targets[0].word in ("NAMED", "ALL")
                drop = operation.verb == "DROP"
                return emptied(store, self._named(store), drop=drop, everything=everything)
            case _:
                return self._transfer(store)

    def _modification(self, store: ox.Store) -> Effect:
        delete, insert = ox.Store(), ox.Store()
        for row in self._rows(store):
            delete.extend(_filled(self._delete, row))
            insert.extend(_filled(self._insert, row))
        return Effect(delete=delete, insert=insert)

    def _rows(self, store: ox.Store) -> Iterator[Mapping[str, _Term]]:
        """Yield the solutions of the pattern, each as the values of the templates' variables."""
        operation = self.operation
        wanted = sorted({name for quad in (*self._delete, *self._insert) for name in _variables(quad)})
        # Without variables every solution writes the same, unless each has blank nodes of its own.
        once = not wanted and not any(map(_has_blank_node, self._insert))
        head = " ".join(f"?{name}" for name in wanted) or f"(1 AS ?v{uuid.uuid4().hex})"
        # The line break ends a comment that stands last.
        text = f"{operation.prologue}SELECT {head} WHERE {{{operation.where}\n}}{' LIMIT 1' if once else ''}"
        own = Dataset(self._values(operation.using), self._values(operation.using_named))
        query = Query(text, dataset=own or self._using, base=self._base)
        graph = self._iris[operation.graph] if operation.graph else None
        for row in engine.solutions(store, query, graph):
            yield {name: value for name in wanted if (value := row[name]) is not None}

    def _loading(self) -> Effect:
        from portsmouth.store.updates.loading import load

        place = self._place(self.operation.targets[0])
        source = self._iris[self.operation.source].value
        triples = load(source, self._rules.hosts, self._rules.seconds)
        quads = [ox.Quad(q.subject, q.predicate, q.object, place) for q in triples]
        return Effect(insert=quads, created=() if isinstance(place, ox.DefaultGraph) else (place,))

    def _creation(self, store: ox.Store) -> Effect:
        graph = self._iris[self.operation.targets[0].iri]
        if store.contains_named_graph(graph):
            raise GraphExistsError(
                f"CREATE of the graph {graph}, which exists", "a new graph, or CREATE SILENT"
            )
        return Effect(created=(graph,))

    def _transfer(self, store: ox.Store) -> Effect:
        verb = self.operation.verb
        source, target = (self._place(written) for written in self.operation.targets)
        if source == target:
            # Also the specification's choice for a graph that is not there.
            return Effect()
        if verb != "ADD" and not graph_exists(store, source):
            raise _missing(verb, source)
        content = [ox.Quad(q.subject, q.predicate, q.object, target) for q in content_of(store, source)]
        cleared = [] if verb == "ADD" else list(content_of(store, target))
        # Where it goes exists afterwards, even if nothing was there to be carried.
        created = [target] if isinstance(target, ox.NamedNode) and graph_exists(store, source) else []
        if verb != "MOVE":
            return Effect(content=cleared, insert=content, created=created)
        moved = emptied(store, [source], drop=True)
        gone = chain(cleared, moved.content)
        return Effect(content=gone, insert=content, dropped=moved.dropped, created=created)

    def _named(self, store: ox.Store) -> list[Place]:
        """Return the graphs that ``CLEAR`` or ``DROP`` names."""
        (target,) = self.operation.targets
        if target.word in ("NAMED", "ALL"):
            # A derived default graph follows.
            default = [_DEFAULT] if target.word == "ALL" and not self._rules.merged else []
            return [*default, *store.named_graphs()]
        place = self._place(target)
        if not graph_exists(store, place):
            if self.operation.silent:
                return []
            raise _missing(self.operation.verb, place)
        return [place]

    def _place(self, target: Target) -> ox.NamedNode | ox.DefaultGraph:
        return self._iris[target.iri] if target.word == "GRAPH" else _DEFAULT

    def _values(self, written: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._iris[iri].value for iri in written)

    def _template(self, quads: str) -> tuple[ox.Quad, ...]:
        """Parse quads in which variables may stand; each variable becomes an IRI."""
        if not quads.strip():
            return ()
        parsed = self._parsed(_variables_as_iris(quads))
        if not self.operation.graph:
            return tuple(parsed)
        graph = self._iris[self.operation.graph]
        return tuple(
            ox.Quad(q.subject, q.predicate, q.object, graph)
            if isinstance(q.graph_name, ox.DefaultGraph)
            else q
            for q in parsed
        )

    def _resolve(self, written: Iterable[str]) -> dict[str, ox.NamedNode]:
        """Let the engine read IRIs and prefixed names."""
        texts = sorted({text for text in written if text})
        if not texts:
            return {}
        triples = " . ".join(f"<{_VARIABLE}> <{_VARIABLE}{n}> {text}" for n, text in enumerate(texts))
        found = {quad.predicate.value: quad.object for quad in self._parsed(triples)}
        resolved = (found[f"{_VARIABLE}{n}"] for n in range(len(texts)))
        return {text: iri for text, iri in zip(texts, resolved, strict=True) if isinstance(iri, ox.NamedNode)}

    def _parsed(self, quads: str) -> ox.Store:
        store = ox.Store()
        try:
            store.update(f"{self.operation.prologue}INSERT DATA {{{quads}\n}}", base_iri=self._base)
        except SyntaxError as error:
            # The engine lets a template have what no quad can have, such as a triple as its subject.
            raise UpdateSyntaxError(
                f"the template of a {self.operation.verb} whose quads can never be", "quads as RDF has them"
            ) from error
        return store


def _missing(verb: str, place: Place) -> NotFoundError:
    return NotFoundError(
        f"{verb} of the graph {place}, which does not exist", f"one that does, or {verb} SILENT"
    )


def _variables_as_iris(quads: str) -> str:
    pieces: list[str] = []
    end = 0
    for token in tokens(quads):
        if token.kind == "variable":
            pieces += (quads[end : token.start], f"<{_VARIABLE}{token.text[1:]}>")
            end = token.start + len(token.text)
    return "".join(pieces) + quads[end:]


def _terms(quad: ox.Quad | ox.Triple) -> Iterator[_Term | ox.DefaultGraph]:
    """Yield the terms of a quad, those of triples in it among them."""
    parts = (quad.subject, quad.predicate, quad.object)
    for term in (*parts, quad.graph_name) if isinstance(quad, ox.Quad) else parts:
        if isinstance(term, ox.Triple):
            yield from _terms(term)
        else:
            yield term


def _variables(quad: ox.Quad) -> Iterator[str]:
    for term in _terms(quad):
        if isinstance(term, ox.NamedNode) and term.value.startswith(_VARIABLE):
            yield term.value[len(_VARIABLE) :]


def _has_blank_node(quad: ox.Quad) -> bool:
    return any(isinstance(term, ox.BlankNode) for term in _terms(quad))


def _filled(template: Iterable[ox.Quad], row: Mapping[str, _Term]) -> Iterator[ox.Quad]:
    """Fill a template in for one solution; what would be no legal quad is left out (section 3.1.3)."""
    nodes: dict[ox.BlankNode, ox.BlankNode] = {}

    def fill(term: object) -> object:
        if isinstance(term, ox.NamedNode) and term.value.startswith(_VARIABLE):
            return row[term.value[len(_VARIABLE) :]]
        if isinstance(term, ox.BlankNode):
            return nodes.setdefault(term, ox.BlankNode())
        if isinstance(term, ox.Triple):
            return ox.Triple(*map(fill, term))  # type: ignore[arg-type]
        return term

    for quad in template:
        try:
            yield ox.Quad(*map(fill, quad))  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError):
            continue
