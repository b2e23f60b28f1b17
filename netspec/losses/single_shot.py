"""Loss of a detector that says of every cell of a grid what is there and how far it reaches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.detection.anchors import cell_centres
from netspec.detection.boxes import clip_boxes
from netspec.detection.candidates import Candidates
from netspec.kernels.abi import Array, Doubles, DoublesOut, In, Ints, IntsOut, Out, cast, inlined, kernel, span
from netspec.kernels.box_overlap import Five, giou_loss
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp, sigmoid, softplus
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, ShapeError
from netspec.losses.base import Loss, LossIo, TargetKind

NOBODY, APART = -1, -2
"""Instead of a box: the cell is background, or it lies in an object that does not count."""
MOST_LOG = 8.0
"""The reach stride · eᶻ is cut off at |z| = 8: some 3,000 cells, or 1/3,000 of one."""
STRIDE, RADIUS, ALPHA, GAMMA, BOX_WEIGHT = range(5)
"""Places in the table of constants."""


@inlined
def owner_of(boxes: Array, first: int, count: int, i: int, j: int, height: int, width: int, table: Ints) -> int:
    """The row of the smallest box that cell (i, j) stands for, the first of equals; NOBODY or APART where there is none.

    boxes: `count` rows [class, x1, y1, x2, y2] from element `first` on.
    """
    stride, owner, least = double(table, STRIDE), NOBODY, math.inf
    x, y, reach = (j + 0.5) * stride, (i + 0.5) * stride, double(table, RADIUS) * stride
    for k in range(count):
        start = first + 5 * k
        label, x1, y1 = float(boxes[start]), float(boxes[start + 1]), float(boxes[start + 2])
        x2, y2 = float(boxes[start + 3]), float(boxes[start + 4])
        if label == NOBODY or not (x2 > x1 and y2 > y1):
            continue
        is_inside = x1 <= x and x < x2 and y1 <= y and y < y2
        if label < NOBODY:
            if is_inside and owner == NOBODY:
                owner = APART
            continue
        cx, cy, area = 0.5 * (x1 + x2), 0.5 * (y1 + y2), (x2 - x1) * (y2 - y1)
        is_near = abs(x - cx) < reach and abs(y - cy) < reach
        column = min(max(int(cx / stride), 0), width - 1)
        row = min(max(int(cy / stride), 0), height - 1)
        if ((is_inside and is_near) or (row == i and column == j)) and area < least:
            owner, least = k, area
    return owner


@inlined
def reach_of(x: Array, at: int) -> float:
    """How far a box reaches from the middle of its cell, in cells."""
    reach: float = exp(min(max(float(x[at]), -MOST_LOG), MOST_LOG))
    return reach


@inlined
def edge_slope(x: Array, at: int) -> float:
    """The derivative of `reach_of` by its output; 0 where that is cut off."""
    z = float(x[at])
    return 0.0 if z < -MOST_LOG or z > MOST_LOG else exp(z)


@inlined
def box_loss(x: Array, at: int, boxes: Array, row: int, i: int, j: int, stride: float) -> Five:
    """1 − GIoU of what the four outputs from `at` on say of cell (i, j) with the box at `row`, and its slopes by the edges."""
    cx, cy = j + 0.5, i + 0.5
    return giou_loss(
        cx - reach_of(x, at), cy - reach_of(x, at + 1), cx + reach_of(x, at + 2), cy + reach_of(x, at + 3),
        float(boxes[row + 1]) / stride, float(boxes[row + 2]) / stride, float(boxes[row + 3]) / stride,
        float(boxes[row + 4]) / stride,
    )  # fmt: skip


@kernel
def single_shot_value(
    chunk: int, chunks: int, x: In, boxes: In, table: Ints, owners: IntsOut, partials: DoublesOut, n: int, height: int,
    width: int, classes: int, count: int,
) -> None:  # fmt: skip
    """partials[chunk] = [Σ loss, Σ max(1, cells with an object)] over the chunk's pictures; owners: one for each cell."""
    first, last = span(chunk, chunks, n)
    alpha, gamma = double(table, ALPHA), double(table, GAMMA)
    loss = weight = 0.0
    for s in range(first, last):
        found = 0
        for cell in range(height * width):
            i, j = cell // width, cell % width
            place = s * height * width + cell
            owner = owner_of(boxes, 5 * s * count, count, i, j, height, width, table)
            owners[place] = owner
            if owner == APART:
                continue
            start, row = place * (classes + 4), 5 * (s * count + owner)
            label = int(boxes[row]) if owner >= 0 else NOBODY
            if label >= classes:
                loss = math.nan  # a class that is none: never pass for a loss
            for c in range(classes):
                z = float(x[start + c])
                p = sigmoid(z)
                if c == label:
                    loss += alpha * (1.0 - p) ** gamma * softplus(-z)
                else:
                    loss += (1.0 - alpha) * p**gamma * softplus(z)
            if owner >= 0:
                found += 1
                giou = box_loss(x, start + classes, boxes, row, i, j, double(table, STRIDE))
                loss += double(table, BOX_WEIGHT) * giou[0]
        weight += max(found, 1)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = weight


