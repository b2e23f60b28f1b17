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
