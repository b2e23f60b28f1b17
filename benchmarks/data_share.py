"""The share of an MNIST epoch of LeNet-5 that is compute: the time of its training steps alone, by the epoch's time.

An epoch, from asking for its first batch to its last step, holds beside the steps the shuffling, gathering and handing over
of batches, the running metrics, the schedule and the history on the disk. Epochs and steps alone take turns. Goal: ≥ 0.95.

python -m benchmarks.data_share --root ../shared/data/mnist
python -m benchmarks.data_share --root ../shared/data/mnist --augment     with pictures turned and moved anew each time
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import netspec
from benchmarks.table import milliseconds
from netspec.datasets.load import load_data
from netspec.datasets.loader import Batch, Loader, epoch_order
from netspec.lane import Lane
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.training.events import Event, Step

GOAL = 0.95
KEPT = 64
"""Batches that the steps alone go round; more than the caches hold."""


@dataclass(frozen=True)
class Share:
    """Seconds a step, in an epoch and alone; medians over the epochs."""

    in_epoch: float
    alone: float
    share: float


def measure(spec: Spec, threads: int | None, limit_batches: int | None = None) -> Share:
    """Train the spec's epochs, the first of which does not count, and between them take as many steps alone."""
    with tempfile.TemporaryDirectory() as folder:
        events = netspec.train(spec, output=Path(folder) / "run", threads=threads, limit_batches=limit_batches)
        batches = list(islice(_batches(spec), KEPT))
        other = netspec.compile(spec, threads=threads)
        epochs = []
        for seconds, steps in epoch_times(events):
            epochs.append((seconds / steps, steps_alone(other.lanes[0], batches, steps) / steps))
    counted = epochs[1:] or epochs
    in_epoch, alone = (statistics.median(column) for column in zip(*counted, strict=True))
    return Share(in_epoch, alone, statistics.median(ours / whole for whole, ours in counted))


def epoch_times(events: Iterator[Event]) -> Iterator[tuple[float, int]]:
    """Seconds and steps of each epoch, without what follows its last step: validation and saving."""
    started, last, steps = None, 0.0, 0
    while True:
        asked = time.perf_counter()
        event = next(events, None)
        if isinstance(event, Step):
            started, last, steps = asked if started is None else started, time.perf_counter(), steps + 1
        elif started is not None and (event is None or event.event == "epoch"):
            yield last - started, steps
            started, steps = None, 0
        if event is None:
            return


def steps_alone(lane: Lane, batches: Sequence[Batch], steps: int) -> float:
    """Seconds of so many training steps on batches that are ready."""
    started = time.perf_counter()
    for number in range(steps):
        batch = batches[number % len(batches)]
        lane.train_step(batch.x, batch.y, lr=1e-6)
    return time.perf_counter() - started


def _batches(spec: Spec) -> Iterator[Batch]:
    assert spec.data is not None
    data = load_data(
        spec.data, base_dir=spec.base_dir, seed=spec.seed, validation_split=spec.train.validation_split,
        input_shape=spec.inputs[0].shape,
    )  # fmt: skip
    order = epoch_order(len(data.train), spec.seed, 0, "every_epoch")
    return Loader(data.train, data.normalization, spec.train.batch_size, order, last_batch="drop").batches()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the share; 1 when it is below the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", default="data/mnist", help="folder with MNIST's files")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--threads", type=int, default=None, help="default: all cores")
    parser.add_argument("--limit-batches", type=int, default=None, help="only so many steps of each epoch")
    parser.add_argument("--augment", action="store_true", help="rotation and random_crop of every picture")
    given = parser.parse_args(argv)
    overrides = [
        f"data.root={Path(given.root).resolve()}",
        f"train.epochs={given.epochs}",
        "train.validation_split=0.0",
    ]
    if given.augment:
        overrides.append('data.augment=["rotation", { type = "random_crop", padding = 2 }]')
    spec = netspec.load(shipped_specs()["lenet5"], overrides)
    found = measure(spec, given.threads, given.limit_batches)
    print(f"a step in an epoch {milliseconds(found.in_epoch)} ms, alone {milliseconds(found.alone)} ms: "
          f"{100 * found.share:.1f} % of the epoch is compute (goal {100 * GOAL:.0f} %)")  # fmt: skip
    return int(found.share < GOAL)


if __name__ == "__main__":
    sys.exit(main())
