"""Mirroring."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netspec.augment.base import Floats, Geometric, Scene, identity_maps


class Flip(Geometric):
    """Mirrors pictures: left and right are exchanged, or top and bottom.

    (x, y) → (W − x, y) or (x, H − y). Exact: pixels are moved, not computed.
    """

    type: Literal["flip"] = "flip"
    aliases = ("horizontal_flip", "random_horizontal_flip", "RandomHorizontalFlip", "RandomFlip", "mirror", "hflip")

    axis: Literal["horizontal", "vertical"] = "horizontal"
    """What is exchanged: left and right (horizontal), or top and bottom (vertical)."""

    probability: float = Field(default=0.5, ge=0, le=1)
    """Share of the samples that are mirrored."""

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        maps = identity_maps(len(draws))
        row = 0 if self.axis == "horizontal" else 1
        maps[:, row, row] = -1.0
        maps[:, row, 2] = scene.size[1 - row]
        return maps
