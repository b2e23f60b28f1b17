"""An autoencoder with a classifier: two losses on two outputs, against PyTorch's weighted sum of the two."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.memory import to_stored
from netspec.spec.model import Spec

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
pytestmark = pytest.mark.peers

SPEC = Spec.model_validate({
    "input": {"shape": [6]},
    "layers": [
        {"name": "code", "type": "linear", "out_features": 4}, {"name": "act", "type": "tanh"},
        {"name": "again", "type": "linear", "out_features": 6, "inputs": ["act"]},
        {"name": "class", "type": "linear", "out_features": 3, "inputs": ["act"]},
    ],
    "outputs": ["class", "again"],
    "losses": [
        {"type": "focal", "input": "class", "weight": 0.7}, {"type": "mse", "input": "again", "weight": 0.25, "target": "x"},
    ],
    "optimizer": {"type": "sgd", "lr": 0.1},
})  # fmt: skip


def test_total_and_gradients_are_those_of_the_weighted_sum_in_pytorch():
    program = netspec.compile(SPEC, batch_size=8, dtype="float64")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    value = program.lanes[0].differentiate(to_stored(x, "float64"), (y, x))
    p = {name: torch.tensor(array, requires_grad=True) for name, array in program.parameters.items()}

    def linear(name, z):
        return z @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    code = torch.tanh(linear("code", torch.tensor(x)))
    likely = torch.log_softmax(linear("class", code), 1)[torch.arange(8), torch.tensor(y)]
    focal = ((1 - likely.exp()) ** 2 * -likely).mean()
    mse = torch.nn.functional.mse_loss(linear("again", code), torch.tensor(x))
    total = 0.7 * focal + 0.25 * mse
    total.backward()
    assert value.mean == pytest.approx(total.item(), rel=1e-12)
    for name, gradient in program.gradients.items():
        np.testing.assert_allclose(gradient, p[name].grad.numpy(), rtol=1e-10, atol=1e-14)
