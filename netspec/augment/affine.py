"""Turning, moving, scaling and shearing pictures together."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.augment.base import AugmentError, Fill, Floats, Geometric, Scene, between
from netspec.augment.geometry import about_middle

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=100)]


def turned(angle: Floats) -> Floats:
    """(n, 2, 2) matrices that turn by the angles, in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cos, -sin], axis=1), np.stack([sin, cos], axis=1)], axis=1)


class Affine(Geometric):
    """Turns, moves, scales and shears pictures about their middle, each by a random amount.

    A place p of the new picture shows L⁻¹·(p − middle − shift) + middle of the given one, where L turns, shears and scales.
    Bilinear, in one step with the other augmentations.
    """

    type: Literal["affine"] = "affine"
    aliases = ("RandomAffine", "shift_scale_rotate", "ShiftScaleRotate", "translation", "shear", "zoom", "RandomZoom")
    draws: ClassVar[int] = 5

    degrees: float = Field(default=0.0, ge=0, le=180)
    """Largest angle of turning, to either side."""

    translate: tuple[Share, Share] = (0.0, 0.0)
    """Largest shift to either side, as parts of the width and of the height."""

    scale: tuple[Positive, Positive] = (1.0, 1.0)
    """Least and greatest factor."""

    shear: float = Field(default=0.0, ge=0, lt=90)
    """Largest angle, in degrees, by which upright lines lean to either side."""

    fill: Fill = "zeros"
    """What comes in from outside: 0 as stored (black), the number that normalization turns into 0, the nearest pixel, or
    the picture's mirror image."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples that are changed."""

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.scale[0] > self.scale[1]:
            raise ValueError(
                f"scale = [{self.scale[0]:g}, {self.scale[1]:g}] has its limits the wrong way round; write the lesser first"
            )
        return self

    def check(self, scene: Scene) -> None:
        if not (self.degrees or any(self.translate) or self.shear or self.scale != (1.0, 1.0)):
            raise AugmentError(
                "it leaves every picture as it is", "set degrees, translate, scale or shear, or remove it"
            )

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        angle = np.deg2rad(between(draws[:, 0], -self.degrees, self.degrees))
        lean = np.tan(np.deg2rad(between(draws[:, 1], -self.shear, self.shear)))
        factor = between(draws[:, 2], *self.scale)
        shear = np.tile(np.eye(2), (len(draws), 1, 1))
        shear[:, 0, 1] = -lean
        linear = (turned(angle) @ shear) * factor[:, None, None]
        sides = np.array([scene.size[1], scene.size[0]]) * self.translate
        shift = (2 * draws[:, 3:5] - 1) * sides
        return about_middle(np.asarray(np.linalg.inv(linear)), shift, scene.size)
