"""What every loss is: fields, a check of the shape it reads, and the kernel calls that give value and gradient."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.layers.base import Shape
from netspec.registry import Plugin

TargetKind = Literal["class", "dense"]
Link = Literal["softmax", "sigmoid"]
Array = NDArray[Any]


class LossIo(Protocol):
    """What a loss sees while it emits its calls. Refs are flat: n samples × the shape."""

    n: int
    x: Ref
    """The network's output (logits, predictions)."""
    x_shape: Shape
    target: Ref
    """int64 class labels, one a sample (or one a pixel), or dense targets of the shape of x in the compute dtype."""
    dx: Ref | None
    """Where the gradient to x goes, overwritten; None in evaluation."""
    value: Ref
    """float64 [sum, weight], overwritten: the loss of the batch is sum / weight; an epoch's is Σ sum / Σ weight."""

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None: ...

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int: ...

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref: ...


class Loss(Plugin):
    """Base of all losses."""

    input: str | None = None
    """Name of the output it reads, when the network has several."""
    weight: float = Field(default=1.0, gt=0)
    """Factor of this loss."""

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

    def check(self, shape: Shape, classes: int | None) -> None:
        """Raise ShapeError when the network's output does not fit this loss.

        classes: how many classes the data has, None when its targets are dense or unknown.
        """

    def expected_initial(self, shape: Shape) -> float | None:
        """sum / Σweights for an undecided network (ln C for C classes), None when there is no such value."""
        return None

    def emit(self, io: LossIo) -> None:
        """Emit the calls that write value and, unless io.dx is None, dx = ∂(weight · sum / Σweights)/∂x."""
        raise NotImplementedError
