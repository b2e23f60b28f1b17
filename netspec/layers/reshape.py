"""Another shape for the same values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.layers.base import Shape, ShapeError, volume
from netspec.layers.reordering import Reordering
from netspec.problems import spell


def _check_shape(value: Any) -> Any:
    sizes = value if isinstance(value, list | tuple) else ()
    whole = all(isinstance(n, int) and not isinstance(n, bool) and (n >= 1 or n == -1) for n in sizes)
    if len(sizes) in (1, 3) and whole and sum(n == -1 for n in sizes) <= 1:
        return tuple(sizes)
    message = f"{spell(value)} is not a shape; use [F] or [C, H, W] of whole numbers ≥ 1, one of which may be -1 (the rest)"
    raise PydanticCustomError("shape", "{message}", {"message": message})


NewShape = Annotated[
    tuple[Annotated[int, Field(ge=-1)], ...], Field(min_length=1, max_length=3), BeforeValidator(_check_shape)
]


class Reshape(Reordering):
    """The same values in another shape, counted in PyTorch's order: channel by channel, row by row.

    y[n].ravel() = x[n].ravel() in C, H, W order;  dx: dy back in the shape of x
    x: any shape → y: (N, *shape); one size may be -1: what is left.
    Raises ShapeError when the number of values differs.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Reshape", "unflatten", "Unflatten")
    type: Literal["reshape"] = "reshape"
    shape: NewShape
    """[F] or [C, H, W] without the batch; one size may be -1."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        values = volume(inputs[0])
        known = math.prod(size for size in self.shape if size != -1)
        missing, rest = divmod(values, known)
        if rest or (-1 not in self.shape and missing != 1):
            raise self._does_not_fit(inputs[0], values, known)
        return tuple(missing if size == -1 else size for size in self.shape)

    def _does_not_fit(self, given: Shape, values: int, known: int) -> ShapeError:
        what = f"shape {list(self.shape)}"
        if -1 in self.shape:
            message = f"{what} needs a multiple of {known} values, the input {list(given)} has {values}"
        else:
            message = f"{what} holds {known} values, the input {list(given)} has {values}"
        return ShapeError(message, f"choose sizes whose product is {values}", field="shape", code="NS208")
