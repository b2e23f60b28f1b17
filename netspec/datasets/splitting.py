"""Seeded, stratified choice of samples: parts of a set, and subsets of a part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Array, Part
from netspec.random import permutation

Index = NDArray[np.int64]


def split_indexes(y: Array, fractions: tuple[float, ...], seed: int, name: str = "split") -> list[Index]:
    """Divide the samples of `y` into disjoint parts of the given fractions (their sum is 1), class by class.

    Each part gets its fraction of all samples to within one and of each class to within two. Then a class of which the
    first part got nothing gives it one sample, from the part that has most of that class: with s such classes (only small
    ones can be) the first part has up to s samples more than that and the others together as many less.
    Dense targets count as one class. Each part's indexes are in ascending order.
    """
    parts: list[list[int]] = [[] for _ in fractions]
    behind = [0.0] * len(fractions)  # how many samples each part still has to get; carried from class to class
    for group in _groups(y, seed, name):
        for part, chosen in zip(parts, _deal(group, fractions, behind), strict=True):
            part += chosen
    indexes = [np.sort(np.array(part, np.int64)) for part in parts]
    check_disjoint(indexes, len(y))
    return indexes


def split_groups(groups: Array, fractions: tuple[float, ...], seed: int) -> list[Index]:
    """The same for samples that belong together in groups, (N,) names: the groups are divided, as one class."""
    names, group = np.unique(groups, return_inverse=True)
    parts = split_indexes(np.zeros((len(names), 1)), fractions, seed)
    return [np.flatnonzero(np.isin(group, part)) for part in parts]


def check_disjoint(parts: list[Index], n: int) -> None:
    """Raise AssertionError unless each of n samples is in exactly one part: a leak would make every score a lie."""
    counts = np.bincount(np.concatenate(parts), minlength=n) if parts else np.zeros(n)
    if len(counts) != n or np.any(counts != 1):
        raise AssertionError(f"split: {np.sum(counts != 1)} of {n} samples are not in exactly one part")


def limit_part(part: Part, limit: int | None, seed: int, name: str) -> Part:
    """At most `limit` samples of a part, classes in proportion (largest remainder), in the part's own order."""
    if limit is None or limit >= len(part):
        return part
    groups = _groups(part.y, seed, f"limit/{name}")
    wanted = np.array([len(g) * limit / len(part) for g in groups])
    counts = np.floor(wanted).astype(np.int64)
    by_remainder = np.argsort(-(wanted - counts), kind="stable")
    counts[by_remainder[: limit - int(counts.sum())]] += 1
    chosen = np.concatenate([g[:k] for g, k in zip(groups, counts, strict=True)])
    return part.take(np.sort(chosen))


def _groups(y: Array, seed: int, name: str) -> list[Index]:
    """The samples of each class in random order; all samples as one group for dense targets."""
    order = permutation(len(y), seed, name)
    if y.ndim > 1:
        return [order]
    return [order[y[order] == label] for label in np.unique(y)]


def _deal(group: Index, fractions: tuple[float, ...], behind: list[float]) -> list[list[int]]:
    """Give each sample to the part that is furthest behind its fraction; `behind` is updated."""
    dealt: list[list[int]] = [[] for _ in fractions]
    for sample in group.tolist():
        for i, fraction in enumerate(fractions):
            behind[i] += fraction
        furthest = behind.index(max(behind))
        behind[furthest] -= 1.0
        dealt[furthest].append(sample)
    if not dealt[0]:
        # Outside the books: many classes of one sample must not cost the larger classes their share of training.
        dealt[0].append(max(dealt, key=len).pop())
    return dealt
