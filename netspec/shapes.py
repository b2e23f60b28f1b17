"""Graph → shapes of every node, with ShapeErrors as problems at the field at fault."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import networkx as nx

from netspec.graph import Locate, Network, inputs_of, loss_path, order, outputs_of
from netspec.layers.base import Layer, Note, Shape, ShapeError
from netspec.problems import Path, Problem, Span, error, warning
from netspec.shape_origins import output_origin, shape_origins
from netspec.spec.unknown import is_unknown

LARGEST_VOLUME = 2**40
"""Numbers in one sample of one layer; more is a slip of the keyboard, and products of sizes stay below 2^63."""


@dataclass(frozen=True)
class Inference:
    """Shapes of all nodes that have one, and what is wrong with the others."""

    shapes: dict[str, Shape]
    problems: list[Problem] = field(default_factory=list)


def infer_shapes(graph: nx.DiGraph[str]) -> dict[str, Shape]:
    """Shapes of all inputs and layers by name, without the batch axis; layers that have none are missing."""
    return infer(graph, lambda path: None).shapes


def infer(graph: nx.DiGraph[str], locate: Locate) -> Inference:
    """Walk the graph in order; behind a layer without shape nothing is said."""
    result = Inference({})
    for name in order(graph):
        layer: Layer | None = graph.nodes[name]["layer"]
        if layer is None:
            _take_input(graph, name, result, locate)
            continue
        sources = inputs_of(graph, name)
        least, most = layer.arity
        is_complete = all(source in result.shapes for source in sources) and _port_count(graph, name) == len(sources)
        if is_unknown(layer) or not is_complete or len(sources) < least or (most is not None and len(sources) > most):
            continue
        _infer_layer(graph, layer, [result.shapes[source] for source in sources], result, locate)
    return result


def _take_input(graph: nx.DiGraph[str], name: str, result: Inference, locate: Locate) -> None:
    shape, count = graph.nodes[name]["shape"], sum(data["layer"] is None for _, data in graph.nodes(data=True))
    path: Path = ("input", "shape") if count == 1 else ("inputs", count + graph.nodes[name]["index"], "shape")
    if math.prod(shape) > LARGEST_VOLUME:
        message = f"one sample of {list(shape)} would have {math.prod(shape):.1e} numbers"
        result.problems.append(error("NS209", path, locate(path), message, "use a smaller shape"))
    elif shape:  # () stands for an input with errors
        result.shapes[name] = shape


def _port_count(graph: nx.DiGraph[str], name: str) -> int:
    """Inputs the layer asks for, those that do not exist included."""
    layer: Layer = graph.nodes[name]["layer"]
    return len(layer.inputs) if layer.inputs is not None else 1


def _infer_layer(
    graph: nx.DiGraph[str], layer: Layer, inputs: list[Shape], result: Inference, locate: Locate
) -> None:  # fmt: skip
    try:
        shape = layer.infer_shape(inputs)
    except ShapeError as problem:
        path, span = _place(layer, problem.field, locate)
        related = shape_origins(graph, result.shapes, layer, problem, locate)
        result.problems.append(error(problem.code, path, span, problem.message, problem.hint, related))
        return
    if math.prod(shape) > LARGEST_VOLUME:
        path, span = _place(layer, None, locate)
        message = f"one sample of the output {list(shape)} would have {math.prod(shape):.1e} numbers"
        result.problems.append(error("NS209", path, span, message, "use a smaller input, fewer channels or a stride"))
        return
    result.shapes[layer.name] = shape
    for note in (*layer.notes(inputs), *_useless_penalties(layer, inputs)):
        path, span = _place(layer, note.field, locate)
        result.problems.append(warning(note.code, path, span, note.message, note.hint))


def _useless_penalties(layer: Layer, inputs: list[Shape]) -> Iterator[Note]:
    """Penalties of a layer without weights, which would be ignored in silence."""
    parameters = layer.parameters(inputs)
    if any(tensor.decays for tensor in parameters):
        return
    for key in ("l1", "l2"):
        if getattr(layer, key) and not parameters:
            yield Note("NS926", f"{key} has no effect: this layer has nothing to learn", f"remove {key}", key)
        elif getattr(layer, key):
            message = f"{key} spares biases and normalization parameters, and this layer has no others"
            yield Note("NS926", message, f"remove {key}, or set decay_bias = true under [optimizer]", key)


def check_losses(spec: Network, graph: nx.DiGraph[str], shapes: dict[str, Shape], locate: Locate) -> list[Problem]:
    """Whether each loss can read the output it is given."""
    outputs, problems = outputs_of(spec, graph), []
    for place, loss in enumerate(spec.losses):
        name = loss.input or (outputs[-1] if outputs else None)
        if name is None or name not in shapes:
            continue
        try:
            loss.check(shapes[name], None)
            loss.check_beside(shapes[name], {output: shapes[output] for output in outputs if output in shapes})
        except ShapeError as problem:
            key = problem.field if problem.field in loss.model_fields_set else "type"
            path: Path = (*loss_path(spec, place), key or "type")
            span = locate(("losses", place, key or "type"))
            related = output_origin(graph, shapes, name, locate)
            problems.append(error("NS207", path, span, f"{problem.message} (layer {name})", problem.hint, related))
    return problems


def _place(layer: Layer, key: str | None, locate: Locate) -> tuple[Path, Span | None]:
    """The field at fault, when it is written in the file, else the layer's name."""
    is_written = key is not None and key in layer.model_fields_set
    path: Path = ("layers", layer.name, key) if key is not None else ("layers", layer.name)
    return path, locate(path if is_written else ("layers", layer.name, "name"))
