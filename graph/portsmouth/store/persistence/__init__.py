"""What is written outlives the process: the files of a directory that keeps a dataset.

From bottom to top:

What is in a directory:

- :mod:`~portsmouth.store.persistence.trouble`: what is wrong with a disk
- :mod:`~portsmouth.store.persistence.journal`: what has been written, in order
- :mod:`~portsmouth.store.persistence.segments`: the journal's files
- :mod:`~portsmouth.store.persistence.directories`: names, a lock, the copies of readers
- :mod:`~portsmouth.store.persistence.state`: what is noted of the dataset
- :mod:`~portsmouth.store.persistence.checkpoints`: copies of a store on disk
- :mod:`~portsmouth.store.persistence.bases`: a dataset as one file
- :mod:`~portsmouth.store.persistence.contents`: what was loaded, and where reading begins

Loading and reading:

- :mod:`~portsmouth.store.persistence.replacing`: another dataset, all at once
- :mod:`~portsmouth.store.persistence.copies`: for those who only read
- :mod:`~portsmouth.store.persistence.deriving`: the default graph of a file
- :mod:`~portsmouth.store.persistence.progress`: how far a load has come
- :mod:`~portsmouth.store.persistence.passes`: loading what is still being made
- :mod:`~portsmouth.store.persistence.bulk`: loading large files
- :mod:`~portsmouth.store.persistence.filling`: with the program's dataset or a file's

Writing:

- :mod:`~portsmouth.store.persistence.primary`: what can be written and keeps it
- :mod:`~portsmouth.store.persistence.keeping`: having it keep a write
- :mod:`~portsmouth.store.persistence.memory`: held in memory
- :mod:`~portsmouth.store.persistence.disk`: held on disk
- :mod:`~portsmouth.store.persistence.forms`: from one to the other
"""
