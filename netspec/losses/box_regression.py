"""Loss of the corrections of regions' boxes, for the true class alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.detection.boxes import are_sound
from netspec.detection.candidates import Candidates
from netspec.detection.coding import decode
from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, ShapeError, volume
from netspec.losses.base import Loss, LossIo, TargetKind


@kernel
def box_regression_value(
    chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, regions: int, columns: int, settings: Ints
) -> None:
    """partials[chunk] = [Σ f, regions that are no padding]; target rows [label, t₁ … t₄]."""
    first, last = span(chunk, chunks, regions)
    beta, total, weight = double(settings, 0), 0.0, 0.0
    for r in range(first, last):
        label = int(target[5 * r])
        if label < 0:
            continue
        weight += 1.0
        for c in range(columns):
            total += 0.0 * float(x[r * columns + c])  # NaN in a column that is not compared must not pass unnoticed
        if 4 * label > columns:
            total = math.nan  # a class that is none: never read out of bounds, never pass for a loss
        elif label > 0:
            for k in range(4):
                d = abs(float(x[r * columns + 4 * (label - 1) + k]) - float(target[5 * r + 1 + k]))
                total += 0.5 * d * d / beta if d < beta else d - 0.5 * beta
    partials[2 * chunk] = total
    partials[2 * chunk + 1] = weight


@kernel
def box_regression_gradient(
    chunk: int, chunks: int, x: In, target: In, value: Doubles, dx: Out, regions: int, columns: int, factor: float,
    settings: Ints,
) -> None:  # fmt: skip
    first, last = span(chunk, chunks, regions)
    beta, scale = double(settings, 0), float(factor) / value[1] if value[1] > 0 else 0.0
    for r in range(first, last):
        for c in range(columns):
            dx[r * columns + c] = cast(dx, 0) * x[r * columns + c]
        label = int(target[5 * r])
        if label > 0 and 4 * label <= columns:
            for k in range(4):
                place = r * columns + 4 * (label - 1) + k
                d = float(x[place]) - float(target[5 * r + 1 + k])
                dx[place] = cast(dx, scale if d >= beta else (-scale if d <= -beta else scale * d / beta))


class BoxRegression(Loss):
    """Smooth L1 of the corrections of regions' boxes, read from the four outputs of a region's true class.

    f(d) = d² / 2β where |d| < β, else |d| − β/2;  loss = Σ_r [u_r ≥ 1] Σ_k f(x_r,4(u−1)+k − t_r,k) / regions
    x: (N, 4C, R, 1), four numbers for each class and region, or (N, 4C) where a sample is a region;
    target: rows [u, t₁ … t₄], (N, R, 5) or (N, 5): u = 0 background, 1 … C the classes, −1 no region, and the coded box.
    regions: those that are not padding, background included, as for the class.
    dx = d / β within ±β, else sign(d), over the regions; 0 in the columns of other classes, of background and of padding
    A class above C makes the value NaN. Raises ShapeError for outputs that are not four columns a class.
    Source: Girshick 2015, Fast R-CNN, arXiv:1504.08083, §2.3; divided as torchvision does.
    """

    type: Literal["box_regression"] = "box_regression"
    aliases: ClassVar[tuple[str, ...]] = ("box_loss", "bbox_regression", "rcnn_box_loss", "smooth_l1_boxes")

    beta: float = Field(default=1.0, gt=0)
    """Where the parabola meets the straight lines."""
    scores: str | None = None
    """Name of the output with the logits of background and the C classes, which detections need; default: the first one."""
    score_threshold: float = Field(default=0.05, ge=0, lt=1)
    """Detections have at least this probability."""
    nms_threshold: float = Field(default=0.3, ge=0, le=1)
    """Of two detections of a class whose IoU is above this only the surer one stays."""
    max_detections: int = Field(default=100, ge=1, le=1000)
    """Detections a picture, the surest ones."""

    @property
    def target_kind(self) -> TargetKind:
        return "dense"

    def target_shape(self, shape: Shape) -> Shape:
        return (5,) if len(shape) == 1 else (shape[1] * shape[2], 5)

    def random_target(self, n: int, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
        made = rng.standard_normal((n, *self.target_shape(shape)))
        made[..., 0] = rng.integers(-1, shape[0] // 4 + 1, made.shape[:-1])
        return made

    def check(self, shape: Shape, classes: int | None) -> None:
        if len(shape) not in (1, 3) or shape[0] % 4 or (len(shape) == 3 and shape[2] != 1):
            raise ShapeError(
                f"box_regression reads four numbers a class, [4C] or [4C, R, 1], the output is {list(shape)}",
                "end with a layer of 4 · classes features or channels",
            )
        if classes is not None and shape[0] != 4 * classes:
            raise ShapeError(
                f"box_regression reads four numbers for each of {classes} classes, the output has {shape[0]}",
                f"give the last layer {4 * classes} features or channels",
            )

    def outputs_read(self) -> dict[str, str]:
        return super().outputs_read() | ({} if self.scores is None else {"scores": self.scores})

    def check_beside(self, shape: Shape, outputs: Mapping[str, Shape]) -> None:
        if self.scores is None and len(outputs) < 2:
            return
        name = self.scores or next(iter(outputs))
        scores, wanted = outputs.get(name), (shape[0] // 4 + 1, *shape[1:])
        if scores is not None and scores != wanted:
            raise ShapeError(
                f"box_regression of {list(shape)} needs scores {list(wanted)}, background and a class for every four "
                f"numbers, and {name} gives {list(scores)}",
                "give both layers one number of classes, or name the scores: scores = …", field="scores",
            )

    def candidates(self, outputs: Mapping[str, NDArray[Any]], rois: NDArray[Any] | None) -> list[Candidates]:
        """For each sample what its regions (N, R, 4) are with a probability of score_threshold or more, and where.

        Columns of a region's output are decoded by `detection.coding`; probabilities are softmax of the logits.
        """
        logits = np.asarray(outputs[self.scores or next(iter(outputs))], np.float64)
        codes = np.asarray(outputs[self.input or list(outputs)[-1]], np.float64)
        assert rois is not None
        n, classes = len(logits), logits.shape[1] - 1
        if codes.shape[1] != 4 * classes:
            raise ValueError(f"box_regression: {codes.shape[1]} numbers a region for {classes} classes; name the scores")
        logits, codes = (np.moveaxis(a.reshape(n, a.shape[1], -1), 1, 2) for a in (logits, codes))
        with np.errstate(invalid="ignore"):  # NaN has no probability, and is no detection
            shifted = np.exp(logits - logits.max(axis=2, keepdims=True))
            chances = shifted / shifted.sum(axis=2, keepdims=True)
        boxes = np.asarray(rois, np.float64).reshape(n, -1, 4)
        return [self._of_sample(chances[s, :, 1:], codes[s].reshape(-1, classes, 4), boxes[s]) for s in range(n)]

    def _of_sample(self, chances: NDArray[Any], codes: NDArray[Any], rois: NDArray[Any]) -> Candidates:
        real = are_sound(rois)
        region, label = np.nonzero((chances >= self.score_threshold) & real[:, None])
        boxes = decode(codes[region, label], rois[region])
        return Candidates(boxes, chances[region, label], label.astype(np.int64))

    def emit(self, io: LossIo) -> None:
        columns = io.x_shape[0]
        regions = io.n * volume(io.x_shape) // columns
        chunks = io.chunks(regions, 2.0 * columns, by_sample=True)
        partials = io.workspace("partials", 2 * chunks, "double")
        settings = doubles([self.beta])
        io.call(box_regression_value, chunks=chunks, x=io.x, target=io.target, partials=partials, regions=regions,
                columns=columns, settings=settings)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(box_regression_gradient, chunks=chunks, x=io.x, target=io.target, value=io.value, dx=io.dx,
                    regions=regions, columns=columns, factor=self.weight, settings=settings)
