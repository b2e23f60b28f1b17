"""Erasing a rectangle of random size and shape."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.augment.base import Erasing, Floats, Integers, Scene, whole_between
from netspec.augment.random_sides import ATTEMPTS, Limits, check_limits, random_sides


class RandomErasing(Erasing):
    """Erases a rectangle of random area and shape inside of the picture.

    Up to ten times: area = H·W·U(scale), ratio r = exp(U(ln ratio)), h = √(area·r), w = √(area/r) rounded; the first that is
    smaller than the picture is erased at a random place, none if all are too large. Masks and boxes stay as they are.
    Source: Zhong et al. 2020, arXiv:1708.04896; the rule of drawing is torchvision's.
    """

    type: Literal["random_erasing"] = "random_erasing"
    aliases = ("RandomErasing", "erasing")
    draws: ClassVar[int] = 2 * ATTEMPTS + 2

    scale: Limits = (0.02, 0.33)
    """Least and greatest share of the picture's area."""

    ratio: Limits = (0.3, 3.3)
    """Least and greatest height divided by width."""

    probability: float = Field(default=0.5, ge=0, le=1)
    """Share of the samples of which a rectangle is erased."""

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        check_limits(self.scale, self.ratio)
        return self

    def rectangles(self, draws: Floats, scene: Scene) -> Integers:
        height, width = scene.made
        h, w = random_sides(draws[:, :-2], height * width, self.scale, self.ratio)
        good = (h < height) & (w < width)
        first, rows = good.argmax(axis=1), np.arange(len(draws))
        h, w = (np.where(good[rows, first], side[rows, first], 0) for side in (h, w))
        top, left = whole_between(draws[:, -2], 0, height - h), whole_between(draws[:, -1], 0, width - w)
        return np.stack([top, left, top + h, left + w], axis=1).astype(np.int64)
