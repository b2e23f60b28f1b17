"""`netspec check`: everything that is wrong with a spec, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Quiet, Spec, Verbose

if TYPE_CHECKING:
    from netspec.loading import Document

EXAMPLE = """
netspec check specs/lenet5.toml
netspec check digits --set layers.conv1.kernel_size=9
"""


def check(
    spec: Spec,
    strict: Annotated[bool, typer.Option("--strict", metavar="", help="Let warnings fail, too (exit code 1).")] = False,
    overrides: Overrides = None,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Check a spec: text, fields, graph and shapes; report all problems at once.

    Nothing is run and no data are read. Exit code 2 when there is an error.
    """
    from netspec.cli.diagnostics import print_problems
    from netspec.cli.sources import find_spec
    from netspec.loading import read
    from netspec.problems import tally

    document = read(find_spec(spec), overrides or ())
    if format is Format.JSON:
        problems = [problem.as_dict() for problem in document.problems]
        console.print_json({"ok": document.ok, "problems": problems})
    else:
        print_problems(document.problems)
    if not document.ok:
        return ExitCode.USAGE
    if format is Format.TEXT and not quiet:
        warnings = f" ({tally(document.problems)})" if document.problems else ""
        console.stdout().print(f"[{console.OK}]ok{warnings}:[/] {describe(document)}")
        if (bases := bases_in_words(document)) is not None:
            console.stdout().print(bases, markup=False, soft_wrap=True)
    return ExitCode.FAILED if strict and document.problems else ExitCode.OK


def bases_in_words(document: Document) -> str | None:
    """ "extends mine.toml, which extends the shipped resnet18"; None for a spec that extends none."""
    from netspec.shipped import shipped_specs

    shipped = {str(path): name for name, path in shipped_specs().items()}
    names = [f"the shipped {shipped[file]}" if file in shipped else file for file in document.files[1:]]
    return "extends " + ", which extends ".join(names) if names else None


def describe(document: Document) -> str:
    """ "12 layers, 61 706 parameters, input 1 × 28 × 28 → output 10"."""
    from netspec.analysis import analyze
    from netspec.graph import outputs_of

    assert document.spec is not None
    report = analyze(document.spec)
    inputs = ", ".join(console.shape(item.shape) for item in document.spec.inputs)
    outputs = ", ".join(console.shape(report.shapes[name]) for name in outputs_of(document.spec, report.graph))
    layers = console.plural(len(report.table), "layer")
    return f"{layers}, {console.plural(report.totals.params, 'parameter')}, input {inputs} → output {outputs}"
