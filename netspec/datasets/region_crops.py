"""Regions cut out of pictures, each a sample of its own: what R-CNN reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.augment.base import Geometric
from netspec.datasets.base import Array, Part, Source, resolve
from netspec.datasets.box_pictures import Side, source_of
from netspec.datasets.region_pictures import PICTURE, RegionPictures, objects_of, targets_of
from netspec.datasets.regions import CODES, LABELS, ROIS
from netspec.detection.boxes import Boxes
from netspec.detection.sampling import Labelled, label_regions, sample_regions
from netspec.random import stream


class RegionCrops(RegionPictures):
    """Regions in which there may be an object, cut out and warped to the network's input: what R-CNN is trained on.

    A sample is a region. Its targets are region_labels (N,), 0 for background and class + 1 for an object, and
    region_boxes (N, 5), the label and the coded box; rois (N, 4) is where it lies. The training part has `per_picture`
    regions of each picture, drawn once; validation and test have all proposals. Regions are proposed as in selective
    search on pictures of `picture` pixels, in which boxes are counted, and kept in netspec's cache.
    """

    type: Literal["region_crops"] = "region_crops"

    picture: tuple[Side, Side] = (240, 320)
    """[height, width] to which pictures are brought before regions are proposed and cut out."""

    per_picture: int = Field(default=32, ge=1, le=5000)
    """Regions of a picture that are trained on."""

    context: float = Field(default=0.1, ge=0, le=1)
    """How much more than the region is cut out on each side, as a share of its width and height."""

    @model_validator(mode="after")
    def _crops_stay_in_place(self) -> Self:
        moving = next((item for item in self.augment if isinstance(item, Geometric)), None)
        if moving is not None:
            raise ValueError(f"augment: {moving.type_name()} moves what the coded boxes of regions are about; use colours")
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        channels, size = self.target(input_shape)
        whole = self.model_copy(update={"size": self.picture, "channels": channels})
        found, proposed, note = whole.with_regions(base_dir, None)
        parts = {}
        for name, rois in proposed.items():
            loaded = found.part(name)
            y, names = targets_of(loaded, found, resolve(base_dir, self.root))
            made = [self._regions(rois[row], row, y[row], name) for row in range(len(loaded))]
            rows = np.repeat(np.arange(len(loaded)), [len(item.rois) for item in made])
            where, labels, codes = (np.concatenate([item[k] for item in made]) for k in range(3))
            x = np.concatenate([self.cut(item.pixels, one.rois, size) for item, one in zip(loaded, made, strict=True)])
            targets = {LABELS: labels, CODES: codes.astype(np.float32), ROIS: where.astype(np.float32), PICTURE: rows}
            parts[name] = Part(x, y[rows], names[rows], {}, targets)
        return source_of(found, parts, [note])

    def _regions(self, rois: Array, row: int, y: Array, part: str) -> Labelled:
        """Of one picture: a choice in training, else all proposals, without padding."""
        boxes, classes = objects_of(y)
        real = rois[rois[:, 2] >= 0].astype(np.float64)
        if part != "train":
            return label_regions(real, boxes, classes, self.overlap)
        rng = stream(0, "regions", row)
        made = sample_regions(real, boxes, classes, self.per_picture, rng, self.foreground, self.overlap)
        real_rows = made.labels >= 0
        return Labelled(made.rois[real_rows], made.labels[real_rows], made.codes[real_rows])

    def cut(self, pixels: Array, rois: Boxes, size: tuple[int, int]) -> Array:
        """(R, H, W, C) uint8: each region with its context, warped to `size`; as much of it as lies in the picture."""
        from PIL import Image

        image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])
        height, width = pixels.shape[:2]
        made = np.empty((len(rois), *size, pixels.shape[2]), np.uint8)
        for out, (x1, y1, x2, y2) in zip(made, rois, strict=True):
            dx, dy = self.context * (x2 - x1), self.context * (y2 - y1)
            around = (max(x1 - dx, 0), max(y1 - dy, 0), min(x2 + dx, width), min(y2 + dy, height))
            warped = image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=around)
            out[:] = np.asarray(warped).reshape(out.shape)
        return made
