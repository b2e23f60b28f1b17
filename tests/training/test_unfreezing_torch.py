"""A schedule of unfreezing with discriminative rates equals a PyTorch loop that toggles requires_grad."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netspec
from netspec.freezing import FreezeStage, stages
from netspec.graph import build_graph
from netspec.memory import to_stored
from netspec.spec.model import Spec
from tests.kit.networks import CROSS_ENTROPY, spec_of

torch = pytest.importorskip("torch", reason="needs PyTorch: install the extra peers")
pytestmark = pytest.mark.peers
nn = torch.nn

TRANSFER: dict[str, Any] = {
    "freeze_to": "relu2",
    "unfreeze": [{"at_epoch": 2, "layers": ["conv2", "bn2"], "lr_mult": 0.5}, {"at_epoch": 3, "to": "input"}],
    "rates": [{"layers": ["conv1"], "lr_mult": 0.3, "decay_mult": 2.0}, {"layers": ["fc"], "decay_mult": 0.5}],
    "discriminative": {"lowest": 0.01},
}
STEPS = 4
"""Of each epoch."""
DECAY = {"lr": 0.02, "weight_decay": 0.1, "decay_bias": True}
OPTIMIZERS: dict[str, tuple[dict[str, Any], Any]] = {
    "adam": ({"betas": [0.8, 0.9]}, lambda groups: torch.optim.Adam(groups, betas=(0.8, 0.9))),
    "adamw": ({}, lambda groups: torch.optim.AdamW(groups)),
    "sgd": (
        {"momentum": 0.9, "momentum_form": "torch", "dampening": 0.3},
        lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9, dampening=0.3)),
    "nesterov": (
        {"momentum": 0.9, "momentum_form": "torch"},
        lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9, nesterov=True)),
    "rmsprop": (
        {"alpha": 0.9, "eps_inside_root": False, "centered": True, "momentum": 0.5, "momentum_form": "torch"},
        lambda groups: torch.optim.RMSprop(groups, alpha=0.9, centered=True, momentum=0.5)),
    "adagrad": ({"eps": 1e-10, "eps_inside_root": False}, lambda groups: torch.optim.Adagrad(groups)),
}  # fmt: skip


def spec_with(optimizer: dict[str, Any]) -> Spec:
    conv = {"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1, "bias": False}
    layers: list[dict[str, Any]] = [
        {"name": "conv1", **conv}, {"name": "bn1", "type": "batch_norm"}, {"name": "relu1", "type": "relu"},
        {"name": "conv2", **conv, "lr_mult": 2.0}, {"name": "bn2", "type": "batch_norm"}, {"name": "relu2", "type": "relu"},
        {"name": "fc", "type": "linear", "out_features": 4},
    ]  # fmt: skip
    return spec_of(
        layers, [2, 5, 5], loss=CROSS_ENTROPY, transfer=TRANSFER, optimizer={**DECAY, **optimizer},
        train={"batch_size": 6, "dtype": "float64", "epochs": 5},
    )  # fmt: skip


def peer(tensors: dict[str, np.ndarray]) -> Any:
    model = nn.Sequential()
    for name, module in (
        ("conv1", nn.Conv2d(2, 3, 3, padding=1, bias=False)), ("bn1", nn.BatchNorm2d(3)), ("relu1", nn.ReLU()),
        ("conv2", nn.Conv2d(3, 3, 3, padding=1, bias=False)), ("bn2", nn.BatchNorm2d(3)), ("relu2", nn.ReLU()),
        ("flat", nn.Flatten()), ("fc", nn.Linear(75, 4)),
    ):  # fmt: skip
        model.add_module(name, module)
    model.double().load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()}, strict=False)
    return model


def freeze(model: Any, stage: FreezeStage, optimizer: Any, spec: Spec) -> None:
    """What a PyTorch user does when a stage begins."""
    decay = spec.optimizers[0].weight_decay
    for name, module in model.named_children():
        module.train(name not in stage.frozen)
        for parameter in module.parameters():
            parameter.requires_grad_(name not in stage.frozen)
    for group in optimizer.param_groups:
        if group["name"] in stage.rates:
            group["lr"] = spec.optimizers[0].lr * stage.rates[group["name"]]
            group["weight_decay"] = decay * stage.decays[group["name"]]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_losses_and_weights_are_those_of_pytorch(kind: str) -> None:
    keys, make = OPTIMIZERS[kind]
    spec = spec_with({"type": kind, **keys})
    program = netspec.compile(spec, threads=1)
    lane = program.lanes[0]
    model = peer(lane.tensors())
    learned = [(name, list(module.parameters())) for name, module in model.named_children()]
    optimizer = make([{"name": name, "params": found} for name, found in learned if found])
    rng, moved = np.random.default_rng(1), []
    for stage in stages(spec, build_graph(spec)):
        program.enter(stage.number)
        freeze(model, stage, optimizer, spec)
        before = lane.tensors()
        for _ in range(STEPS):
            x, y = rng.normal(size=(6, 2, 5, 5)), rng.integers(0, 4, 6)
            loss = lane.train_step(to_stored(x, "float64"), y, lr=spec.optimizers[0].lr).mean
            optimizer.zero_grad()
            expected = nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
            expected.backward()
            optimizer.step()
            assert loss == pytest.approx(expected.item(), rel=1e-10)
        after = lane.tensors()
        moved.append({name.split(".")[0] for name in after if not np.array_equal(before[name], after[name])})
        for name, value in model.state_dict().items():
            if name in after:
                np.testing.assert_allclose(after[name], value.numpy(), rtol=1e-10, atol=1e-10, err_msg=name)
    assert moved == [{"fc"}, {"fc", "conv2", "bn2"}, {"fc", "conv2", "bn2", "conv1", "bn1"}]
