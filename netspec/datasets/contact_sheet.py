"""A picture of training samples: as they are stored, and as the network gets to see them in the first epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netspec.datasets.augment_checks import is_boxes, is_masks
from netspec.datasets.augmenter import Augmenter
from netspec.datasets.base import Array, DataError
from netspec.datasets.batch import Batch
from netspec.datasets.load import Data
from netspec.look import LIGHT, OPTIMIZER_COLOURS
from netspec.random import permutation

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

LEAST_SIDE, MOST_SIDE = 96, 224
"""Pixels of a drawn picture: small ones are enlarged by a whole factor, large ones are scaled down."""
GAP, LINE = 8, 16
COLOURS = tuple(OPTIMIZER_COLOURS.values())
"""Of classes in masks and boxes."""


def contact_sheet(data: Data, augmenter: Augmenter | None, *, samples: int, epochs: int, seed: int) -> Image.Image:
    """One row for each of some samples, chosen by the seed: as stored, then as in epoch 1, 2, …

    Without augmenter the samples fill the rows. Raises DataError for data that are no pictures.
    """
    part = data.train
    if not part.has_images or part.x.shape[3] not in (1, 3):
        raise DataError(
            f"[data]: samples of {list(part.shape)} cannot be drawn", "only pictures of 1 or 3 channels can be shown"
        )
    index = permutation(len(part), seed, "sheet")[:samples]
    stored = Batch(part.x[index], part.y[index], index)
    if augmenter is None:
        columns = epochs + 1
        tiles = [_tile(data, stored, row) for row in range(len(index))]
        return _lay_out([tiles[i : i + columns] for i in range(0, len(tiles), columns)])
    views = [stored, *(augmenter.batch(index, epoch) for epoch in range(epochs))]
    heads = ["as it is", *(f"epoch {epoch + 1}" for epoch in range(epochs))]
    rows = [[_tile(data, view, row) for view in views] for row in range(len(index))]
    return _lay_out(rows, heads)


def _tile(data: Data, view: Batch, row: int) -> tuple[Image.Image, str]:
    """The picture with its mask or boxes drawn in, and what is written below."""
    from PIL import Image

    x = _as_bytes(view.x[row], data.normalization.full_scale)
    height, width = x.shape[:2]
    target: Array = view.y[row]
    if is_masks(view.y):
        x = _with_mask(x, target)
    factor = -(-LEAST_SIDE // max(height, width)) if max(height, width) < LEAST_SIDE else 1
    factor_down = min(1.0, MOST_SIDE / max(height, width))
    image = Image.fromarray(x)
    size = round(width * factor * factor_down), round(height * factor * factor_down)
    image = image.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BILINEAR)
    if is_boxes(view.y):
        _draw_boxes(image, target, size[0] / width)
    return image, _caption(data, view, row)


def _as_bytes(x: Array, full_scale: float | None) -> Array:
    """(H, W, 3) uint8; numbers without a known white value from the least to the greatest."""
    values = x.astype(np.float64)
    low = 0.0 if full_scale is not None else values.min()
    scale = full_scale if full_scale is not None else max(float(np.ptp(values)), 1e-30)
    grey = np.clip((values - low) * (255 / scale) + 0.5, 0, 255).astype(np.uint8)
    return grey if grey.shape[2] == 3 else np.repeat(grey, 3, axis=2)


def _with_mask(x: Array, mask: Array) -> Array:
    """Classes from 1 on tinted in their colours."""
    tints = np.array([_rgb(COLOURS[(int(label) - 1) % len(COLOURS)]) for label in np.unique(mask)])
    tint = tints[np.searchsorted(np.unique(mask), mask)]
    mixed: Array = np.where((mask > 0)[..., None], (x.astype(np.int64) + tint) // 2, x).astype(np.uint8)
    return mixed


def _draw_boxes(image: Image.Image, boxes: Array, scale: float) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    for label, x1, y1, x2, y2 in boxes:
        if label >= 0:
            corners = (x1 * scale, y1 * scale, max(x2 * scale - 1, x1 * scale), max(y2 * scale - 1, y1 * scale))
            draw.rectangle(corners, outline=COLOURS[int(label) % len(COLOURS)], width=2)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _caption(data: Data, view: Batch, row: int) -> str:
    """The class, or the shares of two."""
    if view.y.ndim != 1 or data.classes is None:
        return ""
    if view.soft is None:
        label = int(view.y[row])
        return data.classes[label] if 0 <= label < len(data.classes) else "(ignored)"
    shares = view.soft[row]
    named = [(float(shares[i]), data.classes[i]) for i in np.argsort(-shares, kind="stable")[:2] if shares[i] > 0]
    return " + ".join(f"{share:.2f} {name}" for share, name in named) if len(named) > 1 else named[0][1]


def _lay_out(rows: list[list[tuple[Image.Image, str]]], heads: list[str] | None = None) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    width = max(image.width for row in rows for image, _ in row) + GAP
    height = max(image.height for row in rows for image, _ in row) + LINE + GAP
    top = GAP + (LINE + 4 if heads else 0)
    sheet = Image.new("RGB", (width * max(map(len, rows)) + GAP, top + height * len(rows)), LIGHT.surface)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for column, head in enumerate(heads or ()):
        draw.text((GAP + column * width, GAP - 2), head, LIGHT.secondary, font)
    for i, row in enumerate(rows):
        for j, (image, caption) in enumerate(row):
            place = (GAP + j * width, top + i * height)
            sheet.paste(image, place)
            draw.text(
                (place[0], place[1] + image.height + 1), _fitting(caption, draw, font, width - GAP), LIGHT.text, font
            )
    return sheet


def _fitting(text: str, draw: ImageDraw.ImageDraw, font: Font, width: int) -> str:
    """The text, cut off with "…" where it is wider than its picture."""
    if draw.textlength(text, font) <= width:
        return text
    while text and draw.textlength(text + "…", font) > width:
        text = text[:-1]
    return text + "…"
