"""Fields of layers with windows: sizes, padding and rounding, as the spec spells them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from netspec.problems import spell

LARGEST = 65_535
"""Bound of sizes and paddings: a slip of the keyboard shall not ask for terabytes."""

Rounding = Literal["floor", "ceil", "exact"]
"""What becomes of a last window that does not fit: it is left out, it hangs over the end, or it is an error.

As in PyTorch, "ceil" adds a window only if it starts inside the input or the padding before it.
"""

SIDES = ("top", "bottom", "left", "right")


class Sides(BaseModel):
    """Padding in pixels on each side; missing sides are 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    top: int = Field(default=0, ge=0, le=LARGEST, description="Pixels above the picture.")
    bottom: int = Field(default=0, ge=0, le=LARGEST, description="Pixels below it.")
    left: int = Field(default=0, ge=0, le=LARGEST, description="Pixels on its left.")
    right: int = Field(default=0, ge=0, le=LARGEST, description="Pixels on its right.")


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST


def _refuse(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


def _check_size(value: Any) -> Any:
    if _is_count(value, 1):
        return value
    if isinstance(value, list | tuple) and len(value) == 2 and all(_is_count(item, 1) for item in value):
        return tuple(value)
    raise _refuse("size2", f"{spell(value)} is not a size; use a whole number from 1 to {LARGEST} or [height, width]")


def _check_size_or_none(value: Any) -> Any:
    return None if value is None else _check_size(value)


def _check_counts(value: Any) -> Any:
    if _is_count(value, 0):
        return value
    if isinstance(value, list | tuple) and len(value) == 2 and all(_is_count(item, 0) for item in value):
        return tuple(value)
    message = f"{spell(value)} is not a number of pixels; use a whole number from 0 to {LARGEST} or [height, width]"
    raise _refuse("counts", message)


def _check_padding(value: Any) -> Any:
    if _is_count(value, 0) or isinstance(value, Sides) or value in ("same", "same_lower", "valid"):
        return value
    if isinstance(value, dict):
        return _check_sides(value)
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(_is_count(item, 0) for item in value):
            return tuple(value)
        if len(value) == 4:
            raise _refuse("padding", f"{list(value)} is ambiguous: ONNX reads four numbers as top, left, bottom, right "
                                     "and PyTorch's F.pad as left, right, top, bottom; "
                                     "write {top = …, bottom = …, left = …, right = …}")
    raise _refuse("padding", f"{spell(value)} is not a padding; use a whole number from 0 to {LARGEST}, [height, width], "
                             '{top = …, bottom = …, left = …, right = …}, "same", "same_lower" or "valid"')


def _check_margins(value: Any) -> Any:
    if isinstance(value, str):
        raise _refuse("padding", f"{spell(value)} needs a window, and this layer has none; use a whole number from 0 to "
                                 f"{LARGEST}, [height, width] or {{top = …, bottom = …, left = …, right = …}}")
    return _check_padding(value)


def _check_sides(table: dict[Any, Any]) -> dict[Any, Any]:
    for side, pixels in table.items():
        if side not in SIDES:
            raise _refuse("padding", f"{spell(side)} is not a side; use {', '.join(SIDES)}")
        if not _is_count(pixels, 0):
            raise _refuse("padding", f"{side} = {spell(pixels)} is not a padding; use a whole number from 0 to {LARGEST}")
    return table


Count = Annotated[int, Field(ge=0, le=LARGEST)]
Extent = Annotated[int, Field(ge=1, le=LARGEST)]
Size2 = Annotated[Extent | tuple[Extent, Extent], BeforeValidator(_check_size)]
"""A whole number ≥ 1, or [height, width]; see `pair`."""
SizeOrNone = Annotated[Extent | tuple[Extent, Extent] | None, BeforeValidator(_check_size_or_none)]
Counts = Annotated[Count | tuple[Count, Count], BeforeValidator(_check_counts)]
"""A whole number ≥ 0, or [height, width]."""
Padding = Annotated[
    Count | tuple[Count, Count] | Sides | Literal["same", "same_lower", "valid"], BeforeValidator(_check_padding)
]
"""Pixels added around the input: 1, [height, width], {top = 0, bottom = 1, …}, or one of ONNX's words.

"same": as many as make the output ceil(size/stride), an odd one at the end (TensorFlow's; ONNX SAME_UPPER);
"same_lower": an odd one at the start; "valid": none.
"""
Margins = Annotated[Count | tuple[Count, Count] | Sides, BeforeValidator(_check_margins)]
"""Padding of a layer without windows: no words."""


def margin_sides(margins: int | tuple[int, int] | Sides) -> tuple[tuple[int, int], tuple[int, int]]:
    """Margins as (top, bottom), (left, right)."""
    if isinstance(margins, Sides):
        return (margins.top, margins.bottom), (margins.left, margins.right)
    height, width = pair(margins)
    return (height, height), (width, width)


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """A Size2 as (height, width)."""
    return (size, size) if isinstance(size, int) else size
