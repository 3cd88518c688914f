"""Run the command line as ``python -m portsmouth``."""

from portsmouth.cli import main

main()
