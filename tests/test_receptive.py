"""Receptive fields against sets of pixels traced one by one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import netspec
from netspec.graph import build_graph
from netspec.receptive import Sights, sights, widest
from netspec.shapes import infer_shapes
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.windows import Axis
from tests.kit.networks import spec_of

WINDOW = st.fixed_dictionaries(
    {"kernel_size": st.integers(1, 4), "stride": st.integers(1, 3), "dilation": st.integers(1, 2),
     "padding": st.integers(0, 2)}
)  # fmt: skip


def seen_in(spec: Spec) -> tuple[dict[str, Sights], dict[str, Any]]:
    graph = build_graph(spec)
    shapes = infer_shapes(graph)
    return sights(graph, shapes), shapes


def trace(axes: list[Axis], unit: int) -> set[int]:
    """Places of the network's input, padding included, that a unit behind a chain of windows is computed from."""
    places = {unit}
    for axis in reversed(axes):
        places = {place * axis.stride - axis.before + tap * axis.dilation for place in places for tap in range(axis.kernel)}
    return places


@given(st.lists(WINDOW, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_window_step_and_place_are_those_of_the_traced_pixels(windows: list[dict[str, int]]) -> None:
    layers = [{"name": f"c{i}", "type": "conv2d", "out_channels": 1, **window} for i, window in enumerate(windows)]
    spec = spec_of(layers, [1, 40, 31])
    found, shapes = seen_in(spec)
    assume(len(shapes) == len(layers) + 1)
    source, axes = (1, 40, 31), []
    for layer in spec.layers:
        axes.append(layer.axes(source)[0])  # type: ignore[attr-defined]
        source = shapes[layer.name]
    sight = found[spec.layers[-1].name][0]
    for unit in {0, sight.units - 1}:
        pixels = trace(axes, unit)
        first = sight.first + unit * sight.jump
        assert (min(pixels), max(pixels)) == (first, first + sight.size - 1)
    ends = trace(axes, sight.units - 1)
    assert sight.padding == (max(0, -min(trace(axes, 0))), max(0, max(ends) - 39))
    assert sight.centre * 2 == 2 * sight.first + sight.size - 1


@pytest.mark.parametrize(("kernel", "stride", "dilation", "padding"), [(4, 2, 1, 1), (3, 2, 1, 0), (3, 1, 2, 1), (2, 3, 1, 0)])
def test_transposed_convolutions_look_at_the_units_that_reach_a_pixel(
    kernel: int, stride: int, dilation: int, padding: int
) -> None:
    layer = {"type": "conv_transpose2d", "out_channels": 1, "kernel_size": kernel, "stride": stride, "dilation": dilation,
             "padding": padding}  # fmt: skip
    found, shapes = seen_in(spec_of([layer], [1, 9, 9]))
    sight = found["conv_transpose2d"][0]
    assert (sight.units, sight.jump) == (shapes["conv_transpose2d"][1], Fraction(1, stride))
    taps = {o: [i for i in range(-20, 30) for tap in range(kernel) if i * stride + tap * dilation - padding == o]
            for o in range(sight.units)}  # fmt: skip
    reached = {o: units for o, units in taps.items() if units}
    assert sight.first == min(reached[min(reached)]) or dilation > 1
    assert all(max(units) - min(units) + 1 <= sight.size for units in reached.values())


def test_enlarged_pictures_have_a_smaller_step() -> None:
    layers = [{"name": "half", "type": "max_pool2d", "kernel_size": 2},
              {"name": "twice", "type": "upsample", "scale": 2},
              {"name": "smooth", "type": "upsample", "scale": 2, "mode": "bilinear", "inputs": ["half"]},
              {"name": "cut", "type": "crop", "sides": 1}]  # fmt: skip
    found, _ = seen_in(spec_of(layers, [1, 8, 8]))
    told = {name: (sights[0].first, sights[0].size, sights[0].jump) for name, sights in found.items()}
    assert told == {"input": (0, 1, 1), "half": (0, 2, 2), "twice": (0, 2, 1), "smooth": (-2, 4, 1), "cut": (-1, 4, 1)}


def test_branches_see_what_their_inputs_see_together() -> None:
    spec = spec_of(
        [
            {"name": "small", "type": "conv2d", "out_channels": 2, "kernel_size": 1},
            {"name": "large", "type": "conv2d", "out_channels": 2, "kernel_size": [5, 3], "padding": [2, 1],
             "inputs": ["input"]},
            {"name": "sum", "type": "add", "inputs": ["small", "large"]},
        ],
        [1, 8, 8],
    )
    found, _ = seen_in(spec)
    assert [(axis.first, axis.size) for axis in found["sum"]] == [(-2, 5), (-1, 3)]
    assert widest(build_graph(spec), found, "sum") == "large"


def test_vectors_see_everything_and_padding_layers_move_the_window() -> None:
    spec = spec_of(
        [
            {"name": "around", "type": "pad", "padding": {"top": 3, "left": 1}},
            {"name": "conv", "type": "conv2d", "out_channels": 2, "kernel_size": 3},
            {"name": "fc", "type": "linear", "out_features": 2},
        ],
        [1, 6, 6],
    )
    found, _ = seen_in(spec)
    assert [(axis.first, axis.last) for axis in found["conv"]] == [(-3, -1), (-1, 1)]
    assert [(axis.first, axis.last, axis.jump) for axis in found["fc"]] == [(-3, 5, 0), (-1, 5, 0)]


@pytest.mark.parametrize(("name", "layer", "size", "jump"), [
    ("resnet18", "layer4.1.add", 435, 32), ("vgg16", "features.30", 212, 32),
])  # fmt: skip
def test_published_receptive_fields(name: str, layer: str, size: int, jump: int) -> None:
    """Araujo, Norris & Sim 2019, Distill, "Computing receptive fields of convolutional neural networks"."""
    found, _ = seen_in(netspec.load(shipped_specs()[name]))
    assert {(axis.size, axis.jump) for axis in found[layer]} == {(size, jump)}


def test_nothing_is_said_of_networks_on_vectors_and_behind_layers_that_mix_pixels() -> None:
    assert seen_in(spec_of([{"type": "relu"}], [7]))[0] == {}
    mixed = spec_of([{"type": "reshape", "shape": [4, 3, 3]}, {"type": "relu"}], [1, 6, 6])
    assert set(seen_in(mixed)[0]) == {"input"}
