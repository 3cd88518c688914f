"""A store of one hand-made graph, and one of the facts as they are."""

import asyncio

import pyoxigraph as ox
import pytest

from portsmouth.build import build
from portsmouth.iris import PREFIXES
from portsmouth.networks import Selection, project
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.materialising import materialise


class Answer:
    kind = "solutions"
    complete = True

    def __init__(self, body, media_type):
        self.body, self.media_type = body, media_type

    async def __aiter__(self):
        # Odd pieces, so that lines and characters are cut in two.
        for start in range(0, len(self.body), 7):
            yield self.body[start : start + 7]

    async def aclose(self):
        pass


class OneGraph:
    """Any store will do: this one evaluates in place, and ends its lines as it pleases."""

    snapshot = "hand-made"

    def __init__(self, trig, line_end="\n"):
        prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
        self.store = ox.Store()
        self.line_end = line_end
        self.store.bulk_load((prefixes + trig).encode(), format=ox.RdfFormat.TRIG)
        for quad in list(self.store):
            self.store.add(ox.Quad(quad.subject, quad.predicate, quad.object))

    async def query(self, query):
        stance = query.dataset.stance
        results = (materialise(self.store, stance) if stance else self.store).query(query.text)
        body = results.serialize(format=ox.QueryResultsFormat.TSV)
        return Answer(body.replace(b"\n", self.line_end.encode()), query.formats.results)


@pytest.fixture(scope="session")
def drawn():
    """Make a network of hand-written facts."""

    def draw(trig, line_end="\n", **selection):
        return asyncio.run(project(OneGraph(trig, line_end), Selection(**selection)))

    return draw


@pytest.fixture(scope="session")
def of_the_facts():
    """Make a network of the facts as they are today; they may change, so tests count nothing in it."""
    built = build()

    async def ask(selection):
        async with EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot) as store:
            return await project(store, selection)

    return lambda **selection: asyncio.run(ask(Selection(**selection)))
