"""`netspec plan`: kernels, buffers and memory of a step, before anything runs."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console, savings
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, Overrides, Spec, Threads, Verbose

if TYPE_CHECKING:
    from rich.table import Table

    from netspec.plan.forecast import Forecast
    from netspec.plan.plan import Goal, Plan
    from netspec.plan.savings import Savings
    from netspec.spec.model import Spec as SpecModel

EXAMPLE = """
netspec plan specs/lenet5.toml
netspec plan resnet18 --batch-size 8 --ram 4GiB
"""
UNITS = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
SHOWN = 12
"""Buffers in the table without -v."""
PURPOSES = {
    "parameters": "parameters", "gradients": "their gradients", "optimizer": "optimizer slots",
    "statistics": "running statistics", "arena": "activations and workspaces", "kept": "prepared once",
    "threads": "of the threads' own", "batch": "samples and targets",
}  # fmt: skip


def _bytes(text: str) -> int:
    """ "4GiB" → 4294967296."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    if found and not found[2] and float(found[1]) > 0:
        choices = [f"{found[1]}{unit}" for unit in ("GiB", "MiB", "B")]
        raise typer.BadParameter(f"{text!r} has no unit; write {choices[0]}, {choices[1]} or, for bytes, {choices[2]}")
    unit = UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None or float(found[1]) <= 0:
        raise typer.BadParameter(f"{text!r} is no amount of memory; write 4GiB, 512MiB or 1000000B")
    return int(float(found[1]) * unit)


BatchSize = Annotated[
    int | None, typer.Option("--batch-size", metavar="N", min=1, help="Samples of a step; default: the spec's.")
]
Ram = Annotated[
    int | None,
    typer.Option("--ram", metavar="SIZE", parser=_bytes, help="Also tell the largest batch for this memory, e.g. 4GiB."),
]


def plan(
    spec: Spec,
    overrides: Overrides = None,
    batch_size: BatchSize = None,
    threads: Threads = None,
    inference: Annotated[bool, typer.Option("--inference", help="Forward alone, without training.")] = False,
    ram: Ram = None,
    format: AsFormat = Format.TEXT,
    verbose: Verbose = False,
) -> None:
    """Print the kernels, the buffers and the memory that a training step needs, before anything runs.

    A spec without a loss is planned for inference. The peak is what the network adds to the memory of the program itself.
    With -v every call and every buffer.
    """
    from netspec.cli.loading import load_spec

    loaded = load_spec(spec, overrides)
    planner = Planner(loaded, threads, inference=inference or loaded.loss is None)
    made = planner.plan(batch_size or loaded.train.batch_size)
    largest = None if ram is None else planner.largest_batch(ram)
    if format is Format.JSON:
        saved = planner.savings(made)
        document = _document(planner, made, ram, largest)
        console.print_json(document if saved is None else document | {"freezing": saved.to_json()})
    else:
        _print(planner, made, ram, largest, verbose=verbose)


class Planner:
    """Plans of one spec for any batch."""

    def __init__(self, spec: SpecModel, threads: int | None, *, inference: bool) -> None:
        from netspec.freezing import stages
        from netspec.graph import build_graph
        from netspec.plan.pipeline import start_plan
        from netspec.plan.plan import Goal
        from netspec.plan.stream import training_goal
        from netspec.thread_count import checked_threads

        try:
            self.threads = checked_threads(threads)
        except ValueError as error:
            raise CliError(str(error)) from None
        self._spec = spec
        self._optimizers = () if inference else spec.optimizers
        self._accumulates = not inference and spec.train.gradient_accumulation_steps > 1
        self._stages: list[tuple[Plan, Goal]] = []
        for stage in stages(spec, build_graph(spec))[: 1 if inference else None]:
            start = start_plan(spec, dtype=spec.train.dtype, seed=spec.seed, stage=stage.number)
            goals = [training_goal(start, optimizer, 1) for optimizer in spec.optimizers or (None,)]
            # Of a race, a step that keeps its gradients needs most.
            goal = Goal(batch=1) if inference else min(goals, key=lambda goal: goal.update)
            self._stages.append((start, replace(goal, update="") if self._accumulates else goal))

    def plan(self, batch: int, stage: int = 0) -> Plan:
        """The plan for so many samples, of a stage of [transfer]."""
        from netspec.plan.pipeline import make_plan

        start, goal = self._stages[stage]
        return make_plan(start, replace(goal, batch=batch))

    def peaks(self, batch: int) -> list[int]:
        """Bytes that each stage of [transfer] needs; one where layers are not unfrozen later."""
        return [self.memory(self.plan(batch, number)).peak for number in range(len(self._stages))]

    def memory(self, made: Plan) -> Forecast:
        """What it needs."""
        from netspec.plan.forecast import forecast

        return forecast(made, self._optimizers, self.threads, accumulates=self._accumulates)

    def savings(self, made: Plan) -> Savings | None:
        """What freezing saves in the step that was planned; None in inference and where nothing is frozen."""
        from netspec.plan.savings import savings

        return savings(self._spec, made.goal.batch, plans=True) if made.goal.training else None

    def largest_batch(self, ram: int) -> int:
        """The most samples that fit into this memory; MOST_SAMPLES stand for as many or more."""
        from netspec.plan.forecast import largest_batch

        return largest_batch(lambda batch: max(self.peaks(batch)), ram)


