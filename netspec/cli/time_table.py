"""The table of `netspec time`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.cli import console
from netspec.timing import BACKWARD, FORWARD, LOSS, UPDATE, WINOGRAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.text import Text

    from netspec.program import Program
    from netspec.timing import CallTime, Line, Part, Timing

HEADS = ("layer", "forward", "GFLOP/s", "peak", "backward", "GFLOP/s", "peak", "share", "algorithm")
FIRST, SECOND = (FORWARD, LOSS), (BACKWARD, UPDATE)
"""What stands in the columns of forward and in those of backward."""
SINGLE_CALLS = (
    "The parts are timed call by call: threads start and are awaited for each, which on a busy machine is most of a small "
    "part's time, and caches hold more or less of what it needs. The whole is one compiled call; its time counts."
)
ABSORBED = "+1: the kernel also does the work of one more layer at its end (-v names it)."
FEWER_OPERATIONS = (
    "GFLOP/s count the operations of the formula. Winograd's algorithm needs fewer, so its share of the peak may pass 100 %."
)


def print_timing(program: Program, timing: Timing, lines: Sequence[Line], *, inference: bool, verbose: bool) -> None:
    """Title, table, totals, and what the difference between them is."""
    screen = console.stdout()
    screen.print(_title(program, timing, inference=inference), markup=False)
    screen.print()
    console.print_table(_table(program, timing, lines, inference=inference, verbose=verbose))
    screen.print()
    for text in _totals(program, timing, inference=inference):
        screen.print(text, markup=False)
    screen.print(SINGLE_CALLS, style=console.QUIET)
    if any(part.absorbed for part in timing.parts):
        screen.print(ABSORBED, style=console.QUIET)
    if any(WINOGRAD in part.algorithm for part in timing.parts):
        screen.print(FEWER_OPERATIONS, style=console.QUIET)


def _title(program: Program, timing: Timing, *, inference: bool) -> str:
    step = "forward pass" if inference else "training step"
    samples, threads = console.plural(program.batch_size, "sample"), console.plural(program.threads, "thread")
    rounds = console.plural(timing.rounds, "round")
    return f"{program.spec.name}: {step} of {samples}, {program.dtype}, {threads}; milliseconds, medians of {rounds}"


def _table(program: Program, timing: Timing, lines: Sequence[Line], *, inference: bool, verbose: bool) -> Table:
    table = console.plain_table(*HEADS, right=HEADS[1:-1])
    table.padding = (0, 1, 0, 0)
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    table.columns[0].min_width = min(24, max(len(line.parts[0].name) for line in lines))
    for line in lines:
        first, second = line.part(*FIRST), line.part(*SECOND)
        algorithms = ", ".join(dict.fromkeys(_stem(part.algorithm) for part in line.parts))
        if absorbed := sum(len(part.absorbed) for part in line.parts):
            algorithms += f" +{absorbed}"
        share = _percent(line.seconds / timing.seconds())
        table.add_row(_label(program, line), *_numbers(timing, first), *_numbers(timing, second), share, algorithms)
        for part in line.parts if verbose else ():
            for call in part.calls:
                table.add_row(*_call(call, is_first=part is first), style=console.QUIET)
    if inference:
        del table.columns[4:7]  # of backward
    return table


def _label(program: Program, line: Line) -> Text:
    from rich.text import Text

    head = line.parts[0]
    if head.direction == LOSS:
        return Text("loss", style=console.FAMILY_COLOURS["loss"])
    if head.direction == UPDATE:
        return Text("update", style=console.optimizer_colour(head.type))
    layer = program.graph.nodes[head.name]["layer"]
    return Text(head.name, style=console.FAMILY_COLOURS[layer.family] if layer else "")


def _numbers(timing: Timing, part: Part | None) -> tuple[str, str, str]:
    """Milliseconds, GFLOP/s and share of the peak."""
    if part is None:
        return "", "", ""
    if not part.flops:
        return milliseconds(part.seconds), "", ""
    rate = part.flops / part.seconds
    return milliseconds(part.seconds), f"{rate / 1e9:.1f}", _percent(rate / timing.peak)


def _call(call: CallTime, *, is_first: bool) -> list[str]:
    """A kernel call below its layer."""
    time = milliseconds(call.seconds)
    numbers = [time, "", "", "", "", ""] if is_first else ["", "", "", time, "", ""]
    return [f"  {call.kernel} ×{call.chunks}", *numbers, "", " + ".join(filter(None, (call.algorithm, *call.absorbed)))]


def _totals(program: Program, timing: Timing, *, inference: bool) -> list[str]:
    parts = " + ".join(f"{name} {milliseconds(timing.seconds(name))}" for name in timing.directions())
    rate = f", {timing.step_rate / 1e9:.1f} GFLOP/s, {_percent(timing.step_rate / timing.peak)} of the peak"
    whole = "whole pass" if inference else "whole step"
    lines = [
        f"sum of the parts  {milliseconds(timing.seconds())} ms" + ("" if inference else f" = {parts}"),
        f"{whole}        {milliseconds(timing.step_seconds)} ms{rate if timing.flops else ''}",
        f"peak              {timing.peak / 1e9:.1f} GFLOP/s, multiply-adds in registers on "
        + console.plural(program.threads, "thread"),
    ]
    others = len(program.lanes) - 1
    if others and not inference:
        lines.append(f"update            of {program.lanes[0].label}, the first of {others + 1} optimizers")
    return lines


def milliseconds(seconds: float) -> str:
    """0.0012345 → "1.234"."""
    return f"{1e3 * seconds:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _stem(kernel: str) -> str:
    """The direction stands in the table's head."""
    return kernel.removesuffix("_forward").removesuffix("_backward")
