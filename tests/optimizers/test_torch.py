"""Every optimizer with dialect "torch" against torch.optim: 1,000 steps in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.registry import plugins
from tests.optimizers.runner import Lane, dialect, landscape

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
pytestmark = pytest.mark.peers

OPTIMIZERS = plugins("netspec.optimizers")
CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("sgd", {}, "SGD", {}),
    ("sgd", {"momentum": 0.9, "nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("momentum", {}, "SGD", {"momentum": 0.9}),
    ("momentum", {"dampening": 0.4}, "SGD", {"momentum": 0.9, "dampening": 0.4}),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("adagrad", {}, "Adagrad", {}),
    ("adagrad", {"initial_accumulator_value": 0.1}, "Adagrad", {"initial_accumulator_value": 0.1}),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"centered": True, "eps": 1e-3}, "RMSprop", {"centered": True, "eps": 1e-3}),
    ("rmsprop", {"momentum": 0.9, "lr": 1e-3}, "RMSprop", {"momentum": 0.9, "lr": 1e-3}),
    ("adam", {}, "Adam", {}),
    ("adam", {"betas": (0.8, 0.99)}, "Adam", {"betas": (0.8, 0.99)}),
    ("adamw", {}, "AdamW", {}),
    ("adamw", {"weight_decay": 0.2}, "AdamW", {"weight_decay": 0.2}),
]


def distance(optimizer: Any, peer: Any, parameter: Any, gradient: Any, steps: int = 1000) -> float:
    """Largest distance between both paths, relative to the largest parameter; the learning rate halves on the way."""
    lane, furthest = Lane(optimizer, parameter.detach().numpy().copy()), 0.0
    for step in range(steps):
        lr = optimizer.lr * 0.5 ** (step // 250)
        peer.param_groups[0]["lr"] = lr
        parameter.grad = torch.from_numpy(gradient(parameter.detach().numpy(), step))
        peer.step()
        p = lane.step(gradient(lane.p, step), lr)
        furthest = max(furthest, float(abs(p - parameter.detach().numpy()).max()))
    return furthest / float(abs(lane.p).max())


def test_every_optimizer_of_the_registry_is_compared():
    assert {kind for kind, *_ in CASES} == set(OPTIMIZERS)


@pytest.mark.parametrize("decay", [None, 0.05])
@pytest.mark.parametrize(("kind", "keys", "peer", "peer_keys"), CASES)
def test_a_thousand_steps_follow_pytorch(kind, keys, peer, peer_keys, decay):
    more = {} if decay is None else {"weight_decay": decay}
    start, gradient = landscape()
    parameter = torch.tensor(start, requires_grad=True)
    optimizer = dialect(OPTIMIZERS[kind], "torch", **{**keys, **more})
    peer_optimizer = getattr(torch.optim, peer)([parameter], **{**peer_keys, **more})
    assert distance(optimizer, peer_optimizer, parameter, gradient) < 1e-12


@pytest.mark.parametrize(("kind", "peer", "key"), [
    ("sgd", "SGD", "lr"), ("adagrad", "Adagrad", "lr"), ("adagrad", "Adagrad", "eps"),
    ("adagrad", "Adagrad", "initial_accumulator_value"), ("rmsprop", "RMSprop", "lr"), ("rmsprop", "RMSprop", "alpha"),
    ("rmsprop", "RMSprop", "eps"), ("adam", "Adam", "lr"), ("adam", "Adam", "betas"), ("adam", "Adam", "eps"),
    ("adamw", "AdamW", "lr"), ("adamw", "AdamW", "eps"), ("adamw", "AdamW", "weight_decay"),
])
def test_the_torch_dialect_has_pytorchs_defaults(kind, peer, key):
    defaults = getattr(torch.optim, peer)([torch.zeros(1)]).defaults
    assert getattr(dialect(OPTIMIZERS[kind], "torch"), key) == defaults[key]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_float32_steps_stay_near_pytorchs(kind):
    start, gradient = landscape()
    peer_kind, peer_keys = next((peer, keys) for name, _, peer, keys in CASES if name == kind)
    parameter = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimizer = dialect(OPTIMIZERS[kind], "torch")
    peer, lane = getattr(torch.optim, peer_kind)([parameter], **peer_keys), Lane(optimizer, start, "float32")
    for step in range(100):
        parameter.grad = torch.from_numpy(gradient(parameter.detach().numpy(), step).astype(np.float32))
        peer.step()
        lane.step(gradient(lane.p, step))
    np.testing.assert_allclose(lane.p, parameter.detach().numpy(), rtol=1e-5, atol=1e-5)
