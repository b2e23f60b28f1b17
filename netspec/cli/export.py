"""`netspec export`: weights in another format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, LaneName, Quiet, Verbose

if TYPE_CHECKING:
    from netspec.training.export import Exported

EXAMPLE = """
netspec export runs/digits-1 -o digits.pth
netspec export resnet20.th -o resnet20.safetensors
"""


class Kind(StrEnum):
    """A format of weights that netspec writes."""

    SAFETENSORS = "safetensors"
    NPZ = "npz"
    TORCH = "torch"


def export(
    source: Annotated[Path, typer.Argument(metavar="RUN|FILE", help="Folder of a run, or a file of weights.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")],
    to: Annotated[Kind | None, typer.Option("--to", help="Its format; default: what its ending says.")] = None,
    optimizer: LaneName = None,
    force: Annotated[bool, typer.Option("--force", metavar="", help="Overwrite a file that is there.")] = False,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write trained weights as safetensors, npz, or a state dict for PyTorch.

    A run gives its best weights. Spec, spec hash, normalization and classes go with them as metadata. PyTorch's
    load_state_dict takes the file with strict=True where its module has the names of the spec's layers.
    """
    from netspec.training import export as exporting

    source, output = source.expanduser(), output.expanduser()
    if output.is_dir():
        raise CliError(f"{output}: this is a folder", "name a file in it")
    if output.exists() and not force:
        raise CliError(f"{output} is already there", "choose another name, or overwrite it with --force")
    if not output.parent.is_dir():
        raise CliError(f"{output.parent}: there is no such folder", "make it first")
    done = exporting.export(source, output, None if to is None else to.value, optimizer)
    if format is Format.JSON:
        console.print_json(done.to_json())
    elif not quiet:
        _print(done, verbose=verbose)


def _print(done: Exported, *, verbose: bool) -> None:
    from netspec.look import size

    screen = console.stdout()
    counts = f"{console.plural(done.tensors, 'tensor')}, {console.plural(done.numbers, 'number')}, {size(done.bytes)}"
    screen.print(f"[{console.OK}]written:[/] {done.file} ({done.kind}): {counts}", soft_wrap=True)
    screen.print(f"from {done.source}", markup=False, soft_wrap=True)
    for note in done.notes:
        screen.print(note, markup=False, style=console.QUIET, soft_wrap=True)
    if verbose:
        screen.print(f"with {', '.join(sorted(done.metadata))}", markup=False, style=console.QUIET, soft_wrap=True)
        screen.print(f"sha256 {done.digest}", markup=False, style=console.QUIET, soft_wrap=True)
