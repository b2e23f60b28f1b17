"""Do augmentations go with a training part? Asked before the first step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from netspec.augment.base import Augmentation, AugmentError, Geometric, Mixing, Scene
from netspec.augment.checks import fill_of
from netspec.datasets.base import Array, DataError, Part


def is_masks(y: Array) -> bool:
    """Whether targets are class labels of pixels, (N, H, W)."""
    return y.ndim == 3 and y.dtype.kind in "iu"


def is_boxes(y: Array) -> bool:
    """Whether targets are boxes, (N, M, 5) [class, x1, y1, x2, y2]."""
    return y.ndim == 3 and y.dtype.kind == "f" and y.shape[2] == 5


def scenes_of(augment: Sequence[Augmentation], part: Part) -> list[Scene]:
    """What each augmentation is given: pictures as stored, of the input's size behind the first that cuts.

    Raises DataError for samples that are no pictures and for augmentations that do not go with them.
    """
    if not part.has_images:
        raise DataError(
            f"[data] augment: samples are vectors of {part.shape[0]} values, not pictures",
            "set shape = [C, H, W] under [input] and begin the network with a flatten layer, or remove augment",
        )
    stored = part.x if part.stored is None else part.stored
    size, made, channels = (stored.shape[1], stored.shape[2]), (part.x.shape[1], part.x.shape[2]), part.x.shape[3]
    scenes = []
    for place, item in enumerate(augment):
        scenes.append(Scene(size, made, channels, len(part)))
        try:
            item.check(scenes[-1])
        except AugmentError as error:
            _refuse(place, item, error.message, error.hint, error.key)
        size = made if item.cuts else size
    return scenes


def check_targets(augment: Sequence[Augmentation], part: Part, classes: int | None, outside: int | None) -> None:
    """Raise DataError when the targets cannot follow their pictures."""
    for place, item in enumerate(augment):
        if isinstance(item, Mixing):
            _check_mixing(place, item, part, classes)
        elif isinstance(item, Geometric):
            for y in (part.y, *part.targets.values()):
                _check_geometric(place, item, augment, y, outside)
        further = [name for name, array in part.inputs.items() if array.ndim == 4]
        if further and isinstance(item, Geometric):
            _refuse(place, item, f"the pictures of the input {further[0]} would not follow", "remove it")


def _check_mixing(place: int, item: Augmentation, part: Part, classes: int | None) -> None:
    if classes is None or part.y.ndim != 1 or part.targets or part.inputs:
        _refuse(place, item, "it mixes pictures with one class each, and the data have others", "remove it")
    wrong = part.y[(part.y < 0) | (part.y >= classes)]
    if len(wrong):
        message = f"the training part has samples without a class (label {wrong[0]}), which cannot be mixed"
        _refuse(place, item, message, "leave such samples out, or remove it")


def _check_geometric(
    place: int, item: Geometric, augment: Sequence[Augmentation], y: Array, outside: int | None
) -> None:
    if y.ndim > 2 and not is_masks(y) and not is_boxes(y):
        message = f"targets of shape {list(y.shape[1:])} cannot follow the pictures"
        _refuse(place, item, message, "remove it; masks (N, H, W) of class labels and boxes can")
    fills = fill_of(augment) in ("zeros", "mean") and item.reaches_out()
    if is_masks(y) and fills and outside is None:
        message = "what comes in from outside of a picture has no class in its mask"
        _refuse(place, item, message, 'set ignore_index = 255 under [loss], or fill = "reflect"', "fill")


def _refuse(place: int, item: Augmentation, message: str, hint: str, key: str | None = None) -> NoReturn:
    where = f"[data] augment[{place}] {item.type_name()}" + (f".{key}" if key else "")
    raise DataError(f"{where}: {message}", hint)
