"""Arrays as pictures, and surfaces as reliefs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from gui.insight.pictures import (
    NEGATIVE,
    POSITIVE,
    around_zero,
    colours,
    enlarged,
    filter_pictures,
    image,
    map_pictures,
)
from gui.insight.relief import contours, filled, height, relief, stretched
from netspec.look import DARK, LIGHT


def rgb(picture: QImage, x: int, y: int) -> tuple[int, int, int]:
    colour = picture.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1), (3, 5, 3)])
def test_a_picture_has_the_pixels_of_its_array(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture = image(pixels)
    assert (picture.width(), picture.height()) == (5, 3)
    expected = np.broadcast_to(pixels.reshape(3, 5, -1), (3, 5, 3))
    assert rgb(picture, 4, 1) == tuple(expected[1, 4])


def test_numbers_around_zero_are_blue_or_orange() -> None:
    shown = around_zero(np.array([[-2.0, 0.0, 2.0, 1.0]]), LIGHT)
    for place, name in enumerate((NEGATIVE, LIGHT.surface, POSITIVE)):
        colour = QColor(name)
        assert tuple(shown[0, place]) == (colour.red(), colour.green(), colour.blue())


def test_colours_between_stops_are_mixed_and_nan_is_the_first() -> None:
    stops = [QColor(0, 0, 0), QColor(100, 200, 50)]
    np.testing.assert_array_equal(
        colours(np.array([0.5, np.nan, 2.0]), stops), [[50, 100, 25], [0, 0, 0], [100, 200, 50]]
    )


def test_filters_of_three_channels_are_coloured_and_others_one_picture_a_channel() -> None:
    rng = np.random.default_rng(0)
    assert len(filter_pictures(rng.normal(size=(6, 3, 5, 5)), LIGHT)) == 6
    grey = rgb(filter_pictures(np.zeros((1, 3, 1, 1)), LIGHT)[0][1](), 0, 0)
    assert grey == (128, 128, 128)
    captions = [caption for caption, _ in filter_pictures(rng.normal(size=(2, 2, 1, 1)), DARK)]
    assert captions == ["0 ← 0", "0 ← 1", "1 ← 0", "1 ← 1"]


def test_maps_share_one_scale_and_features_make_a_square() -> None:
    maps = np.zeros((2, 1, 1))
    maps[1] = 4
    shown = [rgb(make(), 0, 0) for _, make in map_pictures(maps, LIGHT)]
    assert shown[0] == rgb(image(np.full((1, 1, 3), 255, np.uint8)), 0, 0)
    assert shown[1] != shown[0]
    [(caption, make)] = map_pictures(np.arange(10.0), LIGHT)
    square = make()
    assert (caption, square.width(), square.height()) == ("10 features", 4, 4)


def test_small_pictures_grow_by_whole_factors(qapp: QApplication) -> None:
    assert enlarged(image(np.zeros((8, 5), np.uint8)), 30).height() == 24
    assert enlarged(image(np.zeros((80, 40), np.uint8)), 30).height() == 30


def test_stretching_goes_through_all_values_and_keeps_planes() -> None:
    values = np.random.default_rng(0).normal(size=(5, 7))
    np.testing.assert_allclose(stretched(values, 9, 13)[::2, ::2], values, atol=1e-12)
    y, x = np.mgrid[0:6, 0:6].astype(float)
    fine = np.linspace(0, 5, 51)
    expected = 2 * fine[None, :] - fine[:, None]
    np.testing.assert_allclose(stretched(2 * x - y, 51, 51)[10:41, 10:41], expected[10:41, 10:41], atol=1e-12)


def test_unknown_values_lie_between_the_known_ones_which_stay() -> None:
    values = np.full((1, 5), np.nan)
    values[0, 0], values[0, 4] = 1.0, 5.0
    np.testing.assert_allclose(filled(values), [[1, 2, 3, 4, 5]], atol=0.01)
    assert filled(np.array([[1.0, 2.0]])).tolist() == [[1.0, 2.0]]
    assert np.isnan(filled(np.full((2, 2), np.nan))).all()


def test_heights_run_from_zero_to_one_and_keep_the_order() -> None:
    values = np.array([[3.0, 1.0], [np.nan, 200.0]])
    found = height(values)
    assert found[0, 1] == 0
    assert found[1, 1] == 1
    assert 0 < found[0, 0] < 1
    assert np.isnan(found[1, 0])


def test_contour_lines_lie_where_a_level_is_crossed() -> None:
    heights = np.tile(np.linspace(0, 1, 200), (4, 1))
    covered = contours(heights, 4)[2]
    crossed = np.flatnonzero(covered > 0.5)
    for level in (0.25, 0.5, 0.75):
        assert np.abs(crossed - level * 199).min() < 1.5
    assert covered[20:40].max() == 0


def test_the_first_row_of_a_relief_is_below() -> None:
    shown = relief(np.tile(np.linspace(0, 1, 400)[:, None], (1, 3)), LIGHT).astype(int)
    assert shown[5, 1].sum() > shown[-5, 1].sum()  # high is bright, and the last row of the heights is above
