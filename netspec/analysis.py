"""Everything that can be said about a network before it runs: problems, shapes, and the table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx

from netspec.graph import Locate, Network, build_graph, frozen_layers, inputs_of, order
from netspec.graph_checks import check_graph
from netspec.layers.base import Layer, Shape, volume
from netspec.lints import lint
from netspec.problems import Problem, sort_problems
from netspec.shapes import check_loss, infer
from netspec.spec.model import Spec

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

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return all(problem.severity == "warning" for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of `netspec summary --format json`."""
        return {"layers": [asdict(row) for row in self.table], "totals": asdict(self.totals)}


def analyze(spec: Spec) -> Report:
    """Check the graph, infer the shapes and count; never raises for a valid Spec."""
    graph, problems, shapes = examine(spec, spec.origin.locate)
    frozen = frozen_layers(spec, graph)
    fields = receptive_fields(graph)
    itemsize = BYTES[spec.train.dtype]
    rows = tuple(
        _row(graph, name, shapes, name in frozen, itemsize, fields.get(name))
        for name in order(graph)
        if graph.nodes[name]["layer"] is not None
    )
    return Report(sort_problems(problems, spec.origin.file), shapes, rows, _totals(rows), graph)


def examine(spec: Network, locate: Locate) -> tuple[nx.DiGraph[str], list[Problem], dict[str, Shape]]:
    """Graph, problems and shapes of a network, whole or with unknown layers."""
    graph = build_graph(spec)
    problems = check_graph(spec, graph, locate)
    inference = infer(graph, locate)
    problems += [*inference.problems, *check_loss(spec, graph, inference.shapes, locate)]
    if isinstance(spec, Spec) and all(problem.severity == "warning" for problem in problems):
        problems += lint(spec, graph, locate)
    return graph, problems, inference.shapes


def _row(
    graph: nx.DiGraph[str], name: str, shapes: dict[str, Shape], frozen: bool, itemsize: int,
    field: tuple[int, int] | None,
) -> Row:  # fmt: skip
    layer: Layer = graph.nodes[name]["layer"]
    sources = inputs_of(graph, name)
    kind = str(getattr(layer, "type", "?"))
    if name not in shapes:
        return Row(name, kind, tuple(sources), None, 0, frozen, 0, 0, 0, None, 0)
    inputs, output = [shapes[source] for source in sources], shapes[name]
    params = sum(parameter.size for parameter in layer.parameters(inputs))
    state = sum(item.size for item in layer.states(inputs))
    macs, activations = layer.macs(inputs, output), volume(output) * itemsize
    weights = params * itemsize
    note = _note(layer, inputs)
    return Row(name, kind, tuple(sources), output, params, frozen, macs, activations, weights, field, state, note)


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


def receptive_fields(graph: nx.DiGraph[str]) -> dict[str, tuple[int, int]]:
    """Height and width of the input window that one output pixel sees, for layers made of windows and pointwise ones.

    r ← r + (K − 1)·D·j and j ← j·S along each path, the largest of several paths; j is the step between neighbours.
    """
    state: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}
    for name in order(graph):
        layer: Layer | None = graph.nodes[name]["layer"]
        if layer is None:
            state[name] = ((1, 1), (1, 1))
            continue
        known = [state[source] for source in inputs_of(graph, name) if source in state]
        if not known or len(known) < graph.in_degree(name) or not _is_local(layer):
            continue
        (kh, kw), (sh, sw), (dh, dw) = _window(layer)
        (rh, rw), (jh, jw) = (max(item[0] for item in known), max(item[1] for item in known))
        state[name] = (rh + (kh - 1) * dh * jh, rw + (kw - 1) * dw * jw), (jh * sh, jw * sw)
    return {name: field for name, (field, _) in state.items() if graph.nodes[name]["layer"] is not None}


def _is_local(layer: Layer) -> bool:
    """Batch normalization is one of them: with known statistics it works on each pixel alone."""
    is_pointwise = layer.family in ("activation", "merge") or getattr(layer, "type", "") == "batch_norm"
    return is_pointwise or "kernel_size" in type(layer).model_fields


def _window(layer: Layer) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride and dilation as pairs; 1 where a layer has none."""
    kernel = _pair(getattr(layer, "kernel_size", 1))
    stride = getattr(layer, "stride", 1)
    return kernel, kernel if stride is None else _pair(stride), _pair(getattr(layer, "dilation", 1))


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])
