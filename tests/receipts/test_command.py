"""``portsmouth query --receipts``: under each row the passages that support it."""

import json

import pyoxigraph as ox

from portsmouth.cli import run


def test_each_row_is_followed_by_its_passages(capfd):
    assert (
        run(["query", "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who } LIMIT 1", "--receipts"]) == 0
    )
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("who d:")
    assert lines[1].startswith("  p:s")
    assert " line " in lines[1]
    assert "1 row" in lines
    assert lines[-1].startswith("note: the receipt says why a row holds")


def test_json_carries_the_receipts_as_a_member(capfd):
    assert run(["query", "ASK { ?s pt:signedBy ?o }", "--receipts", "--format", "json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert list(answer) == ["head", "receipts", "boolean"]
    assert answer["receipts"]["facts"]


def test_a_graph_is_told_triple_by_triple(capfd):
    text = "CONSTRUCT { ?who pt:mentions ?t } WHERE { ?t pt:signedBy ?who } LIMIT 1"
    assert run(["query", text, "--receipts"]) == 0
    assert "pt:mentions" in capfd.readouterr().out.splitlines()[0]


def test_receipts_have_no_other_format(capfd):
    assert run(["query", "ASK {}", "--receipts", "--format", "csv"]) == 2
    assert "found --receipts with --format csv" in capfd.readouterr().err


def test_what_is_enough_for_a_row_is_told(capfd):
    assert run(["query", "ASK { d:treaty-of-portsmouth pt:signedBy d:witte }", "--receipts"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert "  enough: p:s3-207 or p:s5-229" in lines
    assert "  2 passages, 2 independent texts" in lines


def test_a_graph_is_written_by_the_passages_that_support_its_triples(capfd):
    text = "CONSTRUCT WHERE { d:treaty-of-portsmouth pt:signedBy d:witte }"
    assert run(["query", text, "--receipts", "--format", "trig"]) == 0
    quads = ox.parse(capfd.readouterr().out.encode(), format=ox.RdfFormat.TRIG)
    assert sorted(quad.graph_name.value[-6:] for quad in quads) == ["s3-207", "s5-229"]
    assert run(["query", text, "--receipts", "--format", "json"]) == 2
    assert "expected json for a table, trig for a graph" in capfd.readouterr().err
