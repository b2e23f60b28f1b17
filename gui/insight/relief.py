"""A loss over two numbers as a picture: shades by its logarithm, with contour lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from gui.insight.pictures import colours
from netspec.look import Theme

Array = NDArray[Any]
SMOOTHINGS = 60
SHADES = 1024
LEVELS = 14
"""Contour lines, evenly spaced in the logarithm."""


def height(values: Array) -> Array:
    """The loss above its least, on a logarithmic scale from 0 to 1; NaN stays."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return np.full(values.shape, np.nan)
    above = values - finite.min()
    middle = float(np.median(above[np.isfinite(above)]))
    logs = np.log1p(above / (0.02 * middle or 1.0))
    most = float(np.nanmax(np.where(np.isfinite(logs), logs, np.nan)))
    return np.asarray(logs / (most or 1.0))


def filled(values: Array) -> Array:
    """Unknown values (NaN) are laid smoothly between the known ones, so that a coarse picture is there at once.

    They begin as the nearest known value and then become, again and again, the mean of their neighbours.
    """
    known = np.argwhere(np.isfinite(values))
    missing = np.argwhere(~np.isfinite(values))
    if not len(known) or not len(missing):
        return values
    found, unknown = values.copy(), ~np.isfinite(values)
    far = np.abs(missing[:, None, :] - known[None, :, :]).max(axis=2)
    nearest = known[far.argmin(axis=1)]
    found[tuple(missing.T)] = values[tuple(nearest.T)]
    for _ in range(SMOOTHINGS):
        edge = np.pad(found, 1, mode="edge")
        around = edge[:-2, 1:-1] + edge[2:, 1:-1] + edge[1:-1, :-2] + edge[1:-1, 2:]
        found[unknown] = around[unknown] / 4
    return found


def stretched(values: Array, rows: int, columns: int) -> Array:
    """(H, W) → (rows, columns), corner to corner: a smooth surface through all values.

    Cubic convolution, Keys 1981, IEEE Trans. ASSP 29(6), a = −1/2: exact for planes and parabolas away from the edges.
    """
    return np.asarray(_resampled(_resampled(values, rows).T, columns).T)


def _resampled(values: Array, wanted: int) -> Array:
    """`wanted` rows between the given ones; beyond the edges the outermost rows go on."""
    given = len(values)
    at = np.linspace(0, given - 1, wanted)
    low = np.minimum(at.astype(int), given - 2)
    parts = [(low + offset, _cubic(np.abs(at - (low + offset)))) for offset in (-1, 0, 1, 2)]
    found = np.zeros((wanted, values.shape[1]))
    for rows, share in parts:
        found += values[np.clip(rows, 0, given - 1)] * share[:, None]
    return found


def _cubic(distance: Array) -> Array:
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


def relief(heights: Array, theme: Theme) -> NDArray[np.uint8]:
    """Heights (H, W) from 0 to 1, the first row below → colours (H, W, 3), the first row above.

    Shades come from a table of SHADES: a picture of half a million pixels must not hold the window up.
    """
    low, middle = _mixed(theme.accent, theme.surface, 0.5), _mixed(theme.accent, theme.surface, 0.16)
    table = colours(np.linspace(0, 1, SHADES), [QColor(low), QColor(middle), QColor(theme.surface)])
    flat = np.ascontiguousarray(heights[::-1], np.float32)
    shades = table[np.clip(np.nan_to_num(flat) * SHADES, 0, SHADES - 1).astype(np.int16)]
    covered = contours(flat, LEVELS)
    places = covered > 0
    line = np.array(_rgb(_mixed(theme.secondary, theme.surface, 0.55)), np.float32)
    share = 0.6 * covered[places][:, None]
    shades[places] = np.rint(shades[places] * (1 - share) + line * share)
    return shades


def contours(heights: Array, levels: int) -> Array:
    """How much of a pixel is covered by a contour line one pixel wide, from 0 to 1."""
    scaled = np.nan_to_num(heights).astype(np.float32) * np.float32(levels)
    slope = np.zeros_like(scaled)
    slope[1:-1] = np.abs(scaled[2:] - scaled[:-2])
    across = np.zeros_like(scaled)
    across[:, 1:-1] = np.abs(scaled[:, 2:] - scaled[:, :-2])
    slope = 0.5 * np.hypot(slope, across)
    level = np.rint(scaled)
    away = np.abs(scaled - level) / np.maximum(slope, np.float32(1e-6))
    return np.asarray(np.clip(np.float32(1.1) - away, 0, 1) * (level > 0))


def _mixed(colour: str, other: str, share: float) -> str:
    """`share` of a colour over another."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(_rgb(colour), _rgb(other), strict=True))
    return QColor(red, green, blue).name()


def _rgb(colour: str) -> tuple[int, int, int]:
    made = QColor(colour)
    return made.red(), made.green(), made.blue()
