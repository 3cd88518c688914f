"""Queries over every operator and small graphs, made by hypothesis."""

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

NODES = [f"<http://e/{name}>" for name in "abcd"]
PROPERTIES = [f"<http://e/{name}>" for name in "pqr"]
GRAPHS = [f"<http://g/{name}>" for name in "12"]
VALUES = [f'"{n}"^^<http://www.w3.org/2001/XMLSchema#integer>' for n in range(3)]
VARIABLES = ["?x", "?y", "?z"]

#: Operators after which a row may hold because something is not there.
NEGATIVE = frozenset({"OPTIONAL", "MINUS", "NOT EXISTS", "BOUND"})
#: Operators for which one witness is given where there may be several.
WITNESSED = frozenset({"PATH", "EXISTS"})


class Case(NamedTuple):
    """A dataset, a query, and the operators in it."""

    nquads: str
    query: str
    operators: frozenset


def dataset(random):
    """N-Quads in named graphs, and the default graph that the build would derive from them."""
    lines = set()
    for _ in range(random.randint(8, 24)):
        triple = " ".join(map(random.choice, (NODES, PROPERTIES, NODES + NODES + VALUES)))
        lines |= {f"{triple} {random.choice(GRAPHS)} .", f"{triple} ."}
    return "\n".join(sorted(lines)) + "\n"


class Writer:
    """Writes a query, choosing at random."""

    def __init__(self, random):
        self.random = random
        self.operators = set()
        self.made = 0

    def one(self, *choices):
        return self.random.choice(choices)

    def uses(self, operator, text):
        self.operators.add(operator)
        return text

    def fresh(self):
        self.made += 1
        return f"?v{self.made}"

    def node(self):
        return self.one(*VARIABLES, *VARIABLES, *VARIABLES, NODES[0])

    def triple(self):
        verb = self.one(*PROPERTIES, *PROPERTIES, "?p")
        return f"{self.node()} {verb} {self.one(*VARIABLES, *VARIABLES, NODES[1], VALUES[1])} ."

    def path(self):
        p, q = self.one(*PROPERTIES), self.one(*PROPERTIES)
        kind = self.one(
            "seq", "inverse", "alternative", "negated", "negated2", "nested", "+", "*", "?", "deep"
        )
        texts = {
            "seq": f"{p}/{q}",
            "inverse": f"^{p}",
            "alternative": f"({p}|^{q})",
            "negated": f"!{p}",
            "negated2": f"!({p}|^{q})",
            "nested": f"^({p}/{q})|{q}",
            "+": f"{p}+",
            "*": f"({p}|{q})*",
            "?": f"{p}?/{q}",
            "deep": f"({p}/^{q})+",
        }
        if kind in ("+", "*", "?", "deep"):
            self.operators.add("PATH")
        return f"{self.node()} {texts[kind]} {self.node()} ."

    def condition(self, variables):
        x, y = self.one(*variables), self.one(*variables)
        return self.one(
            f"{x} != {y}",
            f"isIRI({x}) || {y} = {VALUES[1]}",
            f"{x} IN ({NODES[0]}, {NODES[1]}, {VALUES[1]})",
            f"!({x} = {NODES[0]})",
            f'STR({x}) > "a"',
        )

    def element(self, depth):
        kinds = ["triple", "triple", "path", "path", "path", "filter", "values", "bind", "graph"]
        if depth:
            kinds += [
                "union",
                "optional",
                "minus",
                "exists",
                "notexists",
                "either",
                "subquery",
                "counted",
                "group",
            ]
        kind = self.one(*kinds)
        inner = lambda: self.group(depth - 1)  # noqa: E731
        match kind:
            case "path":
                return self.path()
            case "filter":
                return f"FILTER({self.condition(VARIABLES)})"
            case "values":
                x, y = self.one(("?x", "?y"), ("?y", "?z"))
                return (
                    f"VALUES ({x} {y}) {{ ({NODES[0]} UNDEF) (UNDEF {NODES[1]}) ({NODES[1]} {VALUES[1]}) }}"
                )
            case "bind":
                x = self.one(*VARIABLES)
                return f"BIND({self.one(f'STR({x})', f'IF(isIRI({x}), {x}, 1)')} AS {self.fresh()})"
            case "graph":
                return f"GRAPH {self.one('?g', *GRAPHS)} {{ {self.triple()} {self.one('', self.triple())} }}"
            case "union":
                return f"{inner()} UNION {inner()}"
            case "group":
                return inner()
            case "optional":
                return self.uses("OPTIONAL", f"OPTIONAL {inner()}")
            case "minus":
                return self.uses("MINUS", f"MINUS {self.positive()}")
            case "exists":
                return self.uses("EXISTS", f"FILTER EXISTS {self.positive()}")
            case "notexists":
                return self.uses("NOT EXISTS", f"FILTER NOT EXISTS {self.positive()}")
            case "either":
                self.operators |= {"EXISTS", "NOT EXISTS"}
                return f"FILTER(EXISTS {self.positive()} || NOT EXISTS {self.positive()} || ?x = ?y)"
            case "subquery":
                x, y = self.one(*VARIABLES), self.fresh()
                return f"{{ SELECT {self.one('', 'DISTINCT')} {x} ({x} AS {y}) WHERE {inner()} }}"
            case "counted":
                self.operators.add("GROUP")
                x, y = self.one(("?x", "?y"), ("?y", "?z"))
                return f"{{ SELECT {x} (COUNT({y}) AS {self.fresh()}) WHERE {inner()} GROUP BY {x} }}"
        return self.triple()

    def positive(self):
        """A pattern that more facts can only make match more often."""
        filtered = self.one("", f"FILTER({self.condition(VARIABLES)})")
        return f"{{ {self.triple()} {self.one('', self.triple())} {filtered} }}"

    def group(self, depth):
        elements = [self.triple()] if self.one(True, True, False) else []
        elements += [self.element(depth) for _ in range(self.one(1, 1, 2, 3))]
        return f"{{ {' '.join(elements)} }}"


def case(seed):
    """Make a dataset and a query of any form over it."""
    random = Random(seed)
    writer = Writer(random)
    where = writer.group(2)
    match writer.one("SELECT", "SELECT", "DISTINCT", "EXPRESSION", "COUNT", "HAVING", "ASK", "CONSTRUCT"):
        case "SELECT":
            query = f"SELECT ?x ?y {where}"
        case "DISTINCT":
            query = f"SELECT DISTINCT ?x {where} ORDER BY ?y LIMIT 3"
        case "EXPRESSION":
            query = f"SELECT ?y (STR(?x) AS ?s) {where}"
        case "COUNT":
            query = writer.uses("GROUP", f"SELECT (COUNT(*) AS ?n) {where}")
        case "HAVING":
            query = (
                f"SELECT ?x (COUNT(DISTINCT ?y) AS ?n) {where} GROUP BY ?x (isIRI(?z)) HAVING (COUNT(*) > 0)"
            )
            writer.uses("GROUP", query)
        case "ASK":
            query = f"ASK {where}"
        case _:
            query = f"CONSTRUCT {{ ?x <http://e/made> ?y . ?y <http://e/back> ?x }} WHERE {where}"
    return Case(dataset(random), query, frozenset(writer.operators))


#: Numbers rather than choices are drawn: hypothesis likes small choices, which make empty answers.
cases = st.integers(min_value=0, max_value=2**32 - 1).map(case)
