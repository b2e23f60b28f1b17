"""`netspec schema`: the JSON Schema of specs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli import console
from netspec.cli.options import Verbose

EXAMPLE = """
netspec schema -o netspec.schema.json    then: #:schema ./netspec.schema.json
"""


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead.")
    ] = None,
    verbose: Verbose = False,
) -> None:  # fmt: skip
    """Print the JSON Schema of specs, for completion in editors.

    An editor that knows it completes keys, types and words in specs, explains them, and underlines what is wrong.
    """
    import netspec

    document = netspec.json_schema()
    if output is None:
        console.print_json(document)
        return
    path = output.expanduser()
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.stdout().print(f"wrote {path}; docs/editor.md tells how editors find it", soft_wrap=True, markup=False)
