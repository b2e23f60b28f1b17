"""`netspec schema`: the JSON Schema of specs."""

from __future__ import annotations

from netspec.cli import console
from netspec.cli.options import Verbose

EXAMPLE = """
netspec schema > netspec.schema.json
"""


def schema(verbose: Verbose = False) -> None:
    """Print the JSON Schema of specs, for completion in editors."""
    import netspec

    console.print_json(netspec.json_schema())
