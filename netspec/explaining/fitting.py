"""What would make a layer fit: the nearest sizes that leave no remainder, or that give the output that is wanted.

Along an axis of W pixels, W + P − D·(K − 1) − 1 must be a multiple of the stride S; one of W, K, S and P is changed at a
time, the others stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from netspec.graph import build_graph, inputs_of
from netspec.layers.base import Layer, Shape, ShapeError, volume
from netspec.receptive import windows_of
from netspec.shape_origins import maker_of
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec
from netspec.window_fields import Sides, pair
from netspec.windows import Axis

NEAR = 64
"""How far from the present size of the network's input another one is looked for."""
CLOSE = 8
"""How far from the present kernel, stride and padding another one is looked for."""
Pair = tuple[int, int]
OutputOf = Callable[[dict[str, Any]], Shape | None]
"""Changed fields of a layer → its output when it fits, else None."""


@dataclass(frozen=True)
class Change:
    """A key of the spec with another value, and the output that the layer then has."""

    path: str
    """As --set takes it: "layers.conv2.padding", "input.shape"."""
    value: Any
    output: Shape


def remainder(axis: Axis) -> int:
    """Pixels, padding included, by which the windows along an axis do not come out even."""
    return (axis.padded - axis.span) % axis.stride if axis.stride else 0  # 0: adaptive pooling of few pixels


def fitting_changes(spec: Spec, name: str, shape: Shape, wanted: Sequence[int] | None = None) -> tuple[Change, ...]:
    """The nearest values of kernel_size, stride, padding and of the network's input.

    Without `wanted` such that the windows leave no remainder; with it (height, width) such that the output has that size,
    and for layers that give vectors such that they read so many numbers. Raises StopIteration for an unknown layer.
    """
    layer = next(layer for layer in spec.layers if layer.name == name)
    return (*window_changes(layer, shape, wanted), *_input_changes(spec, name, wanted))


def window_changes(layer: Layer, shape: Shape, wanted: Sequence[int] | None) -> Iterator[Change]:
    """Other values of the layer's own keys; none for layers without sliding windows."""
    if not hasattr(layer, "kernel_size") or len(shape) != 3 or not callable(getattr(layer, "axes", None)):
        return
    output_of = _tester(layer, shape, wanted)
    for key, now in _present(layer).items():
        yield from _nearest(f"layers.{layer.name}.{key}", key, now, output_of)
    if wanted is None:
        yield from _one_sided(layer, shape, output_of)


def branch_changes(
    graph: nx.DiGraph[str], shapes: dict[str, Shape], name: str, are_summed: bool
) -> Iterator[Change]:  # fmt: skip
    """What gives one input of a merging layer the height and width (and, when summed, the channels) of another."""
    sources = [source for source in inputs_of(graph, name) if source in shapes]
    for source in sources:
        for other in sources:
            if len(shapes[source]) == len(shapes[other]) and source != other:
                yield from _towards(graph, shapes, source, shapes[other], are_summed)


def shapes_with(graph: nx.DiGraph[str], size: Shape) -> dict[str, Shape]:
    """All shapes of a network of one input when that has another size."""
    changed = graph.copy()
    for _, data in changed.nodes(data=True):
        if data["layer"] is None:
            data["shape"] = size
    return infer_shapes(changed)


def _present(layer: Any) -> dict[str, Pair]:
    """The sizes of the layer's windows as they are; padding only where it is a number or two."""
    kernel = pair(layer.kernel_size)
    sizes = {"kernel_size": kernel, "stride": pair(layer.stride or layer.kernel_size)}
    is_plain = isinstance(layer.padding, int | tuple)
    return {**sizes, "padding": pair(layer.padding)} if is_plain else sizes


def _nearest(path: str, key: str, now: Pair, output_of: OutputOf) -> Iterator[Change]:
    """The nearest value below the present one that fits, and the nearest above."""
    for step in (-1, 1):
        for values in _candidates(now, step, 0 if key == "padding" else 1):
            output = output_of({key: values})
            if output is not None:
                yield Change(path, values[0] if values[0] == values[1] else list(values), output)
                break


def _candidates(now: Pair, step: int, least: int) -> Iterable[Pair]:
    """Pairs of sizes, the nearest first; alike where the present ones are."""
    pairs = [(now[0] + step * a, now[1] + step * b) for a in range(CLOSE + 1) for b in range(CLOSE + 1) if a or b]
    fitting = [item for item in pairs if min(item) >= least and (now[0] != now[1] or item[0] == item[1])]
    return sorted(fitting, key=lambda item: abs(item[0] - now[0]) + abs(item[1] - now[1]))


