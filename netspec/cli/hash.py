"""`netspec hash`: what a spec says, as one number."""

from __future__ import annotations

from netspec.cli import console
from netspec.cli.options import AsFormat, Format, Overrides, Spec, Verbose

EXAMPLE = "netspec hash specs/lenet5.toml"


def hash_spec(
    spec: Spec, overrides: Overrides = None, format: AsFormat = Format.TEXT, verbose: Verbose = False
) -> None:
    """Print the SHA-256 of what the spec says.

    Comments, order of keys, spelled-out defaults and the language (TOML or JSON) make no difference.
    """
    import netspec
    from netspec.cli.loading import load_spec

    loaded = load_spec(spec, overrides)
    digest = netspec.spec_hash(loaded)
    if format is Format.JSON:
        console.print_json({"name": loaded.name, "spec_hash": digest})
    else:
        console.write(digest + "\n")
