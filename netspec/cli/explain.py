"""`netspec explain`: what a problem code means."""

from __future__ import annotations

from typing import Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, Verbose

EXAMPLE = "netspec explain NS203"


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code such as NS203, as `netspec check` prints it.")],
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """Explain a problem code."""
    from netspec.codes import CODES
    from netspec.problems import explain as text_of

    text = text_of(code)
    if text is None:
        hint = f"there are {len(CODES)}, from {min(CODES)} to {max(CODES)}; `netspec check` prints them"
        raise CliError(f"there is no code {code}", hint)
    if format is Format.JSON:
        console.print_json({"code": code.upper(), "text": text})
        return
    screen = console.stdout()
    screen.print(code.upper(), style="bold")
    screen.print(text, markup=False)
