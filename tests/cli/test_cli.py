"""The command line as users meet it: a program, its output, its exit code."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pyoxigraph as ox
import pytest

from portsmouth import resources

SIGNERS = "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who } ORDER BY ?who"


def portsmouth(*arguments, stdin=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "portsmouth", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


def fails(code, *arguments, says, **options):
    """Check that a call fails as it should: its exit code, one line that says why, no traceback."""
    done = portsmouth(*arguments, **options)
    told = done.stderr.decode()
    assert done.returncode == code, told
    assert says in told
    assert "Traceback" not in told
    assert done.stdout == b""
    return told


@pytest.fixture
def facts(tmp_path):
    """A copy of the facts, to break."""
    return shutil.copytree(resources.facts_folder(), tmp_path / "facts")


# --- query


def test_a_query_in_a_pipe_gives_csv():
    done = portsmouth("query", SIGNERS)
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert rows[0] == ["who"]
    assert ["https://w3id.org/portsmouth1905/id/witte"] in rows


def test_a_table_shortens_what_people_know():
    done = portsmouth("query", SIGNERS, "--format", "table")
    assert "d:witte" in done.stdout.decode()
    assert "rows" in done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "parse"),
    [("json", json.loads), ("xml", lambda b: b.index(b"<sparql")), ("tsv", lambda b: b.index(b"?who\n"))],
)
def test_every_result_format_is_to_be_had(name, parse):
    done = portsmouth("query", SIGNERS, "--format", name)
    assert done.returncode == 0
    parse(done.stdout)


@pytest.mark.parametrize("name", ["ttl", "nt", "nq", "trig", "jsonld", "rdf"])
def test_every_graph_format_is_to_be_had(name):
    formats = {
        "ttl": ox.RdfFormat.TURTLE,
        "nt": ox.RdfFormat.N_TRIPLES,
        "nq": ox.RdfFormat.N_QUADS,
        "trig": ox.RdfFormat.TRIG,
        "jsonld": ox.RdfFormat.JSON_LD,
        "rdf": ox.RdfFormat.RDF_XML,
    }
    done = portsmouth("query", "CONSTRUCT WHERE { d:article-9 a ?type }", "--format", name)
    assert list(ox.parse(done.stdout, format=formats[name]))


def test_a_query_is_read_from_a_file_and_from_standard_input(tmp_path):
    (tmp_path / "q.rq").write_text(SIGNERS, encoding="utf-8")
    assert portsmouth("query", "--file", tmp_path / "q.rq").stdout == portsmouth("query", SIGNERS).stdout
    assert portsmouth("query", "-", stdin=SIGNERS.encode()).stdout == portsmouth("query", SIGNERS).stdout


def test_a_named_query_takes_parameters():
    whole = portsmouth("query", "--name", "provisions-of-article", "--param", "number=9")
    assert b"south-sakhalin" in whole.stdout
    assert (
        portsmouth("query", "--name", "provisions-of-article", "--param", "number=8").stdout != whole.stdout
    )


def test_the_named_queries_are_listed():
    done = portsmouth("query", "--list")
    for path in resources.queries_folder().glob("*.rq"):
        assert path.stem in done.stdout.decode()


def test_a_store_on_disk_answers_alike(tmp_path):
    in_memory = portsmouth("query", SIGNERS)
    for _ in range(2):
        assert portsmouth("query", SIGNERS, "--store", tmp_path / "store").stdout == in_memory.stdout


def test_a_query_that_is_not_sparql_is_told_with_its_place():
    assert "line 2, column" in fails(2, "query", "SELECT *\n{ ?s ex:a ?o }", says="PREFIX ex:")


def test_a_slip_in_a_name_does_not_pass_for_silence():
    done = portsmouth("query", "SELECT ?x { ?x a pt:Persn }")
    assert done.stdout == b"x\r\n"
    assert "nothing in the graph is named pt:Persn; did you mean pt:Person?" in done.stderr.decode()


def test_names_that_the_graph_has_are_not_remarked_on():
    for path in resources.queries_folder().glob("[a-c]*.rq"):
        assert b"nothing in the graph" not in portsmouth("query", "--name", path.stem).stderr


def test_a_query_that_runs_away_ends_at_its_deadline():
    fails(
        4,
        "query",
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "--deadline",
        "1",
        says="1 seconds",
    )


#: The engine falls over sorting all values of the graph. For the note it is not seen before.
MIXED = "SELECT ?o { GRAPH ?g { ?s ?p # of any property\n ?o } } ORDER BY ?o"


@pytest.mark.parametrize("query", [MIXED, MIXED.replace("# of any property\n", "")])
def test_a_query_that_sorts_all_values_is_answered(query):
    done = portsmouth("query", query)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") > 20_000


#: The engine falls over this whatever the facts are: a thousand numbers, each as a value of four kinds.
DIGITS = " ".join(f"VALUES ?{place} {{ 0 1 2 3 4 5 6 7 8 9 }}" for place in "abc")
KINDS = ["?n", "STR(?n)", "STRDT(STR(?n + 1000), xsd:gYear)", 'STRLANG(STR(?n), "en")']
FALLING = "SELECT ?v {{ {} }} ORDER BY ?v".format(
    " UNION ".join(
        f"{{ {DIGITS} BIND(100 * ?a + 10 * ?b + ?c AS ?n) BIND({kind} AS # of a kind of its own\n ?v) }}"
        for kind in KINDS
    )
)


def test_a_fault_of_the_engine_is_told_in_one_line():
    unmended = "from portsmouth.store.sparql import fallen; fallen.ranked = lambda _: None; import runpy;"
    run = f"{unmended} runpy.run_module('portsmouth', run_name='__main__', alter_sys=True)"
    done = subprocess.run([sys.executable, "-c", run, "query", FALLING], capture_output=True, timeout=120)
    assert (done.returncode, done.stdout) == (4, b"")
    (line,) = done.stderr.decode().splitlines()
    assert "fault of the engine" in line


def test_a_query_calls_no_other_host():
    fails(2, "query", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", says="SERVICE")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["query"], "0 queries"),
        (["query", "ASK {}", "--name", "x"], "2 queries"),
        (["query", "--name", "signatorie"], "signatories"),
        (["query", "--name", "provisions-of-article", "--param", "number=nine"], "a whole number"),
        (["query", "--name", "provisions-of-article", "--param", "number"], "name=value"),
        (["query", "--name", "provisions-of-article", "--param", "article=9"], "one of number"),
        (["query", "ASK {}", "--param", "a=b"], "named query"),
        (["query", "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "csv"], "text/turtle"),
        (["query", "ASK {}", "--format", "ttl"], "sparql-results"),
        (["query", "ASK {}", "--format", "pdf"], "pdf"),
        (["query", "--file", "no-such-file.rq"], "no-such-file.rq"),
        (["export", "--graph", "p:s3-999"], "p:s3-999"),
        (["serve", "--port", "99999"], "65535"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_wrong_call_is_refused_in_words(arguments, says):
    fails(2, *arguments, says=says)


def test_bytes_that_are_not_utf_8_are_refused():
    fails(2, "query", "-", stdin=b"ASK {} # \xff", says="offset 9")


def test_a_wrong_setting_in_the_environment_is_refused():
    fails(2, "serve", says="PORTSMOUTH_PORT", PORTSMOUTH_PORT="high")


def test_a_file_is_not_passed_over_where_the_environment_names_a_service(tmp_path):
    file = tmp_path / "a.nq"
    file.write_bytes(b"")
    service = "http://127.0.0.1:9/sparql"
    fails(2, "serve", "--data", file, says="an endpoint with --data", PORTSMOUTH_ENDPOINT=service)


# --- build and validate


def test_a_build_is_the_same_bytes_every_time(tmp_path):
    first, second = tmp_path / "a.nq", tmp_path / "b.nq"
    snapshots = {
        portsmouth("build", "--output", path, PYTHONHASHSEED=seed).stdout
        for path, seed in ((first, "1"), (second, "2"))
    }
    assert first.read_bytes() == second.read_bytes()
    assert len(snapshots) == 1


def test_broken_facts_are_told_all_at_once_with_file_and_line(facts):
    broken = facts / "portsmouth-th" / "3-treaty.trig"
    text = broken.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    broken.write_text(text.replace(" a pt:Article ;", " a pt:Artikle ;", 1), encoding="utf-8")
    number = next(i for i, line in enumerate(lines, 1) if " a pt:Article ;" in line)
    essay = facts / "portsmouth-th" / "5-essay.trig"
    essay.write_text(essay.read_text(encoding="utf-8") + "\np:s5-227 { d:x a }\n", encoding="utf-8")
    told = fails(1, "build", "--facts", facts, says=f"3-treaty.trig:{number}: found pt:Artikle")
    assert "pt:Article?" in told
    assert "5-essay.trig" in told


def test_the_facts_are_valid():
    done = portsmouth("validate")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert "no findings" in done.stderr.decode()
    # Rival accounts are known, and not put as something to mend.
    lines = done.stdout.decode().splitlines()
    assert lines and all(line.startswith("known disagreement: ") for line in lines)


def test_a_passage_that_breaks_a_shape_is_told_with_file_and_line(facts):
    treaty = facts / "portsmouth-th" / "3-treaty.trig"
    text = treaty.read_text(encoding="utf-8")
    position = text.index("p:s3-163 {") + len("p:s3-163 {")
    treaty.write_text(
        text[:position] + '\n  d:article-7 pt:printedNumber "VII" .' + text[position:], encoding="utf-8"
    )
    line = text[:position].count("\n") + 2
    done = portsmouth("validate", "--facts", facts)
    assert done.returncode == 1
    assert f"3-treaty.trig:{line}" in done.stdout.decode() or "3-treaty.trig" in done.stdout.decode()
    assert "printedNumber" in done.stdout.decode()


# --- export


def test_export_writes_what_the_name_of_its_file_ends_in(tmp_path):
    begins = {"ttl": b"@prefix", "rdf": b"<?xml", "jsonld": b"[{", "nt": b"<http", "NQ": b"<http"}
    for ending, begin in begins.items():
        done = portsmouth("export", "--graph", "p:s3-173", "-o", tmp_path / f"passage.{ending}")
        assert (done.returncode, (tmp_path / f"passage.{ending}").read_bytes()[: len(begin)]) == (0, begin)
    refused = portsmouth("export", "-o", tmp_path / "portsmouth.csv")
    assert refused.returncode == 2 and b"a name that ends in one of .nq, .trig" in refused.stderr
    assert not (tmp_path / "portsmouth.csv").exists()


def test_what_is_called_wrongly_is_led_to_the_help_of_its_command():
    assert b"(portsmouth search --help explains)" in portsmouth("search").stderr


def test_the_whole_goes_out_and_back_in_every_format(tmp_path):
    whole = portsmouth("export").stdout
    quads = set(ox.parse(whole, format=ox.RdfFormat.N_QUADS))
    named = {quad for quad in quads if not isinstance(quad.graph_name, ox.DefaultGraph)}
    default = {quad.triple for quad in quads - named}
    # Every default triple occurs in at least one named graph, and the other way round.
    assert {quad.triple for quad in named} == default
    for name, rdf_format in {"trig": ox.RdfFormat.TRIG, "jsonld": ox.RdfFormat.JSON_LD}.items():
        portsmouth("export", "--format", name, "--output", tmp_path / name)
        found = ox.Dataset(ox.parse((tmp_path / name).read_bytes(), format=rdf_format))
        expected = ox.Dataset(named)
        for dataset in (found, expected):
            dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        assert found == expected
    for name, rdf_format in {
        "ttl": ox.RdfFormat.TURTLE,
        "nt": ox.RdfFormat.N_TRIPLES,
        "rdf": ox.RdfFormat.RDF_XML,
    }.items():
        done = portsmouth("export", "--format", name)
        found = ox.Dataset(ox.parse(done.stdout, format=rdf_format))
        expected = ox.Dataset(ox.Quad(*triple) for triple in default)
        for dataset in (found, expected):
            dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        assert found == expected


def test_one_passage_goes_out_alone():
    done = portsmouth("export", "--graph", "p:s3-173", "--format", "ttl")
    subjects = {quad.subject.value for quad in ox.parse(done.stdout, format=ox.RdfFormat.TURTLE)}
    assert "https://w3id.org/portsmouth1905/id/article-9" in subjects


# --- the program itself


def test_help_explains_every_command_and_its_options():
    overview = portsmouth("--help").stdout.decode()
    for command in ("serve", "build", "validate", "query", "export"):
        assert command in overview
        assert portsmouth(command, "--help").returncode == 0


def test_the_version_is_told():
    assert portsmouth("--version").stdout.startswith(b"portsmouth ")


def test_a_reader_that_has_seen_enough_is_no_error():
    """As in ``portsmouth export | head -1``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "portsmouth", "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    told = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 0, told
    assert "Traceback" not in told
    assert "BrokenPipe" not in told
