"""One place that turns every error into a message and an exit code."""

from __future__ import annotations

import sys
import traceback
from enum import IntEnum

from netspec.cli import console


class ExitCode(IntEnum):
    """What `netspec` answers to the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NAN = 3
    INTERRUPTED = 130


class CliError(Exception):
    """Something the user can put right: `message` says where and what, `hint` what to do."""

    def __init__(self, message: str, hint: str = "", code: int = ExitCode.USAGE) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.code = message, hint, code


def report(error: BaseException, *, verbose: bool) -> int:
    """Print `error` to stderr as the user should see it; the exit code."""
    if isinstance(error, CliError):
        complain(error.message, error.hint)
        return error.code
    if isinstance(error, KeyboardInterrupt):
        console.stderr().print("interrupted", style=console.WARNING)
        return ExitCode.INTERRUPTED
    code = _report_known(error)
    if code is None:
        return _report_bug(error, verbose=verbose)
    if verbose:
        traceback.print_exception(error)
    return code


def complain(message: str, hint: str = "") -> None:
    """`error: message; hint` on stderr, the word coloured on a terminal."""
    from rich.text import Text

    text = Text("error: ", style=f"bold {console.ERROR}", end="")
    rest = Text(f"{message}; {hint}" if hint else message, style="default")
    console.stderr().print(Text.assemble(text, rest), soft_wrap=not sys.stderr.isatty())


def _report_known(error: BaseException) -> int | None:
    """Errors that are the spec's, the data's or the machine's, not netspec's; None for all others."""
    from netspec.artefact import ForeignFolderError
    from netspec.datasets.base import DataError
    from netspec.layers.base import ShapeError
    from netspec.load_report import LoadError
    from netspec.problems import SpecError
    from netspec.training.errors import TrainError
    from netspec.weights import WeightsError

    if isinstance(error, SpecError):
        from netspec.cli.diagnostics import print_problems

        print_problems(error.problems)
        return ExitCode.USAGE
    if isinstance(error, ShapeError | ForeignFolderError):
        complain(error.message, error.hint)
        return ExitCode.USAGE
    if isinstance(error, DataError):
        complain(error.message, error.hint)
        return ExitCode.FAILED
    if isinstance(error, TrainError | WeightsError | LoadError):
        complain(str(error))
        return ExitCode.USAGE
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}")
        return ExitCode.FAILED
    if isinstance(error, MemoryError):
        complain(str(error) or "not enough memory; make [train] batch_size or the input smaller")
        return ExitCode.FAILED
    return None


def _report_bug(error: BaseException, *, verbose: bool) -> int:
    kind = type(error).__name__
    hint = "please report it with the command you typed"
    complain(f"this is a bug in netspec, not in your spec ({kind}: {error})", hint)
    if verbose:
        traceback.print_exception(error)
    else:
        console.stderr().print("Run the command again with -v for the details.", style=console.QUIET)
    return ExitCode.FAILED
