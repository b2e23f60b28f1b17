"""Accuracy on held-out pictures: ResNet-20 on CIFAR-10's class folders, netspec and PyTorch one after the other.

Both have the spec's network with the same initial weights, the same pictures decoded once, the same split, normalization,
optimizer, learning rates and number of steps; each flips and moves pictures with random numbers of its own. The held-out part
is looked at once, after the last epoch. The times are those of the epochs: compute, augmentation and handing over.

python -m benchmarks.cifar_accuracy --root FOLDER               the spec cifar10_folder, 12 epochs
python -m benchmarks.cifar_accuracy --root FOLDER --epochs 4 --limit 10000
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch  # before netspec: so PyTorch gets an OpenMP library as it likes it, not one with sleeping threads
from torch import Tensor, nn

import netspec
from benchmarks.peers import Twin
from netspec.datasets.base import Part
from netspec.datasets.load import Data
from netspec.datasets.loader import epoch_order
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec
from netspec.training.events import Step, Validation
from netspec.training.inputs import data_for


class Outcome(NamedTuple):
    """Share of the held-out pictures that are right, their mean loss, and the seconds of all epochs."""

    accuracy: float
    loss: float
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Train both, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", required=True, help="folder that holds the class folders")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--limit", type=int, default=None, help="only so many pictures of each part")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the split, the order and the augmentation")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=CONTESTANTS, default=None)
    given = parser.parse_args(argv)
    torch.set_num_threads(given.threads)
    spec = _spec(given.root, given.epochs, given.limit, given.seed)
    started = time.perf_counter()
    data = data_for(spec, None)
    assert data.validation is not None
    print(
        f"{len(data.train)} pictures to train on, {len(data.validation)} held out, {given.epochs} epochs of batches of "
        f"{spec.train.batch_size}, {given.threads} threads; decoded in {time.perf_counter() - started:.0f} s\n\n"
        "| | held-out accuracy | held-out loss | epochs | pictures a second |\n|---|---|---|---|---|"
    )
    for name in CONTESTANTS if given.only is None else (given.only,):
        found = CONTESTANTS[name](spec, data, given.threads)
        rate = given.epochs * len(data.train) / found.seconds
        accuracy, seconds = f"{100 * found.accuracy:.2f} %", f"{found.seconds:.0f} s"
        print(f"| {name} | {accuracy} | {found.loss:.4f} | {seconds} | {rate:.0f} |", flush=True)
    return 0


def _spec(root: str, epochs: int, limit: int | None, seed: int) -> Spec:
    """The shipped spec, which looks at the held-out part after the last epoch only."""
    overrides = [
        f"data.root={Path(root).resolve()}",
        f"seed={seed}",
        f"train.epochs={epochs}",
        f"train.validation_every={max(epochs, 1)}",
    ]
    return netspec.load(shipped_specs()["cifar10_folder"], [*overrides, *([f"data.limit={limit}"] if limit else [])])


def ours(spec: Spec, data: Data, threads: int) -> Outcome:
    """`netspec.train`."""
    with tempfile.TemporaryDirectory() as folder:
        started = last = time.perf_counter()
        for event in netspec.train(spec, data=data, output=Path(folder) / "run", threads=threads):
            if isinstance(event, Step):
                started, last = started if event.step > 1 else time.perf_counter(), time.perf_counter()
            elif isinstance(event, Validation):
                accuracy, loss = float(event.metrics["accuracy"]), event.loss or 0.0  # type: ignore[arg-type]
    return Outcome(accuracy, loss, last - started)


def theirs(spec: Spec, data: Data, threads: int) -> Outcome:
    """PyTorch, eager, channels_last, as its users write a training."""
    twin = Twin(spec, torch.channels_last)
    model, steps = twin.in_training(), spec.train.epochs * -(-len(data.train) // spec.train.batch_size)
    rates = _rates(spec, steps)
    optimizer = _optimizer(spec, model)
    step = 0
    started = time.perf_counter()
    for x, y in _batches(spec, data):
        for group in optimizer.param_groups:
            group["lr"] = rates(step)
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        step, started = step + 1, started if step else time.perf_counter()
    seconds = time.perf_counter() - started
    assert data.validation is not None
    return _evaluated(twin.in_inference(), data, data.validation, seconds)


def _rates(spec: Spec, steps: int) -> Callable[[int], float]:
    """The learning rate of each step, as netspec's schedule gives it."""
    (optimizer,), schedule = spec.optimizers, spec.schedule
    assert schedule is not None
    each, state = steps // spec.train.epochs, schedule.initial_state()
    return lambda step: optimizer.lr * schedule.factor(step, steps_per_epoch=each, total_steps=steps, state=state)


def _optimizer(spec: Spec, model: nn.Module) -> torch.optim.Optimizer:
    """SGD with Nesterov's momentum; biases and batch normalization do not decay, as in netspec."""
    settings = spec.optimizers[0].model_dump()
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": settings["weight_decay"]},
        {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=settings["lr"], momentum=settings["momentum"], nesterov=True, fused=True)


def _batches(spec: Spec, data: Data) -> Iterator[tuple[Tensor, Tensor]]:
    """Every epoch in a new order, each picture mirrored or not and cut out of its padded form."""
    padding, size = 4, spec.train.batch_size
    stored = nn.functional.pad(torch.from_numpy(data.train.x.transpose(0, 3, 1, 2).copy()), (padding,) * 4)
    labels, random = torch.from_numpy(data.train.y), torch.Generator().manual_seed(spec.seed)
    mean, std = _statistics(data)
    side, channels = torch.arange(data.train.x.shape[1]), torch.arange(3)[None, :, None, None]
    for epoch in range(spec.train.epochs):
        order = torch.from_numpy(epoch_order(len(data.train), spec.seed, epoch, "every_epoch"))
        for index in order.split(size):
            top, left = torch.randint(2 * padding + 1, (2, len(index), 1), generator=random)
            mirrored = torch.rand(len(index), 1, generator=random) < 0.5
            columns = left + torch.where(mirrored, side.flip(0), side)
            rows = top + side
            x = stored[index[:, None, None, None], channels, rows[:, None, :, None], columns[:, None, None, :]]
            yield ((x.float() - mean) / std).contiguous(memory_format=torch.channels_last), labels[index]


def _statistics(data: Data) -> tuple[Tensor, Tensor]:
    mean, std = (
        torch.from_numpy(a.astype(np.float32))[:, None, None] for a in (data.normalization.mean, data.normalization.std)
    )
    return mean, std


@torch.inference_mode()
def _evaluated(model: nn.Module, data: Data, part: Part, seconds: float) -> Outcome:
    mean, std = _statistics(data)
    right = total = 0.0
    for x, y in zip(torch.from_numpy(part.x).split(500), torch.from_numpy(part.y).split(500), strict=True):
        logits = model((x.permute(0, 3, 1, 2).float() - mean) / std)
        right += float((logits.argmax(1) == y).sum())
        total += float(nn.functional.cross_entropy(logits, y, reduction="sum"))
    return Outcome(right / len(part), total / len(part), seconds)


CONTESTANTS: dict[str, Callable[[Spec, Data, int], Outcome]] = {"netspec": ours, "PyTorch": theirs}


if __name__ == "__main__":
    sys.exit(main())
