"""What a server of facts needs first, done beside the rest of its start.

The graph is built by a process of its own, which leaves no memory behind. Where the words of the command
line tell that it will be needed, that begins before the command line is understood, which takes longer to
load than the build; the fork server that will hold the graph is forked then too, when there is little yet
that it would hold besides.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from portsmouth.apart import Apart
from portsmouth.passing import make_folder, remove_folder

if TYPE_CHECKING:
    from portsmouth.store.processes.prepared import Prepared

#: The module with which workers speak HTTP.
_SPEAKING: Final = "portsmouth_server.speaking"
#: Options with which nothing is built, or something else.
_OTHERWISE: Final = {"--data", "--no-data", "--store", "--endpoint", "--facts", "--help", "-h"}


class Built(NamedTuple):
    """A dataset that has been built.

    :param path: the file that holds it, as N-Quads.
    :param snapshot: its id.
    :param summary: what is said of it.
    """

    path: Path
    snapshot: str
    summary: str


class Ahead:
    """A graph that is being built, from now on, and perhaps a fork server that waits for it.

    To be closed when the graph's file is of no more use.

    :param facts: the folder that holds one folder a document; the package's own where not given.
    :param forking: whether a fork server is forked, which then holds no more than this process now does.
    """

    def __init__(self, facts: Path | None = None, *, forking: bool = False) -> None:
        #: The fork server that waits for the graph.
        self.prepared: Prepared | None = None
        folder = self._folder = make_folder()
        try:
            channel = socket.socketpair() if forking else None
            self._building = Apart(lambda: _build(facts, folder, channel and channel[0]))
        except BaseException:
            remove_folder(folder)
            raise
        try:
            if channel:
                # Both processes need most of what this loads.
                from portsmouth.store.processes.prepared import Prepared

                # Where no more processes may be had now, a fork server is started when it is needed.
                with suppress(OSError):
                    self.prepared = Prepared(channel, _SPEAKING)
        except BaseException:
            # Most of all by Ctrl-C, while much is loaded.
            self.close()
            raise

    def built(self) -> Built:
        """Wait for the graph.

        :raises PortsmouthError: the facts are wrong, or missing.
        """
        return self._building.result()

    def close(self) -> None:
        """End what is under way that nobody else has taken over, and remove what has been made."""
        self._building.end()
        if self.prepared:
            self.prepared.close()
        remove_folder(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def begin(arguments: Sequence[str]) -> Ahead | None:
    """Begin what the command line will want for certain, if that can be seen at a glance.

    :param arguments: the words after the program's name.
    """
    if not serves_facts(arguments, os.environ):
        return None
    # Nearly all that is loaded from here on lives as long as the server: the collector would walk it over and
    # over while it grows, and find nothing. portsmouth_server.running lets it come again before the first
    # request; a command that ends before that leaves everything to the end of its process.
    gc.disable()
    written = "--token-file" in arguments or {"PORTSMOUTH_TOKEN", "PORTSMOUTH_TOKEN_FILE"} & os.environ.keys()
    try:
        return Ahead(forking=hasattr(os, "fork") and not written)
    except OSError:
        # The command itself will meet this again, and tell it.
        return None


def serves_facts(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a command line most likely serves the package's own facts, from memory.

    A wrong guess costs time and nothing else.

    :param arguments: the words after the program's name.
    :param environment: the variables that may say otherwise.

    >>> serves_facts(["serve", "--port", "80"], {})
    True
    >>> serves_facts(["serve", "--data=big.nq"], {})
    False
    """
    words = {word.partition("=")[0] for word in arguments}
    return (
        list(arguments[:1]) == ["serve"]
        and words.isdisjoint(_OTHERWISE)
        and not environment.get("PORTSMOUTH_ENDPOINT")
    )


def _build(facts: Path | None, folder: Path, waiting: socket.socket | None) -> Built:
    """Build the graph into a file, and tell a fork server that waits for it."""
    from portsmouth.build import build

    if sys.stderr.isatty():
        from portsmouth.cli.telling import progress

        with progress() as tell:
            built = build(facts, progress=tell)
    else:
        built = build(facts)
    path = folder / "snapshot.nq"
    try:
        path.write_bytes(built.nquads)
    except OSError as error:
        from portsmouth.store.persistence.trouble import unusable

        otherwise = f"found that the data cannot be put aside ({error}); expected room for them"
        raise unusable(folder.parent, error, otherwise) from error
    if waiting:
        from portsmouth.store.processes.prepared import load

        with suppress(OSError):
            load(waiting, path)
    return Built(path, built.snapshot, built.summary)
