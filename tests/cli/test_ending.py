"""A server that is told to end while it starts leaves nothing behind, whatever it was doing."""

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
