"""Pictures with annotated objects, as the readers of VOC and COCO give them, and the faults they may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.datasets.base import DataError
from netspec.detection.boxes import are_sound, as_boxes, describe

Box = tuple[float, float, float, float]
SLACK = 1.0
"""Pixels that a box may reach outside before it is a fault: lists that count from 1 and from 0 differ by so much."""


class Annotated(NamedTuple):
    """One object of a picture. number: its place in the file, from 1; is_apart: difficult (VOC) or a crowd (COCO)."""

    number: int
    label: str
    box: Box
    is_apart: bool


@dataclass(frozen=True)
class Scene:
    """A picture with its objects. part: train, validation, test or all; source: the file that lists the objects.

    size: (width, height) as that file says, None where it does not.
    """

    part: str
    picture: Path
    source: Path
    objects: tuple[Annotated, ...]
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Listing:
    """What a set holds: scenes in a fixed order, names of classes, and what cannot be read at all."""

    scenes: list[Scene]
    classes: list[str]
    faults: list[DataError]


def check_size(scene: Scene, size: tuple[int, int]) -> DataError | None:
    """The fault of a picture that has another (width, height) than its boxes were drawn for."""
    if scene.size is None or scene.size == size:
        return None
    said, found = ("×".join(map(str, pair)) for pair in (scene.size, size))
    return DataError(
        f"{scene.source}: the boxes are for {said} pixels, {scene.picture.name} has {found} when it stands upright",
        "correct the sizes, or draw the boxes again",
    )


def sound_objects(
    scene: Scene, size: tuple[int, int], classes: Sequence[str]
) -> tuple[list[Annotated], list[DataError]]:
    """The objects that can be used, cut off at the picture's edges; and the faults of those that are left out or cut.

    size: (width, height) of the picture. A box that ends at most SLACK outside is cut off without a word.
    """
    kept, faults = [], []
    for item in scene.objects:
        problem = _problem(item, size, classes)
        where = f"{scene.source}: object {item.number} ({item.label}) "
        if problem is not None:
            faults.append(DataError(where + problem[0], problem[1]))
        cut = _cut(item.box, size)
        if item.label in classes and are_sound(as_boxes(cut))[0]:
            kept.append(item._replace(box=cut))
    return kept, faults


def _problem(item: Annotated, size: tuple[int, int], classes: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with an object, and what to do; None when nothing is."""
    box, (width, height) = as_boxes(item.box), size
    if item.label not in classes:
        return f"is of no class of this set ({', '.join(classes)})", "correct it, or classes under [data]"
    if not are_sound(box)[0]:
        return f"has the box {describe(item.box)}, which has no area", 'remove it, or set on_bad = "skip" under [data]'
    outside = max(-box[0, 0], -box[0, 1], box[0, 2] - width, box[0, 3] - height)
    if outside > SLACK or not are_sound(as_boxes(_cut(item.box, size)))[0]:
        text = f"has the box {describe(item.box)}, which reaches outside the picture of {width}×{height} pixels"
        return text, 'correct it, or set on_bad = "skip" under [data] to cut it off'
    return None


def _cut(box: Box, size: tuple[int, int]) -> Box:
    width, height = size
    x1, y1, x2, y2 = (float(value) for value in np.clip(box, 0, [width, height, width, height]))
    return x1, y1, x2, y2
