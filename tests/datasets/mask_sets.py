"""Small folders of pictures and masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_set(root: Path, count: int = 5, size: tuple[int, int] = (24, 32), values: tuple[int, int] = (0, 255)) -> Path:
    """Bright discs on dark, noisy ground: pictures and masks of (height, width)."""
    rng = np.random.default_rng(0)
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for number in range(count):
        mask = disc(rng, size)
        picture = np.clip(60 + 120 * mask + rng.normal(0, 20, size), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(root / "images" / f"{number}.png")
        Image.fromarray(np.where(mask, values[1], values[0]).astype(np.uint8)).save(root / "masks" / f"{number}.png")
    return root


def disc(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A disc somewhere in (height, width), as booleans."""
    row, column = rng.integers(6, size[0] - 6), rng.integers(6, size[1] - 6)
    i, j = np.ogrid[: size[0], : size[1]]
    return (i - row) ** 2 + (j - column) ** 2 < 30
