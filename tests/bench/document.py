"""The report: a section for each measurement, each with its own date and machine, merged into one file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

INTRODUCTION = """\
# Performance

Written by `scripts/bench`, section by section; each says when, where and with which versions.

Every server answers the same requests in turn, round by round, so that what else the machine does falls
on all alike; ratios are medians of the rounds' own ratios of answers a second. Their answers are
compared before anything is timed.

- *lookup*: one pattern about one thing. *small*: a few patterns about one thing. *scan*: reads at least
  a tenth of the graph and answers little. *large*: answers thousands of rows. *mix*: 94 small questions
  for every round of scans and large answers. *Unique*: no two requests alike; *repeated*: the same ones
  again and again, which all have been asked before.
- Servers: *oxigraph, union* is `oxigraph serve-read-only --union-default-graph`; *oxigraph,
  materialised* the same server on the default graph that this one derives; *rdflib-endpoint* and
  *virtuoso* with their defaults.
- *CPU* is the processor time of the server's whole family of processes for a request, *PSS* its memory
  with shared pages counted once. The load generator runs on the same processors.
- Questions that take long are sent as a fixed list, the same for every server but those that take more
  than eight times as long, instead of for a fixed time; their p99 is the longest where there are fewer
  than 100. Where an answer takes more than 2 s on average, each question is asked once, of one server
  after the other.
- Growth and writing are measured once a server has done what it does by itself after a start.
"""


def merged(existing: str, written: Mapping[str, str], order: Sequence[str]) -> str:
    """Put sections into a report in the place of their earlier versions.

    :param existing: the report so far; empty for none.
    :param written: by title, the text of sections.
    :param order: the titles that a report may have, in its order; others are left out.

    >>> text = merged("# P\\n\\n## A\\n\\nold\\n\\n## B\\n\\nkept\\n", {"A": "new"}, ["A", "B", "C"])
    >>> print(text.removeprefix(INTRODUCTION))
    <BLANKLINE>
    ## A
    <BLANKLINE>
    new
    <BLANKLINE>
    ## B
    <BLANKLINE>
    kept
    <BLANKLINE>
    """
    parts = re.split(r"^## (.*)\n", existing, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True)) | written
    lines = (f"\n## {title}\n\n{sections[title].strip()}\n" for title in order if title in sections)
    return INTRODUCTION + "".join(lines)


def stamped(body: Iterable[str], stamp: str) -> str:
    """Return the text of a section under the line that says when and where it was made."""
    return "\n".join([f"*{stamp}*", "", *body])


def update(path: Path, title: str, body: str, order: Sequence[str]) -> None:
    """Replace one section of a report, and no other."""
    existing = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(merged(existing, {title: body}, order), encoding="utf-8")
