"""`netspec summary`: the table of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec import look
from netspec.cli import console, savings
from netspec.cli.options import AsTable, Overrides, Spec, TableFormat, Verbose
from netspec.cli.stage_view import stage_lines

if TYPE_CHECKING:
    from rich.table import Table

    from netspec.analysis import Report, Row
    from netspec.plan.savings import Savings
    from netspec.spec.model import Spec as SpecModel

EXAMPLE = """
netspec summary specs/lenet5.toml
netspec summary digits --set input.size=16 --format markdown
"""
COLUMNS = ("layer", "type", "output", "params", "MACs", "frozen")
RIGHT = ("params", "MACs")


def summary(
    spec: Spec, overrides: Overrides = None, format: AsTable = TableFormat.TEXT, verbose: Verbose = False
) -> None:
    """Print the layers with their shapes, parameters and costs.

    Shapes leave the batch out; params are learned numbers; MACs are multiply-adds for one sample.
    With -v also memory, receptive field and inputs.
    """
    from netspec.analysis import analyze
    from netspec.cli.loading import load_spec

    loaded = load_spec(spec, overrides)
    report = analyze(loaded)
    if format is TableFormat.JSON:
        saved = _savings(report, loaded)
        console.print_json(report.as_dict() if saved is None else report.as_dict() | {"freezing": saved.to_json()})
    elif format is TableFormat.MARKDOWN:
        console.write(_markdown(report))
    elif format is TableFormat.CSV:
        console.write(_csv(report))
    else:
        console.print_table(_table(report, verbose=verbose))
        console.stdout().print(_footer(report))
        saved = _savings(report, loaded)
        if saved is not None:
            console.stdout().print()
            console.print_table(savings.table(saved))
            for line in savings.lines(saved):
                console.stdout().print(line, markup=False)


def _savings(report: Report, spec: SpecModel) -> Savings | None:
    """What freezing saves; the planner is only loaded where something is frozen and can be planned."""
    if not report.ok or not any(row.frozen for row in report.table):
        return None
    from netspec.plan.savings import savings

    return savings(spec, spec.train.batch_size, plans=False)


def _table(report: Report, *, verbose: bool) -> Table:
    from rich.text import Text

    rates = _rates(report)
    extra = (*rates, *(("memory", "sees", "inputs") if verbose else ()))
    table = console.plain_table(*COLUMNS, *extra, right=(*RIGHT, "lr ×", "decay ×", "memory"))
    for row in report.table:
        colour = console.FAMILY_COLOURS[report.graph.nodes[row.name]["layer"].family]
        cells = [
            Text(row.name, style=console.QUIET if row.frozen else ""),
            Text(row.type, style=colour),
            Text(_shape(row.output_shape)),
            Text(console.count(row.params) if row.params else ""),
            Text(console.count(row.macs) if row.macs else ""),
            Text(_frozen(row), style=look.FROZEN_COLOUR),
        ]
        cells += [Text(f"{getattr(row, key):.3g}" if row.params else "") for key in rates.values()]
        if verbose:
            field = console.shape(row.receptive_field) if row.receptive_field else ""
            memory = console.size(row.activation_bytes + row.weight_bytes)
            cells += [Text(memory), Text(field), Text(", ".join(row.inputs))]
        table.add_row(*cells)
    table.show_footer = True
    totals = report.totals
    total = {"layer": "total", "params": console.count(totals.params), "MACs": console.count(totals.macs)}
    for column in table.columns:
        column.footer = total.get(str(column.header), "")
    return table


def _rates(report: Report) -> dict[str, str]:
    """Heading → name of those multipliers that are not 1 everywhere."""
    found = {"lr ×": "lr_mult", "decay ×": "decay_mult"}
    return {head: key for head, key in found.items() if any(row.params and getattr(row, key) != 1 for row in report.table)}


def _frozen(row: Row) -> str:
    """A mark; with how long it lasts, where that is not for good."""
    if not row.frozen or not row.learns_from:
        return console.FROZEN if row.frozen else ""
    return f"{console.FROZEN} {console.plural(row.learns_from, 'epoch')}"


def _footer(report: Report) -> str:
    totals = report.totals
    parts = [f"trainable {console.count(totals.trainable_params)}", f"frozen {console.count(totals.frozen_params)}"]
    if totals.state:
        parts.append(f"statistics {console.count(totals.state)}")
    parts.append(f"weights {console.size(totals.weight_bytes)}")
    parts.append(f"activations {console.size(totals.activation_bytes)}")
    notes = [f"{row.name} {row.note}" for row in report.table if row.note]
    return "\n" + "\n".join([" · ".join(parts), *stage_lines(report), *notes])


def _shape(shape: tuple[int, ...] | None) -> str:
    return console.shape(shape) if shape is not None else "?"


def _markdown(report: Report) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- | --- | --- | ---: | ---: | :---: |"]
    for row in report.table:
        cells = (row.name, row.type, _shape(row.output_shape), f"{row.params:,}", f"{row.macs:,}", "yes" * row.frozen)
        lines.append("| " + " | ".join(cells) + " |")
    totals = report.totals
    lines.append(f"| **total** | | | **{totals.params:,}** | **{totals.macs:,}** | {totals.frozen_params:,} |")
    return "\n".join(lines) + "\n"


def _csv(report: Report) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    costs = ("params", "macs", "frozen", "activation_bytes", "weight_bytes")
    writer.writerow(["layer", "type", "inputs", "output_shape", *costs])
    for row in report.table:
        shape = "x".join(str(size) for size in row.output_shape or ())
        numbers = (row.params, row.macs, row.frozen, row.activation_bytes, row.weight_bytes)
        writer.writerow([row.name, row.type, " ".join(row.inputs), shape, *numbers])
    return out.getvalue()