def _one_sided(layer: Any, shape: Shape, output_of: OutputOf) -> Iterator[Change]:
    """Padding at the end only, which reaches the last pixels."""
    try:
        height, width = layer.axes(shape)
    except ShapeError:
        return
    down, right = (-remainder(axis) % axis.stride for axis in (height, width))
    if down or right:
        sides = Sides(top=height.before, bottom=height.after + down, left=width.before, right=width.after + right)
        output = output_of({"padding": sides})
        if output is not None:
            value = {side: pixels for side, pixels in sides.model_dump().items() if pixels}
            yield Change(f"layers.{layer.name}.padding", value, output)


def _tester(layer: Any, shape: Shape, wanted: Sequence[int] | None) -> OutputOf:
    def output_of(changes: dict[str, Any]) -> Shape | None:
        changed = layer.model_copy(update=changes)
        try:
            output: Shape = changed.infer_shape([shape])
            is_good = not any(map(remainder, changed.axes(shape))) if wanted is None else output[1:] == tuple(wanted)
        except ShapeError:
            return None
        return output if is_good else None

    return output_of


def _towards(
    graph: nx.DiGraph[str], shapes: dict[str, Shape], source: str, wanted: Shape, are_summed: bool
) -> Iterator[Change]:  # fmt: skip
    maker = maker_of(graph, shapes, source)
    layer: Layer | None = graph.nodes[maker]["layer"]
    if layer is None or len(inputs_of(graph, maker)) != 1:
        return
    if shapes[source][1:] != wanted[1:]:
        yield from window_changes(layer, shapes[inputs_of(graph, maker)[0]], wanted[1:])
    elif are_summed and shapes[source] != wanted:
        for key in ("out_channels", "out_features"):
            if hasattr(layer, key):
                yield Change(f"layers.{maker}.{key}", wanted[0], wanted)


def _input_changes(spec: Spec, name: str, wanted: Sequence[int] | None) -> Iterator[Change]:
    """The nearest smaller and the nearest larger picture."""
    if len(spec.inputs) != 1 or len(spec.inputs[0].shape) != 3:
        return
    graph = build_graph(spec)
    above = graph.subgraph({name, *nx.ancestors(graph, name)})
    for step in (-1, 1):
        size = _nearest_picture(above, name, spec.inputs[0].shape, step, wanted)
        if size is not None and size != spec.inputs[0].shape:
            yield Change("input.shape", list(size), shapes_with(above, size)[name])


def _nearest_picture(
    graph: nx.DiGraph[str], name: str, now: Shape, step: int, wanted: Sequence[int] | None
) -> Shape | None:  # fmt: skip
    """Smaller (step −1) or larger (1); height and width on their own, where the layer gives a picture."""
    sides = ((1, 1),) if len(_output(graph, name, now) or now) == 1 else ((1, 0), (0, 1))
    size = now
    for side in sides:
        nearest = _along_side(graph, name, size, (step * side[0], step * side[1]), wanted)
        if nearest is None:
            return None
        size = nearest
    return size if _rests(graph, name, size, wanted) == [0, 0] else None


def _along_side(
    graph: nx.DiGraph[str], name: str, now: Shape, step: Pair, wanted: Sequence[int] | None
) -> Shape | None:  # fmt: skip
    """The first size in this direction, the present one included, that fits along it."""
    for distance in range(NEAR + 1):
        size = (now[0], now[1] + step[0] * distance, now[2] + step[1] * distance)
        rests = _rests(graph, name, size, wanted) if min(size) > 0 else None
        if rests is not None and not any(rest for rest, is_moved in zip(rests, step, strict=True) if is_moved):
            return size
    return None


def _output(graph: nx.DiGraph[str], name: str, size: Shape) -> Shape | None:
    return shapes_with(graph, size).get(name)


def _rests(graph: nx.DiGraph[str], name: str, size: Shape, wanted: Sequence[int] | None) -> list[int] | None:
    """By how much height and width do not fit; None where the layer cannot take its input."""
    shapes = shapes_with(graph, size)
    if name not in shapes:
        return None
    output, source = shapes[name], shapes[inputs_of(graph, name)[0]]
    if wanted is None:
        axes = windows_of(graph.nodes[name]["layer"], [source], output)
        return [0, 0] if axes is None else [remainder(axis) for axis in axes]
    if len(output) == 1:
        return [volume(source) - wanted[0]] * 2
    return [made - size for made, size in zip(output[1:], wanted, strict=False)]
