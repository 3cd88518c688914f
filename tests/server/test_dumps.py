"""The whole dataset as files."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from portsmouth.store.protocol import GRAPH_FORMATS

NAME = "/dumps/portsmouth1905."


def parsed(data: bytes, extension: str) -> set[ox.Quad]:
    rdf_format = ox.RdfFormat.from_extension(extension)
    assert rdf_format
    return set(ox.parse(data, format=rdf_format))


def test_each_format_holds_the_whole(server: Any) -> None:
    everything = parsed(server.fetch(NAME + "nq").body, "nq")
    default = {quad for quad in everything if isinstance(quad.graph_name, ox.DefaultGraph)}
    named = everything - default
    assert len(named) > 1500
    for extension in ("ttl", "nt", "rdf"):
        assert parsed(server.fetch(NAME + extension).body, extension) == default
    for extension in ("trig", "jsonld"):
        assert parsed(server.fetch(NAME + extension).body, extension) == named


def test_it_is_what_the_server_was_given(server: Any) -> None:
    # The conftest of these tests writes the file that the server reads.
    given = (server.log.parent / "dataset.nq").read_bytes()
    assert server.fetch(NAME + "nq").body == b"".join(sorted(given.splitlines(keepends=True)))


@pytest.mark.parametrize("extension", GRAPH_FORMATS)
def test_compressed_for_those_who_ask(server: Any, extension: str) -> None:
    plain = server.fetch(NAME + extension)
    packed = server.fetch(NAME + extension, headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert plain.headers["content-type"].partition(";")[0] == GRAPH_FORMATS[extension]
    for reply in (plain, packed):
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert reply.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != packed.headers["etag"]


@pytest.mark.parametrize("refusal", ["gzip;q=0", "identity", "br, deflate", "*;q=0", "gzip;q=x"])
def test_plain_for_those_who_do_not(server: Any, refusal: str) -> None:
    headers = {"Accept-Encoding": refusal}
    assert "content-encoding" not in server.fetch(NAME + "nt", headers=headers).headers


def test_the_tag_is_the_snapshot(server: Any) -> None:
    snapshot = json.loads(server.fetch("/health").body)["snapshot"]
    for accepted in ("", "gzip"):
        reply = server.fetch(NAME + "nq", headers={"Accept-Encoding": accepted})
        tag = reply.headers["etag"]
        assert snapshot in tag
        held = {"Accept-Encoding": accepted, "If-None-Match": tag}
        again = server.fetch(NAME + "nq", headers=held)
        assert (again.status, again.body) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(server: Any) -> None:
    head = server.fetch(NAME + "ttl", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(server.fetch(NAME + "ttl").body)


def test_checksums(server: Any, tmp_path: Path) -> None:
    sums = server.fetch("/dumps/SHA256SUMS")
    assert sums.headers["content-type"] == "text/plain; charset=utf-8"
    listed = dict(reversed(line.split()) for line in sums.body.decode().splitlines())
    assert set(listed) == {f"portsmouth1905.{extension}" for extension in GRAPH_FORMATS}
    for name, checksum in listed.items():
        data = server.fetch("/dumps/" + name).body
        assert hashlib.sha256(data).hexdigest() == checksum
        (tmp_path / name).write_bytes(data)
    (tmp_path / "SHA256SUMS").write_bytes(sums.body)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_unpacks(server: Any, tmp_path: Path) -> None:
    file = tmp_path / "dump.nt"
    command = ["curl", "-sS", "--fail", "--compressed", "-o", str(file), server.url + NAME + "nt"]
    subprocess.run(command, check=True)
    assert file.read_bytes() == server.fetch(NAME + "nt").body


@pytest.mark.parametrize(
    "name", ["", "x.nq", "portsmouth1905.zip", "../health", "%2e%2e/x", "portsmouth1905.nq/"]
)
def test_what_is_not_there(server: Any, name: str) -> None:
    problem = server.fetch("/dumps/" + name).problem
    assert problem["status"] == 404
    assert "portsmouth1905.nq" in problem["detail"]


def test_a_dump_that_failed_is_tried_again(call: Any) -> None:
    from portsmouth.errors import StoreBusyError

    for _ in range(2):
        reply = call(StoreBusyError("found none; expected one"), path=NAME + "nt", query_string="").reply
        assert reply.problem["status"] == 503


def test_the_shipped_graph_is_dumped_as_it_is_exported() -> None:
    """The file is that of ``portsmouth build``, so its checksum is the snapshot's id at every server."""
    import asyncio

    from portsmouth.build import build
    from portsmouth.exporting import export
    from portsmouth.store.embedded import EmbeddedStore
    from portsmouth_server.dumps.writing import write_dump

    built = build()

    async def dump() -> dict[str, bytes]:
        async with EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot) as store:
            written = {extension: await write_dump(store, extension) for extension in GRAPH_FORMATS}
        assert written["nq"].sha256 == built.snapshot
        return {extension: b"".join(d.plain()) for extension, d in written.items()}

    for extension, data in asyncio.run(dump()).items():
        assert parsed(data, extension) == parsed(export(built.nquads, extension), extension)


def test_blank_nodes_have_the_same_names_wherever_they_are_loaded() -> None:
    import asyncio

    from portsmouth.store.embedded import EmbeddedStore
    from portsmouth_server.dumps.writing import write_dump

    def of(a: str, b: str) -> list[str]:
        triples = [
            f"_:{a} <http://e/p> _:{b}",
            f'_:{b} <http://e/q> "1"',
            "<http://e/s> <http://e/p> <http://e/o>",
        ]
        data = "".join(f"{t} .\n{t} <http://e/g> .\n" for t in triples).encode()

        async def sums() -> list[str]:
            async with EmbeddedStore.from_nquads(data) as store:
                return [(await write_dump(store, extension)).sha256 for extension in GRAPH_FORMATS]

        return asyncio.run(sums())

    assert of("x", "y") == of("y", "x") == of("n1", "n2")


def test_nodes_that_look_too_much_alike_hold_up_no_dump(caplog: pytest.LogCaptureFixture) -> None:
    """RDFC-1.0, section 7.1: of some graphs nobody can name the nodes in time."""
    import asyncio

    from portsmouth.store.embedded import EmbeddedStore
    from portsmouth_server.dumps.writing import write_dump

    nodes = range(9)
    data = "".join(f"_:n{n} <http://e/p> _:n{m} <http://e/g> .\n" for n in nodes for m in nodes if n != m)

    async def dump(data: bytes, extension: str) -> set[ox.Quad]:
        async with EmbeddedStore.from_nquads(data) as store:
            return parsed(b"".join((await write_dump(store, extension)).plain()), extension)

    kept = asyncio.run(dump(data.encode(), "trig"))
    assert len(kept) == 72
    assert len({quad.subject for quad in kept}) == 9
    assert not any(quad.subject == ox.BlankNode("c14n0") for quad in kept)
    assert "too much alike" in caplog.text
    plain = asyncio.run(dump(b'_:x <http://e/p> "o" .\n', "nq"))
    assert [quad.subject for quad in plain] == [ox.BlankNode("c14n0")]
