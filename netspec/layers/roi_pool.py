"""Maximum over the bins of regions."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.regions_of_interest import roi_pool_backward, roi_pool_forward
from netspec.layers.base import Io
from netspec.layers.region_pooling import RegionPooling


class RoiPool(RegionPooling):
    """Largest value of each of P_h × P_w bins of each region of a feature map.

    With s = spatial_scale and the region's edges rounded to pixels of the map, X₁ = round(s·x₁) … X₂ = round(s·x₂), the
    region is X₂ − X₁ + 1 ≥ 1 wide; bin j covers columns X₁ + floor(j·w/P_w) … X₁ + ceil((j+1)·w/P_w) − 1, rows alike.
    y[n, (c·P_h + i)·P_w + j, r, 0] = max of x[n, c] over bin (i, j) of region r; 0 where the bin lies outside the map
    x: (N, C, H, W) and regions (N, R, 4) [x1, y1, x2, y2] in pixels of the network's input → y: (N, C·P_h·P_w, R, 1): a
    picture with one region a row, in which a 1×1 convolution is a layer fully connected to each region.
    dx: each dy goes to the first largest pixel of its bin, row by row; the regions get 0, as they are given.
    A region of four −1 is padding: y = 0. A region with NaN gives NaN. Bins are in whole numbers, where torchvision's
    floating point may move an edge by rounding. Raises ShapeError for other inputs.
    Source: Girshick 2015, Fast R-CNN, arXiv:1504.08083, §2.1.
    """

    aliases: ClassVar[tuple[str, ...]] = ("RoIPool", "ROIPooling", "roi_pooling", "MaxRoiPool", "roiMaxPooling2dLayer")
    type: Literal["roi_pool"] = "roi_pool"

    def forward(self, io: Io) -> None:
        regions = io.n * io.x_shapes[1][0]
        io.call(roi_pool_forward, chunks=self.forward_chunks(io, 4.0), x=io.x[0], y=io.y, regions=regions,
                **self.geometry(io))

    def backward(self, io: Io) -> None:
        self.leave_regions(io)
        if io.dx[0] is not None:
            io.call(roi_pool_backward, chunks=self.backward_chunks(io, 8.0), x=io.x[0], y=io.y, dy=io.dy, dx=io.dx[0],
                    n=io.n, **self.geometry(io))
