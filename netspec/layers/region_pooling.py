"""What the two ways of pooling regions share: two inputs, the shape rule, and where the results lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.kernels.calls import ArgumentValue
from netspec.kernels.regions_of_interest import no_gradient
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError
from netspec.windows import Size2


class RegionPooling(Layer):
    """Base of layers that read features [C, H, W] and regions [R, 4]."""

    family: ClassVar[Family] = "pooling"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    output_size: Size2
    """Bins down and across each region: 7 or [7, 7]."""
    spatial_scale: float = Field(default=1.0, gt=0)
    """Size of the features against the network's input, in whose pixels the regions are: 0.0625 for one in 16."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        features, regions = inputs
        if len(features) != 3 or len(regions) != 2 or regions[1] != 4:
            raise ShapeError(
                f"{self.type_name()} reads features [C, H, W] and regions [R, 4], not {list(features)} and {list(regions)}",
                'give inputs = ["features", "rois"], with an input rois of shape [R, 4]', field="inputs", code="NS202",
            )  # fmt: skip
        ph, pw = self.bins()
        return features[0] * ph * pw, regions[0], 1

    def example(self, port: int, shapes: Sequence[Shape], n: int, rng: np.random.Generator) -> NDArray[Any] | None:
        """Boxes inside the picture."""
        if port != 1:
            return None
        (_, height, width), (count, _) = shapes
        corners = np.sort(rng.random((n, count, 2, 2)), axis=2) * np.array([width, height]) / self.spatial_scale
        return np.asarray(corners.reshape(n, count, 4))

    def bins(self) -> tuple[int, int]:
        """Bins down and across."""
        return self.output_size if isinstance(self.output_size, tuple) else (self.output_size, self.output_size)

    def geometry(self, io: Io) -> dict[str, ArgumentValue]:
        """The arguments that all four kernels take."""
        (channels, h, w), (count, _) = io.x_shapes
        ph, pw = self.bins()
        return {"rois": io.x[1], "r_per_sample": count, "h": h, "w": w, "channels": channels, "ph": ph, "pw": pw,
                "scale": self.spatial_scale}

    def forward_chunks(self, io: Io, cost: float) -> int:
        """Chunks of regions, for so many operations a value."""
        regions = io.n * io.x_shapes[1][0]
        return io.chunks(regions, cost * io.y.size / regions, by_sample=True)

    def backward_chunks(self, io: Io, cost: float) -> int:
        """Chunks of channels, sample by sample."""
        items = io.n * io.x_shapes[0][0]
        return io.chunks(items, cost * io.y.size / items, by_sample=True)

    def leave_regions(self, io: Io) -> None:
        """The regions get a gradient of 0."""
        dx = io.dx[1]
        if dx is not None:
            io.call(no_gradient, chunks=io.chunks(dx.size, 1.0, by_sample=True), dx=dx)
