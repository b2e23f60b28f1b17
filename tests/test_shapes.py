"""Shapes and the layer table."""

from __future__ import annotations

import time

import netspec
from netspec.graph import build_graph
from netspec.loading import read_text
from netspec.shapes import infer_shapes
from tests.spec.helpers import CONV, INPUT, RELU, layer, problem_codes

LENET = (
    "[input]\nshape = [1, 28, 28]\n"
    + layer("conv1", "conv2d", "out_channels = 6", "kernel_size = 5", "padding = 2")
    + layer("relu1", "relu")
    + layer("pool1", "max_pool2d", "kernel_size = 2")
    + layer("conv2", "conv2d", "out_channels = 16", "kernel_size = 5")
    + layer("pool2", "max_pool2d", "kernel_size = 2")
    + layer("fc1", "linear", "out_features = 120")
    + layer("fc2", "linear", "out_features = 84")
    + layer("fc3", "linear", "out_features = 10")
)


def test_lenet_has_its_published_shapes_and_parameters() -> None:
    report = netspec.analyze(netspec.loads(LENET))
    assert report.shapes["pool2"] == (16, 5, 5)
    assert report.totals.params == 61_706
    assert report.totals.macs == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    assert {problem.code for problem in report.problems} == {"NS915"}  # this one has no activations


def test_the_table_has_the_agreed_keys() -> None:
    tree = netspec.analyze(netspec.loads(LENET)).as_dict()
    agreed = {"name", "type", "inputs", "output_shape", "params", "frozen", "macs", "activation_bytes", "weight_bytes"}
    assert agreed | {"receptive_field"} <= tree["layers"][0].keys()
    totals = {"params", "trainable_params", "frozen_params", "macs", "activation_bytes", "weight_bytes"}
    assert totals <= tree["totals"].keys()


def test_receptive_fields_grow_by_kernel_and_stride() -> None:
    rows = {row.name: row.receptive_field for row in netspec.analyze(netspec.loads(LENET)).table}
    assert rows["conv1"] == (5, 5)
    assert rows["pool1"] == (6, 6)
    assert rows["conv2"] == (14, 14)
    assert rows["pool2"] == (16, 16)
    assert rows["fc1"] is None


def test_bytes_follow_the_dtype_and_frozen_layers_are_counted_apart() -> None:
    text = INPUT + CONV + "frozen = true\n" + layer("fc", "linear", "out_features = 2")
    single = netspec.analyze(netspec.loads(text)).totals
    double = netspec.analyze(netspec.loads(text + '[train]\ndtype = "float64"\n')).totals
    assert double.weight_bytes == 2 * single.weight_bytes == 8 * single.params
    assert single.frozen_params == 8 * 3 * 9 + 8
    assert single.trainable_params + single.frozen_params == single.params


def test_the_size_of_the_input_is_a_parameter() -> None:
    spec = netspec.loads(LENET, overrides=["input.size=32"])
    assert infer_shapes(build_graph(spec))["pool2"] == (16, 6, 6)


def test_behind_a_layer_without_shape_nothing_is_said() -> None:
    text = INPUT + CONV.replace("= 3", "= 99") + RELU + layer("conv2", "conv2d", "out_channels = 1", "kernel_size = 50")
    assert problem_codes(text) == ["NS203"]


def test_behind_a_layer_with_a_field_error_nothing_is_said_but_beside_it_all() -> None:
    text = INPUT + CONV.replace("= 3", '= "x"') + RELU + layer("c2", "conv2d", "out_channels = 1", "kernel_size = 50")
    text += layer("c3", "conv2d", "out_channels = 1", "kernel_size = 50", 'inputs = ["input"]')
    problems = read_text(text).problems
    assert [(problem.code, problem.where) for problem in problems] == [("NS107", "conv1"), ("NS203", "c3")]


def test_a_shape_error_points_to_the_field_and_a_default_to_the_name() -> None:
    span = read_text(INPUT + CONV.replace("= 3", "= 40")).problems[0].span
    assert span is not None
    assert span.text == "kernel_size = 40"
    small = "[input]\nshape = [3, 1, 1]\n" + layer("pool", "max_pool2d", "kernel_size = 2")
    span = read_text(small).problems[0].span
    assert span is not None
    assert span.text in ("kernel_size = 2", 'name = "pool"')


def test_a_vector_where_a_picture_is_needed_and_sizes_beyond_reason_are_errors() -> None:
    assert problem_codes("[input]\nshape = [9]\n" + CONV) == ["NS205"]
    assert problem_codes("[input]\nshape = [9999, 99999, 99999]\n" + CONV) == ["NS209"]


def test_dropped_pixels_are_a_warning_that_keeps_the_spec_usable() -> None:
    text = INPUT + layer("conv1", "conv2d", "out_channels = 1", "kernel_size = 3", "stride = 2")
    assert problem_codes(text) == ["NS901"]
    assert netspec.analyze(netspec.loads(text)).ok


def test_analyze_of_a_dict_needs_no_file() -> None:
    spec = netspec.Spec.model_validate(
        {
            "input": {"shape": [1, 5, 5]},
            "layers": [{"name": "c", "type": "conv2d", "out_channels": 1, "kernel_size": 7}],
        }
    )
    problem = netspec.analyze(spec).problems[0]
    assert problem.span is None
    assert problem.render().startswith("NS203 c: kernel_size 7")


def test_analyze_of_a_loaded_spec_knows_its_lines() -> None:
    spec = netspec.loads(INPUT + layer("conv1", "conv2d", "out_channels = 1", "kernel_size = 3", "stride = 2"))
    span = netspec.analyze(spec).problems[0].span
    assert span is not None
    assert span.line > 1


def test_a_spec_of_200_layers_is_checked_in_less_than_200_ms() -> None:
    pairs = (
        layer(f"conv{i}", "conv2d", "out_channels = 64", "kernel_size = 3", "padding = 1") + layer(f"relu{i}", "relu")
        for i in range(100)
    )
    text = INPUT + "".join(pairs)
    read_text(text)  # imports the plug-ins
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert read_text(text).ok
        times.append(time.perf_counter() - start)
    assert min(times) < 0.2  # about 0.03 s on a quiet machine


def test_a_linear_layer_notes_that_it_flattens() -> None:
    text = 'input.shape = [16, 5, 5]\nlayers = [{ name = "a", type = "linear", out_features = 8 }, { name = "b", type = '
    text += '"linear", out_features = 2 }]\n'
    assert [row.note for row in netspec.analyze(netspec.loads(text)).table] == ["flattens 16 × 5 × 5 → 400", ""]
