"""The conflict desk: what is read from a store, and what the command prints."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys

import pytest

from portsmouth import iris
from portsmouth.build import build
from portsmouth.conflicts import KINDS, find, read_conflicts, select
from portsmouth.errors import NotFoundError, ParameterError
from portsmouth.iris import ID, shorten
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import Update
from portsmouth.store.writable import WritableStore


@pytest.fixture(scope="module")
def conflicts():
    async def read():
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            return await read_conflicts(store)

    return asyncio.run(read())


def test_every_disagreement_of_the_build_is_read(conflicts):
    assert len(conflicts) == build().counts["disagreements"]
    assert {one.kind for one in conflicts} == set(KINDS)


def test_every_value_has_the_passages_that_give_it(conflicts):
    for conflict in conflicts:
        assert len(conflict.values) > 1 or conflict.kind == "internal", conflict.iri
        assert conflict.explanation.endswith(".")
        for value in conflict.values:
            assert value.accounts, (conflict.iri, value.label)
            assert all(one.gloss and one.part and one.line for one in value.accounts)


def test_the_refusal_of_the_french_mediation_has_two_refusers(conflicts):
    conflict = find(conflicts, "refusal-of-french-mediation-agent")
    told = {value.label: [shorten(one.passage) for one in value.accounts] for value in conflict.values}
    assert told == {"Japan": ["p:s5-235"], "Russia": ["p:s8-360"]}


def test_a_date_is_told_as_printed_too(conflicts):
    conflict = find(conflicts, "battle-of-tsushima-when")
    puts = {shorten(one.passage): one.put for value in conflict.values for one in value.accounts}
    assert puts["p:s7-326"] == "27–28 May (no year), no calendar named"
    assert puts["p:s2-119"] == "14–15 May (no year), Old Style; 27–28 May (no year), New Style"


def test_another_telling_is_named(conflicts):
    conflict = find(conflicts, "outbreak-of-russo-japanese-war-when")
    accounts = [one for value in conflict.values for one in value.accounts]
    tellings = {shorten(one.passage): one.telling for one in accounts}
    assert tellings["p:s8-352"] == ID + "attack-of-japan-on-russia"
    assert tellings["p:s1-009"] == ""


def test_a_figure_reads_as_one(conflicts):
    conflict = find(conflicts, "russo-japanese-war-duration-year")
    assert {value.label for value in conflict.values} == {"more than 1 (year)", "2 (year)"}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_part_the_whole(conflicts, kind):
    chosen = select(conflicts, kind=kind)
    assert chosen
    assert all(one.kind == kind for one in chosen)
    assert sum(len(select(conflicts, kind=one)) for one in KINDS) == len(conflicts)


def test_a_part_is_chosen_by_its_accounts(conflicts):
    for part in ("s1", "s5", "s8"):
        chosen = select(conflicts, part=part)
        assert set(chosen) == {one for one in conflicts if any(f"/{part}-" in p for p in one.passages)}
    assert select(conflicts, part="s99") == ()


def test_an_entity_is_chosen_as_subject_as_value_and_by_what_is_tied_to_it(conflicts):
    def names(entity):
        return {one.name for one in select(conflicts, entity=ID + entity)}

    assert "battle-of-tsushima-when" in names("battle-of-tsushima")
    assert "second-pacific-squadron-commanded-by" in names("nebogatov")
    assert "tenure-rosen-ambassador-united-states-office" in names("rosen")
    assert "outbreak-of-russo-japanese-war-when" in names("attack-of-japan-on-russia")
    assert names("klitin") == set()


@pytest.mark.parametrize("asked", [{"kind": "contrary"}, {"part": "5"}, {"part": "s5-235"}])
def test_what_cannot_be_chosen_is_refused(asked):
    with pytest.raises(ParameterError, match="expected"):
        select((), **asked)


def test_a_name_that_no_disagreement_has():
    with pytest.raises(NotFoundError):
        find((), "x")


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "portsmouth", "conflicts", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_prints_accounts_below_each_value():
    code, out, _ = command("--entity", "d:refusal-of-french-mediation", "--kind", "incompatible")
    assert code == 0
    assert "[incompatible]" in out
    assert (
        out.index("- Japan")
        < out.index("p:s5-235 (“ญี่ปุ่น”):")
        < out.index("- Russia")
        < out.index("p:s8-360 (“รัสเซีย”):")
    )
    assert out.endswith("1 disagreement\n")


def test_the_command_writes_json_and_csv(conflicts):
    _, told, _ = command("--format", "json")
    assert [one["iri"] for one in json.loads(told)] == [one.iri for one in conflicts]
    _, table, _ = command("--kind", "internal", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {(row["part"], row["line"], row["kind"]) for row in rows} == {("s1", "61", "internal")}


def test_an_ambiguous_name_is_told_with_the_names_that_are_not():
    code, out, error = command("--entity", "Tsushima")
    assert (code, out) == (2, "")
    assert "d:battle-of-tsushima (Battle of Tsushima)" in error
    assert "Traceback" not in error


def test_an_unknown_name_and_an_unknown_part_are_refused():
    for arguments in (("--entity", "Xyzzy"), ("--part", "five"), ("--kind", "contrary")):
        code, out, error = command(*arguments)
        assert (code, out, len(error.splitlines())) == (2, "", 1), error


class WrittenMeanwhile:
    """A store that somebody else writes once the disagreements have been read."""

    def __init__(self, store, text):
        self.store, self.text = store, text
        self.asked = 0

    @property
    def snapshot(self):
        return self.store.snapshot

    async def query(self, query):
        self.asked += 1
        if self.asked == 2:
            await self.store.update(Update(self.text))
        return await self.store.query(query)


def test_what_is_written_meanwhile_breaks_nothing():
    passage, prefixes = (
        f"<{iris.passage('s1', 1)}>",
        "".join(f"PREFIX {name}: <{iri}> " for name, iri in iris.PREFIXES.items()),
    )
    told = f"""INSERT DATA {{
      GRAPH g:derived {{
        <http://e/d> a pt:Disagreement ; dcterms:type c:incompatible ; pt:disputedSubject <http://e/s> ;
          pt:disputedProperty pt:amount ; pt:disputedValue <http://e/v1> ; prov:wasDerivedFrom {passage} }}
      GRAPH {passage} {{ <http://e/v1> pt:amount 1 }} }}"""

    async def read():
        async with WritableStore.in_memory(b"") as store:
            await store.update(Update(prefixes + told))
            return await read_conflicts(WrittenMeanwhile(store, prefixes + told.replace("/v1", "/v2")))

    (found,) = asyncio.run(read())
    assert [value.label for value in found.values] == ["1"]
