"""``python -m bench.kept FILE DIR``: serve a file from memory, and keep what is written in a folder.

This is what ``portsmouth serve --store DIR --token-file FILE`` does with the graph of the program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from portsmouth_server import Settings, serve
from portsmouth_server.stores import open_store

if __name__ == "__main__":
    file, folder = map(Path, sys.argv[1:])
    settings = Settings.load()
    serve(open_store(file.read_bytes(), settings, directory=folder), settings)
