"""Cutting a part of random size and shape out of a picture, and scaling it to the network's input."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from netspec.augment.base import Floats, Geometric, Scene, identity_maps, whole_between
from netspec.augment.random_sides import ATTEMPTS, Limits, check_limits, random_sides


class RandomResizedCrop(Geometric):
    """Cuts out a part of random area and aspect ratio, and scales it to the network's input.

    Up to ten times: area = H·W·U(scale), ratio r = exp(U(ln ratio)), w = √(area·r), h = √(area/r) rounded; the first that
    fits is taken, at a random place. If none does, the largest cut in the middle whose ratio is within the limits.
    Bilinear, in one step with the other augmentations. Source: Szegedy et al. 2015, arXiv:1409.4842, §6; the rule of drawing
    is torchvision's.
    """

    type: Literal["random_resized_crop"] = "random_resized_crop"
    aliases = ("RandomResizedCrop", "inception_crop")
    draws: ClassVar[int] = 2 * ATTEMPTS + 2
    cuts: ClassVar[bool] = True

    scale: Limits = (0.08, 1.0)
    """Least and greatest share of the picture's area."""

    ratio: Limits = (3 / 4, 4 / 3)
    """Least and greatest width divided by height."""

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        check_limits(self.scale, self.ratio)
        return self

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        height, width = scene.size
        h, w, fits = self._sides(draws[:, :-2], scene)
        top, left = whole_between(draws[:, -2], 0, height - h), whole_between(draws[:, -1], 0, width - w)
        top, left = np.where(fits, top, (height - h) // 2), np.where(fits, left, (width - w) // 2)
        maps = identity_maps(len(draws))
        maps[:, 0, 0], maps[:, 0, 2] = w / scene.made[1], left
        maps[:, 1, 1], maps[:, 1, 2] = h / scene.made[0], top
        return maps

    def _sides(self, draws: Floats, scene: Scene) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """Height and width of each cut, and whether one of the attempts gave them."""
        height, width = scene.size
        w, h = random_sides(draws, height * width, self.scale, self.ratio)
        good = (h >= 1) & (w >= 1) & (h <= height) & (w <= width)
        first, rows = good.argmax(axis=1), np.arange(len(draws))
        fits = good[rows, first]
        middle_h, middle_w = self._largest(height, width)
        return np.where(fits, h[rows, first], middle_h), np.where(fits, w[rows, first], middle_w), fits

    def _largest(self, height: int, width: int) -> tuple[int, int]:
        """Sides of the largest cut whose ratio is within the limits."""
        if width / height < self.ratio[0]:
            return max(1, round(width / self.ratio[0])), width
        if width / height > self.ratio[1]:
            return height, max(1, round(height * self.ratio[1]))
        return height, width
