"""Huber's loss: quadratic near 0, linear further out."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Kernel
from netspec.kernels.constants import doubles
from netspec.layers.base import volume
from netspec.losses.base import LossIo
from netspec.losses.elementwise import ElementwiseLoss
from netspec.losses.smooth_l1 import smooth_l1_gradient, smooth_l1_value


class Huber(ElementwiseLoss):
    """Huber's loss: quadratic near 0, linear further out.

    d = x − t;  f = d² / 2 where |d| < δ, else δ·(|d| − δ/2);  loss = Σ f / E  over all E elements of the batch
    dx = d within ±δ, else δ·sign(d); all / E.  δ times smooth_l1 with β = δ.
    x: any shape; target: numbers of the same shape.
    Raises ShapeError for data with class labels.  Source: Huber 1964, Ann. Math. Statist. 35, 73–101.
    """

    type: Literal["huber"] = "huber"
    aliases: ClassVar[tuple[str, ...]] = ("HuberLoss", "huber_loss")
    value_kernel: ClassVar[Kernel] = smooth_l1_value
    gradient_kernel: ClassVar[Kernel] = smooth_l1_gradient

    delta: float = Field(default=1.0, gt=0)
    """Where the parabola meets the straight lines."""

    def emit(self, io: LossIo) -> None:
        self.emit_calls(io, io.target, io.n * volume(io.x_shape), {"settings": doubles([self.delta, self.delta])})
