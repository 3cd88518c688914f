"""The command line: what ``portsmouth --help`` lists.

Answers go to standard output, everything else to standard error, so that a pipe
carries data and nothing else. An error is one line and an exit code: 1 what was
asked about is wrong, 2 the request is, 3 the package's data are missing, 4 the
store could not answer, 130 interrupted.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from portsmouth.cli.ahead import Ahead, begin
from portsmouth.cli.ending import orderly
from portsmouth.cli.streams import drop_output, open_standard_streams

if TYPE_CHECKING:
    import typer
    from rich.console import Console

    from portsmouth.errors import PortsmouthError

    app: typer.Typer

__all__ = ["app", "main", "run"]

#: Modules that add one command, and are all that this one needs.
_ALONE: Final = {"serve": "serving", "load": "loading"}
#: The modules that add commands, in the order in which help lists these.
_ALL: Final = (
    "serving",
    "building",
    "querying",
    "searching",
    "exporting",
    "conflicts",
    "loading",
    "networks",
    "stances",
    "synthetic",
)


def __getattr__(name: str) -> Any:
    if name == "app":
        return _application()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _application(command: str = "") -> typer.Typer:
    """Load commands: a server, or a load, would wait for the others without need."""
    alone = _ALONE.get(command)
    for module in (alone,) if alone else _ALL:
        import_module(f"{__name__}.{module}")
    from portsmouth.cli.base import app

    return app


def main() -> None:
    """Run the command that the command line names, and end the process with its exit code."""
    open_standard_streams()
    arguments = sys.argv[1:]
    try:
        with orderly(), begin(arguments) or nullcontext() as ahead:
            code = run(arguments, ahead)
    except BaseException as error:
        # Before there is anything that would obey it in a better way.
        if not _comes_of_ctrl_c(error):
            raise
        code = 130
    sys.exit(code)


def _comes_of_ctrl_c(error: BaseException | None) -> bool:
    """Say whether an error is Ctrl-C, or what Python makes of that where a class is just being made."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or _comes_of_ctrl_c(error.__cause__))


def run(arguments: list[str], ahead: Ahead | None = None) -> int:
    """Run a command.

    :param arguments: the words after the program's name.
    :param ahead: what has begun already, for a server.
    :return: the exit code.
    """
    app = _application(*arguments[:1])
    import typer
    from rich.console import Console

    from portsmouth.errors import PortsmouthError

    # What typer raises for any wrong call; it exports only the kinds of it by name.
    usage_error: Any = typer.BadParameter.__base__
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        # What is still under way ends, and leaves the terminal, before anything is told there.
        with ahead or nullcontext():
            code = app(args=arguments, prog_name="portsmouth", standalone_mode=False, obj=ahead)
    except usage_error as error:
        # Where no word is given, help has been shown, and there is no message.
        if message := error.format_message():
            message = message.replace(": Value error, ", ": ")
            called = error.ctx.command_path if getattr(error, "ctx", None) else "portsmouth"
            console.print(f"error: {message} ({called} --help explains)", markup=False)
        return 2
    except PortsmouthError as error:
        _tell(console, error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe has seen enough: where typer notices, it ends the process, and does so for
        # nothing else.
        drop_output()
        return 0
    except OSError as error:
        where = f": {error.filename}; expected to be able to use it"
        if not error.filename:
            drop_output()
            where = "; expected to be able to write what the command prints"
        console.print(f"error: found {error.strerror}{where}", markup=False)
        return 2
    return code if isinstance(code, int) else 0


def _tell(console: Console, error: PortsmouthError) -> None:
    from portsmouth.errors import FactsError

    if isinstance(error, FactsError):
        for finding in error.findings:
            console.print(str(finding), markup=False)
        count = len(error.findings)
        console.print(
            f"error: {error.title.lower()}: {count} finding{'s' if count > 1 else ''}", markup=False
        )
    else:
        console.print(f"error: {error}", markup=False)
