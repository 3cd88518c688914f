"""Many queries at once: a fork server that holds the dataset, and the workers that it forks from itself.

The store's own process evaluates nothing, so any query can be ended at its deadline. From bottom to top:

What both sides know:

- :mod:`~portsmouth.store.processes.frames`: the messages between them
- :mod:`~portsmouth.store.processes.tally`: what they count
- :mod:`~portsmouth.store.processes.slots`: what they know of each other at any moment
- :mod:`~portsmouth.store.processes.deaths`: why a worker died

The workers' side:

- :mod:`~portsmouth.store.processes.kinds`: what is known of the dataset, for rewriting queries
- :mod:`~portsmouth.store.processes.borrowing`: serving connections that were lent
- :mod:`~portsmouth.store.processes.worker`: the life of one worker
- :mod:`~portsmouth.store.processes.forkserver`: holding the dataset and forking
- :mod:`~portsmouth.store.processes.prepared`: a fork server that is there before its dataset

The store's side:

- :mod:`~portsmouth.store.processes.threads`: the threads of a worker
- :mod:`~portsmouth.store.processes.nursery`: asking for workers and watching them
- :mod:`~portsmouth.store.processes.places`: when a query may run
- :mod:`~portsmouth.store.processes.habits`: which kinds of queries are long
- :mod:`~portsmouth.store.processes.spool`: where an answer waits for its reader
- :mod:`~portsmouth.store.processes.answer`: the answer that a worker writes
- :mod:`~portsmouth.store.processes.lending`: lending connections to workers
"""
