"""What is told to end while it starts leaves nothing behind, whatever it was doing."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize("later", [0, 0.15, 0.5])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_that_is_ended_leaves_no_folder_and_no_process(tmp_path, number, later):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "portsmouth", "serve", "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        # What is started in the background, as these tests may be, has Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as starting:
        while not list(tmp_path.iterdir()):
            assert starting.poll() is None
            time.sleep(0.001)
        time.sleep(later)
        starting.send_signal(number)
        # Whatever process still holds the other end of the pipe keeps this waiting.
        try:
            _, told = starting.communicate(timeout=60)
        finally:
            starting.kill()
        assert b"Traceback" not in told
        # Where it serves already, Ctrl-C is how one ends it.
        # Python ends as the signal would where Ctrl-C met code that it was just compiling.
        codes = {-number} | ({130} if number == signal.SIGINT else set())
        assert starting.returncode in codes | ({0} if b"Serving" in told else set())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("later", [0, 0.05, 0.3])
def test_a_query_that_is_ended_leaves_no_folder_and_no_process(tmp_path, later):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    # One that does not end by itself before anybody has looked.
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with subprocess.Popen(
        [sys.executable, "-m", "portsmouth", "query", query], env=environment, stderr=subprocess.PIPE
    ) as asking:
        while not list(tmp_path.iterdir()):
            assert asking.poll() is None
            time.sleep(0.0005)
        time.sleep(later)
        asking.terminate()
        try:
            _, told = asking.communicate(timeout=60)
        finally:
            asking.kill()
        assert (b"Traceback" in told, asking.returncode) == (False, -signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


#: A process that is told to end while Python itself calls something, which lets no exception out.
UNRAISABLE = """
import os, signal, sys, time, weakref
from portsmouth.cli.ending import orderly

class Passing: pass

def passed(_):
    os.kill(os.getpid(), signal.{name})
    # The signal is obeyed in here.
    for _ in range(100): pass

try:
    with orderly():
        passing = Passing()
        noted = weakref.ref(passing, passed)
        del passing
        time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", -signal.SIGTERM)])
def test_no_end_is_lost_that_comes_where_python_lets_nothing_out(name, code):
    ended = subprocess.run(
        [sys.executable, "-c", UNRAISABLE.replace("{name}", name)],
        capture_output=True,
        timeout=50,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, b"", b"")


#: A store in memory, made in a process that is told to end at one moment of its life.
TOLD = """
import asyncio, os, pathlib, shutil, signal, sys, tempfile
from portsmouth.cli.ending import orderly
from portsmouth.store.embedded import EmbeddedStore

def told(before, owner, name):
    kept = getattr(owner, name)
    def instead(*given, **named):
        setattr(owner, name, kept)
        if not before:
            kept(*given, **named)
        os.kill(os.getpid(), signal.SIGTERM)
        return kept(*given, **named) if before else None
    setattr(owner, name, instead)

async def live(store):
    async with store:
        pass

{moment}
with orderly():
    asyncio.run(live(EmbeddedStore.from_nquads(b"")))
"""


@pytest.mark.parametrize(
    "moment",
    [
        "told(True, os, 'unlink')",
        "told(False, pathlib.Path, 'mkdir')",
        "told(True, pathlib.Path, 'write_bytes')",
        "told(False, EmbeddedStore, '__init__')",
        "told(True, EmbeddedStore, 'start')",
        "told(True, EmbeddedStore, 'aclose')",
        "told(True, shutil, 'rmtree')",
    ],
)
def test_a_store_whose_process_is_told_to_end_at_any_moment_leaves_no_folder(tmp_path, moment):
    ended = subprocess.run(
        [sys.executable, "-c", TOLD.replace("{moment}", moment)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGTERM, ended.stderr
    assert list(tmp_path.iterdir()) == []
