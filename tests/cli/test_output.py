"""Where the command line writes, and what it says when it cannot."""

import os
import resource
import subprocess
import sys

import pytest

from portsmouth.cli.output import destination

from .test_cli import fails, portsmouth


def limited():
    """Let no file grow beyond 64 KiB, as a full disk would not."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))


def synthesize(path, **options):
    return subprocess.run(
        [sys.executable, "-m", "portsmouth", "synthesize", "--events", "1", "--output", str(path)],
        capture_output=True,
        timeout=60,
        **options,
    )


def test_a_file_that_cannot_be_written_whole_leaves_the_former_one(tmp_path):
    path = tmp_path / "corpus.nq"
    path.write_text("former")
    path.chmod(0o640)
    done = synthesize(path, preexec_fn=limited)
    assert done.returncode == 2
    assert done.stderr.decode() == f"error: found File too large: {path}; expected to be able to use it\n"
    assert (path.read_text(), [each.name for each in tmp_path.iterdir()]) == ("former", ["corpus.nq"])
    assert synthesize(path).returncode == 0
    assert path.read_bytes().endswith(b" .\n")
    assert (path.stat().st_mode & 0o777, [each.name for each in tmp_path.iterdir()]) == (0o640, ["corpus.nq"])


def test_a_file_that_may_not_be_written_is_not_replaced_by_another(tmp_path, monkeypatch):
    path = tmp_path / "page.csv"
    path.write_text("former")
    which = path.stat().st_ino
    # The administrator may write everything, so that permissions would keep no test from it.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with destination(path) as out:
        out.write(b"new")
    assert (path.stat().st_ino, path.read_text()) == (which, "new")


def test_a_link_a_device_and_a_missing_folder_as_output(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("one\ntwo\n")
    there, link = tmp_path / "there.csv", tmp_path / "link.csv"
    link.symlink_to(there)
    assert portsmouth("locate", page, "--output", link).returncode == 0
    assert link.is_symlink()
    done = portsmouth("locate", page, "--output", "/dev/stdout")
    assert done.stdout == there.read_bytes()
    missing = tmp_path / "missing" / "x.csv"
    fails(2, "locate", page, "--output", missing, says=f"error: found No such file or directory: {missing};")


@pytest.mark.parametrize("words", [["--help"], ["search", "a"], ["synthesize", "--events", "1"]])
def test_a_reader_that_has_seen_enough_is_no_failure(words):
    with subprocess.Popen(
        [sys.executable, "-m", "portsmouth", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        running.stdout.close()
        assert running.wait(60) == 0
        assert b"rror" not in running.stderr.read()


@pytest.mark.parametrize("words", ["--version", "query ASK{}"])
@pytest.mark.parametrize(
    ("redirections", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
)
def test_a_standard_output_that_cannot_be_written_is_told_in_one_line(words, redirections, reason):
    done = in_a_shell(words, redirections)
    assert done.returncode == 2
    told = f"error: found {reason}; expected to be able to write what the command prints\n"
    assert done.stderr.decode().splitlines()[-1:] == told.splitlines()
    assert "xception" not in done.stderr.decode()


def test_a_standard_input_that_cannot_be_read_is_told():
    done = in_a_shell("query -", "<&-")
    assert done.returncode == 2
    told = "error: found Bad file descriptor: standard input; expected to be able to use it\n"
    assert done.stderr.decode() == told


def test_commands_work_without_a_standard_error(tmp_path):
    done = in_a_shell("query ASK{} --format json", "2>&-")
    assert (done.returncode, done.stdout) == (0, b'{"head":{},"boolean":true}')
    wrong = in_a_shell("query ASK{", "2>&-")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, b"", b"")


def in_a_shell(words, redirections):
    """Run a command whose standard streams a shell has redirected or closed, and buffers as Python does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    line = f'exec "$0" -m portsmouth {words} {redirections}'
    command = ["/bin/sh", "-c", line, sys.executable]
    return subprocess.run(command, capture_output=True, env=environment, timeout=60)


def test_without_a_word_help_is_shown_and_nothing_else():
    done = portsmouth()
    assert done.returncode == 2
    assert "Usage: portsmouth" in done.stdout.decode()
    assert done.stderr == b""


def test_a_wrong_choice_is_told_with_those_that_there_are():
    told = fails(2, "conflicts", "--kind", "contrary", says="'contrary' is not one of 'incompatible',")
    assert "Value error" not in told


def test_a_parameter_has_one_value():
    words = ("query", "--name", "provisions-of-article", "-p", "number=9", "-p", "number=10")
    fails(2, *words, says="error: found --param number twice; expected one value for a parameter")


def test_a_page_that_is_no_text_has_no_lines_to_locate(tmp_path):
    page = tmp_path / "page.txt"
    page.write_bytes(b"abc\xff")
    fails(
        2, "locate", page, says=f"error: found bytes that are not UTF-8 at offset 3 of {page}; expected UTF-8"
    )
