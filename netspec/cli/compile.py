"""`netspec compile`: a readable artefact from which training starts at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from netspec.cli import console
from netspec.cli.options import AsFormat, Format, Overrides, Quiet, Seed, Spec, Threads, Verbose, folder

EXAMPLE = """
netspec compile specs/lenet5.toml -o build/lenet5
netspec train build/lenet5
"""


def compile_spec(
    spec: Spec,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", parser=folder, help="Where to write the artefact.")
    ] = Path("build"),
    overrides: Overrides = None,
    seed: Seed = None,
    threads: Threads = None,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compile a spec into a folder that can be read, and warm the cache of kernels.

    The folder holds the spec with all defaults, the plan of a training step, the program as Python text, and a lock
    file with versions and hashes.
    """
    from netspec.artefact import refuse_foreign, write_artefact
    from netspec.cli.loading import compile_program, load_spec

    started = time.perf_counter()
    refuse_foreign(output)
    program, kernels = compile_program(load_spec(spec, overrides, seed), threads, quiet=quiet or format is Format.JSON)
    files = write_artefact(program, output, kernels)
    seconds = time.perf_counter() - started
    if format is Format.JSON:
        document = {
            "folder": str(output),
            "files": [file.name for file in files],
            "kernels": kernels,
            "seconds": seconds,
        }
        console.print_json(document)
    elif not quiet:
        made_of = program.spec
        is_trainable = made_of.data is not None and made_of.loss is not None and bool(made_of.optimizers)
        _print(output, files, len(kernels), seconds, is_trainable=is_trainable)


def _print(output: Path, files: list[Path], kernels: int, seconds: float, *, is_trainable: bool) -> None:
    screen = console.stdout()
    ready = f"{console.plural(kernels, 'kernel')} ready in {console.duration(seconds)}"
    screen.print(f"[{console.OK}]compiled:[/] {ready}, written to {output}")
    for file in files:
        screen.print(f"  {file.name:<20} {DESCRIPTIONS[file.name]}", markup=False)
    if is_trainable:
        screen.print(f"next: netspec train {output}", style=console.QUIET)


DESCRIPTIONS = {
    "spec.resolved.toml": "the spec with every default",
    "plan.txt": "calls and buffers of a training step",
    "program.py": "the same as Python text, to read",
    "tables.npz": "the constant integers of program.py",
    "lock.json": "versions, hashes, where the spec came from",
}
