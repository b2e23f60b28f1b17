"""mixup and cutmix: shares, partners, probabilities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from netspec.augment.beta import beta_quantiles
from netspec.datasets.base import DataError, Part
from netspec.datasets.batch import Batch, Key
from netspec.datasets.loader import Loader
from tests.augment.helpers import CLASSES, NORMALIZATION, augmentation, augmenter, pictures

PART = pictures(50)
ROWS = np.arange(len(PART))


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0, 7.5, 100.0])
def test_quantiles_have_the_moments_of_the_beta_distribution(alpha: float) -> None:
    x = beta_quantiles((np.arange(200_000) + 0.5) / 200_000, alpha)
    assert abs(x.mean() - 0.5) < 1e-9
    assert math.isclose(x.var(), 1 / (4 * (2 * alpha + 1)), rel_tol=2e-3)
    fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3))
    assert math.isclose(((x - 0.5) ** 4).mean(), fourth, rel_tol=5e-3)
    assert (np.diff(x) >= 0).all()


def test_an_alpha_of_1_is_even() -> None:
    u = np.linspace(0, 0.999, 1000)
    np.testing.assert_allclose(beta_quantiles(u, 1.0), u, atol=1e-6)


def test_mixup_averages_two_pictures_and_their_classes() -> None:
    item = augmentation("mixup", alpha=1.0)
    made = augmenter(PART, item)
    looks = made.batch(ROWS, 0)
    draws = made._draw(0, item, ROWS, 0, more=1)[1]
    share, partner = beta_quantiles(draws[:, 0], 1.0), (draws[:, 1] * len(PART)).astype(int)
    weight = share[:, None, None, None]
    np.testing.assert_allclose(looks.x, weight * PART.x + (1 - weight) * PART.x[partner], atol=0.51)
    wanted = share[:, None] * np.eye(CLASSES)[PART.y] + (1 - share[:, None]) * np.eye(CLASSES)[PART.y[partner]]
    assert looks.soft is not None
    np.testing.assert_allclose(looks.soft, wanted, atol=1e-6)
    np.testing.assert_allclose(looks.soft.sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(looks.y, np.where(share >= 0.5, PART.y, PART.y[partner]))


def test_the_partner_looks_as_it_does_itself_in_that_epoch() -> None:
    flip, item = augmentation("flip"), augmentation("mixup", alpha=100.0)
    made, alone = augmenter(PART, flip, item), augmenter(PART, flip).batch(ROWS, 4).x.astype(np.float64)
    draws = made._draw(1, item, ROWS, 4, more=1)[1]
    share, partner = beta_quantiles(draws[:, 0], 100.0)[:, None, None, None], (draws[:, 1] * len(PART)).astype(int)
    np.testing.assert_allclose(made.batch(ROWS, 4).x, share * alone + (1 - share) * alone[partner], atol=0.51)


def test_cutmix_gives_each_class_its_share_of_the_pixels() -> None:
    flat = Part(np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8), PART.y, ROWS)
    looks = augmenter(flat, augmentation("cutmix")).batch(ROWS, 0)
    assert looks.soft is not None
    for row, (picture, soft) in enumerate(zip(looks.x[..., 0], looks.soft, strict=True)):
        values, counts = np.unique(picture, return_counts=True)
        assert len(values) <= 2
        wanted = np.zeros(CLASSES)
        np.add.at(wanted, flat.y[values], counts / 64)
        np.testing.assert_allclose(soft, wanted, atol=1e-6)
        assert looks.y[row] == soft.argmax() or np.isclose(soft[looks.y[row]], soft.max())


def test_batches_of_the_loader_have_the_probabilities_of_their_rows() -> None:
    made = augmenter(PART, augmentation("mixup"))
    batches = list(Loader(PART, NORMALIZATION, 16, ROWS[::-1], augmenter=made))
    soft = np.concatenate([batch.soft for batch in batches if batch.soft is not None])
    assert np.array_equal(soft, made.batch(ROWS[::-1], 0).soft)


def test_what_finishes_a_batch_gets_augmented_bytes_and_the_key() -> None:
    made, seen = augmenter(PART, augmentation("flip", probability=1)), []

    def finish(batch: Batch, key: Key | None) -> Batch:
        seen.append(key)
        assert batch.x.dtype == np.uint8
        return replace(batch, x=batch.x[:, ::-1])

    loader = Loader(PART, NORMALIZATION, 16, ROWS, augmenter=made, finish=finish, key=Key(3, 5))
    x = np.concatenate([batch.x for batch in loader])
    assert np.array_equal(x, NORMALIZATION.apply(PART.x[:, ::-1, ::-1]))
    assert seen == [Key(3, 5)] * 4


def test_samples_without_a_class_cannot_be_mixed() -> None:
    part = Part(PART.x, np.where(ROWS == 3, 255, PART.y), ROWS)
    with pytest.raises(
        DataError, match=r"augment\[0\] mixup: the training part has samples without a class \(label 255\)"
    ):
        augmenter(part, augmentation("mixup"))
    with pytest.raises(DataError, match="cutmix: it mixes pictures with one class each"):
        augmenter(Part(PART.x, np.zeros((50, 2)), ROWS), augmentation("cutmix"))
