"""Having writes kept, and noticing how long the disk takes over it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from portsmouth.errors import StoreError
from portsmouth.store.persistence.primary import Primary

#: Seconds in which a disk that is quick says that a write is there, by the median of so many writes.
_QUICK: Final = 0.0005
_QUICK_WRITES: Final = 15


class Keeper:
    """Has the writes to a dataset kept, one after another.

    :param primary: where the data are kept.
    :param give_up: is told why nothing more can be written, if it comes to that.
    """

    def __init__(self, primary: Primary, give_up: Callable[[str], None]) -> None:
        self._primary = primary
        self._give_up = give_up
        # How long the disk has taken over the last writes.
        self._syncs: deque[float] = deque(maxlen=_QUICK_WRITES)

    @property
    def is_quick(self) -> bool:
        """Whether all else may wait for the disk as long as it usually takes over a write."""
        return len(self._syncs) == _QUICK_WRITES and sorted(self._syncs)[_QUICK_WRITES // 2] < _QUICK

    def keep(self, number: int, data: bytes) -> None:
        """Keep a write; once this returns it outlives the process, where the dataset does.

        :param number: the write's number.
        :param data: its change as bytes.
        :raises StoreError: it could not be kept.
        """
        began = time.perf_counter()
        try:
            self._primary.commit(number, data)
        except StoreError:
            raise
        except Exception as error:
            # It is in the journal, and is done when the store is next opened; until then nothing is certain.
            reason = (
                f"found that a write could be noted but not carried out ({error}); "
                "expected room and a sound disk: start the server anew"
            )
            self._give_up(reason)
            raise StoreError(reason) from error
        self._syncs.append(time.perf_counter() - began)
