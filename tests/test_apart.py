"""Work in a process of its own: its result, its errors, and nothing else, come back."""

import os
import signal
import time

import pytest

from portsmouth.apart import Apart
from portsmouth.errors import FactsError, Finding, ParameterError, StoreError


def test_the_result_comes_back_and_the_rest_stays_away():
    seen = []

    def work():
        seen.append(1)
        return bytes(5_000_000), os.getpid()

    body, pid = Apart(work).result()
    assert len(body) == 5_000_000
    assert pid != os.getpid()
    assert not seen


@pytest.mark.parametrize(
    "error",
    [
        ParameterError(found="a", expected="b"),
        FactsError([Finding("f.trig", 3, "x", "y"), Finding("e.trig", 1, "x", "y")]),
        StoreError("found nothing; expected something"),
    ],
)
def test_an_error_comes_back_as_it_was(error):
    def work():
        raise error

    with pytest.raises(type(error)) as caught:
        Apart(work).result()
    assert str(caught.value) == str(error)
    assert caught.value.extensions() == error.extensions()


def test_a_process_that_dies_is_told_of():
    with pytest.raises(StoreError, match="status -9"):
        Apart(lambda: os.kill(os.getpid(), 9)).result()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_work_whose_beginning_is_interrupted_leaves_no_process(monkeypatch, number) -> None:
    fork, begun = os.fork, []

    def interrupted() -> int:
        if pid := fork():
            begun.append(pid)
            signal.raise_signal(number)
        return pid

    monkeypatch.setattr(os, "fork", interrupted)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Apart(lambda: time.sleep(60))
    finally:
        signal.signal(number, before)
    with pytest.raises(ProcessLookupError):
        os.kill(begun[0], 0)


def test_work_that_is_ended_leaves_no_process_and_can_be_ended_again() -> None:
    work = Apart(lambda: time.sleep(60))
    pid = work._pid
    work.end()
    work.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
