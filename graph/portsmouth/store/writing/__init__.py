"""One write after another, while queries go on.

From bottom to top:

- :mod:`~portsmouth.store.writing.pacing`: when the next write may begin
- :mod:`~portsmouth.store.writing.turns`: whose turn it is
- :mod:`~portsmouth.store.writing.following`: what workers are told of a write
- :mod:`~portsmouth.store.writing.rebasing`: keeping the journal from growing without end
"""
