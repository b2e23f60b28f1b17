"""Colours and erased rectangles, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.augment.base import Scene
from netspec.augment.color_jitter import GREY
from netspec.augment.random_erasing import RandomErasing
from netspec.datasets.base import DataError, Part
from tests.augment.helpers import Array, augmentation, augmenter, look, pictures

PART = pictures(20)


def factors(key: str, most: float) -> tuple[Array, Array]:
    """The pictures with one key set, and the factor of each."""
    item = augmentation("color_jitter", **{key: most})
    made = augmenter(PART, item)
    rows = np.arange(len(PART))
    column = ("brightness", "contrast", "saturation").index(key)
    draws = made._draw(0, item, rows, 0)[1][:, column]
    return made.batch(rows, 0).x, (1 - most + 2 * most * draws)[:, None, None, None]


def rounded(x: Array) -> Array:
    """To bytes, as pictures are stored."""
    return np.floor(np.clip(x, 0, 255) + 0.5).clip(0, 255).astype(np.uint8)


def test_brightness_contrast_and_saturation_blend_with_black_mean_grey_and_grey() -> None:
    x = PART.x.astype(np.float64)
    grey = (x @ GREY)[..., None]
    for key, other in (
        ("brightness", 0 * x),
        ("contrast", grey.mean(axis=(1, 2), keepdims=True)),
        ("saturation", grey),
    ):
        made, factor = factors(key, 0.8)
        wanted = rounded(factor * x + (1 - factor) * other)
        assert np.abs(made.astype(int) - wanted.astype(int)).max() <= 1, key  # ties of rounding
        assert (made == wanted).mean() > 0.999


def test_hue_keeps_grey_and_brightness_and_turns_the_rest() -> None:
    item = augmentation("color_jitter", hue=0.5)
    grey = np.repeat(PART.x[..., :1], 3, axis=3)
    part = Part(grey, PART.y, PART.names)
    assert np.abs(look(part, item).astype(int) - grey.astype(int)).max() <= 1
    pale = Part((PART.x // 8 + 110).astype(np.uint8), PART.y, PART.names)  # far from black and white
    made = look(pale, item)
    assert np.abs(made @ GREY - pale.x @ GREY).max() < 1
    assert np.abs(made.astype(int) - pale.x.astype(int)).mean() > 3


def test_two_in_a_row_are_one_matrix_with_the_mean_of_the_first() -> None:
    pale = Part((PART.x // 8 + 110).astype(np.uint8), PART.y, PART.names)
    bright, contrast = augmentation("color_jitter", brightness=0.2), augmentation("color_jitter", contrast=0.9)
    made = augmenter(pale, bright, contrast)
    rows = np.arange(len(pale))
    b = 0.8 + 0.4 * made._draw(0, bright, rows, 0)[1][:, 0, None, None, None]
    c = 0.1 + 1.8 * made._draw(1, contrast, rows, 0)[1][:, 1, None, None, None]
    brighter = b * pale.x
    wanted = rounded(c * brighter + (1 - c) * (brighter @ GREY).mean(axis=(1, 2))[:, None, None, None])
    assert np.abs(made.batch(rows, 0).x.astype(int) - wanted.astype(int)).max() <= 1


def test_grey_pictures_have_brightness_and_contrast_but_no_hue() -> None:
    part = Part(PART.x[..., :1], PART.y, PART.names)
    assert look(part, augmentation("color_jitter", brightness=0.5, contrast=0.5)).shape == part.x.shape
    with pytest.raises(DataError, match=r"augment\[0\] color_jitter\.hue: pictures of 1 channels have no hue; remove"):
        look(part, augmentation("color_jitter", hue=0.1))


@pytest.mark.parametrize("fill", ["zeros", "mean"])
def test_a_cutout_is_one_square_cut_at_the_borders(fill: str) -> None:
    x = look(PART, augmentation("cutout", size=5, fill=fill))
    colour = np.zeros(3) if fill == "zeros" else np.array([100, 110, 120])
    for stored, made in zip(PART.x, x, strict=True):
        rows, columns = np.nonzero((stored != made).any(axis=2))
        area = made[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (area == colour).all()
        assert 3 <= area.shape[0] <= 5
        assert 3 <= area.shape[1] <= 5


def test_erased_rectangles_have_the_areas_that_were_asked_for() -> None:
    item = RandomErasing(scale=(0.1, 0.2), ratio=(0.5, 2.0))
    top, left, bottom, right = item.rectangles(
        np.random.default_rng(0).random((2000, item.draws)), Scene((100, 80), (100, 80), 3, 1)
    ).T
    share = (bottom - top) * (right - left) / 8000
    assert 0.09 < share.min() < share.max() < 0.21
    assert abs(share.mean() - 0.15) < 0.01
    assert top.min() == left.min() == 0
    assert bottom.max() == 100
    assert right.max() == 80
