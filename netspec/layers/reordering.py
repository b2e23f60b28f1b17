"""Another shape for the same values, in the order the user sees: C, H, W, while pictures lie as H, W, C."""

from __future__ import annotations

from typing import ClassVar

from netspec.kernels.calls import Ref
from netspec.kernels.combine import copy_elements
from netspec.kernels.copies import transpose_matrices
from netspec.layers.base import Family, Io, Layer, Shape


class Reordering(Layer):
    """Base of the layers that only change the shape."""

    family: ClassVar[Family] = "shape"

    def forward(self, io: Io) -> None:
        _reorder(io, io.x[0], io.x_shapes[0], io.y, io.y_shape)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            _reorder(io, io.dy, io.y_shape, io.dx[0], io.x_shapes[0])


def _reorder(io: Io, x: Ref, shape: Shape, y: Ref, new_shape: Shape) -> None:
    """y = x with another shape: x to C, H, W order, and from there to the order in which y is stored."""
    leaves, enters = _lies_otherwise(shape), _lies_otherwise(new_shape)
    if shape == new_shape or not (leaves or enters):
        io.call(copy_elements, chunks=io.chunks(y.size, 1, by_sample=True), x=x, y=y, n=y.size)
        return
    between = io.workspace("in_users_order", y.size) if leaves and enters else y
    if leaves:
        _transpose(io, x, between, shape[1] * shape[2], shape[0])
    if enters:
        _transpose(io, between if leaves else x, y, new_shape[0], new_shape[1] * new_shape[2])


def _lies_otherwise(shape: Shape) -> bool:
    """Whether H, W, C order differs from C, H, W."""
    return len(shape) == 3 and shape[0] > 1 and shape[1] * shape[2] > 1


def _transpose(io: Io, x: Ref, y: Ref, rows: int, columns: int) -> None:
    """Each sample (rows, columns) → (columns, rows)."""
    chunks = io.chunks(io.n * columns, 4 * rows, by_sample=True)  # strided reads
    io.call(transpose_matrices, chunks=chunks, x=x, y=y, count=io.n, rows=rows, columns=columns)
