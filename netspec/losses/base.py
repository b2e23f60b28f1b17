"""What every loss is: fields, a check of the shape it reads, and the kernel calls that give value and gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.layers.base import Shape
from netspec.registry import Plugin

TargetKind = Literal["class", "dense", "boxes"]
"""int64 labels, one a sample or one a pixel; numbers; or boxes [class, x1, y1, x2, y2], whose class is −1 for none."""
Link = Literal["softmax", "sigmoid"]
Array = NDArray[Any]


class LossIo(Protocol):
    """What a loss sees while it emits its calls. Refs are flat: n samples × the shape."""

    n: int
    x: Ref
    """The network's output (logits, predictions)."""
    x_shape: Shape
    target: Ref
    """What `target_shape` says: int64 for class labels, else numbers in the compute dtype, pictures in N, H, W, C."""
    dx: Ref | None
    """Where the gradient to x goes, overwritten; None in evaluation."""
    value: Ref
    """float64 [sum, weight], overwritten: the loss of the batch is sum / weight; an epoch's is Σ sum / Σ weight."""

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None: ...

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int: ...

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref: ...


def loss_names(losses: Sequence[Loss]) -> list[str]:
    """What is measured of the losses: "loss", and "NAME_loss" for each of several."""
    return ["loss", *(f"{loss.label()}_loss" for loss in losses if len(losses) > 1)]


class Loss(Plugin):
    """Base of all losses."""

    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_\-]+$", max_length=60)
    """Name of this loss in tables, when there are several; default: the type."""
    input: str | None = None
    """Name of the output it reads, when the network has several."""
    target: str | None = None
    """Name of the target it reads, when the data have several, or of an input of the network, which is to be
    reproduced; default: the target."""
    weight: float = Field(default=1.0, gt=0)
    """Factor of this loss."""

    def label(self) -> str:
        """What it is called among several."""
        return self.name or self.type_name()

    @property
    def target_kind(self) -> TargetKind:
        """What the data must give: int64 labels ("class") or numbers of the shape of x ("dense"); keys may decide."""
        raise NotImplementedError

    @property
    def link(self) -> Link | None:
        """What makes probabilities of the logits it reads; None: they are no logits."""
        return None

    def label_weight(self, labels: Array) -> float:
        """Weight of these targets alone, 0 when they change nothing: 1 for each whose label is not ignored."""
        ignored: int | None = getattr(self, "ignore_index", None)
        return float(len(labels) if ignored is None else np.count_nonzero(labels != ignored))

    def target_shape(self, shape: Shape) -> Shape:
        """Shape of one sample's target for an output of this shape: [C, H, W] has a label for each pixel, [C] one."""
        return shape[1:] if self.target_kind == "class" else shape

    def as_target(self, y: NDArray[Any], shape: Shape) -> NDArray[Any]:
        """The data's targets of a batch → those that this loss reads, (n, *target_shape(shape)), in the users' layout."""
        return y

    def random_target(self, n: int, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
        """Targets that this loss takes, in the users' layout, for proofs and timings: labels, or numbers in 0 … 1."""
        size = (n, *self.target_shape(shape))
        return rng.integers(0, max(2, shape[0]), size) if self.target_kind == "class" else rng.random(size)

    def check(self, shape: Shape, classes: int | None) -> None:
        """Raise ShapeError when the network's output does not fit this loss.

        classes: how many classes the data has, None when its targets are dense or unknown.
        """

    def outputs_read(self) -> dict[str, str]:
        """The keys that name outputs of the network, with what they name."""
        return {} if self.input is None else {"input": self.input}

    def check_beside(self, shape: Shape, outputs: Mapping[str, Shape]) -> None:
        """Raise ShapeError when its output, of this shape, does not go with the others, in their order, that it needs."""

    def expected_initial(self, shape: Shape) -> float | None:
        """sum / Σweights for an undecided network (ln C for C classes), None when there is no such value."""
        return None

    def emit(self, io: LossIo) -> None:
        """Emit the calls that write value and, unless io.dx is None, dx = ∂(weight · sum / Σweights)/∂x."""
        raise NotImplementedError
