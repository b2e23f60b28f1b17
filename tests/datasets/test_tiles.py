from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.datasets.tiles import Tile, cut, stitch, tile_starts, tiles_of

lengths = st.integers(1, 40)


@settings(deadline=None, max_examples=60)
@given(length=lengths, tile=lengths, overlap=st.integers(0, 10))
def test_tiles_cover_everything_and_overlap_enough(length: int, tile: int, overlap: int) -> None:
    tile, overlap = min(length, tile), min(overlap, min(length, tile) - 1)
    starts = tile_starts(length, tile, overlap)
    assert (starts[0], starts[-1] + tile) == (0, length)
    assert all(b - a <= tile - overlap for a, b in pairwise(starts))


def test_no_more_tiles_than_needed() -> None:
    assert tile_starts(512, 128) == [0, 128, 256, 384]
    assert tile_starts(512, 128, 32) == [0, 96, 192, 288, 384]
    assert tile_starts(130, 128) == [0, 2]
    assert tiles_of((3, 5), (3, 4)) == [Tile(0, 0), Tile(0, 1)]


@settings(deadline=None, max_examples=30)
@given(height=st.integers(4, 15), width=st.integers(5, 15), overlap=st.integers(0, 3))
def test_stitched_tiles_of_a_picture_are_the_picture(height: int, width: int, overlap: int) -> None:
    picture = np.random.default_rng(0).normal(size=(height, width, 2))
    tiles = tiles_of((height, width), (4, 5), overlap)
    pieces = np.stack([cut(picture, tile, (4, 5)).transpose(2, 0, 1) for tile in tiles])
    np.testing.assert_allclose(stitch(pieces, tiles, (height, width)), picture.transpose(2, 0, 1), rtol=1e-12)


def test_the_tile_in_whose_middle_a_pixel_lies_counts_most() -> None:
    pieces = np.stack([np.zeros((1, 1, 5)), np.ones((1, 1, 5))])
    stitched = stitch(pieces, [Tile(0, 0), Tile(0, 3)], (1, 8))
    np.testing.assert_allclose(stitched[0, 0], [0, 0, 0, 1 / 2, 1 / 2, 1, 1, 1])
    stitched = stitch(pieces, [Tile(0, 0), Tile(0, 1)], (1, 6))  # a row has one distance to the edge: all tiles weigh 1
    np.testing.assert_allclose(stitched[0, 0], [0, 1 / 2, 1 / 2, 1 / 2, 1 / 2, 1])
