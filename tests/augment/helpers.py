"""Small parts of pictures, and how they look augmented."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.augment.base import Augmentation
from netspec.datasets.augmenter import Augmenter
from netspec.datasets.base import Part
from netspec.datasets.normalization import Normalization
from netspec.registry import plugins

Array = NDArray[Any]
CLASSES = 3
NORMALIZATION = Normalization(np.array([100.0, 110.0, 120.0]), np.array([50.0, 60.0, 70.0]))


def augmentation(kind: str, **keys: Any) -> Augmentation:
    """One of a type."""
    made: Augmentation = plugins("netspec.augment")[kind](**keys)
    return made


EVERY: dict[str, Augmentation] = {
    "affine": augmentation("affine", degrees=20, translate=(0.2, 0.1), scale=(0.8, 1.2), shear=10),
    "color_jitter": augmentation("color_jitter", brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1),
    "cutmix": augmentation("cutmix"),
    "cutout": augmentation("cutout", size=3),
    "flip": augmentation("flip"),
    "mixup": augmentation("mixup"),
    "random_crop": augmentation("random_crop", padding=2, fill="reflect"),
    "random_erasing": augmentation("random_erasing"),
    "random_resized_crop": augmentation("random_resized_crop"),
    "rotation": augmentation("rotation", fill="edge"),
}
"""One of each type, with keys that do something."""


def pictures(n: int = 40, height: int = 9, width: int = 12, seed: int = 0) -> Part:
    """Random colour pictures of three classes."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (n, height, width, 3), dtype=np.uint8)
    return Part(x, rng.integers(0, CLASSES, n), np.arange(n))


def augmenter(part: Part, *augment: Augmentation, seed: int = 0, outside: int | None = None) -> Augmenter:
    """For the part, with the normalization of these tests."""
    return Augmenter(augment, part, NORMALIZATION, seed, CLASSES, outside)


def look(part: Part, *augment: Augmentation, epoch: int = 0) -> Array:
    """All pictures of the part in an epoch."""
    return augmenter(part, *augment).batch(np.arange(len(part)), epoch).x
