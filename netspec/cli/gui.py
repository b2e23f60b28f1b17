"""`netspec gui`: the desktop program."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import Verbose

EXAMPLE = "netspec gui specs/lenet5.toml"


def gui(
    spec: Annotated[str | None, typer.Argument(metavar="[SPEC]", help="Spec file to open.")] = None,
    verbose: Verbose = False,
) -> int:
    """Open the desktop program."""
    from netspec.cli.sources import find_spec

    path = None if spec is None else find_spec(spec)  # which says what is wrong with the name
    if importlib.util.find_spec("PySide6") is None or importlib.util.find_spec("gui.app") is None:
        raise CliError(
            "the desktop program is not installed", "install it with: pip install 'netspec[gui]'", ExitCode.FAILED
        )
    # By name, so that netspec never depends on the desktop program.
    app = importlib.import_module("gui.app")
    is_shipped = spec is not None and not Path(spec).expanduser().exists()
    return int(app.main([] if path is None else [path.stem if is_shipped else str(path)]) or ExitCode.OK)
