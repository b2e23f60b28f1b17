"""A program of NumPy softmax regressions that keeps the trainer's contract, for tests of the trainer alone."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np

from netspec.loss_value import LossValue
from netspec.spec.model import Spec


class FakeLane:
    """y = x·Wᵀ + b with cross-entropy; momentum 0.9 for the optimizer "momentum", plain SGD for others.

    nan_at: the update after which the weights are NaN. drift_at: the update at which the frozen tensor changes.
    """

    def __init__(self, optimizer: Any, features: int, classes: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.optimizer, self.label, self.step = optimizer, optimizer.label(), 0
        self.weight = rng.normal(0, 0.1, (classes, features))
        self.bias = np.zeros(classes)
        self.frozen = np.arange(3.0)
        self.momentum = np.zeros_like(self.weight)
        self.beta = 0.9 if optimizer.type_name() == "momentum" else 0.0
        self.nan_at: int | None = None
        self.drift_at: int | None = None
        self.outputs: Any = None
        self.batches: list[tuple[int, int]] = []
        self.gathered: list[tuple[np.ndarray, np.ndarray, float]] = []

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("input",)

    @property
    def loss_shapes(self) -> tuple[tuple[int, ...], ...]:
        return (self.bias.shape,)

    def train_step(self, x: np.ndarray, y: tuple[np.ndarray], *, lr: float, keeps_gradients: bool = False) -> LossValue:
        value = self.accumulate(x, y)
        self.update(lr=lr)
        return value

    def accumulate(self, x: np.ndarray, targets: tuple[np.ndarray]) -> LossValue:
        (y,) = targets
        self.batches.append((self.step, len(x)))
        value, p = self._forward(x, y)
        p[np.arange(len(y)), y] -= 1
        self.gathered.append((p.T @ x.reshape(len(x), -1), p.sum(axis=0), float(len(y))))
        return value

    def update(self, *, lr: float) -> None:
        weight = sum(w for _, _, w in self.gathered)
        self.momentum = self.beta * self.momentum - lr * sum(dw for dw, _, _ in self.gathered) / weight
        self.weight = self.weight + self.momentum
        self.bias = self.bias - lr * sum(db for _, db, _ in self.gathered) / weight
        self.gathered.clear()
        self.step += 1
        if self.step == self.nan_at:
            self.weight[1, 2] = np.nan
        if self.step == self.drift_at:
            self.frozen = self.frozen + 1

    def evaluate(self, x: np.ndarray, y: tuple[np.ndarray] | None = None) -> LossValue | None:
        return self._forward(x, y[0])[0] if y is not None else (self._forward(x, np.zeros(len(x), np.int64)), None)[1]

    def penalty(self) -> float | None:
        return None

    @property
    def memory(self) -> dict[str, np.ndarray]:
        return {"parameters": self.weight.reshape(-1)}

    def begin_slots(self, names=None) -> None:
        """It has no slots that begin as the parameters."""

    def tensors(self) -> dict[str, np.ndarray]:
        return {"fc.weight": self.weight.copy(), "fc.bias": self.bias.copy(), "base.weight": self.frozen.copy()}

    def load_tensors(self, tensors: dict[str, np.ndarray]) -> None:
        self.weight, self.bias = tensors["fc.weight"].copy(), tensors["fc.bias"].copy()
        self.frozen = tensors["base.weight"].copy()

    def slots(self) -> dict[str, np.ndarray]:
        return {"momentum/fc.weight": self.momentum.copy()}

    def load_slots(self, slots: dict[str, np.ndarray]) -> None:
        self.momentum = slots["momentum/fc.weight"].copy()

    def reset_slots(self) -> None:
        self.momentum = np.zeros_like(self.weight)

    def frozen_digest(self, layers: frozenset[str] | None = None) -> str:
        del layers
        return hashlib.sha256(self.frozen.tobytes()).hexdigest()

    def find_nonfinite(self, x: np.ndarray, y: np.ndarray) -> tuple[str, str, str] | None:
        del y
        return None if np.isfinite(self.weight).all() and np.isfinite(x).all() else ("fc", "weight", "parameters")

    def _forward(self, x: np.ndarray, y: np.ndarray) -> tuple[LossValue, np.ndarray]:
        logits = x.reshape(len(x), -1) @ self.weight.T + self.bias
        self.outputs = logits
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        loss = (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).sum()
        return LossValue.of([(float(loss), float(len(y)))]), p


def layout_of(size: int) -> Any:
    """Only the weight is watched."""
    entry = SimpleNamespace(name="fc.weight", layer="fc", offset=0, tensor=SimpleNamespace(size=size))
    group = SimpleNamespace(first=0, last=size, lr_mult=1.0)
    return SimpleNamespace(
        updated=lambda: [entry], groups=(group,), parameters={entry.name: entry}, updated_size=size
    )


class FakeProgram:
    """One FakeLane for each optimizer of the spec, all from the same initial bits."""

    def __init__(self, spec: Spec, features: int, classes: int) -> None:
        self.is_steady, self.is_loaded = True, False
        self.spec, self.batch_size, self.dtype, self.seed = spec, spec.train.batch_size, "float64", spec.seed
        self.lanes = [FakeLane(optimizer, features, classes, spec.seed) for optimizer in spec.optimizers]
        self.frozen = frozenset({"base"})
        self.stage, self.since = 0, dict[str, int]()
        self.shapes = {"fc": (classes,)}
        self.start = SimpleNamespace(
            loss_input="fc", inference_mode=self.frozen, cut=(), layout=layout_of(features * classes),
            graph=nx.DiGraph(), shapes={}, outputs=(),
        )

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        return self.lanes[0].tensors()

    def enter(self, stage: int, since: Any = None) -> None:
        assert stage == 0, "the fake network has one stage"
        self.since = dict(since or {})

    def load_parameters(self, mapping: dict[str, np.ndarray], strict: bool = True) -> Any:
        del strict
        self.is_loaded = True
        for lane in self.lanes:
            lane.load_tensors(mapping)
        return SimpleNamespace(describe=lambda: f"{len(mapping)} loaded")


FEATURES, CLASSES = 6, 3


def make_data(samples: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three noisy clusters in six dimensions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, samples)
    x = rng.normal(size=(samples, FEATURES)) + 1.5 * np.eye(FEATURES)[y]
    return x, y


def make_spec(optimizers: tuple[str, ...] = ("sgd",), **sections: Any) -> Spec:
    """A spec with the given optimizers; sections replace or add to the defaults: train={"epochs": 2}."""
    tree: dict[str, Any] = {
        "name": "fake",
        "inputs": [{"shape": [FEATURES]}],
        "layers": [{"name": "fc", "type": "linear", "inputs": ["input"], "out_features": CLASSES}],
        "loss": {"type": "cross_entropy"},
        "optimizers": [{"type": name, "lr": 0.05} for name in optimizers],
    }
    train = {"epochs": 3, "batch_size": 8, "validation_split": 0.3, "dtype": "float64", **sections.pop("train", {})}
    return Spec.model_validate({**tree, "train": train, **sections})


def make_program(spec: Spec) -> FakeProgram:
    """A fresh program for `make_data`."""
    return FakeProgram(spec, FEATURES, CLASSES)
