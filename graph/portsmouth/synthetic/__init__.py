"""Corpora of invented diplomacy in the project's own ontology, of any size, the same bytes for one seed.

A corpus is laid out as the real one: documents of eight parts, a named graph for each passage with its place
in the catalogue, labels and glosses in English and Thai, dates as printed with their Gregorian spans, what
rules derive, the passages that disagree, the ontology, and the default graph with every triple once. Built
from the same passages, :func:`portsmouth.build.build` gives the same quads. Names, events and texts are
invented; no fact of a corpus is a fact.

It is written as a stream, in memory that does not grow with the corpus.
"""

from portsmouth.synthetic.corpus import Corpus, Counts

__all__ = ["Corpus", "Counts"]
