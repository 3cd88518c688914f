"""Killing a writer at any moment: nothing that it acknowledged is lost, nothing that it wrote is torn."""

import os
import random
import subprocess
import sys
from pathlib import Path

#: How often; more take longer and find more.
KILLS = int(os.environ.get("PORTSMOUTH_KILLS", "100"))


def test_what_is_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        acknowledged, openings, cut_off = 0, 0, 0
        for _ in range(KILLS):
            # Some are killed while they open, most while they write.
            writer.stdin.write(f"{random.uniform(5, 250)}\n")
            writer.stdin.flush()
            for line in writer.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "killed":
                    break
                assert word in ("opened", "done"), line
                number = int(rest)
                if word == "opened":
                    openings += 1
                    # The request that was under way may have been kept, but was not acknowledged.
                    assert number in (acknowledged, acknowledged + 1), (number, acknowledged)
                    cut_off += number > acknowledged
                else:
                    assert number == acknowledged + 1
                acknowledged = number
        writer.stdin.close()
        assert writer.wait() == 0
    # Otherwise nothing has been tried.
    assert openings > KILLS / 4
    assert acknowledged > KILLS / 4
    print(f"{KILLS} kills, {openings} openings, {acknowledged} writes, {cut_off} kept but not acknowledged")
