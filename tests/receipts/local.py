"""A store in this process, for tests: the engine without workers, behind the same port."""

import io

import pyoxigraph as ox

from portsmouth.store.sparql import engine


class LocalAnswer:
    complete = True

    def __init__(self, kind, media_type, body):
        self.kind = kind
        self.media_type = media_type
        self.body = body

    async def __aiter__(self):
        yield self.body

    async def aclose(self):
        pass


class LocalStore:
    """Answers from an Oxigraph store in memory, and counts the queries."""

    snapshot = "local"

    def __init__(self, nquads):
        self.store = ox.Store()
        self.store.load(nquads, ox.RdfFormat.N_QUADS)
        self.asked = []

    async def query(self, query):
        self.asked.append(query)
        evaluation = engine.evaluate(self.store, query)
        out = io.BytesIO()
        evaluation.write(out)
        return LocalAnswer(evaluation.kind, evaluation.media_type, out.getvalue())

    async def aclose(self):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        pass
