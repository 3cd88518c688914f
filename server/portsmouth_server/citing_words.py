"""A citation in the words of the reader's language; what programs get stays English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from portsmouth.citing import Citation
from portsmouth.iris import PASSAGE, SKOS
from portsmouth.queries import NamedQuery
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, values
from portsmouth_server.stances import stance_label
from portsmouth_server.translation import gettext, ngettext, number, of_today
from portsmouth_server.viewing import viewer

_UNNAMED: Final = "SPARQL query: "


def title(citation: Citation, named: Sequence[NamedQuery]) -> str:
    """Say what was asked.

    :param citation: what is cited.
    :param named: the queries that have titles in several languages.
    """
    told = citation.title
    for query in named:
        if query.title == told:
            return viewer().name(query.titles, told)
    if told.startswith(_UNNAMED):
        return gettext("SPARQL query: %(text)s") % {"text": told.removeprefix(_UNNAMED)}
    return told


async def parts(store: Store, citation: Citation) -> Mapping[str, str]:
    """Say what the parts are whose passages carry an answer, by their keys.

    :param store: what knows their labels.
    :param citation: what is cited.
    :raises StoreError: the store could not answer.
    """
    told = {part.key: part.label for part in citation.parts}
    if viewer().language == "en" or not told:
        return told
    named = values([PASSAGE + key for key in told])
    query = f"SELECT ?s ?label {{ VALUES ?s {{ {named} }} ?s <{SKOS}prefLabel> ?label }}"
    found: dict[str, dict[str, str]] = {}
    for row in await rows(store, query):
        key = row["s"].value.removeprefix(PASSAGE)
        found.setdefault(key, {})[row["label"].language or ""] = row["label"].value
    return {key: viewer().name(found.get(key, {}), label) for key, label in told.items()}


def footnote(citation: Citation, asked: str, labels: Mapping[str, str]) -> str:
    """Write a footnote in the reader's language, of the same pieces as the English one.

    :param citation: what is cited.
    :param asked: its title.
    :param labels: what its parts are, by their keys.
    """
    if citation.kind == "boolean":
        extent = gettext("answer yes") if citation.rows else gettext("answer no")
    elif citation.kind == "graph":
        extent = ngettext("%(num)s triple", "%(num)s triples", citation.rows)
    else:
        extent = ngettext("%(num)s row", "%(num)s rows", citation.rows)
    passages = [
        gettext("%(part)s, lines %(lines)s")
        % {"part": labels.get(part.key, part.label), "lines": ", ".join(map(str, part.lines))}
        for part in citation.parts
    ]
    if not citation.whole:
        passages.append(gettext("and further passages"))
    told = [
        f"“{asked}”",
        gettext("Portsmouth 1905: A Knowledge Graph of the Treaty of Portsmouth"),
        gettext("version %(number)s") % {"number": citation.version},
        *([stance_label(citation.dataset.stance)] if citation.dataset.stance else []),
        extent % {"num": number(citation.rows)},
        *([gettext("from %(passages)s") % {"passages": "; ".join(passages)}] if passages else []),
        f"SHA-256 {citation.digest}",
        gettext("accessed %(day)s") % {"day": of_today(citation.accessed)},
        f"<{citation.link}>",
    ]
    return ", ".join(told)
