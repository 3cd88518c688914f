"""``python -m portsmouth_server DATASET``: serve an N-Quads file.

Settings come from the environment, or from the file that PORTSMOUTH_CONFIG names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from portsmouth import queries
from portsmouth.errors import PortsmouthError
from portsmouth_server import Settings, serve
from portsmouth_server.stores import open_store


def main() -> int:
    """Serve the file that the command line names.

    :return: the exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m portsmouth_server", description=__doc__)
    parser.add_argument("dataset", type=Path, help="a dataset in N-Quads, its default graph included")
    parser.add_argument(
        "--named-queries",
        action="store_true",
        help="offer the program's named queries, as for a built dataset",
    )
    arguments = parser.parse_args()
    try:
        settings = Settings.load()
        store = open_store(arguments.dataset.read_bytes(), settings)
        named = queries.catalogue() if arguments.named_queries else ()
        serve(store, settings, named, ready=lambda address: print(f"Serving on {address}", flush=True))
    except PortsmouthError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
