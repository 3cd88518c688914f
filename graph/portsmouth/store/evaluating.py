"""Evaluating a write on a store: what it would change, without deciding that it does.

SPARQL 1.1 Update is evaluated operation by operation. The engine does what it
does best: it parses data and templates and finds the solutions of patterns. The
change itself is computed here, since the engine does not tell it: a template is
parsed as data in which an IRI stands for each variable, and filled in for each
solution (section 3.1.3). Costs go by what an operation touches, not by what is
stored.

Mended beside the traps of :mod:`portsmouth.store.engine`: ``MOVE`` of a graph to
itself, which drops it in the engine; ``LOAD``, which the engine would fetch from
anywhere; the dataset of a request, which the engine's updates do not take.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import (
    DerivedGraphError,
    GraphExistsError,
    NotFoundError,
    ParameterError,
    PortsmouthError,
    PreconditionError,
    RequestError,
    UpdateSyntaxError,
)
from portsmouth.store import engine
from portsmouth.store.changes import Change, GraphName
from portsmouth.store.graphs import version
from portsmouth.store.lexer import tokens
from portsmouth.store.operations import Operation, Target, operations
from portsmouth.store.protocol import Dataset, GraphWrite, Query, Update

Place: TypeAlias = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_DEFAULT: Final = ox.DefaultGraph()
#: What stands for variables while a template is parsed; no text can name it.
_VARIABLE: Final = f"urn:uuid:{uuid.uuid4()}#"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every write to a store.

    :param merged: whether the default graph is derived: every triple of the named graphs, once.
    :param hosts: hosts that ``LOAD`` and ``SERVICE`` may call.
    :param seconds: how long another host may take to answer ``LOAD``.
    """

    merged: bool = True
    hosts: frozenset[str] = frozenset()
    seconds: float = 30.0


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
    work = _Work(store, rules, copy)
    for step in steps:
        try:
            work.do(step.effect(work.store))
        except PortsmouthError as error:
            # What SILENT hushes is a failure of the operation, not a refusal or a lack of time.
            if not step.operation.silent or error.status == 403:
                raise
    return work.change()


def evaluate_graph_write(store: ox.Store, write: GraphWrite, rules: Rules) -> Change:
    """Say what the writing of one graph changes.

    :param store: the dataset.
    :param write: the request.
    :param rules: what holds for the store.
    :raises PortsmouthError: as :meth:`portsmouth.store.protocol.Store.write_graph`.
    """
    place = place_of(write.graph)
    name = f"the graph <{write.graph}>" if write.graph is not None else "the default graph"
    if rules.merged and isinstance(place, ox.DefaultGraph):
        raise derived(f"a write to {name}")
    exists = _exists(store, place)
    if write.only_if_absent and exists:
        raise PreconditionError(f"that {name} exists", "that it does not")
    if write.only_if is not None and not (exists and _has_version(store, write)):
        raise PreconditionError(
            f"{name} {'in another version' if exists else 'missing'}",
            "the version that If-Match names: read the graph again and repeat the change",
        )
    work = _Work(store, rules, lambda: store)
    if write.action == "delete":
        if not exists:
            raise NotFoundError(f"no graph <{write.graph}>", "the IRI of a graph that exists")
        work.do(_emptied(store, [place], drop=True))
        return work.change()
    try:
        parsed = ox.parse(write.triples, format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=True)
        triples = [ox.Quad(q.subject, q.predicate, q.object, place) for q in parsed]
    except SyntaxError as error:
        raise RequestError(f"triples that cannot be read ({error})", "N-Triples") from error
    before = _content(store, place) if write.action == "replace" else ()
    created = () if isinstance(place, ox.DefaultGraph) else (place,)
    work.do(_Effect(content=before, insert=triples, created=created))
    return work.change()


def derived(attempt: str) -> DerivedGraphError:
    """Say that the default graph cannot be written, and what can be done instead.

    :param attempt: what was attempted.
    """
    return DerivedGraphError(
        found=f"{attempt}, which is derived: it holds every triple of the named graphs once",
        expected="a named graph, as in INSERT DATA { GRAPH <…> { … } }, WITH <…>, LOAD … INTO GRAPH <…> or "
        "?graph=…; or a server that was started with --dataset plain",
    )


def _has_version(store: ox.Store, write: GraphWrite) -> bool:
    wanted = write.only_if or frozenset()
    return "*" in wanted or version(store, place_of(write.graph)) in wanted


