"""A knowledge graph of the Treaty of Portsmouth (1905), passage by passage.

The data flow one way: ontology and facts are built into a dataset
(:mod:`portsmouth.build`), a store answers SPARQL about it
(:mod:`portsmouth.store`), and the command line (:mod:`portsmouth.cli`) and the
server (:mod:`portsmouth_server`) are views of that.
"""

__version__ = "0.1.0"
