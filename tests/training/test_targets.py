"""Targets reach the loss in its layout, and those that cannot be trained on are refused before the first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.program import Program
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.events import Epoch
from netspec.training.inputs import Arrays
from netspec.training.run import train
from tests.kit.networks import spec_of
from tests.training.helpers import of


def identity_network(**sections: Any) -> tuple[Spec, Program]:
    """A 1×1 convolution that gives its input of [3, 4, 5], with a learning rate of 0."""
    layers = [{"name": "c", "type": "conv2d", "out_channels": 3, "kernel_size": 1, "bias": False}]
    spec = spec_of(
        layers, [3, 4, 5], loss={"type": "mse"}, optimizer={"type": "sgd", "lr": 0.0},
        train={"epochs": 1, "batch_size": 8}, **sections,
    )  # fmt: skip
    program = netspec.compile(spec, threads=1)
    program.load_parameters({"c.weight": np.eye(3).reshape(3, 3, 1, 1)})
    return spec, program


def test_a_network_that_gives_its_input_has_no_loss_on_that_input(tmp_path: Path) -> None:
    spec, program = identity_network(metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(20, 3, 4, 5))
    epoch = of(train(spec, (x, x), tmp_path / "run", program=program), Epoch)[0]
    assert epoch.running_loss < 1e-12
    assert epoch.metrics["running_mae"] < 1e-6


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((20, 60), r"the network gives \[3, 4, 5\] .* of \[60\]; give targets of shape \[N, 3, 4, 5\]"),
        ((20, 4, 5, 3), r"the network gives \[3, 4, 5\] .* of \[4, 5, 3\]"),
        ((20, 5), r"of \[5\]; give the last layer as many features"),
    ],
)
def test_dense_targets_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...], text: str) -> None:
    spec, program = identity_network()
    with pytest.raises(TrainError, match=text):
        train(spec, (np.zeros((20, 3, 4, 5)), np.zeros(shape)), tmp_path / "run", program=program)


def test_whole_numbers_as_dense_targets_are_not_rounded(tmp_path: Path) -> None:
    y = 2**24 + 1 + 2 * np.arange(12).reshape(6, 2)
    part = Arrays.of(np.zeros((6, 3)), y).read(tmp_path, None).parts["train"]
    assert np.array_equal(part.y, y)


def test_targets_beyond_the_compute_type_are_refused(tmp_path: Path) -> None:
    spec, program = identity_network()
    x = np.zeros((20, 3, 4, 5))
    with pytest.raises(TrainError, match=r"targets up to 1e\+39, but float32 ends at 3.4e\+38"):
        train(spec, (x, x + 1e39), tmp_path / "run", program=program)
