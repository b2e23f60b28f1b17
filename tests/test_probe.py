"""Values of single layers: they fit together as the layers' formulas say, and looking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.memory import to_stored
from netspec.probe import Probe
from netspec.program import Program

NETWORK = """
[input]
shape = [3, 8, 8]
[[layers]]
name = "conv"
type = "conv2d"
out_channels = 5
kernel_size = 3
padding = 1
[[layers]]
name = "bn"
type = "batch_norm"
[[layers]]
name = "relu"
type = "relu"
[[layers]]
name = "drop"
type = "dropout"
[[layers]]
name = "conv2"
type = "conv2d"
out_channels = 5
kernel_size = 1
[[layers]]
name = "sum"
type = "add"
inputs = ["conv2", "relu"]
[[layers]]
name = "relu2"
type = "relu"
[[layers]]
name = "flat"
type = "flatten"
[[layers]]
name = "fc"
type = "linear"
out_features = 3
[loss]
type = "cross_entropy"
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return netspec.compile(netspec.loads(NETWORK), batch_size=6)


def test_values_of_neighbouring_layers_follow_from_each_other(program: Program) -> None:
    x = to_stored(np.random.default_rng(1).normal(size=(4, 3, 8, 8)), "float32")
    names = [name for name in program.shapes if name != "input"]
    values = Probe(program, names).values(program.lanes[0], x)
    np.testing.assert_array_equal(values["relu"], np.maximum(values["bn"], 0))
    np.testing.assert_array_equal(values["drop"], values["relu"])  # inference drops nothing
    np.testing.assert_allclose(values["sum"], values["conv2"] + values["relu"], atol=1e-6)
    np.testing.assert_array_equal(values["relu2"], np.maximum(values["sum"], 0))
    np.testing.assert_array_equal(values["flat"], values["relu2"].reshape(4, -1))
    weight, bias = program.parameters["fc.weight"], program.parameters["fc.bias"]
    np.testing.assert_allclose(values["fc"], values["flat"] @ weight.T + bias, atol=1e-5)


def test_a_probe_of_one_layer_gives_what_a_probe_of_all_gives(program: Program) -> None:
    x = to_stored(np.random.default_rng(2).normal(size=(5, 3, 8, 8)), "float32")
    names = [name for name in program.shapes if name != "input"]
    whole = Probe(program, names).values(program.lanes[0], x)
    for name in names:
        one = Probe(program, [name])
        np.testing.assert_allclose(one.values(program.lanes[0], x)[name], whole[name], atol=1e-5)
        np.testing.assert_allclose(one.values(program.lanes[0], x[:2])[name], whole[name][:2], atol=1e-5)


def test_looking_leaves_the_outputs_of_the_lane_in_place(program: Program) -> None:
    x = to_stored(np.random.default_rng(3).normal(size=(3, 3, 8, 8)), "float32")
    lane = program.lanes[0]
    lane.evaluate(x)
    before = np.array(lane.outputs)
    values = Probe(program, ["relu", "fc", "input"]).values(lane, x[::-1].copy())
    np.testing.assert_array_equal(np.array(lane.outputs), before)
    np.testing.assert_array_equal(values["input"], x[::-1].transpose(0, 3, 1, 2))


def test_a_name_that_is_no_layer_is_refused(program: Program) -> None:
    with pytest.raises(ValueError, match=r"conv9: no layer of this network; its layers are input, conv, bn"):
        Probe(program, ["conv9"])
