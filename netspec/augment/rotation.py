"""Turning pictures."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.augment.affine import turned
from netspec.augment.base import Fill, Floats, Geometric, Scene, between
from netspec.augment.geometry import about_middle


class Rotation(Geometric):
    """Turns pictures about their middle by a random angle.

    The angle is drawn evenly from −degrees … degrees; bilinear, in one step with the other augmentations.
    """

    type: Literal["rotation"] = "rotation"
    aliases = ("RandomRotation", "rotate", "random_rotation")
    draws: ClassVar[int] = 1

    degrees: float = Field(default=15.0, gt=0, le=180)
    """Largest angle, to either side."""

    fill: Fill = "zeros"
    """What comes in at the corners: 0 as stored (black), the number that normalization turns into 0, the nearest pixel,
    or the picture's mirror image."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples that are turned."""

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        angle = np.deg2rad(between(draws[:, 0], -self.degrees, self.degrees))
        return about_middle(turned(angle), np.zeros((len(draws), 2)), scene.size)
