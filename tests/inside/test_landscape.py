"""Slices of a loss surface: directions are filter-normalized, the middle is the network itself, and it comes back whole."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.datasets.base import Part
from netspec.datasets.normalization import Normalization
from netspec.inside.landscape import direction, loss_slice, refining_order
from netspec.program import Program

LINEAR = """
[input]
shape = [2]
[[layers]]
name = "fc"
type = "linear"
out_features = 1
[loss]
type = "mse"
[train]
batch_size = 4
dtype = "float64"
"""


@pytest.fixture
def program() -> Program:
    return netspec.compile(netspec.loads(LINEAR))


def data(n: int = 10) -> tuple[Part, Normalization]:
    rng = np.random.default_rng(4)
    return Part(rng.normal(size=(n, 2)), rng.normal(size=(n, 1)), np.arange(n)), Normalization(
        np.zeros(2), np.ones(2), None
    )


def test_each_filter_of_a_direction_is_as_long_as_the_filter_of_the_weights() -> None:
    weights = {"conv.weight": np.random.default_rng(0).normal(size=(5, 3, 2, 2)), "conv.bias": np.ones(5)}
    weights["conv.weight"][3] = 0
    found = direction(weights, 1, "δ")
    assert list(found) == ["conv.weight"]
    lengths = np.linalg.norm(found["conv.weight"].reshape(5, -1), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(weights["conv.weight"].reshape(5, -1), axis=1))
    assert not np.allclose(found["conv.weight"], direction(weights, 1, "η")["conv.weight"])
    np.testing.assert_array_equal(found["conv.weight"], direction(weights, 1, "δ")["conv.weight"])


def test_the_slice_of_a_linear_network_is_the_formula(program: Program) -> None:
    part, plain = data()
    weights, bias = program.parameters["fc.weight"], program.parameters["fc.bias"]
    delta, eta = (direction({"fc.weight": weights}, 3, name)["fc.weight"] for name in ("δ", "η"))
    *_, last = loss_slice(program, part, plain, points=5, reach=0.5, seed=3)
    for i, a in enumerate(last.axis):
        for j, b in enumerate(last.axis):
            outputs = part.x @ (weights + b * delta + a * eta).T + bias
            assert last.losses[i, j] == pytest.approx(((outputs - part.y) ** 2).mean(), rel=1e-12)
    assert last.done == 25


def test_the_weights_come_back_also_when_the_caller_stops(program: Program) -> None:
    part, plain = data()
    before = program.parameters
    slices = loss_slice(program, part, plain, points=5)
    next(slices)
    first = next(slices)
    assert np.isnan(first.losses).sum() == 23
    slices.close()
    for name, array in before.items():
        np.testing.assert_array_equal(program.parameters[name], array)


def test_the_first_point_is_the_network_itself(program: Program) -> None:
    part, plain = data()
    outputs = part.x @ program.parameters["fc.weight"].T + program.parameters["fc.bias"]
    first = next(loss_slice(program, part, plain, points=7))
    assert first.losses[3, 3] == pytest.approx(((outputs - part.y) ** 2).mean(), rel=1e-12)


@pytest.mark.parametrize("points", [3, 5, 21, 31])
def test_every_place_is_visited_once_and_the_middle_first(points: int) -> None:
    order = refining_order(points)
    assert sorted(order) == [(i, j) for i in range(points) for j in range(points)]
    assert order[0] == (points // 2, points // 2)


def test_an_even_number_of_points_is_refused(program: Program) -> None:
    with pytest.raises(ValueError, match="points 4; use an odd number of 3 or more"):
        next(loss_slice(program, *data(), points=4))