def place_of(graph: str | None) -> ox.NamedNode | ox.DefaultGraph:
    """Return a graph's name as the engine has it.

    :param graph: its IRI; ``None`` is the default graph.
    :raises ParameterError: it is no IRI.
    """
    if graph is None:
        return _DEFAULT
    try:
        return ox.NamedNode(graph)
    except ValueError:
        raise ParameterError(found=f"the graph name '{graph}'", expected="an absolute IRI") from None


def _exists(store: ox.Store, place: Place) -> bool:
    return isinstance(place, ox.DefaultGraph) or store.contains_named_graph(place)


def _content(store: ox.Store, place: Place) -> Iterator[ox.Quad]:
    return store.quads_for_pattern(None, None, None, place)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What one operation asks for: quads to delete, then quads to insert, graphs to drop and to make.

    :param content: quads to delete that the store itself has just named, so that it need not be asked again.
    :param delete: quads to delete if they are there.
    :param insert: quads to insert.
    :param dropped: named graphs to drop.
    :param created: named graphs that are to exist.
    :param everything: whether ``content`` is all that the named graphs have.
    """

    content: Iterable[ox.Quad] = ()
    delete: Iterable[ox.Quad] = ()
    insert: Iterable[ox.Quad] = ()
    dropped: Iterable[GraphName] = ()
    created: Iterable[GraphName] = ()
    everything: bool = False


class _Work:
    """The net change of the operations that have been done.

    :param store: the dataset as the operations so far have left it, once another one looks.
    """

    def __init__(self, store: ox.Store, rules: Rules, copy: Callable[[], ox.Store]) -> None:
        self._store = store
        self._rules = rules
        self._copy: Callable[[], ox.Store] | None = copy
        self._pending = Change()
        self._removed: dict[ox.Quad, None] = {}
        self._added: dict[ox.Quad, None] = {}
        # For every graph whose existence has been touched: whether it existed first, and whether it does now.
        self._graphs: dict[GraphName, tuple[bool, bool]] = {}

    @property
    def store(self) -> ox.Store:
        if self._pending:
            if self._copy:
                self._store, self._copy = self._copy(), None
            self._pending.apply(self._store)
            self._pending = Change()
        return self._store

    def do(self, effect: _Effect) -> None:
        """Add an operation's effect, all of whose deletions come before its insertions."""
        store = self.store
        content, insert = set(effect.content), _canonical(effect.insert)
        removed = {quad for quad in _canonical(effect.delete) if quad in store and quad not in insert}
        removed |= content - insert
        graphs = {quad.graph_name for quad in insert if not isinstance(quad.graph_name, ox.DefaultGraph)}
        created = {graph for graph in {*effect.created, *graphs} if not store.contains_named_graph(graph)}
        added = {
            quad
            for quad in insert
            if quad.graph_name in created or (quad not in content and quad not in store)
        }
        dropped = [graph for graph in effect.dropped if store.contains_named_graph(graph)]
        if self._rules.merged:
            if effect.everything:
                removed |= set(_content(store, _DEFAULT))
            else:
                self._mend(store, removed, added)
        self._pending = Change(tuple(removed), tuple(added), tuple(dropped), tuple(created))
        for quads, here, there in (
            (removed, self._removed, self._added),
            (added, self._added, self._removed),
        ):
            for quad in quads:
                if quad in there:
                    del there[quad]
                else:
                    here[quad] = None
        for named, exists in ((dropped, False), (list(created), True)):
            for graph in named:
                first, _ = self._graphs.get(graph, (not exists, True))
                self._graphs[graph] = (first, exists)

    def change(self) -> Change:
        return Change(
            removed=tuple(self._removed),
            added=tuple(self._added),
            dropped=tuple(graph for graph, (first, now) in self._graphs.items() if first and not now),
            created=tuple(graph for graph, (first, now) in self._graphs.items() if now and not first),
        )

    def _mend(self, store: ox.Store, removed: set[ox.Quad], added: set[ox.Quad]) -> None:
        """Let the default graph follow the named graphs: its cost is by what changes in them."""
        come = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in added}
        gone = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in removed} - come
        gone = {quad for quad in gone if _is_orphan(store, quad, removed)}
        added |= {quad for quad in come if quad not in store}
        removed |= gone