@kernel
def single_shot_gradient(
    chunk: int, chunks: int, x: In, boxes: In, table: Ints, owners: Ints, value: Doubles, dx: Out, height: int,
    width: int, classes: int, count: int, factor: float,
) -> None:  # fmt: skip
    """A chunk is a range of cells."""
    first, last = span(chunk, chunks, owners.size)
    alpha, gamma, scale = double(table, ALPHA), double(table, GAMMA), float(factor) / value[1]
    for place in range(first, last):
        owner, s, cell = owners[place], place // (height * width), place % (height * width)
        start, row = place * (classes + 4), 5 * (s * count + owner)
        for c in range(classes + 4):
            dx[start + c] = cast(dx, 0)
        if owner == APART:
            continue
        label = int(boxes[row]) if owner >= 0 else NOBODY
        for c in range(classes):
            z = float(x[start + c])
            p = sigmoid(z)
            if c == label:
                slope = -alpha * (1.0 - p) ** gamma * (gamma * p * softplus(-z) + 1.0 - p)
            else:
                slope = (1.0 - alpha) * p**gamma * (gamma * (1.0 - p) * softplus(z) + p)
            dx[start + c] = cast(dx, scale * slope)
        if owner >= 0:
            at, box_scale = start + classes, scale * double(table, BOX_WEIGHT)
            giou = box_loss(x, at, boxes, row, cell // width, cell % width, double(table, STRIDE))
            dx[at] = cast(dx, -box_scale * giou[1] * edge_slope(x, at))
            dx[at + 1] = cast(dx, -box_scale * giou[2] * edge_slope(x, at + 1))
            dx[at + 2] = cast(dx, box_scale * giou[3] * edge_slope(x, at + 2))
            dx[at + 3] = cast(dx, box_scale * giou[4] * edge_slope(x, at + 3))


class SingleShot(Loss):
    """Loss of a detector that says of every cell of a grid what is there and how far it reaches; no anchors.

    Output: C logits z_c and 4 reaches t = (left, top, right, bottom) a cell. A cell of side S = stride whose middle is
    (x, y) means the box (x − S·e^t₁, y − S·e^t₂, x + S·e^t₃, y + S·e^t₄), of class c with probability p_c = σ(z_c).
    A cell stands for a box when its middle lies in it, less than radius · S from the box's middle along both axes, or when
    it holds that middle; for the smallest box where there are several.
    ℓ = Σ_cells Σ_c { α (1 − p)^γ (−ln p) for the class of its box, (1 − α) p^γ (−ln(1 − p)) for others }
        + box_weight · Σ_(cells with a box) (1 − GIoU);   loss = Σ ℓ / Σ_pictures max(1, cells with a box)
    x: (N, C + 4, H, W), the classes first; target: boxes (N, max_boxes, 5) [class, x1, y1, x2, y2] in pixels of the
    network's input; class −1: no box; class −2 − c: cells in it that have no box take no part.
    dz by the derivative of the focal loss; dt by that of GIoU, 0 beyond |t| = 8, where the reach is cut off.
    A class outside 0 … C−1 makes the value NaN. Raises ShapeError for outputs that are not C + 4 channels.
    Source: Tian et al. 2019, FCOS, arXiv:1904.01355; focal loss: Lin et al. 2017, arXiv:1708.02002, eq. 5; GIoU:
    Rezatofighi et al. 2019, arXiv:1902.09630.
    """

    type: Literal["single_shot"] = "single_shot"
    aliases: ClassVar[tuple[str, ...]] = ("yolo", "fcos", "centernet", "detection", "ssd")

    stride: int = Field(ge=1)
    """Side of a cell in pixels of the network's input: height of the input / height of the output."""
    max_boxes: int = Field(default=64, ge=1, le=10_000)
    """Room for so many objects a picture; more are an error."""
    radius: float = Field(default=1.5, gt=0)
    """Cells that stand for a box lie less than so many cells from its middle."""
    alpha: float = Field(default=0.25, gt=0, lt=1)
    """Weight α of an object's own class against the others and background."""
    gamma: float = Field(default=2.0, ge=0)
    """Exponent γ: how much less what is already right counts."""
    box_weight: float = Field(default=1.0, gt=0)
    """Weight of the boxes against the classes."""
    score_threshold: float = Field(default=0.05, ge=0, lt=1)
    """Detections have at least this probability."""
    nms_threshold: float = Field(default=0.5, ge=0, le=1)
    """Of two detections of a class whose IoU is above this only the surer one stays."""
    max_detections: int = Field(default=100, ge=1, le=1000)
    """Detections a picture, the surest ones."""

    @property
    def target_kind(self) -> TargetKind:
        return "boxes"

    def target_shape(self, shape: Shape) -> Shape:
        return (self.max_boxes, 5)

    def as_target(self, y: NDArray[Any], shape: Shape) -> NDArray[Any]:
        return fit_rows(y, self.max_boxes)

    def random_target(self, n: int, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
        made = np.full((n, self.max_boxes, 5), -1.0)
        some = min(3, self.max_boxes)
        side = np.array([shape[2], shape[1]]) * self.stride
        low = rng.random((n, some, 2)) * 0.7 * side
        made[:, :some, 0] = rng.integers(0, shape[0] - 4, (n, some))
        made[:, :some, 1:] = np.concatenate([low, low + (0.1 + 0.2 * rng.random((n, some, 2))) * side], axis=2)
        return made

    def check(self, shape: Shape, classes: int | None) -> None:
        wanted = "C + 4" if classes is None else f"{classes} + 4"
        if len(shape) != 3 or shape[0] < 5 or (classes is not None and shape[0] != classes + 4):
            raise ShapeError(
                f"single_shot reads {wanted} channels a cell (a logit a class, 4 reaches), the output is {list(shape)}",
                f"end with a convolution of {wanted} channels",
            )

    def candidates(self, outputs: Mapping[str, NDArray[Any]], rois: NDArray[Any] | None) -> list[Candidates]:
        """For each picture what its cells say with a probability of score_threshold or more, cut off at its edges."""
        x = np.asarray(outputs[self.input or list(outputs)[-1]], np.float64)
        return [self._of_picture(picture) for picture in x]

    def _of_picture(self, x: NDArray[np.float64]) -> Candidates:
        classes, (height, width) = len(x) - 4, x.shape[1:]
        with np.errstate(over="ignore"):  # e to the 1000: the probability is 0
            chances = 1 / (1 + np.exp(-x[:classes].reshape(classes, -1).T))
        cell, label = np.nonzero(chances >= self.score_threshold)
        reach = self.stride * np.exp(np.clip(x[classes:].reshape(4, -1).T[cell], -MOST_LOG, MOST_LOG))
        centre = cell_centres(height, width, self.stride)[cell]
        boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
        boxes = clip_boxes(boxes, height * self.stride, width * self.stride)
        return Candidates(boxes, chances[cell, label], label.astype(np.int64))

    def emit(self, io: LossIo) -> None:
        channels, height, width = io.x_shape
        cells, cost = height * width, 40.0 * channels + 4.0 * self.max_boxes
        table = doubles([self.stride, self.radius, self.alpha, self.gamma, self.box_weight])
        chunks = io.chunks(io.n, cells * cost, by_sample=True)
        owners = io.workspace("owners", io.n * cells, "int")
        partials = io.workspace("partials", 2 * chunks, "double")
        sizes = {"height": height, "width": width, "classes": channels - 4, "count": self.max_boxes}
        io.call(single_shot_value, chunks=chunks, x=io.x, boxes=io.target, table=table, owners=owners,
                partials=partials, n=io.n, **sizes)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(single_shot_gradient, chunks=io.chunks(io.n * cells, 40.0 * channels, by_sample=True), x=io.x,
                    boxes=io.target, table=table, owners=owners, value=io.value, dx=io.dx, factor=self.weight, **sizes)


def fit_rows(y: NDArray[Any], most: int) -> NDArray[Any]:
    """Boxes (N, M, 5) as (N, most, 5): rows of class −1 are added, or left out at the end. ValueError for more boxes."""
    if y.ndim != 3 or y.shape[2] != 5:
        raise ValueError(f"targets of shape {list(y.shape)}; single_shot reads boxes (N, M, 5)")
    if y.shape[1] <= most:
        return np.pad(y, ((0, 0), (0, most - y.shape[1]), (0, 0)), constant_values=-1)
    used = y[:, :, 0] != -1
    if int(used.sum(axis=1).max()) > most:
        raise ValueError(f"a picture has {int(used.sum(axis=1).max())} objects; set max_boxes under [loss] to at least that")
    order = np.argsort(~used, axis=1, kind="stable")[:, :most]
    return np.take_along_axis(y, order[:, :, None], axis=1)
