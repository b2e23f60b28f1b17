"""The calls that group and instance normalization emit: statistics of each group of channels of each sample."""

from __future__ import annotations

from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile_width
from netspec.kernels.contract import NOTHING
from netspec.kernels.group_normalize import normalize_groups, normalize_groups_backward, sums_over_samples
from netspec.layers.base import Io, Note, Shape, volume


def group_forward(io: Io, groups: int, eps: float) -> None:
    """y from the statistics of each sample, which are kept for the backward pass."""
    channels, width, chunks = io.y_shape[0], tile_width(io.y_shape[0]), _chunks(io)
    mean, deviation = saved_group_statistics(io, groups)
    work = {name: io.workspace(name, chunks * width, "double") for name in ("origins", "firsts", "seconds")}
    io.call(
        normalize_groups, chunks=chunks, x=io.x[0], y=io.y, mean=mean, deviation=deviation, **work,
        weight=io.parameters.get("weight", NOTHING), bias=io.parameters.get("bias", NOTHING),
        tiles=io.scratch(3 * width), n=io.n, channels=channels, groups=groups, eps=eps,
    )  # fmt: skip


def group_backward(io: Io, groups: int) -> None:
    """dx and the gradients of γ and β, where wanted."""
    dweight, dbias, dx = io.gradients.get("weight"), io.gradients.get("bias"), io.dx[0]
    if dweight is None and dbias is None and dx is None:
        return
    channels, width, chunks = io.y_shape[0], tile_width(io.y_shape[0]), _chunks(io)
    mean, deviation = saved_group_statistics(io, groups)
    sums = io.workspace("sums", 2 * io.n * channels, "double")
    work = {name: io.workspace(name, chunks * width, "double") for name in ("means", "firsts", "seconds")}
    io.call(
        normalize_groups_backward, chunks=chunks, x=io.x[0], dy=io.dy, dx=dx or NOTHING, mean=mean, deviation=deviation,
        weight=io.parameters.get("weight", NOTHING), sums=sums, **work,
        tiles=io.scratch(4 * width), n=io.n, channels=channels, groups=groups,
    )  # fmt: skip
    if dweight is not None or dbias is not None:
        io.call(
            sums_over_samples, chunks=io.chunks(channels, 4 * io.n), sums=sums, dweight=dweight or NOTHING,
            dbias=dbias or NOTHING, n=io.n, channels=channels,
        )  # fmt: skip


def saved_group_statistics(io: Io, groups: int) -> tuple[Ref, Ref]:
    """Mean and √(variance + eps), (n, groups) each."""
    return io.saved("mean", io.n * groups, "double"), io.saved("deviation", io.n * groups, "double")


def single_value_notes(shape: Shape, values: int, what: str) -> list[Note]:
    """A warning where the mean is taken over one value."""
    if values > 1:
        return []
    text = "×".join(map(str, shape))
    message = f"{what} of {text} has a single value, which is its own mean, so the layer always gives its bias"
    return [Note("NS902", message, "normalize over more values, or leave the layer out")]


def _chunks(io: Io) -> int:
    return io.chunks(io.n, 4 * volume(io.y_shape), by_sample=True)
