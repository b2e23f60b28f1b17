"""Splits and subsets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.datasets.base import Part
from netspec.datasets.splitting import check_disjoint, limit_part, split_indexes

labels = st.lists(st.integers(0, 5), min_size=1, max_size=200).map(lambda items: np.array(items, np.int64))
fractions = st.tuples(st.floats(0.05, 1), st.floats(0, 1), st.floats(0, 1)).map(
    lambda f: (f[0] / sum(f), f[1] / sum(f), f[2] / sum(f))
)


@settings(deadline=None)
@given(labels, fractions, st.integers(0, 1000))
def test_split_is_disjoint_complete_and_stratified(
    y: np.ndarray, shares: tuple[float, float, float], seed: int
) -> None:
    parts = split_indexes(y, shares, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for label in np.unique(y):
        n = int(np.sum(y == label))
        for i, (index, share) in enumerate(zip(parts, shares, strict=True)):
            got = int(np.sum(y[index] == label))
            assert abs(got - share * n) < 2 or (i == 0 and got == 1)
            assert got >= 1 or i > 0, "every class must be in the training part"
    moved = sum(np.sum(y[parts[0]] == label) == 1 for label in np.unique(y))  # at most: those that were given one
    for i, (index, share) in enumerate(zip(parts, shares, strict=True)):
        over = len(index) - share * len(y)
        assert -1 - (i > 0) * moved < over < 1 + (i == 0) * moved


@settings(deadline=None)
@given(labels, st.floats(0.5, 1), st.integers(0, 1000))
def test_many_small_classes_do_not_distort_the_total(y: np.ndarray, train: float, seed: int) -> None:
    """Rounding each class by itself would give a tenth of classes of 4 samples nothing, or 2.5 times too much."""
    y = np.concatenate([y, np.repeat(np.arange(6, 46), 4)])
    parts = split_indexes(y, (train, 1 - train), seed)
    singles = int(np.sum(np.bincount(y) == 1))
    assert abs(len(parts[0]) - train * len(y)) <= 1 + singles


def test_split_follows_the_seed() -> None:
    y = np.arange(100) % 4
    first, again, other = (split_indexes(y, (0.8, 0.2), seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


def test_dense_targets_are_split_as_one_group() -> None:
    train, test = split_indexes(np.zeros((50, 2), np.float32), (0.8, 0.2), seed=0)
    assert (len(train), len(test)) == (40, 10)


def test_a_sample_in_two_parts_is_caught() -> None:
    with pytest.raises(AssertionError, match="1 of 3 samples are not in exactly one part"):
        check_disjoint([np.array([0, 1]), np.array([1, 2])], 3)


@settings(deadline=None)
@given(labels, st.integers(1, 250), st.integers(0, 100))
def test_limit_keeps_exactly_so_many_samples_in_proportion(y: np.ndarray, limit: int, seed: int) -> None:
    part = Part(np.arange(len(y), dtype=np.float32)[:, None], y, np.arange(len(y)))
    kept = limit_part(part, limit, seed, "train")
    assert len(kept) == min(limit, len(y))
    assert np.all(np.diff(kept.names) > 0)
    for label in np.unique(y):
        share = np.sum(y == label) * len(kept) / len(y)
        assert abs(np.sum(kept.y == label) - share) < 1
