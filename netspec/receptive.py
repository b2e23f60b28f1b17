"""What each unit of a layer sees of the network's input: size, step and place of its window, axis by axis.

A window of `extent` pixels that starts `offset` pixels from its unit's place, in a layer whose input is seen with
(first, size, jump), sees first + offset·jump, size + (extent − 1)·jump, and its neighbours lie jump·down/up apart.
Source: Le & Borji 2017, arXiv:1705.07049; Araujo, Norris & Sim 2019, Distill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import networkx as nx

from netspec.graph import inputs_of, order
from netspec.layers.base import Layer, Move, Shape
from netspec.windows import Axis


@dataclass(frozen=True)
class Sight:
    """The window of a layer's units in the network's input, along one axis, in pixels of that input."""

    first: int
    """First pixel of the window of unit 0; negative: in the padding."""
    size: int
    """Pixels of the window, padding included: the receptive field."""
    jump: Fraction
    """Distance of the windows of neighbours: the effective stride; 0 where there is one unit only."""
    units: int
    """Units along the axis."""
    extent: int
    """Size of the network's input."""

    @property
    def last(self) -> int:
        """Last pixel of the window of unit 0."""
        return self.first + self.size - 1

    @property
    def centre(self) -> Fraction:
        """Middle of the window of unit 0; pixel 0 has its middle at 0."""
        return Fraction(self.first + self.last, 2)

    @property
    def padding(self) -> tuple[int, int]:
        """Pixels before and behind the input in the windows of the first and of the last unit."""
        end = self.last + (self.units - 1) * self.jump
        return max(0, -self.first), max(0, -(-end // 1) - self.extent + 1)


Sights = tuple[Sight, Sight]


def sights(graph: nx.DiGraph[str], shapes: Mapping[str, Shape]) -> dict[str, Sights]:
    """Height and width for every input and layer of which it is known; vectors see all that they are made of.

    Normalizations count as what they do with known statistics: each pixel alone. Nothing is said behind layers that mix
    pixels in ways of their own, and for networks on vectors.
    """
    found: dict[str, Sights] = {}
    for name in order(graph):
        layer: Layer | None = graph.nodes[name]["layer"]
        if name not in shapes:
            continue
        if layer is None:
            if len(shapes[name]) == 3:
                height, width = (Sight(0, 1, Fraction(1), size, size) for size in shapes[name][1:])
                found[name] = height, width
            continue
        sources = inputs_of(graph, name)
        if all(source in found for source in sources):
            inputs = [shapes[source] for source in sources]
            made = _through(layer, inputs, shapes[name], [found[source] for source in sources])
            if made is not None:
                found[name] = made
    return found


def widest(graph: nx.DiGraph[str], known: Mapping[str, Sights], name: str) -> str | None:
    """Of the layers that one reads, that which sees most; of equal ones the one with the most layers above it."""
    sources = inputs_of(graph, name)

    def key(source: str) -> tuple[int, int]:
        area = known[source][0].size * known[source][1].size if source in known else 0
        return area, len(nx.ancestors(graph, source))

    return max(sources, key=key, default=None)


def _through(layer: Layer, inputs: Sequence[Shape], output: Shape, seen: Sequence[Sights]) -> Sights | None:
    if len(output) == 1:
        return _joined([_whole(item) for item in seen])
    if len(output) != 3:
        return None
    moves = layer.moves(inputs) if all(len(shape) == 3 for shape in inputs) else None
    if moves is None:
        return None
    height, width = _joined(seen) if layer.family == "merge" else seen[0]  # crop reads only the size of its second
    return _moved(height, moves[0], output[1]), _moved(width, moves[1], output[2])


def windows_of(layer: Layer, inputs: Sequence[Shape], output: Shape) -> tuple[Axis, Axis] | None:
    """The windows that a layer slides over its first input; None for layers without such."""
    axes = getattr(layer, "axes", None)
    made = axes(inputs[0]) if callable(axes) and len(inputs[0]) == 3 else None
    if not (isinstance(made, tuple) and len(made) == 2 and all(isinstance(axis, Axis) for axis in made)):
        return None
    gives_output = len(output) == 1 or [axis.output for axis in made] == list(output[1:])
    return made if gives_output else None


def _moved(sight: Sight, move: Move, units: int) -> Sight:
    jump = sight.jump
    first, size = sight.first + move.offset * jump, sight.size + (move.extent - 1) * jump
    return Sight(int(first // 1), int(-(-size // 1)), jump * move.down / move.up, units, sight.extent)


def _whole(seen: Sights) -> Sights:
    """All units together as one."""
    height, width = (
        Sight(item.first, item.size + int((item.units - 1) * item.jump), Fraction(0), 1, item.extent) for item in seen
    )
    return height, width


def _joined(seen: Sequence[Sights]) -> Sights:
    """What several inputs see together; the step is that of the one with the most units."""
    height, width = (_union([item[axis] for item in seen]) for axis in (0, 1))
    return height, width


def _union(seen: Sequence[Sight]) -> Sight:
    first, last = min(item.first for item in seen), max(item.last for item in seen)
    most = max(seen, key=lambda item: item.units)
    return Sight(first, last - first + 1, most.jump, most.units, most.extent)
