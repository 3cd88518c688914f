"""Where the data lie: in the checkout while developing, in the wheel once installed."""

from __future__ import annotations

from pathlib import Path

from portsmouth.errors import MissingDataError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def _folder(installed: str, checkout: str) -> Path:
    for candidate in (_PACKAGE / "data" / installed, _CHECKOUT / checkout):
        if candidate.is_dir():
            return candidate
    raise MissingDataError(folder=installed, looked_in=(_PACKAGE / "data" / installed, _CHECKOUT / checkout))


def ontology_folder() -> Path:
    """Return the folder of the ontology's files.

    >>> (ontology_folder() / "portsmouth.ttl").is_file()
    True
    """
    return _folder("ontology", "ontology")


def facts_folder() -> Path:
    """Return the folder that holds one folder of facts a source document."""
    return _folder("facts", "graph/facts")


def queries_folder() -> Path:
    """Return the folder of the named queries."""
    return _folder("queries", "queries")
