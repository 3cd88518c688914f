"""Pages and data that follow from the snapshot are made once, and nobody can tell."""

from __future__ import annotations

import pytest

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
PATHS = ("/", "/id/witte", "/search?q=Komura", "/queries", "/ns", "/id/treaty", "/.well-known/void")


def told(reply):
    return (
        reply.status,
        {k: v for k, v in reply.headers.items() if k not in ("date", "x-request-id")},
        reply.body,
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{}, BROWSER, {"Accept": "text/turtle"}])
def test_a_response_that_is_kept_is_the_one_that_was_made(server, path, headers):
    first, again = (server.fetch(path, headers=headers) for _ in range(2))
    usual = server.fetch(path, headers=headers | {"If-None-Match": '"never"'})
    assert told(first) == told(again) == told(usual)
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


def test_each_reader_gets_the_page_in_his_language_and_encoding(server):
    for _ in range(2):
        thai = server.fetch("/", headers=BROWSER | {"Accept-Language": "th"}).body.decode()
        english = server.fetch("/", headers=BROWSER | {"Accept-Language": "en"}).body.decode()
        packed = server.fetch("/", headers=BROWSER | {"Accept-Encoding": "gzip"})
        assert 'lang="th"' in thai
        assert 'lang="en"' in english
        assert packed.headers["content-encoding"] == "gzip"


def test_the_choice_of_a_language_is_remembered_each_time(server):
    for _ in range(2):
        assert "lang=th" in server.fetch("/?lang=th", headers=BROWSER).headers["set-cookie"]
    assert 'lang="th"' in server.fetch("/", headers=BROWSER | {"Cookie": "lang=th"}).body.decode()


def test_links_name_the_host_that_was_asked(server):
    for _ in range(2):
        for host in ("a.example", "b.example"):
            request = f"GET /.well-known/void HTTP/1.1\r\nHost: {host}\r\nAccept: text/turtle\r\n"
            # Only the first may be answered with what is kept; the second ends the connection.
            received = server.raw(f"{request}\r\n{request}Connection: close\r\n\r\n".encode())
            assert received.count(b"200 OK") == 2
            assert f"http://{host}/".encode() in received
            assert received.count(b".example/") == received.count(f"http://{host}/".encode())


def test_what_changes_by_itself_is_made_each_time(server):
    first, second = (server.fetch("/metrics").body for _ in range(2))
    assert first != second


def test_a_missing_page_is_told_each_time(server):
    assert [server.fetch("/id/nobody").status for _ in range(2)] == [404, 404]
