"""Killing a writer at any moment: nothing that it acknowledged is lost, nothing that it wrote is torn."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

#: How often a writer is killed before a line of the code that keeps data, and a fifth as often after a time.
KILLS = int(os.environ.get("PORTSMOUTH_KILLS", "100"))
#: Lines of that code that a writer comes to, all in all; where it has to change the form, they are more.
LINES = {"memory": 460, "disk": 1050}
LINES_OF_A_CHANGE = 200
#: Of so many kills there is one writer that is let be, and so many writes it does.
UNHARMED, WRITES = 10, 4


@pytest.mark.parametrize("forms", [("memory",), ("disk",), ("memory", "disk")], ids="-".join)
def test_what_is_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path, forms: tuple[str, ...]) -> None:
    # The lines are as likely as each other, and the same each time, so that what is found can be found again.
    chance = random.Random(1905)
    # Two forms in turn are each tried by themselves already.
    often = KILLS // len(forms)
    more = LINES_OF_A_CHANGE * (len(forms) - 1)
    moments = []
    for n in range(often):
        if n % UNHARMED == 0:
            # Otherwise what the next one has to do again grows, and soon none comes further than that.
            moments += [("never", 0.0)] * len(forms)
        moments.append(("lines", chance.randrange(1, LINES[forms[len(moments) % len(forms)]] + more)))
        if n % 5 == 0:
            moments.append(("seconds", chance.uniform(0, 0.15)))
    unharmed = sum(measure == "never" for measure, _ in moments)
    kills, cut_off, acknowledged = 0, 0, 0
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        for n, (measure, amount) in enumerate(moments):
            writer.stdin.write(f"{forms[n % len(forms)]} {measure} {amount}\n")
            writer.stdin.flush()
            for line in writer.stdout:
                word, _, rest = line.strip().partition(" ")
                if word in ("killed", "ended"):
                    kills += word == "killed"
                    break
                assert word in ("opened", "done"), line
                number = int(rest)
                if word == "opened":
                    # The request that was under way may have been kept, but was not acknowledged.
                    assert number in (acknowledged, acknowledged + 1), (number, acknowledged, measure, amount)
                    cut_off += number > acknowledged
                else:
                    assert number == acknowledged + 1
                acknowledged = number
        writer.stdin.close()
        assert writer.wait() == 0
    print(f"{kills} kills, {acknowledged} writes, {cut_off} of them kept but not acknowledged")
    # However slow the machine is.
    assert kills >= often
    assert acknowledged >= WRITES * unharmed
