"""Cutting the network's input out of a larger picture at a random place."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.augment.base import AugmentError, Fill, Floats, Geometric, Scene, identity_maps, whole_between


class RandomCrop(Geometric):
    """Cuts a picture of the network's input size out of the stored one, at a random place.

    The stored picture is `padding` pixels wider on each side, or larger than the input by itself (`resize` of an
    image_folder). Every place is as likely. Exact: pixels are moved, not computed.
    """

    type: Literal["random_crop"] = "random_crop"
    aliases = ("RandomCrop", "crop", "pad_crop")
    draws: ClassVar[int] = 2
    cuts: ClassVar[bool] = True

    padding: int = Field(default=0, ge=0, le=4096)
    """Pixels added on each side before the cut."""

    fill: Fill = "zeros"
    """What the added pixels are: 0 as stored (black), the number that normalization turns into 0, the nearest pixel,
    or the picture's mirror image."""

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        maps = identity_maps(len(draws))
        for axis in range(2):
            room = scene.size[1 - axis] - scene.made[1 - axis]
            maps[:, axis, 2] = whole_between(draws[:, axis], -self.padding, room + self.padding)
        return maps

    def reaches_out(self) -> bool:
        return self.padding > 0

    def check(self, scene: Scene) -> None:
        height, width = scene.size
        if self.padding == 0 and scene.size == scene.made:
            raise AugmentError(
                f"pictures of {width}×{height} are just as large as the network's input, so every cut is the same",
                "set padding, or store larger pictures (resize under [data] of an image_folder)",
                "padding",
            )
        if self.fill == "reflect" and self.padding >= min(scene.size):
            raise AugmentError(
                f"padding {self.padding} is more than a picture of {width}×{height} can mirror",
                f"use padding ≤ {min(scene.size) - 1}",
                "padding",
            )
