"""Pictures with boxes around their objects."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from netspec.datasets.base import Part, Source, resolve
from netspec.datasets.box_pictures import BoxPictures, boxes_of, names_of, source_of


class Boxes(BoxPictures):
    """Pictures (PNG, JPEG) with boxes around their objects, in the form of PASCAL VOC or COCO.

    Targets are boxes [class, x1, y1, x2, y2] in pixels of the network's input, edges as the files have them: x2 − x1 is
    the width. A picture without objects is background. What the files call difficult, or a crowd, is not learned and
    counts neither for nor against a detector.
    """

    type: Literal["boxes"] = "boxes"

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        found = self.usable(base_dir, input_shape)
        most = max((len(item.objects) for item in found.loaded), default=0)
        root = resolve(base_dir, self.root)
        parts = {}
        for name in found.part_names():
            loaded = found.part(name)
            y = boxes_of(loaded, found.classes, max(most, 1))
            parts[name] = Part(np.stack([item.pixels for item in loaded]), y, names_of(loaded, root))
        return source_of(found, parts)
