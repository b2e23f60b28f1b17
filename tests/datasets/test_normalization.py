"""Statistics of the training part, and their application."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.datasets.base import DataError, MeanStd, Part
from netspec.datasets.normalization import Normalization, fit_normalization
from tests.datasets.helpers import load

RNG = np.random.default_rng(0)


def part(x: np.ndarray) -> Part:
    return Part(x, np.zeros(len(x), np.int64), np.arange(len(x)))


@pytest.mark.parametrize(
    "x",
    [
        RNG.integers(0, 256, (1500, 5, 4, 3)).astype(np.uint8),
        RNG.normal(3.0, 2.0, (1500, 5, 4, 2)).astype(np.float32),
        RNG.normal(1e6, 1.0, (1500, 7)),
    ],
)
def test_standard_gives_mean_0_and_std_1_per_channel(x: np.ndarray) -> None:
    normalization, notes = fit_normalization("standard", part(x), 255.0)
    axes = tuple(range(x.ndim - 1))
    np.testing.assert_allclose(normalization.mean, x.astype(np.float64).mean(axes), rtol=1e-12)
    np.testing.assert_allclose(normalization.std, x.astype(np.float64).std(axes), rtol=1e-9)
    y = normalization.apply(x, np.float64)
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-9)
    np.testing.assert_allclose(y.std(axes), 1, atol=1e-9)
    assert notes == ()


def test_statistics_come_from_the_training_part_only(tmp_path: Path) -> None:
    train, test = np.zeros((4, 2), np.float32), np.full((4, 2), 1e6, np.float32)
    train[:2] = 2.0
    y = np.array([0, 1, 0, 1])
    np.savez(tmp_path / "a.npz", x_train=train, y_train=y, x_test=test, y_test=y)
    normalization = load(tmp_path, type="npz", file="a.npz").normalization
    assert normalization.mean.tolist() == [1.0, 1.0]
    assert normalization.std.tolist() == [1.0, 1.0]


def test_validation_samples_do_not_move_the_statistics(tmp_path: Path) -> None:
    data = load(tmp_path, type="digits", validation_split=0.3)
    train = data.train.x.astype(np.float64)
    assert data.normalization.mean[0] == pytest.approx(train.mean(), rel=1e-13)
    assert data.normalization.std[0] == pytest.approx(train.std(), rel=1e-13)


def test_a_constant_feature_gets_std_1_and_is_reported() -> None:
    x = RNG.normal(size=(100, 3)).astype(np.float32)
    x[:, 1] = 0.1
    normalization, notes = fit_normalization("standard", part(x), None)
    assert normalization.std[1] == 1.0
    assert np.all(np.abs(normalization.apply(x)[:, 1]) < 1e-6)
    assert notes == (
        "normalize: 1 of 3 features never change in the training part (1); their standard deviation 0 is replaced by 1",
    )


def test_unit_divides_by_the_white_value(tmp_path: Path) -> None:
    digits = load(tmp_path, type="digits", normalize="unit")
    assert digits.normalization.apply(digits.train.x).max() == 1.0
    assert digits.normalization.std.tolist() == [16.0]


def test_unit_is_refused_where_white_is_unknown() -> None:
    x = np.array([[0.5], [2.0]], np.float32)
    with pytest.raises(DataError) as caught:
        fit_normalization("unit", part(x), None)
    assert str(caught.value) == (
        '[data] normalize: "unit" divides pixels by their white value, but these are float32 numbers from 0.5 to 2; '
        'use normalize = "standard", "none" or { mean = [0], std = [the largest value] }'
    )


def test_given_statistics_must_fit_the_channels() -> None:
    x = np.zeros((2, 4, 4, 3), np.uint8)
    one, _ = fit_normalization(MeanStd(mean=[1.0], std=[2.0]), part(x), 255.0)
    assert one.mean.tolist() == [1.0] * 3
    with pytest.raises(DataError, match=r"normalize.mean: 2 numbers for data with 3 channels.*give 1 number .* or 3"):
        fit_normalization(MeanStd(mean=[1.0, 2.0], std=[2.0]), part(x), 255.0)


def test_json_gives_back_the_same_normalization() -> None:
    before = Normalization(RNG.normal(size=12), RNG.uniform(0.1, 1, 12), 16.0, (3, 2, 2))
    after = Normalization.from_json(before.to_json())
    assert np.array_equal(before.mean, after.mean)
    assert np.array_equal(before.std, after.std)
    assert (after.full_scale, after.image_shape) == (16.0, (3, 2, 2))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mean": [0], "std": [0], "full_scale": null, "image_shape": null}'])
def test_damaged_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a stored normalization"):
        Normalization.from_json(text)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_batch_gets_the_bits_of_the_whole(dtype: type) -> None:
    x = RNG.integers(0, 256, (300, 9, 7, 3)).astype(np.uint8)
    normalization, _ = fit_normalization("standard", part(x), 255.0)
    whole = normalization.apply(x, dtype)
    assert whole.dtype == dtype
    assert np.array_equal(whole[17:40], normalization.apply(x[17:40], dtype))
    exact = ((x.astype(np.float64) - normalization.mean) / normalization.std).astype(dtype)
    assert np.array_equal(whole, exact)
