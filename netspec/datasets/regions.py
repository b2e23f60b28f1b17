"""Pictures with proposed regions: what Fast R-CNN reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.datasets.base import Array, Part, Source, resolve
from netspec.datasets.batch import Batch, Key
from netspec.datasets.box_pictures import source_of
from netspec.datasets.region_pictures import PICTURE, RegionPictures, objects_of, targets_of
from netspec.detection.boxes import are_sound
from netspec.detection.sampling import Labelled, label_regions, sample_regions
from netspec.random import stream

ROIS, LABELS, CODES = "rois", "region_labels", "region_boxes"
PROPOSALS = "proposals"
"""Target that holds a picture's proposals, (P, 5) with class 0 or −1: as boxes, so that they follow augmented pictures."""


class Regions(RegionPictures):
    """Pictures with boxes, and regions in which there may be an object: what Fast R-CNN is trained on.

    Beside the picture the network has the input rois, [R, 4]: R regions [x1, y1, x2, y2] in pixels of the picture as
    the network sees it, −1 where there are no more. The targets region_labels (R, 1), 0 for background, class + 1 for an
    object, −1 for none, and region_boxes (R, 5), the label and the coded box, belong to them. In training each epoch draws
    R of a picture's proposals and its objects' own boxes; in evaluation all proposals come, R at a time. Regions are
    proposed as in selective search, once, and kept in netspec's cache.
    """

    type: Literal["regions"] = "regions"

    regions: int = Field(default=64, ge=1, le=5000)
    """Regions R in one sample: the first number of the shape of the input rois."""

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        found, proposed, note = self.with_regions(base_dir, input_shape)
        parts = {}
        for name, rois in proposed.items():
            loaded = found.part(name)
            y, names = targets_of(loaded, found, resolve(base_dir, self.root))
            rows = np.arange(len(loaded)) if name == "train" else None
            rows, rois = (rows, rois) if rows is not None else self._in_turns(rois)
            x = np.stack([item.pixels for item in loaded])
            labels = np.where(rois[..., 2:3] > rois[..., :1], np.float32(0), np.float32(-1))
            targets = {PROPOSALS: np.concatenate([labels, rois], axis=2), PICTURE: rows}
            parts[name] = Part(x[rows], y[rows], names[rows], {}, targets)
        return source_of(found, parts, [note])

    def _in_turns(self, rois: Array) -> tuple[Array, Array]:
        """A row for every R proposals of a picture: (N',) its picture, (N', R, 4) its regions. Each picture has one."""
        n, turns = len(rois), -(-rois.shape[1] // self.regions)
        padded = np.pad(rois, ((0, 0), (0, turns * self.regions - rois.shape[1]), (0, 0)), constant_values=-1)
        groups = padded.reshape(n, turns, self.regions, 4)
        used: NDArray[np.bool_] = np.any(groups[..., 2] >= 0, axis=2)
        used[:, 0] = True
        pictures, turn = np.nonzero(used)
        return pictures, groups[pictures, turn]

    def finish(self, batch: Batch, key: Key | None) -> Batch:
        proposed = batch.targets[PROPOSALS]
        given = np.where(proposed[..., :1] >= 0, proposed[..., 1:], -1).astype(np.float64)
        made = [self._of_row(given[k], batch.y[k], int(row), key) for k, row in enumerate(batch.index)]
        rois, labels, codes = (np.stack([item[k] for item in made]) for k in range(3))
        targets = {**batch.targets, LABELS: labels[:, :, None], CODES: codes}
        return replace(batch, inputs={**batch.inputs, ROIS: rois}, targets=targets)

    def _of_row(self, rois: Array, y: Array, row: int, key: Key | None) -> Labelled:
        boxes, classes = objects_of(y)
        if key is None:
            short = np.full((self.regions, 4), -1.0)
            short[: len(rois[: self.regions])] = rois[: self.regions]
            return label_regions(short, boxes, classes, self.overlap)
        rng = stream(key.seed, "regions", key.epoch, row)
        sound = are_sound(boxes)
        return sample_regions(
            rois, boxes[sound], classes[sound], self.regions, rng, self.foreground, self.overlap
        )
