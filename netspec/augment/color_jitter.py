"""Changing brightness, contrast, saturation and hue."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.augment.base import AugmentError, Colour, Floats, Scene, between

GREY = np.array([0.299, 0.587, 0.114])
"""Parts of red, green and blue in what looks equally bright (ITU-R BT.601)."""
YIQ = np.array([GREY, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
"""Brightness, and two axes of colour (NTSC); its second and third row are 0 for grey."""


class ColorJitter(Colour):
    """Changes brightness, contrast, saturation and hue, in this order, each by a random amount.

    brightness: b·x;  contrast: c·x + (1 − c)·(the picture's mean grey);  saturation: s·x + (1 − s)·(the pixel's grey);
    hue: the colour turned about the grey axis of YIQ.  b, c, s are drawn evenly from 1 − k … 1 + k (at least 0), the turn
    from −hue … hue; values are cut off at black and white once, in the end. Linear in the colours, unlike torchvision's turn
    of HSV's hue, so that all four are one matrix.
    """

    type: Literal["color_jitter"] = "color_jitter"
    aliases = ("ColorJitter", "colour_jitter", "RandomBrightness", "RandomContrast", "brightness", "contrast")
    draws: ClassVar[int] = 4

    brightness: float = Field(default=0.0, ge=0, le=10)
    """Largest change of brightness."""

    contrast: float = Field(default=0.0, ge=0, le=10)
    """Largest change of contrast."""

    saturation: float = Field(default=0.0, ge=0, le=10)
    """Largest change of saturation; 1 reaches from grey to twice as colourful."""

    hue: float = Field(default=0.0, ge=0, le=0.5)
    """Largest turn of the hue to either side, as a part of the circle of colours."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples that are changed."""

    def check(self, scene: Scene) -> None:
        if not (self.brightness or self.contrast or self.saturation or self.hue):
            raise AugmentError("it leaves every picture as it is", "set brightness, contrast, saturation or hue")
        if scene.channels != 3 and (self.saturation or self.hue):
            key = "saturation" if self.saturation else "hue"
            raise AugmentError(f"pictures of {scene.channels} channels have no {key}", "remove saturation and hue", key)

    def matrices(self, draws: Floats, scene: Scene) -> Floats:
        n, channels = len(draws), scene.channels
        grey = GREY if channels == 3 else np.full(channels, 1 / channels)
        bright, contrast, saturation = (
            between(draws[:, i], max(0.0, 1 - most), 1 + most)[:, None, None]
            for i, most in enumerate((self.brightness, self.contrast, self.saturation))
        )
        own = np.tile(np.eye(channels), (n, 1, 1))
        if channels == 3:
            own = _turned(2 * math.pi * between(draws[:, 3], -self.hue, self.hue)) @ (
                saturation * own + (1 - saturation) * np.outer(np.ones(3), grey)
            )
        # Neither saturation nor hue changes grey, which is all that the mean contributes.
        mean = bright * (1 - contrast) * np.outer(np.ones(channels), grey)
        return np.concatenate([bright * contrast * own, mean], axis=2)


def _turned(angle: Floats) -> Floats:
    """(n, 3, 3) matrices of RGB that turn colours about the grey axis."""
    turn = np.zeros((len(angle), 3, 3))
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = np.cos(angle)
    turn[:, 1, 2], turn[:, 2, 1] = -np.sin(angle), np.sin(angle)
    return np.asarray(np.linalg.inv(YIQ) @ turn @ YIQ)
