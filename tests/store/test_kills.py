"""Killing a writer at any moment: nothing that it acknowledged is lost, nothing that it wrote is torn."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

#: How often; more take longer and find more.
KILLS = int(os.environ.get("PORTSMOUTH_KILLS", "100"))


#: What a writer has said when its last moments begin: nothing yet, that it is open, that it has written.
STAGES = ("", "opened", "opened", "done", "done")


def test_what_is_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin
        assert writer.stdout

        def tell() -> None:
            assert writer.stdin
            writer.stdin.write("\n")
            writer.stdin.flush()

        acknowledged, cut_off = 0, 0
        for kill in range(KILLS):
            tell()
            stage, killed = STAGES[kill % len(STAGES)], False
            if not stage:
                time.sleep(random.uniform(0, 0.15))
                tell()
                killed = True
            for line in writer.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "killed":
                    break
                assert word in ("opened", "done"), line
                number = int(rest)
                if word == "opened":
                    # The request that was under way may have been kept, but was not acknowledged.
                    assert number in (acknowledged, acknowledged + 1), (number, acknowledged)
                    cut_off += number > acknowledged
                else:
                    assert number == acknowledged + 1
                acknowledged = number
                if word == stage and not killed:
                    time.sleep(random.uniform(0, 0.08))
                    tell()
                    killed = True
        writer.stdin.close()
        assert writer.wait() == 0
    # Two in five have written before they were killed.
    assert acknowledged >= 2 * (KILLS // 5)
    print(f"{KILLS} kills, {acknowledged} writes, {cut_off} of them kept but not acknowledged")
