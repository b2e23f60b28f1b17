"""What every optimizer is: fields, the slots it keeps for each parameter, and the kernel call of one update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol

from pydantic import Field

from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.registry import Plugin

HYPER_LR, HYPER_STEP, HYPER_SCALE = 0, 1, 2
"""Places in the `hyper` array: learning rate of this step, number of this update from 1, factor of all gradients.

The trainer sets the first two before each step and the factor to 1 once; clip_global_norm overwrites it in each step.
"""
HYPER_SIZE = 4


TORCH: Mapping[str, Any] = {"decay_bias": True, "clip_eps": 1e-6}
KERAS: Mapping[str, Any] = {"decay_bias": True, "weight_decay_mode": "decoupled"}
CAFFE: Mapping[str, Any] = {"decay_bias": True}
"""Defaults that differ in every optimizer of PyTorch 2, Keras 3 and Caffe; each `dialects` adds its own."""


class Emitter(Protocol):
    """Where clipping and updates put their calls."""

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None: ...

    def chunks(self, items: int, cost: float) -> int: ...

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref: ...


class UpdateIo(Emitter, Protocol):
    """What an optimizer sees while it emits the update of one contiguous group of parameters."""

    p: Ref
    g: Ref
    slots: Mapping[str, Ref]
    """One array as long as p for each of the optimizer's slots."""
    hyper: Ref
    """float64, see HYPER_…; filled in by the trainer before each step."""
    lr_mult: float
    weight_decay: float
    """Already multiplied by decay_mult, and 0 for parameters that do not decay."""
    l1: float
    l2: float
    """The layer's own penalties, whatever the optimizer's weight_decay_mode; 0 for parameters that do not decay."""
    since: int
    """Updates that were done before these parameters began to learn; they count their own from there: `update.own_step`."""


class Optimizer(Plugin):
    """Base of all optimizers: the keys that every `[optimizer]` table may have."""

    update_cost: ClassVar[float] = 0.5
    """Elementary operations an element costs, for the number of chunks; measured: 0.1 ns in float32 in cache."""

    usual_lr: ClassVar[float] = 0.1
    """A learning rate that people begin with."""

    name: str | None = None
    """Name of this lane in a race; default: the type."""
    lr: float = Field(default=0.01, ge=0)
    """Learning rate of parameters with lr_mult 1, before the schedule."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Strength of the weight decay; biases and normalization parameters do not decay unless decay_bias says so."""
    weight_decay_mode: Literal["l2", "l1", "decoupled"] = "l2"
    """l2: g + λθ; l1: g + λ·sign(θ); decoupled: θ shrinks by η·λ·θ beside the update (AdamW)."""
    decay_bias: bool = False
    """Let biases and normalization parameters decay, too (PyTorch does)."""
    clip_norm: float | None = Field(default=None, gt=0)
    """Scale the gradient of each tensor down to at most this Euclidean norm; the first of the three clippings."""
    clip_global_norm: float | None = Field(default=None, gt=0)
    """Scale all gradients together down to at most this Euclidean norm, after clip_norm."""
    clip_value: float | None = Field(default=None, gt=0)
    """Clip each element of the gradient to ±clip_value, after the norms and before weight decay is added."""
    clip_eps: float = Field(default=0.0, ge=0)
    """Added to a norm before it divides: 0, or 1e-6 as PyTorch."""

    def slots(self) -> dict[str, float]:
        """Arrays kept for each parameter, with their initial values: {"momentum": 0.0}."""
        return {}

    def emit(self, io: UpdateIo) -> None:
        """Emit the calls that update p in place from g, which they may change."""
        raise NotImplementedError

    def label(self) -> str:
        """Name of the lane."""
        return self.name or str(getattr(self, "type"))  # noqa: B009


