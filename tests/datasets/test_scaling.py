"""scale_to_input: stored pictures of any size for networks of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.datasets.base import DataError
from netspec.datasets.check import check_data
from netspec.datasets.load import Data, load_data
from netspec.datasets.npz import Npz
from netspec.datasets.scaling import scale


def load(folder: Path, pictures: np.ndarray, shape: tuple[int, ...], **keys: object) -> Data:
    np.savez(folder / "a.npz", images=pictures, labels=np.arange(len(pictures)) % 2)
    data = Npz.model_validate({"type": "npz", "file": "a.npz", "scale_to_input": True, "normalize": "none", **keys})
    assert check_data(data, folder, input_shape=shape).ok
    return load_data(data, base_dir=folder, seed=0, validation_split=0, input_shape=shape)


def test_grey_pictures_become_colour_pictures_of_the_inputs_size(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (10, 6, 6), np.uint8)
    data = load(tmp_path, pictures, (3, 12, 9))
    assert (data.train.shape, data.train.x.dtype) == ((3, 12, 9), np.dtype("uint8"))
    assert np.array_equal(data.train.x[..., 0], data.train.x[..., 2])
    assert "pictures of 6×6 are scaled to 9×12, their grey repeated for 3 channels" in " ".join(data.notes)


def test_twice_the_size_is_what_bilinear_interpolation_by_hand_gives() -> None:
    """Centres of pixels lie at half steps: the new values are 3/4 of the nearer and 1/4 of the other neighbour."""
    x = np.array([[0.0, 8.0], [16.0, 24.0]], np.float32)[None, :, :, None]
    columns = np.array([0, 2, 6, 8.0])
    assert np.allclose(scale(x, (1, 4, 4))[0, :, :, 0], np.array([0, 4, 12, 16.0])[:, None] + columns)


def test_floats_keep_their_type_and_range(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).normal(size=(10, 4, 4, 2)).astype(np.float64)
    x = load(tmp_path, pictures, (2, 8, 8)).train.x
    assert x.dtype == np.float64
    assert pictures.min() <= x.min() < x.max() <= pictures.max()


def test_what_does_not_fit_is_refused_with_the_sizes(tmp_path: Path) -> None:
    pictures = np.zeros((4, 4, 4, 3), np.uint8)
    with pytest.raises(DataError, match=r"samples are \[3, 4, 4\], the network's input is \[1, 8, 8\]"):
        load_at(tmp_path, pictures, (1, 8, 8))
    with pytest.raises(DataError, match=r"would take \d+ GiB; use a smaller input"):
        load_at(tmp_path, pictures, (3, 30_000, 30_000))
    with pytest.raises(DataError, match=r"set shape = \[3, 4, 4\] under \[input\], or scale_to_input = true under \[data\]"):
        load_at(tmp_path, pictures, (3, 8, 8), scale_to_input=False)


def load_at(folder: Path, pictures: np.ndarray, shape: tuple[int, ...], **keys: object) -> Data:
    np.savez(folder / "a.npz", images=pictures, labels=np.arange(len(pictures)) % 2)
    split = {"train": 0.5, "test": 0.5}
    data = Npz.model_validate({"type": "npz", "file": "a.npz", "scale_to_input": True, "split": split, **keys})
    return load_data(data, base_dir=folder, seed=0, validation_split=0, input_shape=shape)
