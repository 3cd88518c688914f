"""Stores: what answers queries, and what is written.

:mod:`~portsmouth.store.protocol` says what any store must do. There are three:

- :mod:`~portsmouth.store.embedded` answers with worker processes of its own;
- :mod:`~portsmouth.store.writable` can be written besides, in memory or on disk;
- :mod:`~portsmouth.store.remote` asks another SPARQL service.

:mod:`~portsmouth.store.limits` are what one query may take, :mod:`~portsmouth.store.stances` ask for the
dataset of a stance (:mod:`~portsmouth.store.materialising` makes it), and :mod:`~portsmouth.store.rows` and
:mod:`~portsmouth.store.tables` read what a store answers.

What the stores are made of stands in rooms, of which each imports only from those that are named before it:

- :mod:`~portsmouth.store.sparql`: from the text of a query to its answer, inside one process;
- :mod:`~portsmouth.store.updates`: what a write would change, and a change as a value;
- :mod:`~portsmouth.store.persistence`: what is written outlives the process, in the files of a directory;
- :mod:`~portsmouth.store.processes`: many queries at once, each within its limits, in forked workers;
- :mod:`~portsmouth.store.writing`: one write after another, while queries go on;
- :mod:`~portsmouth.store.service`: speaking to another SPARQL service.
"""
