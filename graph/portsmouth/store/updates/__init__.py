"""What a write would change, and a change as a value that others apply, inside one process.

From bottom to top:

- :mod:`~portsmouth.store.updates.blocks`: many quads as text
- :mod:`~portsmouth.store.updates.changes`: what a write changes
- :mod:`~portsmouth.store.updates.effects`: from what is asked for to what changes
- :mod:`~portsmouth.store.updates.loading`: the document that ``LOAD`` names
- :mod:`~portsmouth.store.updates.evaluating`: evaluating an update
- :mod:`~portsmouth.store.updates.graphs`: the version of a graph
- :mod:`~portsmouth.store.updates.graph_writes`: evaluating the writing of one graph
"""
