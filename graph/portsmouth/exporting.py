"""Writing the dataset in any RDF format."""

from __future__ import annotations

import io

import pyoxigraph as ox

from portsmouth.errors import NotFoundError
from portsmouth.formats import PREFIXED, RDF_FORMATS
from portsmouth.iris import PREFIXES


def export(nquads: bytes, name: str, graph: str | None = None) -> bytes:
    """Write a dataset, or one graph of it.

    :param nquads: the dataset as N-Quads.
    :param name: the format's short name, a key of :data:`portsmouth.formats.RDF_FORMATS`.
    :param graph: ``default``, a graph's IRI, or its name with a known prefix; without it the formats that
        know graphs carry the named graphs, from which the default graph follows, and N-Quads carry both.
    :raises NotFoundError: the dataset has no such graph.

    >>> export(b"<http://e/s> <http://e/p> <http://e/o> <http://e/g> .", "nt", "http://e/g")
    b'<http://e/s> <http://e/p> <http://e/o> .\\n'
    """
    rdf_format = RDF_FORMATS[name]
    if name == "nq" and graph is None:
        return nquads
    quads = list(ox.parse(nquads, format=ox.RdfFormat.N_QUADS))
    if graph is None and rdf_format.supports_datasets:
        chosen = [quad for quad in quads if not isinstance(quad.graph_name, ox.DefaultGraph)]
        return _write(chosen, rdf_format)
    wanted = _graph(graph)
    triples = [quad.triple for quad in quads if quad.graph_name == wanted]
    if not triples and graph is not None:
        raise NotFoundError(found=f"no graph {graph}", expected="default, or a graph such as p:s3-173")
    return _write(triples, rdf_format)


def _graph(name: str | None) -> ox.NamedNode | ox.DefaultGraph:
    if name is None or name == "default":
        return ox.DefaultGraph()
    prefix, colon, local = name.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local if colon and prefix in PREFIXES else name)


def _write(statements: list[ox.Quad] | list[ox.Triple], rdf_format: ox.RdfFormat) -> bytes:
    if rdf_format.supports_datasets:
        statements = [ox.Quad(*item) if isinstance(item, ox.Triple) else item for item in statements]
    prefixes = PREFIXES if rdf_format in PREFIXED else None
    output = io.BytesIO()
    ox.serialize(statements, output, rdf_format, prefixes=prefixes)
    return output.getvalue()
