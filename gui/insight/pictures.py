"""Arrays as pictures: samples, filters, activations, surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPixmap

from netspec.look import Theme

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Picture = tuple[str, Callable[[], QImage]]
"""A caption, and what makes the picture when it is first seen: there may be hundreds."""
NEGATIVE, POSITIVE = "#3B7DD8", "#D8643B"
"""Ends of the scale for numbers around 0; its middle is the theme's surface."""


def image(pixels: Bytes) -> QImage:
    """(H, W), (H, W, 1) or (H, W, 3) from 0 to 255 → a picture."""
    grey = pixels if pixels.ndim == 2 else pixels[..., 0] if pixels.shape[2] == 1 else None
    data = np.ascontiguousarray(pixels[..., :3] if grey is None else grey)
    height, width = data.shape[:2]
    form = QImage.Format.Format_RGB888 if grey is None else QImage.Format.Format_Grayscale8
    return QImage(data.data, width, height, data.strides[0], form).copy()


def enlarged(picture: QImage, side: int) -> QPixmap:
    """Fitted into a square: small ones by whole factors with sharp pixels, large ones smoothly made smaller."""
    longest = max(picture.width(), picture.height(), 1)
    if longest <= side:
        factor = side // longest
        scaled = picture.scaled(picture.width() * factor, picture.height() * factor)
    else:
        keep = Qt.AspectRatioMode.KeepAspectRatio
        scaled = picture.scaled(side, side, keep, Qt.TransformationMode.SmoothTransformation)
    return QPixmap.fromImage(scaled)


def colours(values: Array, stops: Sequence[QColor]) -> Bytes:
    """Numbers from 0 to 1 → colours between evenly spaced stops, (…, 3); NaN gets the first."""
    table = np.array([[stop.red(), stop.green(), stop.blue()] for stop in stops], np.float64)
    at = np.clip(np.nan_to_num(values, nan=0.0), 0, 1) * (len(stops) - 1)
    low = np.minimum(at.astype(int), len(stops) - 2)
    share = (at - low)[..., None]
    return np.asarray(np.rint(table[low] * (1 - share) + table[low + 1] * share), np.uint8)


def around_zero(values: Array, theme: Theme, most: float | None = None) -> Bytes:
    """(H, W): blue below 0, the surface at 0, orange above; most: where the full colours are."""
    most = most if most is not None else float(np.abs(values).max(initial=0.0))
    stops = [QColor(NEGATIVE), QColor(theme.surface), QColor(POSITIVE)]
    return colours(0.5 + 0.5 * values / (most or 1.0), stops)


def from_zero(values: Array, theme: Theme, most: float | None = None) -> Bytes:
    """(H, W) of numbers ≥ 0: the surface at 0, towards the accent and beyond."""
    most = most if most is not None else float(values.max(initial=0.0))
    stops = [QColor(theme.surface), QColor(theme.accent), QColor(theme.text)]
    return colours(values / (most or 1.0), stops)


def filter_pictures(weight: Array, theme: Theme) -> list[Picture]:
    """(O, I, kH, kW) → caption and picture of each filter, all on one scale.

    Three input channels are red, green and blue, with grey for 0; otherwise each channel is a picture of its own, blue for
    negative and orange for positive weights.
    """
    most = float(np.abs(weight).max(initial=0.0)) or 1.0
    if weight.shape[1] == 3:
        shown = np.rint(127.5 + 127.5 * weight.transpose(0, 2, 3, 1) / most).astype(np.uint8)
        return [(str(o), partial(image, np.ascontiguousarray(one))) for o, one in enumerate(shown)]
    only = weight.shape[1] == 1
    return [
        (str(o) if only else f"{o} ← {i}", partial(_around_zero_image, channel, theme, most))
        for o, one in enumerate(weight)
        for i, channel in enumerate(one)
    ]


def map_pictures(maps: Array, theme: Theme) -> list[Picture]:
    """(C, H, W) → caption and picture of each channel; (F,) → one picture, a square of cells. All on one scale."""
    if maps.ndim == 1:
        side = int(np.ceil(np.sqrt(len(maps))))
        square = np.zeros(side * side)
        square[: len(maps)] = maps
        return [(f"{len(maps)} features", partial(_scaled, square.reshape(side, side), theme, *_extent(maps)))]
    return [(str(c), partial(_scaled, channel, theme, *_extent(maps))) for c, channel in enumerate(maps)]


def _extent(maps: Array) -> tuple[float, float]:
    """Least and greatest finite value, 0 among them."""
    finite = maps[np.isfinite(maps)]
    return float(finite.min(initial=0.0)), float(finite.max(initial=0.0))


def _scaled(channel: Array, theme: Theme, low: float, high: float) -> QImage:
    return image(from_zero(channel, theme, high) if low >= 0 else around_zero(channel, theme, max(-low, high)))


def _around_zero_image(values: Array, theme: Theme, most: float) -> QImage:
    return image(around_zero(values, theme, most))
