"""`netspec gradcheck`: the network's gradients against central differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Seed, Spec, Threads, Verbose

if TYPE_CHECKING:
    from netspec.gradcheck import Row

EXAMPLE = """
netspec gradcheck digits
netspec gradcheck specs/lenet5.toml conv2 --samples 100
"""


def gradcheck(
    spec: Spec,
    layer: Annotated[str | None, typer.Argument(metavar="[LAYER]", help="Only the parameters of this layer.")] = None,
    tolerance: Annotated[float, typer.Option(metavar="X", min=0, help="Greatest relative error that passes.")] = 1e-5,
    samples: Annotated[
        int, typer.Option(metavar="N", min=1, help="Entries compared of each tensor, chosen at random.")
    ] = 24,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Samples in the random batch.")] = 3,
    overrides: Overrides = None,
    seed: Seed = None,
    threads: Threads = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> int:
    """Check the network's gradients by central differences in float64.

    Runs the compiled kernels on a random batch, so no data is needed. Entries that stand at a kink (ReLU, max) are left
    out and counted. Ends with exit code 1 when an error exceeds the tolerance.
    """
    from netspec.cli.loading import load_spec
    from netspec.gradcheck import UnknownLayerError, check_gradients

    loaded = load_spec(spec, overrides)
    rows: list[Row] = []
    try:
        for row in check_gradients(
            loaded, layer=layer, batch_size=batch_size, samples=samples, seed=seed or 0, threads=threads
        ):
            rows.append(row)
    except UnknownLayerError as error:
        raise CliError(f"gradcheck: {error.message}", error.hint) from None
    if not rows:
        what = layer or "the network"
        raise CliError(
            f"gradcheck: nothing was checked, {what} has no parameters that are trained",
            "name a layer with parameters before it, or none to check all, the input included",
            ExitCode.FAILED,
        )
    is_ok = all(row.passes(tolerance) for row in rows)
    if format is Format.JSON:
        tensors = [{**vars(row), "ok": row.passes(tolerance)} for row in rows]
        console.print_json({"ok": is_ok, "tolerance": tolerance, "tensors": tensors})
    else:
        _print(rows, tolerance, is_ok)
    return ExitCode.OK if is_ok else ExitCode.FAILED


def _print(rows: list[Row], tolerance: float, is_ok: bool) -> None:
    table = console.plain_table("tensor", "of", "checked", "at kinks", "max rel. error", "", right=_RIGHT)
    for row in rows:
        passes = row.passes(tolerance)
        verdict = f"[{console.OK}]ok[/]" if passes else f"[bold {console.ERROR}]FAILED[/]"
        checked = f"{console.count(row.checked)} of {console.count(row.size)}"
        table.add_row(row.tensor, row.of, checked, str(row.at_kinks or ""), f"{row.error:.1e}", verdict)
    console.print_table(table)
    screen = console.stdout()
    for row in rows:
        if row.error > tolerance:
            place = f"{row.tensor}{list(row.index or ())}"
            values = f"the kernels say {row.analytic:.9g}, central differences {row.numeric:.9g}"
            screen.print(f"{place}: {values}", markup=False)
    compared = console.plural(sum(row.checked for row in rows), "derivative")
    screen.print(f"\n{'ok' if is_ok else 'failed'}: {compared} compared, tolerance {tolerance:g}", markup=False)


_RIGHT = ("checked", "at kinks", "max rel. error")
