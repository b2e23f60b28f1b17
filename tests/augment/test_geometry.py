"""Flips, crops, turns: against NumPy; masks and boxes go where their pictures go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.augment.base import Fill, Floats, Geometric, Scene, identity_maps
from netspec.augment.geometry import compose, move_boxes
from netspec.augment.random_resized_crop import RandomResizedCrop
from netspec.datasets.base import DataError, Part
from tests.augment.helpers import Array, augmentation, augmenter, look, pictures

PART = pictures(30, 9, 12)
ROWS = np.arange(len(PART))
MODES: dict[str, dict[str, Any]] = {
    "zeros": {"mode": "constant"}, "edge": {"mode": "edge"}, "reflect": {"mode": "reflect"},
}  # fmt: skip


@pytest.mark.parametrize(("axis", "turned"), [("horizontal", np.s_[:, :, ::-1]), ("vertical", np.s_[:, ::-1])])
def test_a_flip_mirrors_some_pictures_exactly(axis: str, turned: Any) -> None:
    x = look(PART, augmentation("flip", axis=axis))
    mirrored = PART.x[turned]
    is_mirrored = np.array([np.array_equal(a, b) for a, b in zip(x, mirrored, strict=True)])
    assert np.array_equal(x[~is_mirrored], PART.x[~is_mirrored])
    assert 5 < is_mirrored.sum() < 25
    assert np.array_equal(look(PART, augmentation("flip", axis=axis, probability=1)), mirrored)


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("flips", [False, True])
def test_a_crop_of_padded_pictures_is_one_of_numpys(fill: Fill, flips: bool) -> None:
    x = look(PART, *[augmentation("flip", probability=1)] * flips, augmentation("random_crop", padding=3, fill=fill))
    found = set()
    for stored, made in zip(PART.x[:, :, ::-1] if flips else PART.x, x, strict=True):
        padded = np.pad(stored, ((3, 3), (3, 3), (0, 0)), **MODES[fill])
        places = [(i, j) for i in range(7) for j in range(7) if np.array_equal(padded[i : i + 9, j : j + 12], made)]
        assert places
        found.add(places[0])
    assert len(found) > 15
    assert {i for i, _ in found} | {j for _, j in found} == set(range(7))


def test_what_a_mean_fill_shows_becomes_0_to_within_half_a_step() -> None:
    x = look(PART, augmentation("random_crop", padding=9, fill="mean"))
    assert (x.reshape(-1, 3) == [100, 110, 120]).all(axis=1).mean() > 0.2


def test_larger_stored_pictures_are_cut_at_every_place() -> None:
    part = pictures(200, 8, 10).cut((6, 6), keep=True)
    assert np.array_equal(part.x, part.stored[:, 1:7, 2:8]) if part.stored is not None else False
    places = set()
    for stored, made in zip(pictures(200, 8, 10).x, look(part, augmentation("random_crop")), strict=True):
        places |= {(i, j) for i in range(3) for j in range(5) if np.array_equal(stored[i : i + 6, j : j + 6], made)}
    assert places == {(i, j) for i in range(3) for j in range(5)}


class Quarter(Geometric):
    """A quarter turn."""

    def maps(self, draws: Floats, scene: Scene) -> Floats:
        return np.tile(np.array([[0.0, -1.0, scene.size[1]], [1.0, 0.0, 0.0]]), (len(draws), 1, 1))


def test_maps_of_a_quarter_turn_give_numpys() -> None:
    part = pictures(4, 8, 8)
    assert np.array_equal(look(part, Quarter()), np.rot90(part.x, axes=(1, 2)))
    assert np.array_equal(look(part, Quarter(), Quarter()), np.rot90(part.x, 2, axes=(1, 2)))


def test_interpolation_of_a_plane_gives_the_plane() -> None:
    rows, columns = np.mgrid[:20, :20]
    plane = (3.0 * rows + 5.0 * columns)[None, ..., None].repeat(3, axis=3).astype(np.uint8)
    part = Part(plane, np.zeros(1, np.int64), np.arange(1))
    made = augmenter(part, augmentation("rotation", degrees=30, fill="edge"))
    maps = identity_maps(1)
    maps[0] = [[0.9, 0.1, 1.0], [-0.1, 0.8, 2.5]]
    x = made._warped(made.stored, np.zeros(1, np.int64), maps)[0, :, :, 0]
    u = 0.9 * (columns + 0.5) + 0.1 * (rows + 0.5) + 1.0 - 0.5
    v = -0.1 * (columns + 0.5) + 0.8 * (rows + 0.5) + 2.5 - 0.5
    inside = (u >= 0) & (u <= 19) & (v >= 0) & (v <= 19)
    assert inside.mean() > 0.8
    np.testing.assert_allclose(x[inside], (3 * v + 5 * u)[inside], atol=0.5 + 1e-9)


def test_random_resized_crops_have_the_areas_and_ratios_that_were_asked_for() -> None:
    item, scene = RandomResizedCrop(scale=(0.2, 0.5), ratio=(0.5, 2.0)), Scene((200, 300), (32, 32), 3, 1)
    maps = item.maps(np.random.default_rng(0).random((4000, item.draws)), scene)
    w, h = maps[:, 0, 0] * 32, maps[:, 1, 1] * 32
    share, ratio = w * h / 60_000, w / h
    assert share.min() > 0.19
    assert share.max() < 0.51
    assert abs(share.mean() - 0.35) < 0.01
    assert 0.49 < ratio.min() < ratio.max() < 2.05
    assert abs(np.log(ratio).mean()) < 0.1  # wide cuts fit more often into a wide picture
    left, top = maps[:, 0, 2], maps[:, 1, 2]
    assert left.min() == top.min() == 0
    assert (left + w).max() <= 300
    assert (top + h).max() <= 200


def test_a_cut_that_never_fits_is_the_largest_in_the_middle() -> None:
    item = RandomResizedCrop(scale=(1, 1), ratio=(1, 1))
    maps = item.maps(np.zeros((1, item.draws)), Scene((10, 30), (8, 8), 3, 1))
    assert np.array_equal(maps[0], [[10 / 8, 0, 10], [0, 10 / 8, 0]])


GEOMETRY = {
    "flip": augmentation("flip"),
    "random_crop": augmentation("random_crop", padding=4),
    "random_resized_crop": augmentation("random_resized_crop", scale=(0.4, 1.0)),
    "rotation": augmentation("rotation", degrees=90),
    "affine": augmentation("affine", degrees=20, translate=(0.2, 0.2), scale=(0.7, 1.3), shear=20),
}


def squares(n: int, side: int) -> tuple[Array, Array]:
    """Black pictures with a white rectangle each, and its box."""
    rng = np.random.default_rng(0)
    x, boxes = np.zeros((n, side, side, 3), np.uint8), np.zeros((n, 2, 5), np.float32)
    for i in range(n):
        left, top = rng.integers(8, side - 24, 2)
        w, h = rng.integers(8, 16, 2)
        x[i, top : top + h, left : left + w] = 255
        boxes[i] = [[1, left, top, left + w, top + h], [-1, 0, 0, 0, 0]]
    return x, boxes


@pytest.mark.parametrize("item", GEOMETRY.values(), ids=GEOMETRY)
def test_boxes_frame_what_they_framed(item: Geometric) -> None:
    x, boxes = squares(40, 48)
    looks = augmenter(Part(x, boxes, np.arange(40)), item).batch(np.arange(40), 0)
    for made, moved in zip(looks.x, looks.y, strict=True):
        rows, columns = np.nonzero(made[:, :, 0] > 100)
        assert moved[1, 0] == -1
        if moved[0, 0] == -1:
            assert len(rows) < 30  # it was cut off, but for a tenth
            continue
        frame = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        np.testing.assert_allclose(moved[0, 1:], frame, atol=2.5)
        assert (moved[0, 1:] >= 0).all()
        assert (moved[0, 1:] <= 48).all()


@pytest.mark.parametrize("item", GEOMETRY.values(), ids=GEOMETRY)
def test_masks_cover_what_they_covered_and_ignore_what_comes_in(item: Geometric) -> None:
    x, _ = squares(40, 48)
    masks = (x[..., 0] > 0).astype(np.int64)
    looks = augmenter(Part(x, masks, np.arange(40)), item, outside=7).batch(np.arange(40), 0)
    assert looks.y.dtype == np.int64
    is_object = looks.x[..., 0] >= 128
    disagree = (is_object != (looks.y == 1)) & (looks.y != 7)
    assert disagree.mean() < 0.01
    assert set(np.unique(looks.y)) <= {0, 1, 7}
    if item.type_name() in ("flip", "random_resized_crop"):
        assert 7 not in looks.y


def test_a_box_that_is_cut_to_nothing_is_no_box() -> None:
    boxes = np.array([[[0, 1, 1, 5, 5], [2, 8, 0, 12, 4]]], np.float32)
    maps = identity_maps(1)
    maps[0, 0, 2] = 4.8  # to the left
    moved = move_boxes(boxes, maps, (10, 10))
    np.testing.assert_allclose(moved[0], [[-1, 0, 0, 0, 0], [2, 3.2, 0, 7.2, 4]], atol=1e-6)


def test_composed_maps_are_those_of_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    first, second, place = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2))

    def apply(maps: Array, p: Array) -> Array:
        return np.einsum("nij,nj->ni", maps[:, :, :2], p) + maps[:, :, 2]

    np.testing.assert_allclose(apply(compose(first, second), place), apply(first, apply(second, place)))


def test_masks_without_a_label_for_outside_are_refused_unless_nothing_comes_in() -> None:
    part = Part(PART.x, np.zeros(PART.x.shape[:3], np.int64), ROWS)
    with pytest.raises(DataError, match=r"augment\[0\] rotation\.fill: .*; set ignore_index = 255"):
        augmenter(part, augmentation("rotation"))
    for item in (augmentation("rotation", fill="reflect"), augmentation("flip")):
        assert augmenter(part, item).batch(ROWS, 0).y.shape == part.y.shape
