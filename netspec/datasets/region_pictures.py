"""What the data kinds of R-CNN and Fast R-CNN share: proposed regions, their keys, and how pictures with many are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import Array, DataError, resolve
from netspec.datasets.box_pictures import BoxPictures, Loaded, Scenes, boxes_of, names_of
from netspec.datasets.proposals import proposals_of
from netspec.detection.boxes import Boxes
from netspec.detection.proposals import propose

PICTURE = "picture"
"""Target that tells which rows belong to one picture: its number in the part."""


class RegionPictures(BoxPictures):
    """Base of the kinds that read regions of pictures."""

    proposals: int = Field(default=300, ge=1, le=5000)
    """Regions that are proposed in a picture, at most."""

    foreground: float = Field(default=0.25, gt=0, le=1)
    """Largest share of objects among the regions that are trained on."""

    overlap: float = Field(default=0.5, gt=0, le=1)
    """From this IoU with an object on a region stands for it; below it is background."""

    @model_validator(mode="after")
    def _no_limit(self) -> Self:
        if self.limit is not None or self.split is not None:
            raise ValueError("limit and split would tear pictures and their regions apart; give lists of pictures instead")
        return self

    def with_regions(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> tuple[Scenes, dict[str, Array], str]:
        """The pictures; for each part (N, proposals, 4) regions in pixels of the samples; and where these come from."""
        found = self.usable(base_dir, input_shape)
        if "all" in found.part_names():
            raise DataError(
                f"[data] root: {resolve(base_dir, self.root)} has no lists of training and validation pictures",
                "add ImageSets/Main/train.txt and val.txt (COCO: one file for each part)",
            )
        made, note = proposals_of([item.pixels for item in found.loaded], self.proposals)
        rows = {name: [i for i, item in enumerate(found.loaded) if item.scene.part == name] for name in found.part_names()}
        return found, {name: made[index] for name, index in rows.items()}, note

    def propose(self, pixels: Array) -> Boxes:
        """The regions of one picture (H, W, C), as in training."""
        return propose(pixels, self.proposals)


def objects_of(y: Array) -> tuple[Boxes, Array]:
    """Boxes (K, 4) and classes (K,) of one row of targets (M, 5), without padding and what does not count."""
    real = y[:, 0] >= 0
    return y[real, 1:].astype(np.float64), y[real, 0].astype(np.int64)


def targets_of(loaded: list[Loaded], found: Scenes, root: Path) -> tuple[Array, Array]:
    """Boxes (N, M, 5), M the most objects of any picture of the set, and names (N,)."""
    most = max((len(item.objects) for item in found.loaded), default=0)
    return boxes_of(loaded, found.classes, max(most, 1)), names_of(loaded, root)
