"""Loading into the engine what is still being made meanwhile.

The engine's bulk loader reads from a pipe: what passes through it is counted,
hashed, unpacked and rewritten by this process meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

import pyoxigraph as ox

#: ``fcntl`` command on Linux that sets how much fits into a pipe, and that many bytes.
_F_SETPIPE_SZ: Final = 1031
_PIPE: Final = 1 << 20


class Pass:
    """Something that the engine loads while an iterator still makes it, in another thread.

    :param store: where it is loaded.
    :param pieces: gives it.
    :param rdf_format: its format.
    :param ended: is called when all is loaded.
    :param lenient: whether the engine may take it for sound.
    """

    def __init__(
        self,
        store: ox.Store,
        pieces: Iterator[bytes],
        rdf_format: ox.RdfFormat,
        ended: Callable[[], None],
        *,
        lenient: bool = False,
    ) -> None:
        self._store = store
        self._pieces = pieces
        self._format = rdf_format
        self._ended = ended
        self._lenient = lenient
        self._stopped = False
        #: What went wrong.
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Load it all."""
        if self._stopped:
            return
        reading, writing = os.pipe()
        with suppress(OSError):
            fcntl.fcntl(writing, _F_SETPIPE_SZ, _PIPE)
        feeder = threading.Thread(target=self._feed, args=(writing,), daemon=True)
        feeder.start()
        failure: BaseException | None = None
        try:
            self._store.bulk_load(path=f"/dev/fd/{reading}", format=self._format, lenient=self._lenient)
        except BaseException as error:
            # Where it was stopped, there is nothing wrong with a line that was cut off.
            failure = None if self._stopped else error
        os.close(reading)
        feeder.join()
        # A file that ends too early is the cause, a line that is cut off what comes of it.
        self.failure = self.failure or failure
        self._ended()

    def stop(self) -> None:
        """Have it end soon; what the engine has by then it keeps."""
        self._stopped = True

    def _feed(self, writing: int) -> None:
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                for piece in self._pieces:
                    rest = memoryview(piece)
                    while rest and not self._stopped:
                        rest = rest[pipe.write(rest) :]
                    if self._stopped:
                        return
        except BrokenPipeError:
            # The engine has stopped reading, and says why.
            return
        except BaseException as error:
            self.failure = error


def carry_out(passes: Sequence[Pass], *, together: bool = False) -> None:
    """Carry out passes, of which the last is the file as it is.

    :param passes: loading the same file in several ways.
    :param together: whether all are under way at once.
    :raises SyntaxError: the file is not what its format says; told by the pass that has it as it is.
    :raises OSError: the file cannot be read, or the store cannot be written.
    """

    def stop() -> None:
        for one in passes:
            one.stop()

    def go_through(some: Sequence[Pass], over: threading.Event) -> None:
        for one in some:
            try:
                one.run()
            except BaseException as error:
                one.failure = error
            # A wrong line the last one finds, too, and tells its number in the file.
            if one.failure and (one is passes[-1] or not isinstance(one.failure, SyntaxError)):
                stop()
        over.set()

    # The main thread is to be there for whoever interrupts it. What follows in one thread has its memory.
    lanes = {threading.Event(): lane for lane in ([(one,) for one in passes] if together else [passes])}
    for over, lane in lanes.items():
        threading.Thread(target=go_through, args=(lane, over), daemon=True).start()
    # To be interrupted while it joins a thread makes Python take that for ended (until 3.13), hence events.
    try:
        for over in lanes:
            over.wait()
    except BaseException:
        stop()
        for over in lanes:
            over.wait()
        raise
    for one in reversed(passes):
        if one.failure:
            raise one.failure
