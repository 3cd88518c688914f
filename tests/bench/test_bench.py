"""What the bench does with what it measured: the report, the tables, the turns. Nothing is timed."""

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench import document, goals, growth, sizes, throughput, work
from bench.__main__ import arguments_of
from bench.compare import Comparison
from bench.load import Figures
from bench.throughput import Throughput
from bench.workload import CLASSES, MIX, workloads

CELL = ("small, unique", 1)


def figures(rate: float, p99: float = 2.0, failed: int = 0) -> Figures:
    return Figures(rate=rate, p50=1.0, p99=p99, cpu=100.0, failed=failed)


def of(**servers: list[Figures]) -> Throughput:
    result = Throughput("data")
    for name, rounds in servers.items():
        result.rounds[CELL][name] = rounds
        result.memory[name] = 1.0
    return result


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    result = of(a=[figures(10), figures(20), figures(90)], b=[figures(5), figures(5), figures(30)])
    assert result.ratio(CELL, "a", "b") == 3


def test_a_server_that_never_answers_is_reported_and_does_not_end_the_run() -> None:
    result = of(a=[figures(10)], b=[figures(0, failed=64)])
    table = "\n".join(throughput.table(result, ["a", "b"]))
    assert "inf" in table
    assert "no answer, 64 failed" in table


def test_a_ratio_that_is_not_reached_is_named_with_its_reason() -> None:
    result = of(a=[figures(10, p99=5)], **{goals.UNION: [figures(10)], "rdflib-endpoint": [figures(2)]})
    said = "\n".join(goals.verdicts(result, "a", {CELL: 1.1}))
    assert "0 of 1 are as wanted" in said
    assert "1.00 of 1.1. 100 µs here, 100 there." in said
    assert "5.00 ms, its 2.00 ms" in said
    assert "rdflib-endpoint* below 10: small, unique, 1 clients: 5.0" in said
    assert "nowhere above" in "\n".join(goals.verdicts(of(a=[figures(9)], b=[figures(1)]), "a", {}))


def test_a_load_that_takes_longer_than_wanted_is_named() -> None:
    engine, plain, merged = [[sizes.Load(s, s, 1.0)] for s in (10.0, 11.0, 17.0)]
    found = {"engine alone": engine, "portsmouth load --dataset plain": plain, "portsmouth load": merged}
    said = sizes.verdict(found, 1.84)
    assert "`portsmouth load` takes 1.70 times" in said
    assert "plain" not in said
    assert "as wanted" in sizes.verdict({**found, "portsmouth load": plain}, 1.84)


def test_a_section_replaces_its_earlier_version_and_no_other(tmp_path) -> None:
    path = tmp_path / "report.md"
    for title, text in (("B", "first"), ("A", "kept"), ("B", "second"), ("gone", "x")):
        document.update(path, title, text, ["A", "B"])
    report = path.read_text(encoding="utf-8")
    assert report.startswith(document.INTRODUCTION)
    assert report.removeprefix(document.INTRODUCTION) == "\n## A\n\nkept\n\n## B\n\nsecond\n"


def test_every_question_has_a_name_and_a_reason_why_it_grows() -> None:
    assert {name: len(told) for name, told in growth.EXPLAINED.items()} == {
        name: len(templates) for name, templates in CLASSES.items()
    }
    assert all(called and why for told in growth.EXPLAINED.values() for called, why in told)


def test_a_mix_has_its_share_of_every_class() -> None:
    made = {w.name: w.addresses for w in workloads([f"http://e/{n}" for n in range(300)])}
    mix = set(made["mix, unique"])
    assert {name: len(mix & set(made[f"{name}, unique"])) for name in MIX} == dict(MIX)


def test_what_was_not_answered_in_time_is_not_asked_of_a_slow_server() -> None:
    class Slow:
        name = "slow"

    found = Comparison(seconds={("slow", name): 1.0 for name in CLASSES}, unanswered={("slow", "large")})
    assert found.times(Slow(), "scan") == 1.0  # type: ignore[arg-type]
    assert found.times(Slow(), "large") is None  # type: ignore[arg-type]
    assert found.times(Slow(), "mix") is None  # type: ignore[arg-type]


def test_what_took_long_to_compare_is_not_waited_for_again(tmp_path) -> None:
    class Server:
        name, pid, url, slow, keeps = "a", 1, "http://127.0.0.1:1/", False, False

    asked = {("a", "scan"): [(3.0, 2.0), (5.0, 4.0)]}
    comparison = Comparison(seconds={("a", "scan"): 4.0}, asked=asked)
    scans = next(w for w in workloads(["http://e/"]) if w.name == "scan, unique")
    result = throughput.measure("data", [Server()], [(scans, 1)], comparison, 3, 1.0, tmp_path)  # type: ignore[list-item]
    (found,) = result.rounds["scan, unique", 1]["a"]
    assert (found.rate, found.p50, found.p99, found.cpu) == (0.25, 4000, 5000, 3e6)


def test_a_list_of_requests_is_sent_once_whole_and_failures_are_counted() -> None:
    seen: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(404 if "bad" in self.path else 200)
            if "chunks" in self.path:
                self.send_header("Transfer-Encoding", "chunked")
            elif "end" in self.path:
                self.send_header("Connection", "close")
            else:
                self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n" if "chunks" in self.path else b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        numbers = iter(range(100))
        took, failed, _ = work.answer(
            f"http://127.0.0.1:{server.server_port}/", ["/a%N%", "/bad%N%", "/chunks%N%", "/end%N%"], 3, 20,
            "*/*", numbers.__next__,
        )  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
    assert (len(took), failed) == (15, 5)
    assert sorted(int(re.sub("[^0-9]", "", path)) for path in seen) == list(range(20))


def test_requests_that_nobody_takes_fail() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert work.answer(f"http://127.0.0.1:{port}/", ["/"], 2, 5, "*/*", lambda: 1)[:2] == ([], 5)


def test_the_command_line_knows_every_section() -> None:
    arguments = arguments_of(["--peers", "x", "--stores", "y", "growth", "writing"])
    assert arguments.sections == ["growth", "writing"]
    assert arguments.peers.is_absolute()
    assert arguments.stores.is_absolute()