def _document(planner: Planner, made: Plan, ram: int | None, largest: int | None) -> dict[str, Any]:
    from netspec.plan.buffers import size_in_bytes

    memory = planner.memory(made)
    document: dict[str, Any] = {
        "batch_size": made.goal.batch,
        "dtype": made.dtype,
        "training": made.goal.training,
        "threads": planner.threads,
        "peak_bytes": memory.peak,
        "memory": asdict(memory),
        "shards": made.shards,
        "buffers": [
            {"name": b.name, "bytes": size_in_bytes(b, made.dtype), "first": b.first, "last": b.last, "offset": b.offset,
             "in_place_of": b.home or None}
            for b in made.buffers.values() if b.place == "arena"
        ],
        "kernels": [
            {"layer": call.owner, "direction": call.direction, "kernel": call.kernel.name,
             "algorithm": call.algorithm, "absorbed": list(call.absorbed), "chunks": call.chunks, "region": number}
            for number, region in enumerate(made.regions) for call in made.calls[region.first : region.last]
        ],
    }  # fmt: skip
    if len(peaks := planner.peaks(made.goal.batch)) > 1:
        document["stages"] = [{"number": number, "peak_bytes": peak} for number, peak in enumerate(peaks)]
    if ram is None:
        return document
    return document | {"ram_bytes": ram, "largest_batch": largest, "largest_batch_is_at_least": _is_at_least(largest)}


def _print(planner: Planner, made: Plan, ram: int | None, largest: int | None, *, verbose: bool) -> None:
    screen = console.stdout()
    if verbose:
        from netspec.plan.dump import dump

        console.write(dump(made) + "\n")
    else:
        console.print_table(_kernels(made))
        screen.print()
        console.print_table(_buffers(made))
    screen.print()
    console.print_table(_memory(planner.memory(made)))
    saved = planner.savings(made)
    if saved is not None:
        screen.print()
        console.print_table(savings.table(saved))
        for line in savings.lines(saved):
            screen.print(line, markup=False)
    goal = "training step" if made.goal.training else "inference"
    shards = f" · {made.shards} shards" if made.shards else ""
    calls, regions = console.plural(len(made.calls), "call"), console.plural(len(made.regions), "region")
    screen.print(f"\n{goal} · batch {made.goal.batch} · {made.dtype} · {calls} in {regions}{shards}")
    if len(peaks := planner.peaks(made.goal.batch)) > 1:
        later = ", ".join(f"stage {number} {console.size(peak)}" for number, peak in enumerate(peaks[1:], 2))
        screen.print(f"this is stage 1 of {len(peaks)}; the peaks of the others: {later}")
    if ram is not None:
        screen.print(_fits(planner, ram, largest or 0), style="bold")


def _is_at_least(largest: int | None) -> bool:
    """Whether the search ended at its limit, not at that of the memory."""
    from netspec.plan.forecast import MOST_SAMPLES

    return largest == MOST_SAMPLES


def _fits(planner: Planner, ram: int, largest: int) -> str:
    """What the one who gave --ram wants to know."""
    if not largest:
        one = console.size(max(planner.peaks(1)))
        return f"not even one sample fits in {console.size(ram)}: one needs {one}"
    more = " or more" if _is_at_least(largest) else ""
    return f"largest batch in {console.size(ram)}: {console.count(largest)}{more}"


def _kernels(made: Plan) -> Table:
    """What is called for each layer, forward and backward, in the network's order; then loss and update."""
    from netspec.timing import BACKWARD, FORWARD, LOSS, UPDATE, calls_by_part

    rows: dict[tuple[str, bool], dict[str, str]] = {}
    for (name, direction), calls in calls_by_part(made, made.calls).items():
        kernels = ", ".join(dict.fromkeys(made.calls[index].kernel.name for index in calls))
        rows.setdefault((name, direction in (LOSS, UPDATE)), {})[direction] = kernels
    table = console.plain_table("layer", "forward", "backward")
    for (name, _), cells in rows.items():
        table.add_row(name, cells.get(FORWARD) or cells.get(LOSS, ""), cells.get(BACKWARD) or cells.get(UPDATE, ""))
    return table


def _buffers(made: Plan) -> Table:
    """The largest buffers that have a place of their own."""
    from netspec.plan.buffers import homes, size_in_bytes

    found = sorted(homes(made), key=lambda b: (-size_in_bytes(b, made.dtype), b.first))
    table = console.plain_table("largest buffers", "bytes", "calls", "offset", right=("bytes", "calls", "offset"))
    for buffer in found[:SHOWN]:
        lifetime = f"{buffer.first} … {buffer.last}"
        table.add_row(buffer.name, console.size(size_in_bytes(buffer, made.dtype)), lifetime, console.count(buffer.offset))
    if len(found) > SHOWN:
        table.add_row(f"and {len(found) - SHOWN} more (-v)")
    return table


def _memory(memory: Forecast) -> Table:
    """Bytes by purpose, and their sum under a rule."""
    table = console.plain_table("memory", "bytes", right=("bytes",))
    for key, words in PURPOSES.items():
        if value := getattr(memory, key):
            table.add_row(words, console.size(value))
    table.show_footer = True
    table.columns[0].footer, table.columns[1].footer = "peak", console.size(memory.peak)
    return table
