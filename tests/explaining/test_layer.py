"""Explanations of layers: numbers that agree with the analysis, and changes that do what they promise."""

from __future__ import annotations

from typing import Any

import pytest

import netspec
from netspec.explaining import explain_layer
from netspec.explaining.arithmetic import along, arithmetic
from netspec.explaining.fitting import remainder
from netspec.graph import build_graph
from netspec.loading import read_text
from netspec.shapes import infer_shapes
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.windows import resolve
from tests.kit.networks import spec_of

FEW = 12
"""Layers of a shipped network that are explained, spread over its depth: each takes the shapes of the whole network."""


@pytest.mark.parametrize("name", shipped_specs())
def test_layers_of_shipped_specs_are_explained_with_the_numbers_of_the_summary(name: str) -> None:
    spec = netspec.load(shipped_specs()[name])
    rows = netspec.analyze(spec).table
    for row in rows[:: max(1, len(rows) // FEW)]:
        found = explain_layer(spec, row.name)
        assert sum(item.value for item in found.parameters) == row.params
        assert (found.macs.value if found.macs else 0) == row.macs
        assert sum(item.value for item in found.state) == row.state
        assert found.output_shape == row.output_shape == found.way[-1].output_shape
        assert found.way[0].type == "input"
        assert all(step.arithmetic for step in found.way[1:])
        assert found.is_frozen == row.frozen
        assert found.inputs == row.inputs


@pytest.mark.parametrize(("settings", "text"), [
    ({"kernel_size": 5, "padding": 2}, "28 → (28 − 5 + 2·2)/1 + 1 = 28"),
    ({"kernel_size": 2, "stride": 2}, "28 → (28 − 2)/2 + 1 = 14"),
    ({"kernel_size": 3, "stride": 2}, "28 → floor((28 − 3)/2) + 1 = 13"),
    ({"kernel_size": 3, "stride": 2, "rounding": "ceil"}, "28 → ceil((28 − 3)/2) + 1 = 14"),
    ({"kernel_size": 3, "dilation": 4, "padding": "same"}, "28 → (28 − 4·(3 − 1) − 1 + 2·4)/1 + 1 = 28"),
    ({"kernel_size": 2, "padding": "same"}, "28 → (28 − 2 + 0 + 1)/1 + 1 = 28"),
])  # fmt: skip
def test_the_arithmetic_of_windows(settings: dict[str, Any], text: str) -> None:
    axis = resolve((1, 28, 28), **settings)[0]
    assert along(axis) == text
    left, right = text.removeprefix("28 → ").rsplit(" = ", 1)
    python = left.replace("−", "-").replace("·", "*")
    assert eval(python, {"floor": lambda x: x // 1, "ceil": lambda x: -(-x // 1)}) == int(right) == axis.output


@pytest.mark.parametrize(("layer", "inputs", "lines"), [
    ({"type": "linear", "out_features": 9}, [(2, 3, 4)], ("2·3·4 = 24 → 9",)),
    ({"type": "linear", "out_features": 9}, [(24,)], ("24 → 9",)),
    ({"type": "flatten"}, [(2, 3, 4)], ("2·3·4 = 24 → 24",)),
    ({"type": "concat"}, [(2, 3, 4), (5, 3, 4)], ("2 + 5 = 7 channels",)),
    ({"type": "add"}, [(2, 3), (2, 3)], ("2 inputs of one shape, 2·3",)),
    ({"type": "global_avg_pool"}, [(2, 3, 4)], ("all 3·4 pixels of a channel → 1",)),
    ({"type": "conv2d", "out_channels": 1, "kernel_size": [3, 1]}, [(2, 9, 4)],
     ("height 9 → (9 − 3)/1 + 1 = 7", "width 4 → (4 − 1)/1 + 1 = 4")),
    ({"type": "pad", "padding": [1, 0]}, [(2, 9, 4)], ("height 9 → 11",)),
    ({"type": "relu"}, [(2, 9, 4)], ("unchanged",)),
    ({"type": "conv_transpose2d", "out_channels": 1, "kernel_size": 4, "stride": 2, "padding": 1}, [(2, 9, 9)],
     ("9 → (9 − 1)·2 + 4 − 2·1 = 18",)),
    ({"type": "conv_transpose2d", "out_channels": 1, "kernel_size": [3, 1], "stride": 2, "output_padding": 1}, [(2, 9, 9)],
     ("height 9 → (9 − 1)·2 + 3 + 1 = 20", "width 9 → (9 − 1)·2 + 1 + 1 = 18")),
])  # fmt: skip
def test_the_arithmetic_of_layers(layer: dict[str, Any], inputs: list[tuple[int, ...]], lines: tuple[str, ...]) -> None:
    (made,) = spec_of([layer], [9]).layers
    assert arithmetic(made, inputs, made.infer_shape(inputs)) == lines


def test_parameters_and_multiply_adds_are_products() -> None:
    found = explain_layer(netspec.load(shipped_specs()["lenet5"]), "conv2")
    assert [(item.name, item.factors, item.value) for item in found.parameters] == [
        ("weight", "16·6·5·5", 2400), ("bias", "16", 16),
    ]  # fmt: skip
    assert found.macs is not None
    assert (found.macs.factors, found.macs.value) == ("16·10·10 outputs × 6·5·5", 240_000)


def changed(spec: Spec, path: str, value: Any) -> Spec:
    """The spec with the change that an explanation proposes."""
    tree = spec.model_dump(mode="json", exclude_none=True)
    if path == "input.shape":
        tree["inputs"][0]["shape"] = value
    else:
        name, _, key = path.removeprefix("layers.").rpartition(".")
        next(layer for layer in tree["layers"] if layer["name"] == name)[key] = value
    return Spec.model_validate(tree)


ODD = [
    {"name": "c1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "stride": 2},
    {"name": "p1", "type": "max_pool2d", "kernel_size": [3, 2], "stride": 2},
]


@pytest.mark.parametrize("name", ["c1", "p1"])
def test_every_proposed_change_makes_the_windows_fit(name: str) -> None:
    spec = spec_of(ODD, [1, 20, 24])
    found = explain_layer(spec, name)
    assert found.remainder is not None
    assert any(found.remainder)
    assert {change.path for change in found.fits} > {"input.shape", f"layers.{name}.kernel_size"}
    for change in found.fits:
        spec_then = changed(spec, change.path, change.value)
        shapes = infer_shapes(build_graph(spec_then))
        layer = next(layer for layer in spec_then.layers if layer.name == name)
        axes = layer.axes(shapes["c1" if name == "p1" else "input"])  # type: ignore[attr-defined]
        assert [remainder(axis) for axis in axes] == [0, 0]
        assert shapes[name] == change.output


def test_pixels_that_no_window_reads_are_named() -> None:
    found = explain_layer(spec_of(ODD, [1, 20, 24]), "c1")
    assert [(item.axis, item.pixels, item.size) for item in found.unread] == [("height", (19,), 20), ("width", (23,), 24)]


@pytest.mark.parametrize("wanted", [(5, 5), (7, 7), (13, 13)])
def test_a_wanted_output_is_given_by_every_proposal(wanted: tuple[int, int]) -> None:
    spec = spec_of(ODD[:1], [1, 20, 20])
    found = explain_layer(spec, "c1", wanted)
    assert found.fits
    for change in found.fits:
        then = infer_shapes(build_graph(changed(spec, change.path, change.value)))["c1"]
        assert then == change.output
        assert then[1:] == wanted


def test_the_number_of_inputs_of_a_linear_layer_is_met_by_another_picture() -> None:
    spec = netspec.load(shipped_specs()["lenet5"])
    (change,) = explain_layer(spec, "fc1", (256,)).fits
    shapes = infer_shapes(build_graph(changed(spec, change.path, change.value)))
    assert shapes["pool2"] == (16, 4, 4)


BRANCHES = """
input.shape = [3, 32, 32]
layers = [
  { name = "c1", type = "conv2d", out_channels = 8, kernel_size = 3, stride = 2, padding = 1 },
  { name = "r1", type = "relu" },
  { name = "c2", type = "conv2d", out_channels = 8, kernel_size = 3, stride = 2, inputs = ["input"] },
  { name = "sum", type = "add", inputs = ["r1", "c2"] },
]
"""


def test_branches_that_do_not_meet_are_told_how_either_of_them_could() -> None:
    spec = read_text(BRANCHES).spec
    assert spec is not None
    found = explain_layer(spec, "sum")
    assert found.output_shape is None
    assert {change.path.split(".")[1] for change in found.fits} == {"c1", "c2"}
    for change in found.fits:
        assert infer_shapes(build_graph(changed(spec, change.path, change.value)))["sum"] == change.output
    text = BRANCHES.replace("stride = 2, inputs", "stride = 2, padding = 1, inputs").replace("= 8", "= 6", 1)
    channels = read_text(text).spec
    assert channels is not None
    assert [(change.path, change.value) for change in explain_layer(channels, "sum").fits] == [
        ("layers.c1.out_channels", 8), ("layers.c2.out_channels", 6),
    ]  # fmt: skip


def test_a_window_that_is_too_large_is_told_what_fits() -> None:
    spec = read_text(BRANCHES.replace("kernel_size = 3, stride = 2, padding = 1", "kernel_size = 40, stride = 2")).spec
    assert spec is not None
    found = explain_layer(spec, "c1")
    assert found.output_shape is None
    assert "layers.c1.padding" in {change.path for change in found.fits}


def test_readers_output_and_loss_are_named() -> None:
    spec = netspec.load(shipped_specs()["resnet18"])
    assert explain_layer(spec, "maxpool").readers == ("layer1.0.conv1", "layer1.0.add")
    found = explain_layer(spec, "fc")
    assert (found.is_output, found.is_read_by_loss, found.readers) == (True, spec.loss is not None, ())
    assert found.branches[-1] == "layer4.1.add"


def test_a_layer_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        explain_layer(netspec.load(shipped_specs()["lenet5"]), "input")
