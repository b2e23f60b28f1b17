"""`netspec render`: the spec with everything filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netspec.cli.options import Overrides, Spec, SpecFormat, Verbose

EXAMPLE = """
netspec render digits
netspec render specs/lenet5.toml --format json -o full.json
"""


def render(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
    overrides: Overrides = None,
    format: Annotated[SpecFormat, typer.Option("--format", help="Language of the result.")] = SpecFormat.TOML,
    verbose: Verbose = False,
) -> None:
    """Print the spec with blocks expanded and every default filled in.

    The result trains identically: no default of any version is left open.
    """
    import netspec
    from netspec.cli import console
    from netspec.cli.loading import load_spec

    text = netspec.render(load_spec(spec, overrides), format=format.value)
    if output is None:
        console.write(text)
    else:
        output.write_text(text, encoding="utf-8")
