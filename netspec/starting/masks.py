"""Folders of pictures with a mask each: which folders they are, and what the values in the masks mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from netspec.datasets.base import DataError
from netspec.datasets.image_folder import PART_FOLDERS
from netspec.datasets.images import SUFFIXES, open_image

IMAGES = ("images", "image", "imgs", "pictures", "JPEGImages")
MASKS = ("masks", "mask", "labels", "label", "SegmentationClass")
LOOKED_AT = 20
"""Masks whose values are read."""
MOST_VALUES = 64


class MaskSet(NamedTuple):
    """Keys under [data], the pictures, the number of classes, and whether there is a validation part."""

    data: dict[str, Any]
    pictures: list[Path]
    classes: int
    has_validation: bool


def find_masks(root: Path) -> MaskSet | None:
    """None for a folder that has no pair of such folders."""
    parts = {part: root / name for part, names in PART_FOLDERS.items() for name in names if (root / name).is_dir()}
    first = parts.get("train", root)
    images, masks = (_named(first, names) for names in (IMAGES, MASKS))
    if images is None or masks is None:
        return None
    pictures = _files(first / images)
    if not pictures:
        raise DataError(f"{first / images}: has no PNG or JPEG files", "put the pictures there")
    suffix = _suffix(pictures[0], _files(first / masks))
    values = _values(_files(first / masks))
    data: dict[str, Any] = {"type": "mask_folder", "root": str(root), "images": images, "masks": masks}
    data |= {"mask_suffix": suffix} if suffix else {}
    if not _are_understood(values):
        data["values"] = values
    classes = len(values) if "values" in data or values == [0, 255] else max(2, _highest(values))
    return MaskSet(data, pictures, classes, "validation" in parts)


def _named(folder: Path, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if (folder / name).is_dir()), None)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def _suffix(picture: Path, masks: list[Path]) -> str:
    """What the mask's name has behind that of its picture."""
    if any(mask.stem == picture.stem for mask in masks):
        return ""
    longer = [mask.stem for mask in masks if mask.stem.startswith(picture.stem)]
    if not longer:
        raise DataError(f"{picture}: no mask is called {picture.stem}….png", "name each mask like its picture")
    return min(longer, key=len).removeprefix(picture.stem)


def _values(masks: list[Path]) -> list[Any]:
    """The different values (or colours) of some masks, in order."""
    found: set[Any] = set()
    for path in masks[:: max(1, len(masks) // LOOKED_AT)]:
        pixels = np.asarray(open_image(path))
        if pixels.ndim == 3:
            found |= {tuple(colour) for colour in np.unique(pixels[..., :3].reshape(-1, 3), axis=0).tolist()}
        else:
            found |= set(np.unique(pixels).tolist())
        if len(found) > MOST_VALUES:
            hint = "masks hold a class for each pixel; save them as PNG, which loses nothing"
            raise DataError(f"{path}: masks have more than {MOST_VALUES} values", hint)
    return [list(value) if isinstance(value, tuple) else int(value) for value in sorted(found)]


def _are_understood(values: list[Any]) -> bool:
    """Class numbers from 0, or 0 and 255: what a mask_folder takes without being told."""
    return all(isinstance(value, int) for value in values) and (values == [0, 255] or max(values) < 2 * len(values))


def _highest(values: list[Any]) -> int:
    """Classes of masks that hold their numbers."""
    return int(max(values)) + 1
