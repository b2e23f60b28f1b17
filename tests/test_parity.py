"""Whole training runs in float64 beside PyTorch: the same network, weights and batches give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.memory import to_stored
from tests.kit.networks import spec_of

torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
pytestmark = pytest.mark.peers

LAYERS = [
    {"name": "conv1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "bias": False},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "relu1", "type": "relu"},
    {"name": "conv2", "type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1, "groups": 2},
    {"name": "act2", "type": "silu"},
    {"name": "pool", "type": "max_pool2d", "kernel_size": 2},
    {"name": "fc1", "type": "linear", "out_features": 8},
    {"name": "act3", "type": "tanh"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]


class Twin(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 4, 3, 2, 1, bias=False)  # before a batch norm its gradient is rounding alone
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.conv2 = torch.nn.Conv2d(4, 6, 3, 1, 1, groups=2)
        self.fc1 = torch.nn.Linear(24, 8)
        self.fc2 = torch.nn.Linear(8, 3)

    def forward(self, x):
        f = torch.nn.functional
        x = f.silu(self.conv2(f.relu(self.bn1(self.conv1(x)))))
        return self.fc2(torch.tanh(self.fc1(f.max_pool2d(x, 2).flatten(1))))


OPTIMIZERS = {
    "sgd": ({"type": "sgd", "lr": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        {"type": "momentum", "lr": 0.05, "weight_decay": 1e-3},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    ),
    "nesterov": (
        {"type": "nesterov", "lr": 0.05},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    ),
    "adagrad": ({"type": "adagrad", "lr": 0.05}, lambda p: torch.optim.Adagrad(p, lr=0.05)),
    "rmsprop": ({"type": "rmsprop", "lr": 0.01}, lambda p: torch.optim.RMSprop(p, lr=0.01)),
    "adam": ({"type": "adam", "lr": 0.01}, lambda p: torch.optim.Adam(p, lr=0.01)),
    "adamw": ({"type": "adamw", "lr": 0.01}, lambda p: torch.optim.AdamW(p, lr=0.01)),
}


def batches(count):
    """Of 16 samples, which are cut into shards, and of 7, which are not, in turn."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(3, 2, 8, 8))
    for i in range(count):
        n = 7 if i % 2 else 16
        y = rng.integers(0, 3, n)
        yield centres[y] + rng.normal(size=(n, 2, 8, 8)), y


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_run_follows_pytorch(name):
    table, make = OPTIMIZERS[name]
    spec = spec_of(LAYERS, [2, 8, 8], dialect="torch", loss={"type": "cross_entropy"}, optimizer=table)
    program = netspec.compile(spec, batch_size=16, dtype="float64")
    model = Twin().double()
    tensors = {**program.parameters, **program.states}
    model.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    optimizer, lane = make(model.parameters()), program.lanes[0]
    for x, y in batches(40):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        value = lane.train_step(to_stored(x, "float64"), y, lr=table["lr"])
        # Rounding grows with the steps; Adam and RMSprop divide by small roots and magnify it.
        assert value.mean == pytest.approx(float(loss.detach()), rel=1e-8, abs=1e-10)
    for key, value in model.state_dict().items():
        if "num_batches" not in key:
            found = {**program.parameters, **program.states}[key]
            np.testing.assert_allclose(found, value.numpy(), rtol=1e-6, atol=1e-8, err_msg=key)
    x, _ = next(batches(1))
    model.eval()
    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(program.forward(x), expected, rtol=1e-6, atol=1e-7)
