"""Batches in order, errors across the thread, and no thread left behind."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import netspec.datasets.loader as loader_module
from netspec.datasets.base import Part
from netspec.datasets.loader import Loader, Shuffle, epoch_order
from netspec.datasets.normalization import Normalization
from tests.datasets.helpers import SHARED, load, needs

N = 203
NORMALIZATION = Normalization(np.array([3.0, 4.0]), np.array([2.0, 5.0]))


def make_part(n: int = N) -> Part:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (n, 6, 5, 2)).astype(np.uint8)
    return Part(x, rng.integers(0, 10, n), np.arange(n))


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "netspec-loader"]


@pytest.mark.parametrize("group_bytes", [1, 20_000, 1 << 30])
@pytest.mark.parametrize("whole_bytes", [0, 1 << 30])
def test_batches_are_the_normalized_rows_in_the_given_order(
    monkeypatch: pytest.MonkeyPatch, group_bytes: int, whole_bytes: int
) -> None:
    monkeypatch.setattr(loader_module, "_GROUP_BYTES", group_bytes)
    monkeypatch.setattr(loader_module, "_WHOLE_PART_BYTES", whole_bytes)
    part, order = make_part(), epoch_order(N, 1, 0, "every_epoch")
    batches = list(Loader(part, NORMALIZATION, 16, order))
    assert np.array_equal(np.concatenate([b.index for b in batches]), order)
    assert np.array_equal(np.concatenate([b.x for b in batches]), NORMALIZATION.apply(part.x)[order])
    assert np.array_equal(np.concatenate([b.y for b in batches]), part.y[order])
    assert [len(b.y) for b in batches] == [16] * 12 + [11]
    assert all(b.x.flags.c_contiguous and b.x.dtype == np.float32 for b in batches)


def test_last_batch_is_kept_or_dropped_as_asked() -> None:
    part, order = make_part(), np.arange(N)
    keep, drop = (Loader(part, NORMALIZATION, 16, order, last_batch=choice) for choice in ("keep", "drop"))  # type: ignore[arg-type]
    assert len(keep) == len(list(keep)) == 13
    assert len(drop) == len(list(drop)) == 12


def test_start_skips_batches_and_leaves_the_others_as_they_were() -> None:
    part, order = make_part(), epoch_order(N, 1, 3, "every_epoch")
    whole = list(Loader(part, NORMALIZATION, 10, order))
    rest = Loader(part, NORMALIZATION, 10, order, start=15)
    assert len(rest) == 6
    for a, b in zip(whole[15:], rest, strict=True):
        assert np.array_equal(a.x, b.x)
        assert np.array_equal(a.index, b.index)
    assert list(Loader(part, NORMALIZATION, 10, order, start=99)) == []


def test_an_exception_of_the_thread_reaches_the_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_module, "_GROUP_BYTES", 1)
    order = np.arange(N)
    order[100] = 5000
    batches = iter(Loader(make_part(), NORMALIZATION, 10, order))
    assert [len(next(batches).y) for _ in range(10)] == [10] * 10
    with pytest.raises(IndexError, match="5000"):
        next(batches)
    assert threads() == []


def test_stopping_early_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_module, "_GROUP_BYTES", 1)
    loader = Loader(make_part(), NORMALIZATION, 1, np.arange(N))
    batches = iter(loader)
    next(batches)
    assert len(threads()) == 1
    batches.close()  # type: ignore[attr-defined]
    assert threads() == []
    for i, _ in enumerate(loader):
        if i == 3:
            break
    assert threads() == []


def test_nothing_is_computed_far_ahead_of_the_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_module, "_GROUP_BYTES", 1)
    made = 0

    class Counting(Loader):
        def batches(self):  # type: ignore[no-untyped-def]
            nonlocal made
            for batch in super().batches():
                made += 1
                yield batch

    batches = iter(Counting(make_part(), NORMALIZATION, 1, np.arange(N)))
    next(batches)
    time.sleep(0.1)
    assert made <= 5
    batches.close()  # type: ignore[attr-defined]


def test_the_normalized_part_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    part = make_part()
    list(Loader(part, NORMALIZATION, 10, np.arange(N)))
    monkeypatch.setattr(Normalization, "apply", lambda *_: pytest.fail("normalized again"))
    list(Loader(part, NORMALIZATION, 10, np.arange(N)))


@pytest.mark.parametrize("shuffle", ["every_epoch", "once", "never"])
def test_epoch_order_is_a_pure_function(shuffle: Shuffle) -> None:
    orders = [epoch_order(50, 3, epoch, shuffle).tolist() for epoch in (0, 1, 0)]
    assert orders[0] == orders[2]
    assert (orders[0] == orders[1]) == (shuffle != "every_epoch")
    assert (orders[0] == list(range(50))) == (shuffle == "never")
    assert sorted(orders[1]) == list(range(50))


@needs("mnist")
def test_mnist_batches_take_less_than_150_microseconds() -> None:
    data = load(SHARED, type="idx", root="mnist")
    order = epoch_order(60_000, 0, 0, "every_epoch")
    list(Loader(data.train, data.normalization, 64, order))  # normalizes
    best = float("inf")
    for _ in range(5):  # the best of five: the machine is shared
        start = time.perf_counter()
        count = sum(1 for _ in Loader(data.train, data.normalization, 64, order))
        best = min(best, (time.perf_counter() - start) / count)
    assert best < 150e-6
