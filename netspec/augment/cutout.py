"""Erasing a square."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.augment.base import AugmentError, Erasing, Floats, Integers, Scene, whole_between


class Cutout(Erasing):
    """Erases a square around a random pixel; what of it lies outside of the picture is lost.

    Masks and boxes stay as they are. Source: DeVries & Taylor 2017, arXiv:1708.04552.
    """

    type: Literal["cutout"] = "cutout"
    aliases = ("Cutout", "CoarseDropout", "coarse_dropout")
    draws: ClassVar[int] = 2

    size: int = Field(default=8, ge=1, le=4096)
    """Side of the square in pixels."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples of which a square is erased."""

    def check(self, scene: Scene) -> None:
        if self.size >= 2 * max(scene.made):
            raise AugmentError(
                f"a square of {self.size} hides pictures of {scene.made[1]}×{scene.made[0]} whole",
                f"use size < {min(scene.made)}",
                "size",
            )

    def rectangles(self, draws: Floats, scene: Scene) -> Integers:
        found = np.empty((len(draws), 4), np.int64)
        for axis, side in enumerate(scene.made):
            start = whole_between(draws[:, axis], 0, side - 1).astype(np.int64) - self.size // 2
            found[:, axis] = np.clip(start, 0, side)
            found[:, axis + 2] = np.clip(start + self.size, 0, side)
        return found
