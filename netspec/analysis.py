"""Everything that can be said about a network before it runs: problems, shapes, and the table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx

from netspec.freezing import FreezeStage, stages
from netspec.graph import Locate, Network, build_graph, inputs_of, order
from netspec.graph_checks import check_graph
from netspec.layers.base import Layer, Shape, volume
from netspec.lints import lint
from netspec.problems import Problem, sort_problems
from netspec.receptive import Sights, sights
from netspec.shapes import check_losses, infer
from netspec.spec.model import Spec
from netspec.stage_table import StageRow, stage_rows

BYTES = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Row:
    """One layer in the summary. Sizes are for one sample; shapes leave the batch axis out."""

    name: str
    type: str
    inputs: tuple[str, ...]
    output_shape: Shape | None
    params: int
    frozen: bool
    macs: int
    activation_bytes: int
    weight_bytes: int
    receptive_field: tuple[int, int] | None
    state: int
    """Numbers that are kept but not learned: batch-norm statistics."""
    note: str = ""
    """What the layer does on its own to the input it is given: "flattens 16 × 5 × 5 → 400"."""
    lr_mult: float = 1.0
    """Multiplies the learning rate once the layer learns: its own, times those of [transfer]."""
    decay_mult: float = 1.0
    """Multiplies the weight decay."""
    learns_from: int | None = 0
    """Epochs that are done when the layer begins to learn; None: it is frozen for good."""


@dataclass(frozen=True)
class Totals:
    """Sums over all layers."""

    params: int
    trainable_params: int
    frozen_params: int
    macs: int
    activation_bytes: int
    weight_bytes: int
    state: int


@dataclass(frozen=True)
class Report:
    """What `analyze` found."""

    problems: tuple[Problem, ...]
    shapes: dict[str, Shape]
    table: tuple[Row, ...]
    totals: Totals
    graph: nx.DiGraph[str]
    stages: tuple[StageRow, ...] = ()
    """The freeze plan; one row where the same layers are frozen in every epoch."""

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return all(problem.severity == "warning" for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of `netspec summary --format json`."""
        stages = [asdict(row) for row in self.stages]
        return {"layers": [asdict(row) for row in self.table], "totals": asdict(self.totals), "stages": stages}


def analyze(spec: Spec) -> Report:
    """Check the graph, infer the shapes and count; never raises for a valid Spec."""
    graph, problems, shapes = examine(spec, spec.origin.locate)
    plan = stages(spec, graph)
    fields = sights(graph, shapes)
    itemsize = BYTES[spec.train.dtype]
    rows = tuple(
        _row(graph, name, shapes, plan, itemsize, _field(fields.get(name), shapes.get(name)))
        for name in order(graph)
        if graph.nodes[name]["layer"] is not None
    )
    found = stage_rows(plan, {row.name: row.params for row in rows})
    return Report(sort_problems(problems, spec.origin.file), shapes, rows, _totals(rows), graph, found)


def examine(spec: Network, locate: Locate) -> tuple[nx.DiGraph[str], list[Problem], dict[str, Shape]]:
    """Graph, problems and shapes of a network, whole or with unknown layers."""
    graph = build_graph(spec)
    problems = check_graph(spec, graph, locate)
    inference = infer(graph, locate)
    problems += [*inference.problems, *check_losses(spec, graph, inference.shapes, locate)]
    if isinstance(spec, Spec) and all(problem.severity == "warning" for problem in problems):
        problems += lint(spec, graph, inference.shapes, locate)
    return graph, problems, inference.shapes


def _field(seen: Sights | None, shape: Shape | None) -> tuple[int, int] | None:
    """Height and width of the input window that one pixel of a picture sees."""
    return (seen[0].size, seen[1].size) if seen is not None and shape is not None and len(shape) == 3 else None


def _row(
    graph: nx.DiGraph[str], name: str, shapes: dict[str, Shape], plan: Sequence[FreezeStage], itemsize: int,
    field: tuple[int, int] | None,
) -> Row:  # fmt: skip
    layer: Layer = graph.nodes[name]["layer"]
    sources, frozen = inputs_of(graph, name), name in plan[0].frozen
    kind = str(getattr(layer, "type", "?"))
    if name not in shapes:
        return Row(name, kind, tuple(sources), None, 0, frozen, 0, 0, 0, None, 0)
    inputs, output = [shapes[source] for source in sources], shapes[name]
    params = sum(parameter.size for parameter in layer.parameters(inputs))
    state = sum(item.size for item in layer.states(inputs))
    macs, activations = layer.macs(inputs, output), volume(output) * itemsize
    weights = params * itemsize
    note = _note(layer, inputs)
    last = plan[-1]
    return Row(
        name, kind, tuple(sources), output, params, frozen, macs, activations, weights, field, state, note,
        last.rates.get(name, layer.lr_mult), last.decays.get(name, layer.decay_mult),
        next((stage.first_epoch for stage in plan if name not in stage.frozen), None),
    )  # fmt: skip


def _note(layer: Layer, inputs: Sequence[Shape]) -> str:
    """That a linear layer reads a picture as a vector."""
    if layer.family != "linear" or len(inputs[0]) == 1:
        return ""
    return f"flattens {' × '.join(str(size) for size in inputs[0])} → {volume(inputs[0])}"


def _totals(rows: Sequence[Row]) -> Totals:
    params, fixed = sum(row.params for row in rows), sum(row.params for row in rows if row.frozen)
    return Totals(
        params=params,
        trainable_params=params - fixed,
        frozen_params=fixed,
        macs=sum(row.macs for row in rows),
        activation_bytes=sum(row.activation_bytes for row in rows),
        weight_bytes=sum(row.weight_bytes for row in rows),
        state=sum(row.state for row in rows),
    )
