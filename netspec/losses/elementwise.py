"""What losses share that are a mean, over all elements, of a function of prediction and target."""

from __future__ import annotations

from typing import ClassVar

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, ShapeError, volume
from netspec.losses.base import Loss, LossIo, TargetKind


class ElementwiseLoss(Loss):
    """Mean over all elements of f(x, t); weight = number of elements.

    A subclass names its two kernels: `value_kernel(x, target, partials, items, …)` leaves [Σ f, number of elements] of
    its chunk in partials; `gradient_kernel(x, target, dx, items, scale, …)` writes dx = scale · ∂f/∂x.
    """

    value_kernel: ClassVar[Kernel]
    gradient_kernel: ClassVar[Kernel]
    cost: ClassVar[float] = 2.0

    @property
    def target_kind(self) -> TargetKind:
        return "dense"

    def check(self, shape: Shape, classes: int | None) -> None:
        if classes is not None:
            raise ShapeError(
                f"{self.type_name()} compares numbers, the data has labels of {classes} classes",
                "use cross_entropy, or data whose targets are numbers of the shape of the output",
            )

    def emit(self, io: LossIo) -> None:
        self.emit_calls(io, io.target, io.n * volume(io.x_shape), {})

    def emit_calls(self, io: LossIo, target: Ref, items: int, more: dict[str, ArgumentValue]) -> None:
        """Emit value and gradient over `items` units of work, with `more` arguments for both kernels."""
        elements = io.n * volume(io.x_shape)
        chunks = io.chunks(items, self.cost * elements / items)
        partials = io.workspace("partials", 2 * chunks, "double")
        io.call(self.value_kernel, chunks=chunks, x=io.x, target=target, partials=partials, items=items, **more)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(self.gradient_kernel, chunks=chunks, x=io.x, target=target, dx=io.dx, items=items,
                    scale=self.weight / elements, **more)
