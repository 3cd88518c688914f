"""``/graphs``: the SPARQL 1.1 Graph Store HTTP Protocol."""
