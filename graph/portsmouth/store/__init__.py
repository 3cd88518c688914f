"""Stores: what answers queries.

:mod:`~portsmouth.store.protocol` says what a store is,
:mod:`~portsmouth.store.embedded` is the one that runs beside the program.
"""