def _is_orphan(store: ox.Store, triple: ox.Quad, removed: set[ox.Quad]) -> bool:
    """Whether a triple of the default graph is in no named graph once quads have been removed."""
    derived = False
    for quad in store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None):
        if quad == triple:
            derived = True
        elif quad not in removed:
            return False
    return derived


def _canonical(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    """Return a set of quads as the engine writes their terms: it keeps numbers by value."""
    store = ox.Store()
    store.extend(quads)
    return set(store)


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
            from portsmouth.store.loading import refuse_load

            refuse_load(self._iris[operation.source].value, self._rules.hosts)
        if not self._rules.merged:
            return
        written = operation.targets[-1:] if operation.verb in ("ADD", "COPY", "LOAD") else operation.targets
        if any(target.word == "DEFAULT" for target in written):
            raise derived(f"{operation.verb} of the default graph")
        for quad in chain(self._delete, self._insert):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                raise derived(f"{operation.verb.replace('MODIFY', 'DELETE or INSERT')} in the default graph")

    def effect(self, store: ox.Store) -> _Effect:
        """Say what the operation asks for.

        :param store: the dataset as it is now.
        """
        operation = self.operation
        match operation.verb:
            case "INSERT DATA" | "DELETE DATA":
                return _Effect(delete=self._delete, insert=self._insert)
            case "MODIFY":
                return self._modification(store)
            case "LOAD":
                return self._loading()
            case "CREATE":
                return self._creation(store)
            case "CLEAR" | "DROP":
                everything = operation.targets[0].word in ("NAMED", "ALL")
                drop = operation.verb == "DROP"
                return _emptied(store, self._named(store), drop=drop, everything=everything)
            case _:
                return self._transfer(store)

    def _modification(self, store: ox.Store) -> _Effect:
        delete, insert = ox.Store(), ox.Store()
        for row in self._rows(store):
            delete.extend(_filled(self._delete, row))
            insert.extend(_filled(self._insert, row))
        return _Effect(delete=delete, insert=insert)

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

    def _loading(self) -> _Effect:
        from portsmouth.store.loading import load

        place = self._place(self.operation.targets[0])
        source = self._iris[self.operation.source].value
        triples = load(source, self._rules.hosts, self._rules.seconds)
        quads = [ox.Quad(q.subject, q.predicate, q.object, place) for q in triples]
        return _Effect(insert=quads, created=() if isinstance(place, ox.DefaultGraph) else (place,))

    def _creation(self, store: ox.Store) -> _Effect:
        graph = self._iris[self.operation.targets[0].iri]
        if store.contains_named_graph(graph):
            raise GraphExistsError(
                f"CREATE of the graph {graph}, which exists", "a new graph, or CREATE SILENT"
            )
        return _Effect(created=(graph,))

    def _transfer(self, store: ox.Store) -> _Effect:
        verb = self.operation.verb
        source, target = (self._place(written) for written in self.operation.targets)
        if source == target:
            # Also the specification's choice for a graph that is not there.
            return _Effect()
        if verb != "ADD" and not _exists(store, source):
            raise _missing(verb, source)
        content = [ox.Quad(q.subject, q.predicate, q.object, target) for q in _content(store, source)]
        cleared = [] if verb == "ADD" else list(_content(store, target))
        # Where it goes exists afterwards, even if nothing was there to be carried.
        created = [target] if isinstance(target, ox.NamedNode) and _exists(store, source) else []
        if verb != "MOVE":
            return _Effect(content=cleared, insert=content, created=created)
        moved = _emptied(store, [source], drop=True)
        gone = chain(cleared, moved.content)
        return _Effect(content=gone, insert=content, dropped=moved.dropped, created=created)

    def _named(self, store: ox.Store) -> list[Place]:
        """Return the graphs that ``CLEAR`` or ``DROP`` names."""
        (target,) = self.operation.targets
        if target.word in ("NAMED", "ALL"):
            # A derived default graph follows.
            default = [_DEFAULT] if target.word == "ALL" and not self._rules.merged else []
            return [*default, *store.named_graphs()]
        place = self._place(target)
        if not _exists(store, place):
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


def _emptied(store: ox.Store, places: Iterable[Place], *, drop: bool, everything: bool = False) -> _Effect:
    listed = list(places)
    named = [place for place in listed if not isinstance(place, ox.DefaultGraph)] if drop else []
    content = chain.from_iterable(_content(store, place) for place in listed)
    return _Effect(content=content, dropped=named, everything=everything)


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
