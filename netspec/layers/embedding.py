"""Embedding: a learned vector for each of a number of symbols."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.layers.base import Family, Io, Layer, Parameter, Shape, ShapeError, volume


@kernel
def embedding_forward(chunk: int, chunks: int, x: In, weight: In, y: Out, rows: int, size: int) -> None:
    """y[i] = weight[x[i]], or NaN where x[i] is no whole number from 0 to rows − 1; a chunk is a range of indices."""
    first, last = span(chunk, chunks, x.size)
    for i in range(first, last):
        target = y[i * size : (i + 1) * size]
        # Compared as numbers first: a NaN or a huge one is never turned into an integer.
        row = int(x[i]) if 0 <= x[i] < rows else -1
        if row < 0 or cast(x, row) != x[i]:
            target[:] = math.nan
        else:
            source = weight[row * size : (row + 1) * size]
            for j in range(target.size):
                target[j] = source[j]


@kernel
def embedding_backward(chunk: int, chunks: int, x: In, dy: In, dweight: Out, rows: int, size: int) -> None:
    """dweight[r] = Σ dy[i] over the indices x[i] = r, in order; a chunk is a range of rows, which looks at all indices."""
    first, last = span(chunk, chunks, rows)
    dweight[first * size : last * size] = 0
    for i in range(x.size):
        if first <= x[i] < last:
            row = int(x[i])
            if cast(x, row) == x[i]:
                target, source = dweight[row * size : (row + 1) * size], dy[i * size : (i + 1) * size]
                for j in range(target.size):
                    target[j] += source[j]


@kernel
def no_gradient(chunk: int, chunks: int, dx: Out) -> None:
    """dx = 0."""
    first, last = span(chunk, chunks, dx.size)
    dx[first:last] = 0


class Embedding(Layer):
    """A learned vector for each index of a sequence or of a picture of indices.

    y[n, :, t, 0] = weight[x[n, t]]
    x: (N, T), or (N, 1, H, W), whole numbers from 0 to num_embeddings − 1 → y: (N, D, T, 1), or (N, D, H, W), D =
    embedding_dim;  weight: (num_embeddings, D). A sequence so becomes a picture of one column, whose channels are the
    features: conv2d with kernel_size [3, 1] runs along it, one with 1 is linear at each place, layer_norm over "channels"
    normalizes each place, global pools take the mean over it, and linear reads all of it.
    dweight[r] = Σ dy over the places with index r, in their order, in the compute dtype;  dx = 0.
    An index that is negative, too large, not whole, or NaN gives NaN, so that training stops and names this layer: it can
    neither read foreign memory nor pass unnoticed. Data of indices must not be normalized.
    Raises ShapeError for inputs of several channels. PyTorch puts the features last: (N, T, D), in the same order of memory.
    """

    family: ClassVar[Family] = "linear"
    aliases: ClassVar[tuple[str, ...]] = ("embed", "lookup_table", "wordEmbeddingLayer")
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "keras": {"weight_init": {"type": "uniform", "low": -0.05, "high": 0.05}}
    }
    type: Literal["embedding"] = "embedding"
    num_embeddings: int = Field(ge=1)
    """Symbols: indices go from 0 to one less."""
    embedding_dim: int = Field(ge=1)
    """Numbers in the vector of a symbol, the channels of the output."""
    weight_init: InitializerField = Field(default={"type": "normal", "std": 1.0}, validate_default=True)
    """Initial vectors; PyTorch's are normal with standard deviation 1."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = inputs[0]
        if len(shape) == 1:
            return (self.embedding_dim, shape[0], 1)
        if len(shape) == 3 and shape[0] == 1:
            return (self.embedding_dim, *shape[1:])
        raise ShapeError(
            f"embedding reads indices [T] or [1, H, W], its input is {list(shape)}",
            "give it one index a place", code="NS201",
        )  # fmt: skip

    def example(self, port: int, shapes: Sequence[Shape], n: int, rng: np.random.Generator) -> NDArray[Any] | None:
        return rng.integers(0, self.num_embeddings, (n, *shapes[0])).astype(np.float64)

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        return [Parameter("weight", (self.num_embeddings, self.embedding_dim), self.weight_init)]

    def forward(self, io: Io) -> None:
        io.call(
            embedding_forward, chunks=io.chunks(io.x[0].size, self.embedding_dim, by_sample=True), x=io.x[0], y=io.y,
            weight=io.parameters["weight"], rows=self.num_embeddings, size=self.embedding_dim,
        )  # fmt: skip

    def backward(self, io: Io) -> None:
        if (dweight := io.gradients["weight"]) is not None:
            places = io.n * volume(io.x_shapes[0])
            cost = self.embedding_dim * (1 + places / self.num_embeddings)
            io.call(
                embedding_backward, chunks=io.chunks(self.num_embeddings, cost), x=io.x[0], dy=io.dy, dweight=dweight,
                rows=self.num_embeddings, size=self.embedding_dim,
            )  # fmt: skip
        if (dx := io.dx[0]) is not None:
            io.call(no_gradient, chunks=io.chunks(dx.size, 1), dx=dx)
