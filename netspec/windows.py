"""Sliding windows over [C, H, W] inputs: the fields and the size arithmetic that convolution and pooling share.

Along one axis of S pixels with `before` and `after` padding, a window of K taps, D apart, spans D(K − 1) + 1 pixels,
and fits floor((S − D(K − 1) − 1 + before + after)/stride) + 1 times.  Source: Dumoulin & Visin 2016, arXiv:1603.07285.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.layers.base import Move, Note, Shape, ShapeError
from netspec.window_fields import Padding, Rounding, Sides, Size2, SizeOrNone, pair

__all__ = [
    "Axis", "Padding", "Rounding", "Sides", "Size2", "SizeOrNone", "check_picture", "dropped_notes", "pair", "resolve",
]  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """How windows lie along the height or the width of an input. All numbers are pixels, `output` windows."""

    name: Literal["height", "width"]
    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    rounding: Rounding
    output: int

    @property
    def span(self) -> int:
        """Pixels from the first to the last tap of a window."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> int:
        """Size with padding."""
        return self.before + self.size + self.after

    @property
    def dropped(self) -> int:
        """Pixels at the end, padding included, that lie behind the last window."""
        return max(0, self.padded - (self.output - 1) * self.stride - self.span)

    @property
    def overhang(self) -> int:
        """Pixels by which the last window reaches beyond the padded input (rounding "ceil" only)."""
        return max(0, (self.output - 1) * self.stride + self.span - self.padded)

    @cached_property
    def unread(self) -> tuple[int, ...]:
        """Input pixels, padding not counted, that no window reads."""
        read = np.zeros(self.size, dtype=bool)
        for pixels in self._taps():
            read[pixels[(pixels >= 0) & (pixels < self.size)]] = True
        return tuple(np.flatnonzero(~read).tolist())

    @property
    def used_taps(self) -> int:
        """Taps that read a pixel in at least one window."""
        return sum(bool(((pixels >= 0) & (pixels < self.size)).any()) for pixels in self._taps())

    @property
    def empty_windows(self) -> tuple[int, ...]:
        """Windows all of whose taps lie in the padding."""
        filled = np.zeros(self.output, dtype=bool)
        for pixels in self._taps():
            filled |= (pixels >= 0) & (pixels < self.size)
        return tuple(np.flatnonzero(~filled).tolist())

    def pixels(self, window: int) -> range:
        """The input pixels, padding not counted, that this window reads."""
        start = window * self.stride - self.before
        below = max(0, -(start // self.dilation))  # taps before pixel 0
        end = min(start + self.span, self.size)
        return range(start + below * self.dilation, end, self.dilation)

    def taps_before_end(self, window: int) -> int:
        """Taps of this window inside the padded input: all but those that hang over the end."""
        left = self.padded - window * self.stride
        return min(self.kernel, -(-left // self.dilation))

    def _taps(self) -> Iterator[NDArray[np.int64]]:
        """For each tap of a window: the pixel it reads in every window."""
        starts = np.arange(self.output, dtype=np.int64) * self.stride - self.before
        return (starts + tap * self.dilation for tap in range(self.kernel))

    @property
    def move(self) -> Move:
        """How the outputs look at the input."""
        return Move(-self.before, self.span, self.stride)

    @property
    def turned_move(self) -> Move:
        """How the pixels look at the windows: what a transposed convolution does, of which this is the convolution."""
        first = -((self.span - 1 - self.before) // self.stride)
        return Move(first, -(-self.span // self.stride), 1, self.stride)

    def formula(self) -> str:
        """The arithmetic of `output` with its numbers: "floor((28 − 1·(5 − 1) − 1 + 2 + 2)/1) + 1 = 28"."""
        steps = f"{_numerator(self)}/{self.stride}"
        if self.rounding == "exact":
            return f"{steps} + 1 = {self.output}"
        if self.rounding == "ceil" and self.dropped:
            return f"ceil({steps}) + 1 = {self.output + 1}, less the one that starts behind the input = {self.output}"
        return f"{self.rounding}({steps}) + 1 = {self.output}"


def _numerator(axis: Axis) -> str:
    return f"({axis.size} − {axis.dilation}·({axis.kernel} − 1) − 1 + {axis.before} + {axis.after})"


def check_picture(shape: Shape) -> None:
    """Raise ShapeError NS205 unless the shape is [C, H, W]."""
    if len(shape) != 3:
        raise ShapeError(f"needs a [C, H, W] input (channels, height, width), got {list(shape)}",
                         "put it before flatten and linear, or a reshape with shape = [C, H, W] before it",
                         code="NS205")


def resolve(
    shape: Shape,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | Sides | str = 0,
    dilation: int | tuple[int, int] = 1,
    rounding: Rounding = "floor",
) -> tuple[Axis, Axis]:
    """Height and width of the windows over a [C, H, W] input.

    Raises ShapeError: NS205 for another shape, NS203 when a window exceeds the padded input, NS204 when
    rounding = "exact" and the last window does not end with the padded input.
    """
    check_picture(shape)
    kernels, strides, dilations = pair(kernel_size), pair(stride), pair(dilation)
    axes = []
    for i, name in enumerate(("height", "width")):
        before, after = _axis_padding(padding, i, shape[1 + i], kernels[i], strides[i], dilations[i])
        axes.append(Axis(name, shape[1 + i], kernels[i], strides[i], dilations[i], before, after, rounding, 0))  # type: ignore[arg-type]
    square = axes[0].size == axes[1].size and axes[0].padded == axes[1].padded and kernels[0] == kernels[1]
    for axis in axes:
        _check_fits(axis, "input" if square else f"input {axis.name}")
    return _with_output(axes[0]), _with_output(axes[1])


def _axis_padding(padding: Any, i: int, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) of axis i (0: height, 1: width)."""
    if isinstance(padding, Sides):
        return (padding.top, padding.bottom) if i == 0 else (padding.left, padding.right)
    if padding == "valid":
        return 0, 0
    if isinstance(padding, str):
        total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
        less, more = total // 2, total - total // 2
        return (less, more) if padding == "same" else (more, less)
    pixels = pair(padding)[i]
    return pixels, pixels


def _check_fits(axis: Axis, what: str) -> None:
    missing = axis.span - axis.padded
    if missing <= 0:
        return
    both = f"2·{axis.before}" if axis.before == axis.after else f"{axis.before} + {axis.after}"
    spread = f" with dilation {axis.dilation} spans {axis.span} and" if axis.dilation > 1 else ""
    enough = axis.after + missing if axis.before != axis.after else axis.before + (missing + 1) // 2
    side = "padding" if axis.before == axis.after else {"height": "padding.bottom", "width": "padding.right"}[axis.name]
    largest = (axis.padded - 1) // axis.dilation + 1
    raise ShapeError(f"kernel_size {axis.kernel}{spread} exceeds the padded {what} {axis.size} + {both}",
                     f"use kernel_size ≤ {largest} or {side} ≥ {enough}", field="kernel_size", code="NS203")


def _with_output(axis: Axis) -> Axis:
    """Fill in the number of windows."""
    steps, remainder = divmod(axis.padded - axis.span, axis.stride)
    if remainder and axis.rounding == "exact":
        raise _not_exact(axis, remainder)
    extra = remainder > 0 and axis.rounding == "ceil" and (steps + 1) * axis.stride < axis.before + axis.size
    return Axis(axis.name, axis.size, axis.kernel, axis.stride, axis.dilation, axis.before, axis.after, axis.rounding,
                steps + 1 + extra)


def _not_exact(axis: Axis, remainder: int) -> ShapeError:
    """NS204 with the nearest sizes and kernels that fit."""
    sizes = [n for n in (axis.size - remainder, axis.size - remainder + axis.stride) if n >= 1]
    room = axis.padded - 1  # = dilation · (kernel − 1) of the largest kernel
    kernels = [k for k in range(max(1, axis.kernel - axis.stride), axis.kernel + axis.stride + 1)
               if axis.dilation * (k - 1) <= room and (room - axis.dilation * (k - 1)) % axis.stride == 0]
    kernels = sorted(sorted(kernels, key=lambda k: abs(k - axis.kernel))[:2])
    remedies = [f"an input {axis.name} of {' or '.join(map(str, sizes))}"]
    if kernels:
        remedies.append(f"kernel_size {' or '.join(map(str, kernels))}")
    remedies.append('rounding = "floor" or "ceil"')
    steps = f"{_numerator(axis)}/{axis.stride} = {(axis.padded - axis.span) / axis.stride:.6g}"
    return ShapeError(f'{axis.name} {steps} is not whole, as rounding = "exact" asks',
                      f"use {', '.join(remedies[:-1])}, or {remedies[-1]}", field="rounding", code="NS204")


def dropped_notes(axes: Sequence[Axis]) -> list[Note]:
    """NS901 when windows leave input pixels unread; axes with kernel 1 do not count: they subsample on purpose."""
    parts, count = [], 0
    for axis in axes:
        if axis.unread and axis.kernel > 1:
            parts.append(_describe_unread(axis))
            count += len(axis.unread)
    if not parts:
        return []
    verb = "is" if count == 1 else "are"
    return [Note("NS901", f"{' and '.join(parts)} {verb} read by no window",
                 'change kernel_size, stride or padding, or say rounding = "exact" to make this an error',
                 "kernel_size")]


def _describe_unread(axis: Axis) -> str:
    one, where = {"height": ("row", "at the bottom"), "width": ("column", "on the right")}[axis.name]
    number = len(axis.unread)
    if axis.unread[0] == axis.size - number:
        return f"{number} {one}{'s' * (number > 1)} {where}"
    return f"{number} of {axis.size} {one}s (stride {axis.stride}, kernel {axis.kernel}, dilation {axis.dilation})"
