"""One place that turns every error into a message and an exit code."""

from __future__ import annotations

import sys
import traceback
from enum import IntEnum

from netspec.cli import console


class Verbosity:
    """How errors are told: with a traceback (-v), and as JSON (--format json)."""

    is_verbose = False
    is_json = False


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


class InterruptionError(Exception):
    """Ctrl-C that ends a command; `message` tells what becomes of its work."""

    def __init__(self, message: str = "interrupted") -> None:
        super().__init__(message)
        self.message = message


def report(error: BaseException, *, verbose: bool) -> int:
    """Print `error` to stderr as the user should see it, with --format json as a document on stdout, too; the exit code."""
    if Verbosity.is_json:
        _print_document(error)
    if isinstance(error, CliError):
        complain(error.message, error.hint)
        return error.code
    if isinstance(error, KeyboardInterrupt | InterruptionError):
        console.stderr().print(getattr(error, "message", "interrupted"), style=console.WARNING)
        return ExitCode.INTERRUPTED
    code = _report_known(error, verbose=verbose)
    if code is None:
        return _report_bug(error, verbose=verbose)
    if verbose:
        traceback.print_exception(error)
    return code


def _print_document(error: BaseException) -> None:
    """{"ok": false, "problems": […]} for a spec, {"ok": false, "error": {"message", "hint"}} for everything else."""
    from netspec.problems import SpecError

    if isinstance(error, SpecError):
        console.print_json({"ok": False, "problems": [problem.as_dict() for problem in error.problems]})
        return
    message = str(getattr(error, "message", "") or error) or type(error).__name__
    console.print_json({"ok": False, "error": {"message": message, "hint": str(getattr(error, "hint", ""))}})


def complain(message: str, hint: str = "") -> None:
    """`error: message; hint` on stderr, the word coloured on a terminal."""
    from rich.text import Text

    text = Text("error: ", style=f"bold {console.ERROR}", end="")
    rest = Text(f"{message}; {hint}" if hint else message, style="default")
    console.stderr().print(Text.assemble(text, rest), soft_wrap=not sys.stderr.isatty())


def _report_known(error: BaseException, *, verbose: bool) -> int | None:
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
    if isinstance(error, DataError | TrainError | WeightsError):
        complain(error.message, error.hint)
        return ExitCode.USAGE
    if isinstance(error, LoadError):
        from netspec.cli.load_table import print_load

        complain(f"weights from {error.report.source} do not fit: {error.report.counts()}", error.hint)
        print_load(error.report.to_json(), console.stderr(), full=verbose)
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
