"""From the text of a query to the bytes of its answer, inside one process.

Nothing here knows of other processes or of files. From bottom to top:

Reading texts:

- :mod:`~portsmouth.store.sparql.lexer`: the tokens of a query
- :mod:`~portsmouth.store.sparql.terminals`: what the grammar says of tokens
- :mod:`~portsmouth.store.sparql.faults`: where a query leaves the grammar
- :mod:`~portsmouth.store.sparql.slips`: telling it
- :mod:`~portsmouth.store.sparql.operations`: the operations of an update

Asking the engine otherwise than the text does, where it would fall over, be wrong or take long:

- :mod:`~portsmouth.store.sparql.ranks`: an order of all values
- :mod:`~portsmouth.store.sparql.sorting`: to sort by ranks
- :mod:`~portsmouth.store.sparql.extremes`: the least and the greatest by ranks
- :mod:`~portsmouth.store.sparql.mixing`: which queries need no ranks
- :mod:`~portsmouth.store.sparql.fallen`: which queries have turned out to need them
- :mod:`~portsmouth.store.sparql.rewriting`: the same query at less cost

Answering:

- :mod:`~portsmouth.store.sparql.bounds`: ending what grows too great
- :mod:`~portsmouth.store.sparql.json_results`: long tables as JSON, at the pace of TSV
- :mod:`~portsmouth.store.sparql.engine`: evaluating one query, with all of that
"""
