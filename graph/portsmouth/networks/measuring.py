"""Actors, ranked or grouped, as rows: what a page, a table and a file show of a measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from portsmouth.networks.measures import communities, degrees_by_mode, rank

if TYPE_CHECKING:
    from portsmouth.networks.measures import Sample
    from portsmouth.networks.witness import Witness

#: Measures beside those that give every actor one score.
GROUPINGS: Final = ("communities", "modes")


class MeasuredActor(NamedTuple):
    """An actor and what a measure says of it.

    :param iri: the actor; of another mode of acts the same actor has another row.
    :param values: one for each of :attr:`Measured.names`.
    """

    iri: str
    values: tuple[object, ...]


class Measured(NamedTuple):
    """What a measure says of the actors of a network.

    :param names: what the values of a row are: ``group``; or ``mode``, ``acts`` and ``acted_on``; or
        ``score`` and, where it is estimated, ``standard_error``.
    :param rows: the actors, in the order of the measure.
    :param witness: how a ranking follows from how often actors are mentioned.
    :param sample: the actors that it is estimated from, where these are not all.
    """

    names: tuple[str, ...]
    rows: list[MeasuredActor]
    witness: Witness | None = None
    sample: Sample | None = None


def measured(network: Any, measure: str, mentions: Mapping[str, int], *, certain: bool = False) -> Measured:
    """Rank or group the actors of a network.

    :param network: as :func:`portsmouth.networks.project` returns it.
    :param measure: the name of a measure, or one of :data:`GROUPINGS`.
    :param mentions: in how many passages each actor is mentioned.
    :param certain: whether only chains count that hold on whatever days of their spans acts lie.
    :raises ParameterError: there is no such measure.

    >>> import networkx as nx
    >>> found = measured(nx.MultiDiGraph([("a", "b"), ("a", "c")]), "out-degree", {"a": 3, "b": 1, "c": 1})
    >>> found.names, found.rows[0]
    (('score',), MeasuredActor(iri='a', values=(2,)))
    """
    if measure == "communities":
        groups = enumerate(communities(network), 1)
        grouped = [MeasuredActor(actor, (number,)) for number, group in groups for actor in sorted(group)]
        return Measured(("group",), grouped)
    if measure == "modes":
        by_mode = [
            MeasuredActor(actor, (mode, *acts))
            for actor, modes in sorted(degrees_by_mode(network).items())
            for mode, acts in modes.items()
        ]
        return Measured(("mode", "acts", "acted_on"), by_mode)
    ranking = rank(network, measure, mentions=mentions, certain=certain)
    scores, sample = ranking.scores, ranking.sample
    if sample is None:
        ranked = [MeasuredActor(actor, (score,)) for actor, score in scores.items()]
        return Measured(("score",), ranked, ranking.witness)
    estimated = [MeasuredActor(actor, (score, sample.errors[actor])) for actor, score in scores.items()]
    return Measured(("score", "standard_error"), estimated, ranking.witness, sample)
