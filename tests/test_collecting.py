"""The garbage collector rests while much is made, and is afterwards as it was before."""

import gc
from contextlib import suppress

import pytest

from portsmouth.collecting import collector_paused


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("settled", [True, False])
def test_the_collector_is_afterwards_as_it_was(before, settled):
    was_on = gc.isenabled()
    (gc.enable if before else gc.disable)()
    try:
        with suppress(KeyError), collector_paused(settled=settled):
            with collector_paused():
                assert not gc.isenabled()
            # The inner pause ends nothing that it has not begun.
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is before
        assert gc.get_freeze_count() == 0
    finally:
        (gc.enable if was_on else gc.disable)()


def test_what_is_settled_is_old_and_what_is_frozen_stays_frozen():
    with collector_paused(settled=True):
        made = [[number] for number in range(1000)]
    assert not {id(one) for one in made} & {id(one) for young in (0, 1) for one in gc.get_objects(young)}
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with collector_paused(settled=True):
            pass
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
