"""The command that invents a corpus, for benchmarks and trials at scale."""

from __future__ import annotations

from typing import Annotated

import typer

from portsmouth.cli.base import OutputOption, app
from portsmouth.cli.output import destination
from portsmouth.cli.telling import notes


@app.command()
def synthesize(
    events: Annotated[
        int | None, typer.Option(min=1, help="How many acts of influence it holds. [default: 1000]")
    ] = None,
    quads: Annotated[
        int | None, typer.Option(min=1, help="Instead, about how many quads it holds, never fewer.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same bytes.")] = 1,
    output: OutputOption = None,
) -> None:
    """Invent a corpus of diplomacy in the ontology of the graph, and write it as N-Quads.

    Documents, passages, actors, dated acts of influence, battles, offices, treaties and rival accounts,
    all made up, laid out as the real graph is. It is written as a stream, however large.

    \b
    portsmouth synthesize --events 1000 --seed 1 -o corpus.nq
    portsmouth synthesize --quads 10000000 -o large.nq
    """
    from portsmouth.synthetic import Corpus

    corpus = Corpus(events=1000 if events is None and quads is None else events, quads=quads, seed=seed)
    with (
        notes.status("inventing") as status,
        destination(output) as sink,
    ):
        for chunk in corpus:
            sink.write(chunk)
            status.update(f"inventing: {corpus.counts.quads:,} quads")
    counts = corpus.counts
    notes.print(
        f"{counts.quads:,} quads: {counts.events:,} acts of influence among {counts.actors:,} actors, "
        f"{counts.passages:,} passages in {counts.documents:,} documents, "
        f"{counts.disagreements:,} disagreements; seed {seed}"
    )
