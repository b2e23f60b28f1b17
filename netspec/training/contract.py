"""What the trainer needs of a program and its lanes; `netspec.program` and `netspec.lane` provide it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netspec.loss_value import LossValue

Array = NDArray[Any]
Feed = Array | Mapping[str, Array]
"""One input or target, or several by name."""
Targets = Array | Sequence[Array]
"""What the losses read: an array for each, or one alone."""


class Lane(Protocol):
    """One optimizer with its own parameters, statistics, slots and step."""

    step: int

    @property
    def label(self) -> str: ...

    @property
    def optimizer(self) -> Any: ...

    @property
    def outputs(self) -> Any: ...

    def all_outputs(self) -> Mapping[str, Array]: ...

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def loss_shapes(self) -> tuple[tuple[int, ...], ...]: ...

    @property
    def memory(self) -> Mapping[str, Array]: ...

    def train_step(self, x: Feed, y: Targets, *, lr: float, keeps_gradients: bool = False) -> LossValue: ...

    def differentiate(self, x: Feed, y: Targets) -> LossValue: ...

    def accumulate(self, x: Feed, y: Targets) -> LossValue: ...

    def update(self, *, lr: float) -> None: ...

    def evaluate(self, x: Feed, y: Targets | None = None) -> LossValue | None: ...

    def cut_values(self, x: Feed) -> dict[str, Array]: ...

    def penalty(self) -> float | None: ...

    def begin_slots(self, names: Collection[str] | None = None) -> None: ...

    def tensors(self) -> Mapping[str, Array]: ...

    def load_tensors(self, tensors: Mapping[str, Array], /) -> None: ...

    def slots(self) -> Mapping[str, Array]: ...

    def load_slots(self, slots: Mapping[str, Array], /) -> None: ...

    def reset_slots(self) -> None: ...

    def frozen_digest(self, layers: frozenset[str] | None = None) -> str: ...

    def find_nonfinite(self, x: Feed, y: Targets) -> tuple[str, str, str] | None: ...


class Program(Protocol):
    """A compiled network with its lanes."""

    is_steady: bool
    """Whether inference may keep its work on weights from batch to batch; the training switches that off."""
    is_loaded: bool
    """Whether parameters were loaded, so that they are no longer the initial ones."""

    @property
    def lanes(self) -> Sequence[Lane]: ...

    @property
    def batch_size(self) -> int: ...

    @property
    def dtype(self) -> Any: ...

    @property
    def seed(self) -> int: ...

    @property
    def frozen(self) -> frozenset[str]: ...

    @property
    def stage(self) -> int: ...

    @property
    def since(self) -> Mapping[str, int]: ...

    def enter(self, stage: int, since: Mapping[str, int] | None = None) -> None: ...

    @property
    def spec(self) -> Any: ...

    @property
    def parameters(self) -> Mapping[str, Array]: ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    @property
    def start(self) -> Any: ...

    def load_parameters(self, mapping: Mapping[str, Array], strict: bool = True) -> Any: ...


def dtype_of(program: Program) -> np.dtype[Any]:
    """The compute type, float32 or float64."""
    dtype: np.dtype[Any] = np.dtype(program.dtype)
    return dtype
