"""Documents of strangers: what is read, what is refused, and what a trap costs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox
import pytest

from portsmouth.errors import DeadlineError, DocumentError, EngineError, TooLargeError
from portsmouth.sandbox import Sandbox
from portsmouth.untrusted import to_ntriples

BASE = "http://example.org/g"
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x:">{}</rdf:RDF>'
SAYS = RDF.format('<rdf:Description rdf:about="urn:s"><x:p>{}</x:p></rdf:Description>')
T = TypeVar("T")


def in_sandbox(work: Callable[[Sandbox], Awaitable[T]], memory_mib: int = 512) -> T:
    async def run() -> T:
        async with Sandbox(memory_mib) as sandbox:
            return await work(sandbox)

    return asyncio.run(run())


def striped(depth: int) -> bytes:
    """Write RDF/XML whose cost is the square of its depth."""
    inner = "<rdf:Description><x:p>" * depth + "</x:p></rdf:Description>" * depth
    return RDF.format(inner).encode()


def test_the_same_graph_in_every_format() -> None:
    documents = {
        "ttl": "<urn:s> <urn:x:p> 'a', <#b> .",
        "nt": f'<urn:s> <urn:x:p> "a" .\n<urn:s> <urn:x:p> <{BASE}#b> .',
        "rdf": RDF.format(
            '<rdf:Description rdf:about="urn:s"><x:p>a</x:p><x:p rdf:resource="#b"/></rdf:Description>'
        ),
        "jsonld": '{"@id": "urn:s", "urn:x:p": ["a", {"@id": "#b"}]}',
    }
    graphs = {
        form: set(to_ntriples(text.encode(), form, BASE).splitlines()) for form, text in documents.items()
    }
    assert set(map(frozenset, graphs.values())) == {frozenset(graphs["nt"])}
    assert len(graphs["nt"]) == 2


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld"])
@pytest.mark.parametrize("document", [b"", b" \n", b"\xef\xbb\xbf"])
def test_nothing_is_an_empty_graph(form: str, document: bytes) -> None:
    assert to_ntriples(document, form, BASE) == b""


def test_blank_nodes_of_two_documents_are_never_the_same() -> None:
    first, second = (to_ntriples(b"_:a <urn:p> _:a , _:b .", "ttl", BASE) for _ in range(2))
    nodes = [
        {str(node) for t in ox.parse(data, format=ox.RdfFormat.N_TRIPLES) for node in (t.subject, t.object)}
        for data in (first, second)
    ]
    assert [len(found) for found in nodes] == [2, 2]
    assert not nodes[0] & nodes[1]


def test_an_error_says_where() -> None:
    with pytest.raises(DocumentError) as told:
        to_ntriples(b"<urn:s> <urn:p> 1 .\n<urn:s> <urn:p> .", "ttl", BASE)
    assert told.value.line == 2
    assert told.value.extensions() == {"line": 2, "column": told.value.column}


def test_a_document_that_breaks_off_is_told_by_its_end() -> None:
    with pytest.raises(DocumentError, match="the end of the document") as told:
        to_ntriples(b"<a:b> <a:c> <a:d> .\n<a:e> <a:f> <http:/", "ttl", "http://e/g")
    assert (told.value.line, told.value.column) == (2, 20)


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ('<!ENTITY a "xx"><!ENTITY b "&a;&a;">', "&b;"),
        ('<!ENTITY a "&#38;b;"><!ENTITY b "x">', "&a;"),
        ('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;"),
        ("<!ENTITY a SYSTEM 'http://127.0.0.1:9/'>", "&a;"),
        ('<!ENTITY a PUBLIC "x" "http://127.0.0.1:9/">', "&a;"),
        ('<!ENTITY % a "x">', ""),
        ('<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;', ""),
        ('<!ENTITY a "x"><!ENTITY a "y">', "&a;"),
        (f'<!ENTITY a "{"x" * 20_000}">', "&a;" * 1000),
    ],
)
def test_entities_that_expand_or_reach_out_are_refused(declared: str, text: str) -> None:
    document = f"<!DOCTYPE rdf:RDF [{declared}]>{SAYS.format(text)}"
    with pytest.raises(DocumentError):
        to_ntriples(document.encode(), "rdf", BASE)


def test_entities_that_abbreviate_namespaces_are_read() -> None:
    document = "<!DOCTYPE rdf:RDF [<!ENTITY e \"http://example.org/\"> <!ENTITY f 'x'>]>" + SAYS.format(
        "&e;&f;"
    )
    assert b'"http://example.org/x"' in to_ntriples(document.encode(), "rdf", BASE)


@pytest.mark.parametrize(
    "context",
    [
        '"http://127.0.0.1:9/c"',
        '["http://127.0.0.1:9/c"]',
        '{"@import": "http://127.0.0.1:9/c"}',
        '"file:///c"',
    ],
)
def test_no_context_is_fetched(context: str) -> None:
    with pytest.raises(DocumentError, match="none is fetched"):
        to_ntriples(f'{{"@context": {context}, "name": 1}}'.encode(), "jsonld", BASE)


def test_named_graphs_are_no_graph() -> None:
    with pytest.raises(DocumentError, match="named graphs"):
        to_ntriples(b'{"@id": "urn:g", "@graph": [{"@id": "urn:s", "urn:p": 1}]}', "jsonld", BASE)


def test_a_helper_is_kept_for_the_next_document() -> None:
    async def work(sandbox: Sandbox) -> list[bytes]:
        first = await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)
        with pytest.raises(DocumentError):
            await sandbox.to_ntriples(b"<", "ttl", BASE, 10)
        assert len(sandbox._all) == 1
        return [first, await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)]

    first, second = in_sandbox(work)
    assert first == second == to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE)


def test_many_documents_at_once_are_not_confused() -> None:
    async def work(sandbox: Sandbox) -> list[bytes]:
        documents = [f"<urn:s> <urn:p> {n} .".encode() * (n * 50 + 1) for n in range(20)]
        return await asyncio.gather(*(sandbox.to_ntriples(d, "ttl", BASE, 10) for d in documents))

    answers = in_sandbox(work)
    assert [f'"{n}"'.encode() in answer for n, answer in enumerate(answers)] == [True] * 20


def test_a_document_that_overruns_is_ended_and_the_next_one_read() -> None:
    async def work(sandbox: Sandbox) -> bytes:
        with pytest.raises(DeadlineError):
            await sandbox.to_ntriples(striped(60_000), "rdf", BASE, 0.5)
        return await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)

    assert in_sandbox(work)


def test_a_helper_is_ended_though_its_end_is_not_waited_for() -> None:
    async def work(sandbox: Sandbox) -> tuple[int | None, bool]:
        reading = asyncio.create_task(sandbox.to_ntriples(striped(60_000), "rdf", BASE, 20))
        while not sandbox._all:
            await asyncio.sleep(0.01)
        ((helper, said),) = sandbox._all.items()
        # Whoever gives it up may be given up, too.
        for _ in range(2):
            await asyncio.sleep(0.05)
            reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return await asyncio.wait_for(helper.wait(), 10), Path(f"/proc/self/fd/{said}").exists()

    status, open_still = in_sandbox(work)
    assert status == -signal.SIGKILL
    assert not open_still


def test_what_fills_the_memory_or_the_stack_costs_only_its_helper() -> None:
    large = b"@prefix p: <urn:" + b"a" * 1_000_000 + b":> ." + b"p:a p:b p:c .\n" * 1000
    hidden = b"<urn:s> <urn:p> " + b"<<( <urn:s> <urn:p> #>>\n" * 200_000 + b"1" + b" )>>" * 200_000 + b" ."

    async def work(sandbox: Sandbox) -> bytes:
        with pytest.raises(TooLargeError):
            await sandbox.to_ntriples(large, "ttl", BASE, 20)
        with pytest.raises(DocumentError, match="stack"):
            await sandbox.to_ntriples(hidden, "ttl", BASE, 20)
        return await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)

    assert in_sandbox(work, memory_mib=256)


def test_a_helper_that_was_killed_while_idle_is_replaced() -> None:
    async def work(sandbox: Sandbox) -> bytes:
        await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)
        (helper,) = sandbox._all
        os.kill(helper.pid, signal.SIGKILL)
        await helper.wait()
        return await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)

    assert in_sandbox(work)


def test_a_caller_that_leaves_takes_its_helper_along() -> None:
    async def work(sandbox: Sandbox) -> bytes:
        reading = asyncio.create_task(sandbox.to_ntriples(striped(60_000), "rdf", BASE, 30))
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not sandbox._all
        return await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)

    assert in_sandbox(work)


def test_helpers_know_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTSMOUTH_TOKEN", "open-sesame")

    async def work(sandbox: Sandbox) -> bytes:
        await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)
        (helper,) = sandbox._all
        with open(f"/proc/{helper.pid}/environ", "rb") as file:  # noqa: PTH123  # /proc has no size
            return file.read()

    assert b"sesame" not in in_sandbox(work)


def test_a_turtle_document_without_its_last_full_stop_is_read_and_half_a_statement_is_not():
    whole = b"@prefix a: <http://a/> . a:a a:b a:c ; a:d [ a:e 1 ]"
    assert to_ntriples(whole, "ttl", "http://e/").count(b"\n") == 3
    for half in (b"<a> <b>", b"<a> <b> <c> ;  <d>", b"<a> <b> [ <c>", b"<a> <b> 'c"):
        with pytest.raises(DocumentError):
            to_ntriples(half, "ttl", "http://e/")
    with pytest.raises(DocumentError):
        to_ntriples(b"<http://a/a> <http://a/b> <http://a/c>", "nt", "http://e/")


def test_a_parser_that_falls_over_is_not_called_short_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "helper"
    lines = (
        f"#!{sys.executable}",
        "import os, resource",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "os.read(0, 8)",
        """os.write(2, b"thread 'main' panicked at a/b.rs:1:2:\\nboom\\n")""",
        "os.abort()",
    )
    helper.write_text("\n".join(lines))
    helper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(helper))

    async def work(sandbox: Sandbox) -> None:
        with pytest.raises(EngineError, match=r"boom \(b\.rs:1:2\)"):
            await sandbox.to_ntriples(b"<urn:s> <urn:p> 1 .", "ttl", BASE, 10)
        with pytest.raises(EngineError):
            await sandbox.check_query("ASK {}", 10)

    in_sandbox(work)
