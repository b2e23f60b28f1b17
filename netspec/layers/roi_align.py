"""Mean of bilinear samples over the bins of regions."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.calls import ArgumentValue
from netspec.kernels.regions_of_interest import roi_align_backward, roi_align_forward
from netspec.layers.base import Io
from netspec.layers.region_pooling import RegionPooling


class RoiAlign(RegionPooling):
    """Mean of bilinear samples in each of P_h × P_w bins of each region of a feature map; nothing is rounded to pixels.

    With s = spatial_scale and o = ½ if aligned, else 0, the region is [s·x₁ − o, s·x₂ − o] wide (at least 1 unless
    aligned) and its bins share it evenly. A bin has k × k samples, evenly spaced; k = sampling_ratio, or as many as the
    bin has pixels, rounded up. A sample is interpolated between its four pixels; up to one pixel outside the map it takes
    the edge's value, beyond that 0.
    y[n, (c·P_h + i)·P_w + j, r, 0] = mean of the samples of x[n, c] in bin (i, j) of region r
    x: (N, C, H, W) and regions (N, R, 4) [x1, y1, x2, y2] in pixels of the network's input → y: (N, C·P_h·P_w, R, 1): a
    picture with one region a row, in which a 1×1 convolution is a layer fully connected to each region.
    dx: each dy by the shares of the four pixels of each sample; the regions get 0, as they are given.
    A region of four −1 is padding: y = 0. A region with NaN gives NaN. Raises ShapeError for other inputs.
    Source: He et al. 2017, Mask R-CNN, arXiv:1703.06870, §3; the keys are torchvision's.
    """

    aliases: ClassVar[tuple[str, ...]] = ("RoIAlign", "ROIAlign", "roi_align_layer", "roialign")
    type: Literal["roi_align"] = "roi_align"

    sampling_ratio: int = Field(default=0, ge=0)
    """Samples down and across each bin; 0: as many as it has pixels, rounded up."""
    aligned: bool = False
    """Shift by half a pixel, so that a pixel's value stands at its middle."""

    def geometry(self, io: Io) -> dict[str, ArgumentValue]:
        return {**super().geometry(io), "offset": 0.5 if self.aligned else 0.0, "ratio": self.sampling_ratio}

    def forward(self, io: Io) -> None:
        regions = io.n * io.x_shapes[1][0]
        io.call(roi_align_forward, chunks=self.forward_chunks(io, 8.0), x=io.x[0], y=io.y, regions=regions,
                **self.geometry(io))

    def backward(self, io: Io) -> None:
        self.leave_regions(io)
        if io.dx[0] is not None:
            io.call(roi_align_backward, chunks=self.backward_chunks(io, 16.0), dy=io.dy, dx=io.dx[0], n=io.n,
                    **self.geometry(io))
