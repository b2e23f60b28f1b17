"""A rectangle of one sample inside of another one."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.augment.base import Floats, Integers, Mixing, Scene, whole_between
from netspec.augment.beta import beta_quantiles


class Cutmix(Mixing):
    """Puts a rectangle of another sample's picture into each picture; its share of the area is its share of the class.

    A share of 1 − λ, λ drawn from Beta(α, α), in the shape of the picture and around a random pixel; what lies outside is
    cut off, and λ corrected by what is left.  Source: Yun et al. 2019, arXiv:1905.04899.
    """

    type: Literal["cutmix"] = "cutmix"
    aliases = ("CutMix", "cut_mix")
    draws: ClassVar[int] = 3

    def shares(self, draws: Floats, scene: Scene) -> tuple[Floats, Integers | None]:
        height, width = scene.made
        part = np.sqrt(1 - beta_quantiles(draws[:, 0], self.alpha))
        found = np.empty((len(draws), 4), np.int64)
        for axis, side in enumerate(scene.made):
            middle = whole_between(draws[:, axis + 1], 0, side - 1).astype(np.int64)
            length = np.floor(side * part).astype(np.int64)
            found[:, axis] = np.clip(middle - length // 2, 0, side)
            found[:, axis + 2] = np.clip(middle - length // 2 + length, 0, side)
        area = (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])
        return 1 - area / (height * width), found
