"""What holds for every augmentation: each sample is a function of seed, epoch and its row, and of nothing else."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from netspec.augment.base import Augmentation
from netspec.datasets.batch import Key
from netspec.datasets.loader import Loader, epoch_order
from netspec.registry import plugins
from tests.augment.helpers import EVERY, NORMALIZATION, augmenter, look, pictures

PART = pictures()
ROWS = np.arange(len(PART))
every = pytest.mark.parametrize("item", EVERY.values(), ids=EVERY)


def test_every_type_is_tested() -> None:
    assert list(EVERY) == list(plugins("netspec.augment"))


@every
def test_a_sample_looks_the_same_in_any_batch_and_order(item: Augmentation) -> None:
    made = augmenter(PART, item)
    whole = made.batch(ROWS, 3)
    assert not np.array_equal(whole.x, PART.x)
    for rows in (ROWS[::-1], ROWS[7:8], np.array([5, 5, 30, 2])):
        some = made.batch(rows, 3)
        assert np.array_equal(some.x, whole.x[rows])
        assert np.array_equal(some.y, whole.y[rows])
        assert (some.soft is None) == (whole.soft is None)
        assert some.soft is None or whole.soft is None or np.array_equal(some.soft, whole.soft[rows])


@every
def test_epochs_seeds_and_places_in_the_list_draw_different_numbers(item: Augmentation) -> None:
    first = look(PART, item)
    assert not np.array_equal(first, look(PART, item, epoch=1))
    assert not np.array_equal(first, augmenter(PART, item, seed=1).batch(ROWS, 0).x)
    made = augmenter(PART, item)
    numbers = [made._draw(place, item, ROWS, 0, more=1)[1] for place in range(2)]
    assert not np.array_equal(*numbers)


@every
def test_the_loader_gives_the_same_samples_at_any_batch_size_and_after_a_resume(item: Augmentation) -> None:
    made, order = augmenter(PART, item), epoch_order(len(PART), 0, 2, "every_epoch")

    def samples(size: int, start: int = 0) -> list[bytes]:
        loader = Loader(PART, NORMALIZATION, size, order, start=start, augmenter=made, key=Key(0, 2))
        batches = list(loader)
        assert len(batches) == -(-len(PART) // size) - start
        assert np.array_equal(np.concatenate([batch.index for batch in batches]), order[start * size :])
        return [row.tobytes() for batch in batches for row in batch.x]

    whole = samples(40)
    assert samples(7) == whole
    assert samples(16, start=1) == whole[16:]


@every
def test_several_threads_at_once_give_the_same_samples(item: Augmentation) -> None:
    made, found = augmenter(PART, item), {}

    def run(number: int) -> None:
        found[number] = made.batch(ROWS, 0).x

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[number], look(PART, item)) for number in range(4))


@pytest.mark.parametrize("kind", [name for name, item in EVERY.items() if "probability" in type(item).model_fields])
def test_a_probability_of_0_changes_nothing_and_a_half_changes_half(kind: str) -> None:
    part = pictures(400, 6, 6)
    never, half = (EVERY[kind].model_copy(update={"probability": share}) for share in (0.0, 0.5))
    assert np.array_equal(look(part, never), part.x)
    changed = np.any(look(part, half) != part.x, axis=(1, 2, 3)).mean()
    assert 0.3 < changed < 0.6


@every
def test_a_summary_says_what_it_does(item: Augmentation) -> None:
    assert item.summary().endswith((".", "(α, α)."))
