"""The command line: what ``portsmouth --help`` lists.

Answers go to standard output, everything else to standard error, so that a pipe
carries data and nothing else. An error is one line and an exit code: 1 what was
asked about is wrong, 2 the request is, 3 the package's data are missing, 4 the
store could not answer, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from rich.console import Console

from portsmouth.cli import conflicts as _conflicts  # noqa: F401  # adds its commands
from portsmouth.cli import loading as _loading  # noqa: F401  # adds its command
from portsmouth.cli import networks as _networks  # noqa: F401  # adds its commands
from portsmouth.cli import stances as _stances  # noqa: F401  # adds its command
from portsmouth.cli import synthetic as _synthetic  # noqa: F401
from portsmouth.cli.commands import app
from portsmouth.errors import FactsError, PortsmouthError

__all__ = ["app", "main", "run"]

#: What typer raises for any wrong call; it exports only the kinds of it by name.
_UsageError: Any = typer.BadParameter.__base__


def main() -> None:
    """Run the command that the command line names, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command.

    :param arguments: the words after the program's name.
    :return: the exit code.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        code = app(args=arguments, prog_name="portsmouth", standalone_mode=False)
    except _UsageError as error:
        console.print(f"error: {error.format_message()} (portsmouth --help explains)", markup=False)
        return 2
    except PortsmouthError as error:
        _tell(console, error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough. Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        console.print(
            f"error: found {error.strerror}: {error.filename}; expected to be able to use it", markup=False
        )
        return 2
    return code if isinstance(code, int) else 0


def _tell(console: Console, error: PortsmouthError) -> None:
    if isinstance(error, FactsError):
        for finding in error.findings:
            console.print(str(finding), markup=False)
        count = len(error.findings)
        console.print(
            f"error: {error.title.lower()}: {count} finding{'s' if count > 1 else ''}", markup=False
        )
    else:
        console.print(f"error: {error}", markup=False)
