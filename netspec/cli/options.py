"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli.errors import Verbosity


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


class TableFormat(StrEnum):
    """How a table is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class SpecFormat(StrEnum):
    """The language of a spec."""

    TOML = "toml"
    JSON = "json"


class OnSigint(StrEnum):
    """What the first Ctrl-C does."""

    STOP = "stop"
    CHECKPOINT = "checkpoint"
    NONE = "none"


class PartChoice(StrEnum):
    """A part of the data."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def _set_verbose(value: bool) -> bool:
    Verbosity.is_verbose = Verbosity.is_verbose or value
    return value


def folder(text: str) -> Path:
    """The folder named on the command line; an empty name (of an unset variable, say) would be the current folder."""
    if not text.strip():
        raise typer.BadParameter("the name of the folder is empty")
    return Path(text).expanduser()


Spec = Annotated[
    str, typer.Argument(metavar="SPEC", help="Spec file (.toml, .json), or the name of a shipped one, such as digits.")
]
SpecOrRun = Annotated[
    str, typer.Argument(metavar="SPEC|RUN", help="Spec file, name of a shipped spec, or folder of a run.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the spec, e.g. optimizer.lr=0.01; repeatable."),
]
Weights = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="Parameters to start from: a file, or a name of `netspec weights`."),
]
LaneName = Annotated[
    str | None, typer.Option("--optimizer", metavar="NAME", help="Of a race: whose weights; default: the winner's.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", min=0, help="Override the spec's seed.")]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, help="Threads to compute with; default: all cores.")
]
AsFormat = Annotated[Format, typer.Option("--format", help="Text for people or one JSON document.")]
AsTable = Annotated[TableFormat, typer.Option("--format", help="How the table is printed.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Print nothing but errors and the result.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", metavar="", callback=_set_verbose, help="Say more; with a traceback after errors."),
]
