"""`netspec data check`: everything that is wrong with a spec's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Spec, Verbose

if TYPE_CHECKING:
    from netspec.datasets.check import DataReport

EXAMPLE = """
netspec data check digits
netspec data check specs/lenet5.toml --set data.root=/data/mnist
"""
SHOWN = 50
"""Findings printed without -v."""


def data_check(
    spec: Spec,
    strict: Annotated[bool, typer.Option("--strict", metavar="", help="Let warnings fail, too (exit code 1).")] = False,
    overrides: Overrides = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> int:
    """Look at every file and sample: unreadable, odd or duplicate ones, with their paths.

    Ends with exit code 1 when something is found that stops training.
    """
    from netspec.cli.loading import load_spec
    from netspec.datasets.check import check_data
    from netspec.training.targets import ignored_label

    loaded = load_spec(spec, overrides)
    if loaded.data is None:
        raise CliError(f"{spec}: the spec names no data", "add [data] with a type")
    shape = loaded.inputs[0].shape if len(loaded.inputs) == 1 else None
    report = check_data(loaded.data, loaded.base_dir, ignored_label(loaded.loss), shape)
    if format is Format.JSON:
        findings = [vars(finding) for finding in report.findings]
        classes, notes = list(report.classes), list(report.notes)
        console.print_json(
            {"ok": report.ok, "samples": report.samples, "classes": classes, "findings": findings, "notes": notes}
        )
    else:
        _print(report, verbose=verbose)
    return ExitCode.OK if report.ok and not (strict and report.findings) else ExitCode.FAILED


def _print(report: DataReport, *, verbose: bool) -> None:
    from netspec.cli.data_table import parts_table

    errors, screen = console.stderr(), console.stdout()
    shown = report.findings if verbose else report.findings[:SHOWN]
    for finding in shown:
        colour = console.ERROR if finding.severity == "error" else console.WARNING
        errors.print(f"[{colour}]{finding.severity}[/] ", end="")
        errors.print(f"{finding.path}: {finding.reason}", markup=False)
    if len(shown) < len(report.findings):
        errors.print(f"… and {len(report.findings) - len(shown)} more; -v shows all", style=console.QUIET)
    if report.classes:
        console.print_table(parts_table(report.classes, full=verbose, counted=report.counted))
        screen.print()
    bad = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - bad
    parts = [console.plural(number, noun) for number, noun in ((bad, "error"), (warnings, "warning")) if number]
    verdict = f"[{console.OK}]ok[/]" if report.ok else f"[bold {console.ERROR}]failed[/]"
    found = ", ".join(parts) or "nothing wrong"
    screen.print(f"{verdict}: {console.plural(report.samples, 'sample')}, {found}")
    for note in report.notes:
        screen.print(note, style=console.QUIET, markup=False)
