"""A disk that takes nothing: one line says what was found, what is needed and what shows it."""

import errno
import os
import subprocess
import sys

import pytest

#: The command line on a disk that is as it is said to be, from some folder on.
ON_SUCH_A_DISK = """
import errno, os, pathlib, sys
code, folder, *words = sys.argv[1:]
def refusing(kept):
    def instead(path, *given, **named):
        if str(path).startswith(folder):
            raise OSError(int(code), os.strerror(int(code)), str(path))
        return kept(path, *given, **named)
    return instead
pathlib.Path.mkdir = refusing(pathlib.Path.mkdir)
pathlib.Path.write_bytes = refusing(pathlib.Path.write_bytes)
sys.argv[1:] = words
from portsmouth.cli import main
main()
"""


@pytest.mark.parametrize(
    ("code", "told", "shown"),
    [
        (errno.EROFS, "is mounted read-only; expected one that can be written", "findmnt -T"),
        (errno.ENOSPC, "no room left on the disk of", "df -h"),
        (errno.EACCES, "this user may not write in", "ls -ld"),
    ],
)
@pytest.mark.parametrize("command", ["query", "load"])
def test_a_disk_that_takes_nothing_is_told_with_its_cause(tmp_path, command, code, told, shown):
    (tmp_path / "data.nq").write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    store = tmp_path / "disk" / "store"
    words = ["ASK {}"] if command == "query" else [str(tmp_path / "data.nq")]
    ended = run(code, tmp_path / "disk", command, *words, "--store", store)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 4
    assert line.startswith("error: found ")
    assert told in line
    assert f"({shown} {tmp_path} shows" in line


def test_a_disk_without_room_for_what_does_not_last_is_told_as_such(tmp_path):
    ended = run(errno.ENOSPC, tmp_path / "portsmouth-", "query", "ASK {}", TMPDIR=str(tmp_path))
    assert ended.returncode == 4
    assert ended.stderr == (
        f"error: found no room left on the disk of {tmp_path}; expected enough for the data "
        f"(df -h {tmp_path} shows what is free)\n"
    )


def test_what_the_engine_says_of_a_full_disk_is_understood(tmp_path):
    from portsmouth.store.persistence.trouble import unusable

    error = OSError(f"IO error: {os.strerror(errno.ENOSPC)}: While appending to file: x.sst")
    assert "no room left" in str(unusable(tmp_path, error, "found something else"))
    assert (
        str(unusable(tmp_path, OSError("IO error: torn"), "found something else")) == "found something else"
    )


def run(code, folder, *words, **environment):
    return subprocess.run(
        [sys.executable, "-c", ON_SUCH_A_DISK, str(code), str(folder), *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
