"""The commands as users meet them."""

import csv
import io
import json

import pytest

from portsmouth.build import build
from portsmouth.cli import networks, run
from portsmouth.iris import ID
from portsmouth.networks import read


@pytest.fixture(scope="module")
def built():
    return build()


@pytest.fixture
def portsmouth(capsysbinary, monkeypatch, built):
    """Run a command in this process, on facts built once: its exit code, its output, what it says beside."""
    monkeypatch.setattr(networks, "build_graph", lambda facts: built)
    monkeypatch.setenv("COLUMNS", "250")

    def call(*arguments):
        code = run(list(arguments))
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def test_a_network_in_a_pipe_is_csv(portsmouth):
    code, out, _ = portsmouth("network", "--mode", "funded")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and rows
    assert all("funded" in row["modes"] and row["event"] and row["passages"] for row in rows)


def test_a_network_for_people(portsmouth):
    code, out, err = portsmouth("network", "--format", "table", "--kind", "signing")
    assert code == 0
    assert "Sergei Witte" in out and "p:s3-" in out
    assert "actors" in err


def test_the_name_of_the_output_tells_the_format(portsmouth, tmp_path):
    for form in ("gexf", "graphml", "json", "csv"):
        path = tmp_path / f"network.{form}"
        assert portsmouth("network", "--output", str(path))[0] == 0
        assert read(path.read_bytes(), form).number_of_edges() > 1


def test_a_name_that_tells_no_format_is_refused_with_those_that_do(portsmouth, tmp_path):
    path = tmp_path / "x.pdf"
    code, _, err = portsmouth("network", "--output", str(path))
    assert (code, path.exists()) == (2, False)
    assert all(f".{ending}" in err for ending in ("csv", "nodes.csv", "json", "cyjs", "gexf", "svg", "png"))


def test_the_extensions_of_the_server_are_names_of_formats_too(portsmouth, tmp_path):
    for ours, extension in (("nodes", "nodes.csv"), ("cytoscape", "cyjs")):
        path = tmp_path / f"network.{extension}"
        assert portsmouth("network", "--output", str(path))[0] == 0
        for form in (ours, extension):
            assert portsmouth("network", "--format", form)[1].encode() == path.read_bytes()


def test_a_network_is_drawn_in_the_language_asked(portsmouth, tmp_path):
    path = tmp_path / "who.svg"
    assert portsmouth("network", "--part", "s4", "--language", "th", "--output", str(path))[0] == 0
    assert "วิตเต" in path.read_text(encoding="utf-8")
    image = tmp_path / "who.png"
    assert portsmouth("network", "--part", "s4", "--theme", "dark", "--output", str(image))[0] == 0
    assert image.read_bytes().startswith(b"\x89PNG")
    code, _, err = portsmouth("network", "--theme", "auto", "--output", str(image))
    assert code == 2 and "light or dark" in err
    assert portsmouth("path", "Witte", "Komura", "--format", "png")[0] == 2


@pytest.mark.parametrize("measure", ["degree", "modes", "pagerank", "reach", "communities"])
def test_measures(portsmouth, measure):
    code, out, _ = portsmouth("network", "--measure", measure, "--format", "json")
    told = json.loads(out)
    assert code == 0 and told["rows"]
    assert (told["mentions"] is None) == (measure in ("modes", "communities"))


def test_a_static_measure_says_what_it_ignores(portsmouth):
    _, out, err = portsmouth("network", "--measure", "betweenness", "--format", "table")
    assert "mentions" in out
    assert "rank correlation with mentions" in err and "time forbids" in err


def test_a_path_for_people(portsmouth):
    code, out, _ = portsmouth("path", "Roosevelt", "Nicholas II", "--certain")
    assert code == 0
    assert "Theodore Roosevelt → George von Lengerke Meyer → Nicholas II" in out
    assert "1905-08-22 to 1905-09-04" in out and "p:s1-081" in out and "certain" in out


def test_names_in_any_script(portsmouth):
    told = [portsmouth("path", name, "d:nicholas-ii", "--certain") for name in ("Roosevelt", "Рузвельт")]
    assert told[0][0] == 0
    assert told[0][1] == told[1][1]


def test_a_path_is_json_or_csv_on_request(portsmouth):
    told = json.loads(portsmouth("path", "Roosevelt", "Nicholas II", "--all", "--format", "json")[1])
    assert told["from"] == ID + "roosevelt"
    assert all(hop["event"] and hop["passages"] for chain in told["chains"] for hop in chain["hops"])
    rows = list(csv.DictReader(io.StringIO(portsmouth("path", "Roosevelt", "Meyer", "--format", "csv")[1])))
    assert rows[0]["from"] == ID + "roosevelt"
    body = portsmouth("path", "Roosevelt", "Nicholas II", "--certain", "--format", "gexf")[1].encode()
    assert ID + "meyer" in read(body, "gexf")


def test_a_chain_that_time_forbids_is_shown_with_the_reason(portsmouth):
    told = json.loads(portsmouth("path", "Kodama", "Witte", "--certain", "--format", "json")[1])
    assert told["chains"] == []
    assert told["forbidden"]["reason"]
    _, out, _ = portsmouth("path", "Kodama", "Witte", "--certain", "--format", "table")
    assert "No certain chain. Time forbids" in out


def test_no_chain_at_all_is_said(portsmouth):
    code, out, _ = portsmouth("path", "d:western-capital", "d:meyer", "--format", "table")
    assert code == 0 and "No chain of acts leads from" in out


def test_brokers(portsmouth):
    code, out, err = portsmouth("brokers")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and "rank correlation" in err
    assert float(rows[0]["brokers"]) >= float(rows[-1]["brokers"])
    assert json.loads(portsmouth("brokers", "--certain", "--format", "json")[1])["measure"] == "brokers"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("path", "delegation", "Meyer"), "one of them: d:"),
        (("path", "Zorro", "Meyer"), "nothing named 'Zorro'"),
        (("path", "Meyer", "Meyer"), "expected two actors"),
        (("path", "d:stessel", "Meyer"), "in no arc of the network"),
        (("network", "--mode", "bribed"), "expected one of c:"),
        (("network", "--since", "spring"), "expected a day such as"),
        (("network", "--part", "s9"), "expected one of"),
        (("network", "--measure", "degree", "--format", "gexf"), "expected table, csv or json"),
        (("network", "--format", "table", "--output", "x"), "a format for files"),
        (("brokers", "--output", "x.gexf"), "one for csv or json"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_line(portsmouth, arguments, said):
    code, out, err = portsmouth(*arguments)
    assert code == 2 and out == ""
    assert said in err and err.count("\n") == 1
