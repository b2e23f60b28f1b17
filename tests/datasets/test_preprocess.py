"""What predict feeds to the network equals what training fed to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.datasets.base import DataError
from netspec.datasets.preprocess import preprocess
from tests.datasets.helpers import dataset, load


def test_a_training_picture_comes_out_as_in_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in ("ant", "bee"):
        (tmp_path / label).mkdir()
        for i in range(3):
            Image.fromarray(rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)).save(tmp_path / label / f"{i}.jpg")
    keys = {"type": "image_folder", "root": ".", "size": 16, "resize": 20}
    data = load(tmp_path, split={"train": 1}, **keys)  # type: ignore[arg-type]
    expected = data.normalization.apply(data.train.x)
    for i, name in enumerate(data.train.names):
        x = preprocess(dataset(**keys), tmp_path / name, (3, 16, 16), data.normalization)
        assert np.array_equal(x, expected[i : i + 1])


@pytest.mark.parametrize("input_shape", [(1, 8, 8), (64,)])
def test_a_picture_of_a_digit_gets_the_value_range_of_the_digits(tmp_path: Path, input_shape: tuple[int, ...]) -> None:
    data = load(tmp_path, type="digits", input_shape=input_shape)
    digit = dataset(type="digits").read(tmp_path, None).parts["all"].x[7, ..., 0]
    Image.fromarray((digit * 255.0 / 16).round().astype(np.uint8)).convert("RGB").save(tmp_path / "7.png")
    x = preprocess(dataset(type="digits"), tmp_path / "7.png", input_shape, data.normalization)
    expected = data.normalization.apply(digit.reshape(1, *input_shape[1:], *input_shape[:1]))
    np.testing.assert_allclose(x, expected, atol=0.5 / 255 * 16 / data.normalization.std[0])  # the PNG has 256 steps


def test_a_larger_picture_is_resized_to_the_network(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits")
    Image.new("L", (100, 60), 255).save(tmp_path / "white.png")
    x = preprocess(None, tmp_path / "white.png", (1, 8, 8), data.normalization)
    assert x.shape == (1, 8, 8, 1)
    np.testing.assert_allclose(x, (16 - data.normalization.mean[0]) / data.normalization.std[0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8), (5, 8, 8), (5, 8, 8, 1), (8, 8, 1), (5, 64)])
def test_arrays_are_taken_with_or_without_the_batch_axis(tmp_path: Path, shape: tuple[int, ...]) -> None:
    data = load(tmp_path, type="digits")
    array = np.random.default_rng(0).integers(0, 17, shape).astype(np.uint8)
    x = preprocess(None, array, (1, 8, 8), data.normalization)
    assert x.shape == (array.size // 64, 8, 8, 1)
    assert np.array_equal(x.ravel(), data.normalization.apply(array.reshape(-1, 1)).ravel())


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    digits = load(tmp_path, type="digits").normalization
    moons = load(tmp_path, type="synthetic", kind="moons").normalization
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"shape \[5, 7, 8\] does not hold samples for the network's input \[1, 8, 8\]"):
        preprocess(None, np.zeros((5, 7, 8)), (1, 8, 8), digits)
    with pytest.raises(DataError, match="a picture does not fit a network whose input is vectors of 2 values"):
        preprocess(None, tmp_path / "a.png", (2,), moons)
    with pytest.raises(DataError, match=r"none.png: does not exist"):
        preprocess(None, tmp_path / "none.png", (1, 8, 8), digits)


def test_a_picture_for_a_network_of_float_pictures_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(6, 4, 4)), y=np.arange(6) % 2)
    normalization = load(tmp_path, type="npz", file="a.npz", split={"train": 1}).normalization
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"training values have no known white value; give a \.npy file"):
        preprocess(None, tmp_path / "a.png", (1, 4, 4), normalization)
