"""Everything there is to say about one layer of a network, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx

from netspec.explaining.arithmetic import arithmetic
from netspec.explaining.costs import Product, multiply_adds, parameter_products, state_products
from netspec.explaining.fitting import Change, branch_changes, fitting_changes, remainder
from netspec.freezing import frozen_layers
from netspec.graph import build_graph, inputs_of, outputs_of
from netspec.layers.base import Layer, Shape
from netspec.receptive import Sight, Sights, sights, widest, windows_of
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec
from netspec.windows import Axis


@dataclass(frozen=True)
class Seen:
    """What the units of a layer see of the network's input along one axis, in its pixels."""

    axis: str
    size: int
    """Pixels of the window: the receptive field."""
    jump: float
    """From the window of a unit to that of its neighbour: the effective stride; 0 with a single unit."""
    first: int
    """First and last pixel of the first unit's window; negative ones are padding."""
    last: int
    centre: float
    padding: tuple[int, int]
    """Pixels of padding in the first unit's window, and in the last one's."""
    extent: int
    """Size of the network's input."""


@dataclass(frozen=True)
class Step:
    """One layer on the way from the network's input."""

    name: str
    type: str
    arithmetic: tuple[str, ...]
    output_shape: Shape
    seen: tuple[Seen, ...]
    """Height and width; empty where it is not known."""


@dataclass(frozen=True)
class Unread:
    """Pixels of the layer's input, along one axis, that no window reads."""

    axis: str
    pixels: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class LayerExplanation:
    """One layer: where its shape comes from, what it costs, what it sees, what would make it fit."""

    name: str
    type: str
    family: str
    summary: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape | None
    """None where the layer cannot take its inputs."""
    way: tuple[Step, ...]
    """From the network's input to this layer, the layer itself included."""
    branches: tuple[str, ...]
    """Layers on the way that join several: of their inputs the one that sees most is followed."""
    parameters: tuple[Product, ...]
    state: tuple[Product, ...]
    macs: Product | None
    unread: tuple[Unread, ...]
    remainder: tuple[int, int] | None
    """Pixels, padding included, by which the windows do not come out even; None for layers without windows."""
    fits: tuple[Change, ...]
    """The nearest changes that leave no remainder, or that give the wanted output."""
    readers: tuple[str, ...]
    is_output: bool
    is_read_by_loss: bool
    is_frozen: bool

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of `netspec explain SPEC LAYER --format json`."""
        return asdict(self)


def explain_layer(spec: Spec, name: str, wanted: Sequence[int] | None = None) -> LayerExplanation:
    """Explain a layer by its name; `wanted`: height and width, or a number of features, that it should fit.

    Raises KeyError when the network has no such layer.
    """
    graph = build_graph(spec)
    layer: Layer | None = graph.nodes[name]["layer"] if name in graph else None
    if layer is None:
        raise KeyError(name)
    shapes, sources = infer_shapes(graph), inputs_of(graph, name)
    inputs = [shapes[source] for source in sources if source in shapes]
    output = shapes.get(name)
    axes = windows_of(layer, inputs, output) if output is not None and inputs else None
    seen = sights(graph, shapes)
    way = _way(graph, seen, name)
    outputs = outputs_of(spec, graph)
    rests = (remainder(axes[0]), remainder(axes[1])) if axes is not None else None
    return LayerExplanation(
        name=name,
        type=type(layer).type_name(),
        family=layer.family,
        summary=type(layer).summary(),
        inputs=tuple(sources),
        input_shapes=tuple(inputs),
        output_shape=output,
        way=tuple(_step(graph, shapes, seen, item) for item in way if item in shapes),
        branches=tuple(item for item in way if len(set(inputs_of(graph, item))) > 1),
        parameters=parameter_products(layer, inputs) if output is not None else (),
        state=state_products(layer, inputs) if output is not None else (),
        macs=multiply_adds(layer, inputs, output) if output is not None else None,
        unread=_unread(axes),
        remainder=rests,
        fits=_fits(spec, graph, shapes, layer, rests, wanted),
        readers=tuple(graph.successors(name)),
        is_output=name in outputs,
        is_read_by_loss=spec.loss is not None and bool(outputs) and name == (spec.loss.input or outputs[-1]),
        is_frozen=name in frozen_layers(spec, graph),
    )


def _way(graph: nx.DiGraph[str], seen: Mapping[str, Sights], name: str) -> list[str]:
    """From the network's input to the layer, by the input that sees most where there are several."""
    way = [name]
    while (source := widest(graph, seen, way[-1])) is not None and source not in way:
        way.append(source)
    return way[::-1]


def _step(graph: nx.DiGraph[str], shapes: Mapping[str, Shape], seen: Mapping[str, Sights], name: str) -> Step:
    layer: Layer | None = graph.nodes[name]["layer"]
    output = shapes[name]
    found = tuple(map(_seen, ("height", "width"), seen[name])) if name in seen else ()
    if layer is None:
        return Step(name, "input", (), output, found)
    inputs = [shapes[source] for source in inputs_of(graph, name)]
    return Step(name, type(layer).type_name(), arithmetic(layer, inputs, output), output, found)


def _seen(axis: str, sight: Sight) -> Seen:
    return Seen(
        axis, sight.size, float(sight.jump), sight.first, sight.last, float(sight.centre), sight.padding, sight.extent
    )


def _unread(axes: tuple[Axis, Axis] | None) -> tuple[Unread, ...]:
    return tuple(Unread(axis.name, axis.unread, axis.size) for axis in axes or () if axis.unread)


def _fits(
    spec: Spec, graph: nx.DiGraph[str], shapes: dict[str, Shape], layer: Layer, rests: tuple[int, int] | None,
    wanted: Sequence[int] | None,
) -> tuple[Change, ...]:  # fmt: skip
    """Nothing where all fits already and nothing else is wanted."""
    sources = [source for source in inputs_of(graph, layer.name) if source in shapes]
    is_broken = layer.name not in shapes
    if not sources or not (is_broken or wanted is not None or any(rests or ())):
        return ()
    if layer.family == "merge":
        are_summed = layer.type_name() != "concat"
        return tuple(branch_changes(graph, shapes, layer.name, are_summed)) if is_broken else ()
    return fitting_changes(spec, layer.name, shapes[sources[0]], wanted)
