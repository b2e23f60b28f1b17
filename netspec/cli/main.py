"""`netspec`: the commands, and the one place where an error becomes text and an exit code."""

from __future__ import annotations

import difflib
import inspect
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from netspec.cli import (
    check,
    compile,
    console,
    data_check,
    data_show,
    doctor,
    evaluate,
    explain,
    export,
    finetune,
    gradcheck,
    gui,
    hash,
    init,
    lr_find,
    plan,
    predict,
    race,
    render,
    schema,
    summary,
    time,
    train,
    weights,
)
from netspec.cli.errors import CliError, ExitCode, InterruptionError, Verbosity, report

FOREIGN_VERBS = {
    "test": "evaluate",
    "eval": "evaluate",
    "score": "evaluate",
    "fit": "train",
    "run": "train",
    "infer": "predict",
    "classify": "predict",
    "convert": "export",
    "save": "export",
    "lint": "check",
    "build": "compile",
    "show": "summary",
    "print": "summary",
    "compare": "race",
    "checkgrad": "gradcheck",
    "profile": "time",
    "benchmark": "time",
    "find-lr": "lr-find",
    "lrfind": "lr-find",
    "bench": "time",
}
"""What other tools call our commands: for did-you-mean only."""


NOT_YET = ("import", "runs")
"""Words that the nearest command would answer wrongly."""


VALUE_WORDS = (
    (r"Input should be a valid integer.*", "must be a whole number"),
    (r"Input should be a valid number.*", "must be a number"),
    (r"Input should be greater than or equal to (\S+)", r"must be \1 or more"),
    (r"(?:Value error, )?'(.*)' is not one of (.*)", r'is "\1", but must be one of \2'),
)
"""What Typer says of a wrong value → the same as the errors of specs say it."""


class Verbs(TyperGroup):
    """A group of commands that knows the words of other tools."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word = args[0]
        if word not in self.commands and not word.startswith("-"):
            raise CliError(f"there is no command {word!r}", self._remedy(word))
        return super().resolve_command(ctx, args)

    def _remedy(self, word: str) -> str:
        if word.lower() in NOT_YET:
            return "it is not in this version; `netspec --help` lists all commands"
        foreign = FOREIGN_VERBS.get(word.lower())
        close = [foreign] if foreign in self.commands else difflib.get_close_matches(word.lower(), self.commands, n=1)
        return f"did you mean {close[0]}?" if close else "`netspec --help` lists all commands"


class Verb(TyperCommand):
    """A command whose help ends with the EXAMPLE of its module, and that does not end in silence on Ctrl-C."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise InterruptionError from None  # typer would make an exit code of it, without a word

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        screen = console.stdout()
        screen.print(" Example", style="bold")
        for line in sys.modules[self.callback.__module__].EXAMPLE.strip().splitlines():
            screen.print(f"   {line}", markup=False, soft_wrap=True)
        screen.print()


app = typer.Typer(
    name="netspec",
    cls=Verbs,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One text file in, a trained neural network out.",
    epilog="Start with:  [bold]netspec train digits[/bold]",
)
data = typer.Typer(cls=Verbs, help="Look at the data of a spec.")

BUILD, LEARN, USE, HELP = "Write and check a spec", "Train", "Use a trained network", "Help"
COMMANDS = (
    (init.init, "init", BUILD),
    (check.check, "check", BUILD),
    (summary.summary, "summary", BUILD),
    (plan.plan, "plan", BUILD),
    (render.render, "render", BUILD),
    (hash.hash_spec, "hash", BUILD),
    (compile.compile_spec, "compile", BUILD),
    (gradcheck.gradcheck, "gradcheck", BUILD),
    (doctor.doctor, "doctor", BUILD),
    (time.time_spec, "time", BUILD),
    (lr_find.lr_find, "lr-find", LEARN),
    (train.train, "train", LEARN),
    (finetune.finetune, "finetune", LEARN),
    (race.race, "race", LEARN),
    (weights.weights, "weights", LEARN),
    (evaluate.evaluate, "evaluate", USE),
    (predict.predict, "predict", USE),
    (export.export, "export", USE),
    (schema.schema, "schema", HELP),
    (explain.explain, "explain", HELP),
    (gui.gui, "gui", HELP),
)


def _assemble() -> None:
    for function, name, panel in COMMANDS:
        app.command(name, cls=Verb, rich_help_panel=panel, help=reflowed(function))(function)
    app.command("validate", cls=Verb, hidden=True, help=reflowed(check.check))(check.check)
    app.add_typer(data, name="data", rich_help_panel=LEARN)
    data.command("check", cls=Verb, help=reflowed(data_check.data_check))(data_check.data_check)
    data.command("show", cls=Verb, help=reflowed(data_show.data_show))(data_show.data_show)


def reflowed(function: Any) -> str:
    """The docstring with one line a paragraph, for terminals of any width."""
    paragraphs = inspect.cleandoc(function.__doc__).split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def _print_version(wanted: bool) -> None:
    if wanted:
        from netspec import __version__

        console.write(f"netspec {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, metavar="", callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Options of netspec itself."""


_assemble()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    Verbosity.is_verbose = False
    console.survive_poor_encodings()
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    Verbosity.is_json = wants_json(words)
    try:
        _refuse_environment()
        code = typer.main.get_command(app)(args=words, prog_name="netspec", standalone_mode=False)
        sys.stdout.flush()
    except typer.Abort:
        return report(KeyboardInterrupt(), verbose=False)
    except BrokenPipeError:
        # The reader (`head`) has left; without this, Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else ExitCode.FAILED
    except BaseException as error:
        return _report_usage(error) or report(error, verbose=Verbosity.is_verbose)
    return code if isinstance(code, int) else ExitCode.OK


def _refuse_environment() -> None:
    """Numba ignores a number of threads that it cannot read, and fails at its import for 0."""
    given = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if given and not (given.isdecimal() and int(given) > 0):
        raise CliError(f"NUMBA_NUM_THREADS: {given!r} is no number of threads", "set it to 1 or more, or unset it")


def _report_usage(error: BaseException) -> int | None:
    """Typer's own complaints about options and arguments; None for every other error."""
    click_exception = typer.BadParameter.__mro__[2]  # not exported; older versions of typer take it from click
    if not isinstance(error, click_exception):
        return None
    usage: Any = error
    context = getattr(usage, "ctx", None)
    path = context.command_path if context else "netspec"
    message = in_our_words(str(usage.format_message()).rstrip("."))
    return report(CliError(f"{message[:1].lower()}{message[1:]}", f"see `{path} --help`"), verbose=False)


def in_our_words(message: str) -> str:
    """Typer's complaint about a value as the errors of specs are worded; other complaints as they are."""
    found = re.fullmatch(r"Invalid value for '(.+?)': (.*)", message, re.DOTALL)
    for pattern, words in VALUE_WORDS:
        if found and (wrong := re.fullmatch(pattern, found[2])):
            return f"{found[1]} {wrong.expand(words)}"
    return message


def wants_json(words: Sequence[str]) -> bool:
    """Whether a document is expected on stdout, also when the arguments are wrong."""
    pairs = zip(words, [*words[1:], ""], strict=True)
    return any(pair == ("--format", "json") or pair[0] == "--format=json" for pair in pairs)


if __name__ == "__main__":
    sys.exit(main())
