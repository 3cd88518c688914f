"""Links to a query: what stands in them, wherever they lead."""

from __future__ import annotations

from urllib.parse import urlencode

from portsmouth.store.protocol import Dataset


def link_query(text: str, dataset: Dataset, snapshot: str = "") -> str:
    """Return the parameters of a permanent link: the query itself, what it asks, and the version.

    :param text: the query.
    :param dataset: the graphs and the stance.
    :param snapshot: the version; whichever is served where not given.

    >>> from portsmouth.stance import Stance
    >>> link_query("ASK {}", Dataset(stance=Stance(("s3",))), "1f")
    'query=ASK+%7B%7D&parts=s3&version=1f'
    """
    given = [("query", text)]
    given += [("default-graph-uri", iri) for iri in dataset.default]
    given += [("named-graph-uri", iri) for iri in dataset.named]
    given += [("parts", str(dataset.stance))] if dataset.stance else []
    return urlencode([*given, *([("version", snapshot)] if snapshot else [])])
