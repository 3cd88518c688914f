"""A run that ends, however, leaves nothing behind that it started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: A program that starts another, which starts a third in its group, and writes the ids of both to a file.
RUN = """
import sys, time
from pathlib import Path
from bench import processes
processes.end_with_the_run()
child = "import os, pathlib, sys, time\\n" \\
    "other = os.fork()\\n" \\
    "if other: pathlib.Path(sys.argv[1]).write_text(f'{os.getpid()} {other} .')\\n" \\
    "time.sleep(60)"
processes.start([sys.executable, "-c", child, sys.argv[1]])
while not Path(sys.argv[1]).exists() or not Path(sys.argv[1]).read_text().endswith("."):
    time.sleep(0.01)
print("ready", flush=True)
if sys.argv[2] == "raise":
    raise RuntimeError("a slip")
time.sleep(60)
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", ["raise", "SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"])
def test_what_a_run_started_ends_with_it(tmp_path: Path, how: str) -> None:
    pids = tmp_path / "pids"
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(pids), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
    )
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    if how != "raise":
        run.send_signal(getattr(signal, how))
    assert run.wait(30) != 0
    run.stdout.close()
    first, second, _ = pids.read_text().split()
    # Nobody can end a group for one that was killed: the kernel ends the program itself, which ends its own.
    expected = [int(first)] if how == "SIGKILL" else [int(first), int(second)]
    end = time.monotonic() + 20
    while any(map(lives, expected)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(lives, expected))
    if how == "SIGKILL":
        os.kill(int(second), signal.SIGKILL)
