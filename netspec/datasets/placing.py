"""How a picture of any size becomes one of the network's size, and where its boxes go; and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Array
from netspec.datasets.images import load_image

Fit = Literal["stretch", "letterbox"]
GREY = 114
"""Value of the pixels beside a letterboxed picture: near the middle, as other detectors fill."""


@dataclass(frozen=True)
class Placement:
    """x_new = x · x_scale + left, y_new = y · y_scale + top."""

    x_scale: float
    y_scale: float
    left: float = 0.0
    top: float = 0.0

    def forth(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Boxes (…, 4) in pixels of the file → of the network's input."""
        return boxes * self._scale() + self._offset()

    def back(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Boxes in pixels of the network's input → of the file."""
        return (boxes - self._offset()) / self._scale()

    def _scale(self) -> NDArray[np.float64]:
        return np.array([self.x_scale, self.y_scale, self.x_scale, self.y_scale])

    def _offset(self) -> NDArray[np.float64]:
        return np.array([self.left, self.top, self.left, self.top])


def placement(width: int, height: int, size: tuple[int, int], fit: Fit) -> Placement:
    """Of a picture of width × height in `size` (height, width): stretched, or scaled evenly and put in the middle."""
    x_scale, y_scale = size[1] / width, size[0] / height
    if fit == "stretch":
        return Placement(x_scale, y_scale)
    new_height, new_width = _inside(width, height, size)
    return Placement(new_width / width, new_height / height, (size[1] - new_width) // 2, (size[0] - new_height) // 2)


def _inside(width: int, height: int, size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the largest even enlargement that fits into size, in whole pixels."""
    scale = min(size[1] / width, size[0] / height)
    return min(size[0], max(1, round(height * scale))), min(size[1], max(1, round(width * scale)))


def load_placed(path: Path, channels: int, size: tuple[int, int], fit: Fit) -> tuple[Array, Placement, tuple[int, int]]:
    """The picture in a file as (H, W, C) uint8 of `size`; where it went; and its own (width, height).

    By antialiased bilinear interpolation. Raises DataError.
    """
    from PIL import Image

    whole = load_image(path, channels, None)
    height, width = whole.shape[:2]
    place = placement(width, height, size, fit)
    new = size if fit == "stretch" else _inside(width, height, size)
    image = Image.fromarray(whole[..., 0] if channels == 1 else whole)
    scaled = np.asarray(image.resize((new[1], new[0]), Image.Resampling.BILINEAR), np.uint8).reshape(*new, channels)
    if new == size:
        return scaled, place, (width, height)
    canvas = np.full((*size, channels), GREY, np.uint8)
    top, left = int(place.top), int(place.left)
    canvas[top : top + new[0], left : left + new[1]] = scaled
    return canvas, place, (width, height)
